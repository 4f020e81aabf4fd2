"""The media port against a scripted engine: refusals, silence, restarts, and people who give up."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from antiphon.calls.ports import KeyFrame
from antiphon.clock import SystemClock
from antiphon.errors import BadInput
from antiphon.gateways.media import MediaEngine, MediaFailed, NoCodec, NoPreview
from antiphon.settings import Settings
from antiphon.wire import ng

KEY = "inline:MN1apOVDmLR61y9QdQgc1qVMHVcqlog7USP//txK"
OFFER = (
    "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    f"m=audio 4000 RTP/SAVPF 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 {KEY}\r\n"
    "m=video 4002 RTP/SAVPF 96\r\na=rtpmap:96 H264/90000\r\n"
    f"a=fmtp:96 packetization-mode=1;profile-level-id=42e01f\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 {KEY}\r\n"
)
Script = Callable[[dict[str, ng.Decoded]], dict[str, ng.Encodable] | None]


class ScriptedEngine(asyncio.DatagramProtocol):
    """Takes everything and echoes the description, until `refuse` names a command or `silent` is set."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.refuse: dict[str, str] = {}
        self.silent = False
        self.tags: set[str] = set()
        self.deleted: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.port: int = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        cookie, _, body = data.partition(b" ")
        command = ng.decode(body)
        assert isinstance(command, dict)
        name = command["command"].decode()
        if name != "ping":
            self.commands.append(name)
        if name == "delete":
            self.deleted.append(command["call-id"].decode())
        if not self.silent:
            self.transport.sendto(cookie + b" " + ng.encode(self.reply(name, command)), addr)

    def reply(self, name: str, command: dict[str, ng.Decoded]) -> dict[str, ng.Encodable]:
        if name == "ping":
            return {"result": "pong"}
        if name in self.refuse:
            return {"result": "error", "error-reason": self.refuse[name]}
        self.tags |= {command[key].decode() for key in ("from-tag", "to-tag") if key in command}
        return {"result": "ok", "sdp": command.get("sdp", OFFER), "tags": {tag: {} for tag in self.tags}}


class Told:
    """What the media port reported."""

    def __init__(self) -> None:
        self.lost: list[str] = []
        self.since = 0.0
        self.told = asyncio.Event()
        self.digits: list[tuple[str, str, str]] = []

    def key_frame(self, call: str, frame: KeyFrame) -> None:
        raise AssertionError("nobody sent a picture")

    def dtmf(self, call: str, leg: str, digit: str) -> None:
        self.digits.append((call, leg, digit))

    def media_lost(self, calls: tuple[str, ...], since: float) -> None:
        self.lost += calls
        self.since = since
        self.told.set()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedEngine]:
    engine = ScriptedEngine()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: engine, local_addr=("127.0.0.1", 0)
    )
    yield engine
    transport.close()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
async def media(scripted: ScriptedEngine, told: Told, data: Path) -> AsyncIterator[MediaEngine]:
    free = 19_000 + os.getpid() % 1_000  # below the ports that the kernel hands out, another one in every process
    engine = MediaEngine(told, Settings(data=data, ports={"ng": scripted.port, "dtmf_log": free}), SystemClock())
    await engine.start()
    yield engine
    scripted.silent = False
    await engine.stop()


async def open_call(media: MediaEngine, call: str = "call_1") -> str:
    early = await media.open_caller(call, "caller", OFFER, reliable_preview=True)
    assert early is not None
    return early


async def test_a_call_opens_previews_and_closes(media: MediaEngine, scripted: ScriptedEngine) -> None:
    await open_call(media)
    await media.preview_answer("call_1", "tab", await media.preview_offer("call_1", "tab"))
    await media.close("call_1")
    await media.close("call_1")
    assert scripted.commands == ["offer", "answer", "subscribe request", "subscribe answer", "delete"]


async def test_what_a_process_that_died_left_at_the_engine_is_freed(
    media: MediaEngine, scripted: ScriptedEngine
) -> None:
    media.clear(("call_8", "call_9"))
    await open_call(media)  # goes out after them
    assert sorted(scripted.deleted) == ["call_8", "call_9"]


