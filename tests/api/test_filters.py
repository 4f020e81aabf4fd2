"""What lists are narrowed by shows what was asked for and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from test_every_endpoint import one_of_everything

from antiphon import tenancy
from antiphon.database import Database
from browsers import Browser
from residents import StillClock, Tenant

Browsers = Callable[..., Browser]
Json = Any  # Any: a JSON document


@pytest.fixture
def two(database: Database, tenant: Tenant, clock: StillClock) -> list[dict[str, str]]:
    """One of everything, twice, at two sites."""
    with database.transaction() as tx:
        beside = tenancy.create_place(tx, tenant.scope, "site", str(tenant.site.parent_id), "Beside", clock.now())
        made = [one_of_everything(tx, tenant, site, clock) | {"site_id": site.id} for site in (tenant.site, beside)]
        for ids in made:
            who = tenancy.Principal(ids["user_id"], tenant.company.id, "Dora")
            tenancy.record(tx, tenant.scope, who, clock.now(), "place.added", ids["place_id"])
    return made


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant) -> Browser:
    one = browser()
    await one.sign_in(tenant.owner)
    return one


@pytest.mark.parametrize(
    ("path", "filtered_by", "means", "shows", "as_"),
    [
        ("doors", "station_id", "station_id", "door_id", "id"),
        ("accounts", "place_id", "site_id", "account_id", "id"),
        ("accounts", "place_id", "place_id", "account_id", "id"),
        ("stations", "place_id", "site_id", "station_id", "id"),
        ("contacts", "place_id", "site_id", "contact_id", "id"),
        ("calls", "station_id", "station_id", "call_id", "call_id"),
        ("grants", "user_id", "user_id", "grant_id", "id"),
        ("grants", "place_id", "place_id", "grant_id", "id"),
        ("audit", "subject_id", "place_id", "place_id", "subject_id"),
        ("audit", "actor_id", "user_id", "place_id", "subject_id"),
        ("users", "role_id", "role_id", None, "id"),
        ("doors", "station_id", "account_id", None, "id"),
    ],
)
async def test_a_filter_shows_what_it_says(
    anna: Browser,
    two: list[dict[str, str]],
    path: str,
    filtered_by: str,
    means: str,
    shows: str | None,
    as_: str,
) -> None:
    for ids in two:
        answer = await anna.get(f"/api/v1/{path}", params={filtered_by: ids[means]})
        found = [thing[as_] for thing in answer.json()["items"]]
        # A place has a right of a guest as well.
        asked_about = [thing for thing in found if shows is None or thing in [every[shows] for every in two]]
        assert asked_about == ([] if shows is None else [ids[shows]])


async def test_a_place_that_is_not_there_narrows_nothing(anna: Browser) -> None:
    for path in ("stations", "accounts", "contacts", "ring-groups", "users"):
        answer = await anna.get(f"/api/v1/{path}", params={"place_id": "none"})
        assert (answer.status_code, answer.json()["code"]) == (404, "place_not_found")


async def test_what_was_read_of_a_grant_guards_its_times(anna: Browser, two: list[dict[str, str]]) -> None:
    url = f"/api/v1/grants/{two[0]['grant_id']}"
    read = (await anna.get(url)).headers["etag"]
    later = {"starts_at": None, "ends_at": "2027-01-01T00:00:00Z"}
    assert (await anna.put(f"{url}/times", json=later, headers={"If-Match": read})).status_code == 200
    late = await anna.put(f"{url}/times", json=later, headers={"If-Match": read})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")


@pytest.mark.parametrize("path", ["users", "accounts", "contacts", "stations"])
async def test_what_belongs_to_a_place_is_listed_with_and_without_what_is_below(
    anna: Browser, tenant: Tenant, two: list[dict[str, str]], path: str
) -> None:
    inner = await anna.post("/api/v1/places", json={"kind": "folder", "parent_id": two[0]["place_id"], "name": "Inner"})
    home = {"place_id": inner.json()["id"]}
    one = {"users": "user_id", "accounts": "account_id", "contacts": "contact_id", "stations": "station_id"}[path]
    moved = await anna.patch(f"/api/v1/{path}/{two[0][one]}", json=home)
    assert moved.status_code == 200, moved.text

    async def at(place_id: str, *, direct: bool) -> list[str]:
        asked = {"place_id": place_id, "direct": "true" if direct else "false"}
        return [thing["id"] for thing in (await anna.get(f"/api/v1/{path}", params=asked)).json()["items"]]

    assert await at(home["place_id"], direct=True) == [two[0][one]]
    assert two[0][one] in await at(two[0]["place_id"], direct=False)
    assert two[0][one] not in await at(two[0]["place_id"], direct=True)
