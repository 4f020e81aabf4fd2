"""SIP accounts over HTTP: made, listed, given a new password, removed; by administrators alone."""

from __future__ import annotations

from collections.abc import Callable

from browsers import Browser
from residents import Tenant

Browsers = Callable[..., Browser]


async def test_an_account_from_its_making_to_its_end(browser: Browsers, tenant: Tenant) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    answer = await anna.post("/api/v1/accounts", json={"name": "Empfang", "place_id": tenant.site.id})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    path = f"/api/v1/accounts/{made['id']}"
    assert made["credentials"]["user"] == made["number"]
    assert (made["early_video"], made["opens_doors"], made["online"]) == (False, True, False)

    shown = (await anna.get(path)).json()
    assert "credentials" not in shown, "the password is shown once"
    assert (await anna.get("/api/v1/accounts")).json()["items"] == [shown]
    assert (await anna.get("/api/v1/stations")).json()["items"] == []
    changed = (await anna.patch(path, json={"early_video": True})).json()
    assert changed == shown | {"early_video": True}
    again = await anna.post(f"{path}/password")
    assert again.json()["password"] != made["credentials"]["password"]

    door = {"station_id": made["id"], "name": "Hof", "output": "12#"}
    assert (await anna.post("/api/v1/doors", json=door)).status_code == 201
    assert (await anna.post("/api/v1/doors", json=door | {"output": "door"})).json()["code"] == "output_invalid"
    assert (await anna.delete(path)).status_code == 204
    assert (await anna.get("/api/v1/doors")).json()["items"] == []
    assert (await anna.get(path)).json()["code"] == "account_not_found"


async def test_an_operator_sees_accounts_and_makes_none(browser: Browsers, tenant: Tenant) -> None:
    bernd = browser()
    await bernd.sign_in(tenant.operator)
    assert (await bernd.get("/api/v1/accounts")).status_code == 200
    answer = await bernd.post("/api/v1/accounts", json={"name": "Empfang", "place_id": tenant.site.id})
    assert answer.status_code == 403


async def test_a_button_rings_accounts_of_its_company_alone(browser: Browsers, tenant: Tenant, other: Tenant) -> None:
    anna, eve = browser(), browser()
    await anna.sign_in(tenant.owner)
    await eve.sign_in(other.owner)
    station = (await anna.post("/api/v1/stations", json={"name": "Tor", "place_id": tenant.site.id})).json()
    own = (await anna.post("/api/v1/accounts", json={"name": "Empfang", "place_id": tenant.site.id})).json()
    foreign = (await eve.post("/api/v1/accounts", json={"name": "Empfang", "place_id": other.site.id})).json()
    path = f"/api/v1/stations/{station['id']}/buttons"
    button = {"name": "main", "label": "", "user_ids": None, "account_ids": [own["id"]]}
    kept = button | {"station_ids": [], "contact_ids": [], "group_ids": [], "priority": "normal"}
    assert (await anna.put(path, json={"items": [button]})).json()["items"] == [kept]
    refused = await anna.put(path, json={"items": [button | {"account_ids": [foreign["id"]]}]})
    assert (refused.status_code, refused.json()["code"]) == (404, "account_not_found")
