"""What is counted of calls: each moment once, and what goes on now by state."""

from __future__ import annotations

from desk import Desk
from prometheus_client.registry import Collector

from antiphon import metrics
from antiphon.wire import client as wire


def told(collector: Collector, **labels: str) -> dict[str, float]:
    """Samples with these labels among theirs, by the ending of their names."""
    return {
        sample.name.rpartition("_")[2] + (f" {sample.labels['le']}" if "le" in sample.labels else ""): sample.value
        for family in collector.collect()
        for sample in family.samples
        if labels.items() <= sample.labels.items()
    }


def counted(collector: Collector, **labels: str) -> float:
    found = told(collector, **labels)
    return found.get("count", found.get("total", 0.0))


async def test_each_moment_of_a_call_is_counted_once(desk: Desk) -> None:
    moments = (metrics.PRESS_TO_RING, metrics.RING_TO_PREVIEW, metrics.ANSWER_TO_CONNECTED)
    before = [counted(moment) for moment in moments]
    answered = counted(metrics.CALLS_ENDED, direction="from_station", cause="answered")
    anna, _bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    call_id = await desk.talks(anna)
    await desk.says(anna, wire.HangUp(request_id="r2", call_id=call_id))
    assert [counted(moment) - earlier for moment, earlier in zip(moments, before, strict=True)] == [1, 1, 1]
    assert counted(metrics.CALLS_ENDED, direction="from_station", cause="answered") == answered + 1


async def test_the_time_until_the_answer_is_not_the_platforms(desk: Desk) -> None:
    anna = desk.tab("anna")
    seconds = told(metrics.ANSWER_TO_CONNECTED)["sum"]
    await desk.presses()
    call_id = desk.last(anna, wire.Ring).call_id
    await desk.says(anna, wire.PreviewAnswer(call_id=call_id, sdp="preview answer"))
    await desk.passes(20)
    await desk.says(anna, wire.Answer(request_id="r1", call_id=call_id))
    desk.clock.advance(0.25)
    await desk.says(anna, wire.MediaAnswer(call_id=call_id, sdp="two-way answer"))
    desk.service.offer_answered("leg-1", "ok")
    await desk.service.drain()
    assert round(told(metrics.ANSWER_TO_CONNECTED)["sum"] - seconds, 3) == 0.25


async def test_nobody_rung_is_no_ring(desk: Desk) -> None:
    before = counted(metrics.PRESS_TO_RING)
    await desk.presses()
    assert counted(metrics.PRESS_TO_RING) == before


async def test_what_goes_on_is_shown_by_state(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.presses()
    desk.service.look()
    shown = metrics.exposition("calls")
    assert 'antiphon_calls{direction="from_station",state="ringing"} 1.0' in shown
    assert 'antiphon_legs{kind="station",state="announced"} 1.0' in shown
    call_id = desk.last(anna, wire.Ring).call_id
    await desk.says(anna, wire.Decline(request_id="r1", call_id=call_id))
    desk.service.look()
    shown = metrics.exposition("calls")
    assert 'antiphon_calls{direction="from_station",state="ringing"} 0.0' in shown
    assert "antiphon_legs{" not in shown


async def test_calls_lost_at_the_media_engine_are_counted(desk: Desk) -> None:
    before = counted(metrics.CALLS_LOST)
    desk.service.media_events.media_lost(("call-1", "call-2"), since=desk.clock.monotonic())
    assert counted(metrics.CALLS_LOST) == before + 2
