"""Call buttons over HTTP, on stations that exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from antiphon import devices, tenancy
from antiphon.database import Database
from antiphon.devices.store import set_claimed
from browsers import Browser
from residents import StillClock, Tenant

Browsers = Callable[..., Browser]


@pytest.fixture
def station(database: Database, tenant: Tenant, clock: StillClock) -> devices.Station:
    with database.transaction() as tx:
        return devices.create_station(tx, tenant.scope, name="Haupteingang", place_id=tenant.site.id, now=clock.now())


async def test_an_administrator_binds_a_button(
    browser: Browsers, tenant: Tenant, station: devices.Station, database: Database
) -> None:
    anna, bernd = browser(), browser()
    await anna.sign_in(tenant.owner)
    await bernd.sign_in(tenant.operator)
    path = f"/api/v1/stations/{station.id}/buttons"
    rest: dict[str, Any] = {"account_ids": [], "station_ids": [], "contact_ids": [], "group_ids": []}
    main = {"name": "main", "label": "", "user_ids": None, **rest, "priority": "normal"}
    assert (await bernd.get(path)).json() == {"items": [main], "members": []}
    office = {"name": "office", "label": "Büro", "user_ids": [tenant.operator.id], **rest, "priority": "high"}
    wanted = {"items": [office]}
    assert (await anna.put(path, json=wanted)).json()["items"] == wanted["items"]
    assert (await bernd.get(path)).json()["items"] == wanted["items"]
    with database.transaction() as tx:
        desired = devices.store.desired(tx, tenant.scope, station.id)
    assert desired is not None
    assert [(button.name, button.label) for button in desired.buttons] == [("office", "Büro")]


@pytest.mark.parametrize(
    "items",
    [
        [{"name": "main"}, {"name": "main"}],
        [{"name": "Main Door"}],
        [{"name": "main", "user_ids": "everybody"}],
        [{"name": "main", "label": "x" * 121}],
        [{"name": f"b{number}"} for number in range(65)],
    ],
)
async def test_buttons_outside_the_contract(
    browser: Browsers, tenant: Tenant, station: devices.Station, items: list[dict[str, Any]]
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    answer = await anna.put(f"/api/v1/stations/{station.id}/buttons", json={"items": items})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")


async def test_stations_and_people_of_another_company_are_not_found(
    browser: Browsers, tenant: Tenant, other: Tenant, station: devices.Station
) -> None:
    eva, anna = browser(), browser()
    await eva.sign_in(other.owner)
    await anna.sign_in(tenant.owner)
    path = f"/api/v1/stations/{station.id}/buttons"
    assert (await eva.get(path)).status_code == 404
    assert (await eva.put(path, json={"items": []})).status_code == 404
    foreign = {"items": [{"name": "main", "user_ids": [other.operator.id]}]}
    assert (await anna.put(path, json=foreign)).status_code == 404
    assert (await anna.get(path)).json()["items"][0]["name"] == "main"


async def test_a_button_that_would_ring_a_thirty_third_is_refused_with_the_limit(
    browser: Browsers, tenant: Tenant, station: devices.Station, database: Database, clock: StillClock
) -> None:
    """By name, and where it rings everybody; what it rang before may stay when the company grows."""
    anna = browser()
    await anna.sign_in(tenant.owner)
    path = f"/api/v1/stations/{station.id}/buttons"
    people = [residents(database, tenant, clock, number) for number in range(33)]
    everybody = {"name": "main"}
    named = {"name": "office", "user_ids": people}
    for item in (named, {**everybody, "name": "all"}):
        answer = await anna.put(path, json={"items": [everybody, item]})
        assert (answer.status_code, answer.json()["code"]) == (422, "too_many_receivers")
        assert answer.json()["detail"].startswith("At most 32 ring at once")
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
            ("items/1", "too_many_receivers")
        ]
    assert [button["name"] for button in (await anna.get(path)).json()["items"]] == ["main"]
    fits = {"name": "office", "user_ids": people[:32]}
    assert (await anna.put(path, json={"items": [{**everybody, "label": "Läuten"}, fits]})).status_code == 200
    new = {"name": "Hof", "place_id": tenant.site.id, "buttons": [{"name": "main", "user_ids": people}]}
    answer = await anna.post("/api/v1/stations", json=new)
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_receivers")


def residents(database: Database, tenant: Tenant, clock: StillClock, number: int) -> str:
    """One more who may answer."""
    with database.transaction() as tx:
        return tenancy.create_user(
            tx,
            tenant.scope,
            name=f"Person {number}",
            email=f"{number}@x.example",
            password_hash=None,
            role_id="role_operator",
            now=clock.now(),
        ).id


async def test_a_button_rings_stations_of_its_company_alone(
    browser: Browsers, tenant: Tenant, other: Tenant, station: devices.Station, database: Database, clock: StillClock
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    with database.transaction() as tx:
        flat = devices.create_station(tx, tenant.scope, name="Top 4", place_id=tenant.site.id, now=clock.now())
        set_claimed(tx, tenant.scope, flat.id, model="indoor", software="1")
        foreign = devices.create_station(tx, other.scope, name="Top 9", place_id=other.site.id, now=clock.now())
    telephone = (await anna.post("/api/v1/accounts", json={"name": "Pult", "place_id": tenant.site.id})).json()["id"]
    path = f"/api/v1/stations/{station.id}/buttons"
    bound = (await anna.put(path, json={"items": [{"name": "main", "station_ids": [flat.id]}]})).json()
    assert bound["items"][0]["station_ids"] == [flat.id]
    assert bound["members"] == [{"kind": "station", "id": flat.id, "name": "Top 4"}]
    for wrong in (foreign.id, telephone):
        refused = await anna.put(path, json={"items": [{"name": "main", "station_ids": [wrong]}]})
        assert (refused.status_code, refused.json()["code"]) == (404, "station_not_found")
