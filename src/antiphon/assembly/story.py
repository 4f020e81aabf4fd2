"""What every part wrote, read as one: lines of all formats become entries, and the entries of one call its story."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

Fields = dict[str, object]
# How each engine writes: a moment, a level, and `name=value` pairs in what follows.
_KAMAILIO = re.compile(r"\s*\d+\(\d+\) (?P<level>[A-Z]+): (?:at=(?P<s>\d+)\.(?P<us>\d+) )?(?:<script>: )?(?P<text>.*)")
_RTPENGINE = re.compile(
    r"\[(?P<s>\d+)\.(?P<us>\d+)\] (?P<level>[A-Z]+): (?:\[ID=\"(?P<call>[^\"]*)\"[^\]]*\]: )?(?P<text>.*)"
)
_MOSQUITTO = re.compile(r"(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d): (?P<text>.*)")
_PAIR = re.compile(r"(\w+)=(\S*)")
_NAMES = {"device": "device_id"}  # what the edge's lines call differently
_IDS = ("call_id", "sip_call_id", "command_id")
_LEVELS = {"err": "error", "warn": "warning", "notice": "info", "crit": "critical"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of one part. `at` is None where the part told no time and no line before it did."""

    part: str
    at: datetime | None
    level: str
    event: str
    fields: Fields = field(default_factory=dict)

    def as_json(self) -> str:
        at = self.at.isoformat(timespec="milliseconds") if self.at else None
        return json.dumps(
            {"at": at, "part": self.part, "level": self.level, "event": self.event, **self.fields}, default=str
        )

    def as_line(self) -> str:
        """For people: local order of reading, ids left to the head of the story."""
        at = self.at.strftime("%H:%M:%S.%f")[:-3] if self.at else "--:--:--.---"
        told = " ".join(f"{key}={value}" for key, value in self.fields.items() if key not in ("call_id", "sip_call_id"))
        return f"{at}  {self.part:<10} {self.event}{'  ' + told if told else ''}"


def read(part: str, lines: Iterable[str]) -> Iterator[Entry]:
    """Every line as an entry; one without a time of its own has that of the line before."""
    at: datetime | None = None
    for line in lines:
        if line.strip():
            entry = _parsed(part, line.rstrip("\n"), at)
            at = entry.at
            yield entry


def everything(folder: Path, parts: Iterable[str] | None = None) -> list[Entry]:
    """All lines below a log folder, rotated files included, in the order of their time; of these parts only, if named."""
    found: list[Entry] = []
    wanted = set(parts) if parts is not None else None
    for path in sorted(folder.glob("*.log*"), key=_age):
        part = path.name.partition(".")[0]
        if wanted is None or part in wanted:
            with path.open(encoding="utf-8", errors="replace") as lines:
                found += read(part, lines)
    return sorted(found, key=lambda entry: entry.at or datetime.min.replace(tzinfo=UTC))


def of_call(entries: list[Entry], call_id: str) -> list[Entry]:
    """The entries of one call: those with its id, and with an id that another line ties to it (SIP dialog, command)."""
    tied: dict[str, set[str]] = {name: set() for name in _IDS}
    tied["call_id"].add(call_id)
    for entry in entries:
        if entry.fields.get("call_id") == call_id:
            for name in _IDS[1:]:
                value = entry.fields.get(name)
                if isinstance(value, str) and value:
                    tied[name].add(value)
    return [entry for entry in entries if any(entry.fields.get(name) in tied[name] for name in _IDS)]


def _parsed(part: str, line: str, before: datetime | None) -> Entry:
    if line.startswith("{"):
        try:
            told = json.loads(line)
        except ValueError:
            told = None
        if isinstance(told, dict):
            return _of_json(part, told, before)
    for shape in (_RTPENGINE, _KAMAILIO, _MOSQUITTO):
        if (found := shape.fullmatch(line)) is not None:
            return _of_text(part, found.groupdict(), before)
    return Entry(part, before, "info", line)


def _of_json(part: str, told: Fields, before: datetime | None) -> Entry:
    event, level = str(told.pop("event", "")), str(told.pop("level", "info"))
    stamp = told.pop("timestamp", None)
    for name in ("role", "room"):
        told.pop(name, None)
    return Entry(part, _moment(stamp) or before, level, event, told)


def _of_text(part: str, found: dict[str, str | None], before: datetime | None) -> Entry:
    at = before
    if found.get("s"):
        at = datetime.fromtimestamp(int(found["s"] or 0) + int(found["us"] or 0) / 1e6, UTC)
    elif found.get("iso"):
        at = _moment(found["iso"])
    text = found["text"] or ""
    fields: Fields = {
        _NAMES.get(name, name): value for name, value in _PAIR.findall(text) if value not in ("", "<null>")
    }
    if found.get("call"):
        # a prompt of a call has media of its own at the engine
        fields["call_id"] = (found["call"] or "").removesuffix("-prompt")
    level = (found.get("level") or "info").lower()
    return Entry(part, at, _LEVELS.get(level, level), _PAIR.sub("", text).strip(), fields)


def _moment(stamp: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(stamp))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _age(path: Path) -> tuple[str, int]:
    """Rotated files first, oldest first: their lines without a time follow the right ones."""
    name, _, number = path.name.partition(".log")
    return name, -int(number.lstrip(".") or 0) if number.lstrip(".").isdigit() or not number else 0
