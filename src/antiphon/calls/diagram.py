"""Draws the call machine from its table: `python -m antiphon.calls.diagram` prints Mermaid for docs/flows/door-call.md."""

from __future__ import annotations

import re
import sys

from antiphon.calls.table import CLIENT, STATION, Row


def diagram() -> str:
    """Two Mermaid state diagrams: the door station's leg and a tab's leg."""
    return "\n".join((_leg("The door station's leg", STATION), _leg("The leg of a browser tab", CLIENT)))


def _leg(title: str, rows: tuple[Row, ...]) -> str:
    inputs: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for state in row.to:
            if state != row.state:
                inputs.setdefault((row.state.value, state.value), []).append(_words(row.on.__name__))
    lines = [f"    {before} --> {after}: {', '.join(words)}" for (before, after), words in inputs.items()]
    body = "\n".join(["stateDiagram-v2", "    [*] --> new", *lines, "    ended --> [*]"])
    return f"{title}:\n\n```mermaid\n{body}\n```\n"


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


if __name__ == "__main__":
    sys.stdout.write(diagram())
