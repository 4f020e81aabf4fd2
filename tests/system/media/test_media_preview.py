"""A door call's media on the real engine: seen by all before the answer, two-way with the winner."""

from __future__ import annotations

import asyncio
import io

import av
import pytest
from media_harness import Heard, Rtpengine
from media_station import FakeStation
from media_tab import Receiver, receivers

from antiphon.gateways.media import MediaEngine, NoPreview

pytestmark = pytest.mark.system


async def show(engine: MediaEngine, call: str, leg: str, tab: Receiver) -> float:
    """Preview at one receiver; milliseconds to its first picture."""
    answer = await tab.preview(await engine.preview_offer(call, leg))
    await engine.preview_answer(call, leg, answer)
    return await tab.first_picture_ms()


async def ring(engine: MediaEngine, call: str, station: FakeStation, tabs: list[Receiver]) -> list[float]:
    early = await engine.open_caller(call, "caller", station.description(), reliable_preview=True)
    assert early is not None
    station.take(early)
    return await asyncio.gather(*(show(engine, call, f"tab{at}", tab) for at, tab in enumerate(tabs)))


async def answer(engine: MediaEngine, call: str, leg: str, tab: Receiver, station: FakeStation) -> str:
    description = await tab.answer(await engine.connect_offer(call, leg))
    agreed = await engine.connect_answer(call, leg, description)
    station.take(agreed)
    return agreed


def where(description: str) -> list[str]:
    """Ports and keys."""
    return [line.split(" RTP/")[0] for line in description.split("\r\n") if line.startswith(("m=", "a=crypto"))]


async def test_everybody_sees_the_visitor_and_nobody_hears_before_the_answer(
    engine: MediaEngine, station: FakeStation, heard: Heard, call: str
) -> None:
    async with receivers(3) as tabs:
        await ring(engine, call, station, tabs)
        counts = [await tab.counts() for tab in tabs]
        await heard.until(lambda: call in heard.key_frames)
    assert all(count["framesDecoded"] > 0 for count in counts)
    assert all(count["audioBytes"] == 0 for count in counts)
    assert station.audio.received == 0


async def test_the_first_key_frame_is_a_picture(
    engine: MediaEngine, station: FakeStation, heard: Heard, call: str
) -> None:
    early = await engine.open_caller(call, "caller", station.description(), reliable_preview=True)
    assert early is not None
    station.take(early)
    await heard.until(lambda: call in heard.key_frames)
    with av.open(io.BytesIO(heard.key_frames[call]), format="h264") as stream:
        pictures = list(stream.decode(video=0))
    assert [(picture.width, picture.height) for picture in pictures] == [(320, 240)]


async def test_a_late_joiner_sees_the_visitor_at_once(engine: MediaEngine, station: FakeStation, call: str) -> None:
    async with receivers(2) as tabs:
        await ring(engine, call, station, tabs[:1])
        # The next key frame without a request is ten seconds away.
        await tabs[0].until_frames(20)
        late_ms = await show(engine, call, "late", tabs[1])
    assert late_ms < 2_000  # 0.2 to 0.5 s on a quiet machine


@pytest.mark.parametrize("plain", [False, True], ids=["feedback offered", "plain"])
async def test_a_late_joiner_sees_a_station_of_another_maker_at_once_where_its_picture_is_early(
    engine: MediaEngine, station: FakeStation, call: str, plain: bool
) -> None:
    station.plain = plain
    early = await engine.open_caller(call, "caller", station.description(), reliable_preview=False, early=True)
    assert early is not None
    station.take(early)
    async with receivers(2) as tabs:
        await show(engine, call, "tab0", tabs[0])
        await tabs[0].until_frames(20)
        late_ms = await show(engine, call, "late", tabs[1])
        await answer(engine, call, "late", tabs[1], station)
        await asyncio.wait_for(station.heard.wait(), 20)
        await tabs[1].until_tone(420, 460)
    assert late_ms < 2_000


async def test_the_winner_talks_and_the_others_are_dropped(
    engine: MediaEngine, station: FakeStation, heard: Heard, call: str
) -> None:
    async with receivers(3) as tabs:
        await ring(engine, call, station, tabs)
        await answer(engine, call, "tab1", tabs[1], station)
        before = station.video.received
        await asyncio.wait_for(station.heard.wait(), 20)
        await tabs[1].until_tone(420, 460)
        for tab in (tabs[0], tabs[2]):
            await engine.drop_preview(call, "tab0" if tab is tabs[0] else "tab2")
        dropped = [(await tab.counts())["framesDecoded"] for tab in (tabs[0], tabs[2])]
        await tabs[1].until_frames((await tabs[1].counts())["framesDecoded"] + 20)
        after = [(await tab.counts())["framesDecoded"] for tab in (tabs[0], tabs[2])]
        assert station.video.received > before
        # A picture or two may have been under way.
        assert all(late - early <= 3 for early, late in zip(dropped, after, strict=True))
        station.press(5)
        await heard.until(lambda: heard.digits == [(call, "caller", "5")])


async def test_the_station_keeps_ports_and_keys_from_preview_to_conversation(
    engine: MediaEngine, station: FakeStation, call: str
) -> None:
    early = await engine.open_caller(call, "caller", station.description(), reliable_preview=True)
    assert early is not None
    async with receivers(1) as tabs:
        agreed = await answer(engine, call, "tab0", tabs[0], station)
    assert where(agreed) == where(early)
    assert "a=sendonly" in early
    assert agreed.count("a=sendrecv") == 2


