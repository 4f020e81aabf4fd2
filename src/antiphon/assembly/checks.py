"""Every check and every test of the project: what `./antiphon test` runs."""

from __future__ import annotations


def run(*, long: bool, pytest: list[str]) -> int:
    """0 when everything passed."""
    return 1
