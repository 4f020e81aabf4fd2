"""Time and identity: the only source of now and of new ids, both replaceable in tests."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Lock
from typing import Protocol

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_TAIL = (1 << 80) - 1


class Clock(Protocol):
    """`now()` is wall time in UTC; `monotonic()` is seconds that never jump, for timers."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class _Ids:
    """Numbers of ULIDs: 48 bits of milliseconds, 80 random ones; within one millisecond the random part only rises."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._at_ms = self._tail = 0

    def next(self) -> int:
        with self._lock:
            at_ms = int(time.time() * 1000)
            if at_ms == self._at_ms:
                self._tail = (self._tail + 1 + int.from_bytes(os.urandom(5), "big")) & _TAIL
            else:
                self._at_ms, self._tail = at_ms, int.from_bytes(os.urandom(10), "big")
            return (self._at_ms << 80) | self._tail


_ids = _Ids()


def tokens() -> Callable[[], str]:
    """A source of unguessable tokens of 24 hexadecimal digits, for one thread: the kernel is asked once for many."""

    def draw() -> Iterator[str]:
        while True:
            pool = os.urandom(12 * 256).hex()
            for at in range(0, len(pool), 24):
                yield pool[at : at + 24]

    return draw().__next__


def new_id(kind: str) -> str:
    """A fresh id `kind_` + 26 lower-case Crockford characters (a ULID), ordered by the time when this process made it."""
    number = _ids.next()
    return kind + "_" + "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
