"""Runs supervisord so that a full disk costs log lines and nothing else, what ended starts again at once, and lines are cheap.

By itself it dies of a line it cannot write, looks only once a second whether something is to be started, and goes round all
parts for every line that one of them writes.

`python -m antiphon.assembly.engines.keeper -c CONFIGURATION`, in place of supervisord itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import Any

from supervisor import dispatchers, loggers, supervisord

from antiphon.limits import LOG_LINES_GATHER_S


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


def restart_at_once() -> None:
    """Whatever is found to have ended is started again in the same moment."""
    reap = supervisord.Supervisor.reap

    def reap_and_start(self: Any, *words: Any, **named: Any) -> None:  # Any: supervisor has no types
        before = [process.state for group in self.process_groups.values() for process in group.processes.values()]
        reap(self, *words, **named)
        after = [process.state for group in self.process_groups.values() for process in group.processes.values()]
        if before != after and not self.stopping:
            for group in self.process_groups.values():
                group.transition()

    supervisord.Supervisor.reap = reap_and_start


def gather_lines(pause: Callable[[float], object]) -> None:
    """After a round in which a part wrote something, `pause` lets lines come together before the next."""
    wrote = False
    read, tick = dispatchers.POutputDispatcher.handle_read_event, supervisord.Supervisor.tick

    def read_and_note(self: Any) -> None:  # Any: supervisor has no types
        nonlocal wrote
        read(self)
        wrote = wrote or not self.closed  # closed: its part has ended, and is started again at once

    def tick_and_rest(self: Any, *words: Any, **named: Any) -> None:  # Any: as above
        nonlocal wrote
        tick(self, *words, **named)
        rests, wrote = wrote, False
        if rests:
            pause(LOG_LINES_GATHER_S)

    dispatchers.POutputDispatcher.handle_read_event = read_and_note
    supervisord.Supervisor.tick = tick_and_rest


if __name__ == "__main__":
    spare_the_keeper()
    restart_at_once()
    gather_lines(Event().wait)
    supervisord.main()
