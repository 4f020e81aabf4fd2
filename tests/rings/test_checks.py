"""What may not be saved is said with its field, its code and, where there is one, the limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from antiphon.directory import rings
from antiphon.directory.rings import (
    AsWeekday,
    Book,
    Fault,
    HolidayCalendar,
    Member,
    Plan,
    Rule,
    Span,
    Step,
    Steps,
    Times,
)
from antiphon.limits import FORWARDING_RULES_PER_PLAN_MAX, RING_NESTING_MAX, RINGING_RECEIVERS_MAX

TEAM, INNER, OUTER = (Member("group", name) for name in ("team", "inner", "outer"))
ANNA, BERT = Member("user", "anna"), Member("user", "bert")
DOOR = Member("station", "door")
DESKS = tuple(Member("station", f"desk_{at}") for at in range(40))
BOOK = Book({member: member.id for member in (TEAM, INNER, OUTER, ANNA, BERT, DOOR, *DESKS)}, {}, {}, {}, {})


def ring(*members: Member, seconds: int | None = None) -> Steps:
    return Steps((Step(members, seconds),))


def rule(**words: object) -> Rule:
    return Rule("rule", **({"then": ring(ANNA)} | words))  # type: ignore[arg-type]


GOOD = Plan(TEAM, ring(ANNA, BERT), (rule(), rule()), ring(DOOR), "Europe/Vienna", HolidayCalendar("AT", "5"))


def faults(plan: Plan, book: Book = BOOK) -> set[tuple[str, str]]:
    return {(fault.code, fault.field) for fault in rings.check(plan, book)}


def test_a_good_plan_has_none() -> None:
    assert rings.check(GOOD, BOOK) == ()


@pytest.mark.parametrize(
    ("plan", "code", "field"),
    [
        (replace(GOOD, zone="Europe/Salzburg"), "zone_unknown", "zone"),
        (replace(GOOD, zone="../etc/passwd"), "zone_unknown", "zone"),
        (replace(GOOD, holidays=HolidayCalendar("XX")), "calendar_unknown", "holidays"),
        (replace(GOOD, holidays=HolidayCalendar("AT", "10")), "calendar_unknown", "holidays"),
        (replace(GOOD, holidays=HolidayCalendar("Austria")), "calendar_unknown", "holidays"),
        (replace(GOOD, otherwise=None), "nobody_named", "otherwise"),
        (replace(GOOD, otherwise=Steps(())), "nobody_named", "otherwise/steps"),
        (replace(GOOD, otherwise=ring()), "nobody_named", "otherwise/steps/0/members"),
        (replace(GOOD, otherwise=ring(ANNA, seconds=4)), "step_too_short", "otherwise/steps/0/seconds"),
        (replace(GOOD, otherwise=ring(ANNA, seconds=181)), "step_too_long", "otherwise/steps/0/seconds"),
        (
            replace(GOOD, otherwise=Steps((Step((ANNA,)), Step((BERT,))))),
            "step_without_end",
            "otherwise/steps/0/seconds",
        ),
        (replace(GOOD, otherwise=Steps((Step((ANNA,)),), 2)), "step_without_end", "otherwise/steps/0/seconds"),
        (replace(GOOD, otherwise=Steps((Step((ANNA,), 9),), 11)), "too_many_rounds", "otherwise/rounds"),
        (replace(GOOD, otherwise=Steps((Step((ANNA,), 9),) * 13)), "too_many_steps", "otherwise/steps"),
        (replace(GOOD, otherwise=ring(Member("user", "gone"))), "member_unknown", "otherwise/steps/0/members/0"),
        (replace(GOOD, otherwise=Steps((Step((ANNA,), 61),) * 3)), "steps_too_long", "otherwise/steps"),
        (replace(GOOD, otherwise=ring(Member("number", "0662"))), "number_invalid", "otherwise/steps/0/members/0"),
        (replace(GOOD, otherwise=ring(Member("number", "+1;x"))), "number_invalid", "otherwise/steps/0/members/0"),
        (replace(GOOD, last_resort=ring(ANNA, seconds=1)), "step_too_short", "last_resort/steps/0/seconds"),
        (replace(GOOD, rules=(rule(times=Times(spans=(Span(1440, 3),))),)), "span_invalid", "rules/0/times/spans/0"),
        (replace(GOOD, rules=(rule(times=Times(spans=(Span(0, 3),) * 13)),)), "too_many_spans", "rules/0/times/spans"),
        (
            replace(GOOD, rules=(rule(times=Times(weekdays=frozenset({0}))),)),
            "weekday_invalid",
            "rules/0/times/weekdays",
        ),
        (
            replace(GOOD, rules=(rule(times=Times(from_date=date(2026, 2, 2), to_date=date(2026, 2, 1))),)),
            "dates_reversed",
            "rules/0/times/to_date",
        ),
        (
            replace(GOOD, rules=(rule(times=Times(holidays="only")),), holidays=None),
            "calendar_missing",
            "rules/0/times/holidays",
        ),
        (replace(GOOD, rules=(rule(when="busy"),)), "state_of_nobody", "rules/0/whose"),
        (replace(GOOD, rules=(rule(when="busy", whose=DOOR),), last_resort=None), "state_of_stranger", "rules/0/whose"),
        (replace(GOOD, rules=(rule(when="busy", whose=Member("user", "x")),)), "member_unknown", "rules/0/whose"),
        (replace(GOOD, rules=(rule(when="no_answer"),)), "after_missing", "rules/0/after_s"),
        (replace(GOOD, rules=(rule(when="no_answer", after_s=4),)), "after_invalid", "rules/0/after_s"),
        (replace(GOOD, rules=(rule(after_s=20),)), "after_invalid", "rules/0/after_s"),
        (replace(GOOD, rules=(rule(then=AsWeekday(7)),)), "day_rule_is_last", "rules/0"),
        (replace(GOOD, rules=(rule(then=AsWeekday(8)), rule())), "weekday_invalid", "rules/0/then/weekday"),
        (
            replace(GOOD, rules=(rule(then=AsWeekday(7), times=Times(spans=(Span(0, 60),))), rule())),
            "day_rule_has_times",
            "rules/0/times/spans",
        ),
    ],
)
def test_a_fault_names_its_field(plan: Plan, code: str, field: str) -> None:
    assert faults(plan) == {(code, field)}


def test_a_twenty_first_rule_is_refused_with_the_limit() -> None:
    assert rings.check(replace(GOOD, rules=(rule(),) * 20), BOOK) == ()
    (fault,) = rings.check(replace(GOOD, rules=(rule(),) * 21), BOOK)
    assert fault == Fault("too_many_rules", "rules", limit=FORWARDING_RULES_PER_PLAN_MAX)
    assert rings.words("en", BOOK.names).fault(fault) == "A ring plan has at most 20 rules."


def test_a_thirty_third_receiver_is_refused_with_the_limit_and_its_name() -> None:
    assert rings.check(replace(GOOD, otherwise=ring(*DESKS[:32])), BOOK) == ()
    (fault,) = rings.check(replace(GOOD, otherwise=ring(*DESKS[:33])), BOOK)
    assert fault == Fault(
        "too_many_receivers", "otherwise/steps/0/members", limit=RINGING_RECEIVERS_MAX, members=(DESKS[32],)
    )
    assert rings.words("en", BOOK.names).fault(fault) == "At most 32 ring at once. Too many: desk_32."
    assert rings.words("de", BOOK.names).fault(fault) == "Höchstens 32 läuten gleichzeitig. Zu viel: desk_32."


def test_thirty_three_one_after_another_are_no_crowd() -> None:
    steps = Steps((Step(DESKS[:17], 20), Step(DESKS[17:34], 20)))
    assert rings.check(replace(GOOD, otherwise=steps), BOOK) == ()


def test_what_a_rule_for_no_answer_adds_counts_together_with_what_rings_already() -> None:
    late = rule(when="no_answer", after_s=20, then=ring(ANNA, BERT))
    assert rings.check(Plan(TEAM, ring(*DESKS[:30]), (late,)), BOOK) == ()
    (fault,) = rings.check(Plan(TEAM, ring(*DESKS[:31]), (late,)), BOOK)
    assert (fault.code, fault.field) == ("too_many_receivers", "rules/0/then/steps/0/members")
    assert fault.members == (BERT,)
    instead = rule(then=ring(ANNA, BERT))
    assert rings.check(Plan(TEAM, ring(*DESKS[:31]), (instead,), last_resort=ring(*DESKS[:32])), BOOK) == ()


def test_a_crowd_that_would_come_about_in_an_outer_group_is_refused_where_it_is_made() -> None:
    book = replace(BOOK, plans={OUTER: Plan(OUTER, ring(INNER, *DESKS[:31])), INNER: Plan(INNER, ring(ANNA))})
    assert rings.check(Plan(INNER, ring(BERT)), book) == ()
    (fault,) = rings.check(Plan(INNER, ring(ANNA, BERT)), book)
    assert (fault.code, fault.in_plan) == ("too_many_receivers", OUTER)
    assert rings.words("en", book.names).fault(fault).startswith("At most 32 ring at once (in the plan of outer).")


def test_a_crowd_at_a_button_is_refused() -> None:
    book = replace(BOOK, plans={TEAM: Plan(TEAM, ring(*DESKS[:32]))})
    assert rings.check_start((TEAM,), book) == ()
    assert rings.check_start((TEAM, DESKS[5]), book) == ()
    (fault,) = rings.check_start((TEAM, ANNA), book)
    assert (fault.code, fault.members) == ("too_many_receivers", (ANNA,))
    assert rings.receivers_at_once((TEAM, ANNA), book.plans) == 33


def test_a_loop_is_refused_with_the_way_round() -> None:
    book = replace(BOOK, plans={TEAM: Plan(TEAM, ring(INNER, ANNA)), INNER: Plan(INNER, ring(OUTER))})
    (fault,) = rings.check(Plan(OUTER, ring(DOOR, TEAM)), book)
    assert fault == Fault("ring_plan_loops", "", members=(OUTER, TEAM, INNER, OUTER))
    assert (
        rings.words("en", BOOK.names).fault(fault)
        == "This goes round in a circle: outer, then team, then inner, then outer."
    )
    assert rings.loops(book.plans.values()) is None
    assert rings.loops([*book.plans.values(), Plan(OUTER, ring(TEAM))]) == (TEAM, INNER, OUTER, TEAM)


def test_a_group_that_names_itself_is_a_loop_and_a_person_who_does_is_none() -> None:
    assert faults(Plan(TEAM, ring(TEAM))) == {("ring_plan_loops", "")}
    assert faults(Plan(ANNA, ring(ANNA, BERT))) == set()


def test_a_loop_by_a_last_resort_or_by_a_rule_in_force_is_one_and_by_a_rule_that_is_off_is_none() -> None:
    book = replace(BOOK, plans={TEAM: Plan(TEAM, ring(ANNA), last_resort=ring(INNER))})
    assert ("ring_plan_loops", "") in faults(Plan(INNER, ring(BERT), (rule(then=ring(TEAM)),)), book)
    assert faults(Plan(INNER, ring(BERT), (rule(then=ring(TEAM), enabled=False),)), book) == set()


def test_two_who_stand_in_for_each_other_may_and_are_told() -> None:
    book = replace(BOOK, plans={ANNA: Plan(ANNA, None, (rule(when="busy", then=ring(BERT)),))})
    (fault,) = rings.check(Plan(BERT, None, (rule(when="offline", then=ring(ANNA)),)), book)
    assert (fault.code, fault.refuses) == ("ring_plan_may_loop", False)


def test_plans_within_each_other_have_a_limit_whichever_of_them_is_saved() -> None:
    chain = [Member("group", f"g{at}") for at in range(RING_NESTING_MAX + 1)]
    names = {**BOOK.names, **{member: member.id for member in chain}}
    plans = {one: Plan(one, ring(following)) for one, following in zip(chain, [*chain[1:], ANNA], strict=True)}
    for saved in chain:
        book = replace(BOOK, names=names, plans={owner: plan for owner, plan in plans.items() if owner != saved})
        assert ("nested_too_deep", "") in faults(plans[saved], book), saved
    short = dict(list(plans.items())[1:])
    for saved in short:
        assert faults(short[saved], replace(BOOK, names=names, plans=short)) == set()


def test_a_thousand_groups_that_hand_on_to_each_other_are_checked_all_the_same() -> None:
    chain = [Member("group", f"g{at}") for at in range(1000)]
    names = {**BOOK.names, **{member: member.id for member in chain}}
    plans = {
        one: Plan(one, ring(ANNA), (rule(when="busy", whose=ANNA, then=ring(following)),))
        for one, following in zip(chain, [*chain[1:], chain[0]], strict=True)
    }
    (fault,) = rings.check(plans[chain[0]], replace(BOOK, names=names, plans=plans))
    assert (fault.code, fault.refuses) == ("ring_plan_may_loop", False)
    assert len(fault.members) == 1001
