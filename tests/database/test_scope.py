"""One helper scopes every tenant query: another company's rows are invisible and untouchable."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from antiphon.clock import new_id
from antiphon.database import PLATFORM, AlreadyThere, Database, Tx, metadata
from antiphon.tenancy.store import companies, role_rows, user_rows
from residents import Tenant

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_rows_of_another_company_are_invisible(database: Database, tenant: Tenant, other: Tenant) -> None:
    with database.transaction() as tx:
        assert {row["company_id"] for row in tx.all(tenant.scope, user_rows)} == {tenant.company.id}
        assert tx.first(tenant.scope, user_rows, user_rows.c.id == other.operator.id) is None
        assert [row["id"] for row in tx.all(tenant.scope, companies)] == [tenant.company.id]


def test_rows_of_another_company_are_untouchable(database: Database, tenant: Tenant, other: Tenant) -> None:
    with database.transaction() as tx:
        theirs = user_rows.c.id == other.operator.id
        assert tx.update(tenant.scope, user_rows, theirs, values={"name": "taken"}) == 0
        assert tx.delete(tenant.scope, user_rows, theirs) == 0
        assert tx.update(tenant.scope, companies, companies.c.id == other.company.id, values={"name": "taken"}) == 0
        assert tx.first(other.scope, user_rows, theirs)["name"] == "Bernd"  # type: ignore[index]


def test_an_update_without_conditions_stays_in_the_company(database: Database, tenant: Tenant, other: Tenant) -> None:
    with database.transaction() as tx:
        assert tx.update(tenant.scope, user_rows, values={"active": False}) == 2
        assert all(row["active"] for row in tx.all(other.scope, user_rows))


def test_a_row_of_another_company_is_not_inserted(database: Database, tenant: Tenant, other: Tenant) -> None:
    row = {
        "id": new_id("role"),
        "name": "Fremd",
        "permissions": "[]",
        "created_at": NOW,
        "company_id": other.company.id,
    }
    with pytest.raises(ValueError, match="another company"), database.transaction() as tx:
        tx.insert(tenant.scope, role_rows, row)


def test_a_row_is_not_moved_to_another_company(database: Database, tenant: Tenant, other: Tenant) -> None:
    with pytest.raises(ValueError, match="another company"), database.transaction() as tx:
        tx.update(tenant.scope, user_rows, values={"company_id": other.company.id})


def test_a_row_without_a_company_is_refused(database: Database) -> None:
    with pytest.raises(AlreadyThere), database.transaction() as tx:
        tx.insert(
            PLATFORM, role_rows, {"id": new_id("role"), "name": "Niemands", "permissions": "[]", "created_at": NOW}
        )


def test_a_failed_transaction_leaves_nothing(database: Database, tenant: Tenant) -> None:
    def work(tx: Tx) -> None:
        tx.update(tenant.scope, user_rows, values={"name": "Nobody"})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.run_sync(work)
    with database.transaction() as tx:
        assert {row["name"] for row in tx.all(tenant.scope, user_rows)} == {"Anna", "Bernd"}


def test_a_reading_transaction_writes_nothing(database: Database, tenant: Tenant) -> None:
    with pytest.raises(RuntimeError, match="reading"), database.transaction(read_only=True) as tx:
        tx.update(tenant.scope, user_rows, values={"active": False})


def test_a_reader_does_not_wait_for_a_writer(database: Database, tenant: Tenant) -> None:
    with database.transaction() as writing:
        writing.update(tenant.scope, user_rows, values={"active": False})
        with database.transaction(read_only=True) as reading:
            assert all(row["active"] for row in reading.all(tenant.scope, user_rows))


def test_every_table_belongs_to_a_company(database: Database) -> None:
    import antiphon.assembly.api
    import antiphon.assembly.worker  # noqa: F401 - between them they load every room's tables

    without = {name for name, table in metadata.tables.items() if "company_id" not in table.c}
    assert without == {"companies"}
    assert all(not table.c.company_id.nullable for name, table in metadata.tables.items() if name not in without)
