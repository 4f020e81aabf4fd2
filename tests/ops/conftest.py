"""Engines started once for the tests that only talk to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from antiphon.settings import Settings
from ops import engines


@pytest.fixture(scope="session")
def running() -> Iterator[Settings]:
    """An installation whose engines run and answer; tests leave it as they find it."""
    with engines.data_folder() as folder:
        settings = engines.prepare(folder, engines.free_offset())
        engines.start(settings)
        yield settings


@pytest.fixture
def door(running: Settings, tmp_path: Path) -> engines.Station:
    """A station with a certificate of this installation."""
    return engines.station(running.pki, tmp_path, "dev_door1")
