"""A ring plan drawn as a week: which rule is in force when, as far as that depends on nobody's state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from antiphon.directory.rings.choosing import timed
from antiphon.directory.rings.days import Day
from antiphon.directory.rings.model import AsWeekday, Holiday, HolidayCalendar, Plan

_MINUTES = 1440


class Slot(NamedTuple):
    """On `day`, from minute `from_minute` until before `to_minute` of the clock on the wall, rule number `rule` wins; None: none does."""

    day: date
    from_minute: int
    to_minute: int
    rule: int | None


def week(
    plan: Plan, first: date, holiday: Callable[[HolidayCalendar, date], Holiday | None], days: int = 7
) -> tuple[Slot, ...]:
    """The days from `first` on, each without gaps. Rules for busy, offline and the like come on top and are not in it."""

    def day_of(day: date) -> Day:
        return Day(day, day.isoweekday(), holiday(plan.holidays, day) if plan.holidays else None)

    edges = {minute for rule in plan.rules for span in rule.times.spans for minute in (span.start, span.end)}
    cuts = sorted({0} | {edge for edge in edges if 0 < edge < _MINUTES})
    slots: list[Slot] = []
    for day in (first + timedelta(days=at) for at in range(days)):
        for begin, end in zip(cuts, [*cuts[1:], _MINUTES], strict=True):
            rule = next(
                (
                    number
                    for number, rule, why, _ in timed(plan, day_of, day, begin)
                    if why is None and (rule.when == "always" and not isinstance(rule.then, AsWeekday))
                ),
                None,
            )
            last = slots[-1] if slots else None
            if last is not None and last.day == day and last.rule == rule:
                slots[-1] = last._replace(to_minute=end)
            else:
                slots.append(Slot(day, begin, end, rule))
    return tuple(slots)
