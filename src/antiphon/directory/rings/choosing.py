"""Which rule of a plan wins at a moment, and why the others do not. Ordered: the first that matches wins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from antiphon.directory.rings.answer import Code, Decision, RuleRef, Why
from antiphon.directory.rings.days import Day, day_before, misses, misses_day
from antiphon.directory.rings.model import (
    Ask,
    AsWeekday,
    Book,
    Holiday,
    HolidayCalendar,
    Member,
    Plan,
    Presence,
    Priority,
    Quiet,
    Rule,
    Steps,
)

_UNKNOWN = Presence()


class Added(NamedTuple):
    """What a `no_answer` rule adds, how long after `whose` (None: anybody) began to ring, and the decision that says so."""

    steps: Steps
    after_s: int
    whose: Member | None
    ref: RuleRef
    decision: Decision


class Choice(NamedTuple):
    """What a plan says now: steps (None: ring the owner), the rule they are of (None: `otherwise`), and what comes in addition."""

    steps: Steps | None
    rule: Rule | None
    ref: RuleRef | None
    added: tuple[Added, ...]
    decisions: tuple[Decision, ...]


class Known:
    """The book as one call at one moment sees it."""

    def __init__(self, book: Book, ask: Ask) -> None:
        self._book, self._ask = book, ask
        self.alarm = ask.priority is Priority.ALARM
        self.breaks_quiet = self.alarm and book.alarm_breaks_quiet
        self._zones: dict[str, datetime] = {}
        self._holidays: dict[tuple[HolidayCalendar, date], Holiday | None] = {}
        self._quiets: dict[str, Quiet | None] = {}

    def local(self, zone: str) -> datetime:
        """The moment by the clock on the wall there; in UTC for a zone that this machine does not know."""
        found = self._zones.get(zone)
        if found is None:
            try:
                found = self._ask.moment.astimezone(ZoneInfo(zone))
            except (KeyError, ValueError, OSError):  # a ring is no place to fail for a zone that was renamed
                found = self._ask.moment.astimezone(ZoneInfo("UTC"))
            self._zones[zone] = found
        return found

    def day(self, calendar: HolidayCalendar | None, day: date) -> Day:
        if calendar is None:
            return Day(day, day.isoweekday(), None)
        key = (calendar, day)
        if key not in self._holidays:
            self._holidays[key] = self._book.holiday(calendar, day)
        return Day(day, day.isoweekday(), self._holidays[key])

    def presence(self, member: Member) -> Presence:
        return self._book.presence.get(member, _UNKNOWN)

    def quiet(self, member: Member) -> Quiet | None:
        """Who asked not to disturb this person for this call's station now; of several the one that lasts longest."""
        if member.kind != "user" or member.id not in self._book.quiets:
            return None
        if member.id not in self._quiets:
            asked = [one for one in self._book.quiets[member.id] if self._holds(one)]
            self._quiets[member.id] = max(asked, key=_lasts, default=None)
        return self._quiets[member.id]

    def _holds(self, quiet: Quiet) -> bool:
        moment = self._ask.moment
        if moment < quiet.starts_at or (quiet.ends_at is not None and moment >= quiet.ends_at):
            return False
        if not self._ask.station_path.startswith(quiet.path):
            return False
        if quiet.times is None:
            return True
        local = self.local(quiet.zone)
        today = self.day(None, local.date())
        return (
            misses(quiet.times, today, local.hour * 60 + local.minute, lambda: self.day(None, day_before(today.date)))
            is None
        )


def _lasts(quiet: Quiet) -> tuple[bool, bool, float]:
    """Order of how long: until taken away, to a time, by schedule."""
    return quiet.times is None, quiet.ends_at is None, quiet.ends_at.timestamp() if quiet.ends_at else 0.0


def timed(
    plan: Plan, day_of: Callable[[date], Day], date_: date, minute: int
) -> Iterator[tuple[int, Rule, Why | None, Day]]:
    """The rules in their order, counted from 1, why each is left out at that minute (None: it is not), and the day it sees.

    What depends on anybody's state is not looked at here. `AsWeekday` changes the day for those below it.
    """
    today = day_of(date_)
    changes: list[Rule] = []

    def yesterday() -> Day:
        day = day_of(day_before(date_))
        for change in changes:
            day = _changed(change, day)
        return day

    for number, rule in enumerate(plan.rules, 1):
        if rule.draft or not rule.enabled:
            yield number, rule, "draft" if rule.draft else "off", today
        elif isinstance(rule.then, AsWeekday):
            yield number, rule, misses_day(rule.times, today), today
            changes.append(rule)  # it may hold for yesterday, whose night is not over, and not for today
            today = _changed(rule, today)
        else:
            yield number, rule, misses(rule.times, today, minute, yesterday), today


def choose(plan: Plan, known: Known) -> Choice:
    """The first rule that matches wins; `no_answer` wins only over its like."""
    owner, calendar = plan.owner, plan.holidays
    local = known.local(plan.zone)
    winner: tuple[Rule, RuleRef, Steps] | None = None
    added: dict[Member | None, Added] = {}
    decisions: list[Decision] = []
    walk = timed(plan, lambda day: known.day(calendar, day), local.date(), local.hour * 60 + local.minute)
    for number, rule, left_out, day in walk:
        about = None if rule.when == "always" else rule.whose or owner
        why = left_out or _misses_state(rule, about, known)
        before: int | None = None
        if why is None:
            like = added.get(rule.whose) if rule.when == "no_answer" else None
            first = winner[1] if winner else like.ref if like else None
            if first is not None:
                why, before = "not_reached", first.number
        code: Code = "rule_passed_over"
        if why is None:
            ref = RuleRef(owner, number, rule.id)
            if isinstance(rule.then, AsWeekday):
                code = "rule_changes_day"
            elif rule.when == "no_answer":
                text = Decision(
                    "rule_adds", owner, local, day.weekday, day.holiday, calendar, number, rule, about=about
                )
                added[rule.whose] = Added(rule.then, rule.after_s or 0, rule.whose, ref, text)
                continue
            else:
                code = "rule_applies"
                winner = rule, ref, rule.then
        decisions.append(
            Decision(code, owner, local, day.weekday, day.holiday, calendar, number, rule, why, before, None, about)
        )
    if winner is not None:
        rule, ref, steps = winner
        return Choice(steps, rule, ref, tuple(added.values()), tuple(decisions))
    if plan.rules:
        decisions.append(Decision("otherwise", owner, local, local.isoweekday(), calendar=calendar))
    return Choice(plan.otherwise, None, None, tuple(added.values()), tuple(decisions))


def _changed(rule: Rule, day: Day) -> Day:
    if isinstance(rule.then, AsWeekday) and misses_day(rule.times, day) is None:
        return Day(day.date, rule.then.weekday, None)
    return day


def _misses_state(rule: Rule, about: Member | None, known: Known) -> Why | None:
    """Why the state that the rule is for is not there; None: it is, or the rule asks for none."""
    if about is None or rule.when == "no_answer":
        return None
    if rule.when == "busy":
        return "state" if not known.presence(about).busy else "alarm" if known.alarm else None
    if rule.when == "offline":
        return None if known.presence(about).state == "offline" else "state"
    return "state" if known.quiet(about) is None else "alarm" if known.breaks_quiet else None
