"""The running station against an edge over mutual TLS, with real media on both ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from antiphon.wire import sip
from antiphon.wire.sip.info import dtmf_digit
from antiphon.wire.station import ANSWER_HEADER, ANSWER_MANUAL, ANSWER_OPTION
from antiphon_station.control import Json
from antiphon_station.errors import NoCall
from antiphon_station.media import MediaSession, SoundSystem, open_camera, open_microphone, open_speaker
from antiphon_station.prompts import Prompts, find_program
from antiphon_station.station import Station
from tests.station.edge import DEVICE_ID, WITHIN_S, Authority, Edge, until, write_identity


class Site:
    """A station, its edge, and the journal that the test waits on."""

    def __init__(self, station: Station, edge: Edge, watch: asyncio.Queue[Json]) -> None:
        self.station = station
        self.edge = edge
        self._watch = watch

    async def ask(self, do: str, **fields: object) -> Json:
        return await self.station._answer({"do": do, **fields})

    async def event(self, name: str, **fields: object) -> Json:
        """The next event of this name with these fields."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                entry = await self._watch.get()
                if entry["event"] == name and all(entry.get(key) == value for key, value in fields.items()):
                    return entry

    async def until(self, condition: Callable[[Json], bool]) -> Json:
        """The first status for which the condition holds."""
        await until(lambda: condition(self.station._status()))
        return self.station._status()


