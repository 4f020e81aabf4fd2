"""Whoever has what is still there is not sent it again (RFC 9110 13.1.2)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from test_every_endpoint import DOCUMENT, OPERATIONS, one_of_everything

from antiphon.database import Database
from browsers import Browser
from residents import StillClock, Tenant

Browsers = Callable[..., Browser]
PIXEL = DOCUMENT["components"]["schemas"]["NewPicture"]["properties"]["data"]["examples"][0]
TAGGED = [
    path for method, path in OPERATIONS if method == "GET" and "304" in DOCUMENT["paths"][path]["get"]["responses"]
]


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant) -> Browser:
    one = browser()
    await one.sign_in(tenant.owner)
    return one


@pytest.mark.parametrize("path", TAGGED)
async def test_everything_with_an_etag_is_answered_with_304_to_whoever_has_it(
    anna: Browser, database: Database, tenant: Tenant, clock: StillClock, path: str
) -> None:
    with database.transaction() as tx:
        url = path.format(**one_of_everything(tx, tenant, tenant.site, clock))
    if path.endswith(("/picture", "/logo")):
        await anna.put(url, json={"data": PIXEL})
    tag = (await anna.get(url)).headers["etag"]
    for has in (tag, f"W/{tag}", f'"older", {tag}', "*"):
        answer = await anna.get(url, headers={"If-None-Match": has})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag), has
    for has in ('"older"', tag.strip('"'), ""):
        assert (await anna.get(url, headers={"If-None-Match": has})).status_code == 200


def test_there_are_such() -> None:
    assert {"/api/v1/me", "/api/v1/places/{place_id}", "/api/v1/users/{user_id}"} <= set(TAGGED)


async def test_what_was_changed_is_sent(anna: Browser, tenant: Tenant) -> None:
    url = f"/api/v1/places/{tenant.site.id}"
    known = {"If-None-Match": (await anna.get(url)).headers["etag"]}
    await anna.patch(url, json={"name": "Rainerstraße 14"})
    answer = await anna.get(url, headers=known)
    assert (answer.status_code, answer.json()["name"]) == (200, "Rainerstraße 14")
    assert answer.headers["etag"] != known["If-None-Match"]


async def test_a_refusal_stays_one(anna: Browser, browser: Browsers, tenant: Tenant) -> None:
    assert (await anna.get("/api/v1/places/none", headers={"If-None-Match": "*"})).status_code == 404
    assert (await browser().get("/api/v1/me", headers={"If-None-Match": "*"})).status_code == 401
