"""Presence and reported state from what stations say; desired states and revocations kept true outside (D5, P6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from antiphon import devices, limits
from antiphon.database import PLATFORM, Database, DatabaseAway
from antiphon.database.outbox import outbox
from antiphon.devices import Commander, Station, StationUnreachable, service, store, tables
from antiphon.devices.authority import Authority
from antiphon.devices.inbox import Inbox
from antiphon.devices.upkeep import Upkeep, list_alarm
from antiphon.gateways.edge import EdgeAway
from antiphon.wire.station import Command, Desired, Reported
from hardware import claim_request
from residents import StillClock, Tenant

ONLINE, OFFLINE = b'{"state": "online"}', b'{"state": "offline"}'


@dataclass
class Outside:
    """Broker and edge, as far as upkeep sees them."""

    away: bool = False
    edge_away: bool = False
    sent: list[tuple[str, int]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    reloads: int = 0

    async def send_desired(self, device_id: str, desired: Desired) -> None:
        self._refuse_when_away()
        self.sent.append((device_id, desired.version))

    async def send_command(self, device_id: str, command: Command) -> None:
        self._refuse_when_away()

    async def end_session(self, device_id: str) -> None:
        self._refuse_when_away()
        self.ended.append(device_id)

    async def reload_revocations(self) -> None:
        self.reloads += 1

    async def drop_registration(self, device_id: str) -> None:
        if self.edge_away:
            raise EdgeAway
        self.dropped.append(device_id)

    def _refuse_when_away(self) -> None:
        if self.away:
            raise StationUnreachable


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def upkeep(database: Database, outside: Outside, authority: Authority, clock: StillClock) -> Upkeep:
    return Upkeep(database, outside, outside, authority, clock)


@pytest.fixture
def inbox(database: Database, clock: StillClock) -> Inbox:
    return Inbox(database, clock)


@asynccontextmanager
async def running(work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def seen(database: Database, station: Station) -> Station:
    with database.transaction(read_only=True) as tx:
        return devices.station(tx, store.scope_of(tx, station.id), station.id)


def facts(database: Database) -> list[str]:
    with database.transaction(read_only=True) as tx:
        return [row["kind"] for row in tx.all(PLATFORM, outbox, order_by=(outbox.c.id,))]


# -- what stations say -----------------------------------------------------------------------------------------------


async def test_a_station_comes_and_goes(inbox: Inbox, claimed: Station, database: Database, clock: StillClock) -> None:
    inbox.message(claimed.id, "connection", ONLINE)
    await inbox.digest()
    assert (seen(database, claimed).online, seen(database, claimed).since) == (True, clock.now())
    clock.advance(60)
    inbox.message(claimed.id, "connection", ONLINE)
    await inbox.digest()
    assert seen(database, claimed).since != clock.now(), "said again, it is no news"
    inbox.message(claimed.id, "connection", OFFLINE)
    await inbox.digest()
    assert (seen(database, claimed).online, seen(database, claimed).since) == (False, clock.now())
    assert facts(database).count("StationPresenceChanged") == 2


async def test_what_a_station_reports_is_kept(
    inbox: Inbox, claimed: Station, database: Database, tenant: Tenant
) -> None:
    report = Reported(version=1, software="2.1", model="SIM-2", error="relay missing")
    inbox.message(claimed.id, "reported", report.model_dump_json().encode())
    await inbox.digest()
    assert (seen(database, claimed).model, seen(database, claimed).error) == ("SIM-2", "relay missing")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"state": "maybe"}',
        b"{" * 500,
        b'{"version": 99999999999999999999, "software": "1", "model": "SIM-1"}',
    ],
)
async def test_what_is_outside_the_contract_changes_nothing(
    inbox: Inbox, claimed: Station, database: Database, payload: bytes
) -> None:
    before = seen(database, claimed)
    inbox.message(claimed.id, "connection", payload)
    inbox.message(claimed.id, "reported", payload)
    await inbox.digest()
    assert seen(database, claimed) == before


async def test_a_message_that_breaks_our_own_code_ends_nothing_for_the_others(
    inbox: Inbox, claimed: Station, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(service, "take_reported", broken)
    report = Reported(version=1, software="2.1", model="SIM-2")
    inbox.message(claimed.id, "reported", report.model_dump_json().encode())
    inbox.message(claimed.id, "connection", ONLINE)
    await inbox.digest()
    assert seen(database, claimed).online


async def test_unknown_unclaimed_and_revoked_stations_are_never_online(
    inbox: Inbox, station: Station, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    inbox.message("station_nobody", "connection", ONLINE)
    inbox.message(station.id, "connection", ONLINE)
    await inbox.digest()
    assert not seen(database, station).online
    database.run_sync(lambda tx: devices.revoke(tx, tenant.scope, station.id, clock.now()))
    inbox.message(station.id, "connection", ONLINE)
    await inbox.digest()
    assert not seen(database, station).online


async def test_a_flood_of_one_station_is_one_row(inbox: Inbox, claimed: Station, database: Database) -> None:
    for number in range(10_000):
        report = Reported(version=number, software="2.1", model="SIM-2")
        inbox.message(claimed.id, "reported", report.model_dump_json().encode())
    assert len(inbox._waiting) == 1
    await inbox.digest()
    with database.transaction(read_only=True) as tx:
        (row,) = tx.all(PLATFORM, tables.reported_states)
    assert row["version"] == 9_999


async def test_stations_that_went_away_while_the_broker_was_gone_are_offline(
    inbox: Inbox, claimed: Station, database: Database, clock: StillClock
) -> None:
    inbox.message(claimed.id, "connection", ONLINE)
    await inbox.digest()
    inbox.broker_lost()
    inbox.broker_connected()
    await inbox.digest()
    assert seen(database, claimed).online, "it may still be saying so"
    clock.advance(limits.PRESENCE_SETTLE_S)
    await inbox.digest()
    assert not seen(database, claimed).online


async def test_stations_that_say_so_again_stay_online(
    inbox: Inbox, claimed: Station, database: Database, clock: StillClock
) -> None:
    inbox.broker_connected()
    inbox.message(claimed.id, "connection", ONLINE)
    await inbox.digest()
    clock.advance(limits.PRESENCE_SETTLE_S)
    await inbox.digest()
    assert seen(database, claimed).online


async def test_a_database_that_is_away_loses_no_presence(
    inbox: Inbox, claimed: Station, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DATABASE_RETRY_S", 0.0)
    failures = [DatabaseAway(), DatabaseAway()]
    real = service.take_presence

    def failing(*arguments: object, **named: object) -> bool:
        if failures:
            raise failures.pop()
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "take_presence", failing)
    inbox.message(claimed.id, "connection", ONLINE)
    await inbox.digest()
    assert seen(database, claimed).online


# -- desired states --------------------------------------------------------------------------------------------------


async def test_a_desired_state_is_sent_once_for_each_version(
    upkeep: Upkeep, outside: Outside, claimed: Station, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    await upkeep.publish_desired()
    await upkeep.publish_desired()
    assert outside.sent == [(claimed.id, 1)]
    database.run_sync(lambda tx: devices.change_desired(tx, tenant.scope, claimed.id, language="en", now=clock.now()))
    await upkeep.publish_desired()
    assert outside.sent == [(claimed.id, 1), (claimed.id, 2)]


async def test_an_unclaimed_station_gets_its_state_when_it_is_claimed(
    upkeep: Upkeep,
    outside: Outside,
    station: Station,
    code: str,
    authority: Authority,
    codes: devices.ClaimCodes,
    database: Database,
    clock: StillClock,
) -> None:
    await upkeep.publish_desired()
    assert outside.sent == []
    database.run_sync(lambda tx: service.claim(tx, authority, codes, claim_request(code), clock.now()))
    await upkeep.publish_desired()
    assert outside.sent == [(station.id, 1)]


async def test_after_a_new_session_what_was_not_reported_is_sent_again(
    upkeep: Upkeep, outside: Outside, claimed: Station, database: Database, clock: StillClock
) -> None:
    await upkeep.publish_desired()
    upkeep.broker_connected()
    await upkeep.publish_desired()
    assert outside.sent == [(claimed.id, 1)] * 2
    report = Reported(version=1, software="2.1", model="SIM-2")
    database.run_sync(lambda tx: service.take_reported(tx, claimed.id, report, clock.now()))
    upkeep.broker_connected()
    await upkeep.publish_desired()
    assert outside.sent == [(claimed.id, 1)] * 2


async def test_what_could_not_be_sent_is_sent_later(upkeep: Upkeep, outside: Outside, claimed: Station) -> None:
    outside.away = True
    with pytest.raises(StationUnreachable):
        await upkeep.publish_desired()
    outside.away = False
    await upkeep.publish_desired()
    assert outside.sent == [(claimed.id, 1)]


# -- revocations -----------------------------------------------------------------------------------------------------


async def test_a_revocation_reaches_every_engine_once(
    upkeep: Upkeep,
    outside: Outside,
    claimed: Station,
    authority: Authority,
    database: Database,
    tenant: Tenant,
    clock: StillClock,
) -> None:
    database.run_sync(lambda tx: service.take_presence(tx, claimed.id, online=True, now=clock.now()))
    database.run_sync(lambda tx: devices.revoke(tx, tenant.scope, claimed.id, clock.now()))
    await upkeep.enforce_revocations()
    await upkeep.enforce_revocations()
    with database.transaction(read_only=True) as tx:
        serials = store.revoked_serials(tx, clock.now()).keys()
    assert authority.listed().keys() == serials
    assert len(serials) == 1
    assert (outside.ended, outside.dropped, outside.reloads) == ([claimed.id], [claimed.id], 1)
    assert not seen(database, claimed).online


async def test_an_edge_that_is_away_is_told_later_and_the_session_is_ended_once(
    upkeep: Upkeep, outside: Outside, claimed: Station, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    database.run_sync(lambda tx: devices.revoke(tx, tenant.scope, claimed.id, clock.now()))
    outside.edge_away = True
    for _ in range(3):
        with pytest.raises(EdgeAway):
            await upkeep.enforce_revocations()
    outside.edge_away = False
    await upkeep.enforce_revocations()
    assert (outside.ended, outside.dropped) == ([claimed.id], [claimed.id])


async def test_a_station_claimed_anew_finds_its_desired_state_after_the_old_one_was_thrown_out(
    upkeep: Upkeep,
    outside: Outside,
    claimed: Station,
    authority: Authority,
    codes: devices.ClaimCodes,
    database: Database,
    tenant: Tenant,
    clock: StillClock,
) -> None:
    await upkeep.publish_desired()
    code = database.run_sync(lambda tx: devices.new_claim_code(tx, tenant.scope, codes, claimed.id, clock.now()))
    database.run_sync(lambda tx: service.claim(tx, authority, codes, claim_request(code), clock.now()))
    await upkeep.enforce_revocations()
    await upkeep.publish_desired()
    assert outside.ended == [claimed.id]
    assert outside.sent == [(claimed.id, 1), (claimed.id, 1)]


async def test_a_list_that_was_lost_or_restored_is_written_again(
    upkeep: Upkeep, claimed: Station, authority: Authority, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    database.run_sync(lambda tx: devices.revoke(tx, tenant.scope, claimed.id, clock.now()))
    await upkeep.enforce_revocations()
    listed = authority.listed().keys()
    authority.revoke({}, clock.now())
    await upkeep.enforce_revocations()
    assert authority.listed().keys() == listed


async def test_a_list_near_its_end_is_signed_anew_once_and_the_broker_reads_it(
    upkeep: Upkeep, outside: Outside, authority: Authority, clock: StillClock
) -> None:
    short = authority.list_ends()
    clock.advance((limits.CRL_VALID_DAYS - limits.CRL_RENEW_BEFORE_DAYS + 1) * 86_400)
    for _ in range(2):
        await upkeep.enforce_revocations()
    assert outside.reloads == 1
    assert authority.list_ends() > short


async def test_whoever_runs_the_platform_is_warned_before_the_list_ends(
    authority: Authority, clock: StillClock
) -> None:
    assert list_alarm(authority, clock) is None
    clock.at = authority.list_ends()
    clock.advance(-30 * 86_400)
    assert list_alarm(authority, clock) == "the revocation list ends in 30 days"


async def test_upkeep_goes_on_after_a_failure(
    upkeep: Upkeep, outside: Outside, claimed: Station, database: Database
) -> None:
    outside.away = True
    async with running(upkeep.run):
        await asyncio.wait([asyncio.ensure_future(database.run(lambda tx: None))])
        outside.away = False
        upkeep.wake()
        async with asyncio.timeout(5):
            while not outside.sent:
                await asyncio.wait([asyncio.ensure_future(database.run(lambda tx: None))])
    assert outside.sent == [(claimed.id, 1)]


def test_acknowledgements_and_other_topics_are_left_to_their_owners(
    inbox: Inbox, upkeep: Upkeep, outside: Outside, clock: StillClock
) -> None:
    commander = Commander(outside, clock)
    inbox.message("station_1", "acks", b"{}")
    upkeep.message("station_1", "connection", ONLINE)
    commander.message("station_1", "connection", ONLINE)
    assert not inbox._waiting
