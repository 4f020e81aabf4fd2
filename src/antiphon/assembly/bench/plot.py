"""A result as a picture: every judged figure as a bar against its aim, the others as lines of text. Plain SVG."""

from __future__ import annotations

from xml.sax.saxutils import escape

from antiphon.assembly.bench.report import Aim, Result, Spread, Value

_WIDTH, _ROW, _TOP, _LEFT, _SCALE = 1100, 30, 70, 560, 240
_MOST = 2.0  # times the aim: where a bar is cut off
_GOOD, _BAD, _FAINT, _INK = "#2f7d4f", "#b3261e", "#d8dde1", "#1c2328"


def svg(result: Result, subtitle: str) -> str:
    """The whole drawing."""
    rows = list(result.figures)
    height = _TOP + _ROW * len(rows) + 30
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
        f' font-family="Inter, Helvetica, Arial, sans-serif" font-size="12" fill="{_INK}">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="26" font-size="18" font-weight="600">{escape(result.bench)}</text>',
        f'<text x="16" y="46">{escape(subtitle)}</text>',
    ]
    aim_at = _LEFT + _SCALE
    for at, key in enumerate(rows):
        lines += _row(result.figures[key], result.words[key], result.aims.get(key), _TOP + at * _ROW)
    lines.append(
        f'<line x1="{aim_at}" y1="{_TOP - 8}" x2="{aim_at}" y2="{height - 28}" stroke="{_INK}" stroke-dasharray="4 3"/>'
    )
    lines.append(f'<text x="{aim_at}" y="{height - 12}" text-anchor="middle">aim</text></svg>')
    return "\n".join(lines) + "\n"


def _row(figure: Spread | Value, words: str, aim: Aim | None, y: int) -> list[str]:
    middle = y + 14
    drawn = [f'<text x="16" y="{middle}">{escape(words)}</text>']
    if isinstance(figure, Spread):
        told = f"p50 {figure.p50:.4g}, p95 {figure.p95:.4g}, max {figure.max:.4g} {figure.unit}"
    else:
        told = f"{figure.value:.4g} {figure.unit}"
    bound = None if aim is None else aim.at_most if aim.at_most is not None else aim.at_least
    if aim is None or not bound:
        return [*drawn, f'<text x="{_LEFT}" y="{middle}" fill="#5b666e">{escape(told)}</text>']
    met = aim.met(figure.judged)
    colour = _GOOD if met else _BAD
    drawn.append(f'<rect x="{_LEFT}" y="{y + 4}" width="{_SCALE * _MOST:.0f}" height="14" fill="{_FAINT}"/>')
    drawn.append(
        f'<rect x="{_LEFT}" y="{y + 4}" width="{_length(figure.judged / bound):.1f}" height="14" fill="{colour}"/>'
    )
    if isinstance(figure, Spread):
        x = _LEFT + _length(figure.p50 / bound)
        drawn.append(f'<line x1="{x:.1f}" y1="{y + 2}" x2="{x:.1f}" y2="{y + 20}" stroke="{_INK}" stroke-width="2"/>')
    verdict = "" if met else ", MISSED"
    drawn.append(f'<text x="{_LEFT}" y="{y + 28}" font-size="9">{escape(f"{told} ({aim.words()}{verdict})")}</text>')
    return drawn


def _length(share: float) -> float:
    return _SCALE * min(max(share, 0.0), _MOST)
