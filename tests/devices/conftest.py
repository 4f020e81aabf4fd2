"""An authority, claim codes, and a station of the first company."""

from __future__ import annotations

import pytest

from antiphon import devices
from antiphon.database import Database
from antiphon.devices import ClaimCodes, Station, service
from antiphon.devices.authority import Authority, ensure_authority
from antiphon.settings import Settings
from hardware import claim_request
from residents import StillClock, Tenant


@pytest.fixture
def authority(settings: Settings, clock: StillClock) -> Authority:
    ensure_authority(settings.pki, clock.now())
    return Authority(settings.pki)


@pytest.fixture
def codes() -> ClaimCodes:
    return ClaimCodes(b"k" * 32)


@pytest.fixture
def station(database: Database, tenant: Tenant, clock: StillClock) -> Station:
    """Configured and not claimed yet."""
    return database.run_sync(
        lambda tx: devices.create_station(
            tx, tenant.scope, name="Haupteingang", place_id=tenant.site.id, spot="Stiege 2", now=clock.now()
        )
    )


@pytest.fixture
def code(database: Database, tenant: Tenant, station: Station, codes: ClaimCodes, clock: StillClock) -> str:
    return database.run_sync(lambda tx: devices.new_claim_code(tx, tenant.scope, codes, station.id, clock.now()))


@pytest.fixture
def claimed(
    database: Database, station: Station, code: str, codes: ClaimCodes, authority: Authority, clock: StillClock
) -> Station:
    database.run_sync(lambda tx: service.claim(tx, authority, codes, claim_request(code), clock.now()))
    return database.run_sync(lambda tx: devices.station_for_call(tx, station.id))
