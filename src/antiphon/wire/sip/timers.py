"""Timers of one user agent: a heap; a cancelled timer stays in it until its time or the next clearing."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from math import ceil

from antiphon.limits import SIP_EXPIRY_GRAIN_S

_CLEAR_FROM = 64  # below this many timers a clearing is not worth its while


class Timer:
    """One armed timer."""

    __slots__ = ("action",)

    def __init__(self, action: Callable[[float], None]) -> None:
        self.action: Callable[[float], None] | None = action


class Timers:
    """Arm, cancel, fire in order of time; timers of the same time fire in the order they were armed."""

    __slots__ = ("_armed", "_cancelled", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._armed = 0
        self._cancelled = 0

    def arm(self, at: float, action: Callable[[float], None]) -> Timer:
        """Call `action(now)` at the first tick not before `at`."""
        timer = Timer(action)
        self._armed += 1
        heappush(self._heap, (at, self._armed, timer))
        return timer

    def arm_loosely(self, at: float, action: Callable[[float], None]) -> Timer:
        """As `arm`, up to `SIP_EXPIRY_GRAIN_S` later: for what many wait for and nobody is in a hurry about."""
        return self.arm(ceil(at / SIP_EXPIRY_GRAIN_S) * SIP_EXPIRY_GRAIN_S, action)

    def cancel(self, timer: Timer | None) -> None:
        """Forget a timer; harmless for None and for one that has fired."""
        if timer is None or timer.action is None:
            return
        timer.action = None
        self._cancelled += 1
        if self._cancelled > _CLEAR_FROM and self._cancelled * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].action is not None]
            heapify(self._heap)
            self._cancelled = 0

    def next_deadline(self) -> float | None:
        """The time of the earliest live timer."""
        heap = self._heap
        while heap and heap[0][2].action is None:
            heappop(heap)
            self._cancelled -= 1
        return heap[0][0] if heap else None

    def fire(self, now: float) -> None:
        """Run what is due. Timers armed meanwhile run too if they are due."""
        while (at := self.next_deadline()) is not None and at <= now:
            timer = heappop(self._heap)[2]
            action, timer.action = timer.action, None
            if action is not None:
                action(now)
