"""RTP, RTCP and H.264 from the far end: the station's receivers and the platform's key frames."""

from __future__ import annotations

import struct
from random import Random

from antiphon.gateways.media.h264 import KeyFrames
from antiphon.gateways.media.h264 import RtpPacket as SeenPacket
from antiphon.limits import KEY_FRAME_PACKETS_MAX, SNAPSHOT_MAX_BYTES
from antiphon_station.media.dtmf import DIGITS, DigitDetector, event_payloads
from antiphon_station.media.h264 import ACCESS_UNIT_MAX_BYTES, Depacketizer, packetize, split_annex_b
from antiphon_station.media.jitter import DELAY_MAX_S, JitterBuffer, Sound
from antiphon_station.media.rtp import (
    ReceptionStatistics,
    ReportBlock,
    RtpPacket,
    SenderReport,
    encode_bye,
    encode_key_frame_request,
    encode_report,
    is_rtcp,
    read_rtcp,
    read_rtp,
)
from tests.fuzz.script import ScriptMutator, Step, read, write
from tests.fuzz.target import ByteMutator, Stopwatch, Target, hold

SOUND, PICTURE, CONTROL, SEEN, TIME = range(5)
KINDS = 5
_HZ = 48_000


class Media(Target):
    name = "media"

    def __init__(self) -> None:
        self._seeds = _seeds()
        self._mutator = ScriptMutator(self._seeds, KINDS, _change)

    def seeds(self) -> list[bytes]:
        return self._seeds

    def mutate(self, data: bytes, random: Random, mutate_bytes: ByteMutator) -> bytes:
        return self._mutator.mutate(data, random, mutate_bytes)

    def run(self, data: bytes) -> int:
        receiver, steps, watch = _Receiver(), read(data, KINDS), Stopwatch()
        for step in steps:
            receiver.take(step)
            watch.lap()
        receiver.still_works()
        return max(1, len(steps))


def _seeds() -> list[bytes]:
    sps, pps, idr = b"\x67\x42\xe0\x1f\x01", b"\x68\xce\x3c\x80", b"\x65\x88" + bytes(range(1, 256)) * 12
    inter = b"\x41\x9a" + b"x" * 60
    sound, picture, seen = [], [], []
    for number in range(6):
        sound += [Step(SOUND, RtpPacket(96, 65_533 + number, 960 * number, 7, b"o" * 40).encode()), Step(TIME, b"\x14")]
    payloads = packetize([sps, pps, idr])
    packets = [
        RtpPacket(97, 10 + at, 3000, 9, each, at == len(payloads) - 1).encode() for at, each in enumerate(payloads)
    ]
    packets.append(RtpPacket(97, 10 + len(payloads), 6000, 9, inter, True).encode())
    picture = [Step(PICTURE, packet) for packet in packets]
    seen = [Step(SEEN, packet) for packet in packets]
    digits = [
        Step(SOUND, RtpPacket(101, 30 + at, 500, 7, each, mark).encode())
        for at, (each, mark) in enumerate(event_payloads("5", _HZ))
    ]
    block = ReportBlock(7, 12, -3, 70_000, 5, 6, 7)
    control = [
        Step(CONTROL, encode_report(9, "far", (block,), SenderReport(9, 1 << 40, 960, 3, 4))),
        Step(
            CONTROL,
            encode_report(9, "far", (block, block))
            + encode_key_frame_request(9, 7)
            + encode_key_frame_request(9, 7, 3),
        ),
        Step(CONTROL, encode_report(9, "far", ()) + encode_bye(9)),
    ]
    extended = bytearray(RtpPacket(96, 3, 9, 7, b"\xbe\xde\0\1\0\0\0\0payload\0\0\3").encode())
    extended[0] |= 0x30
    odd = [Step(SOUND, bytes(extended)), Step(PICTURE, bytes(extended)), Step(SEEN, bytes(extended))]
    return [
        write(each) for each in (sound, picture[:24], seen, digits, control, odd, sound[:4] + control[:1] + picture[:4])
    ]


def _change(kind: int, data: bytes, random: Random) -> bytes:
    """One field of the header, or of what follows it."""
    if kind == TIME or len(data) < 12:
        return bytes([random.randrange(256)])
    packet = bytearray(data)
    what = random.randrange(9)
    if what == 0:
        packet[2:4] = struct.pack(
            "!H",
            random.choice(
                (0, 1, 0x7FFF, 0x8000, 0xFFFF, (packet[2] << 8 | packet[3]) + random.randint(-40, 40) & 0xFFFF)
            ),
        )
    elif what == 1:
        packet[4:8] = struct.pack("!I", random.choice((0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, random.getrandbits(32))))
    elif what == 2:
        packet[0] = random.choice((0x80, 0x90, 0xA0, 0xB0, 0x8F, 0x81, 0x82, 0x84, 0x00, 0xC0))
    elif what == 3:
        packet[1] = random.choice((96, 97, 101, 224, 200, 201, 203, 205, 206, 225))
    elif what == 4:
        packet[8:12] = struct.pack("!I", random.choice((0, 7, 9, 0xFFFFFFFF)))
    elif what == 5 and len(packet) > 12:
        packet[12] = random.choice((0x67, 0x65, 0x41, 0x78, 0x7C, 0x5C, 0x79, 0x7D, 0, 31))
    elif what == 6 and len(packet) > 13:
        packet[13] = random.choice((0x85, 0x45, 0x05, 0xC5, 0, 255))
    elif what == 7:
        del packet[random.randint(12, len(packet)) :]
    else:
        place = random.randint(0, len(packet))
        packet[place : place + random.choice((0, 1, 2))] = random.randbytes(random.choice((1, 2, 60)))
    return bytes(packet)


