"""The UDP socket to rtpengine's control port: commands out, replies back, in any number at once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from typing import cast

from antiphon import log, metrics
from antiphon.clock import Clock
from antiphon.errors import Unavailable
from antiphon.wire import ng

_log = log.get("media")


class MediaUnavailable(Unavailable):
    """The media engine does not answer."""

    code = "media_unavailable"
    title = "Sound and picture are not available right now. Try again in a moment."


class NgClient(asyncio.DatagramProtocol):
    """`request` sends one command and gives its reply, or raises MediaUnavailable when it times out.

    `away_since` is set while nobody listens at the engine's port; `on_back(since)` is called when it answers again.
    """

    def __init__(self, port: int, clock: Clock, on_back: Callable[[float], None] = lambda _: None) -> None:
        self._port = port
        self._clock = clock
        self._on_back = on_back
        self.away_since: float | None = None
        self._knocks = 0
        self._exchange = ng.Exchange(lambda: secrets.token_hex(6))
        self._waiting: dict[int, asyncio.Future[Mapping[str, ng.Decoded]]] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._loop.create_datagram_endpoint(lambda: self, remote_addr=("127.0.0.1", self._port))

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.close()
        for future in self._waiting.values():
            future.cancel()
        self._waiting.clear()

    async def request(self, body: Mapping[str, ng.Encodable]) -> Mapping[str, ng.Decoded]:
        if self._loop is None:
            raise MediaUnavailable("The media client is not started.")
        began, command = self._clock.monotonic(), str(body["command"])
        key, effects = self._exchange.request(body, began)
        future: asyncio.Future[Mapping[str, ng.Decoded]] = self._loop.create_future()
        self._waiting[key] = future
        self._perform(effects)
        try:
            reply = await future
        except MediaUnavailable:
            metrics.NG_FAILED.labels(command).inc()
            raise
        else:
            metrics.counting(metrics.NG_SECONDS, command).observe(self._clock.monotonic() - began)
            if reply.get("result") == b"error":
                metrics.NG_FAILED.labels(command).inc()
            return reply
        finally:
            self._waiting.pop(key, None)
            self._exchange.forget(key)

    # -- the socket ----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # no common base class in event loops

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        since, self.away_since = self.away_since, None
        self._perform(self._exchange.receive(data, self._clock.monotonic()))
        if since is not None:
            self._perform(self._exchange.again())
            self._on_back(since)

    def error_received(self, exc: Exception) -> None:
        # Nobody listens (yet): the repetition or the time-out decides.
        if self.away_since is None:
            self.away_since = self._clock.monotonic()
            _log.error("media engine away", error=type(exc).__name__)

    def knock(self) -> None:
        """Ask whether somebody is there, without waiting for the answer."""
        if self._transport is not None:
            self._knocks += 1
            self._transport.sendto(b"knock_%d " % self._knocks + ng.encode(ng.PING))

    def _tick(self) -> None:
        self._timer = None
        self._perform(self._exchange.tick(self._clock.monotonic()))

    def _perform(self, effects: list[ng.ExchangeEffect]) -> None:
        for effect in effects:
            match effect:
                case ng.Datagram(data):
                    if self._transport is not None:
                        self._transport.sendto(data)
                case ng.Replied(key, reply):
                    future = self._waiting.get(key)
                    if future is not None and not future.done():
                        future.set_result(reply)
                case ng.TimedOut(key):
                    future = self._waiting.get(key)
                    if future is not None and not future.done():
                        future.set_exception(MediaUnavailable())
                case ng.Ignored(why):
                    _log.debug("control datagram ignored", why=why)
        self._arm()

    def _arm(self) -> None:
        due = self._exchange.next_deadline()
        if due is None or self._loop is None:
            return
        if self._timer is not None:
            if self._timer_at <= due:
                return  # it fires earlier than needed at worst, and is armed anew then
            self._timer.cancel()
        self._timer_at = due
        self._timer = self._loop.call_later(max(0.0, due - self._clock.monotonic()), self._tick)
