"""Users, projects, sites and folders over HTTP: rights, rules, and another company's ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from browsers import Browser
from residents import Tenant

Browsers = Callable[..., Browser]


async def test_an_administrator_adds_a_user_who_signs_in(browser: Browsers, tenant: Tenant) -> None:
    anna = browser()
    await anna.sign_in(tenant.administrator)
    new = {"name": " Clara  ", "email": "Clara@Salzach.example", "role": "operator", "password": "quiet-lantern-forty"}
    made = await anna.post("/api/v1/users", json=new)
    assert made.json()["language"] is None, "their browser's, until they choose one"
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["email"]) == ("Clara", "clara@salzach.example")
    assert (await browser().sign_in("clara@salzach.example", "quiet-lantern-forty")).status_code == 200
    names = [user["name"] for user in (await anna.get("/api/v1/users")).json()["items"]]
    assert names == ["Anna", "Bernd", "Clara"]


async def test_an_address_belongs_to_one_user_across_companies(
    browser: Browsers, tenant: Tenant, other: Tenant
) -> None:
    anna = browser()
    await anna.sign_in(tenant.administrator)
    new = {"name": "Clara", "email": other.operator.email.upper(), "password": "quiet-lantern-forty"}
    answer = await anna.post("/api/v1/users", json=new)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


@pytest.mark.parametrize(
    "password", ["short", "aaaaaaaaaaaaaaaa", "1234567890123", "passwortpasswort", "clara.berger1234", "qwertzuiopasdf"]
)
async def test_weak_passwords_are_refused(browser: Browsers, tenant: Tenant, password: str) -> None:
    anna = browser()
    await anna.sign_in(tenant.administrator)
    new = {"name": "Clara Berger", "email": "clara.berger@salzach.example", "password": password}
    answer = await anna.post("/api/v1/users", json=new)
    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")


@pytest.mark.parametrize("change", [{"role": "operator"}, {"active": False}])
async def test_the_last_administrator_stays(browser: Browsers, tenant: Tenant, change: dict[str, Any]) -> None:
    anna = browser()
    await anna.sign_in(tenant.administrator)
    answer = await anna.patch(f"/api/v1/users/{tenant.administrator.id}", json=change)
    assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")


async def test_a_role_changes_with_the_next_sign_in(browser: Browsers, tenant: Tenant) -> None:
    anna, bernd = browser(), browser()
    await anna.sign_in(tenant.administrator)
    await bernd.sign_in(tenant.operator)
    await anna.patch(f"/api/v1/users/{tenant.operator.id}", json={"role": "administrator"})
    assert (await bernd.get("/api/v1/users")).json()["code"] == "session_ended"
    await bernd.sign_in(tenant.operator)
    assert (await bernd.get("/api/v1/users")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/v1/users", None),
        ("POST", "/api/v1/users", {"name": "C", "email": "c@c.example", "password": "quiet-lantern-forty"}),
        ("PATCH", "/api/v1/users/{user}", {"name": "C"}),
        ("POST", "/api/v1/projects", {"name": "P"}),
        ("POST", "/api/v1/sites", {"project_id": "p", "name": "S", "time_zone": "Europe/Vienna"}),
        ("POST", "/api/v1/sites/{site}/folders", {"name": "F"}),
        ("PUT", "/api/v1/stations/x/buttons", {"items": []}),
    ],
)
async def test_operators_change_nothing(
    browser: Browsers, tenant: Tenant, method: str, path: str, body: dict[str, Any] | None
) -> None:
    bernd = browser()
    await bernd.sign_in(tenant.operator)
    path = path.format(user=tenant.operator.id, site=tenant.site.id)
    answer = await bernd.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "administrators_only")
    nobody = await browser().request(method, path, json=body)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthenticated")


async def test_places_are_nested(browser: Browsers, tenant: Tenant) -> None:
    anna = browser()
    await anna.sign_in(tenant.administrator)
    project = (await anna.post("/api/v1/projects", json={"name": "Neustadt"})).json()
    new = {"project_id": project["id"], "name": "Imbergstraße 3", "time_zone": "Europe/Vienna", "language": "de"}
    site = (await anna.post("/api/v1/sites", json=new)).json()
    assert site["project_name"] == "Neustadt"
    folders = f"/api/v1/sites/{site['id']}/folders"
    outer = (await anna.post(folders, json={"name": "Stiege 1"})).json()
    inner = (await anna.post(folders, json={"name": "2. Stock", "parent_id": outer["id"]})).json()
    assert inner["path"] == f"/{outer['id']}/{inner['id']}/"
    assert [folder["name"] for folder in (await anna.get(folders)).json()["items"]] == ["Stiege 1", "2. Stock"]
    assert [item["name"] for item in (await anna.get("/api/v1/projects")).json()["items"]] == ["Altstadt", "Neustadt"]
    names = [item["name"] for item in (await anna.get("/api/v1/sites")).json()["items"]]
    assert names == ["Imbergstraße 3", "Rainerstraße 12"]


async def test_folders_end_at_a_depth(browser: Browsers, tenant: Tenant) -> None:
    anna = browser()
    await anna.sign_in(tenant.administrator)
    parent: str | None = None
    for _depth in range(30):
        answer = await anna.post(
            f"/api/v1/sites/{tenant.site.id}/folders", json={"name": "inside", "parent_id": parent}
        )
        if answer.status_code != 201:
            break
        parent = answer.json()["id"]
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")


async def test_a_time_zone_has_to_exist(browser: Browsers, tenant: Tenant) -> None:
    anna = browser()
    await anna.sign_in(tenant.administrator)
    new = {"project_id": tenant.site.project_id, "name": "S", "time_zone": "Europe/Salzburg"}
    answer = await anna.post("/api/v1/sites", json=new)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert "Europe/Vienna" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/v1/users/{user}", {"name": "Taken over"}),
        ("PATCH", "/api/v1/users/{user}", {"password": "quiet-lantern-forty"}),
        ("POST", "/api/v1/sites", {"project_id": "{project}", "name": "S", "time_zone": "Europe/Vienna"}),
        ("GET", "/api/v1/sites/{site}/folders", None),
        ("POST", "/api/v1/sites/{site}/folders", {"name": "F"}),
        ("POST", "/api/v1/sites/{own_site}/folders", {"name": "F", "parent_id": "{folder}"}),
    ],
)
async def test_another_companys_ids_are_not_found(
    browser: Browsers, tenant: Tenant, other: Tenant, method: str, path: str, body: dict[str, Any] | None
) -> None:
    eva = browser()
    await eva.sign_in(other.administrator)
    folder = (await eva.post(f"/api/v1/sites/{other.site.id}/folders", json={"name": "theirs"})).json()["id"]
    ids = {
        "user": other.operator.id,
        "project": other.site.project_id,
        "site": other.site.id,
        "own_site": tenant.site.id,
        "folder": folder,
    }
    anna = browser()
    await anna.sign_in(tenant.administrator)
    filled = {key: value.format(**ids) for key, value in body.items()} if body else None
    answer = await anna.request(method, path.format(**ids), json=filled)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await eva.sign_in(other.operator)).json()["user"]["name"] == "Bernd"


async def test_lists_hold_the_own_company_only(browser: Browsers, tenant: Tenant, other: Tenant) -> None:
    anna = browser()
    await anna.sign_in(tenant.administrator)
    for path in ("/api/v1/users", "/api/v1/projects", "/api/v1/sites"):
        text = (await anna.get(path)).text
        for foreign in (other.administrator.id, other.operator.id, other.site.id, other.site.project_id):
            assert foreign not in text
