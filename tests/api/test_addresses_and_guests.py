"""People's addresses and homes change, guests are seen and found, search looks only where the reader may."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from antiphon import access, devices, identity, tenancy
from antiphon.database import PLATFORM, Database
from antiphon.database.outbox import outbox
from antiphon.settings import Settings
from browsers import Browser
from residents import StillClock, Tenant, password_hash

Browsers = Callable[..., Browser]
NEW = "bernd.berger@salzach.example"
QUIET = "quiet-lantern-forty"


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant) -> Browser:
    one = browser()
    await one.sign_in(tenant.owner)
    return one


@pytest.fixture
async def bernd(browser: Browsers, tenant: Tenant) -> Browser:
    one = browser()
    await one.sign_in(tenant.operator)
    return one


@pytest.fixture
def guest(database: Database, tenant: Tenant, other: Tenant, clock: StillClock) -> str:
    """The other company's owner supports the site."""
    with database.transaction() as tx:
        tenancy.give(tx, tenant.scope, other.owner.id, "role_support", tenant.site.id, clock.now())
    return other.owner.id


def with_role(database: Database, tenant: Tenant, clock: StillClock, role_id: str, place_id: str) -> str:
    """Somebody with that role there; their address."""
    email = f"x{role_id[5:]}@roles.example"
    with database.transaction() as tx:
        made = tenancy.create_user(
            tx, tenant.scope, name="Xaver", email=email, password_hash=password_hash(), now=clock.now()
        )
        tenancy.give(tx, tenant.scope, made.id, role_id, place_id, clock.now())
    return email


async def found(one: Browser, words: str) -> list[tuple[str, str]]:
    items = (await one.get("/api/v1/search", params={"q": words})).json()["items"]
    return [(item["kind"], item["id"]) for item in items]


def told(database: Database) -> list[tuple[str, str | None]]:
    with database.transaction() as tx:
        rows = tx.all(PLATFORM, outbox, kind="SignInChanged", order_by=(outbox.c.position,))
    facts = [json.loads(row["payload"]) for row in rows]
    return [(fact["change"], fact["address"]) for fact in facts]


# -- addresses and homes ---------------------------------------------------------------------------------------------


async def test_an_administrator_changes_an_address_and_the_old_one_is_told(
    anna: Browser, bernd: Browser, browser: Browsers, tenant: Tenant, database: Database
) -> None:
    path, before = f"/api/v1/users/{tenant.operator.id}", tenant.operator.email
    assert (await anna.patch(path, json={"email": NEW})).json()["email"] == NEW
    assert told(database) == [("email_changed", before)]
    assert (await bernd.get("/api/v1/me")).json()["code"] == "session_ended"
    assert (await browser().sign_in(before)).status_code == 401
    assert (await browser().sign_in(NEW)).status_code == 200
    assert (await anna.patch(path, json={"email": NEW})).status_code == 200
    assert len(told(database)) == 1, "the same address changes nothing"
    last = (await anna.get("/api/v1/audit")).json()["items"][-1]
    assert NEW not in json.dumps((await anna.get("/api/v1/audit")).json()), last


