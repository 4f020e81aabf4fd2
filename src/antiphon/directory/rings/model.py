"""What a company says about who rings: members, steps, rules, plans, do not disturb; and what is known when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Literal, NamedTuple

from antiphon.limits import RING_CONFIGURED_MAX_S, RING_MAX_S

Kind = Literal["user", "station", "account", "number", "group", "contact"]
When = Literal["always", "busy", "no_answer", "offline", "do_not_disturb"]
Holidays = Literal["as_any_day", "only", "never"]

RECEIVERS: frozenset[str] = frozenset(("user", "station", "account", "number"))
"""What rings at last. Groups and contacts only name others."""


class Member(NamedTuple):
    """Who stands in a step: a receiver, a ring group or a contact. Of a telephone number, `id` is the number (E.164)."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True)
class Step:
    """Who rings together, and how long. Without `seconds`: as long as there is time."""

    members: tuple[Member, ...]
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """One after another; then again from the first, `rounds` times in all.

    Who stands in two neighbouring steps rings on without a break.
    """

    steps: tuple[Step, ...]
    rounds: int = 1


@dataclass(frozen=True, slots=True)
class Span:
    """From minute `start` of the local day until before minute `end` (1440: its end).

    An `end` at or before `start` is over midnight, and the hours after midnight belong to the day on which it began.
    """

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Times:
    """When: weekdays (1 Monday to 7 Sunday; none: every day), dates (inclusive; None: open), times of day (none: all day)."""

    weekdays: frozenset[int] = frozenset()
    from_date: date | None = None
    to_date: date | None = None
    spans: tuple[Span, ...] = ()
    holidays: Holidays = "as_any_day"


ANY_TIME = Times()


@dataclass(frozen=True, slots=True)
class AsWeekday:
    """Instead of steps: the rules below see such a day as this weekday, and as no holiday. "On public holidays ring as on Sundays"."""

    weekday: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A forwarding rule. `whose` is in which state: None is the plan's owner.

    `no_answer` replaces nothing: its steps come in addition, `after_s` after `whose` (None: anybody of this plan) began to ring.
    A rule that is not `enabled`, or only a draft, is passed over.
    """

    id: str
    then: Steps | AsWeekday
    times: Times = ANY_TIME
    when: When = "always"
    after_s: int | None = None
    whose: Member | None = None
    enabled: bool = True
    draft: bool = False


class HolidayCalendar(NamedTuple):
    """A country (ISO 3166-1) and, in it, a region (ISO 3166-2 without the country; "" for what holds everywhere)."""

    country: str
    subdivision: str = ""


class Holiday(NamedTuple):
    """Its name in German and in English; where nobody has written one, in the country's language."""

    de: str
    en: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The ring plan of a user, group or contact: rules in their order, the first that matches wins, else `otherwise`.

    Without `otherwise` a user rings as such. `last_resort` is rung when the plan finds nobody. `zone` is what its times are in.
    """

    owner: Member
    otherwise: Steps | None = None
    rules: tuple[Rule, ...] = ()
    last_resort: Steps | None = None
    zone: str = "UTC"
    holidays: HolidayCalendar | None = None


@dataclass(frozen=True, slots=True)
class Quiet:
    """Do not disturb: from `starts_at` to `ends_at` (None: until taken away), within these only at `times` in `zone`.

    It holds for calls of stations below `path`; "/" is everywhere. A schedule knows no holidays.
    """

    user_id: str
    starts_at: datetime
    set_by_name: str
    set_at: datetime
    ends_at: datetime | None = None
    path: str = "/"
    times: Times | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether a receiver can be reached, and whether it is in a call. `unknown` is tried."""

    state: Literal["online", "offline", "unknown"] = "unknown"
    busy: bool = False
    since: datetime | None = None


class Priority(IntEnum):
    """Of a button's calls; a higher one is shown first."""

    LOW = 1
    NORMAL = 2
    HIGH = 3
    ALARM = 4


Bar = Literal["disabled", "may_not_answer", "number_without_trunk"]


def no_holidays(calendar: HolidayCalendar, day: date) -> Holiday | None:
    """Of a book without holidays."""
    return None


@dataclass(frozen=True, slots=True)
class Book:
    """All that is known at the moment of asking; whoever fills it has looked only at one company.

    `names` has everything that exists: what is not in it is not a member any more (numbers need no name). `barred` says what
    exists and still does not ring for this station. `presence` may leave out what is unknown.
    """

    names: Mapping[Member, str]
    plans: Mapping[Member, Plan]
    presence: Mapping[Member, Presence]
    quiets: Mapping[str, tuple[Quiet, ...]]
    barred: Mapping[Member, Bar]
    last_resort: Steps | None = None
    alarm_breaks_quiet: bool = True
    holiday: Callable[[HolidayCalendar, date], Holiday | None] = no_holidays


@dataclass(frozen=True, slots=True)
class Ask:
    """Who rings for what this button is bound to, pressed at `moment` (aware) at a station at `station_path`?

    `zone` is the station's; what is told is told in it. What rings "as long as there is time" rings `open_s`, the length that the
    installation sets; steps with seconds have theirs, up to `seconds_max` in all.
    """

    start: tuple[Member, ...]
    moment: datetime
    station_path: str = "/"
    zone: str = "UTC"
    priority: Priority = Priority.NORMAL
    open_s: int = RING_MAX_S
    seconds_max: int = RING_CONFIGURED_MAX_S
