"""The history and the pictures over HTTP: scoped, paged, private."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI, Request

from antiphon import tenancy
from antiphon.assembly import problems
from antiphon.calls import routes, store
from antiphon.calls.traces.facts import Facts, Planned
from antiphon.calls.traces.store import put_trace
from antiphon.clock import new_id
from antiphon.database import Database, Scope
from antiphon.devices import Station
from antiphon.directory.rings import Member, Quiet, Ringing, Silence
from antiphon.settings import Settings
from antiphon.tenancy import Principal
from antiphon.tenancy.asking import Asker
from antiphon.tenancy.rights import SHIPPED_ROLES, GrantedRole, Rights
from residents import StillClock, Tenant


class Reader:
    """A signed-in person's browser."""

    def __init__(self, app: FastAPI, tenant: Tenant) -> None:
        self.tenant = tenant
        self._app = app
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://portal.example")

    async def get(self, path: str) -> httpx.Response:
        person, company = self.tenant.operator, self.tenant.company
        rights = Rights((GrantedRole(SHIPPED_ROLES["operator"], "/"),))
        who = Asker(Principal(person.id, company.id, person.name), rights)

        async def recognise(_request: Request) -> Asker:
            return who

        self._app.state.recognise = recognise
        return await self._http.get(path)

    async def close(self) -> None:
        await self._http.aclose()


@pytest.fixture
def app(settings: Settings, database: Database, clock: StillClock) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.state.settings, app.state.database, app.state.clock = settings, database, clock
    app.include_router(routes.router)
    return app


@pytest.fixture
async def reader(app: FastAPI, tenant: Tenant) -> AsyncIterator[Reader]:
    made = Reader(app, tenant)
    yield made
    await made.close()


@pytest.fixture
async def stranger(app: FastAPI, other: Tenant) -> AsyncIterator[Reader]:
    made = Reader(app, other)
    yield made
    await made.close()


@pytest.fixture
def call_ids(database: Database, station: Station, clock: StillClock) -> list[str]:
    """Three calls, oldest first."""
    ids = sorted(new_id("call") for _ in range(3))
    with database.transaction() as tx:
        for number, call_id in enumerate(ids):
            at = clock.now() + timedelta(minutes=number)
            store.start_call(tx, station, call_id=call_id, direction="from_station", button="main", started_at=at)
    return ids


async def test_the_history_comes_newest_first_page_by_page(reader: Reader, call_ids: list[str]) -> None:
    first = (await reader.get("/api/v1/calls?limit=2")).json()
    assert [call["call_id"] for call in first["items"]] == [call_ids[2], call_ids[1]]
    second = (await reader.get(f"/api/v1/calls?limit=2&cursor={first['next_cursor']}")).json()
    assert [call["call_id"] for call in second["items"]] == [call_ids[0]]
    assert second["next_cursor"] is None


async def test_another_company_sees_nothing_of_it(stranger: Reader, call_ids: list[str]) -> None:
    assert (await stranger.get("/api/v1/calls")).json()["items"] == []
    refused = await stranger.get(f"/api/v1/calls/{call_ids[0]}")
    assert (refused.status_code, refused.json()["code"]) == (404, "call_not_found")


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "cursor=..%2f", "cursor=call_short"])
async def test_a_page_outside_the_contract_is_refused(reader: Reader, query: str) -> None:
    assert (await reader.get(f"/api/v1/calls?{query}")).status_code == 422


async def test_a_picture_is_private_and_scoped(
    reader: Reader, stranger: Reader, database: Database, settings: Settings, station: Station, clock: StillClock
) -> None:
    picture = store.Picture(new_id("snapshot"), "call_1", station.id, clock.now())
    scope = Scope(station.company_id)
    database.run_sync(lambda tx: store.add_snapshot(tx, scope, picture, width=2, height=2, size_bytes=4))
    missing = await reader.get(f"/api/v1/snapshots/{picture.id}")
    assert (missing.status_code, missing.json()["code"]) == (404, "snapshot_not_found")
    settings.snapshots.mkdir(parents=True)
    (settings.snapshots / f"{picture.id}.jpg").write_bytes(b"\xff\xd8\xff\xd9")
    found = await reader.get(f"/api/v1/snapshots/{picture.id}")
    assert (found.status_code, found.content) == (200, b"\xff\xd8\xff\xd9")
    assert found.headers["content-type"] == "image/jpeg"
    assert found.headers["cache-control"].startswith("private")
    assert (await stranger.get(f"/api/v1/snapshots/{picture.id}")).status_code == 404


@pytest.mark.parametrize("language", ["de", "en"])
async def test_a_trace_is_told_in_the_language_that_is_asked_for(
    reader: Reader, call_ids: list[str], language: str
) -> None:
    told = (await reader.get(f"/api/v1/calls/{call_ids[0]}/trace?language={language}")).json()
    assert told["live"]
    assert told["headline"].startswith("Es läutet" if language == "de" else "It rings")


async def test_a_trace_is_scoped_and_takes_no_other_language(
    reader: Reader, stranger: Reader, call_ids: list[str]
) -> None:
    refused = await stranger.get(f"/api/v1/calls/{call_ids[0]}/trace")
    assert (refused.status_code, refused.json()["code"]) == (404, "call_not_found")
    assert (await reader.get(f"/api/v1/calls/{call_ids[0]}/trace?language=fr")).status_code == 422


async def test_whoever_may_not_read_ring_plans_hears_of_nobodys_quiet(
    reader: Reader, call_ids: list[str], database: Database, tenant: Tenant, clock: StillClock
) -> None:
    """The operator reads calls, not ring plans."""
    who = Member("user", tenant.owner.id)
    quiet = Quiet(who.id, clock.now(), "Somebody secret", clock.now())
    silence = Silence(who, 0, "do_not_disturb", (), quiet=quiet)
    plan = Planned(Ringing((), (silence,), (), 0, "none"), {who: "Anna Auer"})
    facts = Facts("main", "", "normal", clock.now(), "UTC", 0.0, plan=plan)
    database.run_sync(lambda tx: put_trace(tx, tenant.scope, call_ids[0], facts, clock.now()))
    answer = await reader.get(f"/api/v1/calls/{call_ids[0]}/trace")
    assert answer.json()["private"]
    assert "Anna Auer" in answer.text
    assert "secret" not in answer.text
    assert "disturb" not in answer.text


async def test_calls_are_narrowed_to_places_and_to_what_became_of_them(
    reader: Reader, call_ids: list[str], database: Database, tenant: Tenant, clock: StillClock
) -> None:
    scope, now = tenant.scope, clock.now()
    oldest, middle, newest = call_ids
    database.run_sync(lambda tx: store.answer_call(tx, scope, store.AnsweredCall(oldest, now, None, None)))
    database.run_sync(lambda tx: store.close_unended(tx, scope, middle, now))

    async def found(query: str) -> list[str]:
        return [call["call_id"] for call in (await reader.get(f"/api/v1/calls?{query}")).json()["items"]]

    assert await found("answered=true") == [oldest]
    assert await found("answered=false") == [middle]
    assert await found("live=true") == [newest, oldest]
    assert await found(f"place_id={tenant.site.id}") == [newest, middle, oldest]
    elsewhere = database.run_sync(
        lambda tx: tenancy.create_place(tx, scope, "folder", tenant.site.id, "Stiege 9", now).id
    )
    assert await found(f"place_id={elsewhere}") == []
    assert (await reader.get("/api/v1/calls?place_id=folder_01k2x3y4z5a6b7c8d9e0f1g2h3")).status_code == 404
