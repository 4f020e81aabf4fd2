"""The tests of ring plans would find these: each plants a fault in the planner and looks which of them see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.rings import invariants, worlds
from tests.rings.worked import examples

from antiphon.directory import rings
from antiphon.directory.rings import Ask, Book, Member, Plan, Quiet, Step, Steps, choosing, planning

USER = worlds.USERS[0]
Plant = Callable[[pytest.MonkeyPatch], None]


def wrong() -> set[str]:
    """The worked examples that do not come out."""
    return {one.told for one in examples() if one.answers() != one.expected()}


def the_last_rule_wins(patch: pytest.MonkeyPatch) -> None:
    honest = choosing.choose
    patch.setattr(planning, "choose", lambda plan, known: honest(replace(plan, rules=plan.rules[::-1]), known))


def one_more_rings(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(planning, "RINGING_RECEIVERS_MAX", 33)


def quiet_people_ring(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(choosing.Known, "quiet", lambda self, member: None)


def clocks_never_change(patch: pytest.MonkeyPatch) -> None:
    honest = choosing.Known.local

    def winter(self: choosing.Known, zone: str) -> datetime:
        shown = honest(self, zone)
        return shown.replace(fold=0) - (shown.dst() or timedelta())

    patch.setattr(choosing.Known, "local", winter)


def silence_is_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(planning._Call, "_told", lambda self: [])


def a_night_ends_at_midnight(patch: pytest.MonkeyPatch) -> None:
    honest = choosing.misses

    def cut(times, today, minute, yesterday):  # type: ignore[no-untyped-def]
        return honest(times, today, minute, lambda: today._replace(date=today.date.min, weekday=0, holiday=None))

    patch.setattr(choosing, "misses", cut)


def offline_receivers_ring(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(choosing.Known, "presence", lambda self, member: rings.Presence("online"))


@pytest.mark.parametrize(
    ("plant", "seen_in"),
    [
        (the_last_rule_wins, "The first rule that matches wins, although the second matches too"),
        (one_more_rings, "Thirty-two ring at once, and the thirty-third is told"),
        (quiet_people_ring, "Do not disturb until 15:00"),
        (clocks_never_change, "A minute later it is 3:00, and a rule from 2:00 to 3:00 never came"),
        (silence_is_not_told, "Somebody who is offline does not ring, and joins when back"),
        (a_night_ends_at_midnight, "Over midnight: Friday from 22:00 to 6:00 is Friday's also at 2:00 on Saturday"),
        (offline_receivers_ring, "A step in which nobody can ring is passed over: the visitor does not wait for it"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_planted_fault_is_seen_by_the_examples(plant: Plant, seen_in: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong() == set()
    plant(monkeypatch)
    assert seen_in in wrong()


DESKS = tuple(Member("station", f"s{at}") for at in range(33))
TEAM = Member("group", "g0")
CROWD = Book(worlds.NAMES, {TEAM: Plan(TEAM, Steps((Step((USER, *DESKS)),)))}, {}, {}, {})
QUIET = replace(CROWD, quiets={USER.id: (Quiet(USER.id, worlds.NOON, "somebody", worlds.NOON),)})
AWAY = replace(CROWD, presence={DESKS[0]: rings.Presence("offline")})
PRESSED = Ask((TEAM,), worlds.NOON)


@pytest.mark.parametrize(
    ("plant", "book", "judge"),
    [
        (one_more_rings, CROWD, lambda answer, book: invariants.bounded(answer, PRESSED)),
        (quiet_people_ring, QUIET, lambda answer, book: invariants.only_who_may(answer, book, PRESSED)),
        (offline_receivers_ring, AWAY, lambda answer, book: invariants.only_who_may(answer, book, PRESSED)),
        (silence_is_not_told, QUIET, lambda answer, book: invariants.nothing_disappears(answer, book, PRESSED)),
    ],
    ids=["one_more_rings", "quiet_people_ring", "offline_receivers_ring", "silence_is_not_told"],
)
def test_a_planted_fault_is_seen_by_what_holds_for_every_plan(
    plant: Plant, book: Book, judge: Callable[[rings.Ringing, Book], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge(rings.plan(book, PRESSED), book)
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        judge(rings.plan(book, PRESSED), book)
