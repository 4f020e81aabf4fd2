"""SQLAlchemy Core on SQLite (WAL, BEGIN IMMEDIATE) or PostgreSQL: one worker thread, one transaction a unit of work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from prometheus_client import Histogram
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPICursor

from antiphon import metrics
from antiphon.database import prepared as statements
from antiphon.database import walks
from antiphon.database.failures import translated
from antiphon.database.row_security import name_company
from antiphon.database.scope import AnyScope, Scope
from antiphon.database.thread import WorkThread

T = TypeVar("T")
Row = Mapping[Any, Any]  # Any: columns of every type; a column's name leads to its value
_WRITE_SECONDS = metrics.counting(metrics.DATABASE_SECONDS, "write")
_READ_SECONDS = metrics.counting(metrics.DATABASE_SECONDS, "read")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(sa.types.TypeDecorator[datetime]):
    """A moment. Takes aware datetimes only, gives them back in UTC, on SQLite as well."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def tenant_table(name: str, *items: sa.schema.SchemaItem) -> sa.Table:
    """A table whose rows each belong to a company: `company_id` is added, and every query on it is scoped by it.

    The index of an id names the company too. Where one company has nearly all rows, an index of the company alone leads
    nowhere, and SQLite would take it as readily as that of the id; so there is one only where no other begins with the company.
    """
    indexes = []
    for column in items:
        if isinstance(column, sa.Column) and column.index and column.name.endswith("_id"):
            column.index = None
            indexes.append(sa.Index(f"ix_{name}_{column.name}", column.name, "company_id"))
    company = sa.Column("company_id", sa.String(40), sa.ForeignKey("companies.id"), nullable=False)
    company.index = not any(isinstance(one, sa.Index) and one._pending_colargs[0] == "company_id" for one in items)
    return sa.Table(name, metadata, company, *items, *indexes)


