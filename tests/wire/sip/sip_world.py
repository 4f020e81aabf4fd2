"""A world of two SIP ends in memory: virtual time, a line that can lose, double and delay, every byte checked."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import sipmessage

from antiphon.wire.sip import Effect, Flow, Send, UserAgent, UserAgentConfig

E = TypeVar("E")

OFFER = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n"
ANSWER = OFFER.replace("4000", "5000")
OFFER_2 = OFFER.replace("4000", "4002")
ANSWER_2 = OFFER.replace("4000", "5002")

Policy = Callable[["Packet"], list[float]]


@dataclass(frozen=True)
class Packet:
    """One message on the line."""

    sender: str
    data: bytes

    @property
    def start(self) -> str:
        return self.data.split(b"\r\n", 1)[0].decode()

    @property
    def method(self) -> str:
        """Method of the request that this is or answers."""
        return str(sipmessage.Message.parse(self.data).cseq.method)

    def is_request(self, method: str) -> bool:
        return self.data.startswith(method.encode() + b" ")

    def is_status(self, status: int, method: str | None = None) -> bool:
        return self.data.startswith(b"SIP/2.0 %d" % status) and (method is None or self.method == method)


def straight(packet: Packet) -> list[float]:
    """Every packet arrives once after 10 ms."""
    return [0.01]


@dataclass
class End:
    """One end: its agent, its flow to the other, and what its owner was told."""

    name: str
    agent: UserAgent
    flow: Flow
    told: list[Effect] = field(default_factory=list)

    def all(self, kind: type[E]) -> list[E]:
        return [effect for effect in self.told if isinstance(effect, kind)]

    def only(self, kind: type[E]) -> E:
        found = self.all(kind)
        assert len(found) == 1, f"{self.name} was told {self.told}"
        return found[0]

    @property
    def last(self) -> Effect:
        return self.told[-1]


class World:
    """`station` and `house`, joined by one line."""

    def __init__(
        self,
        transport: str = "udp",
        policy: Policy = straight,
        probe_s: float | None = None,
        ringing_probe_s: float | None = None,
        flow_grace_s: float = 0.0,
        unreachable_grace_s: float = 0.0,
    ) -> None:
        self.now = 100.0
        self.policy = policy
        self.line: list[Packet] = []
        self._order = itertools.count()
        self._flying: list[tuple[float, int, str, bytes]] = []
        counter = itertools.count()
        a, b = ("192.0.2.1", 5060), ("192.0.2.2", 5060)
        self.station = End(
            "station",
            UserAgent(
                UserAgentConfig(
                    contact_user="dev", probe_s=probe_s, ringing_probe_s=ringing_probe_s, flow_grace_s=flow_grace_s
                ),
                lambda: f"s{next(counter)}k",
            ),
            Flow("s", transport, a, b),  # type: ignore[arg-type]
        )
        self.house = End(
            "house",
            UserAgent(
                UserAgentConfig(
                    contact_user="calls",
                    probe_s=probe_s,
                    ringing_probe_s=ringing_probe_s,
                    unreachable_grace_s=unreachable_grace_s,
                ),
                lambda: f"h{next(counter)}k",
            ),
            Flow("h", transport, b, a),  # type: ignore[arg-type]
        )

    def other(self, end: End) -> End:
        return self.house if end is self.station else self.station

    def do(self, end: End, effects: list[Effect]) -> None:
        """Carry out what an agent returned."""
        for effect in effects:
            if isinstance(effect, Send):
                check(effect.data)
                packet = Packet(end.name, effect.data)
                self.line.append(packet)
                for delay in self.policy(packet):
                    self.put(self.other(end), effect.data, delay)
            else:
                end.told.append(effect)

    def put(self, end: End, data: bytes, delay: float = 0.0) -> None:
        """Let bytes arrive at an end."""
        heapq.heappush(self._flying, (self.now + delay, next(self._order), end.name, data))

    def run(self, for_s: float = 0.2) -> None:
        """Let time pass; everything due happens in its order."""
        until = self.now + for_s
        while True:
            times = [end.agent.next_deadline() for end in (self.station, self.house)]
            if self._flying:
                times.append(self._flying[0][0])
            due = min((time for time in times if time is not None), default=None)
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            if self._flying and self._flying[0][0] <= self.now:
                _, _, name, data = heapq.heappop(self._flying)
                end = self.station if name == "station" else self.house
                self.do(end, end.agent.receive(end.flow, data, self.now))
            for end in (self.station, self.house):
                deadline = end.agent.next_deadline()
                if deadline is not None and deadline <= self.now:
                    self.do(end, end.agent.tick(self.now))
        self.now = until

    def on_line(self, method: str) -> list[Packet]:
        """The requests of this method that were sent."""
        return [packet for packet in self.line if packet.is_request(method)]

    def starts(self) -> list[str]:
        """The flow of the call as sent: methods and status codes."""
        words = []
        for packet in self.line:
            first, second, *_ = packet.start.split(" ")
            words.append(f"{second} {packet.method}" if first == "SIP/2.0" else first)
        return words

    # -- shorthands --------------------------------------------------------------------------------------------------

    def call(self, leg: str = "door", sdp: str = OFFER) -> str:
        """The station rings the button `main`; returns the house's leg once the INVITE is there."""
        self.do(
            self.station,
            self.station.agent.invite(
                leg,
                self.station.flow,
                target_uri="sip:main@antiphon.local",
                from_uri="sip:dev_1@antiphon.local",
                to_uri="sip:main@antiphon.local",
                display_name='Tür "Ost"',
                sdp=sdp,
                now=self.now,
            ),
        )
        self.run(0.05)
        from antiphon.wire.sip import Invited

        invited = self.house.all(Invited)
        return invited[-1].leg if invited else ""

    def order(self, end: End, name: str, *arguments: object, **named: object) -> None:
        """Give an end's agent an order now."""
        self.do(end, getattr(end.agent, name)(*arguments, now=self.now, **named))


def check(data: bytes) -> None:
    """What we send must stand before a strict reader: headers read one by one, length right."""
    message = sipmessage.Message.parse(data)
    assert message.via
    assert message.from_address.uri
    assert message.to_address.uri
    assert message.call_id
    assert message.cseq.sequence >= 0
    assert message.content_length == len(message.body)
    _ = message.contact, message.route, message.record_route, message.require, message.supported, message.content_type
    if message.body:
        assert message.content_type is not None
    if isinstance(message, sipmessage.Request):
        assert message.max_forwards is not None
        assert message.method == message.cseq.method
