"""The call service on a real database: from the button to the record, bad input, and faults that stay in one call."""

from __future__ import annotations

import pytest
from desk import Desk
from script import AUDIO_OFFER

from antiphon import devices, directory
from antiphon.calls import StationInvite, store, tables
from antiphon.clock import new_id
from antiphon.database import PLATFORM, Scope, StorageFull, Tx, outbox
from antiphon.errors import AntiphonError, Unavailable
from antiphon.events import DeviceRevoked, StationPresenceChanged
from antiphon.limits import TILE_AFTER_S
from antiphon.wire import client as wire


class Refused(AntiphonError):
    code = "no_codec"


async def test_from_the_button_to_the_record(desk: Desk) -> None:
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    call_id = await desk.talks(anna)
    ring = desk.last(bernd, wire.Ring)
    assert (ring.station.name, ring.button, ring.video) == ("Haupteingang", "main", True)
    assert [door.name for door in ring.station.doors] == ["Haustür", "Garage"]
    assert desk.sip.orders[0] == ("progress", "leg-1", 183, "anchor sdp")
    assert ("offer", "leg-1", "winner sdp") in desk.sip.orders
    assert ("accept", "leg-1", "winner sdp") in desk.sip.orders
    connected = desk.last(anna, wire.Connected)
    assert (connected.ends_at - connected.at).total_seconds() == 600
    ended = desk.last(bernd, wire.RingEnded)
    assert (ended.cause, ended.answered_by) == ("answered_elsewhere", anna.user_name)

    desk.clock.advance(20)
    await desk.says(anna, wire.HangUp(request_id="r2", call_id=call_id))
    assert desk.sip.orders[-1] == ("end", "leg-1", "hung_up")
    (record,) = desk.history()
    assert (record.call_id, record.cause, record.answered_by) == (call_id, "answered", anna.user_name)
    assert record.answered_at is not None
    assert record.ended_at is not None
    assert (record.ended_at - record.answered_at).total_seconds() == 20
    assert [(leg.kind, leg.cause) for leg in record.legs] == [
        ("station", "answered"),
        ("client", "hung_up"),
        ("client", "answered_elsewhere"),
    ]
    assert desk.last(bernd, wire.HistoryChanged).call_id == call_id
    assert desk.media.open == set()
    assert desk.service.live == 0


