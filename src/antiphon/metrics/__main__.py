"""Prints the catalogue of figures as the table in `docs/operating.md`: `python -m antiphon.metrics`."""

from __future__ import annotations

import sys

from antiphon.metrics import CATALOGUE


def table() -> str:
    """One row a figure, in the order of the code."""
    rows = ["| figure | kind | labels | what it says |", "|---|---|---|---|"]
    for metric in CATALOGUE:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        rows.append(f"| `{metric.name}` | {metric.kind} | {labels} | {metric.words} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
