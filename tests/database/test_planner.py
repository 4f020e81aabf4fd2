"""SQLite finds what lies at one place by the place, however much the company has, without ever having counted."""

from __future__ import annotations

import pytest

from antiphon.database import Database, metadata, migrate
from antiphon.database.statistics import tell_planner
from antiphon.settings import Settings

pytestmark = pytest.mark.sqlite
_AT_ONE_PLACE = "SELECT * FROM users WHERE company_id = 'company_1' AND place_id IN ('site_1', 'site_2') ORDER BY sort_key, id LIMIT 101"


def way(database: Database, question: str) -> str:
    with database.engine.connect() as connection:
        return "; ".join(
            row["detail"] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}").mappings()
        )


def test_people_at_a_place_are_found_by_the_place(database: Database) -> None:
    assert "ix_users_place_id (place_id=? AND company_id=?)" in way(database, _AT_ONE_PLACE)


def test_without_figures_it_would_walk_through_the_company(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    database.engine.dispose()
    assert "ix_users_place_id" not in way(database, _AT_ONE_PLACE)


def test_every_index_has_figures(database: Database) -> None:
    with database.engine.connect() as connection:
        told = set(connection.exec_driver_sql("SELECT idx FROM sqlite_stat1").scalars())
    indexes = {str(index.name) for table in metadata.tables.values() for index in table.indexes}
    assert indexes <= told


def test_the_figures_never_grow_along_an_index(database: Database) -> None:
    with database.engine.connect() as connection:
        for figures in connection.exec_driver_sql("SELECT stat FROM sqlite_stat1").scalars():
            numbers = [int(number) for number in figures.split()]
            assert numbers == sorted(numbers, reverse=True)
            assert numbers[-1] >= 1


def test_told_again_nothing_is_written(database: Database, settings: Settings) -> None:
    with database.engine.begin() as connection:
        before = connection.exec_driver_sql("SELECT total_changes()").scalar()
        tell_planner(connection)
        assert connection.exec_driver_sql("SELECT total_changes()").scalar() == before
    migrate.upgrade(settings)


def test_an_index_of_the_company_alone_stands_where_no_other_begins_with_it() -> None:
    for table in metadata.tables.values():
        if "company_id" not in table.c:
            continue
        first = [[column.name for column in index.columns] for index in table.indexes]
        beginning = [columns for columns in first if columns[0] == "company_id"]
        assert beginning == [["company_id"]] or (beginning and ["company_id"] not in beginning), table.name
        for columns in first:
            if columns[0].endswith("_id") and columns[0] != "company_id":
                assert columns[1] == "company_id", (table.name, columns)
