"""Opening a door: decided, carried out once, logged (D4, W7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import pytest

from antiphon import access, devices, limits
from antiphon.access import Actor, Door, DoorNotAllowed, DoorNotFound, DoorRefused, Doors, StationUnreachable
from antiphon.access import store as access_store
from antiphon.access.model import OutputTaken, RequestReused
from antiphon.database import PLATFORM, Database, StorageFull, Tx
from antiphon.database.outbox import outbox
from antiphon.devices import Commander, StationNotFound
from antiphon.devices import store as device_store
from antiphon.tenancy import people
from antiphon.wire.station import Ack, Command, Desired, OpenDoor
from residents import StillClock, Tenant

Says = Literal["yes", "unknown_output", "nothing"]


@dataclass
class Relay:
    """A station that pulses its relay when told to, as far as the broker lets it."""

    says: Says = "yes"
    commander: Commander | None = None
    pulses: list[tuple[str, str, float]] = field(default_factory=list)
    hold: asyncio.Event | None = None

    async def send_command(self, device_id: str, command: Command) -> None:
        assert isinstance(command, OpenDoor)
        assert self.commander is not None
        if self.hold is not None:
            await self.hold.wait()
        if self.says == "nothing":
            raise StationUnreachable
        ack = Ack(command_id=command.command_id, ok=True)
        if self.says == "yes":
            self.pulses.append((device_id, command.output, command.pulse_s))
        else:
            ack = Ack(command_id=command.command_id, ok=False, error=self.says)
        self.commander.message(device_id, "acks", ack.model_dump_json().encode())

    async def send_desired(self, device_id: str, desired: Desired) -> None: ...
    async def end_session(self, device_id: str) -> None: ...


@pytest.fixture
def relay(clock: StillClock) -> Relay:
    relay = Relay()
    relay.commander = Commander(relay, clock)
    return relay


@pytest.fixture
def doors(database: Database, relay: Relay, clock: StillClock) -> Doors:
    assert relay.commander is not None
    return Doors(database, relay.commander, clock)


@pytest.fixture
def door(database: Database, tenant: Tenant, clock: StillClock) -> Door:
    def work(tx: Tx) -> Door:
        station = devices.create_station(
            tx, tenant.scope, name="Haupteingang", place_id=tenant.site.id, now=clock.now()
        )
        return access.add_door(
            tx,
            tenant.scope,
            station_id=station.id,
            name="Haustür",
            kind="door",
            output="door",
            pulse_s=3.0,
            now=clock.now(),
        )

    return database.run_sync(work)


@pytest.fixture
def bernd(tenant: Tenant) -> Actor:
    return Actor("user", tenant.operator.id, "Bernd")


Log = Callable[[], list[tuple[str, bool, str | None]]]


@pytest.fixture
def log(database: Database, tenant: Tenant) -> Log:
    """Outcome, repeated, error of every attempt, in the order they were made."""

    def read() -> list[tuple[str, bool, str | None]]:
        with database.transaction(read_only=True) as tx:
            attempts = access.attempts(tx, tenant.scope, limit=100)
        return [(attempt.outcome, attempt.repeated, attempt.error) for attempt in reversed(attempts)]

    return read


async def test_an_operator_opens_a_door_and_it_is_logged(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant, database: Database
) -> None:
    opening = await doors.open(tenant.scope, bernd, door.id, "tap-1", "call_1")
    assert (opening.door_id, opening.open_for_s, opening.repeated) == (door.id, 3.0, False)
    assert relay.pulses == [(door.station_id, "door", 3.0)]
    with database.transaction(read_only=True) as tx:
        (attempt,) = access.attempts(tx, tenant.scope, limit=10)
        kinds = [row["kind"] for row in tx.all(PLATFORM, outbox)]
    assert (attempt.outcome, attempt.user_id, attempt.call_id) == ("opened", tenant.operator.id, "call_1")
    assert (attempt.actor_kind, attempt.station_id, attempt.error) == ("user", door.station_id, None)
    assert "DoorOpened" in kinds


async def test_a_second_tap_with_the_same_request_is_one_pulse(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant, log: Log
) -> None:
    await doors.open(tenant.scope, bernd, door.id, "tap-1", None)
    again = await doors.open(tenant.scope, bernd, door.id, "tap-1", None)
    assert (again.repeated, again.open_for_s) == (True, 3.0)
    assert len(relay.pulses) == 1
    assert log() == [("opened", False, None), ("opened", True, None)]


async def test_a_second_tap_while_the_first_is_under_way_waits_for_it(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant
) -> None:
    relay.hold = asyncio.Event()
    first = asyncio.create_task(doors.open(tenant.scope, bernd, door.id, "tap-1", None))
    second = asyncio.create_task(doors.open(tenant.scope, bernd, door.id, "tap-1", None))
    done, _ = await asyncio.wait([first, second], timeout=0.05)
    assert not done
    relay.hold.set()
    assert [(await first).repeated, (await second).repeated] == [False, True]
    assert len(relay.pulses) == 1


async def test_two_processes_with_the_same_request_are_one_pulse(
    door: Door, relay: Relay, bernd: Actor, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    assert relay.commander is not None
    relay.hold = asyncio.Event()
    processes = [Doors(database, relay.commander, clock) for _ in range(2)]
    taps = [asyncio.create_task(one.open(tenant.scope, bernd, door.id, "tap-1", None)) for one in processes]
    await asyncio.wait(taps, timeout=limits.DOOR_REQUEST_POLL_S * 2)
    relay.hold.set()
    openings = await asyncio.gather(*taps)
    assert sorted(opening.repeated for opening in openings) == [False, True]
    assert len(relay.pulses) == 1


async def test_a_tap_whose_hand_was_pulled_away_still_ends_in_the_log(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant, log: Log
) -> None:
    relay.hold = asyncio.Event()
    tap = asyncio.create_task(doors.open(tenant.scope, bernd, door.id, "tap-1", None))
    await asyncio.wait([tap], timeout=0.05)
    tap.cancel()
    relay.hold.set()
    assert (await doors.open(tenant.scope, bernd, door.id, "tap-1", None)).repeated
    assert log() == [("opened", False, None), ("opened", True, None)]


async def test_a_later_request_is_another_pulse(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant, clock: StillClock
) -> None:
    for request_id in ("tap-1", "tap-2"):
        assert not (await doors.open(tenant.scope, bernd, door.id, request_id, None)).repeated
        clock.advance(limits.DOOR_TAP_AGAIN_S)
    assert len(relay.pulses) == 2


async def test_two_quick_taps_of_one_hand_are_one_pulse_whatever_their_requests_are_called(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant, clock: StillClock, log: Log
) -> None:
    first = await doors.open(tenant.scope, bernd, door.id, "tap-1", None)
    clock.advance(0.115)
    second = await doors.open(tenant.scope, bernd, door.id, "tap-2", None)
    assert [first.repeated, second.repeated] == [False, True]
    assert len(relay.pulses) == 1
    assert log() == [("opened", False, None), ("opened", True, None)]
    clock.advance(60)
    assert (await doors.open(tenant.scope, bernd, door.id, "tap-2", None)).repeated, "its outcome is known for good"


async def test_a_hand_that_goes_on_tapping_opens_again_and_again(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant, clock: StillClock
) -> None:
    for tap in range(5):  # at 0, 0.6, 1.2, 1.8 and 2.4 s
        await doors.open(tenant.scope, bernd, door.id, f"tap-{tap}", None)
        clock.advance(0.6)
    assert len(relay.pulses) == 3


async def test_a_second_tap_by_another_name_waits_for_the_first_and_shares_its_outcome(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant, clock: StillClock, log: Log
) -> None:
    relay.hold, relay.says = asyncio.Event(), "nothing"
    first = asyncio.create_task(doors.open(tenant.scope, bernd, door.id, "tap-1", None))
    await asyncio.wait([first], timeout=0.05)
    clock.advance(0.115)
    second = asyncio.create_task(doors.open(tenant.scope, bernd, door.id, "tap-2", None))
    await asyncio.wait([second], timeout=0.05)
    relay.hold.set()
    for tap in (first, second):
        with pytest.raises(StationUnreachable):
            await tap
    assert log() == [("station_unreachable", False, None), ("station_unreachable", True, None)]


async def test_a_tap_after_a_failure_was_shown_is_a_new_try(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant, clock: StillClock
) -> None:
    relay.says = "unknown_output"
    with pytest.raises(DoorRefused):
        await doors.open(tenant.scope, bernd, door.id, "tap-1", None)
    clock.advance(0.5)
    relay.says = "yes"
    assert not (await doors.open(tenant.scope, bernd, door.id, "tap-2", None)).repeated
    assert len(relay.pulses) == 1


async def test_two_people_at_one_door_are_two_pulses(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant
) -> None:
    await doors.open(tenant.scope, bernd, door.id, "tap-1", None)
    await doors.open(tenant.scope, Actor("user", tenant.owner.id, "Anna"), door.id, "tap-2", None)
    assert len(relay.pulses) == 2


async def test_a_request_ends_with_its_life(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant, clock: StillClock
) -> None:
    await doors.open(tenant.scope, bernd, door.id, "tap-1", None)
    clock.advance(limits.DOOR_REQUEST_LIFE_S + 1)
    assert not (await doors.open(tenant.scope, bernd, door.id, "tap-1", None)).repeated
    assert len(relay.pulses) == 2


async def test_requests_whose_life_is_over_are_forgotten_and_the_log_is_not(
    doors: Doors, door: Door, bernd: Actor, tenant: Tenant, database: Database, clock: StillClock, log: Log
) -> None:
    await doors.open(tenant.scope, bernd, door.id, "tap-1", None)
    assert database.run_sync(lambda tx: access.forget_requests(tx, clock.now())) == 0
    clock.advance(1)
    assert database.run_sync(lambda tx: access.forget_requests(tx, clock.now())) == 1
    assert log() == [("opened", False, None)]


async def test_one_request_cannot_open_two_doors_or_serve_two_people(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant, log: Log
) -> None:
    await doors.open(tenant.scope, bernd, door.id, "tap-1", None)
    anna = Actor("user", tenant.owner.id, "Anna")
    for actor, door_id in ((anna, door.id), (bernd, "door_other")):
        with pytest.raises(RequestReused):
            await doors.open(tenant.scope, actor, door_id, "tap-1", None)
    assert len(relay.pulses) == 1
    assert [outcome for outcome, _, _ in log()] == ["opened", "request_reused", "request_reused"]


@pytest.mark.parametrize(
    ("says", "error", "entry"),
    [
        ("nothing", StationUnreachable, ("station_unreachable", None)),
        ("unknown_output", DoorRefused, ("door_refused", "unknown_output")),
    ],
)
async def test_a_station_that_fails_is_an_error_now_and_when_repeated(
    doors: Doors,
    door: Door,
    relay: Relay,
    bernd: Actor,
    tenant: Tenant,
    log: Log,
    says: Says,
    error: type[Exception],
    entry: tuple[str, str | None],
) -> None:
    relay.says = says
    for _ in range(2):
        with pytest.raises(error):
            await doors.open(tenant.scope, bernd, door.id, "tap-1", None)
    assert log() == [(entry[0], False, entry[1]), (entry[0], True, entry[1])]
    relay.says = "yes"
    assert not (await doors.open(tenant.scope, bernd, door.id, "tap-2", None)).repeated


async def test_a_digit_opens_with_the_right_of_the_user_in_the_call(
    doors: Doors, door: Door, relay: Relay, tenant: Tenant, other: Tenant, log: Log
) -> None:
    await doors.open(tenant.scope, Actor("dtmf", tenant.operator.id, "Bernd"), door.id, "digit-1", "call_1")
    for stranger in (Actor("dtmf", None, ""), Actor("dtmf", other.operator.id, ""), Actor("assistant", None, "")):
        with pytest.raises(DoorNotAllowed):
            await doors.open(tenant.scope, stranger, door.id, f"digit-{stranger.user_id}-{stranger.kind}", "call_1")
    assert len(relay.pulses) == 1
    assert [outcome for outcome, _, _ in log()] == ["opened", *["door_not_allowed"] * 3]


async def test_somebody_who_left_the_company_opens_nothing(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    database.run_sync(lambda tx: people.change_user(tx, tenant.scope, tenant.operator.id, clock.now(), active=False))
    with pytest.raises(DoorNotAllowed):
        await doors.open(tenant.scope, bernd, door.id, "tap-1", None)
    assert relay.pulses == []


async def test_another_companys_door_does_not_exist(
    doors: Doors, door: Door, relay: Relay, other: Tenant, database: Database, log: Log
) -> None:
    stranger = Actor("user", other.owner.id, "Anna")
    with pytest.raises(DoorNotFound):
        await doors.open(other.scope, stranger, door.id, "tap-1", None)
    assert relay.pulses == []
    assert log() == []
    with database.transaction(read_only=True) as tx:
        (attempt,) = access.attempts(tx, other.scope, limit=10)
    assert attempt.outcome == "door_not_found"


async def test_the_request_of_a_process_that_died_counts_as_not_confirmed(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    database.run_sync(
        lambda tx: access_store.start_request(
            tx, tenant.scope, "tap-1", door.id, f"user:{tenant.operator.id}", clock.now()
        )
    )
    clock.advance(limits.DOOR_ACK_MAX_S + limits.DOOR_REQUEST_GRACE_S)
    with pytest.raises(StationUnreachable):
        await doors.open(tenant.scope, bernd, door.id, "tap-1", None)
    assert relay.pulses == []


async def test_a_full_disk_opens_nothing_that_could_not_be_decided(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageFull

    monkeypatch.setattr(access_store, "start_request", full)
    with pytest.raises(StorageFull):
        await doors.open(tenant.scope, bernd, door.id, "tap-1", None)
    assert relay.pulses == []


async def test_a_full_disk_after_the_pulse_does_not_turn_open_into_closed(
    doors: Doors, door: Door, relay: Relay, bernd: Actor, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageFull

    monkeypatch.setattr(access_store, "end_request", full)
    assert not (await doors.open(tenant.scope, bernd, door.id, "tap-1", None)).repeated
    assert len(relay.pulses) == 1


def test_two_doors_cannot_hang_on_one_output(
    door: Door, tenant: Tenant, other: Tenant, database: Database, clock: StillClock
) -> None:
    def add(where: Tenant) -> Door:
        return database.run_sync(
            lambda tx: access.add_door(
                tx,
                where.scope,
                station_id=door.station_id,
                name="Tor",
                kind="gate",
                output="door",
                pulse_s=1.0,
                now=clock.now(),
            )
        )

    with pytest.raises(OutputTaken):
        add(tenant)
    with pytest.raises(StationNotFound):
        add(other)


def test_the_station_learns_about_its_doors(door: Door, database: Database, tenant: Tenant) -> None:
    with database.transaction(read_only=True) as tx:
        desired = device_store.desired(tx, tenant.scope, door.station_id)
    assert desired is not None
    assert [(output.name, output.pulse_s) for output in desired.outputs] == [("door", 3.0)]


def test_the_log_is_read_page_by_page(
    doors: Doors, door: Door, database: Database, tenant: Tenant, bernd: Actor, clock: StillClock
) -> None:
    def write(tx: Tx, number: int) -> None:
        access_store.log_attempt(
            tx,
            tenant.scope,
            now=clock.now() + timedelta(seconds=number),
            actor=bernd,
            door_id=door.id,
            station_id=door.station_id,
            request_id=f"tap-{number}",
            call_id=None,
            outcome="opened",
        )

    for number in range(5):
        with database.transaction() as tx:
            write(tx, number)
    seen: list[str] = []
    before: str | None = None
    while True:
        with database.transaction(read_only=True) as tx:
            page = access.attempts(tx, tenant.scope, limit=2, before=before)
        if not page:
            break
        seen += [attempt.request_id for attempt in page]
        before = page[-1].id
    assert sorted(seen) == [f"tap-{number}" for number in range(5)]
