"""Owns the call machine: one call from its first message to its record, sans-IO, moved by the table alone."""

from __future__ import annotations

from antiphon import limits
from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls import leg_messages as m
from antiphon.calls.core import Timer
from antiphon.calls.model import ClientState, Leg, StationState
from antiphon.calls.station_leg import StationLeg

_STATION_INPUTS = (
    i.Arrived,
    i.Planned,
    i.PlanRefused,
    i.CallerOpened,
    i.StationProgressed,
    i.StationAnswered,
    i.StationRefused,
    i.StationOffered,
    i.OfferAnswered,
    i.OfferRefused,
    i.StationLeft,
    i.StationAnswerTaken,
    i.StationDigit,
    i.PromptStarted,
    i.PromptOver,
)
_OF_LEG = (
    i.MediaFailed,
    i.PreviewOfferMade,
    i.PreviewUp,
    i.PreviewBroke,
    i.ConnectOfferMade,
    i.ConnectAnswerTaken,
    i.ClientDigit,
)
_OF_TAB = (
    i.TabLeft,
    i.TabOffDuty,
    i.PreviewAnswered,
    i.PreviewGivenUp,
    i.AnswerTapped,
    i.DeclineTapped,
    i.ReceiverRefused,
    i.HangUpTapped,
    i.MediaAnswered,
)
_REQUESTS = (i.AnswerTapped, i.DeclineTapped, i.HangUpTapped)


