"""A call service on a real database, with SIP, media, browsers, doors and bus played by the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from desk import Desk, FakeAlarm, FakeBus, FakeClients, FakeDoors, FakeMedia, FakeSip

from antiphon import access, devices, directory
from antiphon.calls import CallService, Snapshots
from antiphon.database import Database
from antiphon.devices import Station
from antiphon.devices.store import set_claimed
from residents import StillClock, Tenant


@pytest.fixture
def station(database: Database, tenant: Tenant, clock: StillClock) -> Station:
    """The company's claimed station: button `main` rings everybody, two doors."""
    now = clock.now()
    with database.transaction() as tx:
        made = devices.create_station(
            tx, tenant.scope, name="Haupteingang", place_id=tenant.site.id, spot="Stiege 2", now=now
        )
        set_claimed(tx, tenant.scope, made.id, model="demo", software="1")
        directory.set_buttons(tx, tenant.scope, made.id, [directory.Button("main")])
        for name, output in (("Haustür", "door"), ("Garage", "gate")):
            access.add_door(
                tx, tenant.scope, station_id=made.id, name=name, kind="door", output=output, pulse_s=4.0, now=now
            )
            clock.advance(1)
            now = clock.now()
        return devices.station(tx, tenant.scope, made.id)


@pytest.fixture
def account(database: Database, tenant: Tenant, clock: StillClock) -> Station:
    """A station of another maker: button `main` rings everybody."""
    with database.transaction() as tx:
        return devices.create_account(
            tx, tenant.scope, name="Hoftor", place_id=tenant.site.id, realm="antiphon.local", now=clock.now()
        ).station


@pytest.fixture
async def desk(
    database: Database, clock: StillClock, tenant: Tenant, station: Station, account: Station, tmp_path: Path
) -> AsyncIterator[Desk]:
    alarm = FakeAlarm()
    service = CallService(database, clock, Snapshots(database, clock, tmp_path / "snapshots"), alarm=alarm)
    made = Desk(
        service,
        database,
        clock,
        tenant,
        station,
        account,
        FakeSip(),
        FakeMedia(),
        FakeClients(),
        FakeDoors(),
        FakeBus(),
        alarm,
    )
    service.connect(made.sip, made.media, made.clients, made.doors, made.bus)
    await service.start()
    yield made
    await service.stop()
