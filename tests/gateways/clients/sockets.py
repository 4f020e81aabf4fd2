"""A browser's socket and a call service, played by the test."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.websockets import WebSocketDisconnect

from antiphon.calls import ClientInfo
from antiphon.wire import client as wire


class FakeSocket:
    """What Starlette hands to the endpoint. `say` sends to it, `heard` waits for its next message."""

    def __init__(self, company_id: str, *, origin: str | None = None, host: str = "portal.example:8443") -> None:
        self.path_params = {"company_id": company_id}
        self.scope: dict[str, object] = {}
        self.headers = {"host": host} | ({"origin": origin} if origin else {})
        self.accepted = False
        self.closed: int | None = None
        self.reads = asyncio.Event()  # cleared: the browser does not read
        self.reads.set()
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._out: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def accept(self) -> None:
        self.accepted = True

    async def receive(self) -> dict[str, Any]:
        message = await self._in.get()
        if message["type"] == "gone":
            raise WebSocketDisconnect(1006)
        return message

    async def send_text(self, text: str) -> None:
        await self.reads.wait()
        self._out.put_nowait(json.loads(text))

    async def close(self, code: int = 1000) -> None:
        self.closed = code
        self._out.put_nowait({"type": "closed", "code": code})

    # -- the browser's side ------------------------------------------------------------------------------------------

    def say(self, message: wire.Message | str | bytes) -> None:
        if isinstance(message, bytes):
            self._in.put_nowait({"type": "websocket.receive", "bytes": message})
            return
        text = message if isinstance(message, str) else message.model_dump_json()
        self._in.put_nowait({"type": "websocket.receive", "text": text})

    def go(self, code: int = 1001) -> None:
        self._in.put_nowait({"type": "websocket.disconnect", "code": code})

    async def heard(self, kind: str | None = None) -> dict[str, Any]:
        """The next message, or the next of that type."""
        async with asyncio.timeout(5):
            while True:
                message = await self._out.get()
                if kind is None or message["type"] == kind:
                    return message


class FakeService:
    """Keeps what the gateway tells the call service."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.messages: list[wire.ClientMessage] = []
        self._somebody_left = asyncio.Event()

    async def misses(self, client: str) -> None:
        """Until the gateway has told that this tab is gone."""
        async with asyncio.timeout(5):
            while ("left", client) not in self.told:
                self._somebody_left.clear()
                await self._somebody_left.wait()

    async def stations_of(self, company_id: str) -> tuple[wire.StationView, ...]:
        return ()

    def client_came(self, client: ClientInfo) -> None:
        self.told.append(("came", client.client))

    def duty_changed(self, client: ClientInfo) -> None:
        self.told.append(("on duty" if client.on_duty else "off duty", client.client))

    def client_left(self, client: str) -> None:
        self.told.append(("left", client))
        self._somebody_left.set()

    def received(self, client: ClientInfo, message: wire.ClientMessage) -> None:
        self.messages.append(message)
