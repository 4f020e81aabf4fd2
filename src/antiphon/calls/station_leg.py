"""Owns the transitions of the door station's leg. Each returns the state that follows; the table says when each runs."""

from __future__ import annotations

from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls import leg_messages as m
from antiphon.calls.client_leg import ClientLegs
from antiphon.calls.model import BAD_SDP, NO_CODEC, Leg, MediaBreak, StationState
from antiphon.limits import RING_CONFIGURED_MAX_S
from antiphon.wire.client import EndCause

S = StationState
PROMPT_TAIL_S = 0.3  # what is still on its way to the caller when the engine has played the last sample


class StationLeg(ClientLegs):
    """What the door station's leg does."""

    # -- a door call -------------------------------------------------------------------------------------------------

    def arrived(self, leg: Leg, given: i.Arrived, now: float) -> S:
        self.started_at = now
        leg.rang_at = now
        self._previews = given.previews and "m=video" in given.sdp
        self._offer = self._station_session = given.sdp
        self._reliable = given.previews
        self._set("step", now + self.limits.plan_max_s)
        self._emit(e.AskPlan())
        return S.PLANNING

    def planned(self, leg: Leg, given: i.Planned, now: float) -> S:
        if not given.tabs:
            if given.returns_s <= 0:
                self._finish("nobody_available", "platform")
                return S.PLANNING
            self._set("alone", now + given.returns_s)
        self._ring_latest = now + RING_CONFIGURED_MAX_S  # turns have their lengths from the planner
        self._set("step", now + self.limits.plan_max_s)
        early = given.early and "m=video" in self._offer
        self._previews = self._previews or early
        if leg.kind == "account" and not early:
            self._emit(e.Progress(leg.leg_id, 180, None))
        self._emit(e.OpenCaller(leg.leg_id, self._offer, self._reliable, early))
        self._begin_turns(given.turns, given.tabs, now)
        self._emit(e.StationLooksDifferent())
        return S.OPENING

    def plan_refused(self, leg: Leg, given: i.PlanRefused, now: float) -> S:
        self._finish(given.cause, "platform", visitor=given.visitor, status=given.status)
        return S.PLANNING

    def caller_opened(self, leg: Leg, given: i.CallerOpened, now: float) -> S:
        self._stop("step")
        self._caller_open = True
        self._previews = self._previews and given.sdp is not None
        if given.sdp is not None:
            self._station_sdp = given.sdp
            self._emit(e.Progress(leg.leg_id, 183, given.sdp))
        elif leg.kind == "station":
            self._emit(e.Progress(leg.leg_id, 180, None))
        for receiver in self._live.values():
            self._post(receiver, m.CallerReady(self._previews))
        return S.ANNOUNCED

    def restore(self, leg: Leg, given: m.MediaGone, now: float) -> S:
        """The engine was lost while it rang: it takes the caller's offer again, and the caller learns where."""
        self._caller_open = False
        if (
            leg.kind == "account"
        ):  # its early session is gone with its picture, and it follows no new one before the answer
            self._station_sdp, self._previews = None, False
        self._set("step", now + self.limits.plan_max_s)
        self._emit(e.OpenCaller(leg.leg_id, self._offer, self._reliable))
        return S.RESTORING

    def caller_opened_again(self, leg: Leg, given: i.CallerOpened, now: float) -> S:
        self._previews = self._previews and given.sdp is not None
        if given.sdp is None or self._station_sdp is None:
            return self._restored(now)
        self._station_sdp = given.sdp
        self._emit(e.OfferStation(leg.leg_id, given.sdp))
        return S.RESTORING

    def restored(self, leg: Leg, given: i.OfferAnswered, now: float) -> S:
        return self._restored(now)

    def _restored(self, now: float) -> S:
        self._stop("step")
        self._caller_open = True
        self._came_back(now)
        for receiver in self._live.values():
            self._post(receiver, m.CallerReady(self._previews))
        return S.ANNOUNCED

    def winner_ready(self, leg: Leg, given: m.WinnerReady, now: float) -> S:
        early = self._station_sdp is not None
        if early and leg.kind == "account":  # RFC 3261 13.2.1: it ignores any other description in this dialog
            return self._accept(leg, now)
        self._station_sdp = given.sdp
        if early:  # RFC 3311: the session of the reliable 183 changes before the 200, in the early dialog
            self._emit(e.OfferStation(leg.leg_id, given.sdp))
            return S.UPDATING
        return self._accept(leg, now)

    def offer_answered(self, leg: Leg, given: i.OfferAnswered, now: float) -> S:
        return self._accept(leg, now)

    def _accept(self, leg: Leg, now: float) -> S:
        if self._station_sdp is not None:
            self._emit(e.AcceptStation(leg.leg_id, self._station_sdp))
        self._begin_talking(leg, now)
        winner = self.winner or self.talker
        if winner is not None:
            self._post(winner, m.TalkWanted())
        return S.TALKING

    def offer_refused(self, leg: Leg, given: i.OfferRefused, now: float) -> S:
        self._finish("no_codec" if given.status in (415, 488, 606) else "media_failed", "station")
        return S.UPDATING

    def ring_time_over(self, leg: Leg, given: m.RingTimeOver, now: float) -> S:
        self._finish("no_answer", "platform")
        return S(leg.state)

    def turn_over(self, leg: Leg, given: m.TurnOver, now: float) -> S:
        self._take_turns(now)
        return S(leg.state)

    def alone_too_long(self, leg: Leg, given: m.AloneTooLong, now: float) -> S:
        self._finish(self._why_alone(), "platform")
        return S(leg.state)

    # -- a client calls the station ----------------------------------------------------------------------------------

    def dial(self, leg: Leg, given: m.DialWanted, now: float) -> S:
        placer = next(iter(self._live.values()), None)
        name = placer.tab.user_name if placer and placer.tab else ""
        self._stop("step")
        self._set("ring", now + self.limits.ring_max_s)
        self._emit(e.InviteStation(leg.leg_id, given.sdp, name), e.StationLooksDifferent())
        return S.DIALLED

    def station_progressed(self, leg: Leg, given: i.StationProgressed, now: float) -> S:
        if leg.rang_at is None and given.status >= 180:
            leg.rang_at = now
        return S.DIALLED

    def station_answered(self, leg: Leg, given: i.StationAnswered, now: float) -> S:
        self._stop("ring")
        self._set("step", now + self.limits.plan_max_s)
        self._station_session = given.sdp
        self._emit(e.TakeStationAnswer(leg.leg_id, given.sdp))
        return S.TAKING

    def station_refused(self, leg: Leg, given: i.StationRefused, now: float) -> S:
        cause: EndCause = "station_unreachable"
        if given.status in (486, 600):
            cause = "busy"
        elif given.status == 603:
            cause = "declined"
        elif given.status in (415, 488, 606):
            cause = "no_codec"
        self._end_leg(leg, "busy" if cause == "busy" else "declined" if cause == "declined" else "failed", now)
        self._finish(cause, "station")
        return S.ENDED

    def station_answer_taken(self, leg: Leg, given: i.StationAnswerTaken, now: float) -> S:
        self._begin_talking(leg, now)
        for placer in self._live.values():
            self._post(placer, m.TalkWanted(given.sdp))
        return S.TALKING

    # -- talking -----------------------------------------------------------------------------------------------------

    def _begin_talking(self, leg: Leg, now: float) -> None:
        leg.answered_at = now
        self.talking_since = now
        self._stop("ring", "alone", "turn", "winner", "step")
        self._set("limit", now + self.limits.conversation_max_s)
        warning = self.limits.conversation_max_s - self.limits.warning_before_s
        if warning > 0:
            self._set("warning", now + warning)
        self._emit(e.StationLooksDifferent())
        self._ask_key_frame(now)

    def station_digit(self, leg: Leg, given: i.StationDigit, now: float) -> S:
        """Shown, and nothing more: a digit from the visitor's side never opens a door."""
        talker = self.talker
        if talker is not None and talker.tab is not None:
            self._emit(e.TellDigit(talker.tab.client, given.digit))
        return S.TALKING

    def station_offered(self, leg: Leg, given: i.StationOffered, now: float) -> S:
        """A refresh is answered with the session as agreed; the engine follows a changed address by itself."""
        if self._station_sdp is not None:
            self._emit(e.AnswerOffer(leg.leg_id, self._station_sdp))
        else:
            self._emit(e.RefuseOffer(leg.leg_id, 488))
        return S(leg.state)

    def station_offered_early(self, leg: Leg, given: i.StationOffered, now: float) -> S:
        self._emit(e.RefuseOffer(leg.leg_id, 491))
        return S(leg.state)

    def session_renewed(self, leg: Leg, given: m.SessionRenewed, now: float) -> S:
        self._station_sdp = given.sdp
        self._emit(e.OfferStation(leg.leg_id, given.sdp))
        return S.TALKING

    def renewal_agreed(self, leg: Leg, given: i.OfferAnswered, now: float) -> S:
        self._stop("renewal")
        self._came_back(now)
        return S.TALKING

    def renewal_refused(self, leg: Leg, given: i.Input, now: float) -> S:
        if self._media_lost_at is not None:
            self._finish("media_failed", "platform")
        return S.TALKING

    def _came_back(self, now: float) -> None:
        lost_at, self._media_lost_at = self._media_lost_at, None
        if lost_at is not None:
            self._media_breaks.append(MediaBreak(lost_at, now - lost_at))
            self._emit(e.MediaCameBack(now - lost_at))

    def warning_due(self, leg: Leg, given: m.WarningDue, now: float) -> S:
        self._emit(e.Play(leg.leg_id, "limit_warning"))
        talker = self.talker
        if talker is not None and talker.tab is not None:
            self._emit(e.Play(talker.leg_id, "limit_warning"), e.TellWarning(talker.tab.client, self._timers["limit"]))
        return S.TALKING

    def limit_due(self, leg: Leg, given: m.LimitDue, now: float) -> S:
        self._finish("time_limit", "platform")
        return S.TALKING

    # -- the end -----------------------------------------------------------------------------------------------------

    def station_left(self, leg: Leg, given: i.StationLeft, now: float) -> S:
        if self.talking_since is not None:
            lost = given.how == "lost"
            self._end_leg(leg, "disconnected" if lost else "hung_up", now)
            self._finish("station_unreachable" if lost else "answered", "station")
        elif self.direction == "to_station":
            self._end_leg(leg, "disconnected", now)
            self._finish("station_unreachable", "station")
        else:
            self._end_leg(leg, "disconnected" if given.how == "lost" else "cancelled", now)
            self._finish("cancelled", "station")
        return S.ENDED

    def listener_left(self, leg: Leg, given: i.StationLeft, now: float) -> S:
        self._stop("prompt")
        self._end_leg(leg, self._closing.leg_cause if self._closing else "cancelled", now)
        return S.ENDED

    def step_too_slow(self, leg: Leg, given: m.StepTooSlow, now: float) -> S:
        self._finish("platform_error" if leg.state is S.PLANNING else "media_failed", "platform")
        return S(leg.state)

    def station_media_failed(self, leg: Leg, given: i.MediaFailed, now: float) -> S:
        if given.code == BAD_SDP:
            # Ringing again does not help this visitor either: told like a missing codec, and recorded as what it is.
            self._finish("media_failed", "platform", visitor="no_codec", status=488)
        else:
            self._finish("no_codec" if given.code == NO_CODEC else "media_failed", "platform")
        return S(leg.state)

    def close_unborn(self, leg: Leg, given: m.CloseWanted, now: float) -> S:
        self._end_leg(leg, given.leg_cause, now)
        return S.ENDED

    def close_unanswered(self, leg: Leg, given: m.CloseWanted, now: float) -> S:
        mute = self._station_sdp is not None  # its session leads to the call's own media, which speaks no prompts
        if leg.kind == "account" and given.prompt is not None and leg.state is S.ANNOUNCED and not mute:
            return self._announce(leg, given, now, answered=False)
        self._emit(e.RefuseStation(leg.leg_id, given.status, given.visitor))
        self._end_leg(leg, given.leg_cause, now)
        return S.ENDED

    def close_talking(self, leg: Leg, given: m.CloseWanted, now: float) -> S:
        if leg.kind == "account" and given.prompt is not None:
            return self._announce(leg, given, now, answered=True)
        self._emit(e.EndStation(leg.leg_id, given.visitor))
        self._end_leg(leg, given.leg_cause, now)
        return S.ENDED

    def close_dialled(self, leg: Leg, given: m.CloseWanted, now: float) -> S:
        self._emit(e.EndStation(leg.leg_id, given.visitor))
        self._end_leg(leg, given.leg_cause, now)
        return S.ENDED

    def _announce(self, leg: Leg, given: m.CloseWanted, now: float, *, answered: bool) -> S:
        self._closing = given
        if given.prompt is not None:
            self._emit(e.Announce(leg.leg_id, given.prompt, None if answered else self._offer))
        self._set("prompt", now + self.limits.prompt_max_s)
        return S.LISTENING

    def prompt_started(self, leg: Leg, given: i.PromptStarted, now: float) -> S:
        self._set("prompt", now + min(given.length_s + PROMPT_TAIL_S, self.limits.prompt_max_s))
        return S.LISTENING

    def prompt_over(self, leg: Leg, given: i.Input, now: float) -> S:
        self._stop("prompt")
        closing = self._closing
        if closing is None:
            raise TypeError("a prompt without an end")
        if leg.answered_at is not None:
            self._emit(e.EndStation(leg.leg_id, closing.visitor))
        else:
            self._emit(e.RefuseStation(leg.leg_id, closing.status, closing.visitor))
        self._end_leg(leg, closing.leg_cause, now)
        return S.ENDED
