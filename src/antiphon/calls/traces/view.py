"""What the API says of a call's trace: in words of one language, and as data."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from antiphon.directory import PriorityName

Kept = Literal["kept", "before_traces", "newer"]
Weight = Literal["good", "calm", "fault"]
Advice = Literal[
    "nothing_to_mend",
    "change_do_not_disturb",
    "come_on_duty",
    "check_station",
    "change_ring_plan",
    "change_buttons",
    "set_last_resort",
    "give_right",
    "activate_person",
    "claim_station",
    "look_at_platform",
]
TargetKind = Literal["ring_plan", "do_not_disturb", "person", "station", "account", "ring_settings"]
RowState = Literal["visitor", "talked", "rang", "declined", "silent", "lost", "not_tried", "ringing", "talking"]
IntervalKind = Literal["hears_tone", "hears_prompt", "rings", "talks", "silent", "planned"]
_SENTENCE = Field(examples=["Did not ring: do not disturb until 15:00, set by S. Lechner at 13:58."])


class Target(BaseModel):
    """Where it is mended. `id` null: for the whole company."""

    kind: TargetKind
    id: str | None
    name: str = Field(examples=["S. Lechner"])


class Finding(BaseModel):
    """Something that kept the call from being answered, or that is good to know, and what can be done about it."""

    code: str = Field(examples=["do_not_disturb"])
    weight: Weight
    about: str = Field(description="Who or what, by name; empty: the whole call.", examples=["S. Lechner"])
    sentence: str = _SENTENCE
    advice: Advice
    advice_sentence: str = Field(examples=["Nothing to mend: this works as set."])
    target: Target | None


class Interval(BaseModel):
    """Part of a row, in seconds since the press. `planned`: was due and did not come about."""

    from_s: float
    to_s: float
    kind: IntervalKind
    sentence: str = Field(examples=["Rings 20 s"])


class PlannedPart(BaseModel):
    """What the ring plans said of this receiver, leg by leg and silence by silence; seconds are those of the plan."""

    kind: Literal["leg", "silence"]
    from_s: int
    to_s: int | None
    cause: str | None = Field(description="Of a silence.", examples=["do_not_disturb"])
    way: str = Field(description="How it came to that, from the button on.", examples=["Empfang, rule 3"])
    sentence: str = _SENTENCE


class TraceRow(BaseModel):
    """The visitor, or somebody who rang or could have; with what really happened and what was planned."""

    kind: Literal["visitor", "user", "account", "station", "number", "group", "contact"]
    id: str
    name: str = Field(examples=["S. Lechner"])
    detail: str = Field(description="Second line.", examples=["from second 20 on"])
    state: RowState
    sentence: str = _SENTENCE
    intervals: list[Interval]
    planned: list[PlannedPart]


class TraceDecision(BaseModel):
    """Which rule applied at the press, and why others did not."""

    code: str = Field(examples=["rule_applies"])
    owner: str = Field(description="Whose plan, by name; empty: the whole call.", examples=["Empfang"])
    sentence: str = Field(examples=["Rule 3 applies: it is Monday, 14:32, and no holiday."])


class TraceHappening(BaseModel):
    """Something that changed the course of the call."""

    at_s: float
    code: Literal["early_turn", "joined_late", "door_opened", "door_not_opened", "ended", "cut_off"]
    sentence: str = Field(examples=["Nobody rang any more: the next turn began 12 s early."])


class TechnicalLeg(BaseModel):
    """One device that was rung: what logs call it, and how it ended."""

    leg_id: str
    name: str
    device: int = Field(description="Which of a person's browser windows, from 1.")
    rang_s: float | None
    answered_s: float | None
    ended_s: float | None
    cause: str | None = Field(examples=["passed_on"])
    sip_status: int | None = Field(examples=[486])


class Technical(BaseModel):
    """For whoever reads logs."""

    sip_call_id: str
    refused_with: str | None = Field(examples=["unknown_button"])
    planned_at_s: float | None
    left_out: int = Field(description="Facts for which there was no room.")
    legs: list[TechnicalLeg]


class TraceView(BaseModel):
    """Why it rang, or did not. `private`: what tells about people's do not disturb and rules is left out, for want of the right
    to read ring plans there. Not `kept`: what is here comes from the call's record alone."""

    call_id: str
    kept: Kept
    private: bool
    live: bool
    station_id: str
    station_name: str = Field(examples=["Haupteingang"])
    place: str = Field(examples=["Rainerstraße 12, Stiege 2"])
    started_at: datetime
    zone: str = Field(examples=["Europe/Vienna"])
    button: str = Field(examples=["main"])
    button_label: str = Field(examples=["Hausverwaltung"])
    priority: PriorityName
    snapshot_id: str | None
    doors_opened: int
    lasted_s: float
    good: bool = Field(description="Somebody answered.")
    code: str = Field(examples=["no_answer"])
    headline: str = Field(examples=["Nobody picked up: one rang, one stayed silent."])
    findings: list[Finding]
    rows: list[TraceRow]
    decisions: list[TraceDecision]
    happenings: list[TraceHappening]
    technical: Technical
