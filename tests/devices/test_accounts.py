"""SIP accounts: a number and a password shown once, seen when they register, gone at once when they are removed."""

from __future__ import annotations

import hashlib
import re

import pytest

from antiphon import access, devices, directory
from antiphon.access import Actor, DoorNeedsCall, Doors, may_open
from antiphon.clock import new_id
from antiphon.database import Database, metadata
from antiphon.devices import AccountNotFound, Commander, NewAccount, StationNotFound
from antiphon.devices.registrations import Registrations
from antiphon.devices.tables import account_rows
from antiphon.errors import BadInput
from antiphon.events import AccountRemoved, Fact
from antiphon.settings import Settings
from edge import at_the_edge
from residents import StillClock, Tenant
from ringing import pressed

REALM = "antiphon.local"

NOW = StillClock().now()


@pytest.fixture
def made(database: Database, tenant: Tenant, clock: StillClock) -> NewAccount:
    return database.run_sync(
        lambda tx: devices.create_account(
            tx, tenant.scope, name="Empfang", place_id=tenant.site.id, realm=REALM, now=clock.now()
        )
    )


def ha1_of(database: Database, tenant: Tenant) -> list[str]:
    return database.run_sync(lambda tx: [row["ha1"] for row in tx.all(tenant.scope, account_rows)])


def test_the_password_is_stored_as_its_digest_alone(database: Database, tenant: Tenant, made: NewAccount) -> None:
    assert re.fullmatch(r"[1-9][0-9]{7}", made.station.number)
    assert re.fullmatch(r"[a-z2-9]{20}", made.password)
    expected = hashlib.md5(f"{made.station.number}:{REALM}:{made.password}".encode()).hexdigest()
    assert ha1_of(database, tenant) == [expected]
    again = database.run_sync(lambda tx: devices.new_account_password(tx, tenant.scope, made.station.id))
    assert again.password != made.password
    assert ha1_of(database, tenant) != [expected]


def test_the_sip_edge_reads_what_it_needs_of_it(settings: Settings, database: Database, made: NewAccount) -> None:
    number = made.station.number
    ha1 = hashlib.md5(f"{number}:{REALM}:{made.password}".encode()).hexdigest()
    assert at_the_edge(settings, 'SELECT "user", realm, ha1 FROM sip_accounts') == [(number, REALM, ha1)]


def test_an_account_is_no_station_of_this_platform(
    database: Database, tenant: Tenant, made: NewAccount, clock: StillClock
) -> None:
    codes = devices.ClaimCodes(b"k" * 32)
    with database.transaction() as tx:
        assert [one.id for one in devices.stations(tx, tenant.scope, "station")] == []
        with pytest.raises(StationNotFound):
            devices.new_claim_code(tx, tenant.scope, codes, made.station.id, clock.now())
        with pytest.raises(StationNotFound):
            devices.revoke(tx, tenant.scope, made.station.id, clock.now())
        assert devices.change_desired(tx, tenant.scope, made.station.id, now=clock.now(), buttons=()) == 0


def test_another_company_sees_nothing_of_it(database: Database, other: Tenant, made: NewAccount) -> None:
    with database.transaction() as tx:
        assert devices.accounts_of(tx, other.scope) == ()
        for ask in (devices.account, devices.new_account_password):
            with pytest.raises(AccountNotFound):
                ask(tx, other.scope, made.station.id)


def test_a_removed_account_leaves_no_password_button_or_door(
    database: Database, tenant: Tenant, made: NewAccount, clock: StillClock
) -> None:
    station_id, now = made.station.id, clock.now()
    with database.transaction() as tx:
        gate = devices.create_station(tx, tenant.scope, name="Tor", place_id=tenant.site.id, now=now)
        directory.set_buttons(tx, tenant.scope, gate.id, [directory.Button("main", account_ids=(station_id,))])
        access.add_door(
            tx, tenant.scope, station_id=station_id, name="Hof", kind="gate", output="12#", pulse_s=4, now=now
        )
        access.remove_doors(tx, tenant.scope, station_id)
        devices.remove_account(tx, tenant.scope, station_id, now)
    with database.transaction() as tx:
        assert pressed(tx, tenant.scope, gate.id, gate.path, "main", now).devices == frozenset()
        assert access.doors(tx, tenant.scope) == ()
        with pytest.raises(AccountNotFound):
            devices.account_by_number(tx, made.station.number)
        kinds = [row["kind"] for row in tx.all(tenant.scope, metadata.tables["outbox"])]
    assert "AccountRemoved" in kinds
    assert ha1_of(database, tenant) == []


