"""What holds for every endpoint of the API, those added tomorrow included."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from string import Formatter
from typing import Any

import pytest
from fastapi import FastAPI

from antiphon import access, devices
from antiphon.assembly import contracts
from antiphon.calls import store as calls
from antiphon.clock import new_id
from antiphon.database import Database
from browsers import Browser
from residents import StillClock, Tenant

Browsers = Callable[..., Browser]

PUBLIC = {"/api/v1/session", "/api/v1/session/refresh", "/health", "/health/live", "/health/ready"}
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("PATCH", "/api/v1/users/{user_id}"): {"name": "Taken over"},
    ("PATCH", "/api/v1/accounts/{account_id}"): {"name": "Taken over"},
    ("POST", "/api/v1/sites/{site_id}/folders"): {"name": "Fremd"},
    ("PUT", "/api/v1/stations/{station_id}/buttons"): {"items": []},
}
OPERATIONS = [
    (method.upper(), path)
    for path, operations in sorted(contracts.openapi()["paths"].items())
    for method in sorted(operations)
]


@pytest.fixture
def theirs(database: Database, other: Tenant, clock: StillClock) -> dict[str, str]:
    """One of everything that has an id, all of the other company."""
    now = clock.now()
    with database.transaction() as tx:
        station = devices.create_station(tx, other.scope, name="Tor", site_id=other.site.id, now=now)
        door = access.add_door(
            tx, other.scope, station_id=station.id, name="Tor", kind="gate", output="gate", pulse_s=4, now=now
        )
        account = devices.create_account(
            tx, other.scope, name="Pult", site_id=other.site.id, realm="antiphon.local", now=now
        )
        call_id, snapshot_id = new_id("call"), new_id("snapshot")
        calls.start_call(tx, station, call_id=call_id, direction="from_station", button="main", started_at=now)
        picture = calls.Picture(snapshot_id, call_id, station.id, now)
        calls.add_snapshot(tx, other.scope, picture, width=640, height=480, size_bytes=9)
    return {
        "station_id": station.id,
        "door_id": door.id,
        "account_id": account.station.id,
        "call_id": call_id,
        "snapshot_id": snapshot_id,
        "user_id": other.operator.id,
        "site_id": other.site.id,
    }


@pytest.mark.parametrize(("method", "path"), [one for one in OPERATIONS if "{" in one[1]])
async def test_ids_of_another_company_are_not_found(
    browser: Browsers, tenant: Tenant, theirs: dict[str, str], method: str, path: str
) -> None:
    anna = browser()
    await anna.sign_in(tenant.administrator)
    names = {name for _text, name, _spec, _conversion in Formatter().parse(path) if name}
    assert names <= theirs.keys(), "a new kind of id: give the other company one, so that it can be tried here"
    url = path.format(**theirs)
    answer = await anna.request(
        method, url, json=BODIES.get((method, path)), headers={"Idempotency-Key": "tap-0123456789"}
    )
    assert answer.status_code == 404, answer.text
    assert answer.json()["code"].endswith("not_found")
    assert not any(foreign in answer.text for foreign in theirs.values())


@pytest.mark.parametrize("path", [path for method, path in OPERATIONS if method == "GET" and "{" not in path])
async def test_lists_never_name_another_company(
    browser: Browsers, tenant: Tenant, other: Tenant, theirs: dict[str, str], path: str
) -> None:
    anna = browser()
    await anna.sign_in(tenant.administrator)
    text = (await anna.get(path)).text
    assert not any(foreign in text for foreign in (*theirs.values(), other.company.id))


@pytest.mark.parametrize(("method", "path"), [one for one in OPERATIONS if one[1] not in PUBLIC])
async def test_nothing_is_told_without_signing_in(browser: Browsers, method: str, path: str) -> None:
    answer = await browser().request(method, path.replace("{", "").replace("}", ""))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path"), [one for one in OPERATIONS if one[0] in ("POST", "PUT", "PATCH")])
async def test_bodies_outside_the_contract_have_a_code(
    browser: Browsers, tenant: Tenant, theirs: dict[str, str], method: str, path: str
) -> None:
    anna = browser()
    await anna.sign_in(tenant.administrator)
    for content in (b"{", b"[]", b'"text"', b"\xff", b'{"unknown": 1}', b"[" * 2000):
        answer = await anna.request(
            method, path.format(**theirs), content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert answer.json()["code"]


async def test_the_door_of_another_company_stays_shut(
    app: FastAPI, browser: Browsers, tenant: Tenant, theirs: dict[str, str], database: Database, clock: StillClock
) -> None:
    anna = browser()
    await anna.sign_in(tenant.administrator)
    clock.at += timedelta(seconds=1)
    answer = await anna.post(f"/api/v1/doors/{theirs['door_id']}/open", headers={"Idempotency-Key": "tap-0123456789"})
    assert (answer.status_code, answer.json()["code"]) == (404, "door_not_found")
    with database.transaction() as tx:
        (attempt,) = access.attempts(tx, tenant.scope, limit=10)
    assert attempt.outcome == "door_not_found"


def test_the_document_is_openapi_3_1_with_a_title_for_everything() -> None:
    document = contracts.openapi()
    assert document["openapi"].startswith("3.1")
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(set(names)) == len(names)
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert operation["tags"]
            assert {"4XX", "5XX"} <= operation["responses"].keys()


def test_the_contract_of_the_socket_names_every_message() -> None:
    contract = contracts.client_contract()
    definitions = contract["$defs"]
    for union in ("ClientMessage", "ServerMessage"):
        mapping = definitions[union]["discriminator"]["mapping"]
        assert len(mapping) == len(definitions[union]["oneOf"])
        for name, reference in mapping.items():
            message = definitions[reference.removeprefix("#/$defs/")]
            assert message["properties"]["type"]["const"] == name
            assert "type" in message["required"]
            assert message["additionalProperties"] is False
