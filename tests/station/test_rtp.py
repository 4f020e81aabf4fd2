"""RTP, RTCP, H.264 payloads, digits, key-frame timing: pure."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from antiphon.limits import PREVIEW_KEY_FRAME_MAX_S
from antiphon_station.media.dtmf import DIGITS, DigitDetector, event_payloads
from antiphon_station.media.h264 import PAYLOAD_MAX_BYTES, AccessUnit, Depacketizer, packetize, split_annex_b
from antiphon_station.media.keyframes import REPEAT_MIN_S, KeyFrameClock
from antiphon_station.media.rtp import (
    SOURCE_SILENT_S,
    Bye,
    KeyFrameRequest,
    ReceptionStatistics,
    ReportBlock,
    RtpPacket,
    SenderReport,
    SourceChoice,
    encode_bye,
    encode_key_frame_request,
    encode_report,
    is_rtcp,
    read_rtcp,
    read_rtp,
)

U32 = st.integers(0, 0xFFFFFFFF)
PACKETS = st.builds(
    RtpPacket, st.integers(0, 127), st.integers(0, 0xFFFF), U32, U32, st.binary(max_size=50), st.booleans()
)


@given(PACKETS)
def test_a_packet_is_read_as_it_was_written(packet: RtpPacket) -> None:
    assert read_rtp(packet.encode()) == packet


def test_sources_extension_and_padding_are_taken_off() -> None:
    plain = RtpPacket(96, 7, 8, 9, b"sound").encode()
    full = bytes([0xB1]) + plain[1:12] + b"csrc" + b"\xbe\xde\x00\x01" + b"ext." + b"sound" + b"\x00\x00\x03"
    packet = read_rtp(full)
    assert packet is not None
    assert packet.payload == b"sound"


def test_the_newest_source_is_played_and_the_one_before_only_when_it_fell_silent() -> None:
    choice = SourceChoice()
    assert choice.plays(1, 0.0)
    assert choice.plays(2, 0.01)
    assert not choice.plays(1, 0.02), "the one before still sends"
    assert choice.plays(2, 0.03)
    assert choice.plays(1, 0.03 + SOURCE_SILENT_S), "an announcement ended: the talk goes on"
    assert not choice.plays(2, 0.04 + SOURCE_SILENT_S)


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1)), max_size=200))
def test_a_source_that_goes_on_alone_is_always_played(packets: list[tuple[int, float]]) -> None:
    choice, now = SourceChoice(), 0.0
    for ssrc, pause_s in packets:
        now += pause_s
        choice.plays(ssrc, now)
    assert choice.plays(7, now + 2 * SOURCE_SILENT_S)
    assert choice.plays(7, now + 2 * SOURCE_SILENT_S)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_packet_or_none(data: bytes) -> None:
    read_rtp(data)
    list(read_rtcp(data))


def test_reports_and_requests_are_read_as_they_were_written() -> None:
    block = ReportBlock(5, 10, -3, 70_000, 90, 11, 12)
    sender = SenderReport(1, 2**40 + 5, 3, 4, 5)
    compound = (
        encode_report(1, "name", (block,), sender)
        + encode_key_frame_request(1, 99)
        + encode_key_frame_request(1, 99, 7)
        + encode_bye(1)
    )
    assert is_rtcp(compound)
    assert list(read_rtcp(compound)) == [sender, block, KeyFrameRequest(99, None), KeyFrameRequest(99, 7), Bye(1)]


def test_statistics_count_losses_across_the_wrap_of_numbers() -> None:
    statistics = ReceptionStatistics(1, 48_000)
    for number in range(100):
        if number % 10 != 3:
            statistics.packet((65_500 + number) & 0xFFFF, number * 960, number * 0.02)
    block = statistics.block(2.0)
    assert (statistics.lost, block.fraction_lost) == (10, 25)
    assert block.jitter == 0


def test_a_start_in_disorder_hides_no_loss() -> None:
    statistics = ReceptionStatistics(1, 90_000)
    for number in (5, 1, 2, 4, 6, 7, 8):
        statistics.packet(number, 0, 0.0)
    assert statistics.lost == 1


# -- pictures --------------------------------------------------------------------------------------------------------

UNIT = st.builds(
    lambda kind, body: bytes([0x60 | kind]) + body + b"\x80",
    st.sampled_from([1, 5, 6, 7, 8]),
    st.one_of(
        st.binary(min_size=1, max_size=40).filter(lambda body: b"\x00\x00" not in body),
        st.integers(1, 6000).map(lambda size: b"\xab" * size),
    ),
)
PICTURES = st.lists(st.lists(UNIT, min_size=1, max_size=6), min_size=1, max_size=6)
KEY_PICTURE = [b"\x67sps\x80", b"\x68pps\x80", b"\x65" + b"k" * 3000 + b"\x80"]


def annex_b(units: list[bytes]) -> bytes:
    return b"".join(b"\x00\x00\x00\x01" + unit for unit in units)


def send(
    depacketizer: Depacketizer, pictures: list[list[bytes]], lost: frozenset[int] = frozenset()
) -> list[AccessUnit]:
    """Every picture through packets numbered over the wrap; `lost` counts packets from the first one on."""
    shown, number = [], 0
    for index, units in enumerate(pictures):
        payloads = packetize(units)
        assert all(len(payload) <= PAYLOAD_MAX_BYTES for payload in payloads)
        for at, payload in enumerate(payloads):
            if number not in lost:
                shown += depacketizer.push((65_530 + number) & 0xFFFF, index * 6000, payload, at == len(payloads) - 1)
            number += 1
    return shown


@given(PICTURES)
def test_pictures_come_out_of_packets_as_they_went_in(pictures: list[list[bytes]]) -> None:
    shown = send(Depacketizer(), [KEY_PICTURE, *pictures])
    assert [unit.data for unit in shown] == [annex_b(units) for units in [KEY_PICTURE, *pictures]]
    assert all(split_annex_b(unit.data) == units for unit, units in zip(shown, [KEY_PICTURE, *pictures], strict=True))


def test_nothing_is_shown_before_the_first_key_frame() -> None:
    depacketizer = Depacketizer()
    assert send(depacketizer, [[b"\x61delta\x80"]]) == []
    assert depacketizer.broken


def test_a_lost_packet_costs_pictures_until_the_next_key_frame() -> None:
    delta = [b"\x61" + b"d" * 40 + b"\x80"]
    pictures = [KEY_PICTURE, delta, delta, delta, KEY_PICTURE, *[delta] * 30]
    lost = frozenset({len(packetize(KEY_PICTURE)) + 1})  # the second delta
    depacketizer = Depacketizer()
    shown = send(depacketizer, pictures, lost)
    assert [unit.timestamp // 6000 for unit in shown] == [0, 1, *range(4, 35)]
    assert depacketizer.packets_lost == 1
    assert not depacketizer.broken


def test_reordered_packets_cost_nothing() -> None:
    payloads = packetize(KEY_PICTURE)
    numbered = [(100 + at, payload, at == len(payloads) - 1) for at, payload in enumerate(payloads)]
    first, *rest = numbered
    depacketizer = Depacketizer()
    shown = []
    for number, payload, marker in [first, *reversed(rest)]:
        shown += depacketizer.push(number, 0, payload, marker)
    assert [unit.data for unit in shown] == [annex_b(KEY_PICTURE)]


@given(
    st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 3), st.binary(max_size=40), st.booleans()), max_size=60)
)
def test_hostile_payloads_never_break_it(packets: list[tuple[int, int, bytes, bool]]) -> None:
    depacketizer = Depacketizer()
    for packet in packets:
        depacketizer.push(*packet)
    assert send(Depacketizer(), [KEY_PICTURE])[0].key


# -- digits and key frames -------------------------------------------------------------------------------------------


def test_every_digit_is_heard_once_even_when_its_first_packets_are_lost() -> None:
    detector = DigitDetector()
    heard = []
    for index, digit in enumerate(DIGITS):
        for payload, _ in event_payloads(digit, 48_000)[3:]:
            heard.append(detector.push(index * 10_000, payload))
    assert "".join(digit for digit in heard if digit) == DIGITS


def test_a_key_frame_comes_at_least_every_second() -> None:
    clock, sent, now = KeyFrameClock(), [], 0.0
    while now < 10:
        if clock.due(now):
            clock.sent(now)
            sent.append(now)
        now += 1 / 15
    gaps = [after - before for before, after in itertools.pairwise(sent)]
    assert max(gaps) <= PREVIEW_KEY_FRAME_MAX_S
    assert min(gaps) > 0.8


def test_a_request_is_served_with_the_next_picture_and_many_at_once_with_one() -> None:
    clock = KeyFrameClock()
    clock.sent(0.0)
    assert not clock.due(0.3)
    for _ in range(32):
        clock.request()
    assert clock.due(0.3)
    clock.sent(0.3)
    assert not clock.due(0.3 + REPEAT_MIN_S)
    clock.request()
    assert not clock.due(0.35)
    assert clock.due(0.3 + REPEAT_MIN_S)


def test_a_request_that_comes_while_a_key_frame_is_encoded_is_served_by_the_next() -> None:
    clock = KeyFrameClock()
    assert clock.due(0.0)
    clock.request()
    clock.sent(0.0)
    assert clock.due(REPEAT_MIN_S)
