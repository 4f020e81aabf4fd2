"""A request with an Idempotency-Key that comes again makes nothing more, and is answered as it was the first time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from test_every_endpoint import DOCUMENT, OPERATIONS, Operation, body_of, one_of_everything

from antiphon import tenancy
from antiphon.access import Doors
from antiphon.assembly.api import Parts, create_app
from antiphon.database import PLATFORM, Database, metadata
from antiphon.devices import Commander
from antiphon.gateways.mqtt import MqttGateway
from antiphon.limits import IDEMPOTENCY_LIFE_S
from antiphon.settings import Settings
from browsers import Browser
from residents import StillClock, Tenant

Browsers = Callable[..., Browser]
KEY = {"Idempotency-Key": "wish-0123456789"}
# What an answer shows once, the platform keeps nowhere.
SHOWN_ONCE: dict[Operation, str] = {
    ("POST", "/api/v1/keys"): "key",
    ("POST", "/api/v1/stations"): "claim_code",
    ("POST", "/api/v1/accounts"): "credentials",
}


def takes_a_key(operation: Operation) -> bool:
    said = DOCUMENT["paths"][operation[1]][operation[0].lower()].get("parameters", ())
    return any(one["name"] == "Idempotency-Key" for one in said) and "{" not in operation[1]


MAKING = [operation for operation in OPERATIONS if takes_a_key(operation)]


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant) -> Browser:
    one = browser()
    await one.sign_in(tenant.owner)
    return one


@pytest.fixture
def there(database: Database, tenant: Tenant, clock: StillClock) -> dict[str, str]:
    with database.transaction() as tx:
        return one_of_everything(tx, tenant, tenant.site, clock)


def rows(database: Database) -> dict[str, int]:
    """How many there are in each table that a request which makes something could add to."""
    with database.transaction(read_only=True) as tx:
        return {name: tx.count(PLATFORM, table) for name, table in metadata.tables.items()}


def kept(database: Database) -> Any:
    with database.transaction(read_only=True) as tx:
        (row,) = tx.all(PLATFORM, metadata.tables["idempotency_keys"])
    return row["answer"]


@pytest.mark.parametrize("operation", MAKING)
async def test_it_makes_nothing_more_and_answers_the_same(
    anna: Browser, there: dict[str, str], database: Database, clock: StillClock, operation: Operation
) -> None:
    body = body_of(operation, there, clock.now())
    first = await anna.post(operation[1], json=body, headers=KEY)
    assert first.status_code == 201
    before = rows(database)
    second = await anna.post(operation[1], json=body, headers=KEY)
    assert rows(database) == before
    if operation in SHOWN_ONCE:
        assert (second.status_code, second.json()["code"]) == (409, "already_done")
        assert second.json()["made_id"] == first.json()["id"]
        assert first.json()[SHOWN_ONCE[operation]]
        assert kept(database) is None
    else:
        assert (second.status_code, second.content) == (201, first.content)
        assert second.headers.get("etag") == first.headers.get("etag")
    other = await anna.post(operation[1], json=body | {"name": "Another"}, headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "bad_input" if "grants" in operation[1] else "key_reused")
    assert rows(database) == before


@pytest.mark.parametrize("operation", [one for one in MAKING if one not in SHOWN_ONCE])
async def test_it_answers_the_same_when_the_thing_is_gone(
    anna: Browser, there: dict[str, str], clock: StillClock, operation: Operation
) -> None:
    body = body_of(operation, there, clock.now())
    first = await anna.post(operation[1], json=body, headers=KEY)
    one = f"{operation[1]}/{first.json()['id']}"
    gone = await anna.delete(one)
    if gone.status_code == 405:  # people and doors stay
        assert operation[1] in ("/api/v1/users", "/api/v1/doors")
    else:
        assert gone.status_code == 204
    second = await anna.post(operation[1], json=body, headers=KEY)
    assert (second.status_code, second.content) == (201, first.content)


async def test_it_answers_the_same_when_the_thing_was_changed(anna: Browser, tenant: Tenant) -> None:
    new = {"kind": "project", "parent_id": tenant.company.id, "name": "Neustadt"}
    first = await anna.post("/api/v1/places", json=new, headers=KEY)
    await anna.patch(f"/api/v1/places/{first.json()['id']}", json={"name": "Altstadt"})
    assert (await anna.post("/api/v1/places", json=new, headers=KEY)).json()["name"] == "Neustadt"


async def test_two_processes_that_get_it_at_once_make_one_thing(
    app: FastAPI, settings: Settings, tenant: Tenant, clock: StillClock, browser: Browsers
) -> None:
    signed_in = browser()
    token = (await signed_in.sign_in(tenant.owner)).json()["access_token"]
    another = Database(settings.sqlalchemy_url)
    broker = MqttGateway(settings, "api")
    beside = create_app(settings, Parts(another, clock, broker, Doors(another, Commander(broker, clock), clock)))
    new = {"name": "Night guard", "permissions": ["doors.open"]}

    async def ask(process: FastAPI) -> httpx.Response:
        transport = httpx.ASGITransport(process)
        async with httpx.AsyncClient(transport=transport, base_url="https://portal.example") as client:
            return await client.post("/api/v1/roles", json=new, headers=KEY | {"Authorization": f"Bearer {token}"})

    answers = await asyncio.gather(*(ask(process) for process in (app, beside) * 4))
    another.close()
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    own = [role for role in (await signed_in.get("/api/v1/roles")).json()["items"] if not role["shipped"]]
    assert [role["id"] for role in own] == [answers[0].json()["id"]]


async def test_a_refused_wish_may_be_asked_again(anna: Browser, there: dict[str, str]) -> None:
    new = {"name": "Night guard", "permissions": ["doors.open"]}
    taken = await anna.post("/api/v1/roles", json=new)
    assert (await anna.post("/api/v1/roles", json=new, headers=KEY)).status_code == 409
    await anna.delete(f"/api/v1/roles/{taken.json()['id']}")
    assert (await anna.post("/api/v1/roles", json=new, headers=KEY)).status_code == 201


async def test_a_key_is_its_senders_alone_and_lives_for_a_day(
    anna: Browser, browser: Browsers, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    with database.transaction() as tx:
        tenancy.give(tx, tenant.scope, tenant.operator.id, "role_owner", tenant.company.id, clock.now())
    bernd = browser()
    await bernd.sign_in(tenant.operator)
    new = {"kind": "project", "parent_id": tenant.company.id, "name": "Neustadt"}
    made = [(await one.post("/api/v1/places", json=new, headers=KEY)).json()["id"] for one in (anna, bernd)]
    clock.advance(IDEMPOTENCY_LIFE_S)
    await anna.sign_in(tenant.owner)
    made.append((await anna.post("/api/v1/places", json=new, headers=KEY)).json()["id"])
    assert len(set(made)) == 3


async def test_the_link_of_an_invitation_is_shown_again_and_kept_nowhere(
    anna: Browser, there: dict[str, str], database: Database
) -> None:
    new = {"role_id": "role_viewer", "place_id": there["place_id"]}
    first, second = [await anna.post("/api/v1/invitations", json=new, headers=KEY) for _ in range(2)]
    assert "#" in first.json()["link"]
    assert second.json()["link"] == first.json()["link"]
    assert "#" not in kept(database)


@pytest.mark.parametrize("answer", [None, "{}"])
async def test_an_answer_that_an_earlier_release_kept_otherwise_still_says_what_was_made(
    anna: Browser, database: Database, answer: str | None
) -> None:
    new = {"name": "Night guard", "permissions": ["doors.open"]}
    made = await anna.post("/api/v1/roles", json=new, headers=KEY)
    with database.transaction() as tx:
        tx.update(PLATFORM, metadata.tables["idempotency_keys"], values={"answer": answer})
    again = await anna.post("/api/v1/roles", json=new, headers=KEY)
    assert (again.json()["code"], again.json()["made_id"]) == ("already_done", made.json()["id"])
