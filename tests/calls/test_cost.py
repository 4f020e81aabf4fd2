"""What a call costs the machine: lean enough that the engines, not our logic, set the pace."""

from __future__ import annotations

import time

from antiphon.calls.model import Tab
from script import ANNA, BERND, CARLA, Play


def _cpu_ms(times: int, work: object) -> float:
    begun = time.process_time()
    for _ in range(times):
        work()  # type: ignore[operator]
    return (time.process_time() - begun) * 1000 / times


def test_a_whole_call_costs_well_below_two_milliseconds() -> None:
    def call() -> None:
        play = Play().talks(ANNA, BERND, CARLA)
        play.hangs_up(ANNA)
        assert play.machine.over

    assert _cpu_ms(200, call) < 2


def test_a_ring_of_32_receivers_costs_well_below_ten_milliseconds() -> None:
    tabs = [Tab(f"tab-{n}", f"user-{n}", f"User {n}") for n in range(32)]

    def call() -> None:
        play = Play().talks(*tabs)
        play.hangs_up(tabs[0])
        assert play.machine.over

    assert _cpu_ms(50, call) < 10
