"""Migrations bring an empty database to what the rooms expect, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import antiphon.assembly.api
import antiphon.assembly.worker  # noqa: F401 - between them they load every room's tables
from antiphon.database import Database, DatabaseAway, copying, metadata, migrate
from antiphon.settings import Settings
from antiphon.tenancy import users
from postgresql import needs_postgresql
from residents import StillClock, make_tenant


def differences(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [found for found in compare_metadata(context, metadata) if "alembic_version" not in str(found)]


def test_the_schema_is_what_the_rooms_expect(settings: Settings, database: Database) -> None:
    assert migrate.current(settings) == migrate.head()
    assert differences(database) == []


@pytest.mark.sqlite
def test_migrating_again_changes_nothing(settings: Settings) -> None:
    before = copying.file_of(settings).read_bytes()
    migrate.upgrade(settings)
    assert migrate.current(settings) == migrate.head()
    assert copying.file_of(settings).read_bytes() == before


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


@needs_postgresql
def test_everything_works_on_postgresql(empty_postgresql: str, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, database_url=empty_postgresql)
    migrate.upgrade(settings)
    migrate.upgrade(settings)
    assert migrate.current(settings) == migrate.head()
    database = Database(empty_postgresql)
    try:
        assert differences(database) == []
        tenant = make_tenant(database, StillClock(), "Salzach")
        with database.transaction() as tx:
            assert [user.name for user in users(tx, tenant.scope)] == ["Anna", "Bernd"]
            (row, _other) = tx.all(tenant.scope, metadata.tables["users"])
            assert row["created_at"] == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    finally:
        database.close()
