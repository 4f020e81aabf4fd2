"""What SQLite's planner is told of the tables' sizes (record 0025).

Without figures it takes every index for as good as another, and would walk through a company instead of looking at one place.
Figures of a large installation serve a small one as well; nothing has to be counted again as the data grows, and a question is
answered in the same way everywhere. PostgreSQL counts by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from sqlalchemy.engine import Connection

_ROWS = 1_000_000
# How many rows share one value of a column; of an id that is not named here, and of every other column:
_SHARED = {"company_id": 100_000, "kind": 50_000, "role_id": 20_000, "word": 100}
_SHARED |= dict.fromkeys(("status", "online", "active"), 20_000)
_SHARED_ID, _SHARED_REST = 10, 5


def tell_planner(connection: Connection) -> None:
    """Write the figures of every index; connections that are opened from then on know them. Nothing on PostgreSQL."""
    if connection.dialect.name != "sqlite":
        return
    wanted = set(_every_figure(connection))
    if connection.exec_driver_sql("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'").first() is None:
        connection.exec_driver_sql("ANALYZE sqlite_schema")  # makes the table
    if set(connection.exec_driver_sql("SELECT tbl, idx, stat FROM sqlite_stat1").tuples()) == wanted:
        return
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    for figure in sorted(wanted):
        connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", figure)


def _every_figure(connection: Connection) -> Iterator[tuple[str, str, str]]:
    """Table, index and its figures."""
    tables = connection.exec_driver_sql(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    for table in tables.scalars().all():
        for index in connection.exec_driver_sql(f"PRAGMA index_list({table!r})").mappings().all():
            columns = connection.exec_driver_sql(f"PRAGMA index_info({index['name']!r})").mappings().all()
            yield table, index["name"], _figures([column["name"] for column in columns], unique=bool(index["unique"]))


def _figures(columns: list[str], *, unique: bool) -> str:
    """`rows of the table, rows that share the first column, rows that share the first two, ...`."""
    shares = [_shared(column) for column in columns]
    if unique:
        shares[-1] = 1
    return " ".join(str(share) for share in accumulate((_ROWS, *shares), min))


def _shared(column: str) -> int:
    if column == "id":
        return 1
    return _SHARED.get(column, _SHARED_ID if column.endswith("_id") else _SHARED_REST)
