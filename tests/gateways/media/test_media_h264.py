"""The first clean key frame out of RTP packets, friendly and hostile."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from antiphon.gateways.media.h264 import KeyFrames, RtpPacket, depacketize, picture_loss_indication
from antiphon.limits import KEY_FRAME_PACKETS_MAX, SNAPSHOT_MAX_BYTES

SPS, PPS, AUD = b"\x67\x42\xe0\x1f", b"\x68\xce", b"\x09\x10"
IDR = b"\x65\x88" + b"i" * 3_000
OTHER = b"\x41\x9a" + b"p" * 20
WHOLE = b"".join(b"\0\0\0\1" + unit for unit in (SPS, PPS, IDR))


def fragments(unit: bytes, size: int = 1_000) -> list[bytes]:
    """FU-A payloads of one NAL unit."""
    parts = [unit[at : at + size] for at in range(1, len(unit), size)]
    payloads = []
    for at, part in enumerate(parts):
        flags = (0x80 if at == 0 else 0) | (0x40 if at == len(parts) - 1 else 0)
        payloads.append(bytes(((unit[0] & 0xE0) | 28, flags | (unit[0] & 0x1F))) + part)
    return payloads


def stap(*units: bytes) -> bytes:
    return b"\x78" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


def packets(*payloads: bytes, timestamp: int = 9_000, first: int = 65_534) -> list[RtpPacket]:
    """One picture; sequence numbers wrap on purpose."""
    last = len(payloads) - 1
    return [
        RtpPacket(96, at == last, (first + at) & 0xFFFF, timestamp, 1, payload) for at, payload in enumerate(payloads)
    ]


def collect(keys: KeyFrames, *arriving: RtpPacket) -> list[bytes]:
    return [frame for packet in arriving if (frame := keys.feed(packet)) is not None]


def test_single_units_aggregates_and_fragments_make_one_picture() -> None:
    for payloads in ([SPS, PPS, *fragments(IDR)], [stap(AUD, SPS, PPS), *fragments(IDR)], [stap(SPS, PPS), IDR]):
        assert collect(KeyFrames(), *packets(*payloads)) == [WHOLE]


def test_the_order_within_a_picture_does_not_matter() -> None:
    assert collect(KeyFrames(), *reversed(packets(SPS, PPS, *fragments(IDR)))) == [WHOLE]


def test_a_picture_with_a_hole_is_not_taken_and_the_next_one_is() -> None:
    broken = packets(SPS, PPS, *fragments(IDR))
    del broken[3]
    keys = KeyFrames()
    assert collect(keys, *broken) == []
    assert collect(keys, *packets(SPS, PPS, *fragments(IDR), timestamp=18_000, first=10)) == [WHOLE]


def test_parameter_sets_may_come_earlier() -> None:
    keys = KeyFrames()
    assert collect(keys, *packets(SPS, PPS, timestamp=1, first=1), *packets(IDR, timestamp=2, first=3)) == [WHOLE]


def test_a_key_frame_without_parameter_sets_is_of_no_use() -> None:
    assert collect(KeyFrames(), *packets(*fragments(IDR))) == []


def test_a_key_frame_whose_beginning_is_missing_is_not_taken() -> None:
    later_slice = b"\x65\x08" + b"i" * 50
    assert collect(KeyFrames(), *packets(SPS, PPS, later_slice)) == []


def test_other_pictures_are_no_key_frames() -> None:
    assert collect(KeyFrames(), *packets(SPS, PPS, OTHER)) == []


def test_an_endless_picture_is_dropped_and_memory_stays_bounded() -> None:
    keys = KeyFrames()
    big = b"\x65\x88" + b"x" * 60_000
    flood = packets(SPS, PPS, *[big] * (SNAPSHOT_MAX_BYTES // 60_000 + 50))
    assert collect(keys, *flood[:-1]) == []
    tiny = [RtpPacket(96, False, at & 0xFFFF, 7, 1, OTHER) for at in range(KEY_FRAME_PACKETS_MAX * 2)]
    assert collect(keys, *tiny) == []
    assert collect(keys, *packets(SPS, PPS, *fragments(IDR), timestamp=99)) == [WHOLE]


@given(st.lists(st.binary(max_size=80), max_size=12))
def test_any_payloads_are_units_or_refused(payloads: list[bytes]) -> None:
    units = depacketize(payloads)
    assert units is None or all(units)


@given(st.binary(max_size=300))
def test_any_datagram_is_a_packet_or_refused(data: bytes) -> None:
    packet = RtpPacket.parse(data)
    if packet is not None:
        assert packet.payload
        KeyFrames().feed(packet)


def test_header_extension_contributors_and_padding_are_not_payload() -> None:
    head = bytes((0x80 | 0x20 | 0x10 | 1, 0x80 | 96)) + b"\0\7" + b"\0\0\0\x09" + b"\0\0\0\x01"
    packet = RtpPacket.parse(head + b"cccc" + b"\xbe\xde\0\1eeee" + OTHER + b"\0\0\3")
    assert packet is not None
    assert (packet.payload, packet.marker, packet.sequence, packet.ssrc) == (OTHER, True, 7, 1)


def test_reports_are_no_packets() -> None:
    assert RtpPacket.parse(picture_loss_indication(5) + b"\0" * 20) is None
    assert picture_loss_indication(5)[8:] == b"\x81\xce\0\2\0\0\0\1\0\0\0\5"
