"""Values that no column takes are refused as bad input, whichever database stands below."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from antiphon.database import Database, migrate
from antiphon.database.failures import NotStorable
from antiphon.devices.store import reported_states
from antiphon.settings import Settings
from antiphon.tenancy.store import user_rows
from postgresql import POSTGRES, postgres
from residents import StillClock, Tenant, make_tenant


def test_a_number_beyond_64_bits_is_refused(database: Database, tenant: Tenant) -> None:
    with pytest.raises(NotStorable), database.transaction() as tx:
        tx.update(tenant.scope, reported_states, values={"version": 2**64})


@pytest.fixture
def on_postgresql(short_folder: Path, tmp_path: Path) -> Iterator[Database]:
    with postgres(short_folder) as url:
        migrate.upgrade(Settings(data=tmp_path, database_url=url))
        database = Database(url)
        yield database
        database.close()


@pytest.mark.xfail(not POSTGRES, reason="no PostgreSQL server on this machine", run=False)
def test_a_text_with_a_nul_is_refused_on_postgresql(on_postgresql: Database, clock: StillClock) -> None:
    tenant = make_tenant(on_postgresql, clock, "Salzach")
    with pytest.raises(NotStorable), on_postgresql.transaction() as tx:
        tx.update(tenant.scope, user_rows, values={"name": "An\0na"})
