"""A question over several tables gives the same on PostgreSQL as on SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from antiphon import devices
from antiphon.database import Database, Tx, migrate
from antiphon.settings import Settings
from postgresql import POSTGRES, postgres
from residents import StillClock, make_tenant


@pytest.mark.xfail(not POSTGRES, reason="no PostgreSQL server on this machine", run=False)
def test_stations_and_accounts_are_found_on_postgresql(short_folder: Path, tmp_path: Path, clock: StillClock) -> None:
    with postgres(short_folder) as url:
        migrate.upgrade(Settings(data=tmp_path, database_url=url))
        database = Database(url)
        here, there = make_tenant(database, clock, "Salzach"), make_tenant(database, clock, "Inn")

        def ask(tx: Tx) -> None:
            made = devices.create_account(
                tx, here.scope, name="Hoftor", place_id=here.site.id, realm="antiphon.local", now=clock.now()
            ).station
            assert made.place == here.site.name
            assert devices.account_by_number(tx, made.number) == made
            assert devices.accounts_named(tx, here.scope, (made.id,)) == {made.id: made}
            assert devices.accounts_named(tx, there.scope, (made.id,)) == {}
            with pytest.raises(devices.StationNotFound):
                devices.station(tx, there.scope, made.id)

        database.run_sync(ask)
        database.close()