class _Receiver:
    def __init__(self) -> None:
        self.now = 50.0
        self._jitter = JitterBuffer(_HZ)
        self._statistics = ReceptionStatistics(7, _HZ)
        self._digits = DigitDetector()
        self._pictures = Depacketizer()
        self._frames = KeyFrames()

    def take(self, step: Step) -> None:
        kind, data = step
        if kind == TIME:
            self._play((data[:1] or b"\0")[0] / 500)
        elif kind == CONTROL or (kind in (SOUND, PICTURE) and is_rtcp(data)):
            self._control(data)
        elif kind == SOUND:
            self._sound(data)
        elif kind == PICTURE:
            self._picture(data)
        else:
            self._seen(data)

    def _sound(self, data: bytes) -> None:
        packet = read_rtp(data)
        if packet is None:
            return
        hold(read_rtp(packet.encode()) == packet, "a packet reads differently the second time")
        digit = self._digits.push(packet.timestamp, packet.payload)
        hold(digit is None or digit in DIGITS, "a digit that is none")
        self._statistics.packet(packet.sequence, packet.timestamp, self.now)
        self._jitter.put(packet.sequence, packet.timestamp, packet.payload, packet.payload_type, self.now)
        hold(self._jitter.depth_s <= 2 * DELAY_MAX_S + 0.3, f"the buffer holds {self._jitter.depth_s:.1f} s")
        hold(len(self._jitter._packets) < 1_000, "the buffer grows")

    def _play(self, for_s: float) -> None:
        self.now += for_s
        hold(len(self._statistics.block(self.now).encode()) == 24, "a report block of another length")
        for _ in range(3):
            played = self._jitter.take(self.now)
            hold(not isinstance(played, Sound) or 0 <= played.payload_type < 128, "a payload type beyond seven bits")

    def _control(self, data: bytes) -> None:
        for part in read_rtcp(data):
            if isinstance(part, SenderReport):
                self._statistics.sender_report(part, self.now)
            elif isinstance(part, ReportBlock):
                hold(len(part.encode()) == 24, "a report block that cannot be written")

    def _picture(self, data: bytes) -> None:
        packet = read_rtp(data)
        if packet is None:
            return
        for unit in self._pictures.push(packet.sequence, packet.timestamp, packet.payload, packet.marker):
            hold(len(unit.data) <= 3 * ACCESS_UNIT_MAX_BYTES, "a picture without bounds")
            hold(unit.data.startswith(b"\0\0\0\1"), "a picture without a start code")
            packetize(split_annex_b(unit.data))
        hold(len(self._pictures._waiting) <= 32, "packets pile up")

    def _seen(self, data: bytes) -> None:
        packet = SeenPacket.parse(data)
        if packet is None:
            return
        frame = self._frames.feed(packet)
        hold(frame is None or len(frame) <= SNAPSHOT_MAX_BYTES, "a key frame without bounds")
        hold(len(self._frames._packets) <= KEY_FRAME_PACKETS_MAX, "packets pile up")

    def still_works(self) -> None:
        """A whole key frame from another source is shown, here and there."""
        payloads = packetize([b"\x67\x42\xe0\x1f\x01", b"\x68\xce\x3c\x80", b"\x65\x88" + b"z" * 3000])
        shown: list[object] = []
        framed: list[bytes] = []
        start = (self._pictures._next or 0) + 5_000
        for round_ in range(2):  # the first of a new source may be given up for the end of the old one
            for at, payload in enumerate(payloads):
                number = start + round_ * len(payloads) + at & 0xFFFF
                stamp, last = 777_000 + round_ * 3000, at == len(payloads) - 1
                shown += self._pictures.push(number, stamp, payload, last)
                seen = SeenPacket.parse(RtpPacket(97, number, stamp, 4242, payload, last).encode())
                if seen is not None and (frame := self._frames.feed(seen)) is not None:
                    framed.append(frame)
        hold(shown, "a whole key frame is not shown")
        hold(framed, "a whole key frame is not taken for a snapshot")


TARGET = Media
