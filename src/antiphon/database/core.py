"""SQLAlchemy Core on SQLite (WAL, BEGIN IMMEDIATE) or PostgreSQL: one worker thread, one transaction a unit of work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from antiphon.database.scope import AnyScope, Scope

T = TypeVar("T")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def tenant_table(name: str, *columns: sa.schema.SchemaItem) -> sa.Table:
    """A table whose rows each belong to a company: `company_id` is added, and every query on it is scoped by it."""
    return sa.Table(
        name,
        metadata,
        sa.Column("company_id", sa.String(40), sa.ForeignKey("companies.id"), nullable=False, index=True),
        *columns,
    )


class Tx:
    """One open transaction. Services take it and never commit; the boundary that opened it does."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(
        self,
        scope: AnyScope,
        table: sa.Table,
        *where: sa.ColumnElement[bool],
        order_by: Sequence[Any] = (),
        limit: int | None = None,
    ) -> Sequence[RowMapping]:
        """Rows of `table` in `scope` that meet every condition."""
        query = sa.select(table).where(*self._guard(scope, table), *where).order_by(*order_by)
        return self._connection.execute(query.limit(limit) if limit is not None else query).mappings().all()

    def first(
        self, scope: AnyScope, table: sa.Table, *where: sa.ColumnElement[bool], order_by: Sequence[Any] = ()
    ) -> RowMapping | None:
        """The first such row, or None."""
        rows = self.all(scope, table, *where, order_by=order_by, limit=1)
        return rows[0] if rows else None

    def insert(self, scope: AnyScope, table: sa.Table, values: Mapping[str, Any]) -> None:
        """Add one row; a company scope fills and checks `company_id`."""
        row = dict(values)
        if isinstance(scope, Scope) and "company_id" in table.c:
            row.setdefault("company_id", scope.company_id)
            self._refuse_other_company(scope, row)
        self._connection.execute(sa.insert(table).values(row))

    def update(
        self, scope: AnyScope, table: sa.Table, *where: sa.ColumnElement[bool], values: Mapping[str, Any]
    ) -> int:
        """Change the rows that match; returns how many there were."""
        return self._connection.execute(
            sa.update(table).where(*self._guard(scope, table), *where).values(dict(values))
        ).rowcount

    def delete(self, scope: AnyScope, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
        """Remove the rows that match; returns how many there were."""
        return self._connection.execute(sa.delete(table).where(*self._guard(scope, table), *where)).rowcount

    @staticmethod
    def _refuse_other_company(scope: Scope, row: Mapping[str, Any]) -> None:
        if row["company_id"] != scope.company_id:
            raise ValueError("row of another company")

    @staticmethod
    def _guard(scope: AnyScope, table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
        if not isinstance(scope, Scope):
            return ()
        column = table.c.id if table.name == "companies" else table.c.company_id
        return (column == scope.company_id,)


class Database:
    """Engine plus the one thread that runs this process's transactions, so that the event loop never waits for a disk."""

    def __init__(self, url: str) -> None:
        self._sqlite = url.startswith("sqlite")
        self._engine = sa.create_engine(
            url, connect_args={"timeout": 5, "check_same_thread": False} if self._sqlite else {}
        )
        if self._sqlite:
            sa.event.listen(self._engine, "connect", _prepare_sqlite)
            sa.event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")

    @property
    def engine(self) -> sa.Engine:
        """For migrations only."""
        return self._engine

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """A transaction in the calling thread: commits at the end, rolls back on an exception."""
        with self._engine.begin() as connection:
            yield Tx(connection)

    def run_sync(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one transaction, here."""
        with self.transaction() as tx:
            return work(tx)

    async def run(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one transaction on the database thread; its exception is raised here."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.run_sync, work)

    def close(self) -> None:
        """Wait for the running transaction and let go of the file or server."""
        self._thread.shutdown()
        self._engine.dispose()


def _prepare_sqlite(connection: Any, _record: object) -> None:  # Any: the DB-API connection has no public type
    connection.isolation_level = (
        None  # we begin ourselves: the driver's implicit BEGIN is deferred and fails under writers
    )
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
