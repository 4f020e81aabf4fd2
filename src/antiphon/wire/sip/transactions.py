"""Transactions (RFC 3261 17, RFC 6026): retransmission, absorption, time-outs; and the desk all of an agent's share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from antiphon.wire.sip.build import Request, Rim, echo_via, response
from antiphon.wire.sip.effects import Effect, Flow, Send, Token, UserAgentConfig
from antiphon.wire.sip.message import SipMessage
from antiphon.wire.sip.timers import Timer, Timers

OnResponse = Callable[["ClientTransaction", SipMessage, float], None]
OnTimeout = Callable[["ClientTransaction", float], None]


@dataclass(slots=True)
class Counts:
    """What happened since the start, for whoever watches."""

    clients: int = 0  # requests of ours
    servers: int = 0  # requests of peers
    retransmissions: int = 0
    timeouts: int = 0


class Desk:
    """What every part of one agent shares: configuration, tokens, timers, effects, transactions."""

    __slots__ = ("_rims", "clients", "config", "counts", "merged", "out", "servers", "timers", "token")

    def __init__(self, config: UserAgentConfig, token: Token) -> None:
        self.config = config
        self.token = token
        self.timers = Timers()
        self.counts = Counts()
        self.out: list[Effect] = []
        self.clients: dict[str, ClientTransaction] = {}
        self.servers: dict[str, ServerTransaction] = {}
        self.merged: dict[tuple[str, str, str], ServerTransaction] = {}
        self._rims: dict[Flow, Rim] = {}

    def rim(self, flow: Flow) -> Rim:
        """How we name ourselves on a flow."""
        rim = self._rims.get(flow)
        if rim is None:
            rim = self._rims[flow] = Rim(flow, self.config)
        return rim

    def forget_flow(self, flow: Flow) -> None:
        """Drop everything that ran over a lost flow, without a word to its owners."""
        for client in [each for each in self.clients.values() if each.flow == flow]:
            client.stop()
        for server in [each for each in self.servers.values() if each.flow == flow]:
            server.stop()
        self._rims.pop(flow, None)


class ClientTransaction:
    """A request of ours until its final answer and the time in which late copies of that may arrive.

    INVITE: timers A, B, D and M; anything else: E, F and K. 2xx of an INVITE are handed on every time, so that the
    leg can repeat its ACK; other copies are absorbed.
    """

    __slots__ = ("_desk", "_interval", "_on_response", "_on_timeout", "_retry", "_state", "_timer", "flow", "request")

    def __init__(
        self, desk: Desk, request: Request, flow: Flow, on_response: OnResponse, on_timeout: OnTimeout, now: float
    ) -> None:
        self._desk = desk
        self.request = request
        self.flow = flow
        self._on_response = on_response
        self._on_timeout = on_timeout
        self._state = "trying"
        self._interval = desk.config.t1_s
        self._retry: Timer | None = None
        desk.clients[request.key] = self
        desk.counts.clients += 1
        desk.out.append(Send(flow, request.data))
        if flow.transport == "udp":
            self._retry = desk.timers.arm(now + self._interval, self._resend)
        self._timer: Timer | None = desk.timers.arm(now + 64 * desk.config.t1_s, self._timed_out)

    @property
    def pending(self) -> bool:
        """No final answer yet."""
        return self._state in ("trying", "proceeding")

    @property
    def proceeding(self) -> bool:
        """A provisional answer came and no final one: a CANCEL may go out."""
        return self._state == "proceeding"

    def receive(self, answer: SipMessage, now: float) -> None:
        """A response whose branch and method are ours."""
        invite = self.request.method == "INVITE"
        if answer.status < 200:
            if not self.pending:
                return
            if self._state == "trying":
                self._state = "proceeding"
                if invite:  # from now on the peer's answer may take any time
                    self._cancel_timers()
            self._on_response(self, answer, now)
            return
        if self._state == "accepted":
            if answer.status < 300:
                self._on_response(self, answer, now)
            return
        if not self.pending:
            if invite and answer.status >= 300:
                self._desk.out.append(Send(self.flow, self.request.ack(answer.header("to") or self.request.to)))
            return
        self._cancel_timers()
        self.request.data = b""  # nothing repeats it any more
        config = self._desk.config
        udp = self.flow.transport == "udp"
        if not invite:
            self._linger("completed", config.t4_s if udp else 0.0, now)
        elif answer.status < 300:
            self._linger("accepted", 64 * config.t1_s, now)
        else:
            self._desk.out.append(Send(self.flow, self.request.ack(answer.header("to") or self.request.to)))
            self._linger("completed", 64 * config.t1_s if udp else 0.0, now)
        self._on_response(self, answer, now)

    def give_up_at(self, at: float) -> None:
        """Time out at `at` unless a final answer comes first (after CANCEL, RFC 3261 9.1)."""
        if self.pending:
            self._desk.timers.cancel(self._timer)
            self._timer = self._desk.timers.arm(at, self._timed_out)

    def stop(self) -> None:
        """Gone, without a word to its owner."""
        self._cancel_timers()
        self._state = "terminated"
        if self._desk.clients.get(self.request.key) is self:
            del self._desk.clients[self.request.key]

    def _linger(self, state: str, for_s: float, now: float) -> None:
        self._state = state
        if for_s:
            self._timer = self._desk.timers.arm_loosely(now + for_s, self._expired)
        else:
            self.stop()

    def _expired(self, now: float) -> None:
        self.stop()

    def _resend(self, now: float) -> None:
        config = self._desk.config
        self._desk.counts.retransmissions += 1
        self._desk.out.append(Send(self.flow, self.request.data))
        self._interval *= 2
        if self.request.method != "INVITE":
            self._interval = config.t2_s if self._state == "proceeding" else min(self._interval, config.t2_s)
        self._retry = self._desk.timers.arm(now + self._interval, self._resend)

    def _timed_out(self, now: float) -> None:
        self._desk.counts.timeouts += 1
        self.stop()
        self._on_timeout(self, now)

    def _cancel_timers(self) -> None:
        self._desk.timers.cancel(self._timer)
        self._desk.timers.cancel(self._retry)
        self._timer = self._retry = None


class ServerTransaction:
    """A request of the peer: its copies get the last answer again.

    INVITE refusals are repeated until the ACK (timers G, H, I); after a 2xx the leg repeats it (RFC 6026, timer L).
    """

    __slots__ = (
        "_desk",
        "_interval",
        "_key",
        "_last",
        "_merge_key",
        "_retry",
        "_state",
        "_timer",
        "_via",
        "flow",
        "on_cancel",
        "request",
        "to",
    )

    def __init__(
        self, desk: Desk, key: str, merge_key: tuple[str, str, str], flow: Flow, request: SipMessage, to: str
    ) -> None:
        self._desk = desk
        self._key = key
        self._merge_key = merge_key
        self.flow = flow
        self.request = request
        self.to = to  # the To value of our answers
        self.on_cancel: Callable[[SipMessage, float], None] | None = None
        self._via = echo_via(request, flow)
        self._state = "proceeding"
        self._last = b""
        self._interval = desk.config.t1_s
        self._retry: Timer | None = None
        self._timer: Timer | None = None
        desk.servers[key] = self
        desk.counts.servers += 1
        desk.merged.setdefault(merge_key, self)

    @property
    def pending(self) -> bool:
        """Not finally answered yet."""
        return self._state == "proceeding"

    def respond(
        self,
        status: int,
        now: float,
        *,
        extra: Sequence[str] = (),
        content_type: str = "",
        body: bytes = b"",
    ) -> bytes:
        """Answer; returns the bytes sent. A final answer after a final answer is not sent."""
        if self._state != "proceeding":
            return b""
        rim = self._desk.rim(self.flow)
        data = response(
            self.request,
            status,
            rim,
            via=self._via,
            to=self.to,
            extra=extra,
            content_type=content_type,
            body=body,
        )
        self._last = data
        self._desk.out.append(Send(self.flow, data))
        if status >= 200:
            self._finish(status, now)
        return data

    def repeated(self) -> None:
        """A copy of the request came."""
        if self._last and self._state in ("proceeding", "completed"):
            self._desk.out.append(Send(self.flow, self._last))

    def acknowledged(self, now: float) -> None:
        """The ACK of a refusal came."""
        if self._state != "completed" or self.request.method != "INVITE":
            return
        self._desk.timers.cancel(self._retry)
        self._desk.timers.cancel(self._timer)
        self._state = "confirmed"
        self._linger(self._desk.config.t4_s if self.flow.transport == "udp" else 0.0, now)

    def stop(self) -> None:
        """Gone."""
        desk = self._desk
        desk.timers.cancel(self._retry)
        desk.timers.cancel(self._timer)
        self._state = "terminated"
        if desk.servers.get(self._key) is self:
            del desk.servers[self._key]
        if desk.merged.get(self._merge_key) is self:
            del desk.merged[self._merge_key]

    def _finish(self, status: int, now: float) -> None:
        config = self._desk.config
        udp = self.flow.transport == "udp"
        self.request = self.request.spent()
        if self.request.method != "INVITE":
            self._state = "completed"
            self._linger(64 * config.t1_s if udp else 0.0, now)
        elif status < 300:
            self._state = "accepted"
            self._last = b""  # the leg repeats it
            self._linger(64 * config.t1_s, now)
        else:
            self._state = "completed"
            if udp:
                self._retry = self._desk.timers.arm(now + self._interval, self._resend)
            self._linger(64 * config.t1_s, now)

    def _linger(self, for_s: float, now: float) -> None:
        if for_s:
            self._timer = self._desk.timers.arm_loosely(now + for_s, self._expired)
        else:
            self.stop()

    def _expired(self, now: float) -> None:
        self.stop()

    def _resend(self, now: float) -> None:
        self._desk.counts.retransmissions += 1
        self._desk.out.append(Send(self.flow, self._last))
        self._interval = min(self._interval * 2, self._desk.config.t2_s)
        self._retry = self._desk.timers.arm(now + self._interval, self._resend)
