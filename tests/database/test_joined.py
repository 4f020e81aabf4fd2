"""A question over several tables finds rows of its own company alone."""

from __future__ import annotations

import pytest

from antiphon import devices
from antiphon.database import Database, Tx
from residents import StillClock, Tenant


def test_stations_and_accounts_are_found(database: Database, tenant: Tenant, other: Tenant, clock: StillClock) -> None:
    def ask(tx: Tx) -> None:
        made = devices.create_account(
            tx, tenant.scope, name="Hoftor", place_id=tenant.site.id, realm="antiphon.local", now=clock.now()
        ).station
        assert made.place == tenant.site.name
        assert devices.account_by_number(tx, made.number) == made
        assert devices.accounts_named(tx, tenant.scope, (made.id,)) == {made.id: made}
        assert devices.accounts_named(tx, other.scope, (made.id,)) == {}
        with pytest.raises(devices.StationNotFound):
            devices.station(tx, other.scope, made.id)

    database.run_sync(ask)
