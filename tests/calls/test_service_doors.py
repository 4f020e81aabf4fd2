"""Doors and digits in calls: who is told, what a failure says, which way a digit goes."""

from __future__ import annotations

import pytest
from desk import Desk

from antiphon.access import DoorNotAllowed
from antiphon.devices import StationUnreachable
from antiphon.errors import AntiphonError
from antiphon.wire import client as wire


async def test_opening_a_door_from_the_ring_is_told_to_the_tapper_and_the_others(desk: Desk) -> None:
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    await desk.presses()
    ring = desk.last(anna, wire.Ring)
    door_id = ring.station.doors[0].door_id
    await desk.says(anna, wire.OpenDoor(request_id="open-1", door_id=door_id, call_id=ring.call_id))
    assert desk.doors.opened == [("user", door_id, "open-1", ring.call_id)]
    assert desk.last(anna, wire.DoorResult).request_id == "open-1"
    assert desk.last(bernd, wire.DoorResult).request_id is None
    await desk.says(anna, wire.Decline(request_id="r", call_id=ring.call_id))
    await desk.says(bernd, wire.Decline(request_id="r", call_id=ring.call_id))
    assert desk.history()[0].doors_opened == 1


async def test_a_door_acknowledged_after_the_hang_up_is_on_the_record(desk: Desk) -> None:
    anna = desk.tab("anna")
    call_id = await desk.talks(anna)
    door_id = desk.last(anna, wire.Ring).station.doors[0].door_id
    desk.service.received(anna, wire.OpenDoor(request_id="open-1", door_id=door_id, call_id=call_id))
    desk.service.received(anna, wire.HangUp(request_id="end", call_id=call_id))
    assert desk.service.call(call_id) is None
    await desk.service.drain()
    assert desk.last(anna, wire.DoorResult).opened
    assert desk.history()[0].doors_opened == 1


@pytest.mark.parametrize("failure", [StationUnreachable(), DoorNotAllowed()])
async def test_a_door_that_does_not_open_says_why(desk: Desk, failure: AntiphonError) -> None:
    anna = desk.tab("anna")
    desk.doors.failure = failure
    await desk.says(anna, wire.OpenDoor(request_id="open-1", door_id="door_x"))
    result = desk.last(anna, wire.DoorResult)
    assert (result.opened, result.code, result.detail) == (False, failure.code, failure.detail)


async def test_a_fault_in_opening_a_door_does_not_end_the_call(desk: Desk) -> None:
    anna = desk.tab("anna")
    call_id = await desk.talks(anna)
    desk.doors.failure = RuntimeError("boom")
    await desk.says(anna, wire.OpenDoor(request_id="open-1", door_id="door_x", call_id=call_id))
    assert desk.last(anna, wire.DoorResult).code == "internal"
    assert desk.service.live == 1


async def test_a_digit_opens_the_door_it_stands_for(desk: Desk) -> None:
    anna = desk.tab("anna")
    call_id = await desk.talks(anna)
    doors = desk.last(anna, wire.Ring).station.doors
    await desk.says(anna, wire.Dtmf(request_id="d1", call_id=call_id, digit="2"))
    assert desk.doors.opened == [("dtmf", doors[1].door_id, "d1", call_id)]
    assert desk.last(anna, wire.DoorResult).opened
    assert desk.sip.named("send_digit") == [("send_digit", "leg-1", "2")]
    assert not [order for order in desk.media.orders if order[0].startswith("send_dtmf")]


async def test_a_digit_to_another_makers_station_goes_in_the_sound(desk: Desk) -> None:
    anna = desk.tab("anna")
    call_id = await desk.talks(anna, account=True)
    await desk.says(anna, wire.Dtmf(request_id="d1", call_id=call_id, digit="2"))
    assert ("send_dtmf 2", call_id) in desk.media.orders
    assert desk.sip.named("send_digit") == []


async def test_a_digit_of_the_visitor_opens_nothing(desk: Desk) -> None:
    anna = desk.tab("anna")
    call_id = await desk.talks(anna)
    desk.service.dtmf("leg-1", "#")
    desk.service.media_events.dtmf(call_id, "leg-1", "1")
    await desk.service.drain()
    assert desk.doors.opened == []
    assert [message.digit for message in desk.all(anna, wire.DtmfReceived)] == ["#", "1"]
