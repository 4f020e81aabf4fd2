"""Digits in RTP (RFC 4733): telephone-event payloads sent and heard."""

from __future__ import annotations

import struct

DIGITS = "0123456789*#ABCD"
EVENT_S = 0.16
GAP_S = 0.08
STEP_S = 0.02
_VOLUME = 10
_END_REPEATS = 3


def event_payloads(digit: str, clock_hz: int) -> list[tuple[bytes, bool]]:
    """(payload, marker) every 20 ms for one digit, the end three times; all carry the timestamp of its start."""
    event = DIGITS.index(digit)
    steps = round(EVENT_S / STEP_S)
    packets = [
        (struct.pack("!BBH", event, _VOLUME, round(step * STEP_S * clock_hz)), step == 1)
        for step in range(1, steps + 1)
    ]
    end = struct.pack("!BBH", event, 0x80 | _VOLUME, round(EVENT_S * clock_hz))
    return packets + [(end, False)] * _END_REPEATS


class DigitDetector:
    """Telephone events to digits, each once, when it begins."""

    def __init__(self) -> None:
        self._heard: int | None = None

    def push(self, timestamp: int, payload: bytes) -> str | None:
        """The digit when this packet is the first seen of its event."""
        if len(payload) < 4 or payload[0] >= len(DIGITS) or timestamp == self._heard:
            return None
        self._heard = timestamp
        return DIGITS[payload[0]]
