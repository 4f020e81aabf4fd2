"""Offer and answer inside a dialog: UPDATE, re-INVITE, waiting turns, glare. Both directions of a leg build on it."""

from __future__ import annotations

from abc import abstractmethod
from zlib import crc32

from antiphon.limits import SIP_OFFER_TRIES_MAX, SIP_RETRY_AFTER_MAX_S
from antiphon.wire.sip.dialog import Dialog
from antiphon.wire.sip.effects import Flow, LegId, OfferAnswered, Offered, OfferRefused, Send
from antiphon.wire.sip.headers import ALLOW_LINE, SDP, SUPPORTED_LINE, number_of
from antiphon.wire.sip.leg import LOST, Book, Leg, sdp_of
from antiphon.wire.sip.message import SipMessage
from antiphon.wire.sip.timers import Timer
from antiphon.wire.sip.transactions import ClientTransaction, ServerTransaction


class NegotiatingLeg(Leg):
    """A leg that can change its session."""

    __slots__ = (
        "_asked",
        "_offer_sdp",
        "_offer_tries",
        "_offering",
        "_reinvite_ack",
        "_retry",
        "_waiting_offer",
    )

    def __init__(self, book: Book, leg: LegId, flow: Flow) -> None:
        super().__init__(book, leg, flow)
        self._offering: ClientTransaction | None = None
        self._offer_sdp = ""
        self._offer_tries = 0
        self._waiting_offer: str | None = None
        self._retry: Timer | None = None
        self._asked: ServerTransaction | None = None
        self._reinvite_ack: tuple[str, bytes] | None = None

    def gone(self, now: float) -> None:
        self.book.timers.cancel(self._retry)
        self._retry = self._waiting_offer = None
        asked, self._asked = self._asked, None
        if asked is not None:
            asked.respond(487, now)
        super().gone(now)

    def wait_for_flow(self, now: float) -> None:
        super().wait_for_flow(now)
        self._asked = None  # the peer repeats what it asked, over the new connection
        if self._offering is not None:
            self._offering = None
            self._offer_again()

    def go_on(self, flow: Flow, now: float) -> None:
        super().go_on(flow, now)
        self.try_offer(now)

    # -- offers of ours ----------------------------------------------------------------------------------------------

    def offer(self, sdp: str, now: float) -> None:
        """Offer as soon as the state allows."""
        self._waiting_offer = sdp
        self._offer_tries = 0
        self.try_offer(now)

    def try_offer(self, now: float) -> None:
        """Send the waiting offer if nothing stands in its way."""
        dialog, sdp = self.dialog, self._waiting_offer
        if sdp is None or dialog is None or self.ended or not dialog.agreed:
            return
        if self._offering or self._asked or self._retry or self._unacknowledged or self.waits_for_flow:
            return
        if not dialog.allows_update and not self.confirmed:
            return
        self._waiting_offer = None
        self._offer_sdp = sdp
        method = "UPDATE" if dialog.allows_update else "INVITE"
        extra = (self.book.rim(self.flow).contact, ALLOW_LINE, SUPPORTED_LINE)
        request = dialog.request(method, extra=extra, content_type=SDP, body=sdp.encode())
        self._offering = self.ask(request, self._offer_responded, self._offer_timed_out, now)

    def _offer_responded(self, transaction: ClientTransaction, answer: SipMessage, now: float) -> None:
        status = answer.status
        if status < 200 or self.dialog is None:
            return
        invite = transaction.request.method == "INVITE"
        if invite and status < 300:
            if self._reinvite_ack is None or self._reinvite_ack[0] != transaction.request.branch:
                ack = self.dialog.request("ACK", cseq=transaction.request.cseq).data
                self._reinvite_ack = transaction.request.branch, ack
            self.book.out.append(Send(self.flow, self._reinvite_ack[1]))
        if transaction is not self._offering:
            return
        self._offering = None
        if self.ended:
            return
        retry_after = number_of(answer, "retry-after")
        if status < 300:
            self.dialog.refresh_target(answer)
            sdp = sdp_of(answer)
            if sdp:
                self.dialog.remote_sdp = sdp
                self.book.out.append(OfferAnswered(self.id, sdp))
            else:
                self.book.out.append(OfferRefused(self.id, 488))
        elif not invite and status in (405, 501):
            self.dialog.allows_update = False
            self._offer_again()
        elif status == 491 and self._offer_tries < SIP_OFFER_TRIES_MAX:
            self._offer_later(self._glare_wait_s(), now)
        elif status == 500 and retry_after is not None and self._offer_tries < SIP_OFFER_TRIES_MAX:
            self._offer_later(min(max(retry_after, 1), SIP_RETRY_AFTER_MAX_S), now)
        elif status in LOST:
            self.lost("the dialog is unknown to the peer", now)
        else:
            self.book.out.append(OfferRefused(self.id, status))
        self.try_offer(now)

    def _offer_timed_out(self, transaction: ClientTransaction, now: float) -> None:
        if transaction is self._offering:
            self._offering = None
            self.lost("no answer to an offer", now)

    def _offer_again(self) -> None:
        if self._waiting_offer is None:
            self._waiting_offer = self._offer_sdp

    def _offer_later(self, after_s: float, now: float) -> None:
        self._offer_again()
        self._offer_tries += 1
        self._retry = self.book.timers.arm(now + after_s, self._retry_offer)

    def _retry_offer(self, now: float) -> None:
        self._retry = None
        self.try_offer(now)

    def _glare_wait_s(self) -> float:
        """RFC 3261 14.1: the owner of the Call-ID waits 2.1 to 4 s, the other side 0 to 2 s."""
        share = crc32(self.book.token().encode()) / 2**32
        return 2.1 + 1.9 * share if self.owns_call_id else 2.0 * share

    @property
    @abstractmethod
    def owns_call_id(self) -> bool:
        """True at the caller."""

    # -- offers of the peer ------------------------------------------------------------------------------------------

    @property
    def answer_under_way(self) -> bool:
        """Our 200 carried the answer to the first offer; whoever offers anew has it, though the ACK was overtaken."""
        return False

    def answer_offer(self, sdp: str, now: float) -> None:
        """200 to the peer's UPDATE, re-INVITE or PRACK."""
        transaction, self._asked = self._asked, None
        if transaction is None or not transaction.pending:
            return
        extra = [self.book.rim(self.flow).contact, ALLOW_LINE, SUPPORTED_LINE]
        data = transaction.respond(200, now, extra=extra, content_type=SDP, body=sdp.encode())
        if transaction.request.method == "INVITE":
            self.await_ack(transaction, data, now)
        self.try_offer(now)

    def refuse_offer(self, status: int, now: float) -> None:
        """Keep the session as it was."""
        transaction, self._asked = self._asked, None
        if transaction is not None and transaction.pending:
            transaction.respond(status, now)
        self.try_offer(now)

    def asked(self, transaction: ServerTransaction, request: SipMessage, dialog: Dialog, now: float) -> None:
        """The peer offers: pass it on, unless an exchange is under way."""
        sdp = sdp_of(request)
        if request.method == "INVITE" and not self.confirmed and not self._unacknowledged:
            transaction.respond(491, now)
        elif not sdp:
            # An empty UPDATE only refreshes the target; a re-INVITE without an offer we do not take.
            refresh = request.method != "INVITE" and not request.body
            transaction.respond(200 if refresh else 488, now, extra=[self.book.rim(self.flow).contact])
        elif self._asked is not None or not (dialog.agreed or self.answer_under_way):
            wait_s = 1 + crc32(self.book.token().encode()) % SIP_RETRY_AFTER_MAX_S
            transaction.respond(500, now, extra=[f"Retry-After: {wait_s}"])
        elif self._offering is not None:
            transaction.respond(491, now)
        else:
            self._asked = transaction
            dialog.remote_sdp = sdp
            if request.method == "INVITE":
                transaction.on_cancel = self._reinvite_cancelled
                transaction.respond(100, now)
            self.book.out.append(Offered(self.id, sdp))

    def _reinvite_cancelled(self, request: SipMessage, now: float) -> None:
        transaction, self._asked = self._asked, None
        if transaction is not None:
            transaction.respond(487, now)
        self.try_offer(now)
