"""Every refusal and failure is a problem detail with a stable code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from fastapi import FastAPI

from antiphon.database import Tx
from antiphon.limits import HTTP_BODY_DRAINED_MAX_BYTES, HTTP_BODY_MAX_BYTES
from browsers import Browser
from residents import Tenant

Browsers = Callable[..., Browser]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing-here", 404, "not_found"),
        ("GET", "/api/v1/me/", 404, "not_found"),
        ("GET", "/api/reference/", 404, "not_found"),
        ("GET", "/health/live/", 404, "not_found"),
        ("GET", "/api/v1/%2e%2e/%2e%2e/etc/passwd", 404, "not_found"),
        ("PUT", "/api/v1/session", 405, "method_not_allowed"),
        ("GET", "/api/v1/me", 401, "unauthenticated"),
    ],
)
async def test_refusals_of_the_framework_have_codes(
    browser: Browsers, method: str, path: str, status: int, code: str
) -> None:
    answer = await browser().request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["code"], body["status"], body["type"]) == (code, status, f"urn:antiphon:problem:{code}")
    assert body["detail"]
    assert body["title"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"email": 3, "password": []}', b"\xff\xfe"])
async def test_bodies_outside_the_contract(browser: Browsers, content: bytes) -> None:
    answer = await browser().post("/api/v1/session", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")


async def test_what_was_sent_is_not_sent_back(browser: Browsers) -> None:
    answer = await browser().post("/api/v1/session", json={"email": "a@b", "password": 7, "pin": "1234-secret"})
    assert "1234-secret" not in answer.text
    assert {problem["field"] for problem in answer.json()["errors"]} == {"password", "pin"}


async def test_a_body_that_says_it_is_too_large(browser: Browsers) -> None:
    answer = await browser().post("/api/v1/session", content=b"x" * (HTTP_BODY_MAX_BYTES + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_body_that_does_not_say_how_large_it_is(browser: Browsers) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(HTTP_BODY_MAX_BYTES // 4096 + 1):
            yield b"x" * 4096

    answer = await browser().post("/api/v1/session", content=chunks())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("sent", [HTTP_BODY_DRAINED_MAX_BYTES - 65_536, HTTP_BODY_DRAINED_MAX_BYTES * 3])
@pytest.mark.parametrize("says_so", [True, False])
async def test_a_body_too_large_is_taken_before_the_answer_up_to_a_limit(
    browser: Browsers, sent: int, *, says_so: bool
) -> None:
    """An answer in the middle of a body is cut off on its way to the sender."""
    taken = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal taken
        while taken < sent:
            taken += 65_536
            yield b"x" * 65_536

    headers = {"Content-Length": str(sent)} if says_so else {}
    answer = await browser().post("/api/v1/session", content=chunks(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert min(sent, HTTP_BODY_DRAINED_MAX_BYTES) <= taken <= HTTP_BODY_DRAINED_MAX_BYTES + 65_536


async def test_what_is_no_json_is_called_so(browser: Browsers) -> None:
    answer = await browser().post("/api/v1/session", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.json()["errors"] == [{"field": "body", "message": "This is not JSON."}]


async def test_a_failure_of_ours_shows_no_stack(app: FastAPI, browser: Browsers, tenant: Tenant) -> None:
    def broken(tx: Tx, *_: object) -> None:
        raise ZeroDivisionError("secret detail")

    anna = browser()
    await anna.sign_in(tenant.owner)
    app.state.admit_station = broken
    answer = await anna.get("/api/v1/stations/x/buttons")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.sqlite
async def test_a_full_disk_is_named(app: FastAPI, browser: Browsers, tenant: Tenant) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    with app.state.database.transaction() as tx:  # on the one connection that every transaction here uses
        (used,) = tx._driver.execute("PRAGMA page_count").fetchone()
        tx._driver.execute(f"PRAGMA max_page_count={used}")
    project = {"kind": "project", "parent_id": tenant.company.id}
    codes = set()
    for number in range(200):
        answer = await anna.post("/api/v1/places", json=project | {"name": f"{number} " + "x" * 100})
        codes.add((answer.status_code, answer.json().get("code")))
        if answer.status_code != 201:
            break
    assert (507, "storage_full") in codes
    assert (await anna.get("/api/v1/places")).status_code == 200


async def test_health_names_what_is_wrong(app: FastAPI, browser: Browsers) -> None:
    assert (await browser().get("/health/live")).status_code == 200
    ready = await browser().get("/health/ready")
    assert ready.json()["checks"]["database"] is None
    with app.state.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    behind = await browser().get("/health/ready")
    assert behind.status_code == 503
    assert "schema is at 0000" in behind.json()["checks"]["database"]