class Tx:
    """One open transaction. Services take it and never commit; the boundary that opened it does.

    `name=value` means that this column has this value (never None); whatever else is asked goes into `where`.
    """

    def __init__(self, connection: Connection, *, read_only: bool = False) -> None:
        self._connection = connection
        self._read_only = read_only
        # SQLite: the driver's own connection, for statements that are prepared
        self._driver: Any = (
            driver_of(connection) if connection.dialect.name == "sqlite" else None
        )  # Any: it has no type
        self._walled = connection.dialect.name == "postgresql"
        self._named: AnyScope | None = None  # whose rows it lets through
        self.facts_written = False  # set by the outbox: whoever delivers facts is woken after the commit

    def all(
        self,
        scope: AnyScope,
        table: sa.Table,
        *where: sa.ColumnElement[bool],
        order_by: Sequence[Any] = (),
        limit: int | None = None,
        **equal: Any,
    ) -> Sequence[Row]:
        """Rows of `table` in `scope` that meet every condition."""
        usual = self._usual(scope, table, where, equal)
        if usual is not None and all(isinstance(column, sa.Column) for column in order_by):
            shape, values = usual
            prepared = statements.selecting(table, shape, tuple(order_by), limit is not None)
            if limit is not None:
                values.append(limit)
            return prepared.rows(self._perform(prepared, values).fetchall())
        query = sa.select(table).where(*self._where(scope, table, where, equal)).order_by(*order_by)
        return self._execute(scope, query.limit(limit) if limit is not None else query).mappings().all()

    def first(
        self,
        scope: AnyScope,
        table: sa.Table,
        *where: sa.ColumnElement[bool],
        order_by: Sequence[Any] = (),
        **equal: Any,
    ) -> Row | None:
        """The first such row, or None."""
        rows = self.all(scope, table, *where, order_by=order_by, limit=1, **equal)
        return rows[0] if rows else None

    def joined(
        self,
        scope: AnyScope,
        table: sa.Table,
        *ons: walks.On,
        order_by: tuple[sa.Column[Any], ...] = (),
        **equal: Any,
    ) -> list[tuple[dict[str, Any], ...]]:
        """Rows of `table` in `scope`, each with its row of every further table: `(column there, column that it equals)`.

        All are tenant tables, and a row is joined to rows of its own company alone; without one it is left out.
        """
        if None in equal.values():
            raise ValueError("a column that equals nothing: ask with is_(None)")
        asked = statements.joining(table, ons, isinstance(scope, Scope), tuple(equal), order_by)
        values = [scope.company_id, *equal.values()] if isinstance(scope, Scope) else [*equal.values()]
        if self._driver is not None:
            return asked.rows(self._driver.execute(asked.text, asked.bound(values)).fetchall())
        named = {f"where_{at}": value for at, value in enumerate(values)}
        return asked.rows(self._execute(scope, asked.statement, named), typed=True)

    def page(
        self,
        scope: AnyScope,
        table: sa.Table,
        *ons: walks.On,
        where: Sequence[sa.ColumnElement[bool]] = (),
        order_by: Sequence[sa.Column[Any]],
        after: Sequence[Any] | None = None,
        limit: int | None,
        descending: bool = False,
    ) -> walks.Rows:
        """At most `limit` rows (None: all) in that order, those after the given values of the ordering columns; each with its rows of
        further tables, as in `joined`."""
        page = walks.page_of(table, ons)
        matching = self._where(scope, table, tuple(where), {})
        query = page.asked(matching, order_by, after, limit, descending=descending, chosen_first=self._walled)
        return page.rows(self._execute(scope, walks.planned_each_time(query)).fetchall())

    def grouped(
        self, scope: AnyScope, table: sa.Table, *columns: sa.Column[Any], where: Sequence[sa.ColumnElement[bool]] = ()
    ) -> list[tuple[Any, ...]]:
        """Each combination of these columns' values that occurs, followed by how many rows have it."""
        query = sa.select(*columns, sa.func.count()).where(*self._where(scope, table, tuple(where), {}))
        found = self._execute(scope, walks.planned_each_time(query.group_by(*columns)))
        return [tuple(row) for row in found.fetchall()]

    def few(
        self, scope: AnyScope, column: sa.Column[Any], *where: sa.ColumnElement[bool], most: int
    ) -> list[Any] | None:
        """The column's value in every row that meets the conditions; None when there are more than `most` of them."""
        found = self.values(scope, column, *where, limit=most + 1)
        return found if len(found) <= most else None

    def values(
        self, scope: AnyScope, column: sa.Column[Any], *where: sa.ColumnElement[bool], limit: int | None = None
    ) -> list[Any]:
        """The column's value in every row that meets the conditions."""
        query = sa.select(column).where(*self._where(scope, column.table, where, {})).limit(limit)
        return [value for (value,) in self._execute(scope, walks.planned_each_time(query)).fetchall()]

    def move_prefix(
        self,
        scope: Scope,
        table: sa.Table,
        column: sa.Column[str],
        old: str,
        new: str,
        *where: sa.ColumnElement[bool],
    ) -> int:
        """Replace the beginning `old` of that column by `new` in every matching row; returns how many there were."""
        self._refuse_when_read_only()
        rest = sa.func.substr(column, len(old) + 1)
        values = {column.key: sa.literal(new, column.type).concat(rest)}
        matching = self._where(scope, table, where, {})
        return self._execute(scope, sa.update(table).where(*matching).values(values)).rowcount

    def count(self, scope: AnyScope, table: sa.Table, *where: sa.ColumnElement[bool], **equal: Any) -> int:
        """How many rows meet every condition."""
        query = sa.select(sa.func.count()).select_from(table).where(*self._where(scope, table, where, equal))
        return int(self._execute(scope, walks.planned_each_time(query)).scalar_one())

    def insert(self, scope: AnyScope, table: sa.Table, values: Mapping[str, Any]) -> None:
        """Add one row; a company scope fills and checks `company_id`."""
        self._refuse_when_read_only()
        row = dict(values)
        if isinstance(scope, Scope) and "company_id" in table.c:
            row.setdefault("company_id", scope.company_id)
            self._refuse_other_company(scope, row)
        if self._driver is not None and statements.plain(row.values()):
            prepared = statements.inserting(table, tuple(row))
            if prepared is not None:
                self._perform(prepared, tuple(row.values()))
                return
        self._execute(scope, sa.insert(table).values(row))

    def insert_many(self, scope: Scope, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows that all have the same columns, in one go: ten times as fast as one by one."""
        self._refuse_when_read_only()
        self._execute(scope, sa.insert(table), [{**row, "company_id": scope.company_id} for row in rows])

    def update(
        self,
        scope: AnyScope,
        table: sa.Table,
        *where: sa.ColumnElement[bool],
        values: Mapping[str, Any],
        **equal: Any,
    ) -> int:
        """Change the rows that match; returns how many there were. A row never changes its company."""
        self._refuse_when_read_only()
        if isinstance(scope, Scope) and "company_id" in values:
            self._refuse_other_company(scope, values)
        usual = self._usual(scope, table, where, equal)
        if usual is not None and statements.plain(values.values()):
            shape, compared = usual
            prepared = statements.updating(table, shape, tuple(values))
            if prepared is not None:
                return int(self._perform(prepared, [*compared, *values.values()]).rowcount)
        return self._execute(
            scope, sa.update(table).where(*self._where(scope, table, where, equal)).values(dict(values))
        ).rowcount

    def delete(self, scope: AnyScope, table: sa.Table, *where: sa.ColumnElement[bool], **equal: Any) -> int:
        """Remove the rows that match; returns how many there were."""
        self._refuse_when_read_only()
        return self._execute(scope, sa.delete(table).where(*self._where(scope, table, where, equal))).rowcount

    def lock(self, scope: Scope) -> None:
        """Let nobody else write for this company until the end; the first question of a writing transaction about it does."""
        if self._walled:
            name_company(self._connection, scope, alone=True)
            self._named = scope

    def revision(self) -> str | None:
        """The schema's revision, or None before the first migration."""
        return MigrationContext.configure(self._connection).get_current_revision()

    def _usual(
        self, scope: AnyScope, table: sa.Table, where: tuple[sa.ColumnElement[bool], ...], equal: dict[str, Any]
    ) -> tuple[statements.Shape, list[Any]] | None:
        """The conditions, the scope's included, as a prepared statement takes them; None when there is none for them."""
        if self._driver is None or None in equal.values():
            return None
        owned = _owned(scope, table)
        shape = statements.equalities(table, owned[0] if owned else None, tuple(equal))
        values = [owned[1], *equal.values()] if owned else [*equal.values()]
        if not where:
            return shape, values
        compared = statements.comparisons(table, where)
        return (shape + compared[0], values + compared[1]) if compared is not None else None

    def _perform(self, prepared: statements.Prepared, values: Sequence[Any]) -> DBAPICursor:
        cursor: DBAPICursor = self._driver.execute(prepared.text, prepared.bound(values))
        return cursor

    def _execute(
        self,
        scope: AnyScope,
        statement: sa.Executable,
        values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> sa.CursorResult[Any]:
        if self._walled and scope != self._named:
            name_company(self._connection, scope, alone=not self._read_only)
            self._named = scope
        return self._connection.execute(statement, values)

    def _refuse_when_read_only(self) -> None:
        if self._read_only:
            raise RuntimeError("a write in a reading transaction")

    @staticmethod
    def _refuse_other_company(scope: Scope, row: Mapping[str, Any]) -> None:
        if row["company_id"] != scope.company_id:
            raise ValueError("row of another company")

    def _where(
        self, scope: AnyScope, table: sa.Table, where: tuple[sa.ColumnElement[bool], ...], equal: dict[str, Any]
    ) -> tuple[sa.ColumnElement[bool], ...]:
        """Every condition, the scope's first."""
        if None in equal.values():
            raise ValueError("a column that equals nothing: ask with is_(None)")
        owned = _owned(scope, table)
        named = tuple(table.c[name] == value for name, value in equal.items())
        asked = tuple(map(walks.arrayed, where)) if self._walled else where
        return ((owned[0] == owned[1],) if owned else ()) + named + asked


def driver_of(connection: Connection) -> Any:  # Any: the DB-API connection has no public type
    """The driver's connection under SQLAlchemy's."""
    return connection.connection.dbapi_connection


def _owned(scope: AnyScope, table: sa.Table) -> tuple[sa.Column[Any], str] | None:
    """The column that says whose row it is, and whose it has to be; None where the scope is every company."""
    if not isinstance(scope, Scope):
        return None
    return table.c.id if table.name == "companies" else table.c.company_id, scope.company_id


# Whoever waits for another's transaction longer than that is told that the database is away.
_ON_SQLITE = {"timeout": 5, "check_same_thread": False}
_ON_POSTGRESQL = {"options": "-c lock_timeout=5s"}


class Database:
    """Engine plus the one thread that runs this process's transactions, so that the event loop never waits for a disk."""

    def __init__(self, url: str, on_facts: Callable[[], None] = lambda: None) -> None:
        """`on_facts` is called in the writing thread after a transaction that put facts into the outbox has committed."""
        self.on_facts = on_facts
        self._sqlite = url.startswith("sqlite")
        self._engine = sa.create_engine(url, connect_args=_ON_SQLITE if self._sqlite else _ON_POSTGRESQL)
        if self._sqlite:
            begin_immediate(self._engine)
        else:
            walks.heed(self._engine)
        self._idle: list[Connection] = []  # SQLite's, between transactions
        self._thread = WorkThread("database")

    @property
    def engine(self) -> sa.Engine:
        """For migrations only."""
        return self._engine

    @contextmanager
    def transaction(self, *, read_only: bool = False) -> Iterator[Tx]:
        """A transaction in the calling thread: commits at the end, rolls back on an exception.

        A reading one takes no write lock and refuses writes. Raises `StorageFull` or `DatabaseAway` when the file or the
        server fails.
        """
        opened = self._on_sqlite if self._sqlite else self._on_server
        with translated(), opened(read_only) as tx:
            yield tx
        if tx.facts_written:
            self.on_facts()

    @contextmanager
    def _on_server(self, read_only: bool) -> Iterator[Tx]:
        with self._engine.connect() as connection, connection.begin():
            yield Tx(connection, read_only=read_only)

    @contextmanager
    def _on_sqlite(self, read_only: bool) -> Iterator[Tx]:
        """Connections stay open between transactions, and begin and end them at the driver: SQLAlchemy's own way to one
        costs as much as all that a call writes."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._engine.connect()
        driver = driver_of(connection)
        try:
            driver.execute("BEGIN" if read_only else "BEGIN IMMEDIATE")
            try:
                yield Tx(connection, read_only=read_only)
                _end(connection, "commit")
            except BaseException:
                _end(connection, "rollback")
                raise
        finally:
            if not driver.in_transaction:
                self._idle.append(connection)
            else:
                connection.invalidate()
                connection.close()

    def run_sync(self, work: Callable[[Tx], T], *, read_only: bool = False) -> T:
        """Run `work` in one transaction, here."""
        with self.transaction(read_only=read_only) as tx:
            return work(tx)

    async def run(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one transaction on the database thread; its exception is raised here."""
        return await self._on_thread(partial(self.run_sync, work), _WRITE_SECONDS)

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Like `run` for work that only reads: it never waits for a writer."""
        return await self._on_thread(partial(self.run_sync, work, read_only=True), _READ_SECONDS)

    async def _on_thread(self, work: Callable[[], T], seconds: Histogram) -> T:
        asked = perf_counter()

        def timed() -> T:
            began = perf_counter()
            metrics.DATABASE_WAIT.observe(began - asked)
            try:
                return work()
            finally:
                seconds.observe(perf_counter() - began)

        return await self._thread.run(timed)

    def close(self) -> None:
        """Wait for the running transaction and let go of the file or server."""
        self._thread.close()
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()


def _end(connection: Connection, how: Literal["commit", "rollback"]) -> None:
    """SQLAlchemy takes part where something unusual was asked, and has to know: also of the end of one that it failed to
    commit, which it no longer calls a transaction and would not begin another after."""
    taking_part = connection.get_transaction() is not None
    getattr(connection if taking_part else driver_of(connection), how)()
    if driver_of(connection).in_transaction:  # SQLAlchemy took its part for over already
        getattr(driver_of(connection), how)()


def begin_immediate(engine: sa.Engine, *, foreign_keys: bool = True) -> None:
    """Make a SQLite engine write-ahead logged, and begin every writing transaction with the write lock."""

    def prepare(connection: Any, _record: object) -> None:  # Any: the DB-API connection has no public type
        # We begin ourselves: the driver's implicit BEGIN is deferred and fails among several writers.
        connection.isolation_level = None
        cursor = connection.cursor()
        keys = "ON" if foreign_keys else "OFF"
        for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=NORMAL", f"foreign_keys={keys}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begin(connection: Connection) -> None:
        if driver_of(connection).in_transaction:  # a transaction of `Database` has begun at the driver
            return
        reading = connection.get_execution_options().get("antiphon_read_only", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", begin)
