"""The portal's event stream: whoever follows hears of what they may see, and of nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from antiphon import devices, events
from antiphon.clock import new_id
from antiphon.database import Database
from antiphon.devices import StationCounts
from antiphon.events import Fact
from antiphon.gateways.stream import Stream, TooManyStreams
from antiphon.limits import STREAM_WAITING_MAX, STREAMS_PER_PERSON_MAX
from antiphon.tenancy import GrantedRole, Principal, Rights
from antiphon.tenancy.asking import Asker
from antiphon.tenancy.rights import SHIPPED_ROLES
from residents import StillClock, Tenant


class Wire:
    """A bus within this process."""

    def __init__(self) -> None:
        self.handlers: dict[type[Fact], list[Callable[[Any], None]]] = {}

    def publish(self, fact: Fact) -> None:
        for handler in self.handlers.get(type(fact), ()):
            handler(fact)

    def subscribe(self, kind: type[Any], handler: Callable[[Any], None]) -> None:
        self.handlers.setdefault(kind, []).append(handler)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def stream(database: Database, clock: StillClock, wire: Wire) -> Stream:
    return Stream(database, wire, StationCounts(clock))


@pytest.fixture
def station(database: Database, tenant: Tenant, clock: StillClock) -> devices.Station:
    return database.run_sync(
        lambda tx: devices.create_station(tx, tenant.scope, name="Tor", place_id=tenant.site.id, now=clock.now())
    )


def asker(tenant: Tenant, role: Any = "owner", path: str = "/", session: str = "session_a") -> Asker:
    rights = Rights((GrantedRole(SHIPPED_ROLES[role], path),))
    return Asker(Principal(tenant.owner.id, tenant.company.id, "Anna", session), rights)


async def heard(lines: AsyncIterator[str]) -> str:
    async with asyncio.timeout(5):
        return await anext(lines)


async def begin(stream: Stream, who: Asker) -> AsyncIterator[str]:
    """Somebody who follows."""
    lines = stream.follow(who, 60)
    assert (await heard(lines)).startswith("retry:")
    return lines


def about(tenant: Tenant, clock: StillClock) -> tuple[str, str, Any]:
    return new_id("fact"), tenant.company.id, clock.now()


async def test_a_station_that_goes_offline_is_told_to_whoever_may_see_it(
    stream: Stream, wire: Wire, tenant: Tenant, clock: StillClock, station: devices.Station
) -> None:
    everybody, there = await begin(stream, asker(tenant)), await begin(stream, asker(tenant, "viewer", station.path))
    elsewhere = await begin(stream, asker(tenant, "viewer", "/project_x/site_y/"))
    wire.publish(events.StationPresenceChanged(*about(tenant, clock), station.id, False))
    told = f'data: {{"topic":"stations","id":"{station.id}"}}\n\n'
    assert [await heard(everybody), await heard(there)] == [told, told]
    wire.publish(events.RightsChanged(*about(tenant, clock), None))
    assert '"rights"' in await heard(elsewhere), "nothing before it"


async def test_calls_are_told_to_those_who_may_read_them(
    stream: Stream, wire: Wire, tenant: Tenant, clock: StillClock, station: devices.Station
) -> None:
    reads, looks = await begin(stream, asker(tenant)), await begin(stream, asker(tenant, "viewer"))
    wire.publish(events.CallChanged(*about(tenant, clock), "call_1", station.id))
    assert '"calls"' in await heard(reads)
    wire.publish(events.ConfigurationChanged(*about(tenant, clock), "place.added", "site_1"))
    assert '"places"' in await heard(looks), "no call before it"


async def test_a_key_is_told_to_whoever_manages_keys(
    stream: Stream, wire: Wire, tenant: Tenant, clock: StillClock
) -> None:
    manages, reads = await begin(stream, asker(tenant)), await begin(stream, asker(tenant, "configurator"))
    wire.publish(events.ConfigurationChanged(*about(tenant, clock), "key.revoked", "key_1"))
    assert '"people","id":"key_1"' in await heard(manages)
    wire.publish(events.ConfigurationChanged(*about(tenant, clock), "place.added", "site_1"))
    assert '"places"' in await heard(reads), "no key before it"


async def test_another_company_hears_nothing(
    stream: Stream, wire: Wire, tenant: Tenant, other: Tenant, clock: StillClock, station: devices.Station
) -> None:
    foreign = await begin(stream, asker(other))
    wire.publish(events.CallChanged(*about(tenant, clock), "call_1", station.id))
    wire.publish(events.ConfigurationChanged(*about(other, clock), "user.added", "user_1"))
    assert '"people"' in await heard(foreign)


async def test_an_ended_session_ends_its_stream(stream: Stream, wire: Wire, tenant: Tenant, clock: StillClock) -> None:
    ended, stays = await begin(stream, asker(tenant)), await begin(stream, asker(tenant, session="session_b"))
    wire.publish(events.SessionsEnded(*about(tenant, clock), tenant.owner.id, ("session_a",)))
    with pytest.raises(StopAsyncIteration):
        await heard(ended)
    wire.publish(events.ConfigurationChanged(*about(tenant, clock), "place.added", "site_1"))
    assert '"places"' in await heard(stays)


async def test_a_reader_who_falls_behind_hears_that_everything_may_have_changed(
    stream: Stream, wire: Wire, tenant: Tenant, clock: StillClock
) -> None:
    lines = await begin(stream, asker(tenant))
    for number in range(STREAM_WAITING_MAX + 1):
        wire.publish(events.ConfigurationChanged(*about(tenant, clock), "user.added", f"user_{number}"))
    assert '"everything"' in await heard(lines)


async def test_a_person_has_so_many_streams_and_no_more(stream: Stream, tenant: Tenant) -> None:
    opened = [await begin(stream, asker(tenant)) for _ in range(STREAMS_PER_PERSON_MAX)]
    with pytest.raises(TooManyStreams):
        stream.admit(asker(tenant))
    stream.end_all()
    for lines in opened:
        with pytest.raises(StopAsyncIteration):
            await heard(lines)
    stream.admit(asker(tenant))
