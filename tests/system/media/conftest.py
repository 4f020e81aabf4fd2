"""A media engine of its own for these tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from media_harness import Heard, Rtpengine
from media_station import FakeStation

from antiphon.clock import SystemClock, new_id
from antiphon.gateways.media import MediaEngine
from antiphon.settings import Settings


@pytest.fixture(scope="module")
def rtpengine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rtpengine]:
    engine = Rtpengine(tmp_path_factory.mktemp("rtpengine"))
    engine.start()
    yield engine
    engine.kill()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for all: the prompts are rendered once."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
async def engine(rtpengine: Rtpengine, heard: Heard, data: Path) -> AsyncIterator[MediaEngine]:
    ports = {"ng": rtpengine.ng_port, "dtmf_log": rtpengine.dtmf_port}
    media = MediaEngine(heard, Settings(data=data, ports=ports), SystemClock())
    await media.start()
    yield media
    await media.stop()


@pytest.fixture
async def station() -> AsyncIterator[FakeStation]:
    fake = FakeStation()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def call() -> str:
    return new_id("call")
