"""The verbs of the command line."""

from __future__ import annotations

import argparse

from antiphon.errors import NotFound


def run(asked: argparse.Namespace) -> int:
    """Carry out one parsed verb; the exit status."""
    raise NotFound(f"There is no command {asked.verb}.")
