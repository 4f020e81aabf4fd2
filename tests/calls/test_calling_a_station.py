"""A person calls a station."""

from __future__ import annotations

import pytest
from script import ANNA, Play

from antiphon.calls import effects as e
from antiphon.calls import inputs as i


def _placed() -> Play:
    play = Play(to_station=True)
    play.happens(i.Placed(ANNA, "request-0", "browser offer"))
    return play


def _rung() -> Play:
    play = _placed()
    play.happens(i.ClientOpened("offer for the station"))
    play.happens(i.StationProgressed(180))
    return play


def _talking() -> Play:
    play = _rung()
    play.happens(i.StationAnswered("station answer"))
    play.happens(i.StationAnswerTaken("answer for the browser"))
    return play


def test_from_the_tap_to_talking() -> None:
    play = _placed()
    assert play.orders == [e.TellStarted(ANNA.client, "request-0"), e.OpenClient("call-1-1", "browser offer")]
    orders = play.happens(i.ClientOpened("offer for the station"))
    assert e.InviteStation("door", "offer for the station", "Anna") in orders
    assert play.happens(i.StationAnswered("answer")) == [e.TakeStationAnswer("door", "answer")]
    orders = play.happens(i.StationAnswerTaken("answer for the browser"))
    assert e.TellRemoteSdp(ANNA.client, "answer for the browser") in orders
    assert e.TellConnected(ANNA.client, play.now, play.now + 600) in orders


def test_the_record_names_both_legs() -> None:
    play = _talking()
    play.hangs_up(ANNA)
    assert play.all(e.EndStation) == [e.EndStation("door", "hung_up")]
    assert play.record.direction == "to_station"
    assert play.record.answered_by is None
    assert play.causes() == {"station": "answered", "anna": "hung_up"}


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (404, "station_unreachable"),
        (480, "station_unreachable"),
        (408, "station_unreachable"),
        (503, "station_unreachable"),
        (486, "busy"),
        (603, "declined"),
        (488, "no_codec"),
    ],
)
def test_a_refusal_of_the_station_is_told_by_its_cause(status: int, cause: str) -> None:
    play = _rung()
    play.happens(i.StationRefused(status))
    assert play.told(ANNA, e.TellEnded)[0].cause == cause
    assert play.record.cause == cause


def test_a_call_that_cannot_be_placed_is_an_error_for_the_tapper_and_a_record() -> None:
    play = Play(to_station=True)
    refusal = i.PlaceRefusal("busy", "busy", "This station is in a call.")
    play.happens(i.Placed(ANNA, "request-0", "browser offer", refusal))
    assert play.told(ANNA, e.TellError) == [e.TellError(ANNA.client, "request-0", "busy", "This station is in a call.")]
    assert play.record.cause == "busy"


def test_hanging_up_before_the_station_answers_cancels() -> None:
    play = _rung()
    play.hangs_up(ANNA)
    assert play.all(e.EndStation) == [e.EndStation("door", "cancelled")]
    assert play.record.cause == "cancelled"


def test_a_placer_who_goes_away_cancels() -> None:
    play = _rung()
    play.happens(i.TabLeft(ANNA.client))
    assert play.record.cause == "cancelled"


def test_a_station_that_nobody_answers_at_ends_the_call() -> None:
    play = _rung()
    play.passes(61)
    assert play.told(ANNA, e.TellEnded)[0].cause == "no_answer"
    assert play.all(e.EndStation)


@pytest.mark.parametrize(
    ("code", "cause"), [("no_codec", "no_codec"), ("bad_sdp", "media_failed"), ("media_failed", "media_failed")]
)
def test_the_engine_refuses_the_browsers_offer(code: str, cause: str) -> None:
    play = _placed()
    play.happens(i.MediaFailed("call-1-1", code))
    assert play.told(ANNA, e.TellEnded)[0].cause == cause
    assert play.record.cause == cause


def test_the_engine_refuses_the_stations_answer() -> None:
    play = _rung()
    play.happens(i.StationAnswered("answer"))
    play.happens(i.MediaFailed("door", "media_failed"))
    assert play.all(e.EndStation)
    assert play.record.cause == "media_failed"


def test_the_time_limit_holds_here_too() -> None:
    play = _talking()
    play.passes(601)
    assert play.told(ANNA, e.TellWarning)
    assert play.record.cause == "time_limit"
