"""Owns the transitions of a browser tab's leg. Each returns the state that follows; the table says when each runs."""

from __future__ import annotations

from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls import leg_messages as m
from antiphon.calls.model import NO_CODEC, RENEWAL_STATES, ClientState, Leg, StationState, door_index_for_digit
from antiphon.calls.turns import Turns, tab_of
from antiphon.wire.client import LegCause

C = ClientState


class ClientLegs(Turns):
    """What the tabs' legs do."""

    # -- ringing -----------------------------------------------------------------------------------------------------

    def ring(self, leg: Leg, given: m.RingWanted, now: float) -> C:
        leg.rang_at, tab = now, tab_of(leg)
        self._emit(e.TellRing(tab.client, leg.leg_id, self._rings_until(tab.user_id, now), self._previews))
        return self._want_preview(leg)

    def caller_ready(self, leg: Leg, given: m.CallerReady, now: float) -> C:
        return self._want_preview(leg)

    def _want_preview(self, leg: Leg) -> C:
        if not (self._caller_open and self._previews) or tab_of(leg).by_sip:
            return C.RINGING
        self._emit(e.MakePreviewOffer(leg.leg_id))
        return C.PREVIEW_ASKED

    def preview_offer_made(self, leg: Leg, given: i.PreviewOfferMade, now: float) -> C:
        self._stale.discard(leg.leg_id)
        self._emit(e.TellPreviewOffer(tab_of(leg).client, given.sdp))
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
            after = self._stop_ringing(leg, "answered_elsewhere", tab_of(winner).user_name, now)
            detail = "Somebody else answered first."
            self._emit(e.TellError(given.client, given.request_id, "answered_elsewhere", detail))
            return after
        self._emit(e.TellDone(given.client, given.request_id))
        self._set("winner", now + self.limits.winner_max_s)
        self._stop("ring", "alone", "turn")
        if leg.state in (C.PREVIEW_ASKED, C.PREVIEW_OFFERED, C.PREVIEW_ANSWERED) or not self._caller_open:
            return C.SETTLING
        return self._win(leg)

    def _win(self, leg: Leg) -> C:
        self._emit(e.MakeConnectOffer(leg.leg_id))
        return C.WINNING

    def late_preview_offer_made(self, leg: Leg, given: i.PreviewOfferMade, now: float) -> C:
        self._emit(e.TellPreviewOffer(tab_of(leg).client, given.sdp))
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
        self._emit(e.TellMediaOffer(tab_of(leg).client, given.sdp, renewed))
        return C.OFFERED

    def media_answered(self, leg: Leg, given: i.MediaAnswered, now: float) -> C:
        self._emit(e.TakeConnectAnswer(leg.leg_id, given.sdp))
        return C.JOINING

    def connect_answer_taken(self, leg: Leg, given: i.ConnectAnswerTaken, now: float) -> C:
        self._post(self.station, m.WinnerReady(given.sdp))
        for other in self._ringing_legs():
            self._post(other, m.StopWanted("answered_elsewhere", tab_of(leg).user_name))
        return C.JOINED

    def talk(self, leg: Leg, given: m.TalkWanted, now: float) -> C:
        leg.answered_at = now
        if given.sdp is not None:
            self._emit(e.TellRemoteSdp(tab_of(leg).client, given.sdp))
        self._tell_connected(leg, now)
        return C.TALKING

    def _tell_connected(self, leg: Leg, now: float) -> None:
        self._emit(e.TellConnected(tab_of(leg).client, self.talking_since or now, self._timers.get("limit", now)))

    def winner_failed(self, leg: Leg, given: i.Input, now: float) -> C:
        return self._lose(leg, "failed", now)

    def winner_left(self, leg: Leg, given: i.TabLeft, now: float) -> C:
        return self._lose(leg, "disconnected", now)

    def winner_gave_up(self, leg: Leg, given: i.HangUpTapped, now: float) -> C:
        self._emit(e.TellDone(given.client, given.request_id))
        self._declined.add(tab_of(leg).user_id)
        return self._lose(leg, "declined", now)

    def _lose(self, leg: Leg, cause: LegCause, now: float) -> C:
        """The winner is none after all: the call rings on, also at those who were told that it was too late."""
        lost = tab_of(leg)
        self._stop("winner")
        self._emit(e.DropPreview(leg.leg_id), e.TellRingEnded(lost.client, cause, None))
        self._end_leg(leg, cause, now)
        self._set("ring", self._ring_until)
        self._take_turns(now)
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
        user = tab_of(leg).user_id
        if self.winner is None or tab_of(self.winner).user_id != user:
            self._declined.add(user)
            for other in self._ringing_legs():
                if tab_of(other).user_id == user:
                    self._post(other, m.StopWanted("declined"))
        self._look_around(now)
        return C.ENDED

    def receiver_refused(self, leg: Leg, given: i.ReceiverRefused, now: float) -> C:
        """An account is one device: it does not ring this call again."""
        self._emit(e.DropPreview(leg.leg_id))
        self._end_leg(leg, given.cause, now)
        self._declined.add(tab_of(leg).user_id)
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
        self._emit(e.DropPreview(leg.leg_id), e.TellRingEnded(tab_of(leg).client, cause, answered_by))
        self._end_leg(leg, cause, now)
        return C.ENDED

    # -- a client calls a station ------------------------------------------------------------------------------------

    def placed(self, leg: Leg, given: i.Placed, now: float) -> C:
        self.started_at = now
        client = given.tab.client
        self._known[client] = given.tab
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

        At another maker's station the digit itself is what opens. A station of ours that was rung has no right to open doors.
        """
        tab = tab_of(leg)
        self._digits += 1
        if given.request_id is not None:  # as RFC 4733 it is on its way to the station already
            self._emit(e.SendDigit(self.station.leg_id, given.digit), e.TellDone(tab.client, given.request_id))
        if self.station.kind == "station" and tab.kind != "station" and door_index_for_digit(given.digit) is not None:
            request = given.request_id or f"{self.call_id}-{self._digits}"
            self._emit(e.OpenDoorByDigit(tab.user_id, tab.user_name, given.digit, request, tab.kind == "account"))
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
        self._emit(e.TellMediaOffer(tab_of(leg).client, given.sdp, renewed=True))
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