async def test_its_door_opens_by_digits_and_only_in_a_call(
    database: Database, tenant: Tenant, made: NewAccount, clock: StillClock
) -> None:
    def add(output: str) -> access.Door:
        return database.run_sync(
            lambda tx: access.add_door(
                tx,
                tenant.scope,
                station_id=made.station.id,
                name="Hof",
                kind="gate",
                output=output,
                pulse_s=4,
                now=clock.now(),
            )
        )

    with pytest.raises(BadInput):
        add("door")
    door = add("12#")
    sent: list[tuple[str, str]] = []

    class Conversation:
        async def send_digits(self, device_id: str, digits: str) -> None:
            sent.append((device_id, digits))

    commander = Commander(None, clock)  # type: ignore[arg-type]  # no command may be sent
    actor = Actor("user", tenant.owner.id, "Anna")
    opening = await Doors(database, commander, clock, Conversation()).open(
        tenant.scope, actor, door.id, "request-1", None
    )
    assert (opening.open_for_s, opening.repeated, sent) == (None, False, [(made.station.id, "12#")])
    again = await Doors(database, commander, clock, Conversation()).open(
        tenant.scope, actor, door.id, "request-1", None
    )
    assert (again.open_for_s, again.repeated, len(sent)) == (None, True, 1)
    clock.advance(5)
    with pytest.raises(DoorNeedsCall):
        await Doors(database, commander, clock).open(tenant.scope, actor, door.id, "request-2", None)


def test_an_account_opens_doors_only_where_it_was_given_the_right(
    database: Database, tenant: Tenant, other: Tenant, made: NewAccount
) -> None:
    actor = Actor("account", made.station.id, "Empfang")
    with database.transaction() as tx:
        assert may_open(tx, tenant.scope, actor, "/", NOW)
        assert not may_open(tx, other.scope, actor, "/", NOW)
        devices.change_account(tx, tenant.scope, made.station.id, opens_doors=False)
        assert not may_open(tx, tenant.scope, actor, "/", NOW)


class FakeRegistrar:
    def __init__(self) -> None:
        self.here: set[str] = set()
        self.dropped: list[str] = []

    async def account_registered(self, number: str) -> bool:
        return number in self.here

    async def drop_account(self, number: str) -> None:
        self.dropped.append(number)


async def test_it_is_online_while_the_edge_knows_where_it_is(
    database: Database, tenant: Tenant, made: NewAccount, clock: StillClock
) -> None:
    registrar = FakeRegistrar()
    registrations = Registrations(database, registrar, clock)

    def online() -> bool:
        return database.run_sync(lambda tx: devices.account(tx, tenant.scope, made.station.id)).online

    await registrations.look()
    assert not online()
    registrar.here.add(made.station.number)
    await registrations.look()
    assert online()
    assert database.run_sync(devices.store.online_ids) == (), "only MQTT's own silence counts there"
    registrar.here.clear()
    await registrations.look()
    assert not online()


async def test_a_removed_account_is_forgotten_by_the_edge(database: Database, clock: StillClock) -> None:
    registrar = FakeRegistrar()
    registrations = Registrations(database, registrar, clock)
    fact: Fact = AccountRemoved(new_id("fact"), "company_1", clock.now(), "account_1", "12345678")
    assert isinstance(fact, AccountRemoved)
    registrations.account_removed(fact)
    await registrations.look()
    await registrations.look()
    assert registrar.dropped == ["12345678"]
