"""`doctor`: findings for people or programs."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from antiphon.assembly.doctor import examine

_SIGNS = {"fault": "FAULT  ", "warning": "warning", "fine": "fine   "}


def doctor(asked: argparse.Namespace, data: Path) -> int:
    """0 without faults; warnings are no faults."""
    found = examine(data)
    faults = sum(one.severity == "fault" for one in found)
    if asked.json:
        told = {"data": str(data), "faults": faults, "findings": [one.as_json() for one in found]}
        sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
        return 1 if faults else 0
    for one in found:
        sys.stdout.write(f"{_SIGNS[one.severity]}  {one.words}\n" + (f"         {one.do}\n" if one.do else ""))
    warnings = sum(one.severity == "warning" for one in found)
    sys.stdout.write(f"{faults} faults, {warnings} warnings\n")
    return 1 if faults else 0
