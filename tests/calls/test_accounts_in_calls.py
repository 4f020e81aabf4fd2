"""Accounts in calls: telephones that ring with the people, callers that show their picture early, digits that open."""

from __future__ import annotations

import pytest
from desk import Desk
from script import ANNA, OFFER, Play

from antiphon import devices, directory
from antiphon.calls import StationInvite
from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls.model import Tab, together
from antiphon.errors import AntiphonError
from antiphon.events import AccountRemoved
from antiphon.wire import client as wire

PHONE = Tab("sip:phone", "phone", "Empfang", kind="account")


# -- the machine -------------------------------------------------------------------------------------------------------


def test_a_telephone_rings_without_a_preview() -> None:
    play = Play().rings(ANNA, PHONE)
    assert len(play.told(PHONE, e.TellRing)) == 1
    assert [order.leg for order in play.all(e.MakePreviewOffer)] == [play.leg(ANNA).leg_id]


def test_a_telephone_that_answers_first_wins_and_is_on_record_as_an_account() -> None:
    play = Play().rings(ANNA, PHONE).previews(ANNA).connects(PHONE)
    assert play.told(ANNA, e.TellRingEnded)[-1].answered_by == "Empfang"
    play.hangs_up(PHONE)
    assert play.record.answered_by == PHONE
    assert {leg.kind for leg in play.record.legs if leg.user_id == "phone"} == {"account"}


def test_a_busy_telephone_leaves_the_others_ringing() -> None:
    play = Play().rings(ANNA, PHONE)
    play.happens(i.ReceiverRefused(PHONE.client, "busy"))
    assert play.machine.ringing
    play.declines(ANNA)
    assert play.record.cause == "declined"
    assert play.causes()["phone"] == "busy"


def test_nobody_but_telephones_that_cannot_be_reached_ends_the_call_at_once() -> None:
    for cause, expected in (("busy", "busy"), ("no_answer", "nobody_available"), ("declined", "declined")):
        play = Play().rings(PHONE)
        play.happens(i.ReceiverRefused(PHONE.client, cause))  # type: ignore[arg-type]
        assert play.record.cause == expected


def test_an_early_picture_keeps_one_session_from_the_183_to_the_200() -> None:
    play = Play(account=True)
    play.happens(i.Arrived(OFFER, previews=False))
    orders = play.happens(i.Planned(together(("anna",), 60.0), (ANNA,), early=True))
    assert e.OpenCaller("door", OFFER, False, True) in orders
    assert not [order for order in orders if isinstance(order, e.Progress)], "the 183 says that it rings"
    orders = play.happens(i.CallerOpened("one session"))
    assert e.Progress("door", 183, "one session") in orders
    play.previews(ANNA).answers(ANNA)
    play.joins(ANNA)
    assert play.all(e.AcceptStation) == [e.AcceptStation("door", "one session")]
    assert play.all(e.OfferStation) == []


def test_without_the_right_to_be_early_it_rings_and_shows_nothing() -> None:
    play = Play(account=True).rings(ANNA)
    assert e.Progress("door", 180, None) in play.orders
    assert play.all(e.MakePreviewOffer) == []
    assert not play.told(ANNA, e.TellRing)[0].previews


def test_a_key_pressed_by_a_person_is_only_passed_on_to_another_makers_station() -> None:
    play = Play(account=True).rings(ANNA)
    play.answers(ANNA)
    play.joins(ANNA)
    orders = play.happens(i.ClientDigit(play.leg(ANNA).leg_id, "1", "request-9"))
    assert e.SendDigit("door", "1") in orders
    assert play.all(e.OpenDoorByDigit) == []


# -- the service -------------------------------------------------------------------------------------------------------


def rings(desk: Desk, *accounts: devices.Station, users: tuple[str, ...] | None = None) -> None:
    """The station's button rings these telephones, and these people or everybody."""
    with desk.database.transaction() as tx:
        button = directory.Button("main", "", users, tuple(account.id for account in accounts))
        directory.set_buttons(tx, desk.tenant.scope, desk.station.id, [button])


async def answers(desk: Desk, leg: str) -> None:
    desk.service.answered(leg, "telephone's answer")
    await desk.service.drain()


async def test_a_telephone_is_invited_and_its_hash_opens_the_stations_door(desk: Desk) -> None:
    rings(desk, desk.account, users=())
    await desk.presses()
    ((_, leg, number, sdp, name),) = desk.sip.named("invite")
    assert (number, sdp, name) == (desk.account.number, "offer for the telephone", desk.station.name)
    desk.service.progressed(leg, 180, None)
    await answers(desk, leg)
    assert ("receiver_answer", desk.service.calls_of(desk.tenant.company.id)[0].call_id) in desk.media.orders
    # the engine's two-way offer differs from what it rang with: asked anew
    assert desk.sip.named("offer") == [("offer", leg, "two-way offer")]
    desk.service.offer_answered(leg, "telephone's second answer")
    await desk.service.drain()
    desk.service.offer_answered("leg-1", "ok")
    await desk.service.drain()
    desk.service.dtmf(leg, "#")
    await desk.service.drain()
    assert [kind for kind, *_ in desk.doors.opened] == ["account"]
    desk.service.ended(leg, "hung_up", "")
    await desk.service.drain()
    assert desk.sip.named("end")[-1][1] == "leg-1"
    (record,) = desk.history()
    assert (record.cause, record.answered_by) == ("answered", desk.account.name)


