"""Owns the transitions of a browser tab's leg. Each returns the state that follows; the table says when each runs."""

from __future__ import annotations

from collections.abc import Iterable

from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls import leg_messages as m
from antiphon.calls.core import Core
from antiphon.calls.model import NO_CODEC, RENEWAL_STATES, ClientState, Leg, StationState, Tab, door_index_for_digit
from antiphon.wire.client import EndCause, LegCause

C = ClientState


def _tab(leg: Leg) -> Tab:
    if leg.tab is None:
        raise TypeError("a client leg without a tab")
    return leg.tab


class ClientLegs(Core):
    """What the tabs' legs do."""

    # -- ringing -----------------------------------------------------------------------------------------------------

    def _ring_tabs(self, tabs: Iterable[Tab], now: float) -> None:
        """Ring these tabs up to the limit: every person's first tab before anybody's second."""
        ranked: list[tuple[int, int, Tab]] = []
        seen: dict[str, int] = {}
        for number, tab in enumerate(tabs):
            seen[tab.user_id] = seen.get(tab.user_id, 0) + 1
            ranked.append((seen[tab.user_id], number, tab))
        free = self.limits.receivers_max - len(self._ringing_legs())
        for _, _, tab in sorted(ranked, key=lambda entry: entry[:2])[: max(free, 0)]:
            self._post(self._add_leg(tab, now), m.RingWanted())

    def ring(self, leg: Leg, given: m.RingWanted, now: float) -> C:
        leg.rang_at = now
        self._emit(e.TellRing(_tab(leg).client, leg.leg_id, self._ring_until, self._previews))
        return self._want_preview(leg)

    def caller_ready(self, leg: Leg, given: m.CallerReady, now: float) -> C:
        return self._want_preview(leg)

    def _want_preview(self, leg: Leg) -> C:
        if not (self._caller_open and self._previews) or _tab(leg).account:
            return C.RINGING
        self._emit(e.MakePreviewOffer(leg.leg_id))
        return C.PREVIEW_ASKED

    def preview_offer_made(self, leg: Leg, given: i.PreviewOfferMade, now: float) -> C:
        self._stale.discard(leg.leg_id)
        self._emit(e.TellPreviewOffer(_tab(leg).client, given.sdp))
        return C.PREVIEW_OFFERED

    def preview_answered(self, leg: Leg, given: i.PreviewAnswered, now: float) -> C:
        self._emit(e.TakePreviewAnswer(leg.leg_id, given.sdp))
        return C.PREVIEW_ANSWERED

    def preview_up(self, leg: Leg, given: i.PreviewUp, now: float) -> C:
        self._ask_key_frame(now)
        return C.PREVIEWING

    def preview_broke(self, leg: Leg, given: i.Input, now: float) -> C:
        self._emit(e.DropPreview(leg.leg_id))
        return C.RINGING

    # -- the winner --------------------------------------------------------------------------------------------------

    def answer_tapped(self, leg: Leg, given: i.AnswerTapped, now: float) -> C:
        winner = self.winner
        if winner is not None:
            after = self._stop_ringing(leg, "answered_elsewhere", _tab(winner).user_name, now)
            detail = "Somebody else answered first."
            self._emit(e.TellError(given.client, given.request_id, "answered_elsewhere", detail))
            return after
        self._emit(e.TellDone(given.client, given.request_id))
        self._set("winner", now + self.limits.winner_max_s)
        self._stop("ring", "alone")
        if leg.state in (C.PREVIEW_ASKED, C.PREVIEW_OFFERED, C.PREVIEW_ANSWERED) or not self._caller_open:
            return C.SETTLING
        return self._win(leg)

    def _win(self, leg: Leg) -> C:
        self._emit(e.MakeConnectOffer(leg.leg_id))
        return C.WINNING

    def late_preview_offer_made(self, leg: Leg, given: i.PreviewOfferMade, now: float) -> C:
        self._emit(e.TellPreviewOffer(_tab(leg).client, given.sdp))
        return C.SETTLING

    def late_preview_answered(self, leg: Leg, given: i.PreviewAnswered, now: float) -> C:
        self._emit(e.TakePreviewAnswer(leg.leg_id, given.sdp))
        return C.SETTLING

    def settled(self, leg: Leg, given: i.Input, now: float) -> C:
        return self._win(leg)

    def settled_without_preview(self, leg: Leg, given: i.Input, now: float) -> C:
        self._emit(e.DropPreview(leg.leg_id))
        return self._win(leg)

    def connect_offer_made(self, leg: Leg, given: i.ConnectOfferMade, now: float) -> C:
        renewed = leg.leg_id in self._stale
        self._stale.discard(leg.leg_id)
        self._emit(e.TellMediaOffer(_tab(leg).client, given.sdp, renewed))
        return C.OFFERED

    def media_answered(self, leg: Leg, given: i.MediaAnswered, now: float) -> C:
        self._emit(e.TakeConnectAnswer(leg.leg_id, given.sdp))
        return C.JOINING

    def connect_answer_taken(self, leg: Leg, given: i.ConnectAnswerTaken, now: float) -> C:
        self._post(self.station, m.WinnerReady(given.sdp))
        for other in self._ringing_legs():
            self._post(other, m.StopWanted("answered_elsewhere", _tab(leg).user_name))
        return C.JOINED

    def talk(self, leg: Leg, given: m.TalkWanted, now: float) -> C:
        leg.answered_at = now
        if given.sdp is not None:
            self._emit(e.TellRemoteSdp(_tab(leg).client, given.sdp))
        self._tell_connected(leg, now)
        return C.TALKING

    def _tell_connected(self, leg: Leg, now: float) -> None:
        self._emit(e.TellConnected(_tab(leg).client, self.talking_since or now, self._timers.get("limit", now)))

    def winner_failed(self, leg: Leg, given: i.Input, now: float) -> C:
        return self._lose(leg, "failed", now)

    def winner_left(self, leg: Leg, given: i.TabLeft, now: float) -> C:
        return self._lose(leg, "disconnected", now)

    def winner_gave_up(self, leg: Leg, given: i.HangUpTapped, now: float) -> C:
        self._emit(e.TellDone(given.client, given.request_id))
        self._declined.add(_tab(leg).user_id)
        return self._lose(leg, "declined", now)

    def _lose(self, leg: Leg, cause: LegCause, now: float) -> C:
        """The winner is none after all: the call rings on, also at those who were told that it was too late."""
        lost = _tab(leg)
        self._stop("winner")
        self._emit(e.DropPreview(leg.leg_id), e.TellRingEnded(lost.client, cause, None))
        self._end_leg(leg, cause, now)
        self._set("ring", self._ring_until)
        again: dict[str, Tab] = {}
        for other in self.clients:
            if other.cause == "answered_elsewhere" and other.tab and other.tab.client not in self._live:
                again[other.tab.client] = other.tab
        self._ring_tabs((tab for tab in again.values() if self._may_ring(tab)), now)
        self._look_around(now)
        return C.ENDED

    def joined_too_slow(self, leg: Leg, given: m.WinnerTooSlow, now: float) -> C:
        self._finish("media_failed", "platform")
        return C(leg.state)

    def winner_hung_up_early(self, leg: Leg, given: i.HangUpTapped, now: float) -> C:
        self._emit(e.TellDone(given.client, given.request_id))
        self._end_leg(leg, "declined", now)
        self._finish("declined", "client")
        self._tell_ended(leg)
        return C.ENDED

    # -- the others --------------------------------------------------------------------------------------------------

    def decline_tapped(self, leg: Leg, given: i.DeclineTapped | i.HangUpTapped, now: float) -> C:
        """A person declines once for all their tabs, unless another of them is just answering."""
        self._emit(e.TellDone(given.client, given.request_id))
        self._stop_ringing(leg, "declined", None, now)
        user = _tab(leg).user_id
        if self.winner is None or _tab(self.winner).user_id != user:
            self._declined.add(user)
            for other in self._ringing_legs():
                if _tab(other).user_id == user:
                    self._post(other, m.StopWanted("declined"))
        self._look_around(now)
        return C.ENDED

    def receiver_refused(self, leg: Leg, given: i.ReceiverRefused, now: float) -> C:
        """An account is one device: it does not ring this call again."""
        self._emit(e.DropPreview(leg.leg_id))
        self._end_leg(leg, given.cause, now)
        self._declined.add(_tab(leg).user_id)
        self._look_around(now)
        return C.ENDED

    def ringing_tab_left(self, leg: Leg, given: i.TabLeft, now: float) -> C:
        self._emit(e.DropPreview(leg.leg_id))
        self._end_leg(leg, "disconnected", now)
        self._look_around(now)
        return C.ENDED

    def ringing_tab_off_duty(self, leg: Leg, given: i.TabOffDuty, now: float) -> C:
        self._stop_ringing(leg, "disconnected", None, now)
        self._look_around(now)
        return C.ENDED

    def stop_ringing(self, leg: Leg, given: m.StopWanted, now: float) -> C:
        if leg.state is C.NEW:
            self._end_leg(leg, given.cause, now)
            return C.ENDED
        return self._stop_ringing(leg, given.cause, given.answered_by, now)

    def _stop_ringing(self, leg: Leg, cause: LegCause, answered_by: str | None, now: float) -> C:
        self._emit(e.DropPreview(leg.leg_id), e.TellRingEnded(_tab(leg).client, cause, answered_by))
        self._end_leg(leg, cause, now)
        return C.ENDED

    def _may_ring(self, tab: Tab) -> bool:
        return tab.user_id in self._users and tab.user_id not in self._declined and tab.client in self._here

    def _look_around(self, now: float) -> None:
        """Nobody rings any more: over at once when everybody declined, else after a moment in which somebody may return."""
        left = [leg for leg in self._live.values() if _tab(leg).user_id not in self._declined or leg is self.winner]
        if left or self._ending is not None:
            return
        asked = [leg.cause for leg in self.clients]
        if not self._may_return() and any(cause in ("declined", "busy", "no_answer") for cause in asked):
            why = self._why_alone()
            self._finish(why, "client" if why == "declined" else "platform")
        else:
            self._set("alone", now + self.limits.away_max_s)

    def _may_return(self) -> bool:
        """Somebody who rang went without declining: a page that loads again comes back in a moment."""
        return any(
            leg.cause in ("disconnected", "failed") and leg.tab and leg.tab.user_id not in self._declined
            for leg in self.clients
        )

    def _why_alone(self) -> EndCause:
        causes = {leg.cause for leg in self.clients}
        if "failed" in causes:
            return "media_failed"
        return "declined" if "declined" in causes else "busy" if "busy" in causes else "nobody_available"

    # -- a client calls a station ------------------------------------------------------------------------------------

    def placed(self, leg: Leg, given: i.Placed, now: float) -> C:
        self.started_at = now
        client = given.tab.client
        self._here.add(client)
        if given.refusal is not None:
            self._emit(e.TellError(client, given.request_id, given.refusal.code, given.refusal.detail))
            self._end_leg(leg, "busy" if given.refusal.cause == "busy" else "failed", now)
            self._finish(given.refusal.cause, "platform")
            return C.ENDED
        self._set("step", now + self.limits.plan_max_s)
        self._emit(e.TellStarted(client, given.request_id), e.OpenClient(leg.leg_id, given.sdp))
        return C.PLACING

    def client_opened(self, leg: Leg, given: i.ClientOpened, now: float) -> C:
        self._post(self.station, m.DialWanted(given.sdp))
        return C.WAITING

    def placing_media_failed(self, leg: Leg, given: i.Input, now: float) -> C:
        self._end_leg(leg, "failed", now)
        no_codec = isinstance(given, i.MediaFailed) and given.code == NO_CODEC
        self._finish("no_codec" if no_codec else "media_failed", "platform")
        self._tell_ended(leg)
        return C.ENDED

    def placer_hung_up(self, leg: Leg, given: i.HangUpTapped, now: float) -> C:
        self._emit(e.TellDone(given.client, given.request_id))
        self._end_leg(leg, "cancelled", now)
        self._finish("cancelled", "client")
        self._tell_ended(leg)
        return C.ENDED

    def placer_left(self, leg: Leg, given: i.TabLeft, now: float) -> C:
        self._end_leg(leg, "disconnected", now)
        self._finish("cancelled", "client")
        return C.ENDED

    # -- talking -----------------------------------------------------------------------------------------------------

    def client_digit(self, leg: Leg, given: i.ClientDigit, now: float) -> C:
        """D4: a digit of the person inside goes to the station and opens the door it stands for.

        At another maker's station the digit itself is what opens.
        """
        tab = _tab(leg)
        self._digits += 1
        if given.request_id is not None:  # as RFC 4733 it is on its way to the station already
            self._emit(e.SendDigit(self.station.leg_id, given.digit), e.TellDone(tab.client, given.request_id))
        if self.station.kind == "station" and door_index_for_digit(given.digit) is not None:
            request = given.request_id or f"{self.call_id}-{self._digits}"
            self._emit(e.OpenDoorByDigit(tab.user_id, tab.user_name, given.digit, request, tab.account))
        return C(leg.state)

    def hang_up_tapped(self, leg: Leg, given: i.HangUpTapped, now: float) -> C:
        self._emit(e.TellDone(given.client, given.request_id))
        self._end_leg(leg, "hung_up", now)
        self._finish("answered", "client")
        self._tell_ended(leg)
        return C.ENDED

    def went_away(self, leg: Leg, given: i.TabLeft, now: float) -> C:
        if leg.state in RENEWAL_STATES:  # begun anew when it is back
            self._stop("renewal")
            self._stale.add(leg.leg_id)
        self._set("away", now + self.limits.away_max_s)
        return C.AWAY

    def tab_back(self, leg: Leg, given: m.TabBack, now: float) -> C:
        self._stop("away")
        if self.station.state is not StationState.TALKING:
            return C.JOINED
        self._tell_connected(leg, now)
        return self._renew(leg, now) if leg.leg_id in self._stale else C.TALKING

    # -- the media engine is lost ------------------------------------------------------------------------------------

    def renew(self, leg: Leg, given: m.MediaGone, now: float) -> C:
        return self._renew(leg, now)

    def _renew(self, leg: Leg, now: float) -> C:
        self._set("renewal", now + self.limits.renewal_max_s)
        self._emit(e.RenewMedia(leg.leg_id, self.station.leg_id, self._station_session))
        return C.RENEWING

    def media_gone_while_away(self, leg: Leg, given: m.MediaGone, now: float) -> C:
        self._stale.add(leg.leg_id)
        return C.AWAY

    def renewed_offer_made(self, leg: Leg, given: i.ConnectOfferMade, now: float) -> C:
        self._stale.discard(leg.leg_id)
        self._emit(e.TellMediaOffer(_tab(leg).client, given.sdp, renewed=True))
        return C.REOFFERED

    def renewed_media_answered(self, leg: Leg, given: i.MediaAnswered, now: float) -> C:
        self._emit(e.TakeConnectAnswer(leg.leg_id, given.sdp))
        return C.REJOINING

    def rejoined(self, leg: Leg, given: i.ConnectAnswerTaken, now: float) -> C:
        self._post(self.station, m.SessionRenewed(given.sdp))
        return C.TALKING

    def renewal_failed(self, leg: Leg, given: i.MediaFailed, now: float) -> C:
        self._finish("media_failed", "platform")
        return C(leg.state)

    def picture_gone(self, leg: Leg, given: m.MediaGone, now: float) -> C:
        """It rings on; the picture comes back with the engine."""
        self._stale.add(leg.leg_id)
        return C.RINGING

    def win_again(self, leg: Leg, given: m.MediaGone, now: float) -> C:
        self._stale.add(leg.leg_id)
        self._set("winner", now + self.limits.winner_max_s)
        return C.SETTLING

    # -- back, or gone for good --------------------------------------------------------------------------------------

    def talk_while_away(self, leg: Leg, given: m.TalkWanted, now: float) -> C:
        leg.answered_at = now
        return C.AWAY

    def away_too_long(self, leg: Leg, given: m.AwayTooLong, now: float) -> C:
        self._end_leg(leg, "disconnected", now)
        self._finish("answered", "client")
        return C.ENDED

    def stop(self, leg: Leg, given: m.StopWanted, now: float) -> C:
        self._end_leg(leg, given.cause, now)
        self._tell_ended(leg)
        return C.ENDED