class CallMachine(StationLeg):
    """`handle` one input and carry out the orders it returns, in order; call again with `TimePassed` at the deadline.

    When `over` is true the record has been ordered, and nothing but answers to late requests comes any more.
    """

    def handle(self, given: i.External, now: float) -> list[e.Effect]:
        """The orders that follow from one input."""
        if isinstance(given, i.TimePassed):
            self._tick(now)
        elif isinstance(given, _STATION_INPUTS):
            self._dispatch(self.station, given, now)
        elif isinstance(given, _OF_LEG):
            leg = self._by_leg.get(given.leg)
            if leg is not None:
                self._dispatch(leg, given, now)
        elif isinstance(given, _OF_TAB):
            self._of_tab(given, now)
        elif isinstance(given, i.TabCame):
            self._tab_came(given, now)
        elif isinstance(given, i.Placed):
            self._dispatch(self._add_leg(given.tab, now), given, now)
        elif isinstance(given, i.ClientOpened):
            for leg in list(self._live.values()):
                self._dispatch(leg, given, now)
        elif isinstance(given, i.DoorAnswered):
            self._door_answered(given)
        elif isinstance(given, i.MediaLost):
            self._media_lost(given, now)
        elif isinstance(given, i.DeviceRevoked):
            self._finish("revoked", "platform")
        else:
            self._finish("platform_error", "platform")
        self._drain(now)
        out, self._out = self._out, []
        return out

    def _of_tab(
        self,
        given: i.TabLeft
        | i.TabOffDuty
        | i.PreviewAnswered
        | i.PreviewGivenUp
        | i.AnswerTapped
        | i.DeclineTapped
        | i.ReceiverRefused
        | i.HangUpTapped
        | i.MediaAnswered,
        now: float,
    ) -> None:
        if isinstance(given, i.TabLeft | i.TabOffDuty):
            self._known.pop(given.client, None)
        leg = self._live.get(given.client)
        if leg is not None and self._dispatch(leg, given, now):
            return
        if isinstance(given, _REQUESTS):
            self._emit(self._too_late(given))

    def _too_late(self, given: i.AnswerTapped | i.DeclineTapped | i.HangUpTapped) -> e.Effect:
        """A request for a leg that is over, or that does not fit: hanging up what is over is done already."""
        last = next((leg for leg in reversed(self.clients) if leg.tab and leg.tab.client == given.client), None)
        if last is None:
            return e.TellError(given.client, given.request_id, "not_found", "This call does not ring here.")
        if last.state is not ClientState.ENDED:
            return e.TellError(given.client, given.request_id, "conflict", "This call is being put through already.")
        if not isinstance(given, i.AnswerTapped):
            return e.TellDone(given.client, given.request_id)
        if last.cause == "answered_elsewhere":
            detail = "Somebody else answered first."
            return e.TellError(given.client, given.request_id, "answered_elsewhere", detail)
        return e.TellError(given.client, given.request_id, "call_over", "This call is over.")

    def _tab_came(self, given: i.TabCame, now: float) -> None:
        tab = given.tab
        self._known[tab.client] = tab
        leg = self._live.get(tab.client)
        if leg is not None:
            if leg.tab is not None and leg.tab.user_id == tab.user_id:
                self._dispatch(leg, m.TabBack(), now)
            return
        ringing = self._ending is None and self.station.state in (
            StationState.OPENING,
            StationState.ANNOUNCED,
            StationState.RESTORING,
        )
        if ringing and self._tab_may_join(tab, now):
            self._ring_tabs((tab,), now)
            if self._live:
                self._stop("alone")

    def _door_answered(self, given: i.DoorAnswered) -> None:
        if given.opened:
            self.doors_opened += 1
        for leg in self._live.values():
            if leg.tab is not None and leg.tab.client != given.client:
                self._emit(
                    e.TellDoor(
                        leg.tab.client, None, given.door_id, given.opened, given.open_for_s, given.code, given.detail
                    )
                )

    def _media_lost(self, given: i.MediaLost, now: float) -> None:
        """Set sound and picture up anew where the call is in a state for that; else it ends in words."""
        station, talker, winner = self.station, self.talker, self.winner
        self._renewals += 1
        if self._media_lost_at is None:
            self._media_lost_at = now if given.since is None else given.since
        often = self._renewals > limits.MEDIA_RENEWALS_MAX or self._ending is not None
        if station.state is StationState.TALKING and talker is not None and not often:
            self._dispatch(talker, m.MediaGone(), now)
        elif (
            station.state in (StationState.ANNOUNCED, StationState.RESTORING)
            and (winner is None or winner.state is not ClientState.JOINED)
            and not often
        ):
            for leg in list(self._live.values()):
                self._dispatch(leg, m.MediaGone(), now)
            self._dispatch(station, m.MediaGone(), now)
        else:
            self._media_alive = False
            self._finish("media_failed", "platform")

    # -- time --------------------------------------------------------------------------------------------------------

    def _tick(self, now: float) -> None:
        due = sorted((at, timer) for timer, at in self._timers.items() if at <= now)
        for at, timer in due:
            if self._timers.get(timer) == at:
                del self._timers[timer]
                self._due(timer, now)
                self._drain(now)

    def _due(self, timer: Timer, now: float) -> None:
        legs: list[Leg]
        match timer:
            case "turn":
                self._dispatch(self.station, m.TurnOver(), now)
            case "ring":
                self._dispatch(self.station, m.RingTimeOver(), now)
            case "alone":
                self._dispatch(self.station, m.AloneTooLong(), now)
            case "warning":
                # The limit's own timer is read by the row.
                self._dispatch(self.station, m.WarningDue(), now)
            case "limit":
                self._dispatch(self.station, m.LimitDue(), now)
            case "prompt":
                self._dispatch(self.station, i.PromptOver(), now)
            case "key_frame":
                self._ask_key_frame(now)
            case "renewal":
                self._dispatch(self.station, m.RenewalTooSlow(), now)
            case "step":
                legs = [self.station, *self._live.values()]
                for leg in legs:
                    self._dispatch(leg, m.StepTooSlow(), now)
            case "winner":
                for leg in list(self._live.values()):
                    self._dispatch(leg, m.WinnerTooSlow(), now)
            case "away":
                for leg in list(self._live.values()):
                    self._dispatch(leg, m.AwayTooLong(), now)
