"""Test calls: a station calls a receiver that rings nobody, sound is counted, a failed one is a notice until the next good one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from desk import OFFER, Desk

from antiphon import devices
from antiphon.calls import StationInvite, SyntheticReceiver
from antiphon.calls import station_tests as store
from antiphon.calls.station_tests import Schedule, StationTest
from antiphon.calls.synthetic import Waits
from antiphon.devices import StationUnreachable
from antiphon.errors import AntiphonError
from antiphon.wire import client as wire
from antiphon.wire.station import Ack, target_of_test

QUICK = Waits(arrives_s=0.05, sound_s=0.05)


@dataclass
class FakeStation:
    """Takes the command as the test says, and calls."""

    desk: Desk
    calls: bool = True
    hears: bool = True
    error: Any = None  # of the acknowledgement
    unreachable: bool = False
    hangs_up: bool = False
    as_device: str = ""
    placed: list[str] = field(default_factory=list)

    async def place_test_call(self, device_id: str, test_id: str, command_id: str) -> Ack:
        if self.unreachable:
            raise StationUnreachable(device_id=device_id)
        self.placed.append(test_id)
        if self.error is None and self.calls:
            invite = StationInvite("leg-t", self.as_device or device_id, None, target_of_test(test_id), OFFER, "sip-t")
            self.desk.service.invited(invite)
        return Ack(command_id=command_id, ok=self.error is None, error=self.error)


class Receiver(SyntheticReceiver):
    """The receiver, with a station that answers to it."""

    station: FakeStation


@pytest.fixture
def receiver(desk: Desk) -> Receiver:
    station = FakeStation(desk)
    made = Receiver(desk.database, desk.clock, station, desk.sip, desk.media, desk.bus, QUICK)  # type: ignore[arg-type]
    made.station = station
    desk.service.synthetic = made
    accept = desk.sip.accept

    def accepted(leg: str, sdp: str) -> None:
        accept(leg, sdp)
        if station.hears:
            desk.service.dtmf(leg, "1")
        if station.hangs_up:
            desk.service.ended(leg, "hung_up", "")

    desk.sip.accept = accepted  # type: ignore[method-assign]
    return made


def schedule(desk: Desk, *times: int, weekdays: tuple[int, ...] = ()) -> None:
    wanted = Schedule(True, weekdays, times)
    now = desk.clock.now()
    desk.database.run_sync(
        lambda tx: store.set_schedule(tx, desk.tenant.scope, desk.station.id, wanted, "Europe/Vienna", now)
    )


async def placed(desk: Desk, receiver: Receiver) -> StationTest:
    """A scheduled one comes due and is over."""
    minute = desk.clock.now() + timedelta(hours=1)  # Vienna in winter
    schedule(desk, (minute.hour * 60 + minute.minute + 1) % 1440)
    desk.clock.advance(90)
    await receiver.look()
    await receiver.drain()
    return desk.database.run_sync(lambda tx: store.page(tx, desk.tenant.scope, desk.station.id, None, 10))[0]


def failing(desk: Desk) -> list[str]:
    return [one.outcome for one in desk.database.run_sync(lambda tx: store.failing(tx, desk.tenant.scope))]


async def test_a_scheduled_test_call_passes_when_sound_comes_both_ways_and_rings_nobody(
    desk: Desk, receiver: Receiver
) -> None:
    anna = desk.tab("anna")
    test = await placed(desk, receiver)
    assert (test.outcome, test.packets, test.heard, test.asked_by) == ("passed", 150, True, None)
    assert test.set_up_ms is not None
    assert desk.sip.named("accept") == [("accept", "leg-t", "test answer")]
    assert ("end", "leg-t", "hung_up") in desk.sip.orders
    assert desk.media.open == set()
    assert desk.all(anna, wire.Ring) == []
    assert desk.history() == ()
    assert failing(desk) == []


def offline(desk: Desk, receiver: Receiver) -> None:
    receiver.station.unreachable = True


def silent_on_mqtt(desk: Desk, receiver: Receiver) -> None:
    receiver.station.unreachable = True
    desk.database.run_sync(
        lambda tx: devices.store.set_presence(tx, desk.tenant.scope, desk.station.id, online=True, now=desk.clock.now())
    )


def old_software(desk: Desk, receiver: Receiver) -> None:
    receiver.station.error = "unknown_command"


def without_sip(desk: Desk, receiver: Receiver) -> None:
    receiver.station.calls = False


def media_refuses(desk: Desk, receiver: Receiver) -> None:
    desk.media.failing["open_test"] = AntiphonError("no media")


def no_packets(desk: Desk, receiver: Receiver) -> None:
    desk.media.packets = 3


def deaf(desk: Desk, receiver: Receiver) -> None:
    receiver.station.hears = False


def pressed_meanwhile(desk: Desk, receiver: Receiver) -> None:
    receiver.station.hangs_up = True


def another_station(desk: Desk, receiver: Receiver) -> None:
    receiver.station.as_device = "station_other"


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (offline, "station_offline"),
        (silent_on_mqtt, "no_acknowledgement"),
        (old_software, "not_supported"),
        (without_sip, "no_call"),
        (another_station, "no_call"),
        (media_refuses, "no_media"),
        (no_packets, "no_sound"),
        (deaf, "not_heard"),
        (pressed_meanwhile, "hung_up"),
    ],
)
async def test_what_failed_is_said_and_is_a_notice_until_the_next_good_one(
    desk: Desk, receiver: Receiver, given: Callable[[Desk, Receiver], None], outcome: str
) -> None:
    given(desk, receiver)
    assert (await placed(desk, receiver)).outcome == outcome
    assert failing(desk) == [outcome]
    assert desk.media.open == set()
    desk.media.failing, desk.media.packets = {}, 150
    station = receiver.station
    station.calls, station.hears, station.error, station.unreachable = True, True, None, False
    station.hangs_up, station.as_device = False, ""
    assert (await placed(desk, receiver)).outcome == "passed"
    assert failing(desk) == []


async def test_a_station_in_a_call_says_nothing_about_itself(desk: Desk, receiver: Receiver) -> None:
    receiver.station.error = "busy"
    assert (await placed(desk, receiver)).outcome == "station_busy"
    assert failing(desk) == []


async def test_a_test_call_that_nobody_waits_for_is_refused_and_rings_nobody(desk: Desk, receiver: Receiver) -> None:
    anna = desk.tab("anna")
    desk.service.invited(StationInvite("leg-x", desk.station.id, None, target_of_test("test_old"), OFFER, "sip-x"))
    await desk.service.drain()
    assert desk.sip.named("refuse") == [("refuse", "leg-x", 404, "unknown_button")]
    assert desk.all(anna, wire.Ring) == []


async def test_a_test_that_a_process_left_behind_is_given_up_in_words(desk: Desk, receiver: Receiver) -> None:
    desk.database.run_sync(lambda tx: store.begin(tx, desk.tenant.scope, desk.station.id, desk.clock.now()))
    desk.clock.advance(31)
    await receiver.look()
    assert failing(desk) == ["not_finished"]


@pytest.mark.parametrize(
    ("wanted", "now", "expected"),
    [
        (Schedule(True, (), (180,)), "2026-11-28 12:00", "2026-11-29 02:00"),
        (Schedule(True, (), (180, 900)), "2026-11-28 12:00", "2026-11-28 14:00"),
        (Schedule(True, (1,), (180,)), "2026-11-28 12:00", "2026-11-30 02:00"),
        (Schedule(True, (1,), (180,)), "2026-11-30 02:00", "2026-12-07 02:00"),
        (Schedule(True, (), (180,)), "2026-07-01 12:00", "2026-07-02 01:00"),  # summer time
        (Schedule(True, (), (150,)), "2026-03-29 00:00", "2026-03-29 01:30"),  # 2:30 is left out: clocks say 3:30
        (Schedule(False, (), (180,)), "2026-11-28 12:00", None),
        (Schedule(True, (), ()), "2026-11-28 12:00", None),
    ],
)
def test_the_next_one_is_due_by_the_clock_where_the_station_is(
    wanted: Schedule, now: str, expected: str | None
) -> None:
    found = store.next_at(wanted, "Europe/Vienna", datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == (datetime.fromisoformat(expected).replace(tzinfo=UTC) if expected else None)
