"""SIP: stream framing, parsing and the whole user agent with legs in every state (wire.sip)."""

from __future__ import annotations

import itertools
import re
from random import Random

from antiphon.wire.sip import (
    Answered,
    Effect,
    Flow,
    Invited,
    Send,
    SipSyntaxError,
    StreamFramer,
    UserAgent,
    UserAgentConfig,
)
from antiphon.wire.sip.message import SipMessage, parse
from tests.fuzz.mutation import SPECIALS, change_lines
from tests.fuzz.script import ScriptMutator, Step, read, write
from tests.fuzz.target import ByteMutator, Stopwatch, Target, hold
from tests.fuzz.targets import torture
from tests.fuzz.targets.sip_seeds import EDGE, OFFER, STATION, scenarios

DATAGRAM, STREAM, ORDER, TIME, LOST = range(5)
KINDS = 5
# One message may set free what waited: a queued offer, a BYE, an ACK.
SENDS_MAX = 12
TICK_SENDS_MAX = 400

_START = re.compile(rb"(SIP/2\.0 [1-6][0-9][0-9] [A-Za-z/ -]+|[A-Z]+ [^\s\r\n]+ SIP/2\.0)\Z")
_LINE = re.compile(rb"([A-Za-z-]+): [^\r\n\0]*\Z")
_ONCE = (b"From", b"To", b"Call-ID", b"CSeq", b"Content-Length")
_WRITTEN = frozenset(
    b"Via From To Call-ID CSeq Content-Length Content-Type Contact Allow Supported Require RSeq RAck Route Record-Route "
    b"Max-Forwards User-Agent Server Reason Accept Unsupported Retry-After Expires".split()
)
WORDS = (
    *SPECIALS,
    b"z9hG4bK", b";branch=z9hG4bKt1k", b";tag=", b";tag=t0k", b";lr", b"<sip:a@b;lr>", b"sip:", b"sips:", b"tel:+49", b"100rel", b"SIP/2.0",
    b"SIP/2.0/UDP", b"SIP/2.0/TLS x:y", b";rport", b";received=1", b"1 INVITE", b"2 ACK", b"2147483647 BYE", b"timer, 100rel",
    b"INVITE, ACK, UPDATE", b"application/sdp", b"multipart/mixed;boundary=x", b"*", b"Antiphon;cause=0;text=\"x\"", b"1 1 INVITE",
    b'"J\xf6rg" <sip:x@y>', b'"\\', b"<sip:a@b", b"sip:a@[::1]:5060", b"sip:a@b:99999", b"sip:%0d%0a@b",
)  # fmt: skip
LINES = (
    b"Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKx", b"v: SIP/2.0/TCP 192.0.2.9", b"Record-Route: <sip:192.0.2.7;lr>, <sip:192.0.2.8>",
    b"Route: <sip:192.0.2.7>", b"Require: 100rel", b"Require: foo", b"Supported: 100rel", b"k: 100rel", b"Contact: *", b"Contact: <sip:x@192.0.2.9>",
    b"m: sip:x", b"Content-Length: 0", b"l: 5", b"Content-Length: 99999", b"Content-Encoding: gzip", b"Content-Type: application/sdp",
    b"RSeq: 1", b"RSeq: 4294967295", b"RAck: 1 1 INVITE", b"Retry-After: 5", b"Retry-After: 0", b"Min-Expires: 600", b"Expires: 3600", b"Reason: Q.850;cause=16",
    b"Reason: Antiphon;cause=0;text=\"\\\"", b"Privacy: id", b" folded", b"\tfolded", b": nameless", b"no colon", b"To: <sip:x@y>;tag=other", b"Max-Forwards: 0",
    b"CSeq: 99 INVITE", b"Allow: INVITE", b"Allow: INVITE, UPDATE", b"Identity: x", b"Session-Expires: 90", b"Warning: 399 x \"y\"",
)  # fmt: skip


class Sip(Target):
    name = "sip"
    instruments = ("antiphon.wire",)

    def __init__(self) -> None:
        tortures = [*torture.VALID.values(), *torture.INVALID.values(), *torture.IPV6.values()]
        self._seeds = [*scenarios(), *(write([Step(kind, each)]) for each in tortures for kind in (DATAGRAM, STREAM))]
        self._mutator = ScriptMutator(self._seeds, KINDS, _change)

    def seeds(self) -> list[bytes]:
        return self._seeds

    def mutate(self, data: bytes, random: Random, mutate_bytes: ByteMutator) -> bytes:
        return self._mutator.mutate(data, random, mutate_bytes)

    def run(self, data: bytes) -> int:
        end = _End()
        for step in read(data, KINDS):
            end.take(step)
        end.finish()
        return max(1, end.messages)


