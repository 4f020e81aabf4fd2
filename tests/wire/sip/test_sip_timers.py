"""Timers of one agent: what only waits for late copies ends together, a little later and never earlier."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from antiphon.limits import SIP_EXPIRY_GRAIN_S
from antiphon.wire.sip.timers import Timers


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=20))
def test_what_waits_loosely_is_due_soon_after_its_time_and_never_before(times: list[float]) -> None:
    timers, done = Timers(), dict[int, float]()
    for number, at in enumerate(times):
        timers.arm_loosely(at, lambda now, number=number: done.setdefault(number, now))  # type: ignore[misc]
    wakes = 0
    while (at := timers.next_deadline()) is not None:
        timers.fire(at)
        wakes += 1
    assert all(0 <= done[number] - at <= SIP_EXPIRY_GRAIN_S for number, at in enumerate(times))
    assert wakes <= len({at // SIP_EXPIRY_GRAIN_S for at in times}) + 1


def test_what_is_armed_exactly_does_not_wait_for_the_others() -> None:
    timers, done = Timers(), []
    timers.arm_loosely(1.01, lambda now: done.append("late"))
    timers.arm(1.02, lambda now: done.append("exact"))
    timers.fire(1.02)
    assert done == ["exact"]
