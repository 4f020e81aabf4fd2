"""PostgreSQL keeps companies apart by itself: whoever goes around the scoped helper still meets the wall."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import Connection, sql
from psycopg.errors import InsufficientPrivilege

from antiphon.clock import new_id
from antiphon.database import PLATFORM, Database, Scope, Tx, metadata
from antiphon.database.row_security import ALL_ROWS
from antiphon.tenancy.store import companies, role_rows, user_rows
from postgresql import needs_postgresql, unwalled
from residents import StillClock, Tenant, make_tenant

pytestmark = needs_postgresql
TENANT_TABLES = sorted(name for name, table in metadata.tables.items() if "company_id" in table.c)


@pytest.fixture
def walled(postgresql: str) -> Iterator[Database]:
    database = Database(postgresql)
    yield database
    database.close()


@pytest.fixture
def here(walled: Database, clock: StillClock) -> Tenant:
    return make_tenant(walled, clock, "Salzach")


@pytest.fixture
def there(walled: Database, clock: StillClock) -> Tenant:
    return make_tenant(walled, clock, "Inn")


def raw(url: str, options: str = "") -> Connection[tuple[object, ...]]:
    """A connection of the platform's own role, past everything that the house does about companies."""
    plain = sa.make_url(url).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False), options=options, autocommit=True)


@pytest.fixture
def inside(postgresql: str, here: Tenant, there: Tenant) -> Iterator[Connection[tuple[object, ...]]]:
    """Somebody who runs statements of their own as the first company."""
    with raw(postgresql, f"-c antiphon.company={here.company.id}") as connection:
        yield connection


def owners_seen(connection: Connection[tuple[object, ...]], table: str) -> set[object]:
    found = connection.execute(sql.SQL("SELECT DISTINCT company_id FROM {}").format(sql.Identifier(table)))
    return {row[0] for row in found}


def try_to_take_over(connection: Connection[tuple[object, ...]], theirs: Tenant) -> list[str]:
    """Everything that a company might do to another one's rows; returns what worked."""
    worked = []
    if connection.execute("SELECT 1 FROM users WHERE id = %s", (theirs.operator.id,)).fetchall():
        worked.append("read")
    if connection.execute("UPDATE users SET name = 'taken' WHERE id = %s", (theirs.operator.id,)).rowcount:
        worked.append("changed")
    if connection.execute("DELETE FROM grants WHERE company_id = %s", (theirs.company.id,)).rowcount:
        worked.append("deleted")
    try:
        connection.execute(
            "INSERT INTO roles (company_id, id, name, permissions, created_at) VALUES (%s, %s, 'Fremd', '[]', now())",
            (theirs.company.id, new_id("role")),
        )
        worked.append("inserted")
    except InsufficientPrivilege:
        pass
    return worked


def test_rows_of_another_company_are_out_of_reach(inside: Connection[tuple[object, ...]], there: Tenant) -> None:
    assert try_to_take_over(inside, there) == []


def test_without_the_wall_they_are_not(inside: Connection[tuple[object, ...]], there: Tenant) -> None:
    """A planted fault: what the test above sees is the policy and nothing else."""
    for table in ("users", "grants", "roles"):
        inside.execute(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(sql.Identifier(table)))
    assert try_to_take_over(inside, there) == ["read", "changed", "deleted", "inserted"]


def test_a_row_is_not_given_to_another_company(
    inside: Connection[tuple[object, ...]], here: Tenant, there: Tenant
) -> None:
    with pytest.raises(InsufficientPrivilege):
        inside.execute("UPDATE users SET company_id = %s WHERE id = %s", (there.company.id, here.operator.id))


def test_one_company_sees_itself_in_every_table(inside: Connection[tuple[object, ...]], here: Tenant) -> None:
    assert TENANT_TABLES
    for table in TENANT_TABLES:
        assert owners_seen(inside, table) <= {here.company.id}, table
    assert owners_seen(inside, "users") == {here.company.id}
    assert inside.execute("SELECT id FROM companies").fetchall() == [(here.company.id,)]


@pytest.mark.parametrize("options", ["", "-c antiphon.company=", "-c antiphon.company=company_nobody"])
def test_without_a_company_nothing_is_seen(postgresql: str, here: Tenant, options: str) -> None:
    with raw(postgresql, options) as connection:
        assert not any(owners_seen(connection, table) for table in TENANT_TABLES)
        assert connection.execute("SELECT id FROM companies").fetchall() == []
        assert connection.execute("UPDATE users SET name = 'taken'").rowcount == 0


def test_who_reads_for_the_whole_platform_says_so(postgresql: str, here: Tenant, there: Tenant) -> None:
    with raw(postgresql, ALL_ROWS) as connection:
        assert owners_seen(connection, "users") == {here.company.id, there.company.id}


def test_every_tenant_table_has_the_wall(walled: Database) -> None:
    assert unwalled(walled) == []


def test_a_table_without_it_is_found(walled: Database) -> None:
    with walled.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE door_log NO FORCE ROW LEVEL SECURITY")
        connection.exec_driver_sql("DROP POLICY company_wall ON audit")
    assert unwalled(walled) == ["audit", "door_log"]


def test_our_own_role_is_bound_by_it(walled: Database) -> None:
    """A superuser or an owner without FORCE would pass, and every test here would prove nothing."""
    with walled.engine.connect() as connection:
        asked = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert connection.exec_driver_sql(asked).scalar_one() is False


def test_one_transaction_may_ask_for_several_companies(
    walled: Database, here: Tenant, there: Tenant, clock: StillClock
) -> None:
    def ask(tx: Tx) -> list[int]:
        seen = [tx.count(scope, user_rows) for scope in (here.scope, PLATFORM, there.scope, here.scope)]
        tx.insert(
            there.scope,
            role_rows,
            {"id": "role_1", "name": "Wache", "permissions": "[]", "created_at": clock.now()},
        )
        return [*seen, tx.count(here.scope, role_rows), tx.count(there.scope, role_rows)]

    assert walled.run_sync(ask) == [2, 4, 2, 2, 0, 1]


def test_a_connection_keeps_nothing_of_the_transaction_before(walled: Database, here: Tenant) -> None:
    walled.run_sync(lambda tx: tx.count(PLATFORM, companies))
    with walled.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM companies").scalar_one() == 0


def test_no_company_is_called_like_all_of_them(walled: Database, here: Tenant) -> None:
    with pytest.raises(ValueError, match="no company"):
        walled.run_sync(lambda tx: tx.count(Scope("*"), user_rows))
