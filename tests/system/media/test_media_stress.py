"""Many calls in every order on the real engine: it stays alive, and every refusal leaves a known state."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest
from media_harness import Heard, Rtpengine, scripted_answer
from media_station import FakeStation

from antiphon.errors import AntiphonError
from antiphon.gateways.media import MediaEngine
from antiphon.limits import RINGING_RECEIVERS_MAX

pytestmark = pytest.mark.system

RUBBISH = ("", "v=0\r\n", "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/SAVPF 0\r\n", "m=" * 9_000)


async def one_call(engine: MediaEngine, call: str, offer: str, dice: random.Random) -> int:
    """A life of a call as nobody would script it: wrong orders, wrong answers, people who give up half-way.

    Returns how many orders gave a description.
    """
    offers: dict[str, str] = {}
    given = 0
    with contextlib.suppress(AntiphonError):
        early = dice.random() < 0.3
        await engine.open_caller(call, "caller", offer, reliable_preview=not early and dice.random() < 0.8, early=early)
    for _ in range(dice.randint(3, 20)):
        leg = f"leg{dice.randint(0, 4)}"
        answer = dice.choice(RUBBISH) if dice.random() < 0.2 else scripted_answer(offers.get(leg, offer))
        order = dice.choice(
            [
                lambda leg=leg: engine.preview_offer(call, leg),
                lambda leg=leg: engine.preview_offer(call, leg),
                lambda leg=leg, answer=answer: engine.preview_answer(call, leg, answer),
                lambda leg=leg, answer=answer: engine.preview_answer(call, leg, answer),
                lambda leg=leg: engine.receiver_offer(call, leg),
                lambda leg=leg, answer=answer: engine.receiver_answer(call, leg, answer),
                lambda leg=leg: engine.connect_offer(call, leg),
                lambda leg=leg, answer=answer: engine.connect_answer(call, leg, answer),
                lambda leg=leg: engine.drop_preview(call, leg),
                lambda: engine.play(call, "caller", "hold", "en"),
                lambda leg=leg: engine.send_dtmf(call, leg, "1"),
                lambda: engine.request_key_frame(call),
            ]
        )
        with contextlib.suppress(AntiphonError, TimeoutError):
            async with asyncio.timeout(0 if dice.random() < 0.1 else 20):
                said = await order()
                if isinstance(said, str):
                    offers[leg] = said
                    given += 1
    await engine.close(call)
    return given


async def test_fifty_calls_in_any_order_leave_the_engine_alive(
    engine: MediaEngine, station: FakeStation, rtpengine: Rtpengine, call: str
) -> None:
    dice = random.Random(2)
    given = 0
    for batch in range(10):
        given += sum(
            await asyncio.gather(
                *(one_call(engine, f"{call}_{batch}_{at}", station.description(), dice) for at in range(5))
            )
        )
        assert rtpengine.alive
    assert await engine.ready()
    assert given > 50, "most orders must reach the engine"


async def test_thirty_two_receivers_at_once_have_their_offers_quickly(
    engine: MediaEngine, station: FakeStation, heard: Heard, call: str
) -> None:
    early = await engine.open_caller(call, "caller", station.description(), reliable_preview=True)
    assert early is not None
    loop = asyncio.get_running_loop()

    async def preview(leg: str) -> None:
        offer = await engine.preview_offer(call, leg)
        await engine.preview_answer(call, leg, scripted_answer(offer))

    begun = loop.time()
    await asyncio.gather(*(preview(f"leg{at}") for at in range(RINGING_RECEIVERS_MAX)))
    assert loop.time() - begun < 2.0
    # The watch still gets its answer about a call of this size.
    assert not await engine.missing([call])
    description = await engine.connect_offer(call, "leg7")
    assert "SAVPF" in await engine.connect_answer(call, "leg7", scripted_answer(description))
    assert heard.lost == []
