"""Figures about stations: counted by kind and state, and when the first certificate runs out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from antiphon import devices, metrics
from antiphon.assembly.census import Census
from antiphon.database import Database
from antiphon.devices import authority
from residents import StillClock, Tenant


async def test_stations_are_counted_by_state(
    database: Database, tenant: Tenant, other: Tenant, clock: StillClock, tmp_path: Path
) -> None:
    for owner in (tenant, tenant, other):
        with database.transaction() as tx:
            devices.create_station(tx, owner.scope, name="Tor", place_id=owner.site.id, spot="", now=clock.now())
    authority.ensure_authority(tmp_path / "pki", clock.now())
    await Census(database, tmp_path / "pki", clock).look()
    shown = metrics.exposition("devices")
    assert 'antiphon_stations{kind="station",state="unclaimed"} 3.0' in shown
    assert 'antiphon_stations{kind="account",state="online"} 0.0' in shown
    assert 'antiphon_certificate_days{certificate="root"} 7300.0' in shown
    assert 'certificate="edge"' not in shown, "there is none yet"
    clock.advance(timedelta(days=10).total_seconds())
    await Census(database, tmp_path / "pki", clock).look()
    assert 'antiphon_certificate_days{certificate="root"} 7290.0' in metrics.exposition("devices")
