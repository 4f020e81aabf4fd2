"""People, roles, grants, invitations and keys over HTTP: what each lets somebody do, and what it does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from antiphon import devices, tenancy
from antiphon.database import Database, outbox
from antiphon.events import Fact, RightsChanged
from browsers import Browser
from residents import PASSWORD, StillClock, Tenant, password_hash

Browsers = Callable[..., Browser]
QUIET = "quiet-lantern-forty"


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant) -> Browser:
    one = browser()
    await one.sign_in(tenant.owner)
    return one


async def somebody(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock, name: str, role_id: str, place_id: str
) -> Browser:
    """A new person of the company with that role there, signed in."""
    email = f"{name.lower()}@salzach.example"
    with database.transaction() as tx:
        user = tenancy.create_user(
            tx, tenant.scope, name=name, email=email, password_hash=password_hash(), now=clock.now(), place_id=place_id
        )
        tenancy.give(tx, tenant.scope, user.id, role_id, place_id, clock.now())
    one = browser()
    await one.sign_in(email)
    return one


async def test_who_configures_places_adds_projects_and_leaves_the_company_as_it_is(
    anna: Browser, browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    clara = await somebody(browser, database, tenant, clock, "Clara", "role_configurator", tenant.company.id)
    for change in ({"name": "Mine"}, {"time_zone": "Asia/Tokyo"}):
        answer = await clara.patch(f"/api/v1/places/{tenant.company.id}", json=change)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    new = {"kind": "project", "parent_id": tenant.company.id, "name": "Neustadt"}
    assert (await clara.post("/api/v1/places", json=new)).status_code == 201


async def test_an_owner_adds_a_person_who_signs_in(anna: Browser, browser: Browsers, tenant: Tenant) -> None:
    clara = {"name": " Clara  ", "email": "Clara@Salzach.example", "password": QUIET}
    given = {"role_id": "role_operator", "place_id": tenant.company.id}
    for less in ({}, {"role_id": "role_operator"}, {"place_id": tenant.company.id}):
        assert (await anna.post("/api/v1/users", json=clara | less)).status_code == 422
    made = await anna.post("/api/v1/users", json=clara | given)
    assert made.status_code == 201
    assert made.json()["language"] is None, "their browser's, until they choose one"
    assert (made.json()["name"], made.json()["email"]) == ("Clara", "clara@salzach.example")
    assert [grant["role"]["id"] for grant in made.json()["grants"]] == ["role_operator"]
    assert (await browser().sign_in("clara@salzach.example", QUIET)).status_code == 200
    names = [user["name"] for user in (await anna.get("/api/v1/users")).json()["items"]]
    assert names == ["Anna", "Bernd", "Clara"]
    owners = (await anna.get("/api/v1/users?role_id=role_owner")).json()["items"]
    assert [user["name"] for user in owners] == ["Anna"]


async def test_an_address_belongs_to_one_user_across_companies(anna: Browser, tenant: Tenant, other: Tenant) -> None:
    new = {"name": "Clara", "email": other.operator.email.upper(), "password": QUIET}
    new |= {"role_id": "role_operator", "place_id": tenant.company.id}
    answer = await anna.post("/api/v1/users", json=new)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


@pytest.mark.parametrize(
    "password", ["short", "aaaaaaaaaaaaaaaa", "1234567890123", "passwortpasswort", "clara.berger1234", "qwertzuiopasdf"]
)
async def test_weak_passwords_are_refused(anna: Browser, tenant: Tenant, password: str) -> None:
    new = {"name": "Clara Berger", "email": "clara.berger@salzach.example", "password": password}
    new |= {"role_id": "role_operator", "place_id": tenant.company.id}
    answer = await anna.post("/api/v1/users", json=new)
    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")


async def test_the_last_owner_stays(anna: Browser, tenant: Tenant) -> None:
    (grant,) = (await anna.get(f"/api/v1/users/{tenant.owner.id}")).json()["grants"]
    times = {"starts_at": None, "ends_at": "2099-01-01T00:00:00Z"}
    for answer in (
        await anna.patch(f"/api/v1/users/{tenant.owner.id}", json={"active": False}),
        await anna.delete(f"/api/v1/grants/{grant['id']}"),
        await anna.put(f"/api/v1/grants/{grant['id']}/times", json=times),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")


async def test_a_grant_holds_with_the_next_request_and_so_does_its_end(
    anna: Browser, browser: Browsers, tenant: Tenant
) -> None:
    bernd = browser()
    await bernd.sign_in(tenant.operator)
    refused = await bernd.get("/api/v1/users")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    new = {"user_id": tenant.operator.id, "role_id": "role_administrator", "place_id": tenant.company.id}
    grant = (await anna.post("/api/v1/grants", json=new)).json()
    assert (await bernd.get("/api/v1/users")).status_code == 200
    assert (await anna.delete(f"/api/v1/grants/{grant['id']}")).status_code == 204
    assert (await bernd.get("/api/v1/users")).status_code == 403


async def test_a_grant_begins_and_ends_by_itself(
    anna: Browser, browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    bernd = browser()
    await bernd.sign_in(tenant.operator)
    at = clock.now()
    new = {"user_id": tenant.operator.id, "role_id": "role_administrator", "place_id": tenant.company.id}
    times = {"starts_at": (at + timedelta(minutes=1)).isoformat(), "ends_at": (at + timedelta(minutes=2)).isoformat()}
    assert (await anna.post("/api/v1/grants", json=new | times)).status_code == 201
    seen = []
    for _minute in range(4):
        seen.append((await bernd.get("/api/v1/users")).status_code)
        clock.advance(45)
    assert seen == [403, 403, 200, 403]
    past = await anna.post("/api/v1/grants", json=new | {"ends_at": at.isoformat()})
    assert (past.status_code, past.json()["code"]) == (422, "grant_invalid")


async def test_somebody_with_a_site_sees_that_site_and_nothing_beside_it(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    now = clock.now()
    with database.transaction() as tx:
        beside = tenancy.create_place(tx, tenant.scope, "site", str(tenant.site.parent_id), "Beside", now)
        here = devices.create_station(tx, tenant.scope, name="Here", place_id=tenant.site.id, now=now)
        there = devices.create_station(tx, tenant.scope, name="There", place_id=beside.id, now=now)
    clara = await somebody(browser, database, tenant, clock, "Clara", "role_viewer", tenant.site.id)
    assert [one["id"] for one in (await clara.get("/api/v1/stations")).json()["items"]] == [here.id]
    assert (await clara.get(f"/api/v1/stations/{there.id}")).json()["code"] == "station_not_found"
    assert (await clara.get(f"/api/v1/places/{beside.id}")).json()["code"] == "place_not_found"
    assert [one["id"] for one in (await clara.get("/api/v1/places")).json()["items"]] == [tenant.site.id]
    assert [one["id"] for one in (await clara.get("/api/v1/places/entrances")).json()["items"]] == [tenant.site.id]
    assert [one["id"] for one in (await clara.get(f"/api/v1/places/{tenant.site.id}")).json()["way"]] == [
        tenant.site.id
    ]
    found = (await clara.get("/api/v1/search?q=ther")).json()["items"]
    assert found == []
    refused = await clara.patch(f"/api/v1/stations/{here.id}", json={"name": "Mine"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


async def test_nobody_gives_more_than_they_have(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    eva = await somebody(browser, database, tenant, clock, "Eva", "role_administrator", tenant.site.id)
    email = {"name": "Clara", "email": "clara@salzach.example", "password": QUIET}
    for body, expected in (
        ({"role_id": "role_owner", "place_id": tenant.site.id}, 403),
        ({"role_id": "role_operator", "place_id": tenant.company.id}, 404),
        ({"role_id": "role_administrator", "place_id": tenant.site.id}, 201),
    ):
        answer = await eva.post("/api/v1/users", json=email | body)
        assert answer.status_code == expected, answer.text
    for change in ({"active": False}, {"password": QUIET}, {"email": "mine@salzach.example"}):
        answer = await eva.patch(f"/api/v1/users/{tenant.owner.id}", json=change)
        assert answer.status_code in (403, 404)
    role = await eva.post("/api/v1/roles", json={"name": "Mine", "permissions": ["company.own"]})
    assert (role.status_code, role.json()["code"]) == (403, "more_than_yourself")


async def test_a_user_manager_manages_web_client_users_and_nobody_else(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    clara = await somebody(browser, database, tenant, clock, "Clara", "role_user_manager", tenant.company.id)
    new = {"name": "Dora", "email": "dora@salzach.example", "password": QUIET}
    new |= {"role_id": "role_operator", "place_id": tenant.company.id}
    assert (await clara.post("/api/v1/users", json=new | {"role_id": "role_configurator"})).status_code == 403
    dora = (await clara.post("/api/v1/users", json=new)).json()
    assert (await clara.patch(f"/api/v1/users/{dora['id']}", json={"name": "Dora D."})).status_code == 200
    answer = await clara.patch(f"/api/v1/users/{tenant.owner.id}", json={"active": False})
    assert (answer.status_code, answer.json()["code"]) == (403, "more_than_yourself")
    given = {"user_id": tenant.owner.id, "role_id": "role_operator", "place_id": tenant.company.id}
    assert (await clara.post("/api/v1/grants", json=given)).json()["code"] == "more_than_yourself"


async def test_personal_data_has_a_right_of_its_own(
    anna: Browser, browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    clara = await somebody(browser, database, tenant, clock, "Clara", "role_configurator", tenant.company.id)
    shown = (await clara.get("/api/v1/users")).json()["items"]
    assert [user["name"] for user in shown] == ["Anna", "Bernd", "Clara"]
    assert {user["email"] for user in shown} == {None}
    assert {grant["user_email"] for grant in (await clara.get("/api/v1/grants")).json()["items"]} == {None}
    assert tenant.owner.email in (await anna.get("/api/v1/users")).text


async def test_a_role_of_ones_own_gives_what_it_lists(
    anna: Browser, browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    body = {"name": "Night guard", "permissions": ["stations.read", "door_log.read"]}
    role = (await anna.post("/api/v1/roles", json=body)).json()
    clara = await somebody(browser, database, tenant, clock, "Clara", role["id"], tenant.company.id)
    assert (await clara.get("/api/v1/door-log")).status_code == 200
    assert (await clara.get("/api/v1/calls")).status_code == 403
    changed = await anna.patch(f"/api/v1/roles/{role['id']}", json={"permissions": ["calls.read"]})
    assert changed.status_code == 200
    assert (await clara.get("/api/v1/door-log")).status_code == 403
    assert (await clara.get("/api/v1/calls")).status_code == 200
    assert (await anna.delete(f"/api/v1/roles/{role['id']}")).json()["code"] == "role_in_use"
    assert (await anna.patch("/api/v1/roles/role_owner", json={"name": "X"})).json()["code"] == "role_shipped"
    rare = (await anna.post("/api/v1/roles", json=body | {"name": "Robot"})).json()["id"]
    key = {"name": "Display", "role_id": rare, "expires_at": "2026-06-01T00:00:00Z"}
    made = (await anna.post("/api/v1/keys", json=key)).json()["id"]
    invited = (await anna.post("/api/v1/invitations", json={"role_id": rare})).json()["id"]
    for path, thing in (("keys", made), ("invitations", invited)):
        assert (await anna.delete(f"/api/v1/roles/{rare}")).json()["code"] == "role_in_use"
        assert (await anna.delete(f"/api/v1/{path}/{thing}")).status_code == 204
    assert (await anna.delete(f"/api/v1/roles/{rare}")).status_code == 204
    twice = await anna.post("/api/v1/roles", json=body | {"name": "NIGHT guard"})
    assert (twice.status_code, twice.json()["code"]) == (409, "role_name_taken")


async def test_an_invitation_makes_a_person_once(
    anna: Browser, browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    invited = (await anna.post("/api/v1/invitations", json={"place_id": tenant.site.id, "name": "Clara"})).json()
    token = invited["link"].partition("#")[2]
    guest = browser()
    shown = (await guest.post("/api/v1/session/invitation", json={"token": token})).json()
    assert (shown["company_name"], shown["place"], shown["name"]) == ("Salzach", "Rainerstraße 12", "Clara")
    joining = {"token": token, "name": "Clara", "email": "clara@salzach.example", "password": QUIET}
    joined = await guest.post("/api/v1/session/join", json=joining)
    assert joined.status_code == 201
    guest.headers["Authorization"] = "Bearer " + joined.json()["access_token"]
    rights = (await guest.get("/api/v1/me")).json()["rights"]
    assert rights["calls.answer"] == [tenant.site.path]
    again = await browser().post("/api/v1/session/join", json=joining | {"email": "dora@salzach.example"})
    assert (again.status_code, again.json()["code"]) == (410, "invitation_invalid")
    assert (await anna.get("/api/v1/invitations")).json()["items"] == []


@pytest.mark.parametrize("why", ["forged", "withdrawn", "late", "other address"])
async def test_an_invitation_that_does_not_hold_says_so(
    anna: Browser, browser: Browsers, tenant: Tenant, clock: StillClock, why: str
) -> None:
    email = "clara@salzach.example" if why == "other address" else None
    invited = (await anna.post("/api/v1/invitations", json={"email": email})).json()
    token = invited["link"].partition("#")[2]
    if why == "forged":
        token = token[:-4] + "AAAA"
    elif why == "withdrawn":
        assert (await anna.delete(f"/api/v1/invitations/{invited['id']}")).status_code == 204
    elif why == "late":
        clock.advance(15 * 86_400)
    joining = {"token": token, "name": "Dora", "email": "dora@salzach.example", "password": QUIET}
    answer = await browser().post("/api/v1/session/join", json=joining)
    expected = "invitation_for_other" if why == "other address" else "invitation_invalid"
    assert answer.json()["code"] == expected


@pytest.mark.parametrize(
    ("mail_set_up", "email", "mailed"),
    [(True, "clara@salzach.example", True), (True, None, False), (False, "clara@salzach.example", False)],
)
async def test_an_invitation_says_whether_it_goes_out_by_mail(
    app: FastAPI, anna: Browser, browser: Browsers, mail_set_up: bool, email: str | None, mailed: bool
) -> None:
    if mail_set_up:
        mail = {"smtp_host": "mail.example", "mail_from": "door@salzach.example"}
        app.state.settings = app.state.settings.model_copy(update=mail)
    invited = (await anna.post("/api/v1/invitations", json={"email": email})).json()
    assert invited["mailed"] is mailed
    (listed,) = (await anna.get("/api/v1/invitations")).json()["items"]
    assert listed["mailed"] is mailed
    token = {"token": invited["link"].partition("#")[2]}
    assert (await browser().post("/api/v1/session/invitation", json=token)).json()["mailed"] is mailed


async def test_an_integrator_acts_in_every_company_that_gave_them_rights(
    anna: Browser, browser: Browsers, tenant: Tenant, other: Tenant
) -> None:
    """S3: their start page names all projects of all customers."""
    eva = browser()
    await eva.sign_in(other.owner)
    body = {"role_id": "role_configurator", "email": other.owner.email}
    invited = (await anna.post("/api/v1/invitations", json=body)).json()
    token = invited["link"].partition("#")[2]
    assert (await eva.get(f"/api/v1/places/{tenant.site.id}")).status_code == 404
    assert (await eva.post("/api/v1/me/invitations", json={"token": token})).status_code == 204
    companies = (await eva.get("/api/v1/me/companies")).json()["items"]
    assert [(one["name"], one["own"], len(one["projects"])) for one in companies] == [
        ("Inn", True, 1),
        ("Salzach", False, 1),
    ]
    acting = await eva.post("/api/v1/session/refresh", params={"company_id": tenant.company.id})
    eva.headers["Authorization"] = "Bearer " + acting.json()["access_token"]
    assert (await eva.get(f"/api/v1/places/{tenant.site.id}")).status_code == 200
    assert (await eva.get(f"/api/v1/places/{other.site.id}")).status_code == 404
    (grant,) = [one for one in (await anna.get("/api/v1/grants")).json()["items"] if one["guest"]]
    assert grant["user_name"] == "Anna"
    await anna.delete(f"/api/v1/grants/{grant['id']}")
    assert (await eva.get(f"/api/v1/places/{tenant.site.id}")).status_code == 403
    back = await eva.post("/api/v1/session/refresh", params={"company_id": tenant.company.id})
    assert (back.status_code, back.json()["code"]) == (403, "no_rights_there")


async def test_a_key_does_what_its_role_gives_until_it_ends(
    anna: Browser, browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    ends = (clock.now() + timedelta(days=1)).isoformat()
    new = {"name": "Parking", "role_id": "role_viewer", "place_id": tenant.site.id, "expires_at": ends}
    made = await anna.post("/api/v1/keys", json=new, headers={"Idempotency-Key": "wish-0123456789"})
    repeated = await anna.post("/api/v1/keys", json=new, headers={"Idempotency-Key": "wish-0123456789"})
    assert (repeated.status_code, repeated.json()["code"]) == (409, "already_done")
    program = browser(None)
    program.headers["Authorization"] = f"Bearer {made.json()['key']}"
    assert (await program.get("/api/v1/stations")).status_code == 200
    assert (await program.get("/api/v1/calls")).json()["code"] == "not_allowed"
    assert (await program.get("/api/v1/me")).json()["code"] == "people_only"
    (listed,) = (await anna.get("/api/v1/keys")).json()["items"]
    assert listed["last_used_at"] is not None
    assert made.json()["key"] not in (await anna.get("/api/v1/keys")).text
    clock.advance(86_400)
    assert (await program.get("/api/v1/stations")).json()["code"] == "unauthenticated"


async def test_a_revoked_key_is_refused_at_once(
    anna: Browser, browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    ends = (clock.now() + timedelta(days=1)).isoformat()
    made = (await anna.post("/api/v1/keys", json={"name": "P", "role_id": "role_viewer", "expires_at": ends})).json()
    program = browser(None)
    program.headers["Authorization"] = f"Bearer {made['key']}"
    assert (await program.get("/api/v1/stations")).status_code == 200
    assert (await anna.delete(f"/api/v1/keys/{made['id']}")).status_code == 204
    assert (await program.get("/api/v1/stations")).status_code == 401
    endless = {"name": "P", "role_id": "role_viewer", "expires_at": "2999-01-01T00:00:00Z"}
    assert (await anna.post("/api/v1/keys", json=endless)).json()["code"] == "bad_input"


async def test_somebody_sees_where_they_are_signed_in_and_signs_out_elsewhere(
    browser: Browsers, tenant: Tenant
) -> None:
    here, there = browser(), browser()
    await here.sign_in(tenant.operator)
    await there.sign_in(tenant.operator)
    sessions = (await here.get("/api/v1/me/sessions")).json()["items"]
    assert sorted(one["this"] for one in sessions) == [False, True]
    assert (await here.delete("/api/v1/me/sessions")).status_code == 204
    assert (await there.get("/api/v1/me")).json()["code"] == "session_ended"
    (left,) = (await here.get("/api/v1/me/sessions")).json()["items"]
    assert (await here.delete(f"/api/v1/me/sessions/{left['id']}")).status_code == 204
    assert (await here.get("/api/v1/me")).json()["code"] == "session_ended"


async def test_a_person_changes_their_own_profile_and_no_rights(browser: Browsers, tenant: Tenant) -> None:
    bernd = browser()
    await bernd.sign_in(tenant.operator)
    changed = await bernd.patch("/api/v1/me", json={"name": "Bernd Berger", "language": "de"})
    assert (changed.json()["user"]["name"], changed.json()["user"]["language"]) == ("Bernd Berger", "de")
    assert (await bernd.patch("/api/v1/me", json={"name": "Bernd B."})).json()["user"]["language"] == "de"
    forgotten = (await bernd.patch("/api/v1/me", json={"language": None})).json()["user"]
    assert (forgotten["name"], forgotten["language"]) == ("Bernd B.", None), "as the browser says from now on"
    for forbidden in ({"active": False}, {"place_id": "x"}, {"role_id": "role_owner"}, {"company_id": "x"}):
        assert (await bernd.patch("/api/v1/me", json=forbidden)).status_code == 422


async def test_every_change_is_in_the_audit_trail(anna: Browser, tenant: Tenant) -> None:
    new = {"user_id": tenant.operator.id, "role_id": "role_viewer", "place_id": tenant.site.id}
    grant = (await anna.post("/api/v1/grants", json=new)).json()
    (entry, *_) = (await anna.get("/api/v1/audit")).json()["items"]
    assert (entry["action"], entry["subject_id"], entry["actor_id"]) == ("grant.given", grant["id"], tenant.owner.id)
    assert entry["details"] == {"user_id": tenant.operator.id, "role_id": "role_viewer", "place_id": tenant.site.id}


async def test_passwords_are_nowhere_in_the_audit_trail(anna: Browser, tenant: Tenant) -> None:
    await anna.patch(f"/api/v1/users/{tenant.operator.id}", json={"password": QUIET})
    text = (await anna.get("/api/v1/audit")).text
    assert '"password":true' in text
    assert QUIET not in text
    assert PASSWORD not in text


async def test_the_house_hears_of_changed_rights(
    anna: Browser, database: Database, tenant: Tenant, clock: StillClock, tmp_path: Any
) -> None:
    new = {"user_id": tenant.operator.id, "role_id": "role_viewer", "place_id": tenant.site.id}
    await anna.post("/api/v1/grants", json=new)
    heard: list[Fact] = []

    async def hear(fact: Fact) -> None:
        heard.append(fact)

    await outbox.Drain(database, hear, clock, tmp_path / "outbox.sock").deliver()
    changed = [fact.user_id for fact in heard if isinstance(fact, RightsChanged)]
    assert changed[-1] == tenant.operator.id
