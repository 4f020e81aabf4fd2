"""The SIP user agent: legs, dialogs and registration of one end, sans-IO."""

from __future__ import annotations

from collections.abc import Sequence

from antiphon.wire.sip.address import branch_of, tag_of, top_via, uri_of, user_of
from antiphon.wire.sip.build import echo_via, response
from antiphon.wire.sip.effects import Discarded, Effect, Flow, Invited, LegId, Send, Token, UserAgentConfig
from antiphon.wire.sip.errors import SipSyntaxError
from antiphon.wire.sip.headers import ALLOW_LINE, ALLOWED, KNOWN, SDP, SUPPORTED, SUPPORTED_LINE, cseq_of, reason_line
from antiphon.wire.sip.incoming import IncomingLeg
from antiphon.wire.sip.leg import Book, sdp_of
from antiphon.wire.sip.message import SipMessage, parse
from antiphon.wire.sip.negotiation import NegotiatingLeg
from antiphon.wire.sip.outgoing import OutgoingLeg
from antiphon.wire.sip.registration import Registration
from antiphon.wire.sip.transactions import Counts, ServerTransaction


class UserAgent:
    """One SIP end. Feed it what arrives and the time; carry out the effects it returns, in order.

    `token()` returns a fresh unguessable string of letters and digits: the only source of tags, branches, Call-IDs.
    A leg is one call to or from one peer. Legs we start are named by the caller, legs that arrive are named here
    (`Invited.leg`). An order to an unknown leg does nothing and returns [].
    """

    def __init__(self, config: UserAgentConfig, token: Token) -> None:
        self._book = Book(config, token)
        self._required = SUPPORTED | frozenset(config.extensions)
        self._registration: Registration | None = None

    # -- what arrives ------------------------------------------------------------------------------------------------

    def receive(self, flow: Flow, data: bytes, now: float) -> list[Effect]:
        """One datagram or one framed message. Never raises, whatever the bytes."""
        if not data.strip(b"\r\n\0"):
            return []  # keep-alive
        try:
            message = parse(data)
            if message.status:
                self._response(flow, message, now)
            else:
                self._request(flow, message, now)
        except SipSyntaxError as error:
            self._book.out.append(Discarded(flow, error.detail))
        return self._take()

    def flow_lost(self, flow: Flow, now: float) -> list[Effect]:
        """The connection is gone: its legs end (`Ended` lost, `Refused` 503), its registration fails (503).

        Answered legs wait for another connection where the configuration says so.
        """
        book = self._book
        legs = {id(leg): leg for leg in [*book.legs.values(), *[each for each, _ in book.dialogs.values()]]}
        book.forget_flow(flow)
        for leg in legs.values():
            if leg.flow == flow and book.config.flow_grace_s and leg.confirmed and not leg.ended:
                leg.wait_for_flow(now)
            elif leg.flow == flow:
                told = leg.ended
                effect = leg.abandoned(now)
                leg.gone(now)
                if not told:
                    book.out.append(effect)
        if self._registration is not None and self._registration.flow == flow:
            self._registration.flow_lost()
        return self._take()

    def flow_found(self, flow: Flow, now: float) -> list[Effect]:
        """A new connection to the same peer: answered legs that wait for one go on over it."""
        for leg in list(self._book.legs.values()):
            if leg.waits_for_flow:
                leg.go_on(flow, now)
        return self._take()

    def next_deadline(self) -> float | None:
        """When to call `tick`, None while nothing waits. Ask again after every call to this object."""
        return self._book.timers.next_deadline()

    def tick(self, now: float) -> list[Effect]:
        """Everything that is due."""
        self._book.timers.fire(now)
        return self._take()

    # -- calling -----------------------------------------------------------------------------------------------------

    def invite(
        self,
        leg: LegId,
        flow: Flow,
        *,
        target_uri: str,
        from_uri: str,
        to_uri: str,
        display_name: str = "",
        sdp: str,
        headers: Sequence[tuple[str, str]] = (),
        now: float,
    ) -> list[Effect]:
        """Call. Later: `Progressed`*, then `Answered` or `Refused`. `headers` are added to the INVITE as they are."""
        OutgoingLeg(
            self._book,
            leg,
            flow,
            target_uri=target_uri,
            from_uri=from_uri,
            to_uri=to_uri,
            display_name=display_name,
            sdp=sdp,
            headers=headers,
            now=now,
        )
        return self._take()

    # -- being called ------------------------------------------------------------------------------------------------

    def progress(self, leg: LegId, status: int, sdp: str | None, now: float) -> list[Effect]:
        """A provisional answer 101-199; with SDP reliable (RFC 3262) where the peer can. The SDP is our answer then."""
        if isinstance(known := self._book.legs.get(leg), IncomingLeg):
            known.progress(status, sdp, now)
        return self._take()

    def accept(self, leg: LegId, sdp: str, now: float) -> list[Effect]:
        """200. Waits for an outstanding PRACK; the SDP is left out when a reliable answer has carried one."""
        if isinstance(known := self._book.legs.get(leg), IncomingLeg):
            known.accept(sdp, now)
        return self._take()

    def mark(self, leg: LegId, name: str, value: str) -> None:
        """Add this header to every answer to the leg's INVITE from now on."""
        if isinstance(known := self._book.legs.get(leg), IncomingLeg):
            known.mark(f"{name}: {value}")

    def refuse(self, leg: LegId, status: int, reason: str, now: float) -> list[Effect]:
        """A final refusal 300-699 with `reason` in the Reason header. The leg is gone. After our 200 it is hung up."""
        if isinstance(known := self._book.legs.get(leg), IncomingLeg):
            known.end(reason, status, now)
        return self._take()

    # -- inside a dialog ---------------------------------------------------------------------------------------------

    def offer(self, leg: LegId, sdp: str, now: float) -> list[Effect]:
        """Offer anew: UPDATE where the peer allows it (early dialogs too), else re-INVITE once answered.

        Later `OfferAnswered` or `OfferRefused`. Offers wait for their turn; of several waiting the last one counts.
        Glare (491) is retried by the agent.
        """
        if known := self._leg(leg):
            known.offer(sdp, now)
        return self._take()

    def answer_offer(self, leg: LegId, sdp: str, now: float) -> list[Effect]:
        """Answer the last `Offered`."""
        if known := self._leg(leg):
            known.answer_offer(sdp, now)
        return self._take()

    def refuse_offer(self, leg: LegId, status: int, now: float) -> list[Effect]:
        """Refuse the last `Offered` (488 for instance); the session stays as it was."""
        if known := self._leg(leg):
            known.refuse_offer(status, now)
        return self._take()

    def info(self, leg: LegId, content_type: str, body: bytes, now: float, *, ask: str = "") -> list[Effect]:
        """SIP INFO in the dialog; waits until the peer has confirmed the dialog (by ACK, 2xx or PRACK).

        With `ask` the answer is told as `Replied`.
        """
        if known := self._leg(leg):
            known.info(content_type, body, now, ask)
        return self._take()

    def reach(self, leg: LegId, ask: str, now: float) -> list[Effect]:
        """Ask whether the peer is there (OPTIONS in the dialog): its answer is told as `Replied`."""
        if known := self._leg(leg):
            known.reach(ask, now)
        return self._take()

    def end(self, leg: LegId, reason: str, now: float, *, status: int = 480) -> list[Effect]:
        """End the leg whatever its state: CANCEL, BYE, or a refusal with `status`. Nothing more is reported of it."""
        if known := self._leg(leg):
            known.end(reason, status, now)
        return self._take()

    def has(self, leg: LegId) -> bool:
        """True while orders to this leg have an effect."""
        return leg in self._book.legs

    @property
    def counts(self) -> Counts:
        """Transactions, retransmissions and time-outs since the start."""
        return self._book.counts

    # -- registration ------------------------------------------------------------------------------------------------

    def register(
        self, flow: Flow, *, registrar_uri: str, aor: str, contact_uri: str, expires_s: int, now: float
    ) -> list[Effect]:
        """Register and keep registered. `Registered` on each success, `RegistrationFailed` stops the refreshing."""
        if self._registration is None:
            self._registration = Registration(self._book)
        self._registration.start(flow, registrar_uri, aor, contact_uri, expires_s, now)
        return self._take()

    def unregister(self, now: float) -> list[Effect]:
        """Give the registration up; `Registered(0)` when the registrar has answered."""
        if self._registration is not None:
            self._registration.give_up(now)
        return self._take()

    # -- inside ------------------------------------------------------------------------------------------------------

    def _leg(self, leg: LegId) -> NegotiatingLeg | None:
        known = self._book.legs.get(leg)
        return known if isinstance(known, NegotiatingLeg) else None

    def _take(self) -> list[Effect]:
        out, self._book.out = self._book.out, []
        return out

    def _response(self, flow: Flow, message: SipMessage, now: float) -> None:
        vias = message.headers("via")
        if message.fault is not None or len(vias) != 1:
            self._book.out.append(Discarded(flow, "a response that cannot be used"))
            return
        _, method = cseq_of(message)
        client = self._book.clients.get(f"{branch_of(vias[0])} {method}")
        if client is not None and client.flow == flow:
            client.receive(message, now)

    def _request(self, flow: Flow, message: SipMessage, now: float) -> None:
        book, method = self._book, message.method
        via_value, call_id = message.header("via"), message.header("call-id")
        from_, to = message.header("from"), message.header("to")
        if not via_value or not call_id or not from_ or not to or "cseq" not in message:
            raise SipSyntaxError("A header that every request needs is missing.")
        via = top_via(via_value)
        if message.fault is None:
            try:
                number, cseq_method = cseq_of(message)
                if cseq_method != method:
                    message.fault = 400, "CSeq names another method"
            except SipSyntaxError:
                message.fault = 400, "CSeq is not sound"
        if message.fault is not None:
            book.out.append(Discarded(flow, message.fault[1]))
            if method != "ACK":
                to = to if tag_of(to) else f"{to};tag={book.token()}"
                via_lines = echo_via(message, flow)
                book.out.append(Send(flow, response(message, message.fault[0], book.rim(flow), via=via_lines, to=to)))
            return
        from_tag, to_tag = tag_of(from_), tag_of(to)
        if via.branch.startswith("z9hG4bK"):
            stem = f"{via.branch} {via.sent_by}"
        else:
            stem = f"{via.value} {call_id} {number} {from_tag}"
        if method == "ACK":
            self._ack(stem, (call_id, to_tag, from_tag), message, number, now)
            return
        key = f"{stem} {method}"
        known = book.servers.get(key)
        if known is not None:
            known.repeated()
            return
        merge_key = from_tag, call_id, f"{number} {method}"
        is_copy = not to_tag and merge_key in book.merged
        transaction = ServerTransaction(book, key, merge_key, flow, message, to)
        if method == "CANCEL":
            self._cancel(transaction, stem, message, now)
        elif method not in ALLOWED:
            self._tag(transaction, to_tag)
            transaction.respond(405 if method in KNOWN else 501, now, extra=(ALLOW_LINE,))
        elif unknown := [option for option in message.options("require") if option not in self._required]:
            self._tag(transaction, to_tag)
            transaction.respond(420, now, extra=(f"Unsupported: {', '.join(unknown)}",))
        elif to_tag:
            self._inside(transaction, (call_id, to_tag, from_tag), message, number, now)
        elif is_copy:
            self._tag(transaction, to_tag)
            transaction.respond(482, now)
        elif method == "INVITE":
            self._invited(transaction, message, number, now)
        else:
            self._tag(transaction, to_tag)
            if method == "OPTIONS":
                transaction.respond(200, now, extra=(ALLOW_LINE, SUPPORTED_LINE, f"Accept: {SDP}"))
            else:
                transaction.respond(481, now)

    def _tag(self, transaction: ServerTransaction, to_tag: str) -> None:
        if not to_tag:
            transaction.to = f"{transaction.to};tag={self._book.token()}"

    def _ack(self, stem: str, dialog_key: tuple[str, str, str], message: SipMessage, cseq: int, now: float) -> None:
        known = self._book.servers.get(f"{stem} INVITE")
        if known is not None:
            known.acknowledged(now)
        found = self._book.dialogs.get(dialog_key)
        if found is not None:
            found[0].ack(message, cseq, now)

    def _cancel(self, transaction: ServerTransaction, stem: str, message: SipMessage, now: float) -> None:
        target = self._book.servers.get(f"{stem} INVITE")
        if target is None:
            self._tag(transaction, tag_of(transaction.to))
            transaction.respond(481, now)
            return
        transaction.to = target.to
        transaction.respond(200, now)
        if target.pending and target.on_cancel is not None:
            target.on_cancel(message, now)

    def _inside(
        self,
        transaction: ServerTransaction,
        dialog_key: tuple[str, str, str],
        message: SipMessage,
        cseq: int,
        now: float,
    ) -> None:
        found = self._book.dialogs.get(dialog_key)
        if found is None or found[0].flow != transaction.flow:
            transaction.respond(481, now)
            return
        leg, dialog = found
        if dialog.is_old(cseq):
            transaction.respond(500, now)
        else:
            leg.handle(transaction, message, dialog, now)

    def _invited(self, transaction: ServerTransaction, message: SipMessage, cseq: int, now: float) -> None:
        book = self._book
        status, extra = 0, ""
        if message.uri.partition(":")[0].lower() not in ("sip", "sips", "tel"):
            status = 416
        elif (message.body and message.content_type != SDP) or message.header("content-encoding"):
            status, extra = 415, f"Accept: {SDP}"
        elif len(message.uri.split()) != 1 or not message.header("contact"):
            status = 400
        if status:
            book.out.append(Discarded(transaction.flow, f"an INVITE that cannot be used: {status}"))
            self._tag(transaction, "")
            why = reason_line(book.config.reason_protocol, "malformed")
            transaction.respond(status, now, extra=(extra, why) if extra else (why,))
            return
        leg = IncomingLeg(book, book.token(), transaction, cseq, now)
        invited = Invited(
            leg.id,
            transaction.flow,
            user_of(message.uri),
            user_of(uri_of(message.header("from") or "")),
            message,
            sdp_of(message),
            message.header("call-id") or "",
        )
        book.out.append(invited)
