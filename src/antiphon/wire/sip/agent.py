"""The SIP user agent: legs, dialogs and registration of one end, sans-IO."""

from __future__ import annotations

from collections.abc import Sequence

from antiphon.wire.sip.effects import Effect, Flow, LegId, Token, UserAgentConfig


class UserAgent:
    """One SIP end. Feed it what arrives and the time; carry out the effects it returns, in order.

    `token()` returns a fresh unguessable string of letters and digits: the only source of tags, branches, Call-IDs.
    A leg is one call to or from one peer. Legs we start are named by the caller, legs that arrive are named here
    (`Invited.leg`). An order to an unknown leg does nothing and returns [].
    """

    def __init__(self, config: UserAgentConfig, token: Token) -> None:
        raise NotImplementedError

    # -- what arrives ------------------------------------------------------------------------------------------------

    def receive(self, flow: Flow, data: bytes, now: float) -> list[Effect]:
        """One datagram or one framed message. Never raises, whatever the bytes."""
        raise NotImplementedError

    def flow_lost(self, flow: Flow, now: float) -> list[Effect]:
        """The connection is gone: its legs end (`Ended` lost, `Refused` 503), its registration fails (503)."""
        raise NotImplementedError

    def next_deadline(self) -> float | None:
        """When to call `tick`, None while nothing waits. Ask again after every call to this object."""
        raise NotImplementedError

    def tick(self, now: float) -> list[Effect]:
        """Everything that is due."""
        raise NotImplementedError

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
        raise NotImplementedError

    # -- being called ------------------------------------------------------------------------------------------------

    def progress(self, leg: LegId, status: int, sdp: str | None, now: float) -> list[Effect]:
        """A provisional answer 101-199; with SDP reliable (RFC 3262) where the peer can. The SDP is our answer then."""
        raise NotImplementedError

    def accept(self, leg: LegId, sdp: str, now: float) -> list[Effect]:
        """200. Waits for an outstanding PRACK; the SDP is left out when a reliable answer has carried one."""
        raise NotImplementedError

    def refuse(self, leg: LegId, status: int, reason: str, now: float) -> list[Effect]:
        """A final refusal 300-699 with `reason` in the Reason header. The leg is gone."""
        raise NotImplementedError

    # -- inside a dialog ---------------------------------------------------------------------------------------------

    def offer(self, leg: LegId, sdp: str, now: float) -> list[Effect]:
        """Offer anew: UPDATE where the peer allows it (early dialogs too), else re-INVITE once answered.

        Later `OfferAnswered` or `OfferRefused`. Offers wait for their turn; of several waiting the last one counts.
        Glare (491) is retried by the agent.
        """
        raise NotImplementedError

    def answer_offer(self, leg: LegId, sdp: str, now: float) -> list[Effect]:
        """Answer the last `Offered`."""
        raise NotImplementedError

    def refuse_offer(self, leg: LegId, status: int, now: float) -> list[Effect]:
        """Refuse the last `Offered` (488 for instance); the session stays as it was."""
        raise NotImplementedError

    def info(self, leg: LegId, content_type: str, body: bytes, now: float) -> list[Effect]:
        """SIP INFO in the dialog; ignored while there is no dialog yet."""
        raise NotImplementedError

    def end(self, leg: LegId, reason: str, now: float, *, status: int = 480) -> list[Effect]:
        """End the leg whatever its state: CANCEL, BYE, or a refusal with `status`. Nothing more is reported of it."""
        raise NotImplementedError

    # -- registration ------------------------------------------------------------------------------------------------

    def register(
        self, flow: Flow, *, registrar_uri: str, aor: str, contact_uri: str, expires_s: int, now: float
    ) -> list[Effect]:
        """Register and keep registered. `Registered` on each success, `RegistrationFailed` stops the refreshing."""
        raise NotImplementedError

    def unregister(self, now: float) -> list[Effect]:
        """Give the registration up; `Registered(0)` when the registrar has answered."""
        raise NotImplementedError
