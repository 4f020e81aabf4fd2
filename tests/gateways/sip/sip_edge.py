"""Stands in for the SIP edge: a UDP socket with a user agent behind it, and an owner of legs that writes down what it hears."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from antiphon.calls.ports import LegId, StationInvite
from antiphon.settings import Ports, Settings
from antiphon.wire.sip import Effect, Flow, Send, UserAgent, UserAgentConfig

OFFER = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n"
ANSWER = OFFER.replace("4000", "5000")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(data: Path) -> Settings:
    return Settings(data=data, ports=Ports(sip_edge=free_port(), sip_calls=free_port()))


class Waiting:
    """Bounded waiting on real events."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def changed(self) -> None:
        self._changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                self._changed.clear()
                await self._changed.wait()


class Owner(Waiting):
    """The call service's ears. `on_invite` may be set to act on a call."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[Any, ...]] = []
        self.on_invite: Callable[[StationInvite], None] = lambda invite: None

    def _hear(self, *what: Any) -> None:
        self.heard.append(what)
        self.changed()

    async def hears(self, *what: Any) -> tuple[Any, ...]:
        """Waits for an event that begins with these words."""
        await self.until(lambda: any(each[: len(what)] == what for each in self.heard))
        return next(each for each in self.heard if each[: len(what)] == what)

    def invited(self, invite: StationInvite) -> None:
        self._hear("invited", invite)
        self.on_invite(invite)

    def progressed(self, leg: LegId, status: int, sdp: str | None) -> None:
        self._hear("progressed", leg, status, sdp)

    def answered(self, leg: LegId, sdp: str) -> None:
        self._hear("answered", leg, sdp)

    def refused(self, leg: LegId, status: int, reason: str) -> None:
        self._hear("refused", leg, status, reason)

    def offered(self, leg: LegId, sdp: str) -> None:
        self._hear("offered", leg, sdp)

    def offer_answered(self, leg: LegId, sdp: str) -> None:
        self._hear("offer_answered", leg, sdp)

    def offer_refused(self, leg: LegId, status: int) -> None:
        self._hear("offer_refused", leg, status)

    def dtmf(self, leg: LegId, digit: str) -> None:
        self._hear("dtmf", leg, digit)

    def ended(self, leg: LegId, cause: str, reason: str) -> None:
        self._hear("ended", leg, cause, reason)


class Edge(Waiting, asyncio.DatagramProtocol):
    """The other end of the loopback."""

    def __init__(self, config: Settings) -> None:
        Waiting.__init__(self)
        edge, calls = ("127.0.0.1", config.ports.sip_edge), ("127.0.0.1", config.ports.sip_calls)
        self.flow = Flow("edge", "udp", edge, calls)
        numbers = itertools.count()
        self.agent = UserAgent(UserAgentConfig(contact_user="dev_1"), lambda: f"e{next(numbers)}x")
        self.told: list[Effect] = []
        self.seen: list[bytes] = []
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=self.flow.local)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.seen.append(data)
        self.do(self.agent.receive(self.flow, data, time.monotonic()))

    def do(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self.send(effect.data)
            else:
                self.told.append(effect)
        self.changed()

    def send(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(data, self.flow.remote)

    def order(self, name: str, *arguments: Any, **named: Any) -> None:
        self.do(getattr(self.agent, name)(*arguments, now=time.monotonic(), **named))

    def ring(self, leg: str = "ring", headers: tuple[tuple[str, str], ...] = (), sdp: str = OFFER) -> None:
        self.order(
            "invite",
            leg,
            self.flow,
            target_uri="sip:main@antiphon.local",
            from_uri="sip:dev_1@antiphon.local",
            to_uri="sip:main@antiphon.local",
            sdp=sdp,
            headers=headers,
        )

    async def hears(self, kind: type[Effect]) -> Any:
        """Waits for an effect of this kind."""
        await self.until(lambda: any(isinstance(effect, kind) for effect in self.told))
        return next(effect for effect in self.told if isinstance(effect, kind))
