"""RTP and RTCP packets as bytes (RFC 3550, 4585, 5104, 4733): built and read, hostile input refused with None or skipped."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

NTP_EPOCH_S = 2_208_988_800
_SR, _RR, _SDES, _BYE, _RTPFB, _PSFB = 200, 201, 202, 203, 205, 206


@dataclass(frozen=True, slots=True)
class RtpPacket:
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def encode(self) -> bytes:
        return (
            struct.pack(
                "!BBHII",
                0x80,
                self.payload_type | (0x80 if self.marker else 0),
                self.sequence & 0xFFFF,
                self.timestamp & 0xFFFFFFFF,
                self.ssrc,
            )
            + self.payload
        )


def read_rtp(data: bytes) -> RtpPacket | None:
    """The packet, without CSRCs, header extension and padding; None when it is no RTP."""
    if len(data) < 12 or data[0] >> 6 != 2:
        return None
    first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", data)
    start = 12 + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int(struct.unpack_from("!H", data, start + 2)[0])
    end = len(data)
    if first & 0x20:
        end -= data[-1]
    if start > end:
        return None
    return RtpPacket(second & 0x7F, sequence, timestamp, ssrc, data[start:end], bool(second & 0x80))


def is_rtcp(data: bytes) -> bool:
    """RFC 5761: what shares a port with RTP and is RTCP."""
    return len(data) >= 8 and 192 <= data[1] <= 223


@dataclass(frozen=True, slots=True)
class ReportBlock:
    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int
    last_sr: int
    delay_since_last_sr: int

    def encode(self) -> bytes:
        lost = max(-0x800000, min(0x7FFFFF, self.packets_lost)) & 0xFFFFFF
        return struct.pack(
            "!IIIIII",
            self.ssrc,
            self.fraction_lost << 24 | lost,
            self.highest_sequence & 0xFFFFFFFF,
            self.jitter,
            self.last_sr,
            self.delay_since_last_sr,
        )


@dataclass(frozen=True, slots=True)
class SenderReport:
    ssrc: int
    ntp: int  # 64 bit
    rtp_timestamp: int
    packets: int
    octets: int


@dataclass(frozen=True, slots=True)
class KeyFrameRequest:
    """PLI or FIR; `sequence` is FIR's, None for PLI."""

    media_ssrc: int
    sequence: int | None


@dataclass(frozen=True, slots=True)
class Bye:
    ssrc: int


Rtcp = SenderReport | ReportBlock | KeyFrameRequest | Bye


def read_rtcp(data: bytes) -> Iterator[Rtcp]:
    """The parts of a compound packet that a station acts on; broken parts end it."""
    start = 0
    while start + 4 <= len(data):
        first, kind, length = struct.unpack_from("!BBH", data, start)
        end = start + 4 + 4 * length
        if first >> 6 != 2 or end > len(data):
            return
        body = data[start + 4 : end]
        yield from _read_part(kind, first & 0x1F, body)
        start = end


def _read_part(kind: int, count: int, body: bytes) -> Iterator[Rtcp]:
    if kind == _SR and len(body) >= 24:
        ssrc, high, low, timestamp, packets, octets = struct.unpack_from("!IIIIII", body)
        yield SenderReport(ssrc, high << 32 | low, timestamp, packets, octets)
        yield from _read_blocks(count, body[24:])
    elif kind == _RR and len(body) >= 4:
        yield from _read_blocks(count, body[4:])
    elif kind == _BYE and count and len(body) >= 4:
        yield Bye(struct.unpack_from("!I", body)[0])
    elif kind == _PSFB and count == 1 and len(body) >= 8:
        yield KeyFrameRequest(struct.unpack_from("!I", body, 4)[0], None)
    elif kind == _PSFB and count == 4:
        for at in range(8, len(body) - 7, 8):
            yield KeyFrameRequest(struct.unpack_from("!I", body, at)[0], body[at + 4])


def _read_blocks(count: int, body: bytes) -> Iterator[ReportBlock]:
    for at in range(0, min(count * 24, len(body) - len(body) % 24), 24):
        ssrc, lost, highest, jitter, last_sr, delay = struct.unpack_from("!IIIIII", body, at)
        total = lost & 0xFFFFFF
        yield ReportBlock(
            ssrc, lost >> 24, total - 0x1000000 if total & 0x800000 else total, highest, jitter, last_sr, delay
        )


def encode_report(ssrc: int, cname: str, blocks: tuple[ReportBlock, ...], sender: SenderReport | None = None) -> bytes:
    """A compound of SR (when `sender` is given) or RR, and SDES with the CNAME."""
    body = b"".join(block.encode() for block in blocks)
    if sender is None:
        report = _part(_RR, len(blocks), struct.pack("!I", ssrc) + body)
    else:
        info = struct.pack(
            "!IIIIII",
            ssrc,
            sender.ntp >> 32,
            sender.ntp & 0xFFFFFFFF,
            sender.rtp_timestamp & 0xFFFFFFFF,
            sender.packets & 0xFFFFFFFF,
            sender.octets & 0xFFFFFFFF,
        )
        report = _part(_SR, len(blocks), info + body)
    name = cname.encode()[:255]
    chunk = struct.pack("!IBB", ssrc, 1, len(name)) + name
    chunk += bytes(4 - len(chunk) % 4)
    return report + _part(_SDES, 1, chunk)