async def test_the_record_and_its_fact_are_written_in_one_transaction(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.presses()
    rows = desk.database.run_sync(lambda tx: tx.all(PLATFORM, tables.call_rows))
    assert [row["ended_at"] for row in rows] == [None]  # visible from its start
    await desk.says(anna, wire.Decline(request_id="r1", call_id=rows[0]["id"]))
    facts = desk.database.run_sync(lambda tx: tx.all(PLATFORM, outbox.outbox))
    assert [fact["kind"] for fact in facts if fact["kind"] == "CallEnded"] == ["CallEnded"]
    assert desk.history()[0].cause == "declined"


async def test_the_stations_state_follows_the_call(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.presses()
    assert desk.all(anna, wire.StationChanged) == []  # the ring comes first
    await desk.passes(TILE_AFTER_S)
    assert desk.last(anna, wire.StationChanged).station.state == "ringing"
    call_id = await desk.answers(anna)
    await desk.passes(TILE_AFTER_S)
    assert [each.station.state for each in desk.all(anna, wire.StationChanged)] == ["ringing", "in_call"]
    views = {view.station_id: view for view in await desk.service.stations_of(anna)}
    assert views[desk.station.id].state == "in_call"
    await desk.says(anna, wire.HangUp(request_id="r2", call_id=call_id))
    assert desk.last(anna, wire.StationChanged).station.state == "offline"


async def test_presence_is_told_to_the_companys_clients_alone(desk: Desk, other: object) -> None:
    anna, stranger = desk.tab("anna"), desk.tab("stranger", "u", company_id=other.company.id)  # type: ignore[attr-defined]
    fact = StationPresenceChanged(
        new_id("fact"), desk.tenant.company.id, desk.clock.now(), desk.station.id, online=True
    )
    desk.bus.publish(fact)
    await desk.service.drain()
    assert desk.last(anna, wire.StationChanged).station.station_id == desk.station.id
    assert desk.all(stranger, wire.StationChanged) == []


async def test_nobody_on_duty(desk: Desk) -> None:
    await desk.presses()
    assert desk.sip.orders == [("refuse", "leg-1", 480, "nobody_available")]
    assert desk.history()[0].cause == "nobody_available"


async def test_an_unknown_button_is_refused_and_recorded(desk: Desk) -> None:
    desk.tab("anna")
    await desk.presses("attic")
    assert desk.sip.orders == [("refuse", "leg-1", 404, "unknown_button")]
    assert desk.history()[0].cause == "unknown_button"


async def test_a_revoked_station_is_refused_and_recorded(desk: Desk) -> None:
    desk.tab("anna")
    desk.database.run_sync(lambda tx: devices.revoke(tx, desk.tenant.scope, desk.station.id, desk.clock.now()))
    await desk.presses()
    assert desk.sip.orders == [("refuse", "leg-1", 403, "revoked")]
    assert desk.history()[0].cause == "revoked"


async def test_an_unclaimed_station_is_refused(desk: Desk) -> None:
    desk.tab("anna")

    def make(tx: Tx) -> devices.Station:
        scope, site = desk.tenant.scope, desk.tenant.site.id
        return devices.create_station(tx, scope, name="Neu", place_id=site, spot="", now=desk.clock.now())

    desk.station = desk.database.run_sync(make)
    await desk.presses()
    assert desk.sip.orders == [("refuse", "leg-1", 403, "unclaimed")]


async def test_a_device_that_nobody_knows_is_refused_and_belongs_to_no_history(desk: Desk) -> None:
    desk.service.invited(StationInvite("leg-1", "device_nobody", None, "main", AUDIO_OFFER, "sip-1"))
    await desk.service.drain()
    assert desk.sip.orders == [("refuse", "leg-1", 403, "unclaimed")]
    assert desk.history() == ()


async def test_an_offer_without_a_usable_codec(desk: Desk) -> None:
    anna = desk.tab("anna")
    desk.media.failing["open_caller"] = Refused()
    await desk.presses()
    assert desk.sip.named("refuse") == [("refuse", "leg-1", 488, "no_codec")]
    assert desk.last(anna, wire.RingEnded)
    assert desk.history()[0].cause == "no_codec"


async def test_a_call_on_a_full_disk_rings_and_its_record_is_written_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = desk.tab("anna")

    async def full(_work: object) -> None:
        raise StorageFull

    with monkeypatch.context() as patch:
        patch.setattr(desk.database, "run", full)
        await desk.presses()
        call_id = desk.last(anna, wire.Ring).call_id
    await desk.says(anna, wire.Decline(request_id="r1", call_id=call_id))
    assert desk.history()[0].call_id == call_id


async def test_a_database_that_is_away_gives_the_visitor_words(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_work: object) -> None:
        raise Unavailable

    with monkeypatch.context() as patch:
        patch.setattr(desk.database, "run", away)
        patch.setattr(desk.database, "read", away)
        await desk.presses()
    assert desk.sip.orders == [("refuse", "leg-1", 500, "platform_error")]


async def test_nobody_answers(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.presses()
    await desk.passes(61)
    assert desk.sip.orders[-1] == ("refuse", "leg-1", 480, "no_answer")
    assert desk.last(anna, wire.RingEnded).cause == "no_answer"
    assert desk.history()[0].cause == "no_answer"


async def test_another_makers_station_hears_the_prompt_in_its_own_language(desk: Desk) -> None:
    desk.tab("anna")
    await desk.presses(account=True)
    await desk.passes(61)
    await desk.passes(5)
    assert ("play no_answer de", f"{desk.history()[0].call_id}-prompt") in desk.media.orders
    assert desk.sip.orders[-2] == ("progress", "leg-1", 183, "anchor sdp")
    assert desk.sip.orders[-1] == ("refuse", "leg-1", 480, "no_answer")
    assert desk.media.open == set()


async def test_the_time_limit_with_its_warning(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.talks(anna)
    await desk.passes(571)
    assert desk.last(anna, wire.LimitWarning)
    assert [name for name, _ in desk.media.orders if name.startswith("play")] == ["play limit_warning de"] * 2
    await desk.passes(30)
    assert desk.sip.orders[-1] == ("end", "leg-1", "time_limit")
    assert desk.history()[0].cause == "time_limit"


async def test_a_tab_that_signs_on_while_it_rings_rings(desk: Desk) -> None:
    desk.tab("anna")
    await desk.presses()
    bernd = desk.tab("bernd", desk.tenant.operator.id)
    assert desk.last(bernd, wire.Ring).station.state == "ringing"


async def test_a_station_that_presses_again_rings_once(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.presses(leg="leg-1")
    await desk.presses(leg="leg-2")
    assert ("end", "leg-1", "cancelled") in desk.sip.orders
    assert [ended.cause for ended in desk.all(anna, wire.RingEnded)] == ["cancelled"]
    assert desk.service.live == 1


async def test_a_ring_says_what_stands_on_the_button(desk: Desk) -> None:
    with desk.database.transaction() as tx:
        buttons = [directory.Button("main"), directory.Button("top-3", "Familie Huber")]
        directory.set_buttons(tx, desk.tenant.scope, desk.station.id, buttons)
    anna = desk.tab("anna")
    await desk.presses("top-3")
    ring = desk.last(anna, wire.Ring)
    assert (ring.button, ring.button_label) == ("top-3", "Familie Huber")


async def test_calling_a_station(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.says(anna, wire.CallStation(request_id="r1", station_id=desk.station.id, sdp="browser offer"))
    started = desk.last(anna, wire.CallStarted)
    (invite,) = desk.sip.named("invite")
    assert invite[2:] == (desk.station.id, "offer for the station", anna.user_name)
    desk.service.answered(invite[1], "station answer")
    await desk.service.drain()
    assert desk.last(anna, wire.RemoteSdp).sdp == "answer for the browser"
    assert desk.last(anna, wire.Connected).call_id == started.call_id
    desk.service.ended(invite[1], "hung_up", "")
    await desk.service.drain()
    assert desk.last(anna, wire.CallEnded).by == "station"
    assert (desk.history()[0].direction, desk.history()[0].cause) == ("to_station", "answered")
    assert desk.history()[0].placed_by == anna.user_name


async def test_calling_a_station_that_is_not_there(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.says(anna, wire.CallStation(request_id="r1", station_id=desk.station.id, sdp="browser offer"))
    desk.service.refused(desk.sip.named("invite")[0][1], 480, "")
    await desk.service.drain()
    assert desk.last(anna, wire.CallEnded).cause == "station_unreachable"
    assert desk.history()[0].cause == "station_unreachable"


async def test_calling_a_station_that_talks(desk: Desk) -> None:
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    await desk.talks(anna)
    await desk.says(bernd, wire.CallStation(request_id="r1", station_id=desk.station.id, sdp="browser offer"))
    assert desk.last(bernd, wire.Error).code == "busy"
    assert desk.history()[0].cause == "busy"


async def test_calling_a_station_of_another_company(desk: Desk, other: object) -> None:
    stranger = desk.tab("stranger", "u", company_id=other.company.id)  # type: ignore[attr-defined]
    await desk.says(stranger, wire.CallStation(request_id="r1", station_id=desk.station.id, sdp="browser offer"))
    assert desk.last(stranger, wire.Error).code == "station_not_found"
    assert desk.sip.orders == []


async def test_another_company_cannot_touch_a_call(desk: Desk, other: object) -> None:
    desk.tab("anna")
    stranger = desk.tab("stranger", "u", company_id=other.company.id)  # type: ignore[attr-defined]
    await desk.presses()
    call_id = desk.history()[0].call_id
    await desk.says(stranger, wire.Answer(request_id="r1", call_id=call_id))
    assert desk.last(stranger, wire.Error).code == "call_over"
    assert desk.service.live == 1


async def test_a_person_in_a_conversation_ends_it_before_the_next(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.talks(anna)
    await desk.presses(leg="leg-2")
    ring = desk.last(anna, wire.Ring)
    await desk.says(anna, wire.Answer(request_id="r9", call_id=ring.call_id))
    assert desk.last(anna, wire.Error).code == "in_conversation"


async def test_a_socket_that_comes_back_has_its_conversation(desk: Desk) -> None:
    anna = desk.tab("anna")
    call_id = await desk.talks(anna)
    desk.goes(anna)
    await desk.passes(5)
    desk.tab("anna")
    assert len(desk.all(anna, wire.Connected)) == 2
    await desk.passes(20)
    assert desk.service.call(call_id) is not None


async def test_a_revoked_device_is_cut_off(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.talks(anna)
    fact = DeviceRevoked(new_id("fact"), desk.tenant.company.id, desk.clock.now(), desk.station.id, "01")
    desk.bus.publish(fact)
    await desk.service.drain()
    assert desk.sip.orders[-1] == ("end", "leg-1", "revoked")
    assert desk.last(anna, wire.CallEnded).cause == "revoked"


async def test_a_fact_of_older_hardware_that_comes_late_leaves_the_new_ones_call_alone(desk: Desk) -> None:
    replaced = DeviceRevoked(new_id("fact"), desk.tenant.company.id, desk.clock.now(), desk.station.id, "01")
    desk.clock.advance(1)
    anna = desk.tab("anna")
    call_id = await desk.talks(anna)
    desk.bus.publish(replaced)
    await desk.service.drain()
    assert desk.service.call(call_id) is not None


async def test_a_media_engine_that_died_is_offered_anew_and_the_history_says_it(desk: Desk) -> None:
    anna = desk.tab("anna")
    call_id = await desk.talks(anna)
    desk.service.media_events.media_lost((call_id,), desk.clock.monotonic())
    await desk.service.drain()
    assert desk.last(anna, wire.MediaOffer).renewed
    desk.clock.advance(1.2)
    await desk.says(anna, wire.MediaAnswer(call_id=call_id, sdp="renewed answer"))
    assert desk.sip.named("offer")[-1] == ("offer", "leg-1", "winner sdp")
    desk.service.offer_answered("leg-1", "ok")
    await desk.says(anna, wire.HangUp(request_id="r2", call_id=call_id))
    (ended,) = desk.history()
    assert (ended.cause, [gap.after_s for gap in ended.media_breaks]) == ("answered", [1.2])


async def test_a_media_engine_that_stays_away_ends_the_call_in_words(desk: Desk) -> None:
    anna = desk.tab("anna")
    call_id = await desk.talks(anna)
    desk.media.failing["renew"] = Unavailable()
    desk.service.media_events.media_lost((call_id,), desk.clock.monotonic())
    await desk.service.drain()
    assert desk.last(anna, wire.CallEnded).cause == "media_failed"
    assert desk.history()[0].cause == "media_failed"


async def test_a_fault_in_one_call_ends_that_call_alone_in_words(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.talks(anna)
    desk.sip.refuses_with = AssertionError("planted")
    await desk.presses(leg="leg-2")
    assert ("refuse", "leg-2", 500, "platform_error") in desk.sip.orders
    assert desk.history()[0].cause == "platform_error"
    assert desk.service.live == 1


async def test_the_caller_hangs_up_while_the_plan_is_asked(desk: Desk) -> None:
    desk.tab("anna")
    desk.service.invited(StationInvite("leg-1", desk.station.id, None, "main", AUDIO_OFFER, "sip-1"))
    desk.service.ended("leg-1", "cancelled", "")
    await desk.service.drain()
    assert desk.history()[0].cause == "cancelled"
    assert desk.service.live == 0


async def test_calls_of_a_process_that_died_are_closed(desk: Desk) -> None:
    started = desk.clock.now()
    call_id = new_id("call")

    def leave(tx: Tx) -> None:
        store.start_call(tx, desk.station, call_id=call_id, direction="from_station", button="main", started_at=started)

    desk.database.run_sync(leave)
    desk.clock.advance(60)
    await desk.service.start()
    (record,) = desk.history()
    assert (record.cause, record.ended_at) == ("platform_error", desk.clock.now())
    assert desk.database.run_sync(lambda tx: store.unended_calls(tx)) == ()
    assert desk.media.cleared == (call_id,), "their media at the engine too"


async def test_the_history_is_scoped_and_paged(desk: Desk, other: object) -> None:
    ids = []
    for _ in range(3):
        await desk.presses()
        ids.append(desk.history()[0].call_id)

    def page(before: str | None) -> list[str]:
        found = desk.database.run_sync(lambda tx: store.calls_page(tx, desk.tenant.scope, limit=2, before=before))
        return [call.call_id for call in found]

    assert page(None) == [ids[2], ids[1]]
    assert page(ids[1]) == [ids[0]]
    stranger = Scope(other.company.id)  # type: ignore[attr-defined]
    assert desk.database.run_sync(lambda tx: store.calls_page(tx, stranger, limit=9, before=None)) == ()
    with pytest.raises(store.CallNotFound):
        desk.database.run_sync(lambda tx: store.call(tx, stranger, ids[0]))


async def test_a_plan_may_name_single_people(desk: Desk) -> None:
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)

    def bind(tx: Tx) -> None:
        button = directory.Button("main", user_ids=(bernd.user_id,))
        directory.set_buttons(tx, desk.tenant.scope, desk.station.id, [button])

    desk.database.run_sync(bind)
    await desk.presses()
    assert desk.all(anna, wire.Ring) == []
    assert desk.last(bernd, wire.Ring)
