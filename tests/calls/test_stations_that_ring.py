"""Stations as receivers: an indoor station rings with the people, answers, declines, comes back, and is named in the trace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from desk import Desk

from antiphon import devices, directory, events
from antiphon.calls import StationInvite
from antiphon.clock import new_id
from antiphon.devices import Station
from antiphon.devices.store import set_claimed, set_presence
from antiphon.directory.rings import Member
from antiphon.limits import RINGING_RECEIVERS_MAX
from antiphon.wire import client as wire


@pytest.fixture
def indoor(desk: Desk) -> Station:
    """A second station of the company, in service and online; the first one's button rings it alone."""
    made = add(desk, "Wohnung 4")
    bind(desk, station_ids=(made.id,))
    return made


def add(desk: Desk, name: str, *, online: bool = True, claimed: bool = True) -> Station:
    scope, now = desk.tenant.scope, desk.clock.now()
    with desk.database.transaction() as tx:
        made = devices.create_station(tx, scope, name=name, place_id=desk.tenant.site.id, spot="", now=now)
        if claimed:
            set_claimed(tx, scope, made.id, model="indoor", software="1")
        if online:
            set_presence(tx, scope, made.id, online=True, now=now)
        directory.set_buttons(tx, scope, made.id, [directory.Button("main")])
        return devices.station(tx, scope, made.id)


def bind(desk: Desk, **bound: Any) -> None:
    button = directory.Button("main", **{"user_ids": (), **bound})
    desk.database.run_sync(lambda tx: directory.set_buttons(tx, desk.tenant.scope, desk.station.id, [button]))


async def answers(desk: Desk, leg: str) -> None:
    """From the 200 of the station that rings to the conversation."""
    desk.service.answered(leg, "indoor station's answer")
    await desk.service.drain()
    desk.service.offer_answered(leg, "indoor station's second answer")
    await desk.service.drain()
    desk.service.offer_answered("leg-1", "ok")
    await desk.service.drain()


def comes(desk: Desk, station: Station) -> None:
    now = desk.clock.now()
    desk.database.run_sync(lambda tx: set_presence(tx, desk.tenant.scope, station.id, online=True, now=now))
    desk.bus.publish(
        events.StationPresenceChanged(new_id("fact"), desk.tenant.company.id, now, station.id, online=True)
    )


async def test_a_station_rings_until_somebody_answers_there(desk: Desk, indoor: Station) -> None:
    await desk.presses()
    ((_, leg, called, _, name),) = desk.sip.named("invite")
    assert (called, name) == (indoor.id, desk.station.name)
    assert leg in desk.sip.ringing, "it waits for a person, and does not open its microphone by itself"
    desk.service.progressed(leg, 180, None)
    await answers(desk, leg)
    (call,) = desk.service.calls_of(desk.tenant.company.id)
    assert call.machine.talking_since is not None
    desk.service.ended(leg, "hung_up", "")
    await desk.service.drain()
    assert desk.sip.named("end")[-1][1] == "leg-1"
    (record,) = desk.history()
    assert (record.cause, record.answered_by) == ("answered", indoor.name)
    assert [(one.kind, one.who) for one in record.legs] == [("station", desk.station.name), ("station", indoor.name)]


async def test_a_person_who_calls_a_station_is_put_through_as_ever(desk: Desk, indoor: Station) -> None:
    await desk.says(desk.tab("anna"), wire.CallStation(request_id="r1", station_id=indoor.id, sdp="offer"))
    ((_, leg, called, *_),) = desk.sip.named("invite")
    assert (called, leg in desk.sip.ringing) == (indoor.id, False)


async def test_a_station_that_declines_leaves_the_others_ringing(desk: Desk, indoor: Station) -> None:
    bind(desk, user_ids=None, station_ids=(indoor.id,))
    anna = desk.tab("anna")
    await desk.presses()
    leg = desk.sip.named("invite")[0][1]
    desk.service.refused(leg, 603, "declined")
    await desk.service.drain()
    (call,) = desk.service.calls_of(desk.tenant.company.id)
    assert call.machine.ringing
    call_id = desk.last(anna, wire.Ring).call_id
    await desk.says(anna, wire.Decline(request_id="r1", call_id=call_id))
    (record,) = desk.history()
    assert record.cause == "declined"
    assert {one.who: one.cause for one in record.legs}[indoor.name] == "declined"


