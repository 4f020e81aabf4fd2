"""Ids of another company, put into every single place of every request that takes one, everything else being one's own.

And fields that nobody may set, put into every body at every depth. Both are derived from the OpenAPI document, so what is added
tomorrow is tried as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest
from test_every_endpoint import DOCUMENT, OPERATIONS, Operation, body_of, one_of_everything

from antiphon import tenancy
from antiphon.assembly.reference.examples import resolved
from antiphon.clock import new_id
from antiphon.database import PLATFORM, Database, metadata
from browsers import Browser
from residents import StillClock, Tenant

Browsers = Callable[..., Browser]
Json = Any  # Any: a JSON document
Way = tuple[str, ...]  # into a body, from outside in; "*" is whichever of a list
_AN_ID = re.compile(r"(?:^|_)ids?$|^cursor$")
# What an id that is called otherwise is an id of.
_MEANS = {"parent_id": "place_id", "company_id": "company_id", "id": "user_id"}
# What was asked for is written down as it was asked; nothing of the other company is read for it.
WRITTEN_DOWN = {"door_log", "door_requests"}


def described(operation: Operation) -> Json:
    return DOCUMENT["paths"][operation[1]][operation[0].lower()]


def body_schema(operation: Operation) -> Json | None:
    body = described(operation).get("requestBody")
    return body["content"]["application/json"]["schema"] if body else None


def fields(schema: Json, way: Way = ()) -> Iterator[tuple[Way, Json]]:
    """Every field of a body and of what is in it."""
    meant = resolved(DOCUMENT, schema)
    if meant.get("type") == "array":
        yield from fields(meant["items"], (*way, "*"))
    for name, field in meant.get("properties", {}).items():
        yield (*way, name), field
        yield from fields(field, (*way, name))


def objects(schema: Json, way: Way = ()) -> Iterator[tuple[Way, Json]]:
    """Every object of a body, the body itself first."""
    meant = resolved(DOCUMENT, schema)
    if meant.get("type") == "array":
        yield from objects(meant["items"], (*way, "*"))
    if meant.get("type") == "object":
        yield way, meant
        for name, field in meant.get("properties", {}).items():
            yield from objects(field, (*way, name))


def put(body: Json, way: Way, value: Json) -> Json:
    """The body with that value there; what is missing on the way is made."""
    step, *rest = way
    if not rest:
        made = {**body, step: value} if isinstance(body, dict) else {step: value}
        return made
    inner = body.get(step) if isinstance(body, dict) else None
    if rest[0] == "*":
        first = inner[0] if inner else None
        return {**(body or {}), step: [put(first, tuple(rest[1:]), value) if rest[1:] else value]}
    return {**(body or {}), step: put(inner, tuple(rest), value)}


def kind_of(name: str) -> str:
    """The kind of thing whose id that is."""
    name = f"{name[:-3]}id" if name.endswith("ids") else name
    return _MEANS.get(name, name)


PLACES: list[tuple[Operation, str, Way]] = [
    (operation, "path" if parameter["in"] == "path" else "query", (parameter["name"],))
    for operation in OPERATIONS
    for parameter in described(operation).get("parameters", ())
    if _AN_ID.search(parameter["name"]) and parameter["in"] != "header"
] + [
    (operation, "body", way)
    for operation in OPERATIONS
    if (schema := body_schema(operation))
    for way, _field in fields(schema)
    if _AN_ID.search(way[-1])
]


def everything_of(database: Database, tenant: Tenant, clock: StillClock) -> dict[str, str]:
    with database.transaction() as tx:
        return one_of_everything(tx, tenant, tenant.site, clock) | {"company_id": tenant.company.id}


def rows_of(database: Database, tenant: Tenant) -> Iterator[tuple[str, str]]:
    """Every value in every row of that company, with its table."""
    with database.transaction() as tx:
        for table in metadata.tables.values():
            if "company_id" in table.columns and table.name not in WRITTEN_DOWN:
                for row in tx.all(tenant.scope, table):
                    yield from ((table.name, str(value)) for value in dict(row).values())


def test_every_place_for_an_id_is_known() -> None:
    assert len({operation for operation, _, _ in PLACES}) > 40
    assert {"path", "query", "body"} == {where for _, where, _ in PLACES}
    for needed in (
        "place_id",
        "parent_id",
        "user_id",
        "user_ids",
        "account_ids",
        "station_ids",
        "role_id",
        "station_id",
        "cursor",
    ):
        assert needed in {way[-1] for _, _, way in PLACES}


@pytest.mark.parametrize("where", ["path", "query", "body"])
async def test_an_id_of_another_company_finds_and_links_nothing(
    browser: Browsers, database: Database, tenant: Tenant, other: Tenant, clock: StillClock, where: str
) -> None:
    theirs = everything_of(database, other, clock)
    told = {*theirs.values(), other.company.id, other.site.id, other.owner.id}
    anna = browser()
    await anna.sign_in(tenant.owner)
    for operation, place, way in PLACES:
        if place == where:
            mine = everything_of(database, tenant, clock)
            answer = await ask_for(anna, operation, where, way, mine, theirs, clock)
            if where != "query":
                found = answer.json()["code"].endswith("_not_found")
                assert (answer.status_code, found) == (404, True), (operation, way, answer.text)
            elif answer.status_code != 200:
                assert answer.status_code in (403, 404, 422), (operation, way, answer.text)
            elif way[-1] != "cursor":
                assert answer.json()["items"] == [], (operation, way)
            assert not [one for one in told if one in answer.text], (operation, way, answer.text)
    assert [(table, value) for table, value in rows_of(database, tenant) if value in told] == []


async def test_a_link_to_another_company_would_be_seen(
    browser: Browsers,
    database: Database,
    tenant: Tenant,
    other: Tenant,
    clock: StillClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Planted: buttons that take whichever person."""
    genuine = tenancy.user
    monkeypatch.setattr(tenancy, "user", lambda tx, _scope, user_id: genuine(tx, PLATFORM, user_id))
    mine, theirs = everything_of(database, tenant, clock), everything_of(database, other, clock)
    anna = browser()
    await anna.sign_in(tenant.owner)
    operation = ("PUT", "/api/v1/stations/{station_id}/buttons")
    answer = await ask_for(anna, operation, "body", ("items", "*", "user_ids"), mine, theirs, clock)
    assert answer.status_code == 200
    assert theirs["user_id"] in {value for _table, value in rows_of(database, tenant)}