def _change(kind: int, data: bytes, random: Random) -> bytes:
    if kind in (DATAGRAM, STREAM):
        return change_lines(data, random, WORDS, LINES)
    if kind == TIME:
        return bytes([random.randrange(256)])
    return bytes([random.randrange(16), random.randrange(4), random.randrange(8)])


class _End:
    """One agent and its owner, who answers as the script says."""

    def __init__(self) -> None:
        counter = itertools.count()
        self.agent = UserAgent(
            UserAgentConfig(contact_user="calls", probe_s=4.0, ringing_probe_s=2.0), lambda: f"t{next(counter)}k"
        )
        self.now = 100.0
        self.messages = 0
        self.legs: list[str] = []
        self._framer = StreamFramer()
        self._watch = Stopwatch()
        self._started = 0

    # -- steps -------------------------------------------------------------------------------------------------------

    def take(self, step: Step) -> None:
        if step.kind == DATAGRAM:
            self._arrives(EDGE, step.data)
        elif step.kind == STREAM:
            self._stream(step.data)
        elif step.kind == ORDER:
            self._order(*[*step.data[:3], 0, 0, 0][:3])
        elif step.kind == TIME:
            self._pass((step.data[:1] or b"\0")[0] / 8)
        else:
            flow = STATION if step.data[:1] == b"\1" else EDGE
            self._carry_out(self.agent.flow_lost(flow, self.now), TICK_SENDS_MAX)

    def _stream(self, data: bytes) -> None:
        try:
            messages = self._framer.feed(data)
        except SipSyntaxError:
            self._framer = StreamFramer()
            self._carry_out(self.agent.flow_lost(STATION, self.now), TICK_SENDS_MAX)
            self.messages += 1
            return
        for message in messages:
            self._arrives(STATION, message)

    def _arrives(self, flow: Flow, data: bytes) -> None:
        self.messages += 1
        _reads_back(data)
        effects = self.agent.receive(flow, data, self.now)
        size = sum(len(effect.data) for effect in effects if isinstance(effect, Send))
        hold(size <= 40_000 + 8 * len(data), f"{len(data)} bytes made {size}")
        self._carry_out(effects, SENDS_MAX)
        self._watch.lap()

    def _order(self, what: int, which: int, how: int) -> None:
        agent, now = self.agent, self.now
        leg = self.legs[which % len(self.legs)] if self.legs else "nobody"
        sdp = OFFER if how % 2 else OFFER.replace("4000", "6000")
        status = (180, 183, 199, 404, 486, 488, 600, 302)[how % 8]
        orders = {
            0: lambda: agent.progress(leg, status if status < 200 else 183, sdp if how % 2 else None, now),
            1: lambda: agent.accept(leg, sdp, now),
            2: lambda: agent.refuse(leg, status if status >= 300 else 480, "declined", now),
            3: lambda: agent.offer(leg, sdp, now),
            4: lambda: agent.answer_offer(leg, sdp, now),
            5: lambda: agent.refuse_offer(leg, 488, now),
            6: lambda: agent.info(leg, "application/dtmf-relay", b"Signal=5\r\n", now),
            7: lambda: agent.end(leg, "time_limit", now),
            8: lambda: self._call(STATION if how % 2 else EDGE),
            9: lambda: agent.register(
                STATION if how % 2 else EDGE,
                registrar_uri="sip:antiphon.local",
                aor="sip:dev@antiphon.local",
                contact_uri="sip:dev@192.0.2.1",
                expires_s=120,
                now=now,
            ),
            10: lambda: agent.unregister(now),
            11: lambda: agent.reach(leg, "ask", now),
        }
        order = orders.get(what % 16)
        self._carry_out(order() if order else [], SENDS_MAX)

    def _call(self, flow: Flow) -> list[Effect]:
        self._started += 1
        leg = f"o{self._started}"
        self.legs.append(leg)
        uri = "sip:dev_1@antiphon.local"
        return self.agent.invite(
            leg,
            flow,
            target_uri=uri,
            from_uri="sip:a@antiphon.local",
            to_uri=uri,
            display_name='Tür "O"',
            sdp=OFFER,
            now=self.now,
        )

    def _pass(self, for_s: float) -> None:
        until = self.now + for_s
        for _ in range(2_000):
            due = self.agent.next_deadline()
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            self._carry_out(self.agent.tick(self.now), TICK_SENDS_MAX)
        else:
            hold(False, f"2000 deadlines within {for_s} s")
        self.now = until
        self._watch.lap()

    def _carry_out(self, effects: list[Effect], sends_max: int) -> None:
        sent = 0
        for effect in effects:
            if isinstance(effect, Send):
                sent += 1
                check_sent(effect.data)
            elif isinstance(effect, Invited):
                self.legs.append(effect.leg)
        hold(sent <= sends_max, f"{sent} messages sent at once")

    # -- what must hold at the end, whatever came ---------------------------------------------------------------------

    def finish(self) -> None:
        self._still_works()
        for flow in (EDGE, STATION):
            self._carry_out(self.agent.flow_lost(flow, self.now), TICK_SENDS_MAX)
        self._pass(200.0)
        book = self.agent._book
        left = {
            name: len(getattr(book, name))
            for name in ("legs", "dialogs", "clients", "servers", "merged")
            if getattr(book, name)
        }
        hold(not left, f"left behind when every flow is lost and every timer has run: {left}")
        hold(self.agent.next_deadline() is None, "a timer is left behind")

    def _still_works(self) -> None:
        """A sound call on a connection of its own comes through."""
        flow = Flow("well", "tls", ("192.0.2.2", 5061), ("192.0.2.77", 5061))
        body = OFFER.encode()
        call = (
            b"Via: SIP/2.0/TLS 192.0.2.77:5061;branch=z9hG4bKwell%d\r\nMax-Forwards: 70\r\nFrom: <sip:well@antiphon.local>;tag=w1\r\n"
            b"To: <sip:main@antiphon.local>%s\r\nCall-ID: well\r\nCSeq: %d %s\r\nContact: <sip:well@192.0.2.77>\r\n%s\r\n"
        )
        offer = b"Content-Type: application/sdp\r\nContent-Length: %d\r\n" % len(body)
        invite = b"INVITE sip:main@antiphon.local SIP/2.0\r\n" + call % (1, b"", 1, b"INVITE", offer) + body
        invited = [each for each in self.agent.receive(flow, invite, self.now) if isinstance(each, Invited)]
        hold(len(invited) == 1, "a sound call does not ring")
        answered = self.agent.accept(invited[0].leg, OFFER, self.now)
        sent = [each.data for each in answered if isinstance(each, Send)]
        hold(len(sent) == 1 and sent[0].startswith(b"SIP/2.0 200 "), "a sound call cannot be answered")
        tag = (parse(sent[0]).header("to") or "").encode().partition(b">")[2]
        ack = b"ACK sip:main@antiphon.local SIP/2.0\r\n" + call % (2, tag, 1, b"ACK", b"Content-Length: 0\r\n")
        self.agent.receive(flow, ack, self.now)
        bye = b"BYE sip:main@antiphon.local SIP/2.0\r\n" + call % (3, tag, 2, b"BYE", b"Content-Length: 0\r\n")
        ended = [each.data for each in self.agent.receive(flow, bye, self.now) if isinstance(each, Send)]
        hold(ended and ended[0].startswith(b"SIP/2.0 200 "), "a sound call cannot be hung up")
        hold(
            not any(isinstance(each, Answered) for each in answered),
            "a call that came in was told as one that went out",
        )
        self.agent.flow_lost(flow, self.now)


