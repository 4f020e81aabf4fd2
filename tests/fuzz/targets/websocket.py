"""The browsers' WebSocket: one connection from its first message to its end (wire.client, gateways.clients)."""

from __future__ import annotations

import asyncio
import json
from random import Random
from typing import Any

from starlette.websockets import WebSocketDisconnect

from antiphon.calls import ClientInfo
from antiphon.gateways.clients import ClientGateway
from antiphon.wire import client as wire
from tests.fuzz import house
from tests.fuzz.mutation import change_json
from tests.fuzz.script import ScriptMutator, Step, read, write
from tests.fuzz.target import ByteMutator, Stopwatch, Target, hold

TEXT, BINARY, TIME, GONE = range(4)
KINDS = 4
_CODES = {1000, 1008, 1009, wire.CLOSE_UNAUTHENTICATED, wire.CLOSE_TOO_MANY, wire.CLOSE_RESTART}
_SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
WORDS = (
    *(
        "hello",
        "set_duty",
        "preview_answer",
        "preview_connected",
        "preview_failed",
        "answer",
        "media_answer",
        "decline",
        "hang_up",
        "call_station",
    ),
    *("open_door", "dtmf", "ping", "welcome", "call_1", "door_1", "client_1", "../x", "#", "*", "A", _SDP),
)


class WebSocket(Target):
    name = "websocket"

    def __init__(self) -> None:
        self._house = built = house.build()
        self._loop = asyncio.new_event_loop()
        self._service = _Service()
        self._gateway = ClientGateway(built.settings, built.database, built.clock)
        self._gateway.events = self._service
        self._inputs = 0
        hello = wire.Hello(token=built.token)
        requests: tuple[wire.Message, ...] = (
            wire.SetDuty(on_duty=False),
            wire.PreviewAnswer(call_id="call_1", sdp=_SDP),
            wire.PreviewConnected(call_id="call_1"),
            wire.PreviewFailed(call_id="call_1", reason="no H.264"),
            wire.Answer(request_id="r1", call_id="call_1"),
            wire.MediaAnswer(call_id="call_1", sdp=_SDP),
            wire.Dtmf(request_id="r2", call_id="call_1", digit="#"),
            wire.OpenDoor(request_id="r3", door_id="door_1", call_id="call_1"),
            wire.HangUp(request_id="r4", call_id="call_1"),
            wire.Decline(request_id="r5", call_id="call_2"),
            wire.CallStation(request_id="r6", station_id=built.station.id, sdp=_SDP),
            wire.Ping(),
            wire.Hello(token=built.token, on_duty=False, resume="client_1"),
        )
        said = [Step(TEXT, each.model_dump_json().encode()) for each in (hello, *requests)]
        early = [
            Step(TEXT, wire.Ping().model_dump_json().encode()),
            Step(BINARY, b"\0\1"),
            Step(TEXT, hello.model_dump_json().encode()),
        ]
        self._seeds = [
            write(said),
            write(early),
            write([said[0], Step(TIME, b"\xff"), said[-1]]),
            write([said[0], Step(GONE, b"")]),
        ]
        self._seeds += [write([said[0], each]) for each in said[1:]] + [write([said[0]] + [said[-2]] * 20)]
        self._mutator = ScriptMutator(self._seeds, KINDS, _change)

    def seeds(self) -> list[bytes]:
        return self._seeds

    def mutate(self, data: bytes, random: Random, mutate_bytes: ByteMutator) -> bytes:
        return self._mutator.mutate(data, random, mutate_bytes)

    def run(self, data: bytes) -> int:
        steps = read(data, KINDS)
        self._house.clock.at = self._start
        self._loop.run_until_complete(self._connection(steps))
        return max(1, len(steps))

    @property
    def _start(self) -> Any:
        self._inputs += 1
        if self._inputs == 1:
            self._first = self._house.clock.at
        return self._first

    async def _connection(self, steps: list[Step]) -> None:
        watch = Stopwatch()
        socket = _Socket(self._house.tenant.company.id)
        serving = asyncio.ensure_future(self._gateway.endpoint(socket))  # type: ignore[arg-type]
        for kind, data in steps:
            if kind == TIME:
                self._house.clock.advance((data[:1] or b"\0")[0] * 3)
                continue
            socket.arrives(kind, data)
            await socket.settled(serving)
            watch.lap()
            if serving.done():
                break
        socket.arrives(GONE, b"")
        await asyncio.wait({serving}, timeout=5)
        hold(serving.done(), "a connection that is gone is still served")
        serving.result()
        house.raise_unexpected()
        hold(socket.code is None or socket.code in _CODES, f"closed with {socket.code}")
        hold(self._gateway.connected == 0, "a tab is left behind")
        hold(self._service.here == 0, "the call service keeps a tab that is gone")


def _change(kind: int, data: bytes, random: Random) -> bytes:
    if kind == TIME:
        return bytes([random.randrange(256)])
    return change_json(data, random, WORDS)


class _Service:
    """The call service: every message that comes through is inside the contract."""

    def __init__(self) -> None:
        self.here = 0

    async def stations_of(self, company_id: str) -> tuple[wire.StationView, ...]:
        return ()

    def client_came(self, client: ClientInfo) -> None:
        self.here += 1

    def duty_changed(self, client: ClientInfo) -> None:
        hold(self.here > 0, "a tab that never came changed its duty")

    def client_left(self, client: str) -> None:
        self.here -= 1

    def received(self, client: ClientInfo, message: wire.ClientMessage) -> None:
        again = wire.client_message.validate_json(message.model_dump_json())
        hold(again == message, "a message reads differently the second time")


class _Socket:
    """What the server hands to the endpoint; tells when the other side has nothing more to do."""

    def __init__(self, company_id: str) -> None:
        self.path_params = {"company_id": company_id}
        self.scope: dict[str, object] = {}
        self.headers = {"host": "portal.example"}
        self.code: int | None = None
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._idle = asyncio.Event()

    async def accept(self) -> None:
        return None

    async def receive(self) -> dict[str, Any]:
        if self._in.empty():
            self._idle.set()
        message = await self._in.get()
        if message["type"] == "gone":
            raise WebSocketDisconnect(1006)
        return message

    async def send_text(self, text: str) -> None:
        hold(self.code is None, "something was sent after the close")
        wire.server_message.validate_json(text)
        hold("\n" not in text and len(text) < 100_000, "an answer without bounds")
        json.loads(text)

    async def close(self, code: int = 1000) -> None:
        self.code = code

    def arrives(self, kind: int, data: bytes) -> None:
        self._idle.clear()
        if kind == GONE:
            self._in.put_nowait({"type": "websocket.disconnect", "code": 1001})
        elif kind == BINARY:
            self._in.put_nowait({"type": "websocket.receive", "bytes": data})
        else:
            # servers hand on sound UTF-8 alone (RFC 6455 8.1)
            self._in.put_nowait({"type": "websocket.receive", "text": data.decode("utf-8", "replace")})

    async def settled(self, serving: asyncio.Future[None]) -> None:
        """Until the gateway waits for the next message, or is through."""
        idle = asyncio.ensure_future(self._idle.wait())
        await asyncio.wait({idle, serving}, return_when=asyncio.FIRST_COMPLETED)
        idle.cancel()


TARGET = WebSocket
