"""The reference of the schema tells every table and column, in words."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import antiphon
from antiphon import __main__ as command_line
from antiphon import settings as settings_room
from antiphon.assembly.reference import schema
from antiphon.database import Database, explain, meaning, metadata
from antiphon.settings import Settings
from postgresql import needs_postgresql


@pytest.fixture
def forgotten() -> sa.Table:
    return sa.Table("forgotten", sa.MetaData(), sa.Column("id", sa.String), sa.Column("strange", sa.String))


def test_every_table_and_column_has_its_meaning() -> None:
    assert len(metadata.tables) > 20
    assert schema.unexplained() == []


def test_one_without_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = metadata.tables["calls"]
    monkeypatch.delitem(calls.info, "about")
    monkeypatch.delitem(calls.c.cause.info, "about")
    assert schema.unexplained() == ["calls", "calls.cause"]


def test_meanings_are_sentences() -> None:
    for table in metadata.tables.values():
        for thing in (table, *table.columns):
            said = meaning(thing) or ""
            assert said.endswith("."), (table.name, thing.name)
            assert "|" not in said


def test_what_means_the_same_everywhere_is_said_once(forgotten: sa.Table) -> None:
    explain(forgotten, "Nothing.")
    assert (meaning(forgotten.c.id), meaning(forgotten.c.strange)) == ("Its id, with the kind in front.", None)


def test_a_column_that_is_not_there_is_not_explained(forgotten: sa.Table) -> None:
    with pytest.raises(ValueError, match="forgotten has no gone"):
        explain(forgotten, "Nothing.", gone="Gone.")


def test_every_table_in_the_sources_is_on_it() -> None:
    """In a process of its own: here other tests may have loaded rooms that the reference would miss."""
    sources = Path(antiphon.__file__).parent
    made = {
        name
        for path in sources.rglob("*.py")
        if "migrations" not in path.parts
        for name in re.findall(r"tenant_table\(\s*\"(\w+)\"", path.read_text())
    }
    assert len(made) > 25
    told = subprocess.run(
        [sys.executable, "-c", "from antiphon.assembly.reference import schema; print(schema.written())"],
        env=settings_room.everything(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert set(re.findall(r"^## (\w+)$", told, re.MULTILINE)) == made | {"companies"}


def test_the_command_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["docs", "schema", "--data", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    for name, table in metadata.tables.items():
        assert f"\n## {name}\n" in told
        for column in table.columns:
            assert f"| `{column.name}` | " in told.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert "| `place_id` | varchar(40) | | refers to `places.id` | Where the station was then;" in told
    assert "| `ended_at` | moment | yes | | When it ended; null while it lasts. |" in told
    assert "Unique together: `station_id`, `output`." in told


def _differences(url: str) -> list[object]:
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            return list(compare_metadata(MigrationContext.configure(connection), metadata))
    finally:
        database.close()


def test_the_meanings_need_no_migration(settings: Settings) -> None:
    assert _differences(settings.sqlalchemy_url) == []


@needs_postgresql
def test_the_meanings_need_no_migration_on_postgresql(postgresql: str) -> None:
    assert _differences(postgresql) == []
