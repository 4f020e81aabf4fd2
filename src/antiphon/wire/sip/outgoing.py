"""A leg that we started: INVITE, provisional answers with PRACK, forks, the winner, CANCEL."""

from __future__ import annotations

from collections.abc import Sequence

from antiphon.wire.sip.address import quoted, tag_of
from antiphon.wire.sip.build import MAGIC, Request
from antiphon.wire.sip.dialog import Dialog
from antiphon.wire.sip.effects import Answered, Effect, Ended, Flow, LegId, Progressed, Refused, Send
from antiphon.wire.sip.headers import ALLOW_LINE, SDP, SUPPORTED_LINE, number_of, reason_line, reason_of
from antiphon.wire.sip.leg import Book, ignore_response, ignore_timeout, sdp_of
from antiphon.wire.sip.message import SipMessage
from antiphon.wire.sip.negotiation import NegotiatingLeg
from antiphon.wire.sip.transactions import ClientTransaction, ServerTransaction


class OutgoingLeg(NegotiatingLeg):
    """Call a peer. Forked early dialogs live side by side until the first 2xx wins."""

    __slots__ = (
        "_acks",
        "_cancel_reason",
        "_cancelled",
        "_early",
        "_invite",
        "_last_progress",
        "_local",
        "_local_tag",
        "_transaction",
        "_winner",
    )

    def __init__(
        self,
        book: Book,
        leg: LegId,
        flow: Flow,
        *,
        target_uri: str,
        from_uri: str,
        to_uri: str,
        display_name: str,
        sdp: str,
        headers: Sequence[tuple[str, str]],
        now: float,
    ) -> None:
        super().__init__(book, leg, flow)
        self._local_tag = book.token()
        name = f"{quoted(display_name)} " if display_name else ""
        self._local = f"{name}<{from_uri}>;tag={self._local_tag}"
        self._early: dict[str, Dialog] = {}
        self._winner: Dialog | None = None
        self._acks: dict[str, bytes] = {}
        self._cancelled = False
        self._cancel_reason: str | None = None
        self._last_progress: tuple[str, int, str] | None = None
        rim = book.rim(flow)
        self._invite = Request(
            "INVITE",
            target_uri,
            rim=rim,
            branch=MAGIC + book.token(),
            routes=(),
            from_=self._local,
            to=f"<{to_uri}>",
            call_id=book.token(),
            cseq=1,
            extra=(rim.contact, ALLOW_LINE, SUPPORTED_LINE, *[f"{key}: {value}" for key, value in headers]),
            content_type=SDP,
            body=sdp.encode(),
        )
        self._transaction = self.ask(self._invite, self._responded, self._timed_out, now)

    @property
    def owns_call_id(self) -> bool:
        return True

    def dialogs(self) -> list[Dialog]:
        known = list(self._early.values())
        return [*known, self._winner] if self._winner is not None and self._winner not in known else known

    # -- answers to the INVITE ---------------------------------------------------------------------------------------

    def _responded(self, transaction: ClientTransaction, answer: SipMessage, now: float) -> None:
        if answer.status < 200:
            self._progressed(answer, now)
        elif answer.status < 300:
            self._accepted(answer, now)
        elif not self.ended:
            self.gone(now)
            reason = reason_of(answer, self.book.config.reason_protocol)
            self.book.out.append(Refused(self.id, answer.status, reason))

    def _progressed(self, answer: SipMessage, now: float) -> None:
        if self._cancel_reason is not None and not self._cancelled:
            self._cancel(now)
        if self.ended or answer.status == 100:
            return
        sdp = sdp_of(answer)
        tag = tag_of(answer.header("to") or "")
        if tag:
            dialog = self._dialog(tag, answer)
            reliable = "100rel" in answer.options("require")
            rseq = number_of(answer, "rseq") if reliable else None
            if reliable:
                if rseq is None or (dialog.rseq is not None and rseq != dialog.rseq + 1):
                    return  # a copy, or ahead of one that is still to come
                dialog.rseq = rseq
                rack = f"RAck: {rseq} {self._invite.cseq} INVITE"
                self.ask(dialog.request("PRACK", extra=(rack,)), self._prack_responded, self._prack_timed_out, now)
            self.dialog = dialog
            if sdp and not dialog.agreed:
                dialog.remote_sdp = sdp
                dialog.agreed = reliable
            if dialog.agreed:
                self.begin_probing(now)
        progress = tag, answer.status, sdp
        if progress != self._last_progress or "rseq" in answer:
            self._last_progress = progress
            self.book.out.append(Progressed(self.id, answer.status, sdp or None))
        self.try_offer(now)

    def _accepted(self, answer: SipMessage, now: float) -> None:
        tag = tag_of(answer.header("to") or "")
        known = self._acks.get(tag)
        if known is not None:
            self.book.out.append(Send(self.flow, known))
            return
        dialog = self._dialog(tag, answer)
        dialog.take_routes(answer, caller=True)
        wins = self._winner is None and not self.ended
        ack = dialog.request("ACK", cseq=self._invite.cseq).data
        self._acks[tag] = ack
        self.book.out.append(Send(self.flow, ack))
        if not wins:
            # A fork that lost, or an answer that crossed our CANCEL: nobody waits for it.
            self.ask(dialog.request("BYE"), ignore_response, ignore_timeout, now)
            self._early.pop(tag, None)
            self.book.dialogs.pop(dialog.key, None)
            return
        sdp = sdp_of(answer)
        if sdp and not dialog.agreed:
            dialog.remote_sdp = sdp
        self._winner = self.dialog = dialog
        self._forget_losers(dialog)
        if not dialog.remote_sdp:
            self.bye("no_codec", now)
            self.book.out.append(Refused(self.id, 488, ""))
            return
        dialog.agreed = self.confirmed = True
        self.book.out.append(Answered(self.id, dialog.remote_sdp))
        self.begin_probing(now)
        self.try_offer(now)

    def _timed_out(self, transaction: ClientTransaction, now: float) -> None:
        if not self.ended:
            self.gone(now)
            self.book.out.append(Refused(self.id, 408, ""))

    def _prack_responded(self, transaction: ClientTransaction, answer: SipMessage, now: float) -> None:
        if answer.status in (408, 477, 481):
            self._prack_timed_out(transaction, now)

    def _prack_timed_out(self, transaction: ClientTransaction, now: float) -> None:
        if self.ended:
            return
        self.lost("no answer to PRACK", now)

    def lost(self, why: str, now: float) -> None:
        """Before the answer a lost peer is a call refused by nobody: 408."""
        if self.confirmed:
            super().lost(why, now)
            return
        self.end("", 408, now)
        self.book.out.append(Refused(self.id, 408, ""))

    # -- what only happens to a leg that was called ------------------------------------------------------------------

    def pracked(self, transaction: ServerTransaction, request: SipMessage, now: float) -> bool:
        return False

    def acknowledged(self, request: SipMessage, now: float) -> None:
        """The ACK of a 200 to a re-INVITE: nothing more to do."""

    def hung_up_early(self, now: float) -> None:
        """The called side has no way to hang up early but to refuse; a BYE ends the leg all the same."""
        if not self.confirmed:
            self._cancel_reason = ""
            if self._transaction.proceeding:
                self._cancel(now)

    # -- dialogs -----------------------------------------------------------------------------------------------------

    def _dialog(self, tag: str, answer: SipMessage) -> Dialog:
        dialog = self._early.get(tag)
        if dialog is None:
            dialog = Dialog(
                self.book,
                self.flow,
                call_id=self._invite.call_id,
                local=self._local,
                local_tag=self._local_tag,
                remote=answer.header("to") or "",
                remote_tag=tag,
                local_cseq=self._invite.cseq,
                remote_cseq=None,
                peer=answer,
                caller=True,
            )
            self._early[tag] = dialog
            if not self.ended:
                self.book.dialogs[dialog.key] = self, dialog
        else:
            dialog.refresh_target(answer)
            if "allow" in answer:
                dialog.allows_update = "update" in answer.options("allow")
        return dialog

    def _forget_losers(self, winner: Dialog) -> None:
        for tag, dialog in list(self._early.items()):
            if dialog is not winner:
                del self._early[tag]
                self.book.dialogs.pop(dialog.key, None)

    # -- the end -----------------------------------------------------------------------------------------------------

    def end(self, reason: str, status: int, now: float) -> None:
        if self.confirmed:
            self.bye(reason, now)
            return
        self._cancel_reason = reason
        if self._transaction.proceeding:
            self._cancel(now)
        self.gone(now)

    def abandoned(self, now: float) -> Effect:
        return Ended(self.id, "lost", "flow lost") if self.confirmed else Refused(self.id, 503, "")

    def _cancel(self, now: float) -> None:
        """CANCEL may only follow a provisional answer (RFC 3261 9.1)."""
        self._cancelled = True
        reason = self._cancel_reason
        extra = (reason_line(self.book.config.reason_protocol, reason),) if reason else ()
        self.ask(self._invite.cancel(extra), ignore_response, ignore_timeout, now)
        self._transaction.give_up_at(now + 64 * self.book.config.t1_s)
