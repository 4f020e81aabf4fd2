"""A leg that a peer started: provisional answers with 100rel, the final answer, CANCEL, the first ACK."""

from __future__ import annotations

from antiphon.wire.sip.address import tag_of
from antiphon.wire.sip.dialog import Dialog
from antiphon.wire.sip.effects import Effect, Ended, LegId, OfferAnswered, Send
from antiphon.wire.sip.headers import ALLOW_LINE, SDP, SUPPORTED_LINE, rack_of, reason_line, reason_of
from antiphon.wire.sip.leg import Book, sdp_of
from antiphon.wire.sip.message import SipMessage
from antiphon.wire.sip.negotiation import NegotiatingLeg
from antiphon.wire.sip.timers import Timer
from antiphon.wire.sip.transactions import ServerTransaction


class _Reliable:
    """A provisional answer that waits for its PRACK (RFC 3262 3)."""

    __slots__ = ("answers", "data", "give_up", "interval", "resend", "rseq")

    def __init__(self, rseq: int, data: bytes, *, answers: bool, interval: float, resend: Timer, give_up: Timer):
        self.rseq = rseq
        self.data = data
        self.answers = answers  # carries the answer to the INVITE's offer
        self.interval = interval
        self.resend = resend
        self.give_up = give_up


class IncomingLeg(NegotiatingLeg):
    """Be called. Orders that must wait for a PRACK are kept in order."""

    __slots__ = (
        "_accept",
        "_bye_reason",
        "_cseq",
        "_lines",
        "_mark",
        "_offerless",
        "_queue",
        "_reliable",
        "_reliable_answer",
        "_rseq",
        "_supports_reliable",
        "_transaction",
        "_wants_reliable",
    )

    def __init__(self, book: Book, leg: LegId, transaction: ServerTransaction, cseq: int, now: float) -> None:
        super().__init__(book, leg, transaction.flow)
        request = transaction.request
        local_tag = book.token()
        transaction.to = f"{transaction.to};tag={local_tag}"
        transaction.on_cancel = self._cancelled
        self._transaction = transaction
        self._cseq = cseq
        self.dialog = dialog = Dialog(
            book,
            self.flow,
            call_id=request.header("call-id") or "",
            local=transaction.to,
            local_tag=local_tag,
            remote=request.header("from") or "",
            remote_tag=tag_of(request.header("from") or ""),
            local_cseq=0,
            remote_cseq=cseq,
            peer=request,
            caller=False,
        )
        book.dialogs[dialog.key] = self, dialog
        dialog.remote_sdp = sdp_of(request)
        self._offerless = not dialog.remote_sdp
        self._wants_reliable = "100rel" in request.options("require")
        self._supports_reliable = self._wants_reliable or "100rel" in request.options("supported")
        routes = [f"Record-Route: {value}" for value in request.headers("record-route")]
        self._lines = (*routes, book.rim(self.flow).contact, ALLOW_LINE, SUPPORTED_LINE)
        self._mark: tuple[str, ...] = ()
        self._rseq = 0
        self._reliable: _Reliable | None = None
        self._reliable_answer = False
        self._queue: list[tuple[int, str | None]] = []
        self._accept: str | None = None
        self._bye_reason: str | None = None
        transaction.respond(100, now)

    @property
    def owns_call_id(self) -> bool:
        return False

    @property
    def answer_under_way(self) -> bool:
        return bool(self._unacknowledged) and not self._offerless

    def mark(self, line: str) -> None:
        """Add a header line to every answer from now on."""
        self._mark = (line,)
        self._lines = (*self._lines, line)

    # -- answering ---------------------------------------------------------------------------------------------------

    def progress(self, status: int, sdp: str | None, now: float) -> None:
        """A provisional answer, reliable when it carries SDP and the peer can."""
        if not self._transaction.pending or self.ended or self._accept is not None:
            return
        if self._reliable is not None:
            self._queue.append((status, sdp))
            return
        if self._offerless or self._reliable_answer:
            sdp = None
        body = sdp.encode() if sdp else b""
        if not (self._wants_reliable or (sdp and self._supports_reliable)):
            self._transaction.respond(status, now, extra=self._lines, content_type=SDP, body=body)
            return
        self._rseq += 1
        extra = (*self._lines, "Require: 100rel", f"RSeq: {self._rseq}")
        data = self._transaction.respond(status, now, extra=extra, content_type=SDP, body=body)
        t1_s = self.book.config.t1_s
        self._reliable = _Reliable(
            self._rseq,
            data,
            answers=bool(sdp),
            interval=t1_s,
            resend=self.book.timers.arm(now + t1_s, self._repeat_reliable),
            give_up=self.book.timers.arm(now + 64 * t1_s, self._no_prack),
        )

    def accept(self, sdp: str, now: float) -> None:
        """200, as soon as no PRACK is outstanding (RFC 3262 3)."""
        if not self._transaction.pending or self.ended:
            return
        if self._reliable is not None:
            self._accept = sdp
            return
        body = b"" if self._reliable_answer else sdp.encode()
        data = self._transaction.respond(200, now, extra=self._lines, content_type=SDP, body=body)
        self.await_ack(self._transaction, data, now)

    def refuse(self, status: int, reason: str, now: float) -> None:
        """A final refusal."""
        if self._transaction.pending:
            self._forget_reliable()
            extra = (reason_line(self.book.config.reason_protocol, reason),) if reason else ()
            self._transaction.respond(status, now, extra=(*self._mark, *extra))
        self.gone(now)

    # -- reliable provisional answers --------------------------------------------------------------------------------

    def pracked(self, transaction: ServerTransaction, request: SipMessage, now: float) -> bool:
        rack, waiting, dialog = rack_of(request), self._reliable, self.dialog
        if rack is None or waiting is None or dialog is None or rack != (waiting.rseq, self._cseq, "INVITE"):
            return False
        self._forget_reliable()
        if waiting.answers:
            self._reliable_answer = dialog.agreed = True
            self.begin_probing(now)
        if sdp_of(request):
            self.asked(transaction, request, dialog, now)
        else:
            transaction.respond(200, now)
        self.try_offer(now)
        while self._queue and self._reliable is None:
            status, sdp = self._queue.pop(0)
            self._progress_queued(status, sdp, now)
        if self._accept is not None and self._reliable is None:
            sdp, self._accept = self._accept, None
            self.accept(sdp, now)
        return True

    def _progress_queued(self, status: int, sdp: str | None, now: float) -> None:
        accept, self._accept = self._accept, None
        self.progress(status, sdp, now)
        self._accept = accept

    def _repeat_reliable(self, now: float) -> None:
        waiting = self._reliable
        if waiting is not None:
            self.book.counts.retransmissions += 1
            self.book.out.append(Send(self.flow, waiting.data))
            waiting.interval *= 2
            waiting.resend = self.book.timers.arm(now + waiting.interval, self._repeat_reliable)

    def _no_prack(self, now: float) -> None:
        self._forget_reliable()
        self._transaction.respond(504, now)
        self.report_end("lost", "no PRACK", now)
        self.gone(now)

    def _forget_reliable(self) -> None:
        waiting, self._reliable = self._reliable, None
        if waiting is not None:
            self.book.timers.cancel(waiting.resend)
            self.book.timers.cancel(waiting.give_up)

    # -- what the caller does ----------------------------------------------------------------------------------------

    def _cancelled(self, request: SipMessage, now: float) -> None:
        self._forget_reliable()
        self._transaction.respond(487, now)
        self.report_end("cancelled", reason_of(request, self.book.config.reason_protocol), now)
        self.gone(now)

    def hung_up_early(self, now: float) -> None:
        if self._transaction.pending:
            self._forget_reliable()
            self._transaction.respond(487, now)

    def acknowledged(self, request: SipMessage, now: float) -> None:
        if self.confirmed or self.dialog is None:
            return
        self.confirmed = self.dialog.agreed = True
        if self._bye_reason is not None:
            self.bye(self._bye_reason, now)
            return
        if self._offerless and (sdp := sdp_of(request)):
            self.dialog.remote_sdp = sdp
            self.book.out.append(OfferAnswered(self.id, sdp))
        self.begin_probing(now)

    # -- the end -----------------------------------------------------------------------------------------------------

    def lost(self, why: str, now: float) -> None:
        """Before the answer there is nothing to hang up: the ring is refused, whoever still hears it."""
        if not self._transaction.pending:
            super().lost(why, now)
            return
        self._forget_reliable()
        self._transaction.respond(408, now)
        self.report_end("lost", why, now)
        self.gone(now)

    def end(self, reason: str, status: int, now: float) -> None:
        if self._transaction.pending:
            self.refuse(status, reason, now)
        elif self.confirmed:
            self.bye(reason, now)
        else:
            # RFC 3261 15: no BYE before the ACK of the 200, or before that is given up.
            self._bye_reason = reason
            self.ended = True
            self.book.legs.pop(self.id, None)

    def abandoned(self, now: float) -> Effect:
        self._forget_reliable()
        return Ended(self.id, "lost", "flow lost")
