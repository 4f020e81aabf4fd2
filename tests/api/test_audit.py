"""The audit trail says what things are called: those that are there, and those that are gone."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from antiphon import tenancy
from antiphon.database import Database, Tx
from antiphon.tenancy.audit import ACTIONS
from browsers import Browser
from residents import StillClock, Tenant

Browsers = Callable[..., Browser]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant) -> Browser:
    """The owner."""
    anna = browser()
    await anna.sign_in(tenant.owner)
    return anna


async def trail(somebody: Browser, **query: str) -> tuple[list[Any], dict[str, Any]]:
    """The changes, and what their ids are called."""
    answer = await somebody.get("/api/v1/audit", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"], {one["id"]: one for one in answer.json()["names"]}


async def test_it_names_who_did_it_and_to_whom_and_where(anna: Browser, tenant: Tenant) -> None:
    role = (await anna.post("/api/v1/roles", json={"name": "Nachtdienst", "permissions": ["doors.open"]})).json()
    new = {"user_id": tenant.operator.id, "role_id": role["id"], "place_id": tenant.site.id}
    await anna.post("/api/v1/grants", json=new)
    (given, *_), names = await trail(anna)
    assert names[given["actor_id"]]["name"] == tenant.owner.name
    assert names[tenant.operator.id]["kind"] == "user"
    assert names[tenant.site.id]["name"] == tenant.site.name
    assert (names[role["id"]]["kind"], names[role["id"]]["name"]) == ("role", "Nachtdienst")
    assert all(one["there"] and not one["guest"] for one in names.values())


async def test_it_names_stations_doors_keys_and_invitations(anna: Browser, tenant: Tenant) -> None:
    station = (await anna.post("/api/v1/stations", json={"name": "Tor", "place_id": tenant.site.id})).json()
    door = {"station_id": station["id"], "name": "Garage", "kind": "barrier"}
    doors = (await anna.post("/api/v1/doors", json=door)).json()
    account = (await anna.post("/api/v1/accounts", json={"name": "Lift", "place_id": tenant.site.id})).json()
    key = {"name": "Türanzeige", "role_id": "role_viewer", "expires_at": "2030-01-01T00:00:00Z"}
    keys = (await anna.post("/api/v1/keys", json=key)).json()
    invitation = {"role_id": "role_viewer", "place_id": tenant.site.id, "name": "Doris"}
    invited = (await anna.post("/api/v1/invitations", json=invitation)).json()
    _, names = await trail(anna)
    told = {one["kind"]: one["name"] for one in names.values() if one["kind"] not in ("user", "place")}
    assert told == {"station": "Tor", "door": "Garage", "account": "Lift", "key": "Türanzeige", "invitation": "Doris"}
    assert {station["id"], doors["id"], account["id"], keys["id"], invited["id"]} <= names.keys()


async def test_what_is_gone_is_called_what_it_was_called_last(anna: Browser, tenant: Tenant) -> None:
    new = {"kind": "folder", "name": "Stiege 1", "parent_id": tenant.site.id}
    folder = (await anna.post("/api/v1/places", json=new)).json()
    await anna.patch(f"/api/v1/places/{folder['id']}", json={"name": "Stiege A"})
    await anna.delete(f"/api/v1/places/{folder['id']}")
    items, names = await trail(anna, subject_id=folder["id"])
    assert [one["action"] for one in items] == ["place.removed", "place.changed", "place.added"]
    assert (names[folder["id"]]["name"], names[folder["id"]]["there"]) == ("Stiege A", False)


async def test_only_what_was_done_to_one_thing_is_told_page_by_page(anna: Browser, tenant: Tenant) -> None:
    for name in ("Eins", "Zwei", "Drei"):
        await anna.patch(f"/api/v1/places/{tenant.site.id}", json={"name": name})
        await anna.patch("/api/v1/me", json={"name": name})
    first = (await anna.get("/api/v1/audit", params={"subject_id": tenant.site.id, "limit": 2})).json()
    items, _ = await trail(anna, subject_id=tenant.site.id, cursor=first["next_cursor"])
    assert [one["details"]["name"] for one in [*first["items"], *items]] == ["Drei", "Zwei", "Eins"]


async def test_a_guest_is_named_as_one(
    anna: Browser, browser: Browsers, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    def found(tx: Tx) -> tenancy.User:
        company = tenancy.create_company(tx, "Enns GmbH", clock.now())
        scope = tenancy.Principal("", company.id, "").scope
        return tenancy.create_user(
            tx, scope, name="Gerda Gast", email="gerda@enns.example", password_hash=None, now=clock.now()
        )

    gerda = database.run_sync(found)
    new = {"user_id": gerda.id, "role_id": "role_viewer", "place_id": tenant.site.id}

    def give(tx: Tx) -> None:
        who = tenancy.Principal(tenant.owner.id, tenant.scope.company_id, "")
        tenancy.record(tx, tenant.scope, who, clock.now(), "grant.given", "grant_x", **new)

    database.run_sync(give)
    _, names = await trail(anna)
    assert (names[gerda.id]["name"], names[gerda.id]["guest"]) == ("Gerda Gast", True)


async def test_names_are_for_those_who_may_see_the_things(anna: Browser, browser: Browsers, tenant: Tenant) -> None:
    await anna.post("/api/v1/stations", json={"name": "Tor", "place_id": tenant.site.id})
    role = {"name": "Revision", "permissions": ["audit.read", "places.read"]}
    made = (await anna.post("/api/v1/roles", json=role)).json()
    new = {"user_id": tenant.operator.id, "role_id": made["id"], "place_id": tenant.company.id}
    (await anna.post("/api/v1/grants", json=new)).raise_for_status()
    (own, _) = (await anna.get("/api/v1/grants", params={"user_id": tenant.operator.id})).json()["items"]
    await anna.delete(f"/api/v1/grants/{own['id']}")
    bernd = browser()
    await bernd.sign_in(tenant.operator)
    items, names = await trail(bernd)
    assert "station.added" in {one["action"] for one in items}
    assert {one["kind"] for one in names.values()} == {"place"}


def test_every_action_that_is_written_down_is_on_the_list_and_the_other_way_round() -> None:
    written = set()
    for path in (ROOT / "src" / "antiphon").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and path.name != "audit.py":
                written |= {node.value} & set(ACTIONS)
    assert written == set(ACTIONS)


def test_every_action_has_words_in_both_languages() -> None:
    words = ROOT / "web" / "src" / "words" / "portal"
    for language in ("de", "en"):
        told = (words / f"changes-{language}.ts").read_text()
        assert [action for action in ACTIONS if f'"change.{action}"' not in told] == []


async def test_a_withdrawn_invitation_says_whom_it_was_for(anna: Browser, tenant: Tenant) -> None:
    at = {"role_id": "role_viewer", "place_id": tenant.site.id}
    told = []
    for whom in ({"name": "Doris"}, {"email": "doris@example.org"}, {}):
        made = (await anna.post("/api/v1/invitations", json=at | whom)).json()
        assert (await anna.delete(f"/api/v1/invitations/{made['id']}")).status_code == 204
        trail = (await anna.get("/api/v1/audit", params={"subject_id": made["id"]})).json()["items"]
        told.append(trail[0]["details"]["name"])
    assert told == ["Doris", "d…@example.org", ""]