async def test_a_telephone_stops_ringing_when_a_person_answers(desk: Desk) -> None:
    rings(desk, desk.account)
    anna = desk.tab("anna")
    await desk.presses()
    leg = desk.sip.named("invite")[0][1]
    call_id = desk.last(anna, wire.Ring).call_id
    await desk.says(anna, wire.PreviewAnswer(call_id=call_id, sdp="preview answer"))
    await desk.says(anna, wire.Answer(request_id="r1", call_id=call_id))
    await desk.says(anna, wire.MediaAnswer(call_id=call_id, sdp="two-way answer"))
    assert ("end", leg, "answered_elsewhere") in desk.sip.orders


async def test_a_telephone_that_does_not_ring_stops_nobody(desk: Desk) -> None:
    desk.media.failing["receiver_offer"] = AntiphonError("no")
    rings(desk, desk.account)
    anna = desk.tab("anna")
    await desk.presses()
    assert desk.all(anna, wire.Ring)
    assert desk.sip.named("invite") == []


async def test_an_account_dials_another_by_its_number(desk: Desk) -> None:
    with desk.database.transaction() as tx:
        other = devices.create_account(
            tx,
            desk.tenant.scope,
            name="Lager",
            place_id=desk.tenant.site.id,
            realm="antiphon.local",
            now=desk.clock.now(),
        ).station
    await desk.presses(other.number, account=True)
    assert [order[2] for order in desk.sip.named("invite")] == [other.number]
    await desk.presses(desk.account.number, leg="leg-2", account=True)
    assert desk.sip.named("refuse")[-1] == ("refuse", "leg-2", 404, "unknown_button")
    assert (desk.history()[0].cause, desk.history()[0].button) == ("unknown_button", desk.account.number)


async def test_an_account_that_is_gone_is_refused(desk: Desk) -> None:
    desk.service.invited(StationInvite("leg-9", None, "00000000", "main", OFFER, "sip-9"))
    await desk.service.drain()
    assert desk.sip.named("refuse") == [("refuse", "leg-9", 403, "unclaimed")]


async def test_the_call_of_a_removed_account_ends_in_words(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.talks(anna, account=True)
    desk.bus.publish(
        AccountRemoved("fact_1", desk.tenant.company.id, desk.clock.now(), desk.account.id, desk.account.number)
    )
    await desk.service.drain()
    assert desk.last(anna, wire.CallEnded).cause == "revoked"
    assert desk.last(anna, wire.StationRemoved).station_id == desk.account.id


async def test_digits_go_by_info_where_the_sound_takes_none(desk: Desk) -> None:
    desk.media.digits_in_sound = False
    anna = desk.tab("anna")
    await desk.talks(anna, account=True)
    await desk.service.send_digits(desk.account.id, "5")
    assert desk.sip.named("deliver_digit") == [("deliver_digit", "leg-1", "5")]


@pytest.mark.parametrize("status", [408, 480, 481])
async def test_digits_for_a_door_are_not_sent_to_an_account_that_is_out_of_reach(desk: Desk, status: int) -> None:
    await desk.talks(desk.tab("anna"), account=True)
    desk.sip.answers_options = status
    with pytest.raises(devices.StationUnreachable):
        await desk.service.send_digits(desk.account.id, "5")
    assert "send_dtmf 5" not in [order[0] for order in desk.media.orders]


@pytest.mark.parametrize(
    ("status", "error"),
    [(480, devices.StationUnreachable), (481, devices.StationUnreachable), (415, devices.DoorRefused)],
)
async def test_digits_that_info_did_not_bring_open_no_door(desk: Desk, status: int, error: type[Exception]) -> None:
    desk.media.digits_in_sound = False
    await desk.talks(desk.tab("anna"), account=True)
    desk.sip.answers_info = status
    with pytest.raises(error):
        await desk.service.send_digits(desk.account.id, "55")
    assert len(desk.sip.named("deliver_digit")) == 1


async def test_digits_that_the_engine_could_not_send_open_no_door(desk: Desk) -> None:
    await desk.talks(desk.tab("anna"), account=True)
    desk.media.failing["send_dtmf 5"] = AntiphonError()
    with pytest.raises(devices.StationUnreachable):
        await desk.service.send_digits(desk.account.id, "5")


async def test_a_person_calls_an_account_by_its_number(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.says(anna, wire.CallStation(request_id="r1", station_id=desk.account.id, sdp="offer"))
    ((_, leg, number, _, _),) = desk.sip.named("invite")
    assert number == desk.account.number
    desk.service.refused(leg, 480, "Not registered")
    await desk.service.drain()
    assert desk.last(anna, wire.CallEnded).cause == "station_unreachable"
    assert desk.history()[0].legs[0].kind == "account"