async def ask_for(
    anybody: Browser,
    operation: Operation,
    where: str,
    way: Way,
    mine: dict[str, str],
    theirs: dict[str, str],
    clock: StillClock,
) -> httpx.Response:
    """The answer to a request that is good but for one id, which is theirs."""
    clock.advance(1)  # nobody is slowed for asking too often
    (method, path), name = operation, kind_of(way[-1])
    if name == "cursor":
        name = {"/api/v1/calls": "call_id", "/api/v1/door-log": "door_id"}.get(path, "place_id")
    name = {"subject_id": "place_id", "actor_id": "user_id"}.get(name, name)
    body, ids = body_of(operation, mine, clock.now()), mine
    query = {"q": "stiege"} if path == "/api/v1/search" else {}
    if where == "path":
        ids = mine | {name: theirs[name]}
    elif where == "query":
        query |= {way[0]: theirs[name]}
    else:
        foreign = [theirs[name]] if way[-1].endswith("ids") else theirs[name]
        body = completed(body_schema(operation), put(body or {}, way, foreign))
    headers = {"Idempotency-Key": f"tap-{new_id('wish')[-20:]}"}
    return await anybody.request(method, path.format(**ids), json=body, params=query, headers=headers)


def completed(schema: Json, body: Json) -> Json:
    """The body with whatever else its objects need."""
    meant = resolved(DOCUMENT, schema)
    if isinstance(body, list):
        return [completed(meant["items"], one) for one in body]
    if not isinstance(body, dict):
        return body
    made = deepcopy(body)
    for name, field in meant.get("properties", {}).items():
        if name in made:
            made[name] = completed(field, made[name])
        elif name in meant.get("required", ()):
            made[name] = field["examples"][0] if "examples" in field else completed(field, {})
    return made


# -- what nobody may set ------------------------------------------------------------------------------------------------


def test_no_body_takes_what_it_does_not_name() -> None:
    """Every object that is sent, at every depth; but what a browser's authenticator made is as it made it."""
    for operation in OPERATIONS:
        if schema := body_schema(operation):
            for way, meant in objects(schema):
                if "properties" in meant:
                    assert meant.get("additionalProperties") is False, (operation, way)
                else:
                    assert way == ("credential",), (operation, way)


SETTABLE = [
    (operation, way)
    for operation in OPERATIONS
    if (schema := body_schema(operation))
    for way, meant in objects(schema)
    if "properties" in meant
]
# Everything that the API ever tells of a thing, and what rows have besides.
TOLD = {name for schema in DOCUMENT["components"]["schemas"].values() for name in schema.get("properties", {})}
BESIDE = {"password_hash", "secret_hash", "code_hash", "created_by", "given_by", "is_admin", "rights", "__proto__"}


async def test_fields_that_nobody_may_set_are_refused_by_name(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    """Each of them, and nothing of the rest is done."""
    mine = everything_of(database, tenant, clock)
    anna = browser()
    await anna.sign_in(tenant.owner)
    before = sorted(rows_of(database, tenant))
    for operation, way in SETTABLE:
        clock.advance(0.1)
        schema = body_schema(operation)
        body = body_of(operation, mine, clock.now()) or completed(schema, {})
        unwanted = (TOLD | BESIDE) - dict(objects(schema))[way]["properties"].keys()
        for field in unwanted:
            body = put(body, (*way, field), mine.get(field, "x"))
        answer = await anna.request(
            operation[0],
            operation[1].format(**mine),
            json=completed(schema, body),
            headers={"Idempotency-Key": "tap-01"},
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_input"), (operation, way)
        refused = {problem["field"].split(".")[-1] for problem in answer.json()["errors"]}
        assert unwanted <= refused, (operation, way)
    assert sorted(rows_of(database, tenant)) == before
