"""`docs`: references of this release, written from its code."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def docs(asked: argparse.Namespace, data: Path) -> int:
    """The schema as Markdown on standard output; needs no installation."""
    from antiphon.assembly.reference import schema  # loads every room, which no other verb waits for

    sys.stdout.write(schema.written())
    return 0
