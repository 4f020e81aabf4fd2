"""The jitter buffer for sound: packets in as they come, one packet out at a time, as late as needed and no later.

Pure: times are seconds of any steady clock. The delay follows what the network does: it grows at once when packets come
later than they are needed and shrinks slowly, one packet at a time, when they have come early for a while.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

DELAY_MIN_S = 0.02
DELAY_MAX_S = 0.4
_HISTORY_S = 4.0  # how long a late packet is remembered
_SHRINK_AFTER_S = 1.0  # how long there must be a little too much before one packet is left out
_SHRINK_SOON_S = 0.2  # the same, when it is much
_STALL_S = 0.2  # so much too much is caught up at once
_COVERED_MAX = 3  # packets that are concealed when nothing is there


@dataclass(frozen=True, slots=True)
class Sound:
    """The next packet's payload."""

    payload: bytes
    payload_type: int


@dataclass(frozen=True, slots=True)
class Gap:
    """The next packet is lost: conceal one packet's time."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No sound is due: silence of the far end, or the buffer fills up."""


class JitterBuffer:
    """One stream of sound. `clock_hz` is the RTP clock."""

    def __init__(self, clock_hz: int) -> None:
        self.lost = 0
        self.late = 0
        self.left_out = 0
        self._clock_hz = clock_hz
        self._packets: dict[
            int, tuple[int, bytes, int, float]
        ] = {}  # extended sequence -> timestamp, payload, type, arrival
        self._highest: int | None = None
        self._next: int | None = None
        self._filling = True
        self._packet_s = 0.02
        self._transits: deque[tuple[float, float]] = deque()
        self._origin: int | None = None
        self._too_much_since: float | None = None
        self._covered = 0

    @property
    def delay_s(self) -> float:
        """How much sound the buffer aims to hold: the spread of the arrival times in the last seconds, plus a packet."""
        if not self._transits:
            return DELAY_MIN_S
        values = sorted(transit for _, transit in self._transits)
        spread = values[min(len(values) - 1, int(len(values) * 0.98))] - values[0]
        return min(DELAY_MAX_S, max(DELAY_MIN_S, spread + self._packet_s))

    @property
    def depth_s(self) -> float:
        """How much sound is in it now."""
        if not self._packets or self._highest is None:
            return 0.0
        start = min(self._packets) if self._next is None else min(self._next, min(self._packets))
        return (self._highest - start + 1) * self._packet_s

    def put(self, sequence: int, timestamp: int, payload: bytes, payload_type: int, now: float) -> None:
        """Take one packet at its time of arrival."""
        extended = self._extend(sequence)
        if extended in self._packets:
            return
        if self._next is not None and extended < self._next:
            self.late += 1
            self._arrived(timestamp, now)  # so that the delay grows
            return
        before = self._packets.get(extended - 1)
        if before is not None:
            step = (timestamp - before[0]) & 0xFFFFFFFF
            if 0 < step <= self._clock_hz // 8:
                self._packet_s = step / self._clock_hz
        self._packets[extended] = (timestamp, payload, payload_type, now)
        self._arrived(timestamp, now)
        while self.depth_s > 2 * DELAY_MAX_S + 0.1:  # nobody takes, or a burst after a stall: keep the newest
            self._drop_oldest()

    def take(self, now: float) -> Sound | Gap | Nothing:
        """What to play next; call it whenever the last packet's sound has been played."""
        if self._filling:
            oldest = min((packet[3] for packet in self._packets.values()), default=None)
            if oldest is None or (self.depth_s < self.delay_s and now - oldest < self.delay_s):
                return Nothing()
            self._filling = False
            self._next = min(self._packets)
        if not self._packets:
            return self._dry()
        self._shrink(now)
        assert self._next is not None  # set when the filling ended
        if self.delay_s <= 1.5 * self._packet_s:  # on a calm line what was covered is lost, not late: its time is over
            while self._covered and self._next not in self._packets:
                self._covered -= 1
                self._next += 1
                self.lost += 1
        self._covered = 0
        packet = self._packets.pop(self._next, None)
        if packet is None and self.depth_s < self.delay_s:
            return Gap()  # it may be late only: play everything a packet later from now on
        self._next += 1
        if packet is None:
            self.lost += 1
            return Gap()
        return Sound(packet[1], packet[2])

    def _dry(self) -> Gap | Nothing:
        """Cover a short stall; after that the far end is silent, or it starts anew with a full buffer."""
        if self._covered < _COVERED_MAX:
            self._covered += 1
            return Gap()
        self._filling, self._covered, self._next = True, 0, None
        return Nothing()

    def _shrink(self, now: float) -> None:
        excess_s = self.depth_s - self.delay_s
        if excess_s <= 1.5 * self._packet_s:
            self._too_much_since = None
        elif self._too_much_since is None:
            self._too_much_since = now
        elif excess_s > _STALL_S or now - self._too_much_since >= (
            _SHRINK_AFTER_S if excess_s <= 3.5 * self._packet_s else _SHRINK_SOON_S
        ):
            self._too_much_since = now
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        oldest = min(self._packets)
        del self._packets[oldest]
        self.left_out += 1
        self._next = oldest + 1

    def _arrived(self, timestamp: int, now: float) -> None:
        if self._origin is None:
            self._origin = timestamp
        elapsed = (timestamp - self._origin + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        transit = now - elapsed / self._clock_hz
        if self._transits and abs(transit - self._transits[-1][1]) > 2.0:  # a new source or a clock that jumped
            self._transits.clear()
        self._transits.append((now, transit))
        while now - self._transits[0][0] > _HISTORY_S:
            self._transits.popleft()

    def _extend(self, sequence: int) -> int:
        if self._highest is None:
            self._highest = sequence
            return sequence
        step = (sequence - self._highest + 0x8000 & 0xFFFF) - 0x8000
        extended = self._highest + step
        if abs(step) > 500:  # another source took over: start anew behind what was
            self._packets.clear()
            self._transits.clear()
            self._origin = None
            self._filling, self._next, self._covered = True, None, 0
            extended = self._highest = self._highest - self._highest % 0x10000 + 0x10000 + sequence
        elif step > 0 or (self._next is None and not self._packets):  # ran dry: whatever comes now is the beginning
            self._highest = extended
        return extended
