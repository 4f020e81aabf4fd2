"""Owns what the service knows about one call that is going on: its machine, its station, its clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from antiphon import directory
from antiphon.calls.machine import CallMachine
from antiphon.calls.model import CallRecord
from antiphon.calls.ports import StationInvite
from antiphon.calls.store import AnsweredCall, EndedCall, EndedLeg
from antiphon.calls.traces.facts import End, Facts
from antiphon.calls.traces.noting import Notes
from antiphon.devices import Station
from antiphon.wire.client import MediaBreakView, StationState, StationView


@dataclass(slots=True)
class LiveCall:
    """One call between its first message and its record."""

    call_id: str
    machine: CallMachine
    started_mono: float
    started_at: datetime
    invite: StationInvite | None  # None: a client placed the call
    station: Station | None = None  # known once the plan is
    view: StationView | None = None
    button: str = ""
    button_label: str = ""
    priority: directory.PriorityName = "normal"
    placed_by: str | None = None  # the person who called the station
    devices: dict[str, Station] = field(default_factory=dict)  # accounts and stations that the plan rings, by id
    key_frame_taken: bool = False
    prompted: bool = False  # early media of its own was opened for a prompt
    rang_mono: float | None = None  # the first ring at a client
    previewed: bool = False
    tapped_mono: float | None = None  # the first tap on Answer
    connected: bool = False
    told_answered: bool = False  # the house knows who talks
    record: CallRecord | None = None  # how it ended, until it is known whose call it was
    notes: Notes = field(init=False)

    def __post_init__(self) -> None:
        self.notes = Notes(self.started_mono)

    def sees(self, station: Station | None, view: StationView | None) -> None:
        """It is known whose call it is."""
        self.station, self.view = station, view
        self.notes.door_names = {door.door_id: door.name for door in view.doors} if view else {}

    @property
    def company_id(self) -> str | None:
        return self.station.company_id if self.station else None

    @property
    def station_id(self) -> str | None:
        return self.station.id if self.station else None

    def moment(self, monotonic: float) -> datetime:
        """The date of a moment of the machine."""
        return self.started_at + timedelta(seconds=monotonic - self.started_mono)

    def talks_with(self, device_id: str) -> bool:
        """Somebody talks with that station in this call."""
        return self.station is not None and self.station.id == device_id and self.machine.talker is not None

    def log_fields(self) -> dict[str, str]:
        fields = {"call_id": self.call_id}
        if self.station is not None:
            fields |= {"company_id": self.station.company_id, "device_id": self.station.id}
        elif self.invite is not None:
            fields["device_id"] = self.invite.device_id or self.invite.account or ""
        if self.invite is not None:
            fields["sip_call_id"] = self.invite.sip_call_id
        return fields

    def station_state(self) -> StationState | None:
        """What this call makes of its station, or None when it leaves it alone."""
        if self.machine.in_call:
            return "in_call"
        return "ringing" if self.machine.ringing else None

    def answered(self) -> AnsweredCall | None:
        """Who talks since when; None while nobody does."""
        since = self.machine.talking_since
        if since is None:
            return None
        who = None
        if self.machine.direction == "from_station":
            who = next((leg.tab for leg in self.machine.clients if leg.answered_at is not None), None)
        return AnsweredCall(
            self.call_id, self.moment(since), who.user_id if who else None, who.user_name if who else None
        )

    def trace(self, now: float, end: End | None = None) -> Facts:
        """What is known of the call at that moment of the machine."""
        return self.notes.facts(
            self.machine,
            now,
            button=self.button,
            label=self.button_label,
            priority=self.priority,
            at=self.started_at,
            zone=self.station.time_zone if self.station else "UTC",
            sip_call_id=self.invite.sip_call_id if self.invite else "",
            end=end,
        )

    def ended(self, record: CallRecord) -> EndedCall:
        """The machine's record with dates."""

        def date(monotonic: float | None) -> datetime | None:
            return self.moment(monotonic) if monotonic is not None else None

        name = self.station.name if self.station else ""
        ended_s = round(max(record.ended_at - self.started_mono, 0.0), 1)
        return EndedCall(
            call_id=self.call_id,
            direction=record.direction,
            button=self.button,
            started_at=self.started_at,
            answered_at=date(record.answered_at),
            ended_at=self.moment(record.ended_at),
            cause=record.cause,
            ended_by=record.ended_by,
            answered_by_user=record.answered_by.user_id if record.answered_by else None,
            answered_by=record.answered_by.user_name if record.answered_by else None,
            placed_by=self.placed_by,
            doors_opened=record.doors_opened,
            media_breaks=tuple(
                MediaBreakView(at=self.moment(each.at), after_s=round(each.after_s, 3)) for each in record.media_breaks
            ),
            legs=tuple(
                EndedLeg(
                    leg_id=leg.leg_id,
                    kind=leg.kind,
                    user_id=leg.user_id,
                    who=leg.user_name or name,
                    cause=leg.cause,
                    rang_at=date(leg.rang_at),
                    answered_at=date(leg.answered_at),
                    ended_at=self.moment(leg.ended_at),
                )
                for leg in record.legs
            ),
            trace=self.trace(record.ended_at, End(ended_s, record.cause, record.ended_by)),
        )