def check_sent(data: bytes) -> None:
    """What we write stands before a strict reader: one line a header, ours alone, nothing slipped in."""
    head, end, body = data.partition(b"\r\n\r\n")
    hold(end, "a message without end of its head")
    start, *lines = head.split(b"\r\n")
    hold(_START.match(start), f"start line {start!r}")
    seen: dict[bytes, int] = {}
    for line in lines:
        found = _LINE.match(line)
        hold(found, f"header line {line!r}")
        assert found is not None
        seen[found[1]] = seen.get(found[1], 0) + 1
    strange = set(seen) - _WRITTEN
    hold(not strange, f"headers that we never write: {strange!r}")
    hold(all(seen.get(name) == 1 for name in _ONCE), f"headers that stand once: {seen!r}")
    hold(seen.get(b"Via", 0) >= 1, "no Via")
    message = parse(data)
    hold(message.fault is None or start.startswith(b"SIP/2.0 4"), f"our own message has a fault: {message.fault}")
    hold(message.header("content-length") == str(len(body)), "Content-Length is wrong")


def _reads_back(data: bytes) -> None:
    """A message that can be read is the same after it was written and read again."""
    try:
        first = parse(data)
    except SipSyntaxError:
        return
    if first.fault is not None:
        return
    second = parse(_written(first))
    hold(second.fault is None, f"read back with a fault: {second.fault}")
    same = (first.method, first.uri, first.status, first.body, first._fields) == (
        second.method,
        second.uri,
        second.status,
        second.body,
        second._fields,
    )
    hold(same, "it reads differently the second time")


def _written(message: SipMessage) -> bytes:
    start = (
        f"SIP/2.0 {message.status} {message.phrase}" if message.status else f"{message.method} {message.uri} SIP/2.0"
    )
    lines = [start, *(f"{name}: {value}" for name, values in message._fields.items() for value in values)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape") + message.body


TARGET = Sip
