"""Who answers first wins; the others are told; a winner without media loses again."""

from __future__ import annotations

from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls.model import ClientState
from script import ANNA, BERND, CARLA, Play


def test_the_winner_is_offered_media_and_the_station_learns_the_session_before_the_200() -> None:
    play = Play().rings(ANNA, BERND).previews(ANNA, BERND)
    assert e.MakeConnectOffer("call-1-1") in play.answers(ANNA)
    assert play.happens(i.ConnectOfferMade("call-1-1", "offer")) == [e.TellMediaOffer(ANNA.client, "offer")]
    assert play.happens(i.MediaAnswered(ANNA.client, "answer")) == [e.TakeConnectAnswer("call-1-1", "answer")]
    orders = play.happens(i.ConnectAnswerTaken("call-1-1", "winner sdp"))
    assert e.OfferStation("door", "winner sdp") in orders
    assert play.all(e.AcceptStation) == []
    orders = play.happens(i.OfferAnswered())
    assert orders[0] == e.AcceptStation("door", "winner sdp")
    assert e.TellConnected(ANNA.client, play.now, play.now + 600) in orders


def test_another_makers_station_gets_one_200_with_the_winners_session_and_no_update() -> None:
    play = Play(account=True).rings(ANNA)
    play.answers(ANNA)
    play.joins(ANNA)
    assert play.all(e.OfferStation) == []
    assert play.all(e.AcceptStation) == [e.AcceptStation("door", "winner sdp")]
    assert play.told(ANNA, e.TellConnected)


def test_the_rest_are_told_who_answered() -> None:
    play = Play().talks(ANNA, BERND, CARLA)
    for tab in (BERND, CARLA):
        (ended,) = play.told(tab, e.TellRingEnded)
        assert (ended.cause, ended.answered_by) == ("answered_elsewhere", "Anna")
    assert play.told(ANNA, e.TellRingEnded) == []


def test_of_two_answers_the_first_wins_and_the_second_is_told() -> None:
    play = Play().rings(ANNA, BERND).previews(ANNA, BERND)
    play.answers(ANNA)
    play.answers(BERND)
    assert play.told(BERND, e.TellError)[0].code == "answered_elsewhere"
    assert play.told(BERND, e.TellRingEnded) == [e.TellRingEnded(BERND.client, "answered_elsewhere", "Anna")]
    assert len(play.all(e.MakeConnectOffer)) == 1


def test_an_answer_before_the_preview_stands_waits_for_it_and_then_connects() -> None:
    play = Play().rings(ANNA)
    play.happens(i.PreviewOfferMade("call-1-1", "preview offer"))
    play.answers(ANNA)
    assert play.leg(ANNA).state is ClientState.SETTLING
    assert play.all(e.MakeConnectOffer) == []
    play.happens(i.PreviewAnswered(ANNA.client, "preview answer"))
    play.happens(i.PreviewUp("call-1-1"))
    assert play.all(e.MakeConnectOffer) == [e.MakeConnectOffer("call-1-1")]


def test_an_answer_before_the_engine_has_the_caller_waits_for_it() -> None:
    play = Play().rings(ANNA, opened=False)
    play.answers(ANNA)
    assert play.all(e.MakeConnectOffer) == []
    play.happens(i.CallerOpened("anchor sdp"))
    assert play.all(e.MakeConnectOffer) == [e.MakeConnectOffer("call-1-1")]


def test_a_winner_without_media_in_five_seconds_loses_and_the_call_rings_on() -> None:
    play = Play().rings(ANNA, BERND).previews(ANNA, BERND)
    play.answers(ANNA)
    play.happens(i.ConnectOfferMade("call-1-1", "offer"))
    play.passes(5)
    assert play.told(ANNA, e.TellRingEnded)[0].cause == "failed"
    assert e.DropPreview("call-1-1") in play.orders
    assert play.told(BERND, e.TellRingEnded) == []
    play.connects(BERND)
    assert play.told(BERND, e.TellConnected)


def test_a_winner_whose_media_the_engine_refuses_loses_at_once() -> None:
    play = Play().rings(ANNA, BERND).previews(ANNA, BERND)
    play.answers(ANNA)
    play.happens(i.MediaFailed("call-1-1", "media_failed"))
    assert play.told(ANNA, e.TellRingEnded)[0].cause == "failed"
    play.connects(BERND)
    play.hangs_up(BERND)
    assert play.causes() == {"station": "answered", "anna": "failed", "bernd": "hung_up"}


def test_who_came_second_rings_again_when_the_winner_fails() -> None:
    play = Play().rings(ANNA, BERND).previews(ANNA, BERND)
    play.answers(ANNA)
    play.answers(BERND)
    play.passes(5)
    assert len(play.told(BERND, e.TellRing)) == 2
    play.connects(BERND)
    assert play.told(BERND, e.TellConnected)


def test_the_only_receiver_fails_and_the_visitor_is_told_after_a_moment() -> None:
    play = Play().rings(ANNA).previews(ANNA)
    play.answers(ANNA)
    play.passes(5)
    assert not play.machine.over
    play.passes(11)
    assert play.all(e.RefuseStation) == [e.RefuseStation("door", 500, "platform_error")]
    assert play.record.cause == "media_failed"


def test_the_ring_ends_in_time_although_a_winner_failed() -> None:
    play = Play().rings(ANNA, BERND).previews(ANNA, BERND)
    play.passes(58)
    play.answers(ANNA)
    play.passes(4)
    assert not play.machine.over
    play.passes(2)
    assert play.record.cause == "no_answer"


def test_the_caller_hangs_up_while_the_winner_connects() -> None:
    play = Play().rings(ANNA).previews(ANNA)
    play.answers(ANNA)
    play.happens(i.StationLeft("cancelled"))
    assert play.told(ANNA, e.TellEnded) == [e.TellEnded(ANNA.client, "cancelled", "station")]
    assert play.record.cause == "cancelled"


def test_a_winner_who_goes_away_before_talking_leaves_the_ring_to_the_others() -> None:
    play = Play().rings(ANNA, BERND).previews(ANNA, BERND)
    play.answers(ANNA)
    play.happens(i.TabLeft(ANNA.client))
    play.connects(BERND)
    assert play.told(BERND, e.TellConnected)


def test_a_winner_who_hangs_up_before_talking_has_declined() -> None:
    play = Play().rings(ANNA, BERND).previews(ANNA, BERND)
    play.answers(ANNA)
    play.hangs_up(ANNA)
    assert play.told(ANNA, e.TellRingEnded)[0].cause == "declined"
    play.declines(BERND)
    assert play.record.cause == "declined"


def test_a_station_that_refuses_the_winners_session_ends_the_call() -> None:
    play = Play().rings(ANNA).previews(ANNA)
    play.answers(ANNA)
    play.joins(ANNA)
    play.happens(i.OfferRefused(488))
    assert play.told(ANNA, e.TellEnded) == [e.TellEnded(ANNA.client, "no_codec", "station")]
    assert play.record.cause == "no_codec"


def test_a_station_that_never_takes_the_winners_session_ends_the_call() -> None:
    play = Play().rings(ANNA).previews(ANNA)
    play.answers(ANNA)
    play.joins(ANNA)
    play.passes(6)
    assert play.record.cause == "media_failed"


def test_answering_a_call_that_is_over_is_answered_in_words() -> None:
    play = Play().talks(ANNA, BERND)
    play.answers(BERND)
    assert play.told(BERND, e.TellError)[-1].code == "answered_elsewhere"
    play.hangs_up(ANNA)
    play.answers(ANNA)
    assert play.told(ANNA, e.TellError)[-1].code == "call_over"
