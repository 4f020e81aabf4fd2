"""A media engine that dies: sound and picture are offered anew at both ends, the ring goes on, the record says it."""

from __future__ import annotations

import pytest
from script import ANNA, BERND, Play

from antiphon import limits
from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls.model import ClientState, MediaBreak, StationState


def loses_media(play: Play, since: float | None = None) -> list[e.Effect]:
    return play.happens(i.MediaLost(since))


def renewed(play: Play) -> Play:
    """Engine, tab and station answer what they are asked after the engine was lost in a talk."""
    leg = play.leg(ANNA).leg_id
    play.happens(i.ConnectOfferMade(leg, "renewed offer"))
    play.happens(i.MediaAnswered(ANNA.client, "renewed answer"))
    play.happens(i.ConnectAnswerTaken(leg, "renewed sdp"))
    play.happens(i.OfferAnswered())
    return play


def test_in_a_talk_both_ends_are_offered_anew_and_the_talk_goes_on() -> None:
    play = Play().talks(ANNA)
    leg = play.leg(ANNA).leg_id
    before = len(play.all(e.OfferStation))
    assert loses_media(play) == [e.RenewMedia(leg, "door", play.all(e.OpenCaller)[0].offer)]
    renewed(play)
    assert play.told(ANNA, e.TellMediaOffer)[-1] == e.TellMediaOffer(ANNA.client, "renewed offer", renewed=True)
    assert play.all(e.TakeConnectAnswer)[-1] == e.TakeConnectAnswer(leg, "renewed answer")
    assert play.all(e.OfferStation)[before:] == [e.OfferStation("door", "renewed sdp")]
    assert play.leg(ANNA).state is ClientState.TALKING
    assert play.all(e.EndStation) == []
    assert play.happens(i.StationOffered("a refresh")) == [e.AnswerOffer("door", "renewed sdp")]


def test_the_record_says_when_and_how_long() -> None:
    play = Play().talks(ANNA)
    lost_at = play.now
    play.now += 1.0
    loses_media(play, since=lost_at)
    play.now += 0.25
    renewed(play)
    assert play.all(e.MediaCameBack) == [e.MediaCameBack(1.25)]
    play.hangs_up(ANNA)
    assert play.record.media_breaks == (MediaBreak(lost_at, 1.25),)
    assert play.record.cause == "answered"


def test_a_person_s_call_to_a_station_is_renewed_with_what_the_station_answered() -> None:
    play = Play(to_station=True)
    play.happens(i.Placed(ANNA, "request-0", "browser offer"))
    play.happens(i.ClientOpened("offer"))
    play.happens(i.StationAnswered("station answer"))
    play.happens(i.StationAnswerTaken("answer"))
    assert loses_media(play) == [e.RenewMedia(play.leg(ANNA).leg_id, "door", "station answer")]
    renewed(play)
    assert play.leg(ANNA).state is ClientState.TALKING


@pytest.mark.parametrize("step", ["the engine fails", "the station refuses", "nobody answers in time"])
def test_what_cannot_be_renewed_ends_in_words_at_both_ends(step: str) -> None:
    play = Play().talks(ANNA)
    leg = play.leg(ANNA).leg_id
    loses_media(play)
    if step == "the engine fails":
        play.happens(i.MediaFailed(leg, "media_failed"))
    elif step == "the station refuses":
        play.happens(i.ConnectOfferMade(leg, "renewed offer"))
        play.happens(i.MediaAnswered(ANNA.client, "renewed answer"))
        play.happens(i.ConnectAnswerTaken(leg, "renewed sdp"))
        play.happens(i.OfferRefused(488))
    else:
        play.passes(limits.MEDIA_RENEWAL_MAX_S)
    assert play.all(e.EndStation) == [e.EndStation("door", "platform_error")]
    assert play.told(ANNA, e.TellEnded) == [e.TellEnded(ANNA.client, "media_failed", "platform")]
    assert play.record.cause == "media_failed"
    assert play.record.media_breaks == ()


