"""A plan drawn as a week shows the rule that a press at that minute would find."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rings import worlds

from antiphon.directory import rings
from antiphon.directory.rings import (
    Ask,
    AsWeekday,
    Book,
    HolidayCalendar,
    Member,
    Plan,
    Rule,
    Slot,
    Span,
    Step,
    Steps,
    Times,
)

GROUP = Member("group", "g1")
ONE = Steps((Step((worlds.USERS[0],)),))
OFFICE = Times(frozenset({1, 2, 3, 4, 5}), spans=(Span(480, 1020),))


def test_an_ordinary_week() -> None:
    plan = Plan(
        GROUP, ONE, (Rule("office", ONE, OFFICE), Rule("friday", ONE, Times(frozenset({5}), spans=(Span(1320, 360),))))
    )
    drawn = rings.week(plan, date(2026, 11, 23), rings.holiday)
    monday = [slot[1:] for slot in drawn if slot.day.isoweekday() == 1]
    assert monday == [(0, 480, None), (480, 1020, 1), (1020, 1440, None)]
    friday, saturday = ([slot[1:] for slot in drawn if slot.day.isoweekday() == day] for day in (5, 6))
    assert friday[-1] == (1320, 1440, 2)
    assert saturday == [(0, 360, 2), (360, 1440, None)]


def test_a_holiday_in_the_week_is_drawn_as_the_day_it_counts_as() -> None:
    rules = (Rule("holidays", AsWeekday(7), Times(holidays="only")), Rule("office", ONE, OFFICE))
    plan = Plan(GROUP, ONE, rules, holidays=HolidayCalendar("AT", "5"))
    drawn = rings.week(plan, date(2026, 12, 7), rings.holiday, days=2)
    assert drawn == (
        Slot(date(2026, 12, 7), 0, 480, None),
        Slot(date(2026, 12, 7), 480, 1020, 2),
        Slot(date(2026, 12, 7), 1020, 1440, None),
        Slot(date(2026, 12, 8), 0, 1440, None),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(worlds.rules, max_size=5), st.dates(date(2026, 1, 1), date(2027, 6, 1)), st.integers(0, 7 * 1440 - 1))
def test_every_minute_of_the_week_is_in_one_slot_with_the_rule_that_wins(
    some: list[Rule], first: date, at: int
) -> None:
    plan = Plan(GROUP, ONE, tuple(some), zone="UTC", holidays=HolidayCalendar("AT", "5"))
    moment = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(minutes=at)
    minute = moment.hour * 60 + moment.minute
    drawn = rings.week(plan, first, rings.holiday)
    (slot,) = [one for one in drawn if one.day == moment.date() and one.from_minute <= minute < one.to_minute]
    book = Book(worlds.NAMES, {GROUP: plan}, {}, {}, {}, holiday=rings.holiday)
    answer = rings.plan(book, Ask((GROUP,), moment))
    stated = [one for one in answer.decisions if one.code == "rule_applies" and one.text and one.text.when != "always"]
    wins = [one.rule for one in answer.decisions if one.code == "rule_applies"]
    assert stated == [], "nobody is busy, offline or quiet in this book"
    assert slot.rule == (wins[0] if wins else None)
