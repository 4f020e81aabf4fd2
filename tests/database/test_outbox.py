"""Facts leave through the outbox: with their transaction or not at all, woken, in order, never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from antiphon.clock import new_id
from antiphon.database import OUTBOX_SOCKET, PLATFORM, Database, Tx, open_database, outbox
from antiphon.errors import Unavailable
from antiphon.events import Fact, StationPresenceChanged
from antiphon.settings import Settings
from residents import StillClock, Tenant


class Bus:
    """Takes facts unless it is away."""

    def __init__(self) -> None:
        self.away = False
        self.taken: list[Fact] = []
        self.arrived = asyncio.Event()

    async def deliver(self, fact: Fact) -> None:
        if self.away:
            raise Unavailable
        self.taken.append(fact)
        self.arrived.set()


def fact(tenant: Tenant, device_id: str = "station_1") -> StationPresenceChanged:
    at = datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)
    return StationPresenceChanged(new_id("fact"), tenant.company.id, at, device_id, True)


def write(database: Database, tenant: Tenant, *facts: Fact) -> None:
    with database.transaction() as tx:
        for one in facts:
            outbox.append(tx, tenant.scope, one)


@asynccontextmanager
async def running(drain: outbox.Drain) -> AsyncIterator[None]:
    task = asyncio.create_task(drain.run())
    try:
        await asyncio.sleep(0)  # the drain listens from its first step on
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def drain_of(database: Database, bus: Bus, clock: StillClock, folder: Path) -> outbox.Drain:
    return outbox.Drain(database, bus.deliver, clock, folder / OUTBOX_SOCKET)


async def test_facts_arrive_as_they_were_in_order_and_once(
    database: Database, tenant: Tenant, clock: StillClock, tmp_path: Path
) -> None:
    facts = [fact(tenant, f"station_{number}") for number in range(5)]
    write(database, tenant, *facts)
    bus = Bus()
    drain = drain_of(database, bus, clock, tmp_path)
    assert await drain.deliver() == 5
    assert bus.taken == facts
    assert await drain.deliver() == 0


async def test_a_fact_of_a_failed_transaction_never_happened(
    database: Database, tenant: Tenant, clock: StillClock, tmp_path: Path
) -> None:
    def work(tx: Tx) -> None:
        outbox.append(tx, tenant.scope, fact(tenant))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.run_sync(work)
    assert await drain_of(database, Bus(), clock, tmp_path).deliver() == 0


async def test_what_the_bus_does_not_take_waits(
    database: Database, tenant: Tenant, clock: StillClock, tmp_path: Path
) -> None:
    write(database, tenant, fact(tenant))
    bus = Bus()
    drain = drain_of(database, bus, clock, tmp_path)
    bus.away = True
    with pytest.raises(Unavailable):
        await drain.deliver()
    bus.away = False
    assert await drain.deliver() == 1


async def test_a_commit_wakes_the_drain(settings: Settings, tenant: Tenant, clock: StillClock) -> None:
    database, bus = open_database(settings), Bus()
    drain = drain_of(database, bus, clock, settings.run)
    async with running(drain):
        await database.run(lambda tx: outbox.append(tx, tenant.scope, fact(tenant)))
        async with asyncio.timeout(5):
            await bus.arrived.wait()
    assert not (settings.run / OUTBOX_SOCKET).exists()
    database.close()


async def test_the_drain_goes_on_when_the_bus_is_back(settings: Settings, tenant: Tenant, clock: StillClock) -> None:
    database, bus = open_database(settings), Bus()
    bus.away = True
    await database.run(lambda tx: outbox.append(tx, tenant.scope, fact(tenant)))
    drain = drain_of(database, bus, clock, settings.run)
    async with running(drain):
        bus.away = False
        drain.wake()
        async with asyncio.timeout(5):
            await bus.arrived.wait()
    database.close()


def test_a_commit_without_a_drain_goes_through(settings: Settings, tenant: Tenant) -> None:
    database = open_database(settings)
    write(database, tenant, fact(tenant))
    with database.transaction() as tx:
        assert len(tx.all(PLATFORM, outbox.outbox)) == 1
    database.close()


async def test_delivered_facts_are_forgotten_later(
    database: Database, tenant: Tenant, clock: StillClock, tmp_path: Path
) -> None:
    write(database, tenant, fact(tenant))
    drain = drain_of(database, Bus(), clock, tmp_path)
    await drain.deliver()
    write(database, tenant, fact(tenant))
    with database.transaction() as tx:
        assert outbox.forget_delivered(tx, clock.now()) == 0
        assert outbox.forget_delivered(tx, clock.now() + timedelta(seconds=1)) == 1
        assert len(tx.all(PLATFORM, outbox.outbox)) == 1
