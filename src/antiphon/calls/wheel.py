"""Owns the one timer of the call service: which call has something due, and when."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from typing import Protocol

from antiphon.clock import Clock


class Alarm(Protocol):
    """Calls back once at a monotonic moment; setting it again moves it. The event loop's timer in the product."""

    def set(self, at: float, ring: Callable[[], None]) -> None: ...


class Wheel:
    """Deadlines of all calls behind one alarm, by name: a call's id, or what else of it is due. The newest one counts."""

    def __init__(self, alarm: Alarm, due: Callable[[str], None], now: Callable[[], float]) -> None:
        self._alarm, self._due, self._now = alarm, due, now
        self._deadlines: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def set(self, call_id: str, deadline: float | None) -> None:
        """Move a call's deadline; None forgets it."""
        if deadline is None:
            self._deadlines.pop(call_id, None)
            return
        if self._deadlines.get(call_id) == deadline:
            return
        self._deadlines[call_id] = deadline
        heapq.heappush(self._heap, (deadline, call_id))
        if self._heap[0] == (deadline, call_id):
            self._alarm.set(deadline, self.turn)

    def turn(self) -> None:
        """Tell every call whose deadline has come, then set the alarm for the next."""
        now = self._now()
        while self._heap and self._heap[0][0] <= now:
            deadline, call_id = heapq.heappop(self._heap)
            if self._deadlines.get(call_id) == deadline:
                del self._deadlines[call_id]
                self._due(call_id)
        while self._heap and self._deadlines.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        if self._heap:
            self._alarm.set(self._heap[0][0], self.turn)


class LoopAlarm:
    """The event loop's timer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._handle: asyncio.TimerHandle | None = None

    def set(self, at: float, ring: Callable[[], None]) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._handle = asyncio.get_running_loop().call_later(max(0.0, at - self._clock.monotonic()), ring)
