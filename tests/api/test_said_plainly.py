"""What the contract says and what is taken are one: addresses, times, cursors, names of roles; and nothing changed is nothing told."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from antiphon.tenancy.rights import SHIPPED_NAMES, SHIPPED_ROLES
from browsers import Browser
from residents import PASSWORD, Tenant

Browsers = Callable[..., Browser]
WORDS = Path(__file__).parents[2] / "web" / "src" / "words" / "portal"


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant) -> Browser:
    one = browser()
    await one.sign_in(tenant.owner)
    return one


def named_fields(answer: Any) -> list[str]:
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input"), answer.text
    return [one["field"] for one in answer.json()["errors"]]


@pytest.mark.parametrize(
    "address",
    [
        "\u202ea@b.de",
        "a@b.de\u200b",
        "a\u00ad@b.de",
        "<a@b.de>",
        "Anna <a@b.de>",
        "a,b@c.de",
        "a@b.de;x",
        "a@b.de,c@d.de",
        "a@b..de",
        "a@.de",
        "a@b.de.",
        "a..b@c.de",
        ".a@b.de",
        '"a b"@c.de',
        "a@[192.0.2.1]",
        f"{'a' * 65}@b.de",
        "a@b\nc.de",
    ],
)
async def test_what_is_no_one_address_is_refused_wherever_one_is_taken(
    anna: Browser, browser: Browsers, tenant: Tenant, address: str
) -> None:
    person, url = {"name": "Clara", "password": PASSWORD}, f"/api/v1/users/{tenant.operator.id}"
    at = {"role_id": "role_viewer", "place_id": tenant.site.id}
    for answer in (
        await anna.post("/api/v1/users", json=person | at | {"email": address}),
        await anna.patch(url, json={"email": address}),
        await anna.post("/api/v1/invitations", json={"email": address}),
        await anna.post("/api/v1/me/email", json={"email": address}),
        await browser().post("/api/v1/session/join", json=person | {"token": "none", "email": address}),
    ):
        assert named_fields(answer) == ["email"]
    signing_in = await browser().post("/api/v1/session", json={"email": address, "password": PASSWORD})
    assert signing_in.status_code == 401, "whoever signs in is told no more than that it is wrong"


@pytest.mark.parametrize(
    "address", ["anna.auer+tor@salzach.example", "o'neil_1-x@b.co.uk", "jürgen@müller.example", "root@localhost"]
)
async def test_addresses_of_every_usual_form_are_taken(anna: Browser, address: str) -> None:
    answer = await anna.post("/api/v1/invitations", json={"email": address})
    assert (answer.status_code, answer.json()["email"]) == (201, address)


@pytest.mark.parametrize("time", [0, 1.5, True, "0", "1900000000", "2030-05-01", "2030-05-01T08:00:00"])
async def test_a_time_is_written_as_the_document_says(anna: Browser, tenant: Tenant, time: object) -> None:
    new = {"user_id": tenant.operator.id, "role_id": "role_viewer", "place_id": tenant.site.id}
    assert named_fields(await anna.post("/api/v1/grants", json=new | {"starts_at": time})) == ["starts_at"]
    grant = (await anna.post("/api/v1/grants", json=new)).json()
    times = await anna.put(f"/api/v1/grants/{grant['id']}/times", json={"starts_at": None, "ends_at": time})
    assert named_fields(times) == ["ends_at"]
    assert named_fields(await anna.post("/api/v1/invitations", json={"ends_at": time})) == ["ends_at"]
    key = {"name": "Display", "role_id": "role_viewer", "expires_at": time}
    assert named_fields(await anna.post("/api/v1/keys", json=key)) == ["expires_at"]


async def test_a_cursor_is_good_for_its_own_list_alone(anna: Browser, tenant: Tenant) -> None:
    for name in ("Ost", "West"):
        new = {"kind": "folder", "parent_id": tenant.site.id, "name": name}
        assert (await anna.post("/api/v1/places", json=new)).status_code == 201
    cursor = (await anna.get("/api/v1/users", params={"limit": 1})).json()["next_cursor"]
    assert (await anna.get("/api/v1/users", params={"cursor": cursor})).status_code == 200
    for path in ("places", "stations", "accounts", "tree", "doors", "guests", "grants", "audit"):
        answer = await anna.get(f"/api/v1/{path}", params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_input"), path


@pytest.mark.parametrize("name", ["Owner", "OWNER", "Eigentümer", "Inhaberin oder Inhaber", "User manager"])
async def test_no_role_of_ones_own_is_called_like_a_shipped_one(anna: Browser, name: str) -> None:
    own = {"name": "Guard", "permissions": ["places.read"]}
    role = (await anna.post("/api/v1/roles", json=own)).json()
    for answer in (
        await anna.post("/api/v1/roles", json=own | {"name": name}),
        await anna.patch(f"/api/v1/roles/{role['id']}", json={"name": name}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "role_name_taken")


@pytest.mark.parametrize("words", ["people-de.ts", "people-en.ts"])
def test_every_shipped_role_s_name_in_the_portal_is_taken(words: str) -> None:
    names = dict(re.findall(r'"role\.([a-z_]+)": "([^"]+)"', (WORDS / words).read_text()))
    assert set(SHIPPED_ROLES) <= names.keys()
    assert {names[role].casefold() for role in SHIPPED_ROLES} <= SHIPPED_NAMES


async def test_a_change_that_changes_nothing_is_not_in_the_trail(anna: Browser, tenant: Tenant) -> None:
    station = (await anna.post("/api/v1/stations", json={"name": "Tor", "place_id": tenant.site.id})).json()
    account = (await anna.post("/api/v1/accounts", json={"name": "Lift", "place_id": tenant.site.id})).json()
    role = (await anna.post("/api/v1/roles", json={"name": "Guard", "permissions": ["places.read"]})).json()
    new = {"user_id": tenant.operator.id, "role_id": role["id"], "place_id": tenant.site.id}
    grant = (await anna.post("/api/v1/grants", json=new)).json()
    person = {"name": tenant.operator.name, "email": tenant.operator.email, "active": True}
    before = (await anna.get("/api/v1/audit")).json()["items"]
    for path, body in (
        (f"places/{tenant.site.id}", {"name": tenant.site.name, "time_zone": None}),
        (f"places/{tenant.site.id}", {"parent_id": tenant.site.parent_id}),
        (f"places/{tenant.site.id}", {}),
        (f"stations/{station['id']}", {"name": "Tor", "spot": "", "place_id": tenant.site.id}),
        (f"accounts/{account['id']}", {"name": "Lift", "opens_doors": account["opens_doors"]}),
        (f"roles/{role['id']}", {"name": "Guard", "permissions": ["places.read"]}),
        (f"users/{tenant.operator.id}", person),
        ("me", {"name": tenant.owner.name}),
    ):
        assert (await anna.patch(f"/api/v1/{path}", json=body)).status_code == 200, path
    buttons = (await anna.get(f"/api/v1/stations/{station['id']}/buttons")).json()
    for path, body in (
        (f"grants/{grant['id']}/times", {"starts_at": None, "ends_at": None}),
        (f"stations/{station['id']}/buttons", {"items": buttons["items"]}),
    ):
        assert (await anna.put(f"/api/v1/{path}", json=body)).status_code == 200, path
    assert (await anna.get("/api/v1/audit")).json()["items"] == before
    assert (await anna.patch(f"/api/v1/users/{tenant.operator.id}", json={"name": "Berta"})).status_code == 200
    assert (await anna.get("/api/v1/audit")).json()["items"][0]["action"] == "user.changed"


async def test_a_company_is_not_removed_as_a_place_is(anna: Browser, tenant: Tenant) -> None:
    answer = await anna.delete(f"/api/v1/places/{tenant.company.id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "company_stays")
