"""Time and identity: the only source of now and of new ids, both replaceable in tests."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Protocol

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


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


def new_id(kind: str) -> str:
    """A fresh id `kind_` + 26 lower-case Crockford characters, ordered by time (a ULID); safe in URIs and topics."""
    number = (int(time.time() * 1000) << 80) | int.from_bytes(os.urandom(10), "big")
    return kind + "_" + "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
