"""Health over HTTP: who is asked, what it says, and that a role which stops is not ready."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from antiphon import metrics
from antiphon.assembly import health, whole
from antiphon.assembly.engines.health import Health
from antiphon.assembly.exposition import Observatory
from antiphon.assembly.figures import Figures
from antiphon.assembly.whole import WholeHealth
from antiphon.settings import Settings
from residents import StillClock


def asking(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://inside")


async def test_a_role_that_stops_is_not_ready() -> None:
    async def fine() -> str | None:
        return None

    app = FastAPI()
    app.include_router(health.router({"database": fine}))
    async with asking(app) as client:
        assert (await client.get("/health/ready")).status_code == 200
        app.state.stopping = True
        answer = await client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json() == {"ready": False, "checks": {"database": None, "role": "is stopping"}}
        assert (await client.get("/health/live")).status_code == 200


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The states that the parts have, one after another; what was asked for is taken away."""
    states = ["down", "up"]

    def look(_settings: Settings) -> list[Health]:
        state = states.pop(0)
        return [
            Health("kamailio", "SIP edge", "up", None, 0, "SIPS on 5061"),
            Health("coturn", "STUN", state, None, 0, "timed out"),  # type: ignore[arg-type]
        ]

    monkeypatch.setattr(whole.health, "health", look)
    return states


async def test_the_whole_names_every_part_and_is_looked_up_once(
    settings: Settings, clock: StillClock, looked: list[str]
) -> None:
    app = FastAPI()
    app.include_router(health.whole_router(WholeHealth(settings, clock)))
    async with asking(app) as client:
        answers = await asyncio.gather(*(client.get("/health") for _ in range(20)))
        assert {answer.status_code for answer in answers} == {503}
        assert answers[0].json()["checks"] == {"kamailio": None, "coturn": "timed out"}
        assert looked == ["up"]
        clock.advance(3)
        assert (await client.get("/health")).status_code == 200


def listening(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()
    return listener


async def test_figures_of_a_role_that_died_are_left_out(settings: Settings, clock: StillClock) -> None:
    async def look() -> None:
        metrics.BROKER_CONNECTED.put(1)

    listening(settings.run / "calls.metrics").close()  # the file stays, nobody listens
    figures = Figures("worker", look)
    showing = asyncio.create_task(figures.show(listening(settings.run / "worker.metrics")))
    try:
        told = await Observatory(settings, WholeHealth(settings, clock)).exposition()
    finally:
        showing.cancel()
    assert 'antiphon_broker_connected{role="worker"} 1.0' in told
    assert 'role="calls"' not in told
