"""A conversation: its limit, its end from both sides, digits, doors, lost sockets, lost media."""

from __future__ import annotations

import pytest
from script import ANNA, BERND, Play

from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls.model import CallLimits, ClientState, door_index_for_digit


def test_the_person_hangs_up() -> None:
    play = Play().talks(ANNA, BERND)
    play.passes(20)
    play.hangs_up(ANNA)
    assert play.all(e.EndStation) == [e.EndStation("door", "hung_up")]
    assert play.told(ANNA, e.TellEnded) == [e.TellEnded(ANNA.client, "answered", "client")]
    record = play.record
    assert (record.cause, record.ended_by, record.answered_by) == ("answered", "client", ANNA)
    assert play.causes() == {"station": "answered", "anna": "hung_up", "bernd": "answered_elsewhere"}


def test_the_visitor_hangs_up() -> None:
    play = Play().talks(ANNA)
    play.happens(i.StationLeft("hung_up"))
    assert play.told(ANNA, e.TellEnded) == [e.TellEnded(ANNA.client, "answered", "station")]
    assert play.all(e.EndStation) == []
    assert play.causes() == {"station": "hung_up", "anna": "answered"}


def test_a_station_that_vanishes_is_named_as_the_cause() -> None:
    play = Play().talks(ANNA)
    play.happens(i.StationLeft("lost"))
    assert play.record.cause == "station_unreachable"


def test_ten_minutes_with_a_warning_at_both_ends_thirty_seconds_before() -> None:
    play = Play().talks(ANNA)
    begun = play.now
    play.passes(569)
    assert play.all(e.Play) == []
    play.passes(2)
    assert play.all(e.Play) == [e.Play("door", "limit_warning"), e.Play("call-1-1", "limit_warning")]
    assert play.told(ANNA, e.TellWarning) == [e.TellWarning(ANNA.client, begun + 600)]
    play.passes(30)
    assert play.all(e.EndStation) == [e.EndStation("door", "time_limit")]
    assert play.told(ANNA, e.TellEnded) == [e.TellEnded(ANNA.client, "time_limit", "platform")]
    assert play.causes() == {"station": "time_limit", "anna": "time_limit"}


def test_another_makers_station_hears_why_the_time_is_up() -> None:
    play = Play(account=True).rings(ANNA)
    play.answers(ANNA)
    play.joins(ANNA)
    play.passes(601)
    assert play.all(e.Announce) == [e.Announce("door", "limit_reached", None)]
    play.happens(i.PromptStarted(3.0))
    play.passes(4)
    assert play.all(e.EndStation) == [e.EndStation("door", "time_limit")]


def test_an_installation_may_shorten_the_conversation() -> None:
    play = Play(call_limits=CallLimits(conversation_max_s=4, warning_before_s=2)).talks(ANNA)
    play.passes(2.5)
    assert play.told(ANNA, e.TellWarning)
    play.passes(2)
    assert play.record.cause == "time_limit"


def test_a_digit_of_the_person_goes_to_the_station_and_opens_its_door() -> None:
    play = Play().talks(ANNA)
    orders = play.happens(i.ClientDigit("call-1-1", "#", "request-9"))
    assert e.SendDigit("door", "#") in orders
    assert e.TellDone(ANNA.client, "request-9") in orders
    assert e.OpenDoorByDigit("anna", "Anna", "#", "request-9", account=False) in orders


def test_a_digit_in_the_persons_sound_opens_too_and_is_not_sent_twice() -> None:
    play = Play().talks(ANNA)
    orders = play.happens(i.ClientDigit("call-1-1", "2", None))
    assert [type(order) for order in orders] == [e.OpenDoorByDigit]


def test_a_digit_that_stands_for_no_door_only_goes_to_the_station() -> None:
    play = Play().talks(ANNA)
    orders = play.happens(i.ClientDigit("call-1-1", "*", "request-9"))
    assert [type(order) for order in orders] == [e.SendDigit, e.TellDone]


def test_a_digit_of_the_visitor_is_shown_and_opens_nothing() -> None:
    play = Play().talks(ANNA)
    assert play.happens(i.StationDigit("#")) == [e.TellDigit(ANNA.client, "#")]


@pytest.mark.parametrize(
    ("digit", "index"), [("#", 0), ("1", 0), ("2", 1), ("9", 8), ("0", None), ("*", None), ("A", None)]
)
def test_each_digit_stands_for_a_door(digit: str, index: int | None) -> None:
    assert door_index_for_digit(digit) == index


def test_an_opening_is_counted_and_told_to_the_others_in_the_call() -> None:
    play = Play().rings(ANNA, BERND)
    play.happens(i.DoorAnswered(ANNA.client, "request-1", "front", True, 4.0, None, None))
    assert play.all(e.TellDoor) == [e.TellDoor(BERND.client, None, "front", True, 4.0, None, None)]
    play.connects(BERND)
    play.hangs_up(BERND)
    assert play.record.doors_opened == 1


def test_an_opening_that_failed_is_not_counted() -> None:
    play = Play().talks(ANNA)
    play.happens(i.DoorAnswered(None, "request-1", "front", False, None, "station_unreachable", "No answer."))
    play.hangs_up(ANNA)
    assert play.record.doors_opened == 0


def test_a_lost_socket_is_waited_for_and_takes_its_conversation_back() -> None:
    play = Play().talks(ANNA)
    connected = play.told(ANNA, e.TellConnected)[0]
    play.happens(i.TabLeft(ANNA.client))
    play.passes(8)
    play.happens(i.TabCame(ANNA))
    assert play.told(ANNA, e.TellConnected) == [connected, connected]
    assert play.leg(ANNA).state is ClientState.TALKING
    play.passes(60)
    assert not play.machine.over


def test_a_socket_that_stays_away_ends_the_call_and_the_visitor_is_told() -> None:
    play = Play().talks(ANNA)
    play.happens(i.TabLeft(ANNA.client))
    play.passes(11)
    assert play.all(e.EndStation) == [e.EndStation("door", "hung_up")]
    assert play.causes()["anna"] == "disconnected"


def test_a_new_tab_of_the_same_person_does_not_inherit_the_conversation() -> None:
    play = Play().talks(ANNA)
    play.happens(i.TabLeft(ANNA.client))
    play.happens(i.TabCame(BERND))
    play.passes(11)
    assert play.machine.over


def test_a_revoked_station_is_cut_off_in_the_middle_of_a_conversation() -> None:
    play = Play().talks(ANNA)
    play.happens(i.DeviceRevoked())
    assert play.all(e.EndStation) == [e.EndStation("door", "revoked")]
    assert play.told(ANNA, e.TellEnded)[0].cause == "revoked"


def test_a_refresh_of_the_session_is_answered_with_what_was_agreed() -> None:
    play = Play().talks(ANNA)
    assert play.happens(i.StationOffered("the same again")) == [e.AnswerOffer("door", "winner sdp")]


def test_an_offer_while_ours_is_out_is_put_off() -> None:
    play = Play().rings(ANNA)
    assert play.happens(i.StationOffered("another")) == [e.RefuseOffer("door", 491)]


def test_hanging_up_twice_is_no_error() -> None:
    play = Play().talks(ANNA)
    play.hangs_up(ANNA)
    play.hangs_up(ANNA)
    assert len(play.told(ANNA, e.TellDone)) == 3
    assert len(play.all(e.WriteRecord)) == 1
