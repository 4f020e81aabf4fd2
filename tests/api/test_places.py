"""The tree of places over HTTP: nested, renamed, moved with everything in it, removed when empty, found by words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from antiphon import devices, tenancy
from antiphon.calls import store as calls
from antiphon.clock import new_id
from antiphon.database import Database
from browsers import Browser
from residents import PASSWORD, StillClock, Tenant

Browsers = Callable[..., Browser]


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant) -> Browser:
    one = browser()
    await one.sign_in(tenant.owner)
    return one


async def made(anna: Browser, kind: str, parent_id: str, name: str, **more: object) -> dict[str, Any]:
    answer = await anna.post("/api/v1/places", json={"kind": kind, "parent_id": parent_id, "name": name, **more})
    assert answer.status_code == 201, answer.text
    place: dict[str, Any] = answer.json()
    return place


async def test_places_are_nested_and_say_where_they_are(anna: Browser, tenant: Tenant) -> None:
    project = await made(anna, "project", tenant.company.id, "Neustadt")
    site = await made(anna, "site", project["id"], "Imbergstraße 3", time_zone="Europe/London", language="en")
    outer = await made(anna, "folder", site["id"], "Stiege 1")
    inner = await made(anna, "folder", outer["id"], "2. Stock")
    assert inner["trail"] == "Imbergstraße 3, Stiege 1, 2. Stock"
    assert [place["name"] for place in inner["way"]] == [
        "Salzach",
        "Neustadt",
        "Imbergstraße 3",
        "Stiege 1",
        "2. Stock",
    ]
    assert (inner["time_zone"], inner["language"], inner["site_id"]) == ("Europe/London", "en", site["id"])
    children = (await anna.get("/api/v1/places", params={"parent_id": project["id"]})).json()["items"]
    assert [place["id"] for place in children] == [site["id"]]
    sites = (await anna.get("/api/v1/places?kind=site")).json()["items"]
    assert [place["name"] for place in sites] == ["Imbergstraße 3", "Rainerstraße 12"]


@pytest.mark.parametrize(("kind", "within"), [("site", "company"), ("project", "site"), ("folder", "project")])
async def test_each_kind_has_its_place(anna: Browser, tenant: Tenant, kind: str, within: str) -> None:
    parents = {"company": tenant.company.id, "site": tenant.site.id, "project": tenant.site.parent_id}
    answer = await anna.post("/api/v1/places", json={"kind": kind, "parent_id": parents[within], "name": "X"})
    assert (answer.status_code, answer.json()["code"]) == (422, "place_misplaced")


async def test_a_moved_folder_keeps_its_stations_grants_and_calls(
    anna: Browser, browser: Browsers, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    london = await made(anna, "site", str(tenant.site.parent_id), "Strand", time_zone="Europe/London", language="en")
    folder = await made(anna, "folder", tenant.site.id, "Stiege 2")
    with database.transaction() as tx:
        station = devices.create_station(tx, tenant.scope, name="Tor", place_id=folder["id"], now=clock.now())
        clara = tenancy.create_user(
            tx,
            tenant.scope,
            name="Clara",
            email="clara@salzach.example",
            password_hash=None,
            now=clock.now(),
        )
        tenancy.give(tx, tenant.scope, clara.id, "role_viewer", folder["id"], clock.now())
    moved = await anna.patch(f"/api/v1/places/{folder['id']}", json={"parent_id": london["id"]})
    assert moved.json()["trail"] == "Strand, Stiege 2"
    shown = (await anna.get(f"/api/v1/stations/{station.id}")).json()
    assert (shown["place"], shown["time_zone"], shown["site_id"]) == ("Strand, Stiege 2", "Europe/London", london["id"])
    with database.transaction() as tx:
        path = devices.station(tx, tenant.scope, station.id).path
        assert tenancy.rights_of_user(tx, tenant.scope, clara.id, clock.now()).may("stations.read", path)
    back = await anna.patch(f"/api/v1/places/{folder['id']}", json={"parent_id": tenant.site.id})
    assert back.json()["trail"] == "Rainerstraße 12, Stiege 2"


async def test_a_site_is_renamed_with_all_that_names_it(anna: Browser, tenant: Tenant) -> None:
    folder = await made(anna, "folder", tenant.site.id, "Stiege 2")
    await anna.patch(f"/api/v1/places/{tenant.site.id}", json={"name": "Linzer Gasse 1"})
    assert (await anna.get(f"/api/v1/places/{folder['id']}")).json()["trail"] == "Linzer Gasse 1, Stiege 2"
    await anna.patch(f"/api/v1/places/{folder['id']}", json={"name": "Hof"})
    assert (await anna.get(f"/api/v1/places/{folder['id']}")).json()["trail"] == "Linzer Gasse 1, Hof"
    await anna.patch(f"/api/v1/places/{tenant.company.id}", json={"name": "Salzach GmbH"})
    assert (await anna.get("/api/v1/me")).json()["company"]["name"] == "Salzach GmbH"


async def test_no_place_comes_into_itself(anna: Browser, tenant: Tenant) -> None:
    outer = await made(anna, "folder", tenant.site.id, "outer")
    inner = await made(anna, "folder", outer["id"], "inner")
    for into in (outer["id"], inner["id"]):
        answer = await anna.patch(f"/api/v1/places/{outer['id']}", json={"parent_id": into})
        assert (answer.status_code, answer.json()["code"]) == (422, "place_in_itself")


async def test_folders_end_at_a_depth_however_they_get_there(anna: Browser, tenant: Tenant) -> None:
    deepest, parent = tenant.site.id, tenant.site.id
    for _depth in range(30):
        answer = await anna.post("/api/v1/places", json={"kind": "folder", "parent_id": parent, "name": "inside"})
        if answer.status_code != 201:
            break
        deepest, parent = parent, answer.json()["id"]
    assert (answer.status_code, answer.json()["code"]) == (422, "place_too_deep")
    other = await made(anna, "folder", tenant.site.id, "a")
    await made(anna, "folder", other["id"], "b")
    answer = await anna.patch(f"/api/v1/places/{other['id']}", json={"parent_id": deepest})
    assert (answer.status_code, answer.json()["code"]) == (422, "place_too_deep")


async def test_only_empty_places_are_removed(
    anna: Browser, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    folder = await made(anna, "folder", tenant.site.id, "Stiege 2")
    with database.transaction() as tx:
        devices.create_station(tx, tenant.scope, name="Tor", place_id=folder["id"], now=clock.now())
    for place_id, code in ((folder["id"], "place_has_stations"), (tenant.site.id, "place_not_empty")):
        answer = await anna.delete(f"/api/v1/places/{place_id}")
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    empty = await made(anna, "folder", tenant.site.id, "Stiege 3")
    assert (await anna.delete(f"/api/v1/places/{empty['id']}")).status_code == 204
    assert (await anna.get(f"/api/v1/places/{empty['id']}")).json()["code"] == "place_not_found"


async def test_a_place_says_what_still_holds_there(anna: Browser, tenant: Tenant) -> None:
    folder = await made(anna, "folder", tenant.site.id, "Stiege 2")
    url, there = f"/api/v1/places/{folder['id']}", {"place_id": folder["id"]}
    given = {"role_id": "role_viewer", **there}
    grant = (await anna.post("/api/v1/grants", json={"user_id": tenant.operator.id, **given})).json()
    key = (await anna.post("/api/v1/keys", json={"name": "Door", "expires_at": "2026-06-01T00:00:00Z", **given})).json()
    invitation = (await anna.post("/api/v1/invitations", json=given)).json()
    for path, word in (("keys", "key"), ("invitations", "invitation"), ("grants", "rights")):
        answer = await anna.delete(url)
        assert (answer.status_code, answer.json()["code"]) == (
            409,
            f"place_has_{path if path != 'grants' else 'rights'}",
        )
        assert word in answer.json()["detail"]
        thing = {"keys": key, "invitations": invitation, "grants": grant}[path]
        assert (await anna.delete(f"/api/v1/{path}/{thing['id']}")).status_code == 204
    assert (await anna.delete(url)).status_code == 204


async def test_what_is_over_at_a_removed_place_belongs_to_the_one_around_it(
    anna: Browser, browser: Browsers, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    """Calls of a station that was there, somebody who joined there and was deactivated, their used invitation."""
    folder = await made(anna, "folder", tenant.site.id, "Stiege 2")
    there = {"role_id": "role_viewer", "place_id": folder["id"]}
    invited = (await anna.post("/api/v1/invitations", json=there)).json()
    joined = await browser().post(
        "/api/v1/session/join",
        json={
            "token": invited["link"].partition("#")[2],
            "name": "Clara",
            "email": "c@salzach.example",
            "password": PASSWORD,
        },
    )
    clara = joined.json()["user"]["id"]
    with database.transaction() as tx:
        station = devices.create_station(tx, tenant.scope, name="Tor", place_id=folder["id"], now=clock.now())
        calls.start_call(
            tx,
            station,
            call_id=(call_id := new_id("call")),
            direction="from_station",
            button="main",
            started_at=clock.now(),
        )
    moved = await anna.patch(f"/api/v1/stations/{station.id}", json={"place_id": tenant.site.id})
    assert moved.status_code == 200
    assert (await anna.delete(f"/api/v1/places/{folder['id']}")).json()["detail"].startswith("People")
    assert (await anna.patch(f"/api/v1/users/{clara}", json={"active": False})).status_code == 200
    (grant,) = (await anna.get("/api/v1/grants", params={"user_id": clara})).json()["items"]
    assert (await anna.delete(f"/api/v1/grants/{grant['id']}")).status_code == 204
    assert (await anna.delete(f"/api/v1/places/{folder['id']}")).status_code == 204
    assert (await anna.get(f"/api/v1/users/{clara}")).json()["place_id"] == tenant.site.id
    assert (await anna.get(f"/api/v1/calls/{call_id}")).status_code == 200
    (found,) = (await anna.get("/api/v1/search", params={"q": "clara"})).json()["items"]
    assert found["place_id"] == tenant.site.id


async def test_a_time_zone_has_to_exist(anna: Browser, tenant: Tenant) -> None:
    new = {"kind": "site", "parent_id": tenant.site.parent_id, "name": "S", "time_zone": "Europe/Salzburg"}
    answer = await anna.post("/api/v1/places", json=new)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert "Europe/Vienna" in answer.json()["detail"]


async def test_pages_follow_each_other_by_name(anna: Browser, tenant: Tenant) -> None:
    for name in ("Ärztehaus", "birne", "Citrone", "apfel", "Zoo"):
        await made(anna, "project", tenant.company.id, name)
    names: list[str] = []
    params: dict[str, Any] = {"kind": "project", "limit": 2}
    while True:
        page = (await anna.get("/api/v1/places", params=params)).json()
        names += [place["name"] for place in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert names == ["Altstadt", "apfel", "Ärztehaus", "birne", "Citrone", "Zoo"]
    for cursor in ("e30", "WzEsMl0", "WyJhIl0", "-"):
        answer = await anna.get("/api/v1/places", params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")


async def test_a_change_of_what_somebody_else_changed_is_refused(anna: Browser, tenant: Tenant) -> None:
    url = f"/api/v1/places/{tenant.site.id}"
    read = (await anna.get(url)).headers["etag"]
    changed = await anna.patch(url, json={"name": "Erste"}, headers={"If-Match": read})
    assert changed.status_code == 200
    late = await anna.patch(url, json={"name": "Zweite"}, headers={"If-Match": read})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    again = await anna.patch(url, json={"name": "Zweite"}, headers={"If-Match": changed.headers["etag"]})
    assert again.json()["name"] == "Zweite"


async def test_the_same_wish_makes_one_place(anna: Browser, tenant: Tenant) -> None:
    new = {"kind": "project", "parent_id": tenant.company.id, "name": "Neustadt"}
    key = {"Idempotency-Key": "wish-0123456789"}
    first = await anna.post("/api/v1/places", json=new, headers=key)
    second = await anna.post("/api/v1/places", json=new, headers=key)
    assert first.json()["id"] == second.json()["id"]
    other = await anna.post("/api/v1/places", json=new | {"name": "Altstadt"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


async def test_things_are_found_by_beginnings_of_their_words(
    anna: Browser, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    with database.transaction() as tx:
        station = devices.create_station(
            tx, tenant.scope, name="Tor Süd-West", place_id=tenant.site.id, now=clock.now()
        )

    async def found(words: str) -> set[str]:
        items = (await anna.get("/api/v1/search", params={"q": words})).json()["items"]
        return {item["id"] for item in items}

    assert await found("rainerstr") == {tenant.site.id}
    assert await found("SUD tor") == {station.id}
    assert await found("bern") == {tenant.operator.id}
    assert await found("tor ost") == set()
    await anna.patch(f"/api/v1/stations/{station.id}", json={"name": "Hoftor"})
    assert await found("sud") == set()
    assert await found("hoft") == {station.id}


async def test_places_of_the_same_name_are_told_apart_by_their_projects(
    anna: Browser, browser: Browsers, tenant: Tenant
) -> None:
    for name in ("Lehen", "Maxglan"):
        project = await made(anna, "project", tenant.company.id, name)
        site = await made(anna, "site", project["id"], "Hauptstraße 1")
        await made(anna, "folder", site["id"], "Stiege 7")

    async def trails(somebody: Browser, words: str) -> list[str]:
        items = (await somebody.get("/api/v1/search", params={"q": words})).json()["items"]
        return sorted(one["trail"] for one in items)

    assert await trails(anna, "hauptstr") == ["Lehen, Hauptstraße 1", "Maxglan, Hauptstraße 1"]
    assert await trails(anna, "stiege 7") == ["Lehen, Hauptstraße 1, Stiege 7", "Maxglan, Hauptstraße 1, Stiege 7"]
    assert await trails(anna, "lehen") == ["Lehen"]

    (own,) = (await anna.get("/api/v1/grants", params={"user_id": tenant.operator.id})).json()["items"]
    new = {"user_id": tenant.operator.id, "role_id": "role_viewer", "place_id": site["id"]}
    (await anna.post("/api/v1/grants", json=new)).raise_for_status()
    await anna.delete(f"/api/v1/grants/{own['id']}")
    bernd = browser()
    await bernd.sign_in(tenant.operator)
    assert await trails(bernd, "stiege 7") == ["Hauptstraße 1, Stiege 7"], "the project is not theirs to see"


async def says(anna: Browser, place_id: str) -> tuple[str, str, bool, bool]:
    place = (await anna.get(f"/api/v1/places/{place_id}")).json()
    return place["time_zone"], place["language"], place["own_time_zone"], place["own_language"]


async def test_a_place_follows_the_nearest_one_around_it_that_says_its_own(anna: Browser, tenant: Tenant) -> None:
    project = await made(anna, "project", tenant.company.id, "Wien")
    site = await made(anna, "site", project["id"], "Ring 1")
    folder = await made(anna, "folder", site["id"], "Stiege 1")
    strand = await made(anna, "site", project["id"], "Strand", time_zone="Europe/London")
    await anna.patch(f"/api/v1/places/{project['id']}", json={"time_zone": "Asia/Tokyo", "language": "de"})
    for place in (site, folder):
        assert await says(anna, place["id"]) == ("Asia/Tokyo", "de", False, False)
    assert await says(anna, strand["id"]) == ("Europe/London", "de", True, False)
    await anna.patch(f"/api/v1/places/{tenant.company.id}", json={"time_zone": "Europe/Paris"})
    assert await says(anna, site["id"]) == ("Asia/Tokyo", "de", False, False)
    released = await anna.patch(f"/api/v1/places/{project['id']}", json={"time_zone": None})
    assert (released.json()["time_zone"], released.json()["own_time_zone"]) == ("Europe/Paris", False)
    assert await says(anna, folder["id"]) == ("Europe/Paris", "de", False, False)
    await anna.patch(f"/api/v1/places/{strand['id']}", json={"time_zone": None})
    assert await says(anna, strand["id"]) == ("Europe/Paris", "de", False, False)
    await anna.patch(f"/api/v1/places/{tenant.company.id}", json={"time_zone": "Europe/Rome"})
    assert await says(anna, folder["id"]) == ("Europe/Rome", "de", False, False)
    trail = (await anna.get("/api/v1/audit", params={"subject_id": strand["id"]})).json()["items"]
    assert trail[0]["details"] == {"time_zone_follows": True}


async def test_a_moved_site_follows_its_new_project_and_its_folder_too(anna: Browser, tenant: Tenant) -> None:
    tokyo = await made(anna, "project", tenant.company.id, "Tokio", time_zone="Asia/Tokyo")
    lima = await made(anna, "project", tenant.company.id, "Lima", time_zone="America/Lima", language="de")
    site = await made(anna, "site", tokyo["id"], "1-1", language="en")
    folder = await made(anna, "folder", site["id"], "Stiege 1")
    await anna.patch(f"/api/v1/places/{site['id']}", json={"parent_id": lima["id"]})
    assert await says(anna, site["id"]) == ("America/Lima", "en", False, True)
    assert await says(anna, folder["id"]) == ("America/Lima", "en", False, False)


async def test_the_company_follows_nobody(anna: Browser, tenant: Tenant) -> None:
    answer = await anna.patch(f"/api/v1/places/{tenant.company.id}", json={"time_zone": None})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert await says(anna, tenant.company.id) == ("Europe/Vienna", "de", True, True)


async def test_places_in_one_that_is_not_there_are_not_listed(anna: Browser) -> None:
    answer = await anna.get("/api/v1/places", params={"parent_id": "none"})
    assert (answer.status_code, answer.json()["code"]) == (404, "place_not_found")


async def test_a_shipped_role_says_that_it_stays(anna: Browser) -> None:
    url = "/api/v1/roles/role_viewer"
    for answer in (await anna.patch(url, json={"name": "Mine"}), await anna.delete(url)):
        assert (answer.status_code, answer.json()["code"]) == (409, "role_shipped")
