"""Logs: a fixed message with fields, one JSON object a line on standard error. Never PINs, speech, credentials or names."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import structlog

_REDACTED = {"password", "token", "secret", "claim_code", "authorization", "pin", "sdp", "cookie", "credential"}


def _redact(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key in event:
        if key in _REDACTED:
            event[key] = "redacted"
    return event


def configure(role: str, level: str = "info", to: Path | None = None) -> None:
    """Send this process's logs, library logs included, to standard error or a file as JSON lines that name the `role`."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact,
        structlog.processors.dict_tracebacks,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.FileHandler(to, encoding="utf-8") if to else logging.StreamHandler(sys.stderr)
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


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of one module; `name` is the room, for example `calls`."""
    return structlog.stdlib.get_logger(room=name)
