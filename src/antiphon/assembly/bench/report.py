"""What a benchmark found: figures, aims met or missed, and how they are told as a table and as JSON."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Spread:
    """`n` measurements of one kind."""

    unit: str
    n: int
    p50: float
    p95: float
    max: float

    @classmethod
    def of(cls, unit: str, values: Sequence[float]) -> Spread:
        """Percentiles by the nearest rank."""
        ordered = sorted(values)
        if not ordered:
            raise ValueError("nothing was measured")
        return cls(unit, len(ordered), _rank(ordered, 0.5), _rank(ordered, 0.95), ordered[-1])

    @classmethod
    def median(cls, runs: Sequence[Spread]) -> Spread:
        """Several runs of the same measurement: medians of their percentiles, the highest of their maxima."""
        return cls(
            runs[0].unit,
            sum(run.n for run in runs),
            statistics.median(run.p50 for run in runs),
            statistics.median(run.p95 for run in runs),
            max(run.max for run in runs),
        )

    @property
    def judged(self) -> float:
        return self.p95

    def as_json(self) -> Json:
        return {
            "unit": self.unit,
            "n": self.n,
            "p50": _short(self.p50),
            "p95": _short(self.p95),
            "max": _short(self.max),
        }


@dataclass(frozen=True, slots=True)
class Value:
    """One number; the median where there were several runs."""

    unit: str
    value: float

    @classmethod
    def median(cls, unit: str, runs: Sequence[float]) -> Value:
        return cls(unit, statistics.median(runs))

    @property
    def judged(self) -> float:
        return self.value

    def as_json(self) -> Json:
        return {"unit": self.unit, "value": _short(self.value)}


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure is to keep to: a spread by its 95th percentile, a value by itself."""

    at_most: float | None = None
    at_least: float | None = None

    def met(self, got: float) -> bool:
        if self.at_most is not None and got > self.at_most:
            return False
        return self.at_least is None or got >= self.at_least

    def as_json(self, got: float) -> Json:
        bound: Json = {"at_most": self.at_most} if self.at_most is not None else {"at_least": self.at_least}
        return {**bound, "got": _short(got), "met": self.met(got)}

    def words(self) -> str:
        return f"at most {_plain(self.at_most)}" if self.at_most is not None else f"at least {_plain(self.at_least)}"


@dataclass(slots=True)
class Result:
    """One benchmark's outcome. `words` says what each figure measures; `notes` what has to be known to read them."""

    bench: str
    figures: dict[str, Spread | Value] = field(default_factory=dict)
    aims: dict[str, Aim] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, key: str, figure: Spread | Value, words: str, aim: Aim | None = None) -> None:
        self.figures[key] = figure
        self.words[key] = words
        if aim is not None:
            self.aims[key] = aim

    @property
    def missed(self) -> list[str]:
        return [key for key, aim in self.aims.items() if not aim.met(self.figures[key].judged)]

    def as_json(self) -> Json:
        """The one object: `{"bench", "figures", "aims"}`."""
        return {
            "bench": self.bench,
            "figures": {key: figure.as_json() for key, figure in self.figures.items()},
            "aims": {key: aim.as_json(self.figures[key].judged) for key, aim in self.aims.items()},
        }

    def table(self) -> str:
        rows = [("", "n", "p50", "p95", "max", "unit", "aim", "")]
        for key, figure in self.figures.items():
            aim = self.aims.get(key)
            verdict = "" if aim is None else "met" if aim.met(figure.judged) else "MISSED"
            if isinstance(figure, Spread):
                numbers = (str(figure.n), _plain(figure.p50), _plain(figure.p95), _plain(figure.max))
            else:
                numbers = ("", _plain(figure.value), "", "")
            rows.append((self.words[key], *numbers, figure.unit, aim.words() if aim else "", verdict))
        wide = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = []
        for row in rows:
            first, *rest = row
            cells = [first.ljust(wide[0])]
            for at, cell in enumerate(rest, 1):
                cells.append(cell.rjust(wide[at]) if at < 5 else cell.ljust(wide[at]))
            lines.append("  ".join(cells).rstrip())
        return "\n".join([*lines, "", *self.notes, ""])


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _short(value: float) -> float:
    """Three digits after the point at most: nothing here is known better."""
    return round(value, 3)


def _plain(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"