def test_an_engine_that_dies_again_while_it_is_offered_anew_is_offered_anew_again() -> None:
    play = Play().talks(ANNA)
    leg = play.leg(ANNA).leg_id
    loses_media(play)
    play.happens(i.ConnectOfferMade(leg, "renewed offer"))
    assert isinstance(loses_media(play)[0], e.RenewMedia)
    renewed(play)
    assert play.leg(ANNA).state is ClientState.TALKING
    assert len(play.all(e.MediaCameBack)) == 1


def test_a_call_that_keeps_losing_its_engine_is_given_up() -> None:
    """It may be this very call that the engine dies of."""
    play = Play().talks(ANNA)
    for _ in range(limits.MEDIA_RENEWALS_MAX):
        loses_media(play)
        renewed(play)
    loses_media(play)
    assert play.record.cause == "media_failed"
    assert len(play.record.media_breaks) == limits.MEDIA_RENEWALS_MAX


def test_planted_without_the_offer_anew_the_talk_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests above guard against."""
    monkeypatch.setattr(limits, "MEDIA_RENEWALS_MAX", 0)
    play = Play().talks(ANNA)
    loses_media(play)
    assert play.all(e.RenewMedia) == []
    assert play.record.cause == "media_failed"


def test_a_tab_that_is_away_is_offered_anew_when_it_comes_back() -> None:
    play = Play().talks(ANNA)
    play.happens(i.TabLeft(ANNA.client))
    assert loses_media(play) == []
    orders = play.happens(i.TabCame(ANNA))
    assert [type(order) for order in orders] == [e.TellConnected, e.RenewMedia]
    renewed(play)
    assert play.leg(ANNA).state is ClientState.TALKING


def test_a_tab_that_goes_in_the_middle_begins_anew_when_it_is_back() -> None:
    play = Play().talks(ANNA)
    loses_media(play)
    play.happens(i.ConnectOfferMade(play.leg(ANNA).leg_id, "renewed offer"))
    play.happens(i.TabLeft(ANNA.client))
    play.passes(limits.RECONNECT_GRACE_S - 1)
    assert isinstance(play.happens(i.TabCame(ANNA))[-1], e.RenewMedia)


def test_while_it_rings_the_caller_is_told_first_and_then_every_picture_comes_back() -> None:
    play = Play().rings(ANNA, BERND).previews(ANNA)
    progressed = len(play.all(e.Progress))
    assert loses_media(play) == [play.all(e.OpenCaller)[0]]
    assert play.machine.station.state is StationState.RESTORING
    assert play.happens(i.CallerOpened("second anchor sdp")) == [e.OfferStation("door", "second anchor sdp")]
    orders = play.happens(i.OfferAnswered())
    assert {order.leg for order in orders if isinstance(order, e.MakePreviewOffer)} == {
        play.leg(ANNA).leg_id,
        play.leg(BERND).leg_id,
    }
    assert len(play.all(e.Progress)) == progressed, "a second 183 would be another answer to the same offer"
    play.previews(ANNA).connects(ANNA)
    assert [offer.renewed for offer in play.told(ANNA, e.TellMediaOffer)] == [False]
    assert play.leg(ANNA).state is ClientState.TALKING


def test_whoever_answered_just_then_is_connected_by_the_new_engine() -> None:
    play = Play().rings(ANNA).previews(ANNA)
    play.answers(ANNA)
    loses_media(play)
    play.happens(i.CallerOpened("second anchor sdp"))
    orders = play.happens(i.OfferAnswered())
    assert e.MakeConnectOffer(play.leg(ANNA).leg_id) in orders
    play.joins(ANNA)
    play.happens(i.OfferAnswered())
    assert [offer.renewed for offer in play.told(ANNA, e.TellMediaOffer)] == [True]
    assert play.leg(ANNA).state is ClientState.TALKING


def test_a_ring_without_an_engine_ends_in_words() -> None:
    play = Play().rings(ANNA)
    loses_media(play)
    play.passes(limits.CALL_STEP_MAX_S)
    assert [refusal.cause for refusal in play.all(e.RefuseStation)] == ["platform_error"]
    assert play.record.cause == "media_failed"


def test_a_media_answer_that_nobody_asked_for_changes_nothing_in_a_talk() -> None:
    play = Play().talks(ANNA)
    assert play.happens(i.MediaAnswered(ANNA.client, "of the tab's own making")) == []
