"""The station's call machine, in virtual time."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.limits import CONVERSATION_MAX_S, RING_CONFIGURED_MAX_S
from antiphon.wire.station import VisitorCause
from antiphon_station import machine as m
from antiphon_station.machine import StationMachine


def connected() -> StationMachine:
    machine = StationMachine()
    machine.handle(m.LinkChanged("up"), 0.0)
    return machine


def calling(now: float = 0.0) -> StationMachine:
    machine = connected()
    machine.handle(m.Pressed("main", "leg-1"), now)
    return machine


def ringing() -> StationMachine:
    machine = calling()
    machine.handle(m.Progressed("leg-1", 183), 1.0)
    return machine


def talking() -> StationMachine:
    machine = ringing()
    machine.handle(m.Answered("leg-1"), 5.0)
    return machine


def test_a_press_is_heard_at_once_and_calls() -> None:
    effects = connected().handle(m.Pressed("main", "leg-1"), 0.0)
    assert effects == [m.PlayTone("connecting"), m.PlaceCall("leg-1", "main")]


def test_ringback_sounds_from_the_first_ring_on_and_stops_at_once_on_answering() -> None:
    machine = calling()
    assert machine.handle(m.Progressed("leg-1", 180), 1.0) == [m.PlayTone("ringback")]
    assert machine.handle(m.Progressed("leg-1", 183), 1.1) == []
    assert machine.handle(m.Answered("leg-1"), 3.0) == [m.PlayTone(None), m.Talk("leg-1")]
    assert machine.state == "talking"


def test_a_second_press_never_ends_the_ring() -> None:
    for machine in (calling(), ringing(), talking()):
        state = machine.state
        assert machine.handle(m.Pressed("main", "leg-2"), 6.0) == []
        assert (machine.state, machine.leg) == (state, "leg-1")


def test_a_press_without_a_connection_waits_for_it_and_then_calls() -> None:
    machine = StationMachine()
    machine.handle(m.LinkChanged("down"), 0.0)
    assert machine.handle(m.Pressed("main", "leg-1"), 1.0) == [m.PlayTone("connecting"), m.Reconnect()]
    assert machine.handle(m.LinkChanged("up"), 2.0)[-1] == m.PlaceCall("leg-1", "main")


def test_a_press_without_a_connection_gives_up_in_words() -> None:
    machine = StationMachine()
    machine.handle(m.LinkChanged("down"), 0.0)
    machine.handle(m.Pressed("main", "leg-1"), 1.0)
    assert machine.next_deadline() == 1.0 + m.CONNECT_MAX_S
    assert machine.tick(1.0 + m.CONNECT_MAX_S) == [m.PlayTone(None), m.Say("platform_unreachable")]


@pytest.mark.parametrize(("link", "cause"), [("unclaimed", "unclaimed"), ("refused", "revoked")])
def test_a_station_that_may_not_call_says_so(link: m.Link, cause: VisitorCause) -> None:
    machine = StationMachine()
    machine.handle(m.LinkChanged(link), 0.0)
    assert machine.handle(m.Pressed("main", "leg-1"), 1.0)[-1] == m.Say(cause)


@pytest.mark.parametrize("cause", get_args(VisitorCause))
def test_every_word_of_the_platform_reaches_the_visitor(cause: VisitorCause) -> None:
    effects = ringing().handle(m.Refused("leg-1", 480, cause), 9.0)
    assert effects == [m.PlayTone(None), m.CloseMedia("leg-1"), m.Say(cause)]


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (403, "unclaimed"),
        (404, "unknown_button"),
        (408, "platform_unreachable"),
        (480, "nobody_available"),
        (486, "busy"),
        (488, "no_codec"),
        (500, "platform_error"),
        (503, "platform_unreachable"),
        (603, "declined"),
    ],
)
def test_a_refusal_without_a_word_is_understood_by_its_status(status: int, cause: VisitorCause) -> None:
    assert calling().handle(m.Refused("leg-1", status, ""), 2.0)[-1] == m.Say(cause)


def test_a_call_that_never_rings_ends_in_words() -> None:
    machine = calling()
    assert machine.tick(m.INVITE_MAX_S) == [
        m.EndCall("leg-1", "platform_unreachable"),
        m.PlayTone(None),
        m.CloseMedia("leg-1"),
        m.Say("platform_unreachable"),
    ]


def test_a_ring_that_the_platform_forgot_ends_in_words() -> None:
    machine = ringing()
    assert machine.next_deadline() == 1.0 + RING_CONFIGURED_MAX_S + m.GRACE_S
    assert machine.tick(1.0 + RING_CONFIGURED_MAX_S + m.GRACE_S)[-1] == m.Say("no_answer")


def test_a_conversation_that_the_platform_forgot_ends_at_the_limit() -> None:
    machine = talking()
    assert machine.tick(5.0 + CONVERSATION_MAX_S + m.GRACE_S)[-1] == m.Say("time_limit")


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        (m.Ended("leg-1", "hung_up", ""), "hung_up"),
        (m.Ended("leg-1", "hung_up", "time_limit"), "time_limit"),
        (m.Ended("leg-1", "lost", ""), "platform_unreachable"),
    ],
)
def test_the_visitor_hears_how_a_conversation_ended(event: m.Ended, cause: VisitorCause) -> None:
    assert talking().handle(event, 20.0)[-1] == m.Say(cause)


def test_hanging_up_while_ringing_cancels() -> None:
    effects = ringing().handle(m.HangUpPressed(), 3.0)
    assert effects[0] == m.EndCall("leg-1", "cancelled")
    assert effects[-1] == m.Say("cancelled")


def test_a_press_breaks_an_announcement_off_and_rings_anew() -> None:
    machine = ringing()
    machine.handle(m.Refused("leg-1", 480, "no_answer"), 9.0)
    effects = machine.handle(m.Pressed("main", "leg-2"), 10.0)
    assert effects == [m.StopSaying(), m.PlayTone("connecting"), m.PlaceCall("leg-2", "main")]


def test_after_the_announcement_the_station_rests() -> None:
    machine = ringing()
    machine.handle(m.Refused("leg-1", 480, "no_answer"), 9.0)
    machine.handle(m.PromptEnded(), 12.0)
    assert (machine.state, machine.next_deadline()) == ("idle", None)


def test_a_call_is_answered_by_itself_where_that_is_wanted() -> None:
    effects = connected().handle(m.Invited("leg-9", auto_answer=True), 0.0)
    assert effects == [m.AcceptCall("leg-9"), m.PlayTone(None), m.Talk("leg-9")]


def test_a_call_rings_where_it_is_not_and_a_press_answers() -> None:
    machine = connected()
    assert machine.handle(m.Invited("leg-9", auto_answer=False), 0.0) == [
        m.AlertCaller("leg-9"),
        m.PlayTone("being_called"),
    ]
    effects = machine.handle(m.Pressed("main", "unused"), 4.0)
    assert effects == [m.AcceptCall("leg-9"), m.PlayTone(None), m.Talk("leg-9")]


def test_a_ring_waits_for_somebody_who_answers_though_calls_are_put_through() -> None:
    machine = connected()
    assert machine.handle(m.AnswerPressed(), 0.0) == [], "nobody calls"
    effects = machine.handle(m.Invited("leg-9", auto_answer=True, rings=True), 0.0)
    assert effects == [m.AlertCaller("leg-9"), m.PlayTone("being_called")]
    assert machine.tick(RING_CONFIGURED_MAX_S) == [], "the platform ends rings, the station only when it did not"
    effects = machine.handle(m.AnswerPressed(), RING_CONFIGURED_MAX_S + 1)
    assert effects == [m.AcceptCall("leg-9"), m.PlayTone(None), m.Talk("leg-9")]


def test_a_ring_can_be_declined_and_nothing_is_said_then() -> None:
    machine = connected()
    machine.handle(m.Invited("leg-9", auto_answer=True, rings=True), 0.0)
    assert machine.handle(m.HangUpPressed(), 2.0) == [m.EndCall("leg-9", "declined"), m.PlayTone(None)]
    assert machine.state == "idle"


def test_a_ring_that_the_caller_gives_up_falls_silent() -> None:
    machine = connected()
    machine.handle(m.Invited("leg-9", auto_answer=True, rings=True), 0.0)
    assert machine.handle(m.Ended("leg-9", "cancelled", "answered_elsewhere"), 2.0) == [m.PlayTone(None)]
    assert machine.state == "idle"


def test_a_station_in_a_call_is_busy() -> None:
    assert talking().handle(m.Invited("leg-9", auto_answer=True), 9.0) == [m.RefuseCall("leg-9", 486, "busy")]


def test_an_empty_entrance_is_not_talked_to() -> None:
    machine = connected()
    machine.handle(m.Invited("leg-9", auto_answer=False), 0.0)
    assert machine.handle(m.Ended("leg-9", "cancelled", ""), 3.0) == [m.PlayTone(None)]
    assert machine.state == "idle"


LEGS = st.sampled_from(["leg-1", "leg-2", "leg-3"])
REASONS = st.sampled_from(["", "no_answer", "declined", "time_limit", "nonsense"])
INPUTS = st.one_of(
    st.builds(m.Pressed, st.just("main"), LEGS),
    st.builds(m.AnswerPressed),
    st.builds(m.HangUpPressed),
    st.builds(m.LinkChanged, st.sampled_from(get_args(m.Link))),
    st.builds(m.Progressed, LEGS, st.sampled_from([100, 180, 183, 199])),
    st.builds(m.Answered, LEGS),
    st.builds(m.Refused, LEGS, st.sampled_from([0, 403, 404, 480, 486, 500, 603]), REASONS),
    st.builds(m.Invited, LEGS, st.booleans(), st.booleans()),
    st.builds(m.Ended, LEGS, st.sampled_from(["cancelled", "hung_up", "lost"]), REASONS),
    st.builds(m.MediaFailed, LEGS, st.just("no_codec")),
    st.builds(m.PromptEnded),
)


@given(st.lists(st.tuples(INPUTS, st.floats(0, 100)), max_size=40))
def test_whatever_happens_media_and_words_match_the_state(steps: list[tuple[m.Input, float]]) -> None:
    machine = StationMachine()
    now, media, saying, tone = 0.0, None, False, None
    for event, pause_s in steps:
        now += pause_s
        effects = machine.tick(now)
        if machine.state == "idle":
            saying = False
        for effect in [*effects, *machine.handle(event, now)]:
            match effect:
                case m.PlaceCall(leg) | m.AcceptCall(leg):
                    assert media is None, "two calls at once"
                    media = leg
                case m.CloseMedia(leg):
                    assert media == leg
                    media = None
                case m.Say():
                    saying = True
                case m.StopSaying():
                    assert saying
                    saying = False
                case m.PlayTone(name):
                    tone = name
        if machine.state == "idle":
            saying = False
        assert (media is not None) == (machine.state in ("calling", "ringing", "talking"))
        assert saying == (machine.state == "announcing")
        assert (tone is not None) == (machine.state in ("connecting", "calling", "ringing", "being_called"))
        assert (machine.next_deadline() is None) == (machine.state == "idle")
        assert (machine.leg is None) == (machine.state in ("idle", "announcing"))


@given(st.lists(INPUTS, max_size=40))
def test_whatever_happens_the_station_comes_to_rest(events: list[m.Input]) -> None:
    machine = StationMachine()
    now = 0.0
    for event in events:
        machine.handle(event, now)
    for _ in range(3):
        if (deadline := machine.next_deadline()) is not None:
            now = deadline
            machine.tick(now)
    assert machine.state == "idle"
