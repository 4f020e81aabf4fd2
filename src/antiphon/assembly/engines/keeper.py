"""Runs supervisord so that a full disk costs log lines and nothing else: by itself it dies of a line it cannot write.

`python -m antiphon.assembly.engines.keeper -c CONFIGURATION`, in place of supervisord itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from supervisor import loggers, supervisord


def spare_the_keeper() -> None:
    """From now on a log line that the disk does not take is dropped; the next one that it takes is written again."""
    for handler in (loggers.Handler, loggers.FileHandler, loggers.RotatingFileHandler):
        if "emit" in vars(handler):
            handler.emit = _sparing(handler.emit)
    # supervisord would print the traceback to a file on the same disk, and end with that
    loggers.Handler.handleError = lambda handler: None


def _sparing(emit: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:  # Any: supervisor has no types
    def emit_or_drop(handler: Any, record: Any) -> None:  # Any: as above
        with suppress(OSError):
            emit(handler, record)

    return emit_or_drop


if __name__ == "__main__":
    spare_the_keeper()
    supervisord.main()
