"""The worked examples of ring plans come out as they say, and the page for people says the same."""

from __future__ import annotations

import pytest
from tests.rings.worked import NAMES, PAGE, Example, examples, page

from antiphon.directory import rings

ALL = tuple(examples())


@pytest.mark.parametrize("example", ALL, ids=[f"{one.number}. {one.told}" for one in ALL])
def test_what_rings_is_what_the_example_says(example: Example) -> None:
    assert example.answers() == example.expected()
    assert [reason for reason in example.data.get("why", []) if reason not in example.reasons()] == []


def test_there_are_a_hundred_and_each_is_told_once() -> None:
    assert len(ALL) >= 100
    assert len({one.told for one in ALL}) == len(ALL)


@pytest.mark.parametrize("example", ALL, ids=[str(one.number) for one in ALL])
def test_the_plans_of_the_examples_may_be_saved(example: Example) -> None:
    """But for those that show what happens when they should not have been."""
    wrong = {fault.code for plan in example.book.plans.values() for fault in rings.check(plan, example.book)}
    if "names itself" in example.told:
        assert wrong == {"ring_plan_loops"}
    elif "forward to each other" in example.told:
        assert wrong == {"ring_plan_may_loop"}
    elif "without a calendar" in example.told:
        assert wrong == {"calendar_missing"}
    else:
        assert wrong - {"member_unknown"} == set()


@pytest.mark.parametrize("language", ["de", "en"])
def test_everything_that_comes_out_has_words(language: str) -> None:
    for example in ALL:
        words = rings.words(language, NAMES, example.ask.zone)
        answer = example.answer()
        said = [words.leg(leg) for leg in answer.legs] + [words.silence(silence) for silence in answer.silences]
        said += [words.decision(decision) for decision in answer.decisions]
        for plan in example.book.plans.values():
            said += [words.rule(rule, plan.owner, plan.holidays, seconds=True) for rule in plan.rules]
        for sentence in said:
            assert sentence.endswith("."), sentence
            assert "  " not in sentence, sentence
            assert "None" not in sentence, sentence


def test_the_page_says_what_the_examples_say() -> None:
    assert PAGE.read_text() == page(), "python -m tests.rings.worked > docs/ring-plans.md"
