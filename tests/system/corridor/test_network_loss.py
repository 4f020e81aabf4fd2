"""Five seconds without network in a talk, at the station's side and at the browser's: the talk goes on by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Event

import pytest

from corridor import network
from corridor.desk import Desk
from corridor.platform_under_test import Platform
from corridor.visitor import Visitor, told_since

pytestmark = pytest.mark.system

LOST_S = 5.0
BACK_WITHIN_S = 3.0
Cut = Callable[[Platform], AbstractContextManager[None]]


@pytest.mark.parametrize("cut", [network.cut_from_the_station, network.cut_from_the_browsers])
def test_five_seconds_without_network_do_not_end_a_talk(
    platform: Platform, desk: Desk, visitor: Visitor, cut: Cut
) -> None:
    if not network.may_be_cut():
        pytest.xfail("this user may not drop packets")
    anna = desk.tab(platform.people[0])
    told = visitor.prompts
    visitor.press()
    anna.is_rung()
    anna.answers()
    anna.talks()
    anna.hears_the_visitor()
    visitor.hears_somebody()
    with cut(platform):
        cut_at = time.monotonic()
        visitor.waits_until("nothing is heard any more", lambda status: status["heard"]["level_db"] < -80, LOST_S)
        held = anna.sees_the_visitor()["framesDecoded"]
        Event().wait(cut_at + LOST_S - time.monotonic())
        anna.talks()
        assert visitor.status["call"]["state"] == "talking"
    back = time.monotonic()
    visitor.hears_somebody(BACK_WITHIN_S)
    anna.sees_the_visitor(frames=held + 30)
    anna.talks()
    assert time.monotonic() - back < 2 * BACK_WITHIN_S
    visitor.waits_until("the station is registered", lambda status: status["registration"] == "registered")
    visitor.waits_until("the station is online", lambda status: status["messaging"] == "online", within_s=20)
    anna.is_connected()
    anna.keys("7")
    visitor.waits_until("a digit goes through the same dialog", lambda status: status["dtmf"] == ["7"])
    # longer than either side's patience with a peer that it cannot reach: nothing of the loss ends the talk later
    Event().wait(2.0)
    assert visitor.status["call"]["state"] == "talking"
    anna.hangs_up()
    visitor.is_idle()
    assert set(told_since(visitor.status, told)) <= {"hung_up"}
    assert platform.newest_call(anna.email)["cause"] == "answered"
