"""SQLAlchemy Core on SQLite (WAL, BEGIN IMMEDIATE) or PostgreSQL: one worker thread, one transaction a unit of work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
from prometheus_client import Histogram
from sqlalchemy.engine import Connection

from antiphon import metrics
from antiphon.database import walks
from antiphon.database.failures import translated
from antiphon.database.thread import WorkThread
from antiphon.database.transaction import Tx, driver_of

T = TypeVar("T")
_WRITE_SECONDS = metrics.counting(metrics.DATABASE_SECONDS, "write")
_READ_SECONDS = metrics.counting(metrics.DATABASE_SECONDS, "read")
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