async def test_a_station_of_another_maker_has_no_preview_and_reaches_the_engine_at_the_answer(
    media: MediaEngine, scripted: ScriptedEngine
) -> None:
    assert await media.open_caller("call_1", "caller", OFFER, reliable_preview=False) is None
    with pytest.raises(NoPreview):
        await media.preview_offer("call_1", "tab")
    assert scripted.commands == []


async def rung(media: MediaEngine, *legs: str) -> set[str]:
    """An account's call that rings these telephones; what they were offered."""
    await media.open_caller("call_1", "caller", OFFER, reliable_preview=False)
    return set(await asyncio.gather(*(media.receiver_offer("call_1", leg) for leg in legs)))


async def test_however_many_telephones_ring_the_engine_is_asked_once_and_answered_once(
    media: MediaEngine, scripted: ScriptedEngine
) -> None:
    (offer,) = await rung(media, "one", "two", "three")
    await media.receiver_answer("call_1", "two", OFFER)
    assert await media.connect_offer("call_1", "two") == offer
    await media.connect_answer("call_1", "two", OFFER)
    await media.close("call_1")
    assert scripted.commands == ["offer", "answer", "delete"]


async def test_a_telephone_that_gives_up_leaves_the_winners_media_alone(
    media: MediaEngine, scripted: ScriptedEngine
) -> None:
    await rung(media, "one", "two")
    await media.connect_offer("call_1", "two")
    await media.connect_answer("call_1", "two", OFFER)
    await media.drop_preview("call_1", "one")
    assert "unsubscribe" not in scripted.commands


async def test_a_digit_of_the_winner_is_not_taken_for_one_of_those_who_rang_with_it(
    media: MediaEngine, scripted: ScriptedEngine, told: Told
) -> None:
    await rung(media, "one", "two")
    await media.connect_offer("call_1", "two")
    await media.connect_answer("call_1", "two", OFFER)
    media._digit("call_1", media._calls["call_1"].tags["two"], "5")
    assert told.digits == [("call_1", "two", "5")]


async def test_a_telephone_wins_after_a_person_who_could_not_be_connected(
    media: MediaEngine, scripted: ScriptedEngine
) -> None:
    """The person's offer came after the telephones', so the winner is offered the caller anew."""
    await rung(media, "one", "two")
    await media.connect_offer("call_1", "tab")
    await media.drop_preview("call_1", "tab")
    await media.connect_offer("call_1", "one")
    await media.connect_answer("call_1", "one", OFFER)
    assert scripted.commands == ["offer", "offer", "unsubscribe", "offer", "answer"]


async def test_a_telephone_that_rang_when_the_engine_died_can_still_win(
    media: MediaEngine, scripted: ScriptedEngine, told: Told
) -> None:
    await rung(media, "one")
    scripted.refuse = {"query": "Unknown call-id"}
    await asyncio.wait_for(told.told.wait(), 10)
    scripted.refuse = {}
    await media.open_caller("call_1", "caller", OFFER, reliable_preview=False)
    await media.receiver_answer("call_1", "one", OFFER)
    await media.connect_offer("call_1", "one")
    assert await media.connect_answer("call_1", "one", OFFER)


async def test_a_station_without_a_shared_codec_never_reaches_the_engine(
    media: MediaEngine, scripted: ScriptedEngine
) -> None:
    with pytest.raises(NoCodec):
        await media.open_caller("call_1", "caller", OFFER.replace("SAVPF 8", "SAVPF 18"), reliable_preview=True)
    assert scripted.commands == []


async def test_after_a_failed_subscription_the_engine_is_asked_and_the_next_try_has_a_new_tag(
    media: MediaEngine, scripted: ScriptedEngine, told: Told
) -> None:
    await open_call(media)
    scripted.refuse = {"subscribe request": "Failed to request subscription"}
    with pytest.raises(MediaFailed):
        await media.preview_offer("call_1", "tab")
    scripted.refuse = {}
    await media.preview_offer("call_1", "tab")
    assert scripted.commands[2:] == ["subscribe request", "query", "subscribe request"]
    assert "tab.1" in scripted.tags
    assert told.lost == []


async def test_a_refused_opening_leaves_nothing_behind(
    media: MediaEngine, scripted: ScriptedEngine, told: Told
) -> None:
    scripted.refuse = {"offer": "Ran out of ports"}
    with pytest.raises(MediaFailed):
        await open_call(media)
    assert scripted.commands == ["offer", "delete"]
    scripted.refuse = {}
    await open_call(media)
    assert told.lost == []


