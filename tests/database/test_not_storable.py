"""Values that no column takes are refused as bad input, whichever database stands below."""

from __future__ import annotations

import pytest

from antiphon.database import Database
from antiphon.database.failures import NotStorable
from antiphon.devices.tables import reported_states
from antiphon.tenancy.store import user_rows
from postgresql import needs_postgresql
from residents import StillClock, Tenant, make_tenant


def test_a_number_beyond_64_bits_is_refused(database: Database, tenant: Tenant) -> None:
    with pytest.raises(NotStorable), database.transaction() as tx:
        tx.update(tenant.scope, reported_states, values={"version": 2**64})


@needs_postgresql
def test_a_text_with_a_nul_is_refused_on_postgresql(postgresql: str, clock: StillClock) -> None:
    database = Database(postgresql)
    tenant = make_tenant(database, clock, "Salzach")
    with pytest.raises(NotStorable), database.transaction() as tx:
        tx.update(tenant.scope, user_rows, values={"name": "An\0na"})
    database.close()
