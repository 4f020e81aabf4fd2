"""Owns the journal of outages: which part did not work, from when to when, and why. Kept in `run/outages.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any  # JSON of the journal

from antiphon.limits import OUTAGES_KEPT

_FILE = "outages.json"


@dataclass(frozen=True, slots=True)
class Outage:
    """One time in which a part did not work; `until` is None while it lasts."""

    part: str
    since: datetime
    until: datetime | None
    reason: str  # in words: "killed by SIGKILL", "ended with status 1", "does not answer: timed out"

    @property
    def lasted_s(self) -> float | None:
        return None if self.until is None else (self.until - self.since).total_seconds()

    def as_json(self) -> dict[str, object]:
        until = None if self.until is None else _text(self.until)
        return {"part": self.part, "since": _text(self.since), "until": until, "reason": self.reason}


def outages(data: Path) -> tuple[Outage, ...]:
    """What is remembered of this installation, oldest first; empty when nothing was ever down."""
    try:
        told: Any = json.loads((data / "run" / _FILE).read_text())
    except (FileNotFoundError, ValueError):
        return ()
    return tuple(_read(entry) for entry in told)


def keep(data: Path, known: tuple[Outage, ...]) -> None:
    """Replace the journal; the oldest leave first. Raises OSError when the disk does not take it."""
    kept = known[-OUTAGES_KEPT:]
    path = data / "run" / _FILE
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps([outage.as_json() for outage in kept]))
    fresh.replace(path)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _read(entry: Any) -> Outage:  # Any: JSON
    until = entry["until"]
    return Outage(
        str(entry["part"]),
        datetime.fromisoformat(entry["since"]),
        None if until is None else datetime.fromisoformat(until),
        str(entry["reason"]),
    )
