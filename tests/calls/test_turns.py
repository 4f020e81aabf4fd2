"""Whose turn it is: one after another, together, early when somebody declines, late when somebody comes (R1)."""

from __future__ import annotations

from script import ANNA, ANNA_TOO, BERND, CARLA, OFFER, Play

from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls.model import Tab, Turn

RECEPTION_THEN_CARETAKER = (Turn("anna", 0, 20), Turn("bernd", 20, 40))


def planned(*turns: Turn, here: tuple[Tab, ...] = (ANNA, BERND, CARLA), play: Play | None = None) -> Play:
    play = play or Play()
    play.happens(i.Arrived(OFFER, previews=True))
    play.happens(i.Planned(turns, here))
    play.happens(i.CallerOpened("anchor sdp"))
    return play


def rung(play: Play) -> list[str]:
    """Who rings now."""
    return [tab.user_id for tab in (ANNA, BERND, CARLA) if play.machine.leg_of(tab.client) is not None]


def test_the_next_rings_when_the_time_of_the_first_is_over() -> None:
    play = planned(*RECEPTION_THEN_CARETAKER)
    assert rung(play) == ["anna"]
    play.passes(19.9)
    assert rung(play) == ["anna"]
    play.passes(0.2)
    assert rung(play) == ["bernd"]
    assert play.told(ANNA, e.TellRingEnded)[-1].cause == "passed_on"


def test_who_stands_in_two_steps_rings_on_without_a_break() -> None:
    play = planned(Turn("anna", 0, 40), Turn("bernd", 20, 40))
    play.passes(21)
    assert rung(play) == ["anna", "bernd"]
    assert len(play.told(ANNA, e.TellRing)) == 1


def test_everybody_is_told_how_long_it_rings_at_them() -> None:
    play = planned(Turn("anna", 0, 20), Turn("bernd", 0, 40))
    assert play.told(ANNA, e.TellRing)[0].rings_until == play.now + 20
    assert play.told(BERND, e.TellRing)[0].rings_until == play.now + 40


def test_the_next_gets_the_picture_too() -> None:
    play = planned(*RECEPTION_THEN_CARETAKER).previews(ANNA)
    play.passes(20.1)
    play.previews(BERND)
    play.connects(BERND)
    assert play.told(BERND, e.TellConnected)


def test_a_decline_of_the_only_one_rings_the_next_at_once() -> None:
    play = planned(*RECEPTION_THEN_CARETAKER)
    play.passes(5)
    play.declines(ANNA)
    assert rung(play) == ["bernd"]
    play.passes(19.9)
    assert rung(play) == ["bernd"], "the time of the second is as long as it was planned"
    play.passes(0.2)
    assert play.record.cause == "no_answer"


def test_a_decline_of_one_of_two_leaves_the_other_ringing_and_the_next_waiting() -> None:
    play = planned(Turn("anna", 0, 20), Turn("bernd", 0, 20), Turn("carla", 20, 40))
    play.declines(ANNA)
    assert rung(play) == ["bernd"]


def test_a_turn_in_which_nobody_is_there_is_passed_over() -> None:
    play = planned(*RECEPTION_THEN_CARETAKER, here=(BERND,))
    assert rung(play) == ["bernd"]


def test_who_comes_while_somebody_else_has_their_turn_joins_when_theirs_was_missed() -> None:
    play = planned(*RECEPTION_THEN_CARETAKER, here=(BERND,))
    play.happens(i.TabCame(ANNA))
    assert rung(play) == ["anna", "bernd"]
    play.passes(19)
    assert rung(play) == ["anna", "bernd"]


def test_who_rang_through_their_turn_does_not_ring_again_when_they_load_the_page_anew() -> None:
    play = planned(*RECEPTION_THEN_CARETAKER)
    play.passes(20.1)
    play.happens(i.TabLeft(ANNA.client))
    play.happens(i.TabCame(ANNA))
    assert rung(play) == ["bernd"]


def test_whose_turn_comes_later_does_not_ring_before_it() -> None:
    play = planned(*RECEPTION_THEN_CARETAKER, here=(ANNA,))
    play.happens(i.TabCame(BERND))
    assert rung(play) == ["anna"]
    play.passes(20.1)
    assert rung(play) == ["bernd"]


def test_a_chain_that_begins_again_rings_the_first_again() -> None:
    play = planned(Turn("anna", 0, 10), Turn("bernd", 10, 20), Turn("anna", 20, 30), Turn("bernd", 30, 40))
    assert rung(play) == ["anna"]
    play.passes(10.1)
    assert rung(play) == ["bernd"]
    play.passes(10)
    assert rung(play) == ["anna"]
    play.passes(10)
    assert rung(play) == ["bernd"]


def test_who_declined_is_not_rung_in_the_next_round() -> None:
    play = planned(Turn("anna", 0, 10), Turn("bernd", 10, 20), Turn("anna", 20, 30))
    play.passes(10.1)
    play.declines(BERND)
    assert rung(play) == ["anna"], "nobody waits for a turn of somebody who declined"
    play.declines(ANNA)
    assert play.record.cause == "declined"


def test_nobody_new_rings_while_somebody_is_being_put_through() -> None:
    play = planned(*RECEPTION_THEN_CARETAKER).previews(ANNA)
    play.passes(19)
    play.answers(ANNA)
    play.passes(2)
    assert not play.told(BERND, e.TellRing)


def test_when_the_one_who_answered_is_lost_those_ring_whose_turn_it_is_by_now() -> None:
    play = planned(*RECEPTION_THEN_CARETAKER).previews(ANNA)
    play.passes(19)
    play.answers(ANNA)
    play.passes(2)
    play.happens(i.TabLeft(ANNA.client))
    assert rung(play) == ["bernd"]


def test_a_plan_whose_last_turn_passes_ends_unanswered() -> None:
    play = planned(*RECEPTION_THEN_CARETAKER)
    play.passes(60)
    assert play.record.cause == "no_answer"
    assert play.causes() == {"station": "no_answer", "anna": "passed_on", "bernd": "no_answer"}


def test_thirty_two_ring_at_once_also_when_the_turn_changes() -> None:
    first = tuple(Tab(f"tab-{at}", f"user-{at}", "Somebody") for at in range(32))
    second = tuple(Tab(f"tab-{at}", f"user-{at}", "Somebody") for at in range(32, 64))
    turns = (*(Turn(tab.user_id, 0, 20) for tab in first), *(Turn(tab.user_id, 20, 40) for tab in second))
    play = planned(*turns, here=(*first, *second))
    play.passes(20.1)
    assert sum(play.machine.leg_of(tab.client) is not None for tab in first) == 0
    assert sum(play.machine.leg_of(tab.client) is not None for tab in second) == 32


def test_a_person_rings_at_all_their_tabs_in_their_turn() -> None:
    play = planned(Turn("bernd", 0, 20), Turn("anna", 20, 40), here=(ANNA, ANNA_TOO, BERND))
    play.passes(20.1)
    assert len(play.told(ANNA, e.TellRing)) == len(play.told(ANNA_TOO, e.TellRing)) == 1
