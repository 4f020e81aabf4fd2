"""The API's application on a test database, and browsers that talk to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from antiphon.access import Doors
from antiphon.assembly.api import Parts, create_app
from antiphon.database import Database
from antiphon.devices import Commander
from antiphon.gateways.mqtt import MqttGateway
from antiphon.settings import Settings
from browsers import Browser
from documented import the_document
from residents import StillClock


@pytest.fixture
def app(settings: Settings, database: Database, clock: StillClock) -> FastAPI:
    broker = MqttGateway(settings, "api")
    made = create_app(settings, Parts(database, clock, broker, Doors(database, Commander(broker, clock), clock)))
    made.state.stream.lasts_s = 0.01  # this transport gives an answer once it is whole
    return made


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[Callable[..., Browser]]:
    """Opens browsers. Whatever the API answers them has to stand in its OpenAPI document."""
    opened: list[Browser] = []

    def open_one(address: str | None = "192.0.2.10", **options: Any) -> Browser:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        one = Browser(
            transport=transport,
            base_url="https://portal.example",
            headers={"X-Forwarded-For": address} if address else None,
            event_hooks={"response": [the_document().check]},
            **options,
        )
        opened.append(one)
        return one

    yield open_one
    for one in opened:
        await one.aclose()
