"""The first clean key frame of an H.264 RTP stream (RFC 6184), pure and undecoded: the bytes may be hostile."""

from __future__ import annotations

from antiphon.limits import KEY_FRAME_PACKETS_MAX, SNAPSHOT_MAX_BYTES

_START_CODE = b"\x00\x00\x00\x01"
_SLICE, _IDR, _SEI, _SPS, _PPS, _AUD = 1, 5, 6, 7, 8, 9
_STAP_A, _FU_A = 24, 28
_RTP_HEADER = 12


class RtpPacket:
    """The fields of one RTP packet that a receiver needs; `parse` gives None for anything else, RTCP included."""

    __slots__ = ("marker", "payload", "payload_type", "sequence", "ssrc", "timestamp")

    def __init__(
        self, payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int, payload: bytes
    ) -> None:
        self.payload_type = payload_type
        self.marker = marker
        self.sequence = sequence
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.payload = payload

    @classmethod
    def parse(cls, data: bytes) -> RtpPacket | None:
        if len(data) <= _RTP_HEADER or data[0] >> 6 != 2 or 192 <= data[1] <= 223:
            return None
        start = _RTP_HEADER + 4 * (data[0] & 0x0F)
        if data[0] & 0x10:  # header extension
            if len(data) < start + 4:
                return None
            start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
        end = len(data) - (data[-1] if data[0] & 0x20 else 0)
        if start >= end:
            return None
        return cls(
            data[1] & 0x7F,
            bool(data[1] & 0x80),
            int.from_bytes(data[2:4], "big"),
            int.from_bytes(data[4:8], "big"),
            int.from_bytes(data[8:12], "big"),
            data[start:end],
        )


class KeyFrames:
    """Feed packets; `feed` gives the Annex B bytes of a key frame that arrived whole, parameter sets first."""

    def __init__(self) -> None:
        self._parameter_sets: dict[int, bytes] = {}
        self._timestamp: int | None = None
        self._ssrc: int | None = None
        self._packets: dict[int, RtpPacket] = {}
        self._bytes = 0

    def feed(self, packet: RtpPacket) -> bytes | None:
        """Take one packet, in any order within its picture."""
        if packet.timestamp != self._timestamp or packet.ssrc != self._ssrc:
            self._timestamp, self._ssrc = packet.timestamp, packet.ssrc
            self._packets = {}
            self._bytes = 0
        if packet.sequence in self._packets:
            return None
        self._packets[packet.sequence] = packet
        self._bytes += len(packet.payload)
        if self._bytes > SNAPSHOT_MAX_BYTES or len(self._packets) > KEY_FRAME_PACKETS_MAX:
            # Not a picture that anybody wants: wait for the next timestamp.
            self._packets = {packet.sequence: packet} if len(self._packets) == 1 else {}
            return None
        units = self._picture()
        return self._assemble(units) if units is not None else None

    def _picture(self) -> list[bytes] | None:
        """The NAL units of the picture if it is here from its first packet to its marker, without a gap."""
        last = next((sequence for sequence, packet in self._packets.items() if packet.marker), None)
        if last is None:
            return None
        first = last
        while (first - 1) & 0xFFFF in self._packets and (first - 1) & 0xFFFF != last:
            first = (first - 1) & 0xFFFF
        count = ((last - first) & 0xFFFF) + 1
        if count != len(self._packets):
            return None
        return depacketize([self._packets[(first + step) & 0xFFFF].payload for step in range(count)])

    def _assemble(self, units: list[bytes]) -> bytes | None:
        slices: list[bytes] = []
        for unit in units:
            kind = unit[0] & 0x1F
            if kind in (_SPS, _PPS):
                self._parameter_sets[kind] = unit
            elif kind == _IDR:
                slices.append(unit)
            elif kind not in (_SEI, _AUD):
                return None
        # first_mb_in_slice of the first slice is 0 (one set bit): the picture's beginning is here.
        if not slices or len(slices[0]) < 2 or not slices[0][1] & 0x80:
            return None
        sets = [self._parameter_sets.get(kind) for kind in (_SPS, _PPS)]
        if None in sets:
            return None
        whole = b"".join(_START_CODE + unit for unit in (*sets, *slices) if unit)
        return whole if len(whole) <= SNAPSHOT_MAX_BYTES else None


def depacketize(payloads: list[bytes]) -> list[bytes] | None:
    """NAL units of consecutive payloads: single, STAP-A and FU-A (packetization-mode 1); None when they do not fit."""
    units: list[bytes] = []
    fragment: bytearray | None = None
    for payload in payloads:
        if not payload:
            return None
        kind = payload[0] & 0x1F
        if fragment is not None and kind != _FU_A:
            return None
        if 1 <= kind <= 23:
            units.append(payload)
        elif kind == _STAP_A:
            parts = _split_stap(payload)
            if parts is None:
                return None
            units += parts
        elif kind == _FU_A:
            if len(payload) < 3:
                return None
            starts, ends = bool(payload[1] & 0x80), bool(payload[1] & 0x40)
            if starts == (fragment is not None):
                return None
            if fragment is None:
                fragment = bytearray(((payload[0] & 0xE0) | (payload[1] & 0x1F),))
            fragment += payload[2:]
            if ends:
                units.append(bytes(fragment))
                fragment = None
        else:
            return None
    return units if fragment is None else None


def _split_stap(payload: bytes) -> list[bytes] | None:
    parts: list[bytes] = []
    at = 1
    while at < len(payload):
        size = int.from_bytes(payload[at : at + 2], "big")
        at += 2
        if size == 0 or at + size > len(payload):
            return None
        parts.append(payload[at : at + size])
        at += size
    return parts


def picture_loss_indication(media_ssrc: int) -> bytes:
    """RTCP asking for a key frame (RFC 4585 6.3.1), after an empty receiver report as compound packets begin."""
    ours = (1).to_bytes(4, "big")
    report = b"\x80\xc9\x00\x01" + ours
    return report + b"\x81\xce\x00\x02" + ours + media_ssrc.to_bytes(4, "big")
