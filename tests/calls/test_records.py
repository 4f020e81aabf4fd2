"""Records of calls that end at about the same moment: one transaction, and none lost for the sake of another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any  # what a transaction's work gives

import pytest

from antiphon.calls import store
from antiphon.calls.records import Records
from antiphon.calls.store import EndedCall
from antiphon.database import PLATFORM, Database, StorageFull, Tx, outbox
from antiphon.devices import Station
from residents import StillClock, Tenant


class Counted:
    """A database that counts its transactions, and can be full for one of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transactions, self.full_at = 0, 0

    async def run(self, work: Callable[[Tx], Any]) -> Any:
        self.transactions += 1
        if self.transactions == self.full_at:
            raise StorageFull
        return await self._database.run(work)


@pytest.fixture
def ended(database: Database, clock: StillClock, station: Station) -> list[EndedCall]:
    """Three calls that began and have ended; nobody has written how."""
    now = clock.now()
    names = ("call_1", "call_2", "call_3")
    with database.transaction() as tx:
        for name in names:
            store.start_call(tx, station, call_id=name, direction="from_station", button="main", started_at=now)
    return [
        EndedCall(name, "from_station", "main", now, None, now, "no_answer", "platform", None, None, None, 0, ())
        for name in names
    ]


def causes(database: Database, tenant: Tenant) -> dict[str, str | None]:
    return {
        call.call_id: call.cause
        for call in database.run_sync(lambda tx: store.calls_page(tx, tenant.scope, limit=9, before=None))
    }


ALL = {"call_1": "no_answer", "call_2": "no_answer", "call_3": "no_answer"}


async def test_they_are_written_in_one_transaction_each_with_its_fact(
    database: Database, clock: StillClock, tenant: Tenant, station: Station, ended: list[EndedCall]
) -> None:
    counted, told = Counted(database), list[str]()
    records = Records(counted, clock)  # type: ignore[arg-type]
    for call in ended:
        records.complete(station, call, lambda call=call: told.append(call.call_id))  # type: ignore[misc]
    await records.drain()
    assert counted.transactions == 1
    assert causes(database, tenant) == ALL
    assert told == ["call_1", "call_2", "call_3"]
    facts = database.run_sync(lambda tx: tx.all(PLATFORM, outbox.outbox, kind="CallEnded"))
    assert len(facts) == 3


async def test_where_they_fail_together_each_is_written_by_itself(
    database: Database, clock: StillClock, tenant: Tenant, station: Station, ended: list[EndedCall]
) -> None:
    counted = Counted(database)
    counted.full_at = 1
    records = Records(counted, clock)  # type: ignore[arg-type]
    for call in ended:
        records.complete(station, call, lambda: None)
    await records.drain()
    assert counted.transactions == 4
    assert causes(database, tenant) == ALL


async def test_a_record_that_cannot_be_written_costs_no_other(
    database: Database,
    clock: StillClock,
    tenant: Tenant,
    station: Station,
    ended: list[EndedCall],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A planted fault in the second one, after the first is in the transaction."""
    complete = store.complete_call

    def faulty(tx: Tx, of: Station, call: EndedCall) -> bool:
        if call.call_id == "call_2":
            raise RuntimeError("planted")
        return complete(tx, of, call)

    monkeypatch.setattr(store, "complete_call", faulty)
    records = Records(database, clock)
    for call in ended:
        records.complete(station, call, lambda: None)
    await records.drain()
    assert causes(database, tenant) == ALL | {"call_2": None}  # the next start closes it
    await records.close_left_over()
    assert causes(database, tenant) == ALL | {"call_2": "platform_error"}
