"""What is left of a transaction whose commit fails: nothing, and a connection that goes on."""

from __future__ import annotations

import pytest

from antiphon.database import PLATFORM, Database, Scope, Tx, metadata
from antiphon.database.failures import AlreadyThere
from antiphon.database.transaction import driver_of
from residents import StillClock

ROLES = metadata.tables["roles"]


@pytest.mark.sqlite
def test_a_commit_that_fails_after_an_unusual_question_leaves_the_connection_usable(
    database: Database, clock: StillClock
) -> None:
    def work(tx: Tx) -> None:
        tx.page(PLATFORM, ROLES, order_by=(ROLES.c.id,), limit=1)  # SQLAlchemy has begun its part
        driver_of(tx._connection).execute("PRAGMA defer_foreign_keys = ON")  # what is wrong shows at the commit
        values = {"id": "role_x", "name": "x", "permissions": "[]", "created_at": clock.now()}
        tx.insert(Scope("company_that_is_not_there"), ROLES, values)

    with pytest.raises(AlreadyThere):
        database.run_sync(work)
    assert database.run_sync(lambda tx: tx.page(PLATFORM, ROLES, order_by=(ROLES.c.id,), limit=1)) == []
