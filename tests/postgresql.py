"""The PostgreSQL server of one test session: many small databases, owned by a role that is bound by their policies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import psycopg
import pytest

import antiphon.assembly.api
import antiphon.assembly.worker  # noqa: F401 - between them they load every room's tables
from antiphon.assembly.bench import postgresql
from antiphon.assembly.bench.postgresql import ROLE
from antiphon.database import Database, metadata, migrate
from antiphon.settings import Settings

needs_postgresql = pytest.mark.xfail(not postgresql.PROGRAMS, reason="no PostgreSQL server on this machine", run=False)
_TEMPLATE = "migrated"
_QUICK = dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit", "autovacuum"), "off")


class Server:
    """Databases on a running server. Addresses are given as settings take them."""

    def __init__(self, running: postgresql.Server) -> None:
        self._running = running
        self._numbers = count(1)
        self._migrated = False

    @contextmanager
    def empty(self) -> Iterator[str]:
        """A database without anything, dropped at the end."""
        with self._made("") as url:
            yield url

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """A database with the newest schema, dropped at the end; its copying costs some 30 ms."""
        if not self._migrated:
            self.carry_out(f"CREATE DATABASE {_TEMPLATE} OWNER {ROLE}")
            migrate.upgrade(Settings(data=self._running.folder, database_url=self._running.url(_TEMPLATE)))
            self._migrated = True
        with self._made(f"TEMPLATE {_TEMPLATE}") as url:
            yield url

    def carry_out(self, statement: str) -> None:
        """As the superuser."""
        with psycopg.connect(self._running.superuser, autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def _made(self, like: str) -> Iterator[str]:
        name = f"test_{next(self._numbers)}"
        self.carry_out(f"CREATE DATABASE {name} OWNER {ROLE} {like}")
        yield self._running.url(name)
        self.carry_out(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def server() -> Iterator[Server]:
    """A PostgreSQL of its own."""
    with postgresql.started({**_QUICK, "shared_buffers": "32MB"}) as running:
        yield Server(running)


def unwalled(database: Database) -> list[str]:
    """Tables with rows of companies that PostgreSQL does not keep apart, also from their owner."""
    companies = {name for name, table in metadata.tables.items() if "company_id" in table.c} | {"companies"}
    held = (
        "SELECT relname FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid "
        "WHERE relrowsecurity AND relforcerowsecurity AND polcmd = '*' AND polwithcheck IS NOT NULL"
    )
    with database.engine.connect() as connection:
        return sorted(companies - set(connection.exec_driver_sql(held).scalars()))
