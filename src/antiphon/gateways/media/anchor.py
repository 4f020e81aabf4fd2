"""The anchor: one loopback socket that receives the callers' pictures, asks for key frames and keeps the first."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from antiphon import log
from antiphon.calls.ports import CallId
from antiphon.clock import Clock
from antiphon.gateways.media.h264 import KeyFrames, RtpPacket, picture_loss_indication
from antiphon.limits import KEY_FRAME_REQUEST_MIN_S

_log = log.get("media")
_HOST = "127.0.0.1"
_RECEIVE_BUFFER_BYTES = 1 << 20


@dataclass(slots=True)
class _Watched:
    """One caller's picture as rtpengine sends it to us: from `rtp_port`, feedback to `rtcp_port`."""

    call: CallId
    rtp_port: int
    rtcp_port: int
    payload_types: frozenset[int]
    ssrc: int = 0
    asked_at: float = float("-inf")
    again: asyncio.TimerHandle | None = None
    frames: KeyFrames | None = field(default_factory=KeyFrames)


class Anchor(asyncio.DatagramProtocol):
    """Calls are told apart by the engine's port that their packets come from."""

    def __init__(self, clock: Clock, on_key_frame: Callable[[CallId, bytes], None]) -> None:
        self._clock = clock
        self._on_key_frame = on_key_frame
        self._transport: asyncio.DatagramTransport | None = None
        self._by_port: dict[int, _Watched] = {}
        self._by_call: dict[CallId, _Watched] = {}
        self.port = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(_HOST, 0))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        for call in list(self._by_call):
            self.forget(call)

    def watch(self, call: CallId, rtp_port: int, rtcp_port: int, payload_types: frozenset[int]) -> None:
        """Expect this call's picture from `rtp_port`."""
        self.forget(call)
        self._by_port[rtp_port] = self._by_call[call] = _Watched(call, rtp_port, rtcp_port, payload_types)

    def forget(self, call: CallId) -> None:
        watched = self._by_call.pop(call, None)
        if watched is not None and watched.again is not None:
            watched.again.cancel()
        if watched is not None and self._by_port.get(watched.rtp_port) is watched:
            del self._by_port[watched.rtp_port]

    def ask(self, call: CallId) -> None:
        """Ask the caller for a key frame; asked again too soon, it waits its turn once. Unknown calls are ignored."""
        watched = self._by_call.get(call)
        if watched is None or watched.again is not None:
            return
        wait_s = watched.asked_at + KEY_FRAME_REQUEST_MIN_S - self._clock.monotonic()
        if wait_s > 0:
            watched.again = asyncio.get_running_loop().call_later(wait_s, self._send_request, watched)
        else:
            self._send_request(watched)

    def _send_request(self, watched: _Watched) -> None:
        watched.again = None
        watched.asked_at = self._clock.monotonic()
        if self._transport is not None:
            self._transport.sendto(picture_loss_indication(watched.ssrc), (_HOST, watched.rtcp_port))

    # -- the socket ----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # no common base class in event loops
        self.port = transport.get_extra_info("sockname")[1]
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        watched = self._by_port.get(addr[1])
        if watched is None or addr[0] != _HOST or (watched.frames is None and watched.ssrc):
            return
        packet = RtpPacket.parse(data)
        if packet is None or packet.payload_type not in watched.payload_types:
            return
        if packet.ssrc != watched.ssrc:
            watched.ssrc = packet.ssrc
            self.ask(watched.call)
        if watched.frames is None:
            return
        frame = watched.frames.feed(packet)
        if frame is not None:
            watched.frames = None
            self._on_key_frame(watched.call, frame)

    def error_received(self, exc: Exception) -> None:
        _log.debug("anchor socket refused", error=type(exc).__name__)