def encode_key_frame_request(ssrc: int, media_ssrc: int, fir_sequence: int | None = None) -> bytes:
    """PLI, or FIR when it has a sequence number; to be sent behind a report (RFC 4585 3.1)."""
    if fir_sequence is None:
        return _part(_PSFB, 1, struct.pack("!II", ssrc, media_ssrc))
    return _part(_PSFB, 4, struct.pack("!IIIBxxx", ssrc, 0, media_ssrc, fir_sequence & 0xFF))


def encode_bye(ssrc: int) -> bytes:
    return _part(_BYE, 1, struct.pack("!I", ssrc))


def _part(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def ntp_time(unix_s: float) -> int:
    """64-bit NTP time of a Unix time."""
    return int((unix_s + NTP_EPOCH_S) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF


@dataclass(slots=True)
class Outgoing:
    """One stream that we send: numbers its packets and counts for the sender report. Sequence and timestamp start at random."""

    ssrc: int
    sequence: int
    timestamp: int
    packets: int = 0
    octets: int = 0

    def packet(self, payload_type: int, timestamp: int, payload: bytes, *, marker: bool) -> bytes:
        """The next packet, encoded."""
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        return RtpPacket(payload_type, self.sequence, timestamp, self.ssrc, payload, marker).encode()

    def report(self, unix_s: float) -> SenderReport | None:
        """None before the first packet."""
        if not self.packets:
            return None
        return SenderReport(self.ssrc, ntp_time(unix_s), self.timestamp, self.packets, self.octets)


SOURCE_SILENT_S = 0.5  # after this the source before may be heard again
_SOURCES_REMEMBERED = 8


class SourceChoice:
    """Which synchronisation source of a stream is played: the newest, and one before it only when the newest fell silent.

    Around a handover both ends of it send for a while; played in turns, neither would be heard.
    """

    def __init__(self) -> None:
        self._current: int | None = None
        self._heard_at = 0.0
        self._before: deque[int] = deque(maxlen=_SOURCES_REMEMBERED)

    def plays(self, ssrc: int, now: float) -> bool:
        """Whether the packet that arrived now is to be played. `now` is any steady clock in seconds."""
        if ssrc != self._current:
            if ssrc in self._before:
                if now - self._heard_at < SOURCE_SILENT_S:
                    return False
                self._before.remove(ssrc)
            if self._current is not None:
                self._before.append(self._current)
            self._current = ssrc
        self._heard_at = now
        return True


_START_PACKETS = 100


class ReceptionStatistics:
    """What the receiver reports about one SSRC (RFC 3550 A.3, A.8). `now` is any steady clock in seconds."""

    def __init__(self, ssrc: int, clock_hz: int) -> None:
        self.ssrc = ssrc
        self.received = 0
        self.jitter = 0.0  # timestamp units
        self._clock_hz = clock_hz
        self._base: int | None = None
        self._highest = 0
        self._transit: float | None = None
        self._expected_before = 0
        self._received_before = 0
        self._last_sr = 0
        self._last_sr_at = 0.0

    def packet(self, sequence: int, timestamp: int, now: float) -> None:
        if self._base is None:
            self._base = self._highest = sequence
        else:
            step = ((sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000
            if step > 0:
                self._highest += step
            elif self._highest + step < self._base and self.received < _START_PACKETS:
                self._base = self._highest + step  # the first ones overtook each other
        self.received += 1
        transit = now * self._clock_hz - timestamp
        if self._transit is not None:
            change = abs(transit - self._transit)
            if change < self._clock_hz:  # a jump is a new source or a wrap, no jitter
                self.jitter += (change - self.jitter) / 16
        self._transit = transit

    def sender_report(self, report: SenderReport, now: float) -> None:
        self._last_sr = report.ntp >> 16 & 0xFFFFFFFF
        self._last_sr_at = now

    @property
    def lost(self) -> int:
        """Packets lost since the start; negative when there were duplicates."""
        return 0 if self._base is None else self._highest - self._base + 1 - self.received

    def block(self, now: float) -> ReportBlock:
        """The block for a report sent now; starts the next interval."""
        expected = 0 if self._base is None else self._highest - self._base + 1
        interval = expected - self._expected_before
        lost = interval - (self.received - self._received_before)
        self._expected_before, self._received_before = expected, self.received
        fraction = max(0, min(255, (lost << 8) // interval)) if interval > 0 else 0
        delay = int((now - self._last_sr_at) * 65536) & 0xFFFFFFFF if self._last_sr else 0
        return ReportBlock(self.ssrc, fraction, self.lost, self._highest, int(self.jitter), self._last_sr, delay)
