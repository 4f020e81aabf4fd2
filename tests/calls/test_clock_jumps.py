"""The machine's wall clock is set by hours, forwards and back: calls, their limits and their records do not notice."""

from __future__ import annotations

import pytest
from desk import Desk

from antiphon import limits
from antiphon.wire import client as wire

HOURS = 3 * 3600.0
either_way = pytest.mark.parametrize("jump_s", [HOURS, -HOURS], ids=["forwards", "back"])


@either_way
async def test_a_talk_lasts_as_long_as_it_may_whatever_the_clock_says(desk: Desk, jump_s: float) -> None:
    anna = desk.tab("anna")
    began = desk.clock.now()
    await desk.talks(anna)
    desk.clock.jump(jump_s)
    await desk.passes(limits.CONVERSATION_MAX_S - limits.CONVERSATION_WARNING_BEFORE_S - 1)
    assert not desk.all(anna, wire.LimitWarning)
    assert not desk.all(anna, wire.CallEnded)
    await desk.passes(limits.CONVERSATION_WARNING_BEFORE_S + 1)
    assert desk.last(anna, wire.CallEnded).cause == "time_limit"
    (record,) = desk.history()
    assert record.started_at == began
    assert record.answered_at is not None
    assert record.ended_at is not None
    assert (record.ended_at - record.answered_at).total_seconds() == limits.CONVERSATION_MAX_S


@either_way
async def test_a_ring_rings_on_and_ends_in_its_time(desk: Desk, jump_s: float) -> None:
    anna = desk.tab("anna")
    await desk.presses()
    desk.clock.jump(jump_s)
    await desk.passes(limits.RING_MAX_S - 1)
    assert not desk.all(anna, wire.RingEnded)
    await desk.passes(2)
    assert desk.last(anna, wire.RingEnded).cause == "no_answer"


@either_way
async def test_the_next_press_rings(desk: Desk, jump_s: float) -> None:
    anna = desk.tab("anna")
    desk.clock.jump(jump_s)
    await desk.presses()
    assert desk.last(anna, wire.Ring).started_at == desk.clock.now()


@either_way
async def test_a_tab_that_lost_its_socket_takes_its_talk_back(desk: Desk, jump_s: float) -> None:
    anna = desk.tab("anna")
    call_id = await desk.talks(anna)
    desk.goes(anna)
    desk.clock.jump(jump_s)
    await desk.passes(limits.RECONNECT_GRACE_S - 1)
    desk.tab("anna")
    assert desk.last(anna, wire.Connected).call_id == call_id
