"""Lists are filtered by text as the search finds: by beginnings of words, in the list's own order, a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from antiphon import tenancy
from antiphon.database import Database
from browsers import Browser
from residents import StillClock, Tenant, password_hash

Browsers = Callable[..., Browser]
Json = Any  # Any: a JSON document


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant) -> Browser:
    one = browser()
    await one.sign_in(tenant.owner)
    return one


async def names(who: Browser, path: str, **params: Json) -> list[str]:
    answer = await who.get(f"/api/v1/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["items"]]


@pytest.mark.parametrize("path", ["contacts", "ring-groups"])
async def test_parties_are_filtered_by_the_beginnings_of_their_words(anna: Browser, tenant: Tenant, path: str) -> None:
    for name in ("Ordination Dr. Müller", "Familie Muller", "Hausverwaltung"):
        await anna.post(f"/api/v1/{path}", json={"name": name, "place_id": tenant.site.id})
    assert await names(anna, path, q="müll") == ["Familie Muller", "Ordination Dr. Müller"]
    assert await names(anna, path, q="ord MULL") == ["Ordination Dr. Müller"]
    assert await names(anna, path, q="üller") == []
    assert await names(anna, path, q="%") == []
    first = (await anna.get(f"/api/v1/{path}", params={"q": "m", "limit": 1})).json()
    assert await names(anna, path, q="m", limit=1, cursor=first["next_cursor"]) == ["Ordination Dr. Müller"]


async def test_a_contact_is_found_by_its_company_too(anna: Browser, tenant: Tenant) -> None:
    new = {"name": "Ordination", "company_name": "Lechner & Partner", "place_id": tenant.site.id}
    await anna.post("/api/v1/contacts", json=new)
    assert await names(anna, "contacts", q="lech part") == ["Ordination"]


async def test_contacts_directly_in_a_place_are_not_those_below_it(anna: Browser, tenant: Tenant) -> None:
    folder = {"kind": "folder", "name": "Stiege", "parent_id": tenant.site.id}
    below = (await anna.post("/api/v1/places", json=folder)).json()["id"]
    for name, place_id in (("Oben", tenant.site.id), ("Unten", below)):
        await anna.post("/api/v1/contacts", json={"name": name, "place_id": place_id})
    assert await names(anna, "contacts", place_id=tenant.site.id) == ["Oben", "Unten"]
    assert await names(anna, "contacts", place_id=tenant.site.id, direct=True) == ["Oben"]


async def test_another_companys_contacts_fit_no_text(anna: Browser, browser: Browsers, other: Tenant) -> None:
    olga = browser()
    await olga.sign_in(other.owner)
    await olga.post("/api/v1/contacts", json={"name": "Fremd", "place_id": other.site.id})
    assert await names(anna, "contacts", q="fremd") == []


async def test_people_are_filtered_by_name_and_by_address(anna: Browser, tenant: Tenant) -> None:
    assert await names(anna, "users", q="an") == ["Anna"]
    assert await names(anna, "users", q=tenant.operator.email[:8]) == [tenant.operator.name]
    assert await names(anna, "users", q="an", active=False) == []


async def test_whoever_may_not_see_addresses_finds_nobody_by_them(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    with database.transaction() as tx:
        user = tenancy.create_user(tx, tenant.scope, name="Clara", email="clara@salzach.example",
                                   password_hash=password_hash(), now=clock.now())  # fmt: skip
        looks = tenancy.create_role(tx, tenant.scope, "Sees people", frozenset({"people.read"}), clock.now())
        tenancy.give(tx, tenant.scope, user.id, looks.id, tenant.company.id, clock.now())
    clara = browser()
    await clara.sign_in("clara@salzach.example")
    assert await names(clara, "users", q="anna") == ["Anna"]
    assert await names(clara, "users", q=tenant.operator.email) == []
