"""Owns what every transition of a call machine uses: its legs, timers, outgoing orders, and the end of the call."""

from __future__ import annotations

from collections import deque
from typing import Literal

from antiphon import limits
from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls import leg_messages as m
from antiphon.calls.model import (
    LEG_CAUSE,
    PROMPTS,
    RINGING_STATES,
    TALKER_STATES,
    VISITOR,
    WINNER_STATES,
    CallLimits,
    CallRecord,
    ClientState,
    Direction,
    EndedBy,
    Leg,
    LegKind,
    LegRecord,
    MediaBreak,
    ReceiverKind,
    StationState,
    Tab,
    Turn,
)
from antiphon.calls.ports import CallId, ClientId, LegId
from antiphon.calls.table import TRANSITIONS
from antiphon.wire.client import EndCause, LegCause
from antiphon.wire.station import VisitorCause

Timer = Literal["step", "ring", "alone", "winner", "warning", "limit", "away", "prompt", "key_frame", "renewal", "turn"]


_LEG_KINDS: dict[ReceiverKind, LegKind] = {"user": "client", "account": "account", "station": "station"}


class WrongTransition(Exception):
    """A transition ended outside its row of the table: a fault of the machine itself."""


class Core:
    """Legs, timers and the queue between legs. The transitions are in `station_leg` and `client_leg`."""

    def __init__(
        self, call_id: CallId, direction: Direction, station_leg: LegId, *, account: bool, call_limits: CallLimits
    ) -> None:
        self.call_id = call_id
        self.direction: Direction = direction
        self.limits = call_limits
        self.station = Leg(station_leg, "account" if account else "station", StationState.NEW)
        self.clients: list[Leg] = []  # every leg that ever was, in order
        self.over = False
        self.started_at: float | None = None
        self.talking_since: float | None = None
        self.doors_opened = 0
        self._out: list[e.Effect] = []
        self._queue: deque[tuple[Leg, i.Input]] = deque()
        self._timers: dict[Timer, float] = {}
        self._by_leg: dict[LegId, Leg] = {station_leg: self.station}
        self._live: dict[ClientId, Leg] = {}  # the leg of a tab that has not ended
        self._ending: tuple[EndCause, EndedBy] | None = None
        self._turns: tuple[Turn, ...] = ()
        self._turns_from = 0.0  # when the plan began; earlier than it did where a turn was skipped
        self._declined: set[str] = set()
        self.jumps: list[tuple[float, float]] = []  # nobody rang any more: when, and how much later the turn was due
        self._had_turn: set[str] = set()  # rang through their turn
        self._late: set[str] = set()  # came after their turn, and ring to the end
        self._known: dict[ClientId, Tab] = {}  # tabs on duty, as far as this call was told
        self._offer = ""
        self._reliable = False
        self._closing: m.CloseWanted | None = None
        self._ring_until = self._ring_latest = 0.0
        self._caller_open = False
        self._previews = False
        self._station_sdp: str | None = None  # the session last agreed with the station
        self._media_alive = True
        self._key_frame_asked_at: float | None = None
        self._digits = 0
        self._station_session = ""  # what the station last said of its own sound and picture
        self._media_lost_at: float | None = None
        self._media_breaks: list[MediaBreak] = []
        self._renewals = 0
        self._stale: set[LegId] = set()  # tabs whose connection leads to an engine that is gone

    # -- what the call is, derived from its legs ---------------------------------------------------------------------

    @property
    def ringing(self) -> bool:
        """Receivers ring, or may."""
        return self._ending is None and self.station.state in (
            StationState.PLANNING,
            StationState.OPENING,
            StationState.ANNOUNCED,
            StationState.RESTORING,
            StationState.DIALLED,
        )

    @property
    def in_call(self) -> bool:
        return self._ending is None and self.station.state in (
            StationState.UPDATING,
            StationState.TAKING,
            StationState.TALKING,
        )

    @property
    def winner(self) -> Leg | None:
        """The leg that answered first and has not lost since."""
        return next((leg for leg in self._live.values() if leg.state in WINNER_STATES), None)

    @property
    def talker(self) -> Leg | None:
        """The leg that talks, or is away for a moment."""
        return next((leg for leg in self._live.values() if leg.state in TALKER_STATES), None)

    def next_deadline(self) -> float | None:
        """When `TimePassed` is due; None only when the call is over."""
        return min(self._timers.values(), default=None)

    def rung_by_sip(self, leg: LegId) -> bool:
        """That leg leads to an account or station that was rung."""
        found = self._by_leg.get(leg)
        return found is not None and found.tab is not None and found.tab.by_sip

    def leg_of(self, client: ClientId) -> Leg | None:
        """The leg of that tab that has not ended."""
        return self._live.get(client)

    # -- moving legs -------------------------------------------------------------------------------------------------

    def _dispatch(self, leg: Leg, given: i.Input, now: float) -> bool:
        """Carry out the row for this leg and input; False when the table has none."""
        row = TRANSITIONS.get((leg.state, type(given)))
        if row is None:
            return False
        after = getattr(self, row.do)(leg, given, now)
        if leg.state is not StationState.ENDED and leg.state is not ClientState.ENDED:
            leg.state = after
        if leg.state not in row.to:
            raise WrongTransition(f"{row.state} on {row.on.__name__} became {leg.state}")
        return True

    def _post(self, leg: Leg, given: i.Input) -> None:
        """Tell another leg, once the present transition is done."""
        self._queue.append((leg, given))

    def _drain(self, now: float) -> None:
        while self._queue:
            leg, given = self._queue.popleft()
            self._dispatch(leg, given, now)
        if not self.over and self._ending and self.station.state is StationState.ENDED and not self._live:
            self._write(now)

    def _emit(self, *effects: e.Effect) -> None:
        self._out.extend(effects)

    def _add_leg(self, tab: Tab, now: float) -> Leg:
        leg = Leg(f"{self.call_id}-{len(self.clients) + 1}", _LEG_KINDS[tab.kind], ClientState.NEW, tab)
        self.clients.append(leg)
        self._by_leg[leg.leg_id] = leg
        self._live[tab.client] = leg
        return leg

    def _end_leg(self, leg: Leg, cause: LegCause, now: float) -> None:
        leg.cause = cause
        leg.ended_at = now
        if leg.tab is None:
            leg.state = StationState.ENDED
        else:
            leg.state = ClientState.ENDED
            self._live.pop(leg.tab.client, None)

    def _ringing_legs(self) -> list[Leg]:
        return [leg for leg in self._live.values() if leg.state in RINGING_STATES]

    # -- timers ------------------------------------------------------------------------------------------------------

    def _set(self, timer: Timer, at: float) -> None:
        self._timers[timer] = at

    def _stop(self, *timers: Timer) -> None:
        for timer in timers:
            self._timers.pop(timer, None)

    def _ask_key_frame(self, now: float) -> None:
        """At once, or when the last request is long enough ago; many receivers share one."""
        due = now if self._key_frame_asked_at is None else self._key_frame_asked_at + limits.KEY_FRAME_REQUEST_MIN_S
        if due > now:
            self._set("key_frame", due)
            return
        self._stop("key_frame")
        self._key_frame_asked_at = now
        self._emit(e.AskKeyFrame())

    # -- the end -----------------------------------------------------------------------------------------------------

    def _finish(
        self,
        cause: EndCause,
        by: EndedBy,
        *,
        visitor: VisitorCause | None = None,
        status: int | None = None,
    ) -> None:
        """End every leg that is left; the first cause stands."""
        if self._ending is not None:
            return
        self._ending = (cause, by)
        self._timers.clear()
        told, refusal = VISITOR[cause]
        leg_cause = LEG_CAUSE[cause]
        for leg in self._live.values():
            self._post(leg, m.StopWanted(leg_cause))
        prompt = PROMPTS.get(cause) if self._media_alive and by != "station" else None
        self._post(self.station, m.CloseWanted(leg_cause, visitor or told, status or refusal, prompt))

    def _tell_ended(self, leg: Leg) -> None:
        if leg.tab is not None and self._ending is not None:
            self._emit(e.TellEnded(leg.tab.client, *self._ending))

    def _write(self, now: float) -> None:
        if self._ending is None:
            raise WrongTransition("a record without an end")
        self.over = True
        self._timers.clear()
        cause, by = self._ending
        answered_by = None
        if self.talking_since is not None and self.direction == "from_station":
            answered_by = next((leg.tab for leg in self.clients if leg.answered_at is not None), None)
        record = CallRecord(
            call_id=self.call_id,
            direction=self.direction,
            started_at=self.started_at if self.started_at is not None else now,
            answered_at=self.talking_since,
            ended_at=now,
            cause=cause,
            ended_by=by,
            answered_by=answered_by,
            doors_opened=self.doors_opened,
            legs=tuple(_leg_record(leg, now) for leg in (self.station, *self.clients)),
            media_breaks=tuple(self._media_breaks),
        )
        self._emit(e.CloseMedia(), e.StationLooksDifferent(), e.WriteRecord(record))


def _leg_record(leg: Leg, now: float) -> LegRecord:
    return LegRecord(
        leg_id=leg.leg_id,
        kind=leg.kind,
        user_id=leg.tab.user_id if leg.tab else None,
        user_name=leg.tab.user_name if leg.tab else None,
        cause=leg.cause or "failed",
        rang_at=leg.rang_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at if leg.ended_at is not None else now,
    )