async def test_a_receiver_without_preview_can_answer(engine: MediaEngine, station: FakeStation, call: str) -> None:
    async with receivers(2) as tabs:
        await ring(engine, call, station, tabs[:1])
        await answer(engine, call, "blind", tabs[1], station)
        await asyncio.wait_for(station.heard.wait(), 20)
        await tabs[1].until_tone(420, 460)
        await tabs[1].first_picture_ms()


async def test_a_second_winner_connects_when_the_first_gave_no_answer(
    engine: MediaEngine, station: FakeStation, call: str
) -> None:
    async with receivers(2) as tabs:
        await ring(engine, call, station, tabs[:1])
        await engine.connect_offer(call, "tab0")
        await engine.drop_preview(call, "tab0")
        await answer(engine, call, "blind", tabs[1], station)
        await asyncio.wait_for(station.heard.wait(), 20)
        await tabs[1].until_tone(420, 460)


async def test_a_station_of_another_maker_is_connected_at_the_answer(
    engine: MediaEngine, station: FakeStation, heard: Heard, call: str
) -> None:
    opened = await engine.open_caller(call, "caller", station.description(), reliable_preview=False)
    assert opened is None
    async with receivers(1) as tabs:
        await answer(engine, call, "tab0", tabs[0], station)
        await asyncio.wait_for(station.heard.wait(), 20)
        await tabs[0].until_tone(420, 460)
        await heard.until(lambda: call in heard.key_frames)
        await engine.send_dtmf(call, "caller", "7")
        async with asyncio.timeout(20):
            while 7 not in station.digits:
                await tabs[0].counts()


async def test_a_person_answers_a_call_for_which_telephones_ring(
    engine: MediaEngine, station: FakeStation, heard: Heard, call: str
) -> None:
    """An offer that telephones rang with and nobody answered stands at the engine when the person is connected."""
    await engine.open_caller(call, "caller", station.description(), reliable_preview=False)
    offers = {await engine.receiver_offer(call, f"telephone{number}") for number in range(3)}
    assert len(offers) == 1
    async with receivers(1) as tabs:
        await answer(engine, call, "tab0", tabs[0], station)
        await asyncio.wait_for(station.heard.wait(), 20)
        await tabs[0].until_tone(420, 460)


async def test_a_client_calls_a_station(engine: MediaEngine, station: FakeStation, call: str) -> None:
    async with receivers(1) as tabs:
        offer = await engine.open_client(call, "tab0", await tabs[0].call(), account=False)
        assert "GCM" not in offer
        assert "VP8" not in offer
        station.take(offer)
        await tabs[0].take(await engine.client_answer(call, "station", station.description()))
        await asyncio.wait_for(station.heard.wait(), 20)
        await tabs[0].until_tone(420, 460)
        await tabs[0].first_picture_ms()
        assert station.video.received > 0


async def test_a_call_without_picture_is_connected_and_has_no_preview(engine: MediaEngine, call: str) -> None:
    station = FakeStation(picture=False)
    await station.start()
    try:
        early = await engine.open_caller(call, "caller", station.description(), reliable_preview=True)
        assert early is not None
        station.take(early)
        with pytest.raises(NoPreview):
            await engine.preview_offer(call, "tab0")
        async with receivers(1) as tabs:
            await answer(engine, call, "tab0", tabs[0], station)
            await asyncio.wait_for(station.heard.wait(), 20)
            await tabs[0].until_tone(420, 460)
    finally:
        await station.stop()


async def test_the_visitor_hears_the_prompt_before_anybody_answers(
    engine: MediaEngine, station: FakeStation, call: str
) -> None:
    early = await engine.open_caller(call, "caller", station.description(), reliable_preview=True)
    assert early is not None
    station.take(early)
    length_s = await engine.play(call, "caller", "no_answer", "de-AT")
    await asyncio.wait_for(station.heard.wait(), 20)
    assert 1.5 < length_s < 8


async def test_the_warning_tone_and_the_voice_take_turns_at_the_station(
    engine: MediaEngine, station: FakeStation, call: str
) -> None:
    async with receivers(1) as tabs:
        await ring(engine, call, station, tabs)
        await answer(engine, call, "tab0", tabs[0], station)
        await asyncio.wait_for(station.heard.wait(), 20)
        before = station.audio.switches
        await engine.play(call, "caller", "limit_warning", "en")
        async with asyncio.timeout(20):
            while station.audio.switches < before + 2:
                await tabs[0].counts()
        frames = station.video.received
        async with asyncio.timeout(20):
            while station.video.received < frames + 10:
                await tabs[0].counts()
        assert station.audio.switches == before + 2


async def test_a_killed_engine_is_noticed_and_the_next_call_works(
    engine: MediaEngine, station: FakeStation, heard: Heard, rtpengine: Rtpengine, call: str
) -> None:
    for number in range(3):
        await engine.open_caller(f"{call}{number}", "caller", station.description(), reliable_preview=True)
    rtpengine.kill()
    rtpengine.start()
    await heard.until(lambda: len(heard.lost) == 3)
    assert await engine.open_caller(call, "caller", station.description(), reliable_preview=True)
    assert sorted(heard.lost) == [f"{call}{number}" for number in range(3)]
