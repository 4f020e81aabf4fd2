"""The outbox: facts written in the transaction that made them true, and handed to the bus after it committed."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from pydantic import TypeAdapter

from antiphon import events, log
from antiphon.clock import Clock
from antiphon.database.database import Database
from antiphon.database.meaning import explain
from antiphon.database.scope import PLATFORM, Scope
from antiphon.database.tables import UtcTime, tenant_table
from antiphon.database.transaction import Tx
from antiphon.errors import AntiphonError
from antiphon.events import Fact
from antiphon.limits import OUTBOX_BATCH, OUTBOX_PAUSE_S, OUTBOX_SWEEP_S

_log = log.get("database")

outbox = tenant_table(
    "outbox",
    sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True),
    sa.Column("id", sa.String(40), nullable=False, unique=True),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("delivered_at", UtcTime, nullable=True, index=True),
)
explain(
    outbox,
    "Facts written with what made them true, until they are on the bus.",
    position="Their order.",
    kind="Which fact.",
    payload="JSON.",
    delivered_at="When the bus took it; null: it waits.",
)


_WAITING = outbox.c.delivered_at.is_(None)


def append(tx: Tx, scope: Scope, fact: Fact) -> None:
    """Put `fact` into the outbox, in the transaction that makes it true."""
    payload = _KINDS[type(fact).__name__].dump_json(fact).decode()
    tx.insert(
        scope,
        outbox,
        {"id": fact.fact_id, "kind": type(fact).__name__, "payload": payload, "created_at": fact.at},
    )
    tx.facts_written = True


class Waker:
    """Wakes the drain that listens at `path` with an empty datagram; never waits or raises: a drain that is away reads the outbox when it comes back."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def __call__(self) -> None:
        # Nobody there, or a wake is waiting already: both are fine, the rows are in the table.
        with contextlib.suppress(OSError):
            self._socket.sendto(b"", self._path)


class Drain:
    """Delivers what is in the outbox, oldest first, and marks it. After a crash a fact may go out twice, never not."""

    def __init__(
        self, database: Database, deliver: Callable[[Fact], Awaitable[None]], clock: Clock, path: Path
    ) -> None:
        """`deliver` returns when the bus has taken the fact, and raises `AntiphonError` when it did not; `path` is the
        socket that wakes the drain."""
        self._database, self._deliver, self._clock, self._path = database, deliver, clock, path
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look now. On the event loop only."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled: deliver now, at every wake, and after `OUTBOX_SWEEP_S` without one."""
        loop = asyncio.get_running_loop()
        self._path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.setblocking(False)
            listener.bind(str(self._path))
            self._path.chmod(0o600)
            loop.add_reader(listener, self._read, listener)
            try:
                while True:
                    self._woken.clear()
                    try:
                        while await self.deliver() == OUTBOX_BATCH:
                            continue
                    except AntiphonError as error:
                        _log.error("outbox not delivered", code=error.code)
                    await asyncio.sleep(OUTBOX_PAUSE_S)  # under load the next look takes several facts at once
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._woken.wait(), OUTBOX_SWEEP_S)
            finally:
                loop.remove_reader(listener)
                self._path.unlink(missing_ok=True)

    async def deliver(self) -> int:
        """Deliver one batch of facts that nobody has delivered yet; returns how many there were. Those that got through
        before a failure are marked, and the failure is raised."""
        rows = await self._database.read(
            lambda tx: tx.all(
                PLATFORM,
                outbox,
                _WAITING,
                order_by=(outbox.c.position,),
                limit=OUTBOX_BATCH,
            )
        )
        delivered: list[str] = []
        try:
            for row in rows:
                kind = _KINDS.get(row["kind"])
                if kind is None:
                    _log.error("outbox holds an unknown fact", fact_id=row["id"], kind=row["kind"])
                else:
                    await self._deliver(kind.validate_json(row["payload"]))
                delivered.append(row["id"])
        finally:
            if delivered:
                now = self._clock.now()

                def mark(tx: Tx) -> None:
                    for fact_id in delivered:  # prepared; for the few of a batch cheaper than one list
                        tx.update(PLATFORM, outbox, values={"delivered_at": now}, id=fact_id)

                await self._database.run(mark)
        return len(rows)

    def _read(self, listener: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                listener.recv(16)
                self._woken.set()


def waiting(tx: Tx) -> tuple[int, datetime | None]:
    """How many facts wait for their delivery, and since when the oldest does."""
    oldest = tx.first(PLATFORM, outbox, _WAITING, order_by=(outbox.c.position,))
    return tx.count(PLATFORM, outbox, _WAITING), oldest["created_at"] if oldest else None


def forget_delivered(tx: Tx, before: datetime) -> int:
    """Remove facts that were delivered before that moment; returns how many."""
    return tx.delete(PLATFORM, outbox, outbox.c.delivered_at < before)


_KINDS: dict[str, TypeAdapter[Fact]] = {
    kind.__name__: TypeAdapter(kind)
    for kind in vars(events).values()
    if isinstance(kind, type) and issubclass(kind, Fact)
}
