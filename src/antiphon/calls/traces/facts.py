"""The facts of one call's trace: what was asked, what the planner answered, what really happened. Seconds are since the press."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from antiphon.directory import PriorityName, rings
from antiphon.directory.rings import Member, Via

Heard = Literal["ring_tone", "prompt"]


@dataclass(frozen=True, slots=True)
class Planned:
    """The planner's answer, the names as they were then, and when its second 0 was."""

    ringing: rings.Ringing
    names: Mapping[Member, str]
    begun_s: float = 0.0


@dataclass(frozen=True, slots=True)
class RungLeg:
    """One device that was rung, or that placed the call. `device` counts a person's browser windows from 1.

    `late`: it came while the call rang. `status` is the SIP status with which a telephone refused.
    """

    leg_id: str
    receiver: Member
    name: str
    device: int
    rang_s: float | None
    answered_s: float | None
    ended_s: float | None
    cause: str | None
    late: bool = False
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Jump:
    """Nobody rang any more at `at_s`: what was due `by_s` later began at once."""

    at_s: float
    by_s: float


@dataclass(frozen=True, slots=True)
class HeardFrom:
    """What the visitor began to hear at `at_s`; `prompt` is which sentence."""

    at_s: float
    what: Heard
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class DoorTry:
    """Somebody wanted a door; `code` says why it did not open."""

    at_s: float
    door: str
    who: str
    opened: bool
    code: str | None = None


@dataclass(frozen=True, slots=True)
class End:
    """How the call ended, and by whom."""

    at_s: float
    cause: str
    by: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a trace is told from. `until_s` is how far it was written; `left_out` how many facts had no room.

    `refused`: nobody was asked, and what the visitor was told. Without `plan` and `refused` a person called the station.
    """

    button: str
    label: str
    priority: PriorityName
    at: datetime
    zone: str
    until_s: float
    sip_call_id: str = ""
    plan: Planned | None = None
    refused: str | None = None
    legs: tuple[RungLeg, ...] = ()
    jumps: tuple[Jump, ...] = ()
    heard: tuple[HeardFrom, ...] = ()
    doors: tuple[DoorTry, ...] = ()
    end: End | None = None
    left_out: int = 0


def members_in(ringing: rings.Ringing) -> frozenset[Member]:
    """Everybody whom the planner's answer names, rules that are told in full included."""
    return frozenset(_members_in(ringing))


def _members_in(ringing: rings.Ringing) -> Iterator[Member]:
    for leg in ringing.legs:
        yield leg.receiver
        yield from _on_way(leg.via)
    for silence in ringing.silences:
        yield silence.member
        yield from _on_way(silence.via)
        if silence.rule is not None:
            yield silence.rule.owner
    for decision in ringing.decisions:
        yield from (one for one in (decision.owner, decision.about) if one is not None)
        rule = decision.text
        if rule is None:
            continue
        if rule.whose is not None:
            yield rule.whose
        if isinstance(rule.then, rings.Steps):
            yield from (member for step in rule.then.steps for member in step.members)


def _on_way(via: Via) -> Iterator[Member]:
    for one in via:
        if isinstance(one, Member):
            yield one
        elif one.owner is not None:
            yield one.owner
