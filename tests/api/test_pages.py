"""Every list that can grow is given in pages that follow each other without a gap; none is cut where nobody sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from test_every_endpoint import DOCUMENT, OPERATIONS, one_of_everything

from antiphon import tenancy
from antiphon.access import Actor
from antiphon.access.store import log_attempt
from antiphon.assembly.reference.examples import resolved
from antiphon.database import Database
from antiphon.tenancy.rights import PERMISSIONS
from browsers import Browser
from residents import StillClock, Tenant, password_hash

Browsers = Callable[..., Browser]
Json = Any  # Any: a JSON document
IDS: dict[str, str] = {}  # of the newest of everything, for lists of one thing's
# Whole in one answer: what is the asker's own, what a limit bounds, where somebody's tree begins.
WHOLE = {
    "/api/v1/holiday-calendars",
    "/api/v1/me/companies",
    "/api/v1/me/do-not-disturb",
    "/api/v1/me/passkeys",
    "/api/v1/me/sessions",
    "/api/v1/places/entrances",
    "/api/v1/search",
    "/api/v1/stations/{station_id}/buttons",
    "/api/v1/users/{user_id}/do-not-disturb",
}


def gives_a_list(path: str) -> bool:
    answer = DOCUMENT["paths"][path]["get"]["responses"]["200"].get("content", {}).get("application/json")
    return answer is not None and "items" in resolved(DOCUMENT, answer["schema"]).get("properties", {})


def takes_a_cursor(path: str) -> bool:
    return "cursor" in {one["name"] for one in DOCUMENT["paths"][path]["get"].get("parameters", ())}


LISTS = [path for method, path in OPERATIONS if method == "GET" and gives_a_list(path)]
PAGED = [path for path in LISTS if takes_a_cursor(path)]


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant, database: Database, clock: StillClock) -> Browser:
    """An owner whose company has several of everything."""
    for _ in range(5):
        with database.transaction() as tx:
            ids = one_of_everything(tx, tenant, tenant.site, clock)
            IDS.update(ids)
            what = {"door_id": ids["door_id"], "station_id": ids["station_id"], "call_id": ids["call_id"]}
            who = Actor("user", tenant.owner.id, "Anna")
            log_attempt(tx, tenant.scope, now=clock.now(), actor=who, request_id="tap", outcome="opened", **what)
            tenancy.record(tx, tenant.scope, tenancy.Principal(tenant.owner.id, tenant.company.id, "Anna"),
                           clock.now(), "place.added", ids["place_id"])  # fmt: skip
    one = browser()
    await one.sign_in(tenant.owner)
    return one


async def pages(anna: Browser, path: str, limit: int, **given: str) -> list[list[Json]]:
    found, cursor = [], None
    while cursor is not None or not found:
        parameters = given | {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        answer = (await anna.get(path.format(**IDS), params=parameters)).json()
        found.append(answer["items"])
        cursor = answer["next_cursor"]
    return found


def test_every_list_is_paged_or_says_here_why_not() -> None:
    assert set(LISTS) - set(PAGED) == WHOLE


@pytest.mark.parametrize("path", PAGED)
async def test_pages_follow_each_other_without_a_gap(anna: Browser, path: str) -> None:
    (whole,) = await pages(anna, path, 100)
    parts = await pages(anna, path, 2)
    assert [thing for part in parts for thing in part] == whole
    if path != "/api/v1/tree":  # begins at the company
        assert len(whole) > 4
        assert [len(part) for part in parts[:-1]] == [2] * (len(parts) - 1)


@pytest.mark.parametrize("path", PAGED)
async def test_a_cursor_that_nobody_made_is_refused(anna: Browser, path: str) -> None:
    for cursor in ("x", "W10", "WzFd", "eyJhIjoxfQ", "e30", "bnVsbA", "WyJhIiwgImIiLCAiYyIsICJkIl0"):
        answer = await anna.get(path.format(**IDS), params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_input"), cursor


async def test_roles_are_the_shipped_ones_first_then_by_name(anna: Browser) -> None:
    for name in ("änne", "Zoe", "anna"):
        await anna.post("/api/v1/roles", json={"name": name, "permissions": ["places.read"]})
    found = [role for page in await pages(anna, "/api/v1/roles", 3) for role in page]
    assert [role["shipped"] for role in found] == sorted((role["shipped"] for role in found), reverse=True)
    own = [role["name"] for role in found if role["name"] in ("änne", "Zoe", "anna")]
    assert own == ["anna", "änne", "Zoe"]


async def test_outermost_places_are_paged_as_those_below(
    browser: Browsers, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    with database.transaction() as tx:
        guard = tenancy.create_user(
            tx, tenant.scope, name="Otto", email="o@x.example", password_hash=password_hash(), now=clock.now()
        )
        for name in ("Ost", "West", "Süd", "Nord", "Mitte"):
            site = tenancy.create_place(tx, tenant.scope, "site", str(tenant.site.parent_id), name, clock.now())
            tenancy.give(tx, tenant.scope, guard.id, "role_viewer", site.id, clock.now())
    otto = browser()
    await otto.sign_in(guard)
    assert [[place["name"] for place in page] for page in await pages(otto, "/api/v1/tree", 2)] == [
        ["Mitte", "Nord"],
        ["Ost", "Süd"],
        ["West"],
    ]


async def test_a_person_is_shown_with_all_that_they_were_given(
    browser: Browsers, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    with database.transaction() as tx:
        for number in range(30):
            place = tenancy.create_place(tx, tenant.scope, "folder", tenant.site.id, f"Stiege {number}", clock.now())
            tenancy.give(tx, tenant.scope, tenant.operator.id, "role_viewer", place.id, clock.now())
    anna = browser()
    await anna.sign_in(tenant.owner)
    bernd = (await anna.get(f"/api/v1/users/{tenant.operator.id}")).json()
    assert len(bernd["grants"]) == 31


async def test_keys_name_a_role_of_the_companys_own(
    anna: Browser, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    role = (await anna.post("/api/v1/roles", json={"name": "Own", "permissions": [PERMISSIONS[0]]})).json()
    ends = clock.now().replace(year=clock.now().year + 1).isoformat()
    for number in range(3):
        await anna.post("/api/v1/keys", json={"name": f"{number}", "role_id": role["id"], "expires_at": ends})
    listed = (await anna.get("/api/v1/keys")).json()["items"]
    assert [key["role"]["name"] for key in listed[:3]] == ["Own"] * 3
