"""The keeper of the parts outlives a disk that takes nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from supervisor import loggers

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
