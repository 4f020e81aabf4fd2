"""The benchmark `plan`: how long it takes to know who rings. Pure computing on one core, nothing is started."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from antiphon.assembly.bench.report import Aim, Result, Spread, Value
from antiphon.directory import rings
from antiphon.directory.rings import (
    Ask,
    AsWeekday,
    Book,
    HolidayCalendar,
    Member,
    Plan,
    Presence,
    Quiet,
    Rule,
    Span,
    Step,
    Steps,
    Times,
)
from antiphon.limits import FORWARDING_RULES_PER_PLAN_MAX, RINGING_RECEIVERS_MAX

_NOTES = (
    "One plan with twenty rules (weekdays, hours, date ranges, holidays, a day that counts as another, states) and thirty-two",
    "  people, of whom one wants quiet and one is offline. A plan is what is judged: at moments over a year, so that other",
    "  rules win; the book is gathered already. Each moment is asked once, then once more (holidays of its year are known).",
)
_HOUSE = Member("contact", "ordination")
_PEOPLE = tuple(Member("user", f"user_{at}") for at in range(RINGING_RECEIVERS_MAX))
_BEGIN = datetime(2026, 1, 1, 8, tzinfo=UTC)


def run(*, quick: bool) -> Result:
    """Ask again and again."""
    result = Result("plan", notes=list(_NOTES))
    moments, runs = (100, 1) if quick else (2_000, 5)
    book = house()
    result.add(
        "plan",
        Spread.median([_asked(book, moments) for _ in range(runs)]),
        f"{FORWARDING_RULES_PER_PLAN_MAX} rules, {RINGING_RECEIVERS_MAX} members: one plan",
        Aim(at_most=0.2),
    )
    result.add(
        "all_own_rules",
        Spread.median([_asked(everybody_has_rules(book), moments // 10) for _ in range(runs)]),
        "The same, and each member has twenty rules of its own",
    )
    result.add("in_words", Value.median("ms", [_worded(book) for _ in range(10 * runs)]), "One answer in German words")
    return result


def house() -> Book:
    """The company that is asked: its plan is in the order in which a property manager would write it."""
    office = Times(frozenset({1, 2, 3, 4, 5}), spans=(Span(480, 720), Span(780, 1020)))
    rules = [
        Rule("closed", _ring(_PEOPLE[0]), Times(from_date=_BEGIN.date(), to_date=_BEGIN.date())),
        Rule("holidays", AsWeekday(7), Times(holidays="only")),
        *(
            Rule(f"leave_{at}", _ring(_PEOPLE[at]), Times(from_date=day, to_date=day + timedelta(days=2)))
            for at in range(8)
            if (day := (_BEGIN + timedelta(days=40 * at + 10)).date())
        ),
        *(Rule(f"busy_{at}", _ring(_PEOPLE[0]), when="busy", whose=_PEOPLE[at]) for at in range(3)),
        Rule("night", _ring(*_PEOPLE[:16]), Times(frozenset({5, 6}), spans=(Span(1320, 360),))),
        Rule("evening", _ring(*_PEOPLE[:8]), Times(spans=(Span(1080, 1320),))),
        Rule("late", _ring(*_PEOPLE[16:]), when="no_answer", after_s=20),
        Rule("summer", _ring(*_PEOPLE), Times(weekdays=frozenset({6}), from_date=date(2026, 7, 1))),
        Rule("office", _ring(*_PEOPLE), office),
        Rule("sunday", _ring(*_PEOPLE), Times(frozenset({7}))),
        Rule("draft", _ring(_PEOPLE[0]), draft=True),
    ]
    assert len(rules) == FORWARDING_RULES_PER_PLAN_MAX
    plan = Plan(_HOUSE, _ring(*_PEOPLE), tuple(rules), None, "Europe/Vienna", HolidayCalendar("AT", "5"))
    quiet = Quiet(_PEOPLE[5].id, _BEGIN, "S. Lechner", _BEGIN, times=office, zone="Europe/Vienna")
    return Book(
        {_HOUSE: "Ordination"} | {one: one.id for one in _PEOPLE},
        {_HOUSE: plan},
        {one: Presence("offline" if one is _PEOPLE[7] else "online") for one in _PEOPLE},
        {_PEOPLE[5].id: (quiet,)},
        {},
        holiday=rings.holiday,
    )


def everybody_has_rules(book: Book) -> Book:
    """The same company in which every person has rules of the own, half for a minute of the night, half for being busy."""
    night = Times(frozenset({1, 2, 3, 4, 5, 6, 7}), spans=(Span(180, 181),))
    rules = tuple(
        Rule(f"own_{at}", _ring(_PEOPLE[0]), night) if at % 2 else Rule(f"own_{at}", _ring(_PEOPLE[0]), when="busy")
        for at in range(FORWARDING_RULES_PER_PLAN_MAX)
    )
    return replace(
        book, plans={**book.plans, **{one: Plan(one, None, rules, None, "Europe/Vienna") for one in _PEOPLE}}
    )


def _asked(book: Book, moments: int) -> Spread:
    took_ms = []
    asks = [Ask((_HOUSE,), _BEGIN + timedelta(hours=4.37 * at), zone="Europe/Vienna") for at in range(moments)]
    for ask in asks:
        rings.plan(book, ask)
    gc.collect()
    for ask in asks:
        began = time.perf_counter_ns()
        rings.plan(book, ask)
        took_ms.append((time.perf_counter_ns() - began) / 1e6)
    return Spread.of("ms", took_ms)


def _worded(book: Book) -> float:
    answer = rings.plan(book, Ask((_HOUSE,), _BEGIN, zone="Europe/Vienna"))
    times = []
    for _ in range(5):
        began = time.perf_counter_ns()
        words = rings.words("de", book.names, "Europe/Vienna")
        for leg in answer.legs:
            words.leg(leg)
        for silence in answer.silences:
            words.silence(silence)
        for decision in answer.decisions:
            words.decision(decision)
        times.append((time.perf_counter_ns() - began) / 1e6)
    return statistics.median(times)


def _ring(*members: Member) -> Steps:
    return Steps((Step(members),))
