"""Logs: a fixed message with fields, one JSON object a line on standard error. Never PINs, speech, credentials or names."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import structlog
from structlog.typing import FilteringBoundLogger

_REDACTED = {"password", "token", "secret", "claim_code", "authorization", "pin", "sdp", "cookie", "credential"}


def _redact(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key in event:
        if key in _REDACTED:
            event[key] = "redacted"
    return event


class _Lines:
    """Where our own lines go: straight to the stream, without a detour through `logging`, which costs most of a line.

    A line that cannot be written is lost; nobody's work fails for it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        with suppress(OSError):
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = msg


def configure(role: str, level: str = "info", to: Path | None = None) -> None:
    """Send this process's logs, library logs included, to standard error or a file as JSON lines that name the `role`."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact,
        structlog.processors.dict_tracebacks,
    ]
    stream: TextIO = to.open("a", encoding="utf-8") if to else sys.stderr
    handler, lines = logging.StreamHandler(stream), _Lines(stream)
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        logger_factory=lambda *_: lines,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging._srcfile = None  # where a line was written from is in none of them, and looking for it costs most of a line
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("alembic").setLevel(logging.WARNING)  # says at every look at the revision that it looks
    structlog.contextvars.bind_contextvars(role=role)


def get(name: str) -> FilteringBoundLogger:
    """The logger of one module; `name` is the room, for example `calls`."""
    logger: FilteringBoundLogger = structlog.get_logger(room=name)
    return logger
