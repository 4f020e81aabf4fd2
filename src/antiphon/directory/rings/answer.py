"""Who rings, who does not, and why: what the planner answers. Facts, of which words are made afterwards in any language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from antiphon.directory.rings.days import Day, misses_day
from antiphon.directory.rings.model import Holiday, HolidayCalendar, Member, Presence, Quiet, Rule

Cause = Literal[
    "do_not_disturb",
    "offline",
    "busy",
    "forwarded",
    "loop",
    "too_deep",
    "too_many",
    "no_time_left",
    "may_not_answer",
    "not_a_member_any_more",
    "without_a_plan",
    "number_without_trunk",
    "disabled",
]
Code = Literal[
    "rule_applies",
    "rule_adds",
    "rule_changes_day",
    "rule_passed_over",
    "otherwise",
    "step_passed_over",
    "alarm_breaks_quiet",
    "last_resort",
    "no_last_resort",
]
Why = Literal[
    "off", "draft", "date", "weekday", "holiday", "no_holiday", "time", "state", "alarm", "not_rung", "not_reached"
]


class RuleRef(NamedTuple):
    """A rule by its place in the plan, counted from 1."""

    owner: Member
    number: int
    id: str


class LastResort(NamedTuple):
    """The last resort of this plan; None: the company's."""

    owner: Member | None


Via = tuple[Member | RuleRef | LastResort, ...]


class Leg(NamedTuple):
    """`receiver` rings from second `from_s` until before second `to_s`; `via` is how it came to that, from the button on."""

    receiver: Member
    from_s: int
    to_s: int
    via: Via
    rings_busy: bool


class Silence(NamedTuple):
    """`member` does not ring at `at_s`, or from then on, and why.

    `joins_until_s`: it rings as soon as it is back, before this second (offline). `rule` is what forwards. `limit` is the number
    that was reached (too_many, too_deep). `quiet` is who asked for it, `presence` since when it is offline.
    """

    member: Member
    at_s: int
    cause: Cause
    via: Via
    joins_until_s: int | None = None
    rule: RuleRef | None = None
    quiet: Quiet | None = None
    presence: Presence | None = None
    limit: int | None = None


class Decision(NamedTuple):
    """What was decided in the plan of `owner` (None: for the whole call), `local` being the moment in that plan's zone.

    `rule` is the rule's place, counted from 1, and `text` the rule itself; `why` it was passed over; `before` is the rule that came
    first. `weekday` is the day that the rules see, `holiday` its name in the plan's `calendar`. `step` counts from 1 and is the one passed over.
    """

    code: Code
    owner: Member | None
    local: datetime
    weekday: int
    holiday: Holiday | None = None
    calendar: HolidayCalendar | None = None
    rule: int | None = None
    text: Rule | None = None
    why: Why | None = None
    before: int | None = None
    step: int | None = None
    about: Member | None = None

    @property
    def by_night(self) -> bool:
        """Whether the rule applies by a night that began the day before."""
        if self.code != "rule_applies" or self.text is None:
            return False
        return misses_day(self.text.times, Day(self.local.date(), self.weekday, self.holiday)) is not None


@dataclass(frozen=True, slots=True)
class Ringing:
    """The whole answer. Legs by their beginning; at any second before `ends_at_s` somebody rings."""

    legs: tuple[Leg, ...]
    silences: tuple[Silence, ...]
    decisions: tuple[Decision, ...]
    ends_at_s: int
    last_resort: Literal["used", "none", "not_needed"]

    @property
    def finds_nobody(self) -> bool:
        return not self.legs
