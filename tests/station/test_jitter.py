"""The jitter buffer in virtual time: packets every 20 ms at 48 kHz, played every 20 ms."""

from __future__ import annotations

import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon_station.media.jitter import DELAY_MAX_S, DELAY_MIN_S, Gap, JitterBuffer, Nothing, Sound

STEP_S, CLOCK_HZ, STEP = 0.02, 48_000, 960


class Line:
    """Sends numbered packets over a network that delays them, and plays what the buffer gives."""

    def __init__(self, first: int = 65_500) -> None:
        self.buffer = JitterBuffer(CLOCK_HZ)
        self.first = first
        self.played: list[int | None] = []  # packet numbers, None for a gap
        self.silent = 0
        self.delays: list[float] = []

    def run(self, count: int, delay: Callable[[int], float | None]) -> None:
        arrivals = [(number * STEP_S + late, number) for number in range(count) if (late := delay(number)) is not None]
        arrivals.sort()
        now = 0.0
        while now < count * STEP_S + DELAY_MAX_S:
            while arrivals and arrivals[0][0] <= now:
                at, number = arrivals.pop(0)
                sequence, timestamp = (self.first + number) & 0xFFFF, (4_294_900_000 + number * STEP) & 0xFFFFFFFF
                self.buffer.put(sequence, timestamp, number.to_bytes(4, "big"), 96, at)
            match self.buffer.take(now):
                case Sound(payload):
                    number = int.from_bytes(payload, "big")
                    self.played.append(number)
                    self.delays.append(now - number * STEP_S)
                case Gap():
                    self.played.append(None)
                case Nothing():
                    self.silent += 1
            now += STEP_S

    @property
    def numbers(self) -> list[int]:
        return [number for number in self.played if number is not None]


def test_a_calm_network_costs_next_to_no_delay() -> None:
    line = Line()
    line.run(200, lambda _: 0.001)
    assert line.numbers == list(range(200))
    assert max(line.delays) <= 2 * STEP_S + 0.001


def test_reordered_packets_are_played_in_order_across_the_wrap_of_numbers() -> None:
    line = Line(first=65_530)
    line.run(200, lambda number: 0.05 if number % 2 else 0.01)
    assert line.numbers == sorted(line.numbers)
    assert len(line.numbers) >= 195


def test_a_lost_packet_is_a_gap_and_the_next_is_played_in_its_time() -> None:
    line = Line()
    line.run(100, lambda number: None if number == 50 else 0.001)
    assert line.played[: line.played.index(99)].count(None) == 1
    assert line.numbers == [number for number in range(100) if number != 50]


def test_jitter_raises_the_delay_until_nothing_comes_too_late() -> None:
    source = random.Random(1)
    line = Line()
    line.run(1000, lambda _: source.uniform(0.0, 0.12))
    late = [number for number in range(500, 1000) if number not in set(line.numbers)]
    assert len(late) <= 10
    assert line.buffer.delay_s <= 0.16


def test_the_delay_shrinks_again_when_the_network_calms_down() -> None:
    source = random.Random(2)
    line = Line()
    line.run(1500, lambda number: source.uniform(0.0, 0.15) if number < 500 else 0.001)
    assert max(line.delays[-100:]) <= 4 * STEP_S


def test_a_stall_is_played_out_and_caught_up() -> None:
    line = Line()
    line.run(700, lambda number: (250 - number) * STEP_S if 200 <= number < 250 else 0.001)
    assert line.numbers == sorted(line.numbers)
    assert line.delays[-1] <= 5 * STEP_S


def test_silence_of_the_far_end_is_no_loss() -> None:
    line = Line()
    line.run(300, lambda number: None if 100 <= number < 200 else 0.001)
    assert line.numbers[-1] == 299
    assert line.played.count(None) <= 6  # the ends of two stretches of sound


def test_another_source_is_played_at_once() -> None:
    buffer = JitterBuffer(CLOCK_HZ)
    for number in range(5):
        buffer.put(1000 + number, number * STEP, b"old", 96, number * STEP_S)
    buffer.take(0.1)
    for number in range(5):
        buffer.put(30_000 + number, 900_000_000 + number * STEP, b"new", 96, 0.2 + number * STEP_S)
    assert buffer.take(0.3) == Sound(b"new", 96)


def test_a_source_that_numbers_a_little_lower_after_a_silence_is_played_at_once() -> None:
    buffer = JitterBuffer(CLOCK_HZ)
    for number in range(5):
        buffer.put(1000 + number, number * STEP, b"old", 96, number * STEP_S)
    for beat in range(20):  # everything is played, and the silence noticed
        buffer.take(0.1 + beat * STEP_S)
    for number in range(5):
        buffer.put(600 + number, 50_000 + number * STEP, b"new", 96, 1 + number * STEP_S)
    assert buffer.take(1.1) == Sound(b"new", 96)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.floats(0, 3), st.integers(0, 3)), max_size=80
    )
)
def test_hostile_numbers_and_times_never_break_or_fill_it(packets: list[tuple[int, int, float, int]]) -> None:
    buffer = JitterBuffer(CLOCK_HZ)
    now = 0.0
    for sequence, timestamp, pause_s, takes in packets:
        now += pause_s
        buffer.put(sequence, timestamp, b"x", 96, now)
        for _ in range(takes):
            buffer.take(now)
        assert DELAY_MIN_S <= buffer.delay_s <= DELAY_MAX_S
        assert buffer.depth_s <= 3 * DELAY_MAX_S
