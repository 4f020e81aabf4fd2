"""Owns where events of SIP legs go: to the call whose station the leg is, or to the account that rings on it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from antiphon import log
from antiphon.calls import inputs as i
from antiphon.calls.live import LiveCall
from antiphon.calls.ports import LegId, SipPort, StationInvite
from antiphon.calls.receivers import Receivers
from antiphon.calls.synthetic import SyntheticReceiver

_log = log.get("calls")


class LegListener(ABC):
    """Implements `SipEvents` for legs that exist; whoever builds on it sets what is named here."""

    _by_station_leg: dict[LegId, LiveCall]
    _receivers: Receivers
    _sip: SipPort
    synthetic: SyntheticReceiver | None = None
    """Answers test calls; without one they are refused like any other unknown button."""

    @abstractmethod
    def called(self, invite: StationInvite) -> None:
        """A station or account rings."""

    def invited(self, invite: StationInvite) -> None:
        if self.synthetic is None or not self.synthetic.invited(invite):
            self.called(invite)

    @abstractmethod
    def feed(self, call: LiveCall, given: i.External) -> None:
        """One input to one call."""

    def progressed(self, leg: LegId, status: int, sdp: str | None) -> None:
        self._feed_leg(leg, i.StationProgressed(status))

    def answered(self, leg: LegId, sdp: str) -> None:
        if not self._receivers.answered(leg, sdp):
            self._feed_leg(leg, i.StationAnswered(sdp))

    def refused(self, leg: LegId, status: int, reason: str) -> None:
        if not self._receivers.refused(leg, status):
            self._feed_leg(leg, i.StationRefused(status))

    def offered(self, leg: LegId, sdp: str) -> None:
        if not self._receivers.offered(leg) and not self._feed_leg(leg, i.StationOffered(sdp)):
            self._sip.refuse_offer(leg, 488)

    def offer_answered(self, leg: LegId, sdp: str) -> None:
        if not self._receivers.offer_answered(leg, sdp):
            self._feed_leg(leg, i.OfferAnswered())

    def offer_refused(self, leg: LegId, status: int) -> None:
        if not self._receivers.offer_refused(leg, status):
            self._feed_leg(leg, i.OfferRefused(status))

    def dtmf(self, leg: LegId, digit: str) -> None:
        if self.synthetic is not None and self.synthetic.digit(leg, digit):
            return
        if not self._receivers.digit(leg, digit):
            self._feed_leg(leg, i.StationDigit(digit))

    def ended(self, leg: LegId, cause: Literal["cancelled", "hung_up", "lost"], reason: str) -> None:
        if self.synthetic is not None and self.synthetic.ended(leg):
            return
        if not self._receivers.ended(leg, cause):
            self._feed_leg(leg, i.StationLeft(cause))

    def _feed_leg(self, leg: LegId, given: i.External) -> bool:
        call = self._by_station_leg.get(leg)
        if call is None:
            _log.debug("event of a leg that is gone", leg_id=leg, kind=type(given).__name__)
            return False
        self.feed(call, given)
        return True
