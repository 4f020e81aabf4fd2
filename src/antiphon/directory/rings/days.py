"""Whether a moment lies within times, by the clock on the wall: right across daylight-saving changes, midnight and leap days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal, NamedTuple

from antiphon.directory.rings.model import Holiday, Times

_DAY = timedelta(days=1)
Miss = Literal["date", "weekday", "holiday", "no_holiday", "time"]


class Day(NamedTuple):
    """A day as rules see it."""

    date: date
    weekday: int
    holiday: Holiday | None


def misses_day(times: Times, day: Day) -> Miss | None:
    """Why the times leave this day out; None: they do not."""
    if (times.from_date and day.date < times.from_date) or (times.to_date and day.date > times.to_date):
        return "date"
    if times.weekdays and day.weekday not in times.weekdays:
        return "weekday"
    if times.holidays == "only" and day.holiday is None:
        return "no_holiday"
    if times.holidays == "never" and day.holiday is not None:
        return "holiday"
    return None


def misses(times: Times, today: Day, minute: int, yesterday: Callable[[], Day]) -> Miss | None:
    """Why minute `minute` of `today` is outside; None: it is within. `yesterday` is asked for spans over midnight only."""
    why = misses_day(times, today)
    if not times.spans:
        return why
    if why is None:
        for span in times.spans:
            if span.start <= minute and (minute < span.end or span.end <= span.start):
                return None
    for span in times.spans:
        if span.end <= span.start and minute < span.end and misses_day(times, yesterday()) is None:
            return None
    return why or "time"


def day_before(day: date) -> date:
    return day - _DAY
