"""Every part killed with SIGKILL: idle, while it rings and in a talk. The next call works within ten seconds of the kill.

"Works" is the whole corridor: the press rings, the picture is there, Answer connects, sound both ways, the door opens.
The order of the tests is that of the matrix; the times of each recovery are printed at the end.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Browser

from antiphon.assembly.engines.outages import outages
from antiphon.limits import DOOR_ACK_MAX_S
from corridor.desk import Desk
from corridor.person import Person
from corridor.platform_under_test import Platform
from corridor.visitor import Json, Visitor, told_since

pytestmark = pytest.mark.system

WITHIN_S = 10.0
SOUND_BACK_S = 3.0
ENGINE_DEATHS = 4
PRESS_GAP_S = 0.5  # between two presses of a visitor who was refused
# Who carries nothing of a call that stands: the talk must not notice.
BYSTANDERS = ("mosquitto", "coturn", "api", "devices", "worker")
EVERY_PART = (*BYSTANDERS, "haproxy", "kamailio", "kamailio's child", "rtpengine", "calls")
KILLED: set[str] = set()  # by the tests that ran so far
CARRIERS = ("haproxy", "kamailio", "kamailio's child", "rtpengine", "calls")


@dataclass
class Times:
    """Seconds from the kill to the end of the next call's door opening, by part and moment."""

    lines: list[str] = field(default_factory=list)

    def note(self, part: str, moment: str, what: str, seconds: float) -> None:
        self.lines.append(f"{part:<17} {moment:<12} {what:<42} {seconds:6.2f} s")


@pytest.fixture(scope="module")
def times(request: pytest.FixtureRequest) -> Iterator[Times]:
    kept = Times()
    yield kept
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        sys.stdout.write("\n" + "\n".join(kept.lines) + "\n")


@pytest.fixture(scope="module")
def anna(browser: Browser, platform: Platform) -> Iterator[Person]:
    """One tab for the whole matrix: it has to live through everything, as an operator's does."""
    desk = Desk(browser, platform)
    yield desk.tab(platform.people[0])
    desk.close()


@pytest.fixture(autouse=True)
def quiet(anna: Person, visitor: Visitor) -> Iterator[None]:
    yield
    if visitor.status["call"]["state"] != "idle":
        visitor.hang_up()
        if visitor.status["call"]["state"] != "idle":
            visitor.hang_up()  # the announcement, too
    visitor.is_idle()
    anna.is_not_rung()


