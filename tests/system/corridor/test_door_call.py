"""The corridor: from the button to the record, on the real engines, in real browsers."""

from __future__ import annotations

import io
import re

import av
import pytest

from corridor.desk import Desk
from corridor.person import Person
from corridor.platform_under_test import Platform
from corridor.visitor import Visitor

pytestmark = pytest.mark.system


def test_a_door_call_from_the_button_to_the_record(platform: Platform, three: list[Person], visitor: Visitor) -> None:
    anna, bernd, clara = three
    pulses = len(visitor.pulses())

    visitor.press("main")
    for person in three:
        person.is_rung()
    for person in three:
        seen = person.sees_the_visitor(frames=5)
        assert seen["soundReceived"] == 0, "a visitor is not heard before somebody answers"
    assert visitor.status["call"]["state"] == "ringing"
    assert visitor.status["playing"] == "ringback"

    bernd.answers()
    bernd.talks()
    for other in (anna, clara):
        other.is_not_rung()
        other.reads(re.compile("answered by Bernd"))
    visitor.talks()
    visitor.hears_somebody()
    bernd.hears_the_visitor()
    before = bernd.sees_the_visitor()["framesDecoded"]
    bernd.sees_the_visitor(frames=before + 10)
    visitor.waits_until("the visitor sees Bernd", lambda status: status["screen"]["frames"] > 5)
    assert visitor.status["playing"] is None, "no ringback while talking"

    bernd.opens()
    bernd.reads(re.compile("closes in"))
    assert len(visitor.pulses()) == pulses + 1

    bernd.hangs_up()
    visitor.is_idle()
    bernd.reads("You ended the call with Haupteingang.")

    record = platform.newest_call(bernd.email)
    assert record["cause"] == "answered"
    assert "Bernd" in record["answered_by"]
    assert record["doors_opened"] == 1
    assert record["ended_at"] > record["answered_at"] > record["started_at"]
    causes = sorted(leg["cause"] for leg in record["legs"] if leg["kind"] == "client")
    assert causes == ["answered_elsewhere", "answered_elsewhere", "hung_up"]
    with platform.api(anna.email) as client:
        picture = client.get(f"/api/v1/snapshots/{record['snapshot_id']}")
        assert picture.headers["content-type"] == "image/jpeg", picture.text
    with av.open(io.BytesIO(picture.content)) as file:
        frame = next(file.decode(video=0))
    assert (frame.width, frame.height) == (640, 480)
    anna.reads_in_the_history("Answered by Bernd Berger")


def test_a_decline_at_one_does_not_stop_the_others(platform: Platform, three: list[Person], visitor: Visitor) -> None:
    anna, bernd, clara = three
    visitor.press()
    for person in three:
        person.is_rung()
    anna.declines()
    anna.is_not_rung()
    bernd.is_rung()
    clara.is_rung()
    assert visitor.status["call"]["state"] == "ringing"
    told = visitor.prompts
    bernd.declines()
    clara.declines()
    visitor.is_told("declined", since=told)
    visitor.is_idle()
    assert platform.newest_call(anna.email)["cause"] == "declined"


def test_the_visitor_who_leaves_stops_every_ring(platform: Platform, three: list[Person], visitor: Visitor) -> None:
    visitor.press()
    for person in three:
        person.is_rung()
    visitor.hang_up()
    for person in three:
        person.is_not_rung()
        person.reads(re.compile("the visitor left"))
    record = platform.newest_call(three[0].email)
    assert record["cause"] == "cancelled"
    assert {leg["cause"] for leg in record["legs"] if leg["kind"] == "client"} == {"cancelled"}


def test_the_visitor_hangs_up_in_a_conversation(platform: Platform, desk: Desk, visitor: Visitor) -> None:
    anna = desk.tab(platform.people[0])
    visitor.press()
    anna.is_rung()
    anna.answers()
    anna.talks()
    visitor.hears_somebody()
    visitor.hang_up()
    anna.reads("Haupteingang hung up.")
    visitor.is_idle()
    assert platform.newest_call(anna.email)["cause"] == "answered"


def test_all_tabs_of_a_person_ring_and_one_owns_the_talk(platform: Platform, desk: Desk, visitor: Visitor) -> None:
    anna = desk.tab(platform.people[0])
    second = desk.tab(platform.people[0])
    visitor.press()
    anna.is_rung()
    second.is_rung()
    second.answers()
    second.talks()
    anna.is_not_rung()
    anna.reads(re.compile("another tab"))
    second.hears_the_visitor()
    assert all(call["soundReceived"] == 0 for call in anna.statistics().values())
    second.hangs_up()
    visitor.is_idle()


def test_digits_open_the_door_during_a_call(platform: Platform, desk: Desk, visitor: Visitor) -> None:
    anna = desk.tab(platform.people[0])
    pulses = len(visitor.pulses())
    visitor.press()
    anna.is_rung()
    anna.answers()
    anna.talks()
    visitor.talks()
    anna.page.get_by_role("button", name=re.compile("^Keypad")).click()
    anna.page.get_by_role("group", name="Tones to the station").get_by_role("button", name="#").click()
    visitor.waits_until("the door pulses", lambda status: len(status["outputs"]["door"]["pulses"]) == pulses + 1)
    anna.hangs_up()
    visitor.is_idle()
    anna.reads_on_the_newest_call("door opened")
    assert platform.newest_call(anna.email)["doors_opened"] == 1


def test_a_person_calls_the_station(platform: Platform, desk: Desk, visitor: Visitor) -> None:
    anna = desk.tab(platform.people[0])
    anna.calls()
    visitor.talks()
    anna.talks()
    visitor.hears_somebody()
    anna.hears_the_visitor()
    anna.sees_the_visitor(frames=5)
    anna.hangs_up()
    visitor.is_idle()
    record = platform.newest_call(anna.email)
    assert (record["direction"], record["cause"]) == ("to_station", "answered")
    assert record["placed_by"] == "Anna Auer"
    anna.reads_in_the_history("Called by Anna Auer")


def test_nobody_on_duty_is_said_to_the_visitor(platform: Platform, visitor: Visitor) -> None:
    told = visitor.prompts
    visitor.press()
    visitor.is_told("nobody_available", since=told)
    visitor.is_idle()
    assert platform.newest_call(platform.people[0])["cause"] == "nobody_available"
