"""The keeper of the parts outlives a disk that takes nothing more, and does not run after every line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from supervisor import dispatchers, loggers, supervisord

from antiphon.assembly.engines import keeper


@pytest.fixture
def spared() -> Iterator[None]:
    kinds = (loggers.Handler, loggers.FileHandler, loggers.RotatingFileHandler)
    before = [
        (kind, name, vars(kind)[name]) for kind in kinds for name in ("emit", "handleError") if name in vars(kind)
    ]
    keeper.spare_the_keeper()
    yield
    for kind, name, was in before:
        setattr(kind, name, was)


def test_a_line_that_the_disk_does_not_take_is_dropped_and_the_next_is_written(spared: None, tmp_path: Path) -> None:
    logger = loggers.getLogger()
    loggers.handle_file(logger, str(tmp_path / "part.log"), "%(message)s\n", rotating=True, maxbytes=100, backups=1)
    (handler,) = logger.handlers
    stream = handler.stream
    with open("/dev/full", "wb", buffering=0) as full:
        handler.stream = full
        logger.info("lost")
    handler.stream = stream
    logger.info("written")
    assert (tmp_path / "part.log").read_text() == "written\n"


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the keeper rested, each time; supervisord itself only notes that it was called."""
    monkeypatch.setattr(dispatchers.POutputDispatcher, "handle_read_event", lambda self: None)
    monkeypatch.setattr(supervisord.Supervisor, "tick", lambda self: None)
    rested: list[float] = []
    keeper.gather_lines(rested.append)
    return rested


def test_lines_of_several_parts_are_gathered_by_one_rest(rests: list[float]) -> None:
    for _ in range(3):
        dispatchers.POutputDispatcher.handle_read_event(SimpleNamespace(closed=False))
    for _ in range(2):
        supervisord.Supervisor.tick(SimpleNamespace())
    assert len(rests) == 1


def test_a_part_that_ended_is_not_waited_with(rests: list[float]) -> None:
    dispatchers.POutputDispatcher.handle_read_event(SimpleNamespace(closed=True))
    supervisord.Supervisor.tick(SimpleNamespace())
    assert rests == []
