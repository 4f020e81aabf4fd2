"""Two media sessions against each other over loopback: sound, pictures, losses, key frames, changed ports."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from antiphon_station.media import MediaSession, SoundSystem, open_camera, open_microphone, open_speaker
from antiphon_station.media.rtp import encode_key_frame_request, encode_report
from antiphon_station.media.transport import SecureTransport
from tests.station.edge import until

TEST_HZ = 440


class End:
    """One end of a call: media and sound."""

    def __init__(self) -> None:
        self.media = MediaSession("127.0.0.1", open_camera("test"))
        self.sound = SoundSystem(open_microphone("test"), open_speaker("null"))
        self.sound.start()
        self.sound.connect(self.media)

    def hears_tone(self) -> bool:
        level, peak, _ = self.sound.heard()
        return level > -25 and peak is not None and abs(peak - TEST_HZ) < 5

    def close(self) -> None:
        self.media.close()
        self.sound.stop()


@pytest.fixture
async def ends() -> AsyncIterator[list[End]]:
    ends: list[End] = []
    yield ends
    for end in ends:
        end.close()


def pair(ends: list[End], offer: str | None = None) -> tuple[End, End]:
    """Two connected ends that talk; `offer` replaces the caller's own."""
    caller, called = End(), End()
    ends += [caller, called]
    caller.media.take_answer(called.media.answer(offer or caller.media.offer()))
    caller.media.talk()
    called.media.talk()
    return caller, called


@pytest.mark.parametrize("codec", ["opus", "G722", "PCMA", "PCMU"])
async def test_sound_goes_both_ways_in_every_codec(ends: list[End], codec: str) -> None:
    kept = {"opus": "96 101", "G722": "9 102", "PCMA": "8 102", "PCMU": "0 102"}[codec]
    caller, called = End(), End()
    ends += [caller, called]
    offer = caller.media.offer().replace("RTP/SAVPF 96 9 8 0 101 102", f"RTP/SAVPF {kept}")
    caller.media.take_answer(called.media.answer(offer))
    caller.media.talk()
    called.media.talk()
    await until(lambda: caller.hears_tone() and called.hears_tone())
    assert caller.media.counts.audio_codec == called.media.counts.audio_codec == codec


async def test_nothing_is_heard_of_the_visitor_before_somebody_answers(ends: list[End]) -> None:
    caller, called = End(), End()
    ends += [caller, called]
    caller.media.take_answer(called.media.answer(caller.media.offer()))
    await until(lambda: called.sound.heard()[2] > 50)
    assert called.sound.heard()[0] < -70
    caller.media.talk()
    await until(called.hears_tone)


async def test_pictures_are_decoded_and_key_frames_come_when_asked_for(ends: list[End]) -> None:
    caller, called = pair(ends)
    await until(lambda: called.media.screen.frames > 5)
    assert (called.media.screen.width, called.media.screen.height) == (640, 480)
    before = caller.media.picture.key_frames
    own, theirs = called.media._video.ssrc, caller.media._video.ssrc
    called.media._video.send_rtcp(encode_report(own, "x", ()) + encode_key_frame_request(own, theirs))
    await until(lambda: caller.media.counts.key_frames_asked > 0)
    asked_at = asyncio.get_running_loop().time()
    await until(lambda: caller.media.picture.key_frames > before)
    assert asyncio.get_running_loop().time() - asked_at < 0.5
    # A FIR is repeated until it is served: the same number counts once, the next one anew.
    asked = caller.media.counts.key_frames_asked
    for number in (1, 1, 2):
        called.media._video.send_rtcp(encode_report(own, "x", ()) + encode_key_frame_request(own, theirs, number))
    await until(lambda: caller.media.counts.key_frames_asked == asked + 2)


async def test_loss_and_jitter_are_survived(ends: list[End], monkeypatch: pytest.MonkeyPatch) -> None:
    source = random.Random(3)
    loop = asyncio.get_running_loop()
    direct = SecureTransport._send

    def lossy(transport: SecureTransport, connection: object, data: bytes, to: tuple[str, int]) -> None:
        if source.random() >= 0.03:
            late = source.uniform(0.0, 0.06)
            loop.call_soon_threadsafe(loop.call_later, late, direct, transport, connection, data, to)

    monkeypatch.setattr(SecureTransport, "_send", lossy)
    caller, called = pair(ends)
    await until(lambda: caller.sound.heard()[2] > 150 and called.sound.heard()[2] > 150)
    await until(lambda: caller.hears_tone() and called.hears_tone())
    await until(lambda: called.media.screen.frames > 15)
    assert called.media.quality()["packets_lost"] != 0
    monkeypatch.setattr(SecureTransport, "_send", direct)


async def test_changed_ports_and_keys_are_followed_without_a_gap(ends: list[End]) -> None:
    station, anchor = pair(ends)
    await until(lambda: anchor.media.screen.frames > 3 and station.hears_tone())
    winner = End()
    ends.append(winner)
    winner.media.talk()
    winner.media.take_answer(station.media.answer(winner.media.offer()))
    await until(lambda: winner.media.screen.frames > 3 and winner.hears_tone())
    assert station.media.quality()["switches"] == 1
    await until(station.hears_tone)
    assert winner.media.quality()["rejected"] == 0


async def test_whoever_took_over_is_heard_while_the_one_before_still_sends(ends: list[End]) -> None:
    station, anchor = pair(ends)
    anchor.media._talking = False  # sends silence, and goes on with it
    await until(lambda: station.sound.heard()[2] > 5)
    for _ in range(3):  # whichever of the two happens to send first in each 20 ms
        winner = End()
        ends.append(winner)
        winner.media.talk()
        winner.media.take_answer(station.media.answer(winner.media.offer()))
        await until(station.hears_tone)
        before = station.sound.heard()[2]
        await until(lambda before=before: station.sound.heard()[2] > before + 30)
        assert station.hears_tone()
        winner.media._talking = False


async def test_a_foreign_key_is_not_accepted(ends: list[End]) -> None:
    station, other = pair(ends)
    stranger = SecureTransport("127.0.0.1")
    address = ("127.0.0.1", station.media._audio.port)
    stranger.direct(address, address, stranger.key, muxed=True)
    stranger.send_rtp(bytes.fromhex("80600001000000010000002a") + b"intruder")
    await until(lambda: station.media.quality()["rejected"] == 1)
    stranger.close()
    assert other.media.quality()["rejected"] == 0


async def test_a_digit_arrives_once(ends: list[End]) -> None:
    caller, called = pair(ends)
    for digit in "5#":
        assert caller.media.send_digit(digit)
    await until(lambda: len(called.media.counts.digits) >= 2)
    assert called.media.counts.digits == ["5", "#"]
    await until(called.hears_tone)
