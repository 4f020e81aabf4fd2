"""Owns the journal of outages: which part did not work, from when to when, and why. Kept in `run/outages.json`."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any  # JSON of the journal

from antiphon.limits import OUTAGES_KEPT

_FILE = "outages.json"
_SIGNALLED = 128
_SIGNALS = {number.value: number.name for number in signal.Signals}


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

    def __str__(self) -> str:
        since = self.since.isoformat(sep=" ", timespec="seconds")
        if self.until is None:
            return f"down since {since}: {self.reason}"
        return f"down from {since} for {self.lasted_s:.1f} s: {self.reason}"

    def as_json(self) -> dict[str, object]:
        until = None if self.until is None else _text(self.until)
        return {"part": self.part, "since": _text(self.since), "until": until, "reason": self.reason}


class Journal:
    """Outages as they begin and end; `changed` until it was kept."""

    def __init__(self, known: tuple[Outage, ...]) -> None:
        self.known = list(known)
        self.changed = False

    @property
    def open(self) -> dict[str, Outage]:
        """Parts that do not work now."""
        return {outage.part: outage for outage in self.known if outage.until is None}

    def began(self, part: str, at: datetime, reason: str) -> bool:
        """It ended, or does not answer; False when that is known already."""
        last = next((outage for outage in reversed(self.known) if outage.part == part), None)
        if last is not None and (last.until is None or at <= last.since):
            return False
        self.known.append(Outage(part, at, None, reason))
        self.changed = True
        return True

    def answered(self, part: str, at: datetime) -> Outage | None:
        """It works: the outage that this ends."""
        for position, outage in enumerate(self.known):
            if outage.part == part and outage.until is None:
                ended = self.known[position] = replace(outage, until=max(at, outage.since))
                self.changed = True
                return ended
        return None


def last_end(data: Path, part: str) -> tuple[datetime, str] | None:
    """When and how the part's program last ended by itself, as its guard wrote it down."""
    try:
        at, status = (data / "run" / f"{part}.ended").read_text().split()
        return datetime.fromtimestamp(int(float(at) * 1000) / 1000, UTC), _how(int(status))
    except (FileNotFoundError, ValueError):
        return None


def started_at(data: Path, part: str) -> datetime | None:
    """When the part's program was last started, to the second: as its guard wrote it down."""
    try:
        return datetime.fromtimestamp(float((data / "run" / f"{part}.state").read_text().split()[2]) + 1, UTC)
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _how(status: int) -> str:
    """The exit status of a shell, in words: 128 and more is a signal."""
    if status > _SIGNALLED and status - _SIGNALLED in _SIGNALS:
        return f"killed by {_SIGNALS[status - _SIGNALLED]}"
    return f"ended with status {status}"


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
