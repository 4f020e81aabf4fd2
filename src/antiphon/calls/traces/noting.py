"""Owns what is noted of a call while it goes on: looks at what its machine is told and orders, and changes nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls.machine import CallMachine
from antiphon.calls.model import Leg, Tab
from antiphon.calls.ports import ClientId, LegId
from antiphon.calls.traces.facts import DoorTry, End, Facts, HeardFrom, Jump, Planned, RungLeg
from antiphon.directory import PriorityName, rings
from antiphon.directory.rings import Member

# What changes the picture that a reader has of a call; everything else waits for the next of these.
_NEWS = (e.TellRing, e.TellRingEnded, e.TellConnected, e.TellEnded, e.Announce, e.StationLooksDifferent)
_TONE_FROM = 180


@dataclass(slots=True)
class Notes:
    """Of one call. `noted` is fed with every input and what was ordered for it; `facts` is all of it so far."""

    begun: float  # the press, by the machine's clock
    door_names: dict[str, str] = field(default_factory=dict)
    plan: tuple[rings.Ringing, rings.Book, float] | None = None
    refused: str | None = None
    heard: list[HeardFrom] = field(default_factory=list)
    doors: list[DoorTry] = field(default_factory=list)
    late: set[LegId] = field(default_factory=set)
    statuses: dict[LegId, int] = field(default_factory=dict)
    written: bool = False  # the record has it: nothing more is to be written

    def planned(self, ringing: rings.Ringing, book: rings.Book, now: float) -> None:
        """The planner has answered."""
        self.plan = ringing, book, now

    def noted(self, machine: CallMachine, given: i.External, orders: Sequence[e.Effect], now: float) -> bool:
        """Whether there is something that a reader of the trace would see."""
        at_s = self._since(now)
        news = isinstance(given, i.DoorAnswered)
        if isinstance(given, i.DoorAnswered):
            who = _who_tapped(machine, given.client)
            door = self.door_names.get(given.door_id, "")
            self.doors.append(DoorTry(at_s, door, who, given.opened, given.code))
        elif isinstance(given, i.PlanRefused):
            self.refused = given.visitor
        for order in orders:
            news = news or isinstance(order, _NEWS)
            if isinstance(order, e.TellRing):
                if isinstance(given, i.TabCame):
                    self.late.add(order.leg)
            elif isinstance(order, e.Progress):
                if order.status >= _TONE_FROM and not self.heard:
                    self.heard.append(HeardFrom(at_s, "ring_tone"))
            elif isinstance(order, e.Announce):
                self.heard.append(HeardFrom(at_s, "prompt", order.prompt))
        return news

    def facts(
        self,
        machine: CallMachine,
        now: float,
        *,
        button: str,
        label: str,
        priority: PriorityName,
        at: datetime,
        zone: str,
        sip_call_id: str,
        end: End | None = None,
    ) -> Facts:
        """As of `now`; names only of those whom the planner's answer names."""
        return Facts(
            button=button,
            label=label,
            priority=priority,
            at=at,
            zone=zone,
            until_s=self._since(now),
            sip_call_id=sip_call_id,
            plan=self._plan(),
            refused=self.refused,
            legs=self._legs(machine),
            jumps=tuple(Jump(self._since(when), round(by_s, 1)) for when, by_s in machine.jumps),
            heard=tuple(self.heard),
            doors=tuple(self.doors),
            end=end,
        )

    def _plan(self) -> Planned | None:
        if self.plan is None:
            return None
        ringing, book, begun = self.plan
        return Planned(ringing, book.names, self._since(begun))

    def _legs(self, machine: CallMachine) -> tuple[RungLeg, ...]:
        windows: dict[str, list[ClientId]] = {}
        return tuple(self._leg(leg, leg.tab, windows) for leg in machine.clients if leg.tab is not None)

    def _leg(self, leg: Leg, tab: Tab, windows: dict[str, list[ClientId]]) -> RungLeg:
        of_receiver = windows.setdefault(tab.user_id, [])
        if tab.client not in of_receiver:
            of_receiver.append(tab.client)
        return RungLeg(
            leg_id=leg.leg_id,
            receiver=Member(tab.kind, tab.user_id),
            name=tab.user_name,
            device=of_receiver.index(tab.client) + 1,
            rang_s=self._moment(leg.rang_at),
            answered_s=self._moment(leg.answered_at),
            ended_s=self._moment(leg.ended_at),
            cause=leg.cause,
            late=leg.leg_id in self.late,
            status=self.statuses.get(leg.leg_id),
        )

    def _moment(self, monotonic: float | None) -> float | None:
        return None if monotonic is None else self._since(monotonic)

    def _since(self, monotonic: float) -> float:
        return round(max(monotonic - self.begun, 0.0), 1)


def _who_tapped(machine: CallMachine, client: ClientId | None) -> str:
    """Without a client it was a digit, and whoever talked sent it."""
    legs = machine.clients if client is not None else [leg for leg in machine.clients if leg.answered_at is not None]
    tabs = [leg.tab for leg in legs if leg.tab is not None and client in (None, leg.tab.client)]
    return tabs[-1].user_name if tabs else ""
