"""`events.jsonl`: what happened at the station, one JSON object a line, kept small; and its log on standard error."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from antiphon_station.control import Json

_log = logging.getLogger("station.journal")
JOURNAL_MAX_BYTES = 4 * 1024 * 1024
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Journal:
    """Appends events; the file before is kept once as `.1`. A full disk loses the line, never the station.

    Written on a thread: a slow disk delays no answer. `close` waits for what is under way; nothing is written after it.
    """

    def __init__(self, path: Path, tell: Callable[[Json], None]) -> None:
        self._path = path
        self._tell = tell
        self._writer = ThreadPoolExecutor(1, "journal")
        self._closed = False

    def event(self, name: str, **fields: object) -> None:
        entry: Json = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": name, **fields}
        self._tell(entry)
        if not self._closed:
            self._writer.submit(self._append, entry)

    def close(self) -> None:
        self._closed = True
        self._writer.shutdown()

    def _append(self, entry: Json) -> None:
        try:
            if self._path.exists() and self._path.stat().st_size > JOURNAL_MAX_BYTES:
                self._path.replace(self._path.with_name(self._path.name + ".1"))
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n")
        except OSError as error:
            _log.error("The journal cannot be written", extra={"reason": error.strerror})


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "room": record.name,
            "role": "station",
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def log_to_stderr() -> None:
    """This process's logs as JSON lines on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("libav").setLevel(logging.ERROR)
