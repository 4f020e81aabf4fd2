"""What breaks at the ends while people ring and talk: tabs, sockets, the station. The parts: `test_faults.py`."""

from __future__ import annotations

import os
import re
import signal
import time

import pytest

from corridor.desk import Desk
from corridor.person import Person
from corridor.platform_under_test import Platform
from corridor.visitor import Visitor, told_since

pytestmark = pytest.mark.system


def in_a_talk(desk: Desk, platform: Platform, visitor: Visitor) -> Person:
    anna = desk.tab(platform.people[0])
    visitor.press()
    anna.is_rung()
    anna.answers()
    anna.talks()
    visitor.talks()
    return anna


def rings_within(visitor: Visitor, person: Person, within_s: float) -> None:
    """A press reaches this person; a visitor who is refused meanwhile presses again."""
    deadline = time.monotonic() + within_s
    while True:
        visitor.press()
        status = visitor.waits_until(
            "the press is decided", lambda now: now["call"]["state"] in ("ringing", "announcing", "idle"), within_s
        )
        if status["call"]["state"] == "ringing":
            break
        assert time.monotonic() < deadline, "the next call does not ring"
    person.is_rung()
    visitor.hang_up()
    person.is_not_rung()
    visitor.hang_up()
    visitor.is_idle()


def test_digits_go_both_ways_in_a_conversation(platform: Platform, desk: Desk, visitor: Visitor) -> None:
    anna = in_a_talk(desk, platform, visitor)
    anna.keys("7")
    visitor.waits_until("the station took the digit", lambda status: status["dtmf"] == ["7"])
    visitor.keys("5")
    anna.reads("The visitor pressed 5")
    anna.hangs_up()
    visitor.is_idle()
    assert "digit not sent" not in platform.log("calls")


def test_a_tab_that_is_torn_away_ends_the_talk_in_words_after_the_grace(
    platform: Platform, desk: Desk, visitor: Visitor
) -> None:
    anna = in_a_talk(desk, platform, visitor)
    told = visitor.prompts
    anna.is_torn_away()
    visitor.waits_until("the visitor is told", lambda status: bool(told_since(status, told)), within_s=25)
    visitor.is_idle()
    assert platform.newest_call(platform.people[0])["ended_at"] is not None


def test_a_tab_that_is_torn_away_while_it_rings_stops_nobody_else(
    platform: Platform, three: list[Person], visitor: Visitor
) -> None:
    anna, bernd, clara = three
    visitor.press()
    for person in three:
        person.is_rung()
    anna.is_torn_away()
    for person in (bernd, clara):
        person.sees_the_visitor(frames=5)
        person.is_rung()
    assert visitor.status["call"]["state"] == "ringing"
    clara.answers()
    clara.talks()
    visitor.talks()
    clara.hangs_up()
    visitor.is_idle()


def test_a_lost_socket_comes_back_and_keeps_the_talk(platform: Platform, desk: Desk, visitor: Visitor) -> None:
    anna = in_a_talk(desk, platform, visitor)
    before = anna.sees_the_visitor(frames=5)["framesDecoded"]
    anna.loses_the_socket()
    anna.is_connected(sockets=2)
    anna.sees_the_visitor(frames=before + 10)
    anna.talks()
    assert visitor.status["call"]["state"] == "talking"
    anna.keys("3")
    visitor.waits_until("the tab is still in the call", lambda status: status["dtmf"] == ["3"])
    anna.hangs_up()
    visitor.is_idle()


def test_a_killed_station_is_offline_at_once_and_comes_back(platform: Platform, desk: Desk, visitor: Visitor) -> None:
    anna = desk.tab(platform.people[0])
    anna.sees_the_station("Online")
    before = platform.process("station")
    platform.kill("station")
    anna.sees_the_station("Offline", within_ms=10_000)
    platform.runs_again("station", before)
    anna.sees_the_station("Online", within_ms=30_000)
    rings_within(visitor, anna, 10)


def test_a_station_without_network_is_offline_within_fifteen_seconds(
    platform: Platform, desk: Desk, visitor: Visitor
) -> None:
    """Its process is held: like a pulled cable, it says nothing more, not even that its connection ends."""
    anna = desk.tab(platform.people[0])
    anna.sees_the_station("Online")
    held = platform.process("station")
    os.kill(held, signal.SIGSTOP)
    try:
        anna.sees_the_station("Offline", within_ms=15_000)
    finally:
        os.kill(held, signal.SIGCONT)
    anna.sees_the_station("Online", within_ms=30_000)


@pytest.mark.parametrize("way", ["closes_the_tab", "reloads"])
def test_closing_or_reloading_the_tab_in_a_talk_is_said_to_the_visitor_at_once(
    platform: Platform, desk: Desk, visitor: Visitor, way: str
) -> None:
    anna = in_a_talk(desk, platform, visitor)
    told = visitor.prompts
    getattr(anna, way)()
    visitor.is_told("hung_up", since=told, within_s=3)
    visitor.hang_up()
    visitor.is_idle()


def test_a_station_that_does_not_acknowledge_is_said_to_whoever_tapped_and_never_opens_late(
    platform: Platform, desk: Desk, visitor: Visitor
) -> None:
    anna = in_a_talk(desk, platform, visitor)
    pulses = len(visitor.pulses())
    held = platform.process("station")
    os.kill(held, signal.SIGSTOP)
    try:
        tapped = time.monotonic()
        anna.opens()
        anna.reads(re.compile("The station cannot be reached"))
        assert time.monotonic() - tapped < 4, "two seconds for the station, and the way there and back"
    finally:
        os.kill(held, signal.SIGCONT)
    visitor.waits_until("the station is online", lambda status: status["messaging"] == "online", within_s=30)
    assert len(visitor.pulses()) == pulses, "an expired command is not carried out"
    if visitor.status["call"]["state"] == "talking":
        anna.hangs_up()
    visitor.is_idle(within_s=30)