@pytest.fixture(scope="session")
def announcements(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: it takes a second or two."""
    folder = tmp_path_factory.mktemp("prompts")
    Prompts(folder, find_program()).prepare()
    return folder


@pytest.fixture
async def site(tmp_path: Path, announcements: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    authority = Authority()
    edge = Edge(authority, tmp_path)
    data = tmp_path / "station"
    write_identity(data, authority, sip_port=await edge.start())
    (data / "prompts").symlink_to(announcements)
    (data / "station.toml").write_text(f'speaker = "file:{tmp_path}/heard.wav"\n')
    station = Station(data)
    watch: asyncio.Queue[Json] = asyncio.Queue()
    monkeypatch.setattr(station._journal, "_tell", watch.put_nowait)
    await station.start()
    site = Site(station, edge, watch)
    await site.event("registration", state="registered")
    yield site
    await station.stop()
    edge.stop()


class Person:
    """The far end's sound and picture."""

    def __init__(self, media: MediaSession) -> None:
        self.media = media
        self.sound = SoundSystem(open_microphone("test"), open_speaker("null"))
        self.sound.start()
        self.sound.connect(media)

    async def hears(self, condition: Callable[[float, float | None], bool]) -> None:
        await until(lambda: condition(*self.sound.heard()[:2]))

    async def sees(self, frames: int) -> None:
        await until(lambda: self.media.screen.frames >= frames)

    def leave(self) -> None:
        self.media.close()
        self.sound.stop()


def person() -> Person:
    return Person(MediaSession("127.0.0.1", open_camera("test")))


async def test_a_press_shows_the_visitor_rings_talks_and_ends_with_words(site: Site) -> None:
    edge = site.edge
    await site.ask("press", button="main")
    call = await edge.expect(sip.Invited)
    assert (call.target_user, call.from_user, edge.common_name) == ("main", DEVICE_ID, DEVICE_ID)

    # The preview: picture before anybody answers, ringback at the door, no sound from the visitor.
    anchor = person()
    edge.do(edge.agent.progress(call.leg, 183, anchor.media.answer(call.sdp), edge.now()))
    await anchor.sees(5)
    ringing = await site.until(lambda status: status["call"]["state"] == "ringing")
    assert ringing["playing"] == "ringback"
    await anchor.hears(lambda level, _: level < -70)

    # Somebody answers: other ports, other keys, by UPDATE; then 200.
    winner = person()
    edge.do(edge.agent.offer(call.leg, winner.media.offer(), edge.now()))
    winner.media.take_answer((await edge.expect(sip.OfferAnswered)).sdp)
    await winner.sees(3)
    winner.media.talk()
    edge.do(edge.agent.accept(call.leg, "", edge.now()))
    await site.event("answered")
    await winner.hears(lambda level, peak: level > -25 and peak is not None and abs(peak - 440) < 5)
    talking = await site.until(
        lambda status: status["heard"]["peak_hz"] is not None and abs(status["heard"]["peak_hz"] - 440) < 5
    )
    assert talking["playing"] is None
    assert talking["media"]["audio_codec"] == "opus"
    assert talking["media"]["switches"] == 1
    await site.until(lambda status: status["screen"]["frames"] > 3)

    # A digit both ways, a key frame on request, and the end in words.
    await site.ask("dtmf", digit="5")
    winner.media.send_digit("7")
    await site.event("dtmf", digit="7")
    await until(lambda: winner.media.counts.digits == ["5"])
    edge.do(edge.agent.end(call.leg, "hung_up", edge.now()))
    await site.event("prompt", cause="hung_up", language="en")
    await site.event("call", state="idle")
    anchor.leave()
    winner.leave()


async def test_a_refusal_is_spoken_with_the_platforms_word(site: Site) -> None:
    await site.ask("press", button="nobody")
    call = await site.edge.expect(sip.Invited)
    site.edge.do(site.edge.agent.refuse(call.leg, 404, "unknown_button", site.edge.now()))
    await site.event("prompt", cause="unknown_button")
    assert (await site.ask("status"))["playing"] == "prompt:unknown_button"


async def test_hanging_up_while_it_rings_cancels_the_call(site: Site) -> None:
    await site.ask("press", button="main")
    call = await site.edge.expect(sip.Invited)
    site.edge.do(site.edge.agent.progress(call.leg, 180, None, site.edge.now()))
    await site.event("call", state="ringing")
    await site.ask("hang_up")
    assert (await site.edge.expect(sip.Ended)).cause == "cancelled"
    await site.event("prompt", cause="cancelled")


async def test_a_call_from_a_client_is_answered_by_itself(site: Site) -> None:
    edge = site.edge
    assert edge.flow is not None
    caller = person()
    edge.do(
        edge.agent.invite(
            "to-station",
            edge.flow,
            target_uri=f"sip:{DEVICE_ID}@antiphon.test",
            from_uri="sip:reception@antiphon.test",
            to_uri=f"sip:{DEVICE_ID}@antiphon.test",
            sdp=caller.media.offer(),
            now=edge.now(),
        )
    )
    caller.media.take_answer((await edge.expect(sip.Answered)).sdp)
    caller.media.talk()
    await site.event("call", state="talking", direction="in")
    await caller.hears(lambda level, peak: level > -25 and peak is not None and abs(peak - 440) < 5)
    await caller.sees(3)
    await site.ask("hang_up")
    assert (await edge.expect(sip.Ended)).cause == "hung_up"
    caller.leave()


def rings(site: Site, sdp: str) -> None:
    """The platform rings the station because another one was pressed."""
    assert site.edge.flow is not None
    station = f"sip:{DEVICE_ID}@antiphon.test"
    site.edge.do(
        site.edge.agent.invite(
            "to-station",
            site.edge.flow,
            target_uri=station,
            from_uri="sip:antiphon@antiphon.test",
            to_uri=station,
            sdp=sdp,
            headers=((ANSWER_HEADER, ANSWER_MANUAL), ("Require", ANSWER_OPTION)),
            now=site.edge.now(),
        )
    )


async def test_a_ring_from_another_station_waits_until_somebody_answers(site: Site) -> None:
    caller = person()
    rings(site, caller.media.offer())
    assert (await site.edge.expect(sip.Progressed)).status == 180
    await site.event("call", state="being_called", direction="in")
    assert (await site.ask("status"))["playing"] == "being_called"
    assert (await site.ask("answer"))["call"] == "talking"
    caller.media.take_answer((await site.edge.expect(sip.Answered)).sdp)
    caller.media.talk()
    await caller.hears(lambda level, peak: level > -25 and peak is not None and abs(peak - 440) < 5)
    await site.ask("hang_up")
    assert (await site.edge.expect(sip.Ended)).cause == "hung_up"
    caller.leave()


async def test_a_ring_is_declined_by_hanging_up(site: Site) -> None:
    caller = person()
    rings(site, caller.media.offer())
    await site.edge.expect(sip.Progressed)
    await site.event("call", state="being_called", direction="in")
    await site.ask("hang_up")
    refused = await site.edge.expect(sip.Refused)
    assert (refused.status, refused.reason) == (603, "declined")
    caller.leave()


async def test_answering_while_nobody_calls_is_refused_in_words(site: Site) -> None:
    with pytest.raises(NoCall):
        await site.ask("answer")


async def test_an_offer_without_a_usable_codec_is_refused_and_the_station_stays_free(site: Site) -> None:
    edge = site.edge
    assert edge.flow is not None
    sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18\r\n"
    edge.do(
        edge.agent.invite(
            "to-station",
            edge.flow,
            target_uri=f"sip:{DEVICE_ID}@antiphon.test",
            from_uri="sip:reception@antiphon.test",
            to_uri=f"sip:{DEVICE_ID}@antiphon.test",
            sdp=sdp,
            now=edge.now(),
        )
    )
    refused = await edge.expect(sip.Refused)
    assert (refused.status, refused.reason) == (488, "no_codec")
    assert (await site.ask("status"))["call"]["state"] in ("idle", "announcing")


async def test_a_lost_connection_is_built_up_again_and_the_visitor_is_told(site: Site) -> None:
    await site.ask("press", button="main")
    await site.edge.expect(sip.Invited)
    site.edge.drop_connections()
    await site.event("prompt", cause="platform_unreachable")
    await site.event("registration", state="registered")


async def test_a_dead_connection_is_noticed_and_built_up_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antiphon_station.sip.SIP_KEEPALIVE_S", 0.05)
    monkeypatch.setattr("antiphon_station.sip.PONG_MAX_S", 0.1)
    site.edge.drop_connections()  # the next one is watched more closely
    await site.event("registration", state="registered")
    site.edge.answers_pings = False
    await site.event("registration", state="offline")
    site.edge.answers_pings = True
    await site.event("registration", state="registered")


async def test_a_station_that_is_locked_out_says_so(site: Site) -> None:
    site.edge.register_status = 403
    site.edge.drop_connections()
    await site.event("registration", state="refused")
    await site.ask("press", button="main")
    await site.event("prompt", cause="revoked")


async def test_a_platform_with_a_certificate_from_elsewhere_gets_nothing(site: Site, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    stranger = Edge(Authority(), tmp_path / "elsewhere")
    port = await stranger.start()
    platform = json.loads((tmp_path / "station" / "platform.json").read_text())
    (tmp_path / "station" / "platform.json").write_text(json.dumps({**platform, "sip_port": port}))
    await site.ask("reload")
    await site.event("registration", state="connecting")
    await site.event("registration", state="offline")
    assert stranger.flow is None
    stranger.stop()


async def test_a_test_call_is_not_noticed_at_the_door_and_says_what_it_hears(site: Site) -> None:
    edge = site.edge
    assert site.station._calls.place_test("test_1") is None
    assert site.station._calls.place_test("test_2") == "busy"
    call = await edge.expect(sip.Invited)
    assert call.target_user == "test.test_1"
    receiver = person()
    edge.do(edge.agent.accept(call.leg, receiver.media.answer(call.sdp), edge.now()))
    receiver.media.talk()
    await receiver.hears(lambda level, peak: level > -40 and peak is not None and abs(peak - 1000) < 5)
    told = await edge.expect(sip.InfoReceived)
    assert dtmf_digit(told.content_type, told.body) == "1"
    status = await site.ask("status")
    assert (status["call"]["state"], status["playing"]) == ("idle", None)
    assert status["heard"]["level_db"] < -70
    edge.do(edge.agent.end(call.leg, "hung_up", edge.now()))
    await site.event("test_call", state="over")
    assert (await site.ask("status"))["prompts"] == []
    receiver.leave()


async def test_a_visitor_comes_before_a_test_call(site: Site) -> None:
    assert site.station._calls.place_test("test_1") is None
    test = await site.edge.expect(sip.Invited)
    await site.ask("press", button="main")
    assert (await site.edge.expect(sip.Ended)).leg == test.leg
    assert (await site.edge.expect(sip.Invited)).target_user == "main"
