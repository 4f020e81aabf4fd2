"""Recorded calls as seeds: what one end of each call heard and did, so that its legs pass through every state."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Literal

from antiphon.wire.sip import Flow, Invited, Send, UserAgent, UserAgentConfig
from tests.fuzz.script import Step, write

OFFER = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n"
EDGE = Flow("edge", "udp", ("192.0.2.2", 5060), ("192.0.2.1", 5060))
STATION = Flow("station", "tls", ("192.0.2.2", 5061), ("192.0.2.1", 5061))
PROGRESS, ACCEPT, REFUSE, OFFER_ANEW, ANSWER_OFFER, REFUSE_OFFER, INFO, END, CALL, REGISTER, UNREGISTER, REACH = range(
    12
)


class Recorder:
    """`ours` is the end under fuzz, `theirs` its peer; whatever `ours` hears and is told to do is kept."""

    def __init__(self, transport: Literal["udp", "tls"]) -> None:
        self.flow = EDGE if transport == "udp" else STATION
        back = Flow("back", transport, self.flow.remote, self.flow.local)
        ours, theirs = itertools.count(), itertools.count()
        config = UserAgentConfig(contact_user="calls", probe_s=4.0, ringing_probe_s=2.0)
        self.ours = UserAgent(config, lambda: f"t{next(ours)}k")
        self.theirs = UserAgent(UserAgentConfig(contact_user="dev"), lambda: f"p{next(theirs)}k")
        self.back = back
        self.now = 100.0
        self.steps: list[Step] = []
        self.leg = self.their_leg = "door"
        self.heard = True  # False: the peer is no agent, its answers are written by hand

    # -- what the peer does ------------------------------------------------------------------------------------------

    def they(self, name: str, *arguments: Any, **named: Any) -> None:
        self._from_them(getattr(self.theirs, name)(*arguments, now=self.now, **named))

    def they_call(self, **named: Any) -> None:
        uri = "sip:main@antiphon.local"
        self.they(
            "invite",
            "door",
            self.back,
            target_uri=uri,
            from_uri="sip:dev_1@antiphon.local",
            to_uri=uri,
            sdp=OFFER,
            **named,
        )

    def say(self, data: bytes) -> None:
        """Bytes of no agent."""
        self._hear(data)

    # -- what we do --------------------------------------------------------------------------------------------------

    def order(self, what: int, how: int = 1) -> None:
        if what in (CALL, REGISTER):
            how = int(self.flow is STATION)
        self.steps.append(Step(2, bytes([what, 0, how])))
        agent, now, sdp = self.ours, self.now, OFFER if how % 2 else OFFER.replace("4000", "6000")
        status = (180, 183, 199, 404, 486, 488, 600, 302)[how % 8]
        uri = "sip:dev_1@antiphon.local"
        orders: dict[int, Callable[[], list[Any]]] = {
            PROGRESS: lambda: agent.progress(self.leg, status, sdp if how % 2 else None, now),
            ACCEPT: lambda: agent.accept(self.leg, sdp, now),
            REFUSE: lambda: agent.refuse(self.leg, status, "declined", now),
            OFFER_ANEW: lambda: agent.offer(self.leg, sdp, now),
            ANSWER_OFFER: lambda: agent.answer_offer(self.leg, sdp, now),
            REFUSE_OFFER: lambda: agent.refuse_offer(self.leg, 488, now),
            INFO: lambda: agent.info(self.leg, "application/dtmf-relay", b"Signal=5\r\n", now),
            END: lambda: agent.end(self.leg, "time_limit", now),
            CALL: lambda: agent.invite(
                "o1",
                self.flow,
                target_uri=uri,
                from_uri="sip:a@antiphon.local",
                to_uri=uri,
                display_name='Tür "O"',
                sdp=OFFER,
                now=now,
            ),
            REGISTER: lambda: agent.register(
                self.flow,
                registrar_uri="sip:antiphon.local",
                aor="sip:dev@antiphon.local",
                contact_uri="sip:dev@192.0.2.1",
                expires_s=120,
                now=now,
            ),
            UNREGISTER: lambda: agent.unregister(now),
            REACH: lambda: agent.reach(self.leg, "ask", now),
        }
        if what == CALL:
            self.leg = "o1"
        self._from_us(orders[what]())

    def passes(self, eighths: int) -> None:
        """Time, with every timer of ours that is due."""
        self.steps.append(Step(3, bytes([eighths])))
        until = self.now + eighths / 8
        while (due := self.ours.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self._from_us(self.ours.tick(self.now))
        self.now = until

    def loses(self) -> None:
        self.steps.append(Step(4, b"\1" if self.flow is STATION else b"\0"))

    # -- the line between them ---------------------------------------------------------------------------------------

    def _hear(self, data: bytes) -> None:
        self.steps.append(Step(0 if self.flow is EDGE else 1, data))
        self._from_us(self.ours.receive(self.flow, data, self.now))

    def _from_us(self, effects: list[Any]) -> None:
        for effect in effects:
            if isinstance(effect, Invited):
                self.leg = effect.leg
            elif isinstance(effect, Send) and self.heard:
                self._from_them(self.theirs.receive(self.back, effect.data, self.now))

    def _from_them(self, effects: list[Any]) -> None:
        for effect in effects:
            if isinstance(effect, Invited):
                self.their_leg = effect.leg
            elif isinstance(effect, Send):
                self._hear(effect.data)


def scenarios() -> list[bytes]:
    """Every call below, over UDP and over TLS, as scripts."""
    scripts = []
    for call in (
        door_call,
        plain_call,
        cancelled,
        refused,
        we_call,
        we_call_and_cancel,
        we_are_refused,
        both_offer,
        registered,
        stray,
        forked,
        lost,
    ):
        for transport in ("udp", "tls"):
            recorder = Recorder(transport)  # type: ignore[arg-type]
            call(recorder)
            scripts.append(write(recorder.steps))
    return scripts


def door_call(line: Recorder) -> None:
    """Reliable 183, PRACK, an UPDATE of ours, the answer, a re-offer, digits, hang-up."""
    line.they_call()
    line.order(PROGRESS, 1)
    line.order(OFFER_ANEW, 0)
    line.they("answer_offer", "door", OFFER)
    line.order(ACCEPT)
    line.passes(2)
    line.they("info", "door", "application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n")
    line.they("offer", "door", OFFER.replace("4000", "7000"))
    line.order(ANSWER_OFFER)
    line.order(INFO)
    line.order(REACH)
    line.passes(40)
    line.they("end", "door", "hung_up")


def plain_call(line: Recorder) -> None:
    line.they_call()
    line.order(PROGRESS, 0)
    line.order(ACCEPT)
    line.order(OFFER_ANEW)
    line.they("refuse_offer", "door", 488)
    line.order(END)


def cancelled(line: Recorder) -> None:
    line.they_call()
    line.order(PROGRESS, 1)
    line.they("end", "door", "cancelled")


def refused(line: Recorder) -> None:
    line.they_call()
    line.order(REFUSE, 4)
    line.passes(8)


def we_call(line: Recorder) -> None:
    line.order(CALL)
    line.they("progress", line.their_leg, 180, None)
    line.they("progress", line.their_leg, 183, OFFER)
    line.they("offer", line.their_leg, OFFER.replace("4000", "7000"))
    line.order(ANSWER_OFFER)
    line.they("accept", line.their_leg, OFFER)
    line.order(OFFER_ANEW, 0)
    line.they("answer_offer", line.their_leg, OFFER)
    line.they("offer", line.their_leg, OFFER.replace("4000", "8000"))
    line.order(REFUSE_OFFER)
    line.passes(40)
    line.order(END)


def we_call_and_cancel(line: Recorder) -> None:
    line.order(CALL)
    line.they("progress", line.their_leg, 180, None)
    line.order(END)
    line.passes(16)


def we_are_refused(line: Recorder) -> None:
    line.order(CALL)
    line.they("progress", line.their_leg, 180, None)
    line.they("refuse", line.their_leg, 486, "busy")
    line.passes(16)


def both_offer(line: Recorder) -> None:
    line.they_call()
    line.order(ACCEPT)
    line.order(OFFER_ANEW)
    line.they("offer", "door", OFFER)
    line.passes(60)
    line.they("answer_offer", "door", OFFER)


def registered(line: Recorder) -> None:
    line.heard = False
    line.order(REGISTER)
    line.say(_answer(1, 423, "Min-Expires: 600\r\n"))
    line.say(
        _answer(2, 200, "Contact: <sip:dev@192.0.2.1>;expires=60, <sip:other@192.0.2.9>;expires=9\r\nExpires: 600\r\n")
    )
    line.passes(255)
    line.passes(255)
    line.order(UNREGISTER)


def _answer(number: int, status: int, extra: str) -> bytes:
    # Call-ID and tag are the agent's first two tokens, each request's branch the next one.
    return (
        f"SIP/2.0 {status} X\r\nVia: SIP/2.0/UDP 192.0.2.2:5060;rport;branch=z9hG4bKt{number + 1}k\r\n"
        f"From: <sip:dev@antiphon.local>;tag=t1k\r\nTo: <sip:dev@antiphon.local>;tag=r\r\nCall-ID: t0k\r\n"
        f"CSeq: {number} REGISTER\r\n{extra}Content-Length: 0\r\n\r\n"
    ).encode()


def stray(line: Recorder) -> None:
    """Requests outside any dialog."""
    for method in ("OPTIONS", "NOTIFY", "CANCEL", "BYE", "PRACK", "FOO", "REGISTER"):
        line.say(
            f"{method} sip:main@antiphon.local SIP/2.0\r\nv: SIP/2.0/TLS 192.0.2.1;rport;branch=z9hG4bK{method}\r\nMax-Forwards: 70\r\n"
            f'f: "x" <sip:a@b>;tag=1\r\nt: <sip:c@d>\r\ni: stray\r\nCSeq: 1 {method}\r\nl: 0\r\n\r\n'.encode()
        )

    line.say(b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.9\r\nVia: SIP/2.0/UDP 192.0.2.8\r\nContent-Length: 0\r\n\r\n")


def forked(line: Recorder) -> None:
    """Several ends answer our call; the second 200 is acknowledged and hung up."""
    line.heard = False
    line.order(CALL)
    for status, tag, extra in (
        (180, "a", ""),
        (183, "b", "Require: 100rel\r\nRSeq: 7\r\n"),
        (183, "c", ""),
        (200, "b", ""),
        (200, "a", ""),
        (200, "b", ""),
    ):
        body = OFFER if status != 180 else ""
        kind = f"Content-Type: application/sdp\r\n{extra}" if body else extra
        line.say(
            (
                f"SIP/2.0 {status} X\r\nVia: SIP/2.0/{line.flow.transport.upper()} 192.0.2.2:{line.flow.local[1]};rport;branch=z9hG4bKt1k\r\n"
                f'From: "T" <sip:a@antiphon.local>;tag=t0k\r\nTo: <sip:dev_1@antiphon.local>;tag={tag}\r\nCall-ID: t2k\r\n'
                f"CSeq: 1 INVITE\r\nContact: <sip:{tag}@192.0.2.1>\r\nRecord-Route: <sip:192.0.2.7;lr>\r\nAllow: INVITE, UPDATE\r\n{kind}"
                f"Content-Length: {len(body)}\r\n\r\n{body}"
            ).encode()
        )
    line.passes(8)
    line.order(END)


def lost(line: Recorder) -> None:
    line.they_call()
    line.order(PROGRESS, 1)
    line.loses()
    line.passes(16)
