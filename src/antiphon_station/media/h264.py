"""H.264 over RTP (RFC 6184, packetization-mode 1): access units to payloads and back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

PAYLOAD_MAX_BYTES = 1180  # leaves room for RTP, SRTP, UDP and IPv6 in 1280 bytes
ACCESS_UNIT_MAX_BYTES = 1024 * 1024
_IDR, _SPS, _PPS, _STAP_A, _FU_A = 5, 7, 8, 24, 28
_START_CODE = re.compile(rb"\x00\x00\x01")


def split_annex_b(data: bytes) -> list[bytes]:
    """The NAL units of an Annex B byte stream, without start codes and trailing zeros."""
    starts = [match.end() for match in _START_CODE.finditer(data)]
    units = []
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        end = len(data) if following is None else following - 3
        unit = data[start:end].rstrip(b"\x00")
        if unit:
            units.append(unit)
    return units


def packetize(units: Sequence[bytes]) -> list[bytes]:
    """RTP payloads of one access unit, in order; the last one carries the marker. Parameter sets share one packet."""
    payloads: list[bytes] = []
    small: list[bytes] = []

    def flush() -> None:
        if len(small) == 1:
            payloads.append(small[0])
        elif small:
            importance = max(unit[0] & 0x60 for unit in small)
            payloads.append(
                bytes([importance | _STAP_A]) + b"".join(len(unit).to_bytes(2, "big") + unit for unit in small)
            )
        small.clear()

    for unit in units:
        if len(unit) + 2 + sum(len(other) + 2 for other in small) < PAYLOAD_MAX_BYTES:
            small.append(unit)
            continue
        flush()
        if len(unit) + 3 < PAYLOAD_MAX_BYTES:
            small.append(unit)
        else:
            payloads += _fragments(unit)
    flush()
    return payloads


def _fragments(unit: bytes) -> list[bytes]:
    indicator, kind = unit[0] & 0xE0 | _FU_A, unit[0] & 0x1F
    size = PAYLOAD_MAX_BYTES - 2
    parts = [unit[at : at + size] for at in range(1, len(unit), size)]
    return [
        bytes([indicator, kind | (0x80 if index == 0 else 0) | (0x40 if index == len(parts) - 1 else 0)]) + part
        for index, part in enumerate(parts)
    ]


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One picture, Annex B; `key` when it can be decoded alone."""

    data: bytes
    timestamp: int
    key: bool


class Depacketizer:
    """RTP payloads of one stream to whole access units. A gap drops the picture it hits; `broken` says ask for a key frame.

    Packets have to come in order of sequence; small reordering is undone by `reorder`.
    """

    def __init__(self, reorder: int = 16) -> None:
        self.broken = True  # nothing can be shown before the first key frame
        self.packets_lost = 0
        self._reorder = reorder
        self._waiting: dict[int, tuple[int, bytes, bool]] = {}
        self._next: int | None = None
        self._units: list[bytes] = []
        self._fragment: bytearray | None = None
        self._size = 0
        self._timestamp: int | None = None
        self._damaged = False

    def push(self, sequence: int, timestamp: int, payload: bytes, marker: bool) -> list[AccessUnit]:
        """Take one packet; returns the pictures that are complete now."""
        if self._next is None:
            self._next = sequence
        ahead = (sequence - self._next) & 0xFFFF
        if ahead >= 0x8000:
            if ahead > 0xFFFF - 1000:
                return []  # late or repeated
            self._restart(sequence)
        elif ahead > 1000:
            self._restart(sequence)
        self._waiting[sequence] = (timestamp, payload, marker)
        done: list[AccessUnit] = []
        while self._waiting:
            packet = self._waiting.pop(self._next, None)
            if packet is None:
                if len(self._waiting) <= self._reorder:
                    break
                self.packets_lost += 1
                self._damaged = True
                self._fragment = None
            else:
                done += self._take(*packet)
            self._next = (self._next + 1) & 0xFFFF
        return done

    def _restart(self, sequence: int) -> None:
        self._waiting.clear()
        self._next = sequence
        self._damaged = True
        self._fragment = None

    def _take(self, timestamp: int, payload: bytes, marker: bool) -> list[AccessUnit]:
        done = []
        # The marker of the last picture is lost, so its end may be too.
        if timestamp != self._timestamp and (self._units or self._damaged):
            done += self._finish(whole=False)
        self._timestamp = timestamp
        self._unpack(payload)
        if marker:
            done += self._finish(whole=True)
        return done

    def _unpack(self, payload: bytes) -> None:
        if not payload:
            return
        kind = payload[0] & 0x1F
        if 1 <= kind <= 23:
            self._add(payload)
        elif kind == _STAP_A:
            at = 1
            while at + 2 <= len(payload):
                size = int.from_bytes(payload[at : at + 2], "big")
                unit = payload[at + 2 : at + 2 + size]
                if len(unit) < size or not unit:
                    self._damaged = True
                    return
                self._add(unit)
                at += 2 + size
        elif kind == _FU_A and len(payload) >= 2:
            if payload[1] & 0x80:
                self._fragment = bytearray([payload[0] & 0xE0 | payload[1] & 0x1F])
            if self._fragment is None:
                self._damaged = True
                return
            self._fragment += payload[2:]
            if len(self._fragment) > ACCESS_UNIT_MAX_BYTES:
                self._fragment, self._damaged = None, True
            elif payload[1] & 0x40:
                self._add(bytes(self._fragment))
                self._fragment = None
        else:
            self._damaged = True  # a kind that packetization-mode 1 does not have

    def _add(self, unit: bytes) -> None:
        self._size += len(unit)
        if self._size > ACCESS_UNIT_MAX_BYTES:
            self._damaged = True
        else:
            self._units.append(unit)

    def _finish(self, *, whole: bool) -> list[AccessUnit]:
        units, damaged = self._units, self._damaged or not whole or self._fragment is not None
        self._units, self._damaged, self._fragment, self._size = [], False, None, 0
        if damaged:
            self.broken = True
            return []
        if not units:
            return []
        kinds = {unit[0] & 0x1F for unit in units}
        key = _IDR in kinds
        if self.broken and not key:
            return []  # it refers to a picture that never arrived
        self.broken = False
        data = b"".join(b"\x00\x00\x00\x01" + unit for unit in units)
        return [AccessUnit(data, self._timestamp or 0, key)]