async def test_ones_own_address_is_changed_after_a_fresh_sign_in(
    bernd: Browser, browser: Browsers, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    elsewhere = browser()
    await elsewhere.sign_in(tenant.operator)
    taken = await bernd.post("/api/v1/me/email", json={"email": tenant.owner.email})
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
    changed = await bernd.post("/api/v1/me/email", json={"email": NEW})
    assert changed.json()["user"]["email"] == NEW
    assert told(database) == [("email_changed", tenant.operator.email)]
    assert (await bernd.get("/api/v1/me")).status_code == 200
    assert (await elsewhere.get("/api/v1/me")).json()["code"] == "session_ended"
    clock.advance(15 * 60 + 1)
    renewed = await bernd.post("/api/v1/session/refresh")
    bernd.headers["Authorization"] = "Bearer " + renewed.json()["access_token"]
    stale = await bernd.post("/api/v1/me/email", json={"email": tenant.operator.email})
    assert (stale.status_code, stale.json()["code"]) == (403, "sign_in_again")


async def test_whoever_manages_people_changes_their_own_sign_in_only_freshly(
    anna: Browser, tenant: Tenant, clock: StillClock
) -> None:
    path = f"/api/v1/users/{tenant.owner.id}"
    clock.advance(15 * 60 + 1)
    renewed = await anna.post("/api/v1/session/refresh")
    anna.headers["Authorization"] = "Bearer " + renewed.json()["access_token"]
    for change in ({"email": NEW}, {"password": QUIET}):
        refused = await anna.patch(path, json=change)
        assert (refused.status_code, refused.json()["code"]) == (403, "sign_in_again")
    assert (await anna.patch(path, json={"name": "Anna A."})).status_code == 200


async def test_a_link_for_a_password_dies_with_the_address_it_went_to(
    anna: Browser, browser: Browsers, tenant: Tenant, settings: Settings, database: Database, clock: StillClock
) -> None:
    with database.transaction() as tx:
        link = identity.password_link(
            tx, PLATFORM, "https://portal.example", settings.secret("token.key"), tenant.operator.id, clock.now()
        )
    assert link is not None
    await anna.patch(f"/api/v1/users/{tenant.operator.id}", json={"email": NEW})
    used = await browser().post("/api/v1/session/reset", json={"token": link.partition("#")[2], "password": QUIET})
    assert used.json()["code"] == "reset_invalid"


async def test_a_person_moves_to_another_place_and_is_managed_from_there(
    anna: Browser, browser: Browsers, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    eva = browser()
    await eva.sign_in(with_role(database, tenant, clock, "role_administrator", tenant.site.id))
    path = f"/api/v1/users/{tenant.operator.id}"
    assert (await eva.get(path)).status_code == 404
    moved = (await anna.patch(path, json={"place_id": tenant.site.id})).json()
    assert (moved["place"]["trail"], moved["changeable"]) == ("Rainerstraße 12", True)
    seen = (await eva.get(path)).json()
    assert (seen["name"], seen["changeable"]) == ("Bernd", False), "they have rights in the whole company"
    back = await anna.patch(path, json={"place_id": tenant.company.id})
    assert back.json()["place"]["kind"] == "company"


# -- guests ----------------------------------------------------------------------------------------------------------


async def test_guests_are_told_with_their_company_and_rights(anna: Browser, guest: str, other: Tenant) -> None:
    (listed,) = (await anna.get("/api/v1/guests")).json()["items"]
    assert (listed["id"], listed["name"], listed["company_name"]) == (guest, "Anna", "Inn")
    assert listed["email"] == other.owner.email
    assert [grant["place"]["trail"] for grant in listed["grants"]] == ["Rainerstraße 12"]
    assert (await anna.get(f"/api/v1/guests/{guest}")).json() == listed
    assert (await anna.get(f"/api/v1/users/{guest}")).json()["code"] == "user_not_found"
    assert await found(anna, "anna inn") == []
    assert ("guest", guest) in await found(anna, "anna")
    assert ("guest", guest) in await found(anna, other.owner.email)


async def test_a_guest_is_told_only_to_whoever_sees_people_where_the_rights_are(
    browser: Browsers, guest: str, tenant: Tenant, other: Tenant, database: Database, clock: StillClock
) -> None:
    with database.transaction() as tx:
        beside = tenancy.create_place(tx, tenant.scope, "site", str(tenant.site.parent_id), "Beside", clock.now())
    there = browser()
    await there.sign_in(with_role(database, tenant, clock, "role_administrator", beside.id))
    assert (await there.get("/api/v1/guests")).json()["items"] == []
    assert (await there.get(f"/api/v1/guests/{guest}")).json()["code"] == "user_not_found"
    assert await found(there, other.owner.email) == []
    without = browser()
    await without.sign_in(with_role(database, tenant, clock, "role_configurator", tenant.company.id))
    (listed,) = (await without.get("/api/v1/guests")).json()["items"]
    assert (listed["name"], listed["email"]) == ("Anna", None)
    assert await found(without, other.owner.email) == []


async def test_guests_follow_each_other_in_pages(
    anna: Browser, tenant: Tenant, other: Tenant, database: Database, clock: StillClock
) -> None:
    with database.transaction() as tx:
        for one in (other.owner, other.operator):
            tenancy.give(tx, tenant.scope, one.id, "role_support", tenant.site.id, clock.now())
    first = (await anna.get("/api/v1/guests", params={"limit": 1})).json()
    second = (await anna.get("/api/v1/guests", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert [one["name"] for one in first["items"] + second["items"]] == ["Anna", "Bernd"]
    assert second["next_cursor"] is None


# -- search ----------------------------------------------------------------------------------------------------------


async def test_people_are_found_by_their_address_wherever_it_may_be_seen(
    anna: Browser, browser: Browsers, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    await anna.patch(f"/api/v1/users/{tenant.operator.id}", json={"email": "office.west@salzach.example"})
    person = [("user", tenant.operator.id)]
    for words in ("office", "west", "office.west@sal", "bernd office", "OFFICE.WEST@SALZACH.EXAMPLE"):
        assert await found(anna, words) == person, words
    assert await found(anna, "salzach") == [], "not by what everybody's address has"
    assert len(await found(anna, "@salzach")) == 2
    assert await found(anna, "bernd@salzach") == [], "the one they had before"
    blind = browser()
    await blind.sign_in(with_role(database, tenant, clock, "role_configurator", tenant.company.id))
    for words in ("office", "bernd office", "@salzach", "office.west@salzach.example"):
        assert await found(blind, words) == [], words
    assert await found(blind, "bernd") == person


async def test_doors_and_own_roles_are_found_and_follow_what_happens_to_them(
    anna: Browser, bernd: Browser, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    now = clock.now()
    with database.transaction() as tx:
        station = devices.create_station(tx, tenant.scope, name="Tor", place_id=tenant.site.id, now=now)
        what = {"name": "Haustür", "output": "door", "pulse_s": 3.0}
        door = access.add_door(tx, tenant.scope, station_id=station.id, kind="door", now=now, **what)
        beside = tenancy.create_place(tx, tenant.scope, "site", str(tenant.site.parent_id), "Beside", now)
    role = (await anna.post("/api/v1/roles", json={"name": "Night guard", "permissions": ["stations.read"]})).json()
    assert await found(anna, "haust") == [("door", door.id)]
    assert await found(anna, "guard night") == [("role", role["id"])]
    assert await found(bernd, "guard night") == [], "an operator sees no roles"
    await anna.patch(f"/api/v1/stations/{station.id}", json={"place_id": beside.id})
    (item,) = (await anna.get("/api/v1/search", params={"q": "haust"})).json()["items"]
    assert (item["place_id"], item["trail"]) == (beside.id, "Altstadt, Beside")
    with database.transaction() as tx:
        access.remove_doors(tx, tenant.scope, station.id)
    assert await found(anna, "haust") == []


# -- lost updates ----------------------------------------------------------------------------------------------------


async def test_what_was_changed_meanwhile_is_not_taken_away(anna: Browser, tenant: Tenant) -> None:
    given = {"user_id": tenant.operator.id, "role_id": "role_support", "place_id": tenant.site.id}
    grant = (await anna.post("/api/v1/grants", json=given)).json()["id"]
    role = (await anna.post("/api/v1/roles", json={"name": "Guard", "permissions": ["stations.read"]})).json()["id"]
    ends = {"starts_at": None, "ends_at": "2099-01-01T00:00:00Z"}
    for path, change in (
        (f"/api/v1/grants/{grant}", lambda: anna.put(f"/api/v1/grants/{grant}/times", json=ends)),
        (f"/api/v1/roles/{role}", lambda: anna.patch(f"/api/v1/roles/{role}", json={"name": "Watch"})),
    ):
        read = (await anna.get(path)).headers["etag"]
        assert (await change()).status_code == 200
        late = await anna.delete(path, headers={"If-Match": read})
        assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
        now = (await anna.get(path)).headers["etag"]
        assert (await anna.delete(path, headers={"If-Match": now})).status_code == 204