async def test_a_person_who_answers_stops_the_station(desk: Desk, indoor: Station) -> None:
    bind(desk, user_ids=None, station_ids=(indoor.id,))
    anna = desk.tab("anna")
    await desk.presses()
    leg = desk.sip.named("invite")[0][1]
    await desk.answers(anna)
    assert ("end", leg, "answered_elsewhere") in desk.sip.orders


async def test_a_visitor_who_goes_silences_the_station(desk: Desk, indoor: Station) -> None:
    await desk.presses()
    leg = desk.sip.named("invite")[0][1]
    desk.service.ended("leg-1", "cancelled", "")
    await desk.service.drain()
    assert [order for order in desk.sip.named("end") if order[1] == leg]


async def test_a_station_that_is_away_does_not_ring_and_joins_when_it_comes_back(desk: Desk) -> None:
    away = add(desk, "Wohnung 5", online=False)
    bind(desk, user_ids=None, station_ids=(away.id,))
    desk.tab("anna")
    await desk.presses()
    assert desk.sip.named("invite") == []
    comes(desk, away)
    await desk.service.drain()
    assert [order[2] for order in desk.sip.named("invite")] == [away.id]


async def test_a_station_does_not_ring_itself(desk: Desk) -> None:
    bind(desk, user_ids=None, station_ids=(desk.station.id,))
    desk.tab("anna")
    await desk.presses()
    assert desk.sip.named("invite") == []


async def test_a_station_out_of_service_is_no_member(desk: Desk) -> None:
    waiting = add(desk, "Wohnung 6", claimed=False)
    bind(desk, user_ids=None, station_ids=(waiting.id,))
    desk.tab("anna")
    await desk.presses()
    assert desk.sip.named("invite") == []


async def test_a_station_that_is_locked_out_stops_ringing_and_talking(desk: Desk, indoor: Station) -> None:
    await desk.presses()
    leg = desk.sip.named("invite")[0][1]
    await answers(desk, leg)
    desk.bus.publish(
        events.DeviceRevoked(
            new_id("fact"), desk.tenant.company.id, desk.clock.now() + timedelta(seconds=1), indoor.id, ()
        )
    )
    await desk.service.drain()
    assert ("end", leg, "revoked") in desk.sip.orders
    assert desk.service.live == 0


async def test_digits_of_a_station_that_was_rung_open_no_door(desk: Desk, indoor: Station) -> None:
    await desk.presses()
    leg = desk.sip.named("invite")[0][1]
    await answers(desk, leg)
    desk.service.dtmf(leg, "1")
    await desk.service.drain()
    assert desk.doors.opened == []


async def test_a_station_in_a_call_counts_as_busy(desk: Desk, indoor: Station) -> None:
    bind(desk, user_ids=None)
    await desk.talks(desk.tab("anna"))
    with desk.database.transaction() as tx:
        button = directory.Button("main", user_ids=(), station_ids=(desk.station.id,))
        directory.set_buttons(tx, desk.tenant.scope, indoor.id, [button])
        set_presence(tx, desk.tenant.scope, desk.station.id, online=True, now=desk.clock.now())
    desk.service.invited(StationInvite("leg-2", indoor.id, None, "main", "offer", "sip-2"))
    await desk.service.drain()
    calls = desk.service.calls_of(desk.tenant.company.id)
    (second,) = (call for call in calls if call.station is not None and call.station.id == indoor.id)
    assert second.notes.plan is not None
    assert second.notes.plan[1].presence[Member("station", desk.station.id)].busy


async def test_the_trace_names_the_station(desk: Desk, indoor: Station) -> None:
    await desk.presses()
    leg = desk.sip.named("invite")[0][1]
    (call,) = desk.service.calls_of(desk.tenant.company.id)
    desk.service.refused(leg, 408, "")
    await desk.service.drain()
    assert [(one.receiver, one.name) for one in call.trace(desk.clock.monotonic()).legs] == [
        (Member("station", indoor.id), indoor.name)
    ]


async def test_no_more_than_32_ring_at_once(desk: Desk) -> None:
    many = [add(desk, f"Wohnung {number}") for number in range(RINGING_RECEIVERS_MAX + 2)]
    bind(desk, station_ids=tuple(one.id for one in many))
    await desk.presses()
    assert len(desk.sip.named("invite")) == RINGING_RECEIVERS_MAX
