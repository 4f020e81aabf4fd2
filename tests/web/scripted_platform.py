"""A scripted platform for the client's tests: serves the built page and plays the contract, nothing more.

Everything it sends is checked against the contract's models, and so is everything the client sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np
import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from pydantic import BaseModel
from starlette.types import ASGIApp
from starlette.websockets import WebSocketDisconnected

from antiphon.wire.client import (
    CallView,
    ClientMessage,
    DoorView,
    Error,
    HangUp,
    Hello,
    LegView,
    Ping,
    Pong,
    Ring,
    ServerMessage,
    StationState,
    StationView,
    Welcome,
    client_message,
    server_message,
)

POLICY = "default-src 'self'"
USER = {"id": "user_1", "name": "Maria Huber", "email": "maria@example.org", "role": "operator", "language": "en"}
COMPANY = {"id": "company_1", "name": "Leitstelle Salzburg"}
ZONE = "Europe/Vienna"
Kind = TypeVar("Kind", bound=BaseModel)


def now() -> datetime:
    return datetime.now(UTC)


def door(door_id: str = "door_main", name: str = "Haustür", **changes: Any) -> DoorView:
    fields: dict[str, Any] = {"kind": "door", "may_open": True, "pulse_s": 4.0, **changes}
    return DoorView(door_id=door_id, name=name, **fields)


def station(
    station_id: str = "station_main",
    name: str = "Haupteingang",
    place: str = "Wohnpark Riedenburg, Haus A",
    *,
    state: StationState = "online",
    doors: tuple[DoorView, ...] | None = None,
    snapshot: bool = True,
) -> StationView:
    return StationView(
        station_id=station_id,
        name=name,
        place=place,
        time_zone=ZONE,
        state=state,
        since=now() - timedelta(hours=3),
        snapshot_id=f"snap_{station_id}" if snapshot else None,
        snapshot_at=now() - timedelta(minutes=25) if snapshot else None,
        doors=(door(),) if doors is None else doors,
    )


def record(call_id: str, minutes_ago: float, **changes: Any) -> CallView:
    start = now() - timedelta(minutes=minutes_ago)
    fields: dict[str, Any] = {
        "station_id": "station_main",
        "station_name": "Haupteingang",
        "place": "Wohnpark Riedenburg, Haus A",
        "direction": "from_station",
        "started_at": start,
        "answered_at": start + timedelta(seconds=6),
        "ended_at": start + timedelta(seconds=71),
        "cause": "answered",
        "answered_by": "J. Reiter",
        "placed_by": None,
        "snapshot_id": "snap_station_main",
        "doors_opened": 1,
        "legs": (
            LegView(
                who="J. Reiter",
                kind="client",
                cause="answered",
                rang_at=start,
                answered_at=start + timedelta(seconds=6),
                ended_at=start + timedelta(seconds=71),
            ),
            LegView(
                who="Maria Huber",
                kind="client",
                cause="answered_elsewhere",
                rang_at=start,
                answered_at=None,
                ended_at=start + timedelta(seconds=6),
            ),
        ),
    }
    return CallView(call_id=call_id, **{**fields, **changes})


def missed(call_id: str, minutes_ago: float, cause: str, **changes: Any) -> CallView:
    return record(
        call_id, minutes_ago, answered_at=None, answered_by=None, cause=cause, doors_opened=0, legs=(), **changes
    )


def ring(call_id: str, of: StationView, *, seconds_ago: float = 0, button: str = "main", video: bool = True) -> Ring:
    start = now() - timedelta(seconds=seconds_ago)
    return Ring(
        call_id=call_id,
        station=of,
        button=button,
        button_label="",
        started_at=start,
        rings_until=start + timedelta(seconds=60),
        video=video,
    )


def picture() -> bytes:
    """A JPEG of a plain scene: sky, wall, a door."""
    scene = np.zeros((200, 320, 3), np.uint8)
    scene[:90] = (196, 206, 212)
    scene[90:] = (120, 128, 122)
    scene[40:170, 120:200] = (92, 74, 60)
    out = io.BytesIO()
    with av.open(out, "w", format="image2pipe") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 320, 200, "yuvj420p"
        for packet in [*stream.encode(av.VideoFrame.from_ndarray(scene, "rgb24")), *stream.encode(None)]:
            container.mux(packet)
    return out.getvalue()


@dataclass
class Tab:
    """One signed-on WebSocket."""

    socket: WebSocket
    inbox: asyncio.Queue[ClientMessage] = field(default_factory=asyncio.Queue)

    async def send(self, message: ServerMessage) -> None:
        await self.socket.send_text(server_message.dump_json(message).decode())

    async def expect(self, kind: type[Kind]) -> Kind:
        """The next message of that kind; others before it are passed over."""
        async with asyncio.timeout(10):
            while True:
                message = await self.inbox.get()
                if isinstance(message, kind):
                    return message


@dataclass
class Platform:
    """What the scripted platform knows and how it answers."""

    port: int = 0
    signed_in: bool = True
    refusal: tuple[int, str] | None = None  # of POST /session
    language: str | None = "en"
    stations: tuple[StationView, ...] = field(default_factory=lambda: (station(),))
    records: tuple[CallView, ...] = ()
    history_fails: bool = False
    picture: bytes = field(default_factory=picture)
    tabs: asyncio.Queue[Tab] = field(default_factory=asyncio.Queue)
    away: bool = False
    open_sockets: set[WebSocket] = field(default_factory=set)
    outside_contract: list[str] = field(default_factory=list)
    hellos: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def session(self) -> dict[str, Any]:
        user = {**USER, "language": self.language}
        expires = (now() + timedelta(minutes=10)).isoformat()
        return {"access_token": "token", "expires_at": expires, "user": user, "company": COMPANY}

    async def tab(self) -> Tab:
        """The next tab that signed on."""
        async with asyncio.timeout(10):
            return await self.tabs.get()

    async def goes_away(self) -> None:
        """Every connection breaks off, whichever a tab has by now, and none is taken."""
        self.away = True
        for socket in list(self.open_sockets):
            with contextlib.suppress(WebSocketDisconnect, WebSocketDisconnected):  # that tab was just leaving by itself
                await socket.close(1011)

    def welcome(self) -> Welcome:
        self.hellos += 1
        return Welcome(
            client_id=f"client_{self.hellos}",
            user_id="user_1",
            user_name=USER["name"],
            company_name=COMPANY["name"],
            expires_at=now() + timedelta(minutes=10),
            stations=self.stations,
            ice_servers=(),
        )


def problem(status: int, code: str) -> JSONResponse:
    body = {"type": "about:blank", "title": code, "status": status, "code": code}
    return JSONResponse(body, status, headers={"Retry-After": "40"} if status == 429 else None)


def application(platform: Platform, dist: Path) -> ASGIApp:
    app = FastAPI()

    @app.post("/api/v1/session")
    async def sign_in() -> Response:
        if platform.refusal is not None:
            return problem(*platform.refusal)
        platform.signed_in = True
        return JSONResponse(platform.session())

    @app.post("/api/v1/session/refresh")
    async def refresh() -> Response:
        return JSONResponse(platform.session()) if platform.signed_in else Response(status_code=204)

    @app.delete("/api/v1/session", status_code=204)
    async def sign_out() -> None:
        platform.signed_in = False

    @app.get("/api/v1/calls")
    async def calls() -> Response:
        if platform.history_fails:
            return problem(503, "unavailable")
        items = [json.loads(item.model_dump_json()) for item in platform.records]
        return JSONResponse({"items": items, "next_cursor": None})

    @app.get("/api/v1/snapshots/{snapshot_id}")
    async def snapshot(snapshot_id: str, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer token" or "gone" in snapshot_id:
            return problem(404, "not_found")
        return Response(platform.picture, media_type="image/jpeg")

    @app.websocket("/ws/{company_id}")
    async def client(socket: WebSocket, company_id: str) -> None:
        if platform.away:
            await socket.close(1013)
            return
        await socket.accept()
        tab = Tab(socket)
        platform.open_sockets.add(socket)
        try:
            while True:
                text = await socket.receive_text()
                try:
                    message = client_message.validate_json(text)
                except ValueError:
                    platform.outside_contract.append(text)
                    await tab.send(Error(request_id=None, code="bad_input", detail="outside the contract"))
                    continue
                if isinstance(message, Hello):
                    await tab.send(platform.welcome())
                    platform.tabs.put_nowait(tab)
                elif isinstance(message, Ping):
                    await tab.send(Pong())
                tab.inbox.put_nowait(message)
        except WebSocketDisconnect:
            tab.inbox.put_nowait(HangUp(request_id="closed", call_id="closed"))
        finally:
            platform.open_sockets.discard(socket)

    @app.get("/station-peer")
    async def station_peer() -> Response:
        return HTMLResponse("<!doctype html><title>Station</title><canvas width=640 height=480></canvas>")

    @app.get("/{path:path}")
    async def page(path: str) -> Response:
        file = dist / path
        headers = {"Content-Security-Policy": POLICY}
        return FileResponse(file if path and file.is_file() else dist / "index.html", headers=headers)

    return app


@asynccontextmanager
async def serving(platform: Platform, dist: Path) -> AsyncIterator[Platform]:
    """Serve on a free port of loopback."""
    config = uvicorn.Config(application(platform, dist), host="127.0.0.1", port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    task = asyncio.create_task(server.main_loop())
    platform.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield platform
    finally:
        server.should_exit = server.force_exit = True
        await task
        await server.shutdown()
