"""Migrations bring an empty database to what the rooms expect, on SQLite and on PostgreSQL."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import antiphon.assembly.api  # noqa: F401 - loads every room's tables
from antiphon import devices
from antiphon.database import Database, DatabaseAway, metadata, migrate
from antiphon.settings import Settings
from antiphon.tenancy import users
from postgresql import POSTGRES, postgres
from residents import StillClock, make_tenant


def differences(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [found for found in compare_metadata(context, metadata) if "alembic_version" not in str(found)]


def test_the_schema_is_what_the_rooms_expect(settings: Settings, database: Database) -> None:
    assert migrate.current(settings) == migrate.head()
    assert differences(database) == []


def test_migrating_again_changes_nothing(settings: Settings) -> None:
    before = (settings.data / "db" / "antiphon.sqlite").read_bytes()
    migrate.upgrade(settings)
    assert migrate.current(settings) == migrate.head()
    assert (settings.data / "db" / "antiphon.sqlite").read_bytes() == before


def test_revisions_follow_each_other_in_one_line() -> None:
    script = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    chain = [revision.revision for revision in script.walk_revisions()][::-1]
    assert chain == sorted(chain)
    assert chain[0] == "0001_tenancy"
    assert len(script.get_heads()) == 1


def test_a_database_before_its_first_migration_has_no_revision(tmp_path: Path) -> None:
    assert migrate.current(Settings(data=tmp_path, database_url=f"sqlite:///{tmp_path / 'new.sqlite'}")) is None


def test_a_database_that_is_away_is_named(tmp_path: Path) -> None:
    away = Settings(data=tmp_path, database_url=f"postgresql+psycopg://antiphon@/postgres?host={tmp_path}")
    with pytest.raises(DatabaseAway):
        migrate.upgrade(away)
    with pytest.raises(DatabaseAway):
        migrate.current(away)


def test_the_sip_edge_reads_what_it_needs_of_accounts(
    settings: Settings, database: Database, clock: StillClock
) -> None:
    tenant = make_tenant(database, clock, "Salzach")
    with database.transaction() as tx:
        made = devices.create_account(
            tx, tenant.scope, name="Empfang", place_id=tenant.site.id, realm="antiphon.local", now=clock.now()
        )
    number = made.station.number
    ha1 = hashlib.md5(f"{number}:antiphon.local:{made.password}".encode()).hexdigest()
    edge = sqlite3.connect(settings.data / "db" / "antiphon.sqlite")
    assert edge.execute("SELECT user, realm, ha1 FROM sip_accounts").fetchall() == [(number, "antiphon.local", ha1)]
    edge.close()


@pytest.mark.xfail(not POSTGRES, reason="no PostgreSQL server on this machine", run=False)
def test_everything_works_on_postgresql(short_folder: Path, tmp_path: Path) -> None:
    with postgres(short_folder) as url:
        settings = Settings(data=tmp_path, database_url=url)
        migrate.upgrade(settings)
        migrate.upgrade(settings)
        assert migrate.current(settings) == migrate.head()
        database = Database(url)
        try:
            assert differences(database) == []
            tenant = make_tenant(database, StillClock(), "Salzach")
            with database.transaction() as tx:
                assert [user.name for user in users(tx, tenant.scope)] == ["Anna", "Bernd"]
                (row, _other) = tx.all(tenant.scope, metadata.tables["users"])
                assert row["created_at"] == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
        finally:
            database.close()
