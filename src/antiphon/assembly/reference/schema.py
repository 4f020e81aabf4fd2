"""Writes the reference of the database's schema as Markdown, from the tables themselves."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

import antiphon.assembly.api
import antiphon.assembly.worker  # noqa: F401 - between them they load every room's tables
from antiphon.database import meaning, metadata

_HEAD = """# The schema

Written by `./antiphon docs schema` from the tables of this release. Types are PostgreSQL's; SQLite holds the same. Moments are in UTC.
PostgreSQL keeps the rows of companies apart by itself ([decision 0023](decisions/0023-row-level-security.md)).
"""


def unexplained() -> list[str]:
    """Tables and columns of which nobody said what they mean."""
    things = [(name, meaning(table)) for name, table in sorted(metadata.tables.items())]
    things += [
        (f"{name}.{column.name}", meaning(column))
        for name, table in sorted(metadata.tables.items())
        for column in table.columns
    ]
    return [name for name, said in things if not said]


def written() -> str:
    """The whole reference."""
    return "\n".join([_HEAD, *(line for _, table in sorted(metadata.tables.items()) for line in _table(table))])


def _table(table: sa.Table) -> Iterator[str]:
    yield f"## {table.name}\n"
    yield f"{meaning(table) or ''}\n"
    yield "| column | type | null | key, index | meaning |"
    yield "|---|---|---|---|---|"
    for column in table.columns:
        cells = [f"`{column.name}`", _type(column), "yes" if column.nullable else "", ", ".join(_keys(table, column))]
        yield f"| {' | '.join([*cells, meaning(column) or ''])} |".replace("  ", " ")
    together = list(_together(table))
    if together:
        yield f"\n{' '.join(together)}"
    yield ""


def _type(column: sa.Column[object]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call] # SQLAlchemy gives it no types
    named = column.type.dialect_impl(dialect).compile(dialect).lower().partition(" collate")[0]
    return {"timestamp with time zone": "moment"}.get(named, named)


def _keys(table: sa.Table, column: sa.Column[object]) -> Iterator[str]:
    """What holds for this column alone."""
    if column.primary_key:
        yield "primary key"
    yield from (
        f"refers to `{key.target_fullname}`" for key in sorted(column.foreign_keys, key=lambda one: one.target_fullname)
    )
    if column.unique:
        yield "unique"
    elif column.index:
        yield "index"


def _together(table: sa.Table) -> Iterator[str]:
    """What holds for several columns together."""
    for constraint in sorted(table.constraints, key=lambda one: str(one.name)):
        if isinstance(constraint, sa.UniqueConstraint) and len(constraint.columns) > 1:
            yield f"Unique together: {', '.join(f'`{column.name}`' for column in constraint.columns)}."
    for index in sorted(table.indexes, key=lambda one: str(one.name)):
        if len(index.columns) > 1:
            yield f"Index: {', '.join(f'`{column.name}`' for column in index.columns)}."
