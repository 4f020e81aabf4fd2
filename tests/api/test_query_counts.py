"""Every question costs the same number of statements, however much there is: also those added tomorrow."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from test_every_endpoint import OPERATIONS, Browsers, ask, one_of_everything

from antiphon import access, tenancy
from antiphon.access.store import log_attempt
from antiphon.database import Database
from residents import StillClock, Tenant

_READING = [one for one in OPERATIONS if one[0] == "GET" and one[1] != "/api/v1/events"]
_MORE = 12
# Lists that are not longer for it: what routes record, what is the asker's own, what belongs to one station.
_AS_LONG = {
    "/api/v1/audit",
    "/api/v1/holiday-calendars",
    "/api/v1/me/companies",
    "/api/v1/me/do-not-disturb",
    "/api/v1/me/passkeys",
    "/api/v1/me/sessions",
    "/api/v1/places/entrances",
    "/api/v1/stations/{station_id}/buttons",
    "/api/v1/stations/{station_id}/test-calls",
    "/api/v1/tree",
    "/api/v1/users/{user_id}/do-not-disturb",
}


Counted = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture(autouse=True)
def statements() -> Iterator[Counted]:
    """What databases are asked while it is open, from the first connection on."""
    said: list[str] = []

    def trace(connection: Any, _record: object) -> None:  # Any: the driver's connection
        if isinstance(connection, sqlite3.Connection):  # where some statements go to the driver past SQLAlchemy
            connection.set_trace_callback(said.append)

    def note(connection: sa.Connection, _cursor: object, statement: str, *_: object) -> None:
        if connection.dialect.name != "sqlite":
            said.append(statement)

    @contextmanager
    def counted() -> Iterator[list[str]]:
        said.clear()
        yield said

    sa.event.listen(sa.Engine, "connect", trace)
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield counted
    sa.event.remove(sa.Engine, "connect", trace)
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("operation", _READING, ids=" ".join)
async def test_more_of_everything_takes_no_more_statements(
    operation: tuple[str, str],
    browser: Browsers,
    tenant: Tenant,
    database: Database,
    clock: StillClock,
    statements: Counted,
) -> None:
    def another() -> dict[str, str]:
        with database.transaction() as tx:
            ids = one_of_everything(tx, tenant, tenant.site, clock)
            what = {"door_id": ids["door_id"], "station_id": ids["station_id"], "call_id": ids["call_id"]}
            who = access.Actor("user", tenant.owner.id, "Anna")
            log_attempt(tx, tenant.scope, now=clock.now(), actor=who, request_id="tap", outcome="opened", **what)
            return ids

    ids, anna = another(), browser()
    await anna.sign_in(tenant.owner)

    async def taken() -> tuple[list[str], list[Any]]:
        await ask(anna, operation, ids, clock)  # what is kept in memory is kept from here on
        clock.advance(60)  # and what is kept for seconds is asked for again
        with statements() as said:
            answer = await ask(anna, operation, ids, clock)
        found = answer.json() if answer.headers["content-type"].startswith("application/json") else {}
        return list(said), found.get("items", [])

    with_one, few = await taken()
    for _ in range(_MORE):
        another()
    with_more, many = await taken()
    assert len(with_more) == len(with_one) > 0 or operation[1].startswith("/health"), "\n".join(with_more)
    assert not few or (len(many) > len(few)) != (operation[1] in _AS_LONG)


def test_a_question_for_each_thing_would_be_counted(
    tenant: Tenant, database: Database, clock: StillClock, statements: Counted
) -> None:
    def asked_for_each() -> int:
        with statements() as said, database.transaction(read_only=True) as tx:
            for user in tenancy.users(tx, tenant.scope):
                tenancy.user(tx, tenant.scope, user.id)
        return len(said)

    before = asked_for_each()
    with database.transaction() as tx:
        one_of_everything(tx, tenant, tenant.site, clock)
    assert asked_for_each() == before + 1
