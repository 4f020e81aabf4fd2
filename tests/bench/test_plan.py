"""The benchmark of the planner measures what it says: twenty rules, thirty-two members, an answer that is one."""

from __future__ import annotations

from antiphon.assembly.bench import plan
from antiphon.directory import rings
from antiphon.directory.rings import Ask


def test_the_house_has_twenty_rules_and_thirty_two_members_who_all_come_up() -> None:
    book = plan.house()
    (house,) = book.plans.values()
    assert len(house.rules) == 20
    assert [fault for fault in rings.check(house, book) if fault.refuses] == []
    answer = rings.plan(book, Ask((house.owner,), plan._BEGIN.replace(day=5), zone="Europe/Vienna"))
    assert len(answer.legs) + len(answer.silences) == 32
    assert {silence.cause for silence in answer.silences} == {"do_not_disturb", "offline"}


def test_it_measures_and_judges_one_plan() -> None:
    result = plan.run(quick=True)
    assert set(result.figures) == {"plan", "all_own_rules", "in_words"}
    assert result.aims["plan"].at_most == 0.2