async def test_a_call_that_the_engine_forgot_is_reported_once(
    media: MediaEngine, scripted: ScriptedEngine, told: Told
) -> None:
    await open_call(media, "call_1")
    await open_call(media, "call_2")
    scripted.refuse = {"query": "Unknown call-id", "subscribe request": "Unknown call-ID"}
    with pytest.raises(MediaFailed):
        await media.preview_offer("call_1", "tab")
    assert told.lost == ["call_1"]
    assert await media.missing(["call_2"]) == ["call_2"]


async def test_an_engine_that_was_started_anew_has_lost_every_call_and_they_are_set_up_again(
    media: MediaEngine, scripted: ScriptedEngine, told: Told
) -> None:
    early = await open_call(media, "call_1")
    await open_call(media, "call_2")
    began = SystemClock().monotonic()
    port, loop = scripted.port, asyncio.get_running_loop()
    scripted.transport.close()
    async with asyncio.timeout(5):
        while not media.away:  # noqa: ASYNC110  # it is told to nobody before the engine is back
            await asyncio.sleep(0)
    reborn = ScriptedEngine()
    reborn.refuse = {"query": "Unknown call-id"}
    transport, _ = await loop.create_datagram_endpoint(lambda: reborn, local_addr=("127.0.0.1", port))
    try:
        async with asyncio.timeout(5):
            await told.told.wait()
        assert sorted(told.lost) == ["call_1", "call_2"]
        assert told.since >= began
        reborn.refuse = {}
        await media.renew("call_1", "tab", "caller", OFFER, account=False)
        anew = await media.connect_answer("call_1", "tab", OFFER)
    finally:
        transport.close()
    versions = [text.split("\r\n")[1].split(" ")[1:3] for text in (early, anew)]
    assert versions[0][0] == versions[1][0], "one session for the station"
    assert int(versions[1][1]) == int(versions[0][1]) + 1, "and a newer version of it (RFC 3264 8)"


async def test_somebody_who_gives_up_does_not_cut_a_command_in_two(
    media: MediaEngine, scripted: ScriptedEngine
) -> None:
    await open_call(media)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await media.preview_offer("call_1", "tab")
    await media.preview_answer("call_1", "tab", OFFER)
    assert scripted.commands[2:] == ["subscribe request", "subscribe answer"]


async def test_an_answer_that_is_no_description_changes_nothing(media: MediaEngine, scripted: ScriptedEngine) -> None:
    await open_call(media)
    await media.preview_offer("call_1", "tab")
    before = list(scripted.commands)
    for rubbish in ("", "v=0\r\n", OFFER.split("m=video", maxsplit=1)[0]):
        with pytest.raises(BadInput):
            await media.preview_answer("call_1", "tab", rubbish)
    assert scripted.commands == before
    await media.preview_answer("call_1", "tab", OFFER)


async def test_descriptions_for_the_station_count_up(media: MediaEngine) -> None:
    first = await open_call(media)
    await media.preview_answer("call_1", "tab", await media.preview_offer("call_1", "tab"))
    second = await media.connect_answer("call_1", "tab", await media.connect_offer("call_1", "tab"))
    origins = [text.split("\r\n")[1].split(" ") for text in (first, second)]
    assert origins[0][1] == origins[1][1]
    assert [origin[2] for origin in origins] == ["1", "2"]


async def test_orders_for_unknown_calls_and_legs_are_refused(media: MediaEngine) -> None:
    with pytest.raises(MediaFailed):
        await media.preview_offer("nobody", "tab")
    await open_call(media)
    with pytest.raises(MediaFailed):
        await media.preview_answer("call_1", "nobody", OFFER)
    await media.drop_preview("call_1", "nobody")
    await media.drop_preview("nobody", "nobody")
    assert not media.holds("call_1", "nobody")
    await media.request_key_frame("nobody")
    with pytest.raises(BadInput):
        await media.send_dtmf("call_1", "caller", "12")


async def test_readiness_follows_the_engine(media: MediaEngine, scripted: ScriptedEngine) -> None:
    assert await media.ready()
    scripted.silent = True
    assert not await media.ready()