def kill(platform: Platform, part: str) -> float:
    """SIGKILL; the moment of it."""
    process = platform.process("kamailio" if part == "kamailio's child" else part)
    if part == "kamailio's child":
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        process = int(children[len(children) // 2])
    os.kill(process, signal.SIGKILL)
    KILLED.add(part.split("'")[0])
    return time.monotonic()


def rings(visitor: Visitor, within_s: float) -> None:
    """A press that rings; a visitor who is refused presses again."""
    deadline = time.monotonic() + within_s
    while True:
        visitor.press()
        status = visitor.waits_until(
            "the press is decided", lambda now: now["call"]["state"] in ("ringing", "announcing", "idle"), within_s
        )
        if status["call"]["state"] == "ringing":
            return
        assert time.monotonic() < deadline, "the next call does not ring"
        Event().wait(PRESS_GAP_S)


def is_answered_and_opened(anna: Person, visitor: Visitor, deadline: float) -> None:
    """From a ring to the opened door."""
    anna.is_rung()
    anna.sees_the_visitor(frames=2)
    anna.answers()
    anna.talks()
    anna.hears_the_visitor()
    visitor.hears_somebody()
    opens(anna, visitor, deadline)


def opens(anna: Person, visitor: Visitor, deadline: float) -> None:
    """The door pulses; whoever reads that it did not open taps again."""
    pulses = len(visitor.pulses())
    while True:
        anna.taps_the_door()
        anna.reads(re.compile(r"closes in|^Not opened"))
        if len(visitor.pulses()) > pulses:
            return
        assert time.monotonic() < deadline, "the door does not open"


def is_told_of_a_fault(visitor: Visitor, since: str) -> None:
    def told(status: Json) -> bool:
        return bool({"platform_unreachable", "platform_error"} & set(told_since(status, since)))

    visitor.waits_until("the visitor is told of a fault", told, WITHIN_S)


def stops_listening(visitor: Visitor) -> None:
    """The visitor does not wait for the end of the announcement."""
    if visitor.status["call"]["state"] != "idle":
        visitor.hang_up()


def next_call_works(anna: Person, visitor: Visitor, killed: float) -> float:
    """Seconds from the kill until the door of the next call is open."""
    rings(visitor, WITHIN_S)
    is_answered_and_opened(anna, visitor, killed + WITHIN_S)
    took_s = time.monotonic() - killed
    anna.hangs_up()
    visitor.is_idle()
    assert took_s < WITHIN_S
    return took_s


def in_a_talk(anna: Person, visitor: Visitor) -> None:
    rings(visitor, WITHIN_S)
    anna.is_rung()
    anna.sees_the_visitor(frames=2)
    anna.answers()
    anna.talks()
    visitor.talks()
    anna.hears_the_visitor()


def the_talk_goes_on(anna: Person, visitor: Visitor) -> None:
    """Not a word of an end, and pictures go on coming."""
    seen = anna.sees_the_visitor()["framesDecoded"]
    anna.sees_the_visitor(frames=seen + 10)
    anna.talks()
    assert visitor.status["call"]["state"] == "talking"


@pytest.mark.parametrize("part", EVERY_PART)
def test_killed_while_idle(platform: Platform, anna: Person, visitor: Visitor, times: Times, part: str) -> None:
    killed = kill(platform, part)
    times.note(part, "idle", "next call, door opened", next_call_works(anna, visitor, killed))


def test_the_bystanders_killed_while_it_rings_do_not_touch_the_ring(
    platform: Platform, anna: Person, visitor: Visitor, times: Times
) -> None:
    rings(visitor, WITHIN_S)
    anna.is_rung()
    for part in BYSTANDERS:
        killed = kill(platform, part)
        anna.is_rung()
        assert visitor.status["call"]["state"] == "ringing", part
    is_answered_and_opened(anna, visitor, killed + WITHIN_S)
    times.note("bystanders", "ringing", "the same ring answered, door opened", time.monotonic() - killed)
    anna.hangs_up()


@pytest.mark.parametrize("part", CARRIERS)
def test_killed_while_it_rings(platform: Platform, anna: Person, visitor: Visitor, times: Times, part: str) -> None:
    rings(visitor, WITHIN_S)
    anna.is_rung()
    anna.sees_the_visitor(frames=2)
    sockets, told = anna.sockets, visitor.prompts
    killed = kill(platform, part)
    if part == "haproxy":
        anna.is_connected(sockets + 1)
        anna.is_in_service()
    if part in ("haproxy", "rtpengine"):
        is_answered_and_opened(anna, visitor, killed + WITHIN_S)
        took_s = time.monotonic() - killed
        anna.hangs_up()
        assert took_s < WITHIN_S
        times.note(part, "ringing", "the same ring answered, door opened", took_s)
        return
    if part != "calls":  # the connection says it at once; of a call service nobody hears before the next question
        is_told_of_a_fault(visitor, told)
    stops_listening(visitor)
    anna.is_not_rung()
    times.note(part, "ringing", "next call, door opened", next_call_works(anna, visitor, killed))


def test_the_bystanders_killed_in_a_talk_do_not_touch_it(
    platform: Platform, anna: Person, visitor: Visitor, times: Times
) -> None:
    in_a_talk(anna, visitor)
    for part in BYSTANDERS:
        killed = kill(platform, part)
        the_talk_goes_on(anna, visitor)
    opens(anna, visitor, killed + WITHIN_S)
    times.note("bystanders", "in a talk", "the talk goes on, door opened", time.monotonic() - killed)
    anna.hangs_up()
    next_call_works(anna, visitor, time.monotonic())


@pytest.mark.parametrize("part", ["haproxy", "kamailio", "kamailio's child"])
def test_a_talk_outlives_the_front_and_the_edge(
    platform: Platform, anna: Person, visitor: Visitor, times: Times, part: str
) -> None:
    in_a_talk(anna, visitor)
    told = visitor.prompts
    killed = kill(platform, part)
    the_talk_goes_on(anna, visitor)
    visitor.waits_until("the station is registered", lambda status: status["registration"] == "registered")
    times.note(part, "in a talk", "station registered, talk goes on", time.monotonic() - killed)
    anna.is_connected()
    opens(anna, visitor, killed + WITHIN_S)
    anna.keys("7")
    visitor.waits_until("a digit goes through the dialog", lambda status: status["dtmf"][-1:] == ["7"])
    times.note(part, "in a talk", "door opened, digit sent in the same talk", time.monotonic() - killed)
    anna.hangs_up()
    visitor.waits_until("the visitor hears of the end", lambda status: status["call"]["state"] != "talking", 3)
    assert told_since(visitor.status, told) in ([], ["hung_up"])
    next_call_works(anna, visitor, time.monotonic())


def test_a_call_service_killed_in_a_talk_is_said_and_the_next_call_works(
    platform: Platform, anna: Person, visitor: Visitor, times: Times
) -> None:
    in_a_talk(anna, visitor)
    killed = kill(platform, "calls")
    visitor.hang_up()  # does not wait to be told
    times.note("calls", "in a talk", "next call, door opened", next_call_works(anna, visitor, killed))
    platform.has_run_for_a_while("calls")
    in_a_talk(anna, visitor)
    told, killed = visitor.prompts, kill(platform, "calls")
    is_told_of_a_fault(visitor, told)
    times.note("calls", "in a talk", "said to the visitor", time.monotonic() - killed)
    stops_listening(visitor)
    next_call_works(anna, visitor, time.monotonic())


def test_a_media_engine_killed_in_a_talk_is_replaced_within_three_seconds(
    platform: Platform, anna: Person, visitor: Visitor, times: Times
) -> None:
    """Several times in one talk. Without the offer anew there is no sound any more, and the talk ends."""
    in_a_talk(anna, visitor)
    gaps = []
    for _ in range(ENGINE_DEATHS):
        platform.has_run_for_a_while("rtpengine")
        seen = anna.sees_the_visitor(frames=60)["framesDecoded"]
        switched = visitor.status["media"]["switches"]
        killed = kill(platform, "rtpengine")
        anna.hears_the_visitor_anew(seen)
        at_the_desk_s = time.monotonic() - killed
        visitor.waits_until("the station has its new session", lambda now, was=switched: now["media"]["switches"] > was)
        visitor.hears_somebody()
        gaps.append(max(at_the_desk_s, time.monotonic() - killed))
        times.note("rtpengine", "in a talk", "sound at the desk / at both ends", at_the_desk_s)
        times.note("rtpengine", "in a talk", "", gaps[-1])
        the_talk_goes_on(anna, visitor)
        sent = visitor.status["screen"]["frames"]
        visitor.waits_until("the visitor sees Anna again", lambda now, was=sent: now["screen"]["frames"] > was + 5)
    assert max(gaps) < SOUND_BACK_S
    opens(anna, visitor, time.monotonic() + WITHIN_S)
    anna.hangs_up()
    visitor.is_idle()
    anna.reads_in_the_history("picture and sound offered anew after")
    record = platform.newest_call(anna.email)
    assert record["cause"] == "answered"
    assert [gap["after_s"] < SOUND_BACK_S for gap in record["media_breaks"]] == [True] * ENGINE_DEATHS
    next_call_works(anna, visitor, time.monotonic())


def test_without_a_broker_calls_ring_and_are_answered_and_the_door_says_why(
    platform: Platform, anna: Person, visitor: Visitor
) -> None:
    """It is held, not killed: like a broker whose machine is gone, it refuses nothing and answers nothing."""
    pulses = len(visitor.pulses())
    held = platform.process("mosquitto")
    os.kill(held, signal.SIGSTOP)
    try:
        in_a_talk(anna, visitor)
        visitor.hears_somebody()
        tapped = time.monotonic()
        anna.taps_the_door()
        anna.reads(re.compile("The station cannot be reached"))
        assert time.monotonic() - tapped < DOOR_ACK_MAX_S + 2
        the_talk_goes_on(anna, visitor)
    finally:
        os.kill(held, signal.SIGCONT)
    visitor.waits_until("the station is online", lambda status: status["messaging"] == "online", within_s=30)
    assert len(visitor.pulses()) == pulses, "a door that was said not to open does not open later"
    opens(anna, visitor, time.monotonic() + WITHIN_S)
    anna.hangs_up()


def test_the_outages_are_remembered(platform: Platform) -> None:
    killed = {*KILLED, "coturn"}
    if "coturn" not in KILLED:
        kill(platform, "coturn")
    deadline = time.monotonic() + WITHIN_S
    while not killed <= {outage.part for outage in outages(platform.data) if outage.until is not None}:
        assert time.monotonic() < deadline, outages(platform.data)
        Event().wait(0.1)
    for part in killed:
        reasons = {outage.reason for outage in outages(platform.data) if outage.part == part}
        # the edge ends itself after a lost child
        assert reasons & {"killed by SIGKILL", "ended with status 1"}, f"{part}: {reasons}"
    told = platform.command("status").stdout
    assert re.search(r"coturn +down from \S+ \S+ for \d+\.\d s: ", told), told
