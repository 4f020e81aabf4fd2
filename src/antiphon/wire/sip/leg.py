"""One leg inside its dialog: requests of the peer, INFO, BYE, probes, lost ACKs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from antiphon.limits import SIP_INFO_WAITING_MAX
from antiphon.wire.sip.build import Request
from antiphon.wire.sip.dialog import Dialog
from antiphon.wire.sip.effects import (
    Effect,
    Ended,
    Flow,
    InfoReceived,
    LegId,
    Replied,
    Send,
    Token,
    UserAgentConfig,
)
from antiphon.wire.sip.headers import ALLOW_LINE, SDP, SUPPORTED_LINE, reason_line, reason_of
from antiphon.wire.sip.info import is_understood
from antiphon.wire.sip.message import SipMessage
from antiphon.wire.sip.timers import Timer
from antiphon.wire.sip.transactions import ClientTransaction, Desk, OnResponse, OnTimeout, ServerTransaction

LOST = (408, 477, 481)  # 477: the edge could not reach the peer any more
UNREACHABLE = (408, 477, 480, 503)  # the edge's word for a peer that is not connected now, and may be again
_ASK_AGAIN_S = 1.0  # whether a peer that could not be reached is back


class Book(Desk):
    """The desk with the legs by name and by dialog."""

    __slots__ = ("dialogs", "legs")

    def __init__(self, config: UserAgentConfig, token: Token) -> None:
        super().__init__(config, token)
        self.legs: dict[LegId, Leg] = {}
        self.dialogs: dict[tuple[str, str, str], tuple[Leg, Dialog]] = {}


class _Unacknowledged:
    """A 200 to an INVITE that is repeated until its ACK comes (RFC 3261 13.3.1.4)."""

    __slots__ = ("data", "give_up", "interval", "resend")

    def __init__(self, data: bytes, interval: float, resend: Timer, give_up: Timer) -> None:
        self.data = data
        self.interval = interval
        self.resend = resend
        self.give_up = give_up


class Leg(ABC):
    """State and behaviour that do not depend on who called."""

    __slots__ = (
        "_doubt",
        "_flow_wait",
        "_probe",
        "_unacknowledged",
        "_unreachable_since",
        "_unsent",
        "book",
        "confirmed",
        "dialog",
        "ended",
        "flow",
        "id",
    )

    def __init__(self, book: Book, leg: LegId, flow: Flow) -> None:
        self.book = book
        self.id = leg
        self.flow = flow
        self.dialog: Dialog | None = None
        self.confirmed = False
        self.ended = False  # our caller hears nothing more; late answers are still tidied up
        self._unacknowledged: dict[int, _Unacknowledged] = {}
        self._probe: Timer | None = None
        self._doubt: Timer | None = None
        self._flow_wait: Timer | None = None
        self._unreachable_since: float | None = None
        self._unsent: list[tuple[str, bytes, str]] = []  # INFO for a dialog that the peer may not know yet
        book.legs[leg] = self

    # -- the two directions fill these in ----------------------------------------------------------------------------

    @abstractmethod
    def end(self, reason: str, status: int, now: float) -> None:
        """Our side ends the leg."""

    @abstractmethod
    def asked(self, transaction: ServerTransaction, request: SipMessage, dialog: Dialog, now: float) -> None:
        """The peer sent UPDATE or re-INVITE in `dialog`."""

    @abstractmethod
    def try_offer(self, now: float) -> None:
        """Something changed: an offer that waits may go out now."""

    @abstractmethod
    def abandoned(self, now: float) -> Effect:
        """Drop the leg without a word on the wire (its flow is lost); what to tell the owner."""

    @abstractmethod
    def pracked(self, transaction: ServerTransaction, request: SipMessage, now: float) -> bool:
        """A PRACK; False when it matches nothing."""

    @abstractmethod
    def acknowledged(self, request: SipMessage, now: float) -> None:
        """The ACK of the first 200."""

    @abstractmethod
    def hung_up_early(self, now: float) -> None:
        """The caller sent BYE before the answer."""

    # -- requests inside the dialog ----------------------------------------------------------------------------------

    def handle(self, transaction: ServerTransaction, request: SipMessage, dialog: Dialog, now: float) -> None:
        """A request of the peer in `dialog`, newer than those before. ACK and CANCEL come other ways."""
        method = request.method
        if method == "BYE":
            transaction.respond(200, now)
            if not self.ended:
                self.hung_up_early(now)
                self.report_end("hung_up", reason_of(request, self.book.config.reason_protocol), now)
            self.gone(now)
        elif self.ended:
            transaction.respond(481, now)
        elif method == "PRACK":
            if not self.pracked(transaction, request, now):
                transaction.respond(481, now)
        elif method in ("UPDATE", "INVITE"):
            dialog.refresh_target(request)
            if "allow" in request:
                dialog.allows_update = "update" in request.options("allow")
            self.dialog = dialog
            self.asked(transaction, request, dialog, now)
        elif method == "INFO":
            if request.body and not is_understood(request.content_type):
                transaction.respond(415, now)
                return
            transaction.respond(200, now)
            if request.body:
                self.book.out.append(InfoReceived(self.id, request.content_type, request.body))
        else:
            transaction.respond(200, now, extra=[ALLOW_LINE, SUPPORTED_LINE, f"Accept: {SDP}"])

    def info(self, content_type: str, body: bytes, now: float, ask: str = "") -> None:
        """Send INFO; without `ask` only a lost dialog matters in its answer."""
        if self.dialog is None or self.ended:
            return
        if not (self.confirmed or self.dialog.agreed):
            # Before the peer has shown that it knows the dialog (its ACK may be overtaken), a 481 would say nothing about
            # the call: a digit waits.
            if len(self._unsent) < SIP_INFO_WAITING_MAX:
                self._unsent.append((content_type, body, ask))
        else:
            request = self.dialog.request("INFO", content_type=content_type, body=body)
            self.ask(request, self._telling(ask) if ask else self._small_responded, self._small_timed_out, now)

    def reach(self, ask: str, now: float) -> None:
        """Ask whether the peer of a confirmed dialog is there."""
        if self.dialog is not None and self.confirmed and not self.ended:
            self.ask(self.dialog.request("OPTIONS"), self._telling(ask), self._small_timed_out, now)

    def _telling(self, ask: str) -> OnResponse:
        def responded(transaction: ClientTransaction, answer: SipMessage, now: float) -> None:
            if answer.status >= 200:
                self.book.out.append(Replied(self.id, ask, answer.status))
            self._small_responded(transaction, answer, now)

        return responded

    def begin_probing(self, now: float) -> None:
        """The peer knows the dialog: what waited for that goes out. From now on a peer that vanishes is noticed."""
        unsent, self._unsent = self._unsent, []
        for content_type, body, ask in unsent:
            self.info(content_type, body, now, ask)
        every_s = self.book.config.probe_s if self.confirmed else self.book.config.ringing_probe_s
        if every_s is not None and self._probe is None and not self.ended:
            if self._unreachable_since is not None:
                every_s = min(every_s, _ASK_AGAIN_S)
            self._probe = self.book.timers.arm(now + every_s, self._send_probe)

    def _send_probe(self, now: float) -> None:
        self._probe = None
        if self.dialog is not None and not self.ended and not self.waits_for_flow:
            self.ask(self.dialog.request("OPTIONS"), self._probe_responded, self._small_timed_out, now)

    def _probe_responded(self, transaction: ClientTransaction, answer: SipMessage, now: float) -> None:
        if answer.status < 300:
            self._unreachable_since = self._unreachable_since if answer.status < 200 else None
        elif answer.status == 480 and not self._may_return(answer, now) and not self.ended:
            self._doubted("the peer is not connected any more", now)  # the edge says so for a connection that is gone
        self._small_responded(transaction, answer, now)
        if answer.status >= 200:
            self.begin_probing(now)

    def _small_responded(self, transaction: ClientTransaction, answer: SipMessage, now: float) -> None:
        if answer.status in LOST and not self._may_return(answer, now) and not self.ended:
            self._doubted("the dialog is unknown to the peer", now)

    def _may_return(self, answer: SipMessage, now: float) -> bool:
        """A peer in a talk that cannot be reached now: its network, or the edge itself, may be back in a moment."""
        grace_s = self.book.config.unreachable_grace_s
        if not self.confirmed or answer.status not in UNREACHABLE or not grace_s:
            return False
        if self._unreachable_since is None:
            self._unreachable_since = now
        return now - self._unreachable_since < grace_s

    # -- the connection under an answered leg ------------------------------------------------------------------------

    @property
    def waits_for_flow(self) -> bool:
        """Its connection is lost, and it waits for another one."""
        return self._flow_wait is not None

    def wait_for_flow(self, now: float) -> None:
        """The connection is lost; sound and picture may well go on."""
        timers = self.book.timers
        timers.cancel(self._probe)
        self._probe = None
        if self._flow_wait is None:
            self._flow_wait = timers.arm(now + self.book.config.flow_grace_s, self._no_flow)

    def _no_flow(self, now: float) -> None:
        self._flow_wait = None
        if not self.ended:
            self.report_end("lost", "flow lost", now)
        self.gone(now)

    def go_on(self, flow: Flow, now: float) -> None:
        """Everything of this leg goes over `flow` from now on; whether the peer still knows the call is asked soon."""
        self.book.timers.cancel(self._flow_wait)
        self._flow_wait = None
        self.flow = flow
        for dialog in self.dialogs():
            dialog.flow = flow
        self._unreachable_since = now  # asks soon, and is patient while the registration is on its way
        self.begin_probing(now)

    def _doubted(self, why: str, now: float) -> None:
        """Lost, unless the peer's own end of the call arrives first: it may have crossed with our question."""
        if self._doubt is None:
            self._doubt = self.book.timers.arm(now + 2 * self.book.config.t1_s, lambda at: self._not_told(why, at))

    def _not_told(self, why: str, now: float) -> None:
        self._doubt = None
        if not self.ended:
            self.lost(why, now)

    def _small_timed_out(self, transaction: ClientTransaction, now: float) -> None:
        if not self.ended:
            self.lost("no answer inside the dialog", now)

    # -- the ACK of our 200 ------------------------------------------------------------------------------------------

    def await_ack(self, transaction: ServerTransaction, data: bytes, now: float) -> None:
        """Repeat a 200 until its ACK."""
        if not data or self.dialog is None or self.dialog.remote_cseq is None:
            return
        number, _, _ = (transaction.request.header("cseq") or "0").partition(" ")
        cseq, t1_s = int(number), self.book.config.t1_s
        self._unacknowledged[cseq] = _Unacknowledged(
            data,
            t1_s,
            self.book.timers.arm(now + t1_s, lambda at: self._repeat_200(cseq, at)),
            self.book.timers.arm(now + 64 * t1_s, lambda at: self._no_ack(cseq, at)),
        )

    def _repeat_200(self, cseq: int, now: float) -> None:
        waiting = self._unacknowledged[cseq]
        self.book.out.append(Send(self.flow, waiting.data))
        waiting.interval = min(waiting.interval * 2, self.book.config.t2_s)
        self.book.counts.retransmissions += 1
        waiting.resend = self.book.timers.arm(now + waiting.interval, lambda at: self._repeat_200(cseq, at))

    def _no_ack(self, cseq: int, now: float) -> None:
        self._forget_ack(cseq)
        if self.ended:
            self.bye("", now)
        else:
            self.lost("no ACK", now)

    def _forget_ack(self, cseq: int) -> bool:
        waiting = self._unacknowledged.pop(cseq, None)
        if waiting is None:
            return False
        self.book.timers.cancel(waiting.resend)
        self.book.timers.cancel(waiting.give_up)
        return True

    def ack(self, request: SipMessage, cseq: int, now: float) -> None:
        """An ACK in the dialog."""
        if self._forget_ack(cseq):
            self.acknowledged(request, now)
            self.try_offer(now)

    # -- the end -----------------------------------------------------------------------------------------------------

    def bye(self, reason: str, now: float) -> None:
        """Send BYE and forget the dialog."""
        if self.dialog is not None:
            extra = [reason_line(self.book.config.reason_protocol, reason)] if reason else ()
            self.ask(self.dialog.request("BYE", extra=extra), ignore_response, ignore_timeout, now)
        self.gone(now)

    def lost(self, why: str, now: float) -> None:
        """The dialog cannot be kept: hang up and tell."""
        self.report_end("lost", why, now)
        self.bye("", now)

    def report_end(self, cause: Literal["cancelled", "hung_up", "lost"], reason: str, now: float) -> None:
        """Tell the owner once."""
        if not self.ended:
            self.ended = True
            self.book.out.append(Ended(self.id, cause, reason))

    def gone(self, now: float) -> None:
        """Take the leg out of the book; late answers to its requests are still tidied up by its transactions."""
        self.ended = True
        book = self.book
        book.legs.pop(self.id, None)
        book.timers.cancel(self._probe)
        book.timers.cancel(self._doubt)
        book.timers.cancel(self._flow_wait)
        self._probe = self._doubt = self._flow_wait = None
        for cseq in list(self._unacknowledged):
            self._forget_ack(cseq)
        for dialog in self.dialogs():
            book.dialogs.pop(dialog.key, None)

    def dialogs(self) -> list[Dialog]:
        """Every dialog of this leg."""
        return [self.dialog] if self.dialog is not None else []

    def ask(self, request: Request, on_response: OnResponse, on_timeout: OnTimeout, now: float) -> ClientTransaction:
        return ClientTransaction(self.book, request, self.flow, on_response, on_timeout, now)


def sdp_of(message: SipMessage) -> str:
    """The session description of a message, "" without one."""
    if not message.body or message.content_type != SDP:
        return ""
    return message.body.decode("utf-8", "replace")


def ignore_response(transaction: ClientTransaction, answer: SipMessage, now: float) -> None:
    """Whatever the peer says to a BYE or CANCEL, the leg is over."""


def ignore_timeout(transaction: ClientTransaction, now: float) -> None:
    """As above."""
