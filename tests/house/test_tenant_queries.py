"""Every query goes through the scoped helper: outside `antiphon.database` nothing builds or executes SQL by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import antiphon

SOURCES = Path(antiphon.__file__).parent
BUILDERS = {"select", "insert", "update", "delete", "text", "union", "exists", "literal_column"}
RUNNERS = {"execute", "executemany", "exec_driver_sql", "scalar", "scalars", "raw_connection", "executescript"}


def violations(source: str) -> Iterator[str]:
    """Lines that build a query with SQLAlchemy or hand one to a connection."""
    tree = ast.parse(source)
    modules = {"sqlalchemy"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {name.asname or name.name for name in node.names if name.name.split(".")[0] == "sqlalchemy"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (
            "sqlalchemy",
            "sqlite3",
            "psycopg",
        ):
            for name in node.names:
                if name.name in BUILDERS | {"connect"}:
                    yield f"line {node.lineno}: imports {name.name}"
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.name.split(".")[0] in ("sqlite3", "psycopg"):
                    yield f"line {node.lineno}: imports {name.name}"
        if isinstance(node, ast.Attribute):
            owner = node.value
            named = owner.id if isinstance(owner, ast.Name) else ""
            if node.attr in BUILDERS and named in modules:
                yield f"line {node.lineno}: {named}.{node.attr}"
            if node.attr in RUNNERS:
                yield f"line {node.lineno}: .{node.attr}"
            if node.attr in {"select", "insert", "update", "delete"} and _is_table(owner):
                yield f"line {node.lineno}: table.{node.attr}()"


def _is_table(owner: ast.expr) -> bool:
    """`metadata.tables[...]`: the one way to a table that its own query methods could be reached by unnoticed."""
    return isinstance(owner, ast.Subscript) and isinstance(owner.value, ast.Attribute) and owner.value.attr == "tables"


def test_no_query_outside_the_helper() -> None:
    found = [
        f"{path.relative_to(SOURCES)}: {violation}"
        for path in sorted(SOURCES.rglob("*.py"))
        if path.relative_to(SOURCES).parts[0] != "database"
        for violation in violations(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "fault",
    [
        "import sqlalchemy as sa\nquery = sa.select(users)",
        "import sqlalchemy\nquery = sqlalchemy.text('DELETE FROM users')",
        "from sqlalchemy import update",
        "from sqlalchemy.sql import text as words",
        "connection.execute(query)",
        "database.engine.raw_connection()",
        "import sqlite3",
        "metadata.tables['users'].delete()",
    ],
)
def test_a_planted_query_is_found(fault: str) -> None:
    assert list(violations(fault))


def test_table_definitions_are_no_queries() -> None:
    fine = "import sqlalchemy as sa\nusers = sa.Table('users', metadata, sa.Column('id', sa.String))\nrow.update(x)"
    assert list(violations(fine)) == []
