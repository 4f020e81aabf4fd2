"""What holds for every endpoint of the API, those added tomorrow included: who may call it, and on what.

`NEEDED` is the matrix of rights: an endpoint that is not in it, or needs something else than it says, fails here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from string import Formatter
from typing import Any, get_args

import pytest
from fastapi import FastAPI

from antiphon import access, devices, tenancy
from antiphon.assembly import contracts
from antiphon.calls import station_tests
from antiphon.calls import store as calls
from antiphon.clock import new_id
from antiphon.database import Database, Scope, Tx
from antiphon.directory import parties, plans, portraits, quiets
from antiphon.directory.documents import PlanDocument
from antiphon.directory.rings import Member
from antiphon.identity import factor_store, invitations
from antiphon.identity import store as identity_store
from antiphon.settings import Settings
from antiphon.tenancy import Place
from antiphon.tenancy.rights import SHIPPED_ROLES, ShippedRole
from browsers import Browser
from residents import StillClock, Tenant, password_hash

Browsers = Callable[..., Browser]
Operation = tuple[str, str]

# Anybody at all; anybody who signed in or has a key; a person who signed in; or one of these permissions.
PUBLIC, PERSON, SIGNED_IN = ("public",), ("person",), ("signed in",)
_PEOPLE = ("people.manage", "client_users.manage")
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_RINGS, _SETS_RINGS = ("ring_plans.read",), ("ring_plans.configure",)
NEEDED: dict[Operation, tuple[str, ...]] = {
    ("GET", "/health"): PUBLIC,
    ("GET", "/health/live"): PUBLIC,
    ("GET", "/health/ready"): PUBLIC,
    ("POST", "/api/v1/session"): PUBLIC,
    ("POST", "/api/v1/session/refresh"): PUBLIC,
    ("DELETE", "/api/v1/session"): PUBLIC,
    ("POST", "/api/v1/session/invitation"): PUBLIC,
    ("POST", "/api/v1/session/join"): PUBLIC,
    ("POST", "/api/v1/session/forgotten"): PUBLIC,
    ("POST", "/api/v1/session/reset"): PUBLIC,
    ("POST", "/api/v1/session/second-factor"): PUBLIC,
    ("POST", "/api/v1/session/passkey/options"): PUBLIC,
    ("POST", "/api/v1/session/passkey"): PUBLIC,
    ("GET", "/api/v1/me"): PERSON,
    ("PATCH", "/api/v1/me"): PERSON,
    ("POST", "/api/v1/me/email"): PERSON,
    ("POST", "/api/v1/me/password"): PERSON,
    ("GET", "/api/v1/me/sessions"): PERSON,
    ("DELETE", "/api/v1/me/sessions"): PERSON,
    ("DELETE", "/api/v1/me/sessions/{session_id}"): PERSON,
    ("GET", "/api/v1/me/companies"): PERSON,
    ("POST", "/api/v1/me/invitations"): PERSON,
    ("GET", "/api/v1/me/second-factor"): PERSON,
    ("POST", "/api/v1/me/second-factor"): PERSON,
    ("POST", "/api/v1/me/second-factor/confirm"): PERSON,
    ("POST", "/api/v1/me/second-factor/recovery-codes"): PERSON,
    ("DELETE", "/api/v1/me/second-factor"): PERSON,
    ("GET", "/api/v1/me/passkeys"): PERSON,
    ("POST", "/api/v1/me/passkeys/options"): PERSON,
    ("POST", "/api/v1/me/passkeys"): PERSON,
    ("PATCH", "/api/v1/me/passkeys/{passkey_id}"): PERSON,
    ("DELETE", "/api/v1/me/passkeys/{passkey_id}"): PERSON,
    ("GET", "/api/v1/places"): ("places.read",),
    ("GET", "/api/v1/places/entrances"): ("places.read",),
    ("GET", "/api/v1/places/{place_id}"): ("places.read",),
    ("GET", "/api/v1/tree"): ("places.read",),
    ("GET", "/api/v1/events"): SIGNED_IN,
    ("POST", "/api/v1/places"): ("places.configure", "company.configure"),
    ("PATCH", "/api/v1/places/{place_id}"): ("places.configure", "company.configure"),
    ("DELETE", "/api/v1/places/{place_id}"): ("places.configure", "company.configure"),
    ("GET", "/api/v1/search"): ("places.read", "stations.read", "ring_plans.read", "people.read"),
    ("GET", "/api/v1/users"): ("people.read",),
    ("GET", "/api/v1/people/counts"): ("people.read",),
    ("GET", "/api/v1/users/{user_id}"): ("people.read",),
    ("GET", "/api/v1/guests"): ("people.read",),
    ("GET", "/api/v1/guests/{guest_id}"): ("people.read",),
    ("POST", "/api/v1/users"): _PEOPLE,
    ("PATCH", "/api/v1/users/{user_id}"): _PEOPLE,
    ("GET", "/api/v1/users/{user_id}/sign-in"): _PEOPLE,
    ("DELETE", "/api/v1/users/{user_id}/second-factor"): _PEOPLE,
    ("DELETE", "/api/v1/users/{user_id}/passkeys"): _PEOPLE,
    ("GET", "/api/v1/invitations"): _PEOPLE,
    ("POST", "/api/v1/invitations"): _PEOPLE,
    ("DELETE", "/api/v1/invitations/{invitation_id}"): _PEOPLE,
    ("GET", "/api/v1/roles"): ("people.read",),
    ("GET", "/api/v1/roles/{role_id}"): ("people.read",),
    ("POST", "/api/v1/roles"): ("roles.manage",),
    ("PATCH", "/api/v1/roles/{role_id}"): ("roles.manage",),
    ("DELETE", "/api/v1/roles/{role_id}"): ("roles.manage",),
    ("GET", "/api/v1/grants"): ("people.read",),
    ("GET", "/api/v1/grants/{grant_id}"): ("people.read",),
    ("POST", "/api/v1/grants"): _PEOPLE,
    ("PUT", "/api/v1/grants/{grant_id}/times"): _PEOPLE,
    ("DELETE", "/api/v1/grants/{grant_id}"): _PEOPLE,
    ("GET", "/api/v1/audit"): ("audit.read",),
    ("GET", "/api/v1/keys"): ("keys.manage",),
    ("POST", "/api/v1/keys"): ("keys.manage",),
    ("DELETE", "/api/v1/keys/{key_id}"): ("keys.manage",),
    ("GET", "/api/v1/stations"): ("stations.read",),
    ("GET", "/api/v1/stations/{station_id}"): ("stations.read",),
    ("POST", "/api/v1/stations"): ("stations.configure",),
    ("PATCH", "/api/v1/stations/{station_id}"): ("stations.configure",),
    ("DELETE", "/api/v1/stations/{station_id}"): ("stations.configure",),
    ("POST", "/api/v1/stations/{station_id}/claim-code"): ("stations.configure",),
    ("POST", "/api/v1/stations/{station_id}/revoke"): ("stations.configure",),
    ("GET", "/api/v1/stations/{station_id}/buttons"): ("stations.read",),
    ("PUT", "/api/v1/stations/{station_id}/buttons"): ("stations.configure",),
    ("GET", "/api/v1/stations/{station_id}/test-schedule"): ("stations.read",),
    ("PUT", "/api/v1/stations/{station_id}/test-schedule"): ("stations.configure",),
    ("GET", "/api/v1/stations/{station_id}/test-calls"): ("stations.read",),
    ("POST", "/api/v1/stations/{station_id}/test-calls"): ("stations.configure",),
    ("GET", "/api/v1/failing-test-calls"): ("stations.read",),
    ("GET", "/api/v1/contacts"): _RINGS,
    ("GET", "/api/v1/contacts/{contact_id}"): _RINGS,
    ("POST", "/api/v1/contacts"): _SETS_RINGS,
    ("PATCH", "/api/v1/contacts/{contact_id}"): _SETS_RINGS,
    ("DELETE", "/api/v1/contacts/{contact_id}"): _SETS_RINGS,
    ("GET", "/api/v1/contacts/{contact_id}/picture"): _RINGS,
    ("PUT", "/api/v1/contacts/{contact_id}/picture"): _SETS_RINGS,
    ("DELETE", "/api/v1/contacts/{contact_id}/picture"): _SETS_RINGS,
    ("GET", "/api/v1/contacts/{contact_id}/logo"): _RINGS,
    ("PUT", "/api/v1/contacts/{contact_id}/logo"): _SETS_RINGS,
    ("DELETE", "/api/v1/contacts/{contact_id}/logo"): _SETS_RINGS,
    ("GET", "/api/v1/ring-groups"): _RINGS,
    ("GET", "/api/v1/ring-groups/{group_id}"): _RINGS,
    ("POST", "/api/v1/ring-groups"): _SETS_RINGS,
    ("PATCH", "/api/v1/ring-groups/{group_id}"): _SETS_RINGS,
    ("DELETE", "/api/v1/ring-groups/{group_id}"): _SETS_RINGS,
    ("GET", "/api/v1/ring-plans/{owner_id}"): _RINGS,
    ("GET", "/api/v1/ring-plans/{owner_id}/used-by"): _RINGS,
    ("PUT", "/api/v1/ring-plans/{owner_id}/draft"): _SETS_RINGS,
    ("DELETE", "/api/v1/ring-plans/{owner_id}/draft"): _SETS_RINGS,
    ("POST", "/api/v1/ring-plans/{owner_id}/in-force"): _SETS_RINGS,
    ("POST", "/api/v1/ring-plans/{owner_id}/undo"): _SETS_RINGS,
    ("POST", "/api/v1/ring-plans/ask"): _RINGS,
    ("GET", "/api/v1/ring-settings"): _RINGS,
    ("PUT", "/api/v1/ring-settings"): _SETS_RINGS,
    ("GET", "/api/v1/holiday-calendars"): SIGNED_IN,
    ("GET", "/api/v1/me/ring-plan"): PERSON,
    ("PUT", "/api/v1/me/ring-plan/draft"): PERSON,
    ("DELETE", "/api/v1/me/ring-plan/draft"): PERSON,
    ("POST", "/api/v1/me/ring-plan/in-force"): PERSON,
    ("POST", "/api/v1/me/ring-plan/undo"): PERSON,
    ("GET", "/api/v1/me/do-not-disturb"): PERSON,
    ("PUT", "/api/v1/me/do-not-disturb"): PERSON,
    ("GET", "/api/v1/users/{user_id}/do-not-disturb"): _RINGS,
    ("PUT", "/api/v1/users/{user_id}/do-not-disturb"): _SETS_RINGS,
    ("GET", "/api/v1/accounts"): ("stations.read",),
    ("GET", "/api/v1/accounts/{account_id}"): ("stations.read",),
    ("POST", "/api/v1/accounts"): ("stations.configure",),
    ("PATCH", "/api/v1/accounts/{account_id}"): ("stations.configure",),
    ("POST", "/api/v1/accounts/{account_id}/password"): ("stations.configure",),
    ("DELETE", "/api/v1/accounts/{account_id}"): ("stations.configure",),
    ("GET", "/api/v1/doors"): ("stations.read",),
    ("POST", "/api/v1/doors"): ("doors.configure",),
    ("GET", "/api/v1/doors/{door_id}"): ("stations.read",),
    ("PATCH", "/api/v1/doors/{door_id}"): ("doors.configure",),
    ("DELETE", "/api/v1/doors/{door_id}"): ("doors.configure",),
    ("POST", "/api/v1/doors/{door_id}/open"): ("doors.open",),
    ("GET", "/api/v1/door-log"): ("door_log.read",),
    ("GET", "/api/v1/calls"): ("calls.read",),
    ("GET", "/api/v1/calls/{call_id}"): ("calls.read",),
    ("GET", "/api/v1/calls/{call_id}/trace"): ("calls.read",),
    ("GET", "/api/v1/snapshots/{snapshot_id}"): ("snapshots.read",),
}
# What is the whole company's and at no place: whoever may read it anywhere may read it.
COMPANY_WIDE = {("GET", "/api/v1/roles/{role_id}"), ("GET", "/api/v1/ring-settings")}

DOCUMENT = contracts.openapi()
OPERATIONS: list[Operation] = [
    (method.upper(), path)
    for path, operations in sorted(DOCUMENT["paths"].items())
    for method in ("get", "post", "put", "patch", "delete")
    if method in operations
]
QUIET = "quiet-lantern-forty"


def body_of(operation: Operation, ids: Mapping[str, str], now: Any) -> dict[str, Any] | None:
    """A body inside the contract, that names these things."""
    place, email = {"place_id": ids["place_id"]}, f"{new_id('new')}@new.example"
    new_user = {"name": "New", "email": email, "password": QUIET, "role_id": "role_viewer", **place}
    rings = {"steps": [{"members": [{"kind": "user", "id": ids["user_id"]}]}]}
    bodies: dict[Operation, dict[str, Any]] = {
        ("POST", "/api/v1/places"): {"kind": "folder", "parent_id": ids["place_id"], "name": "New"},
        ("PATCH", "/api/v1/places/{place_id}"): {"name": "Taken over"},
        ("POST", "/api/v1/users"): new_user,
        ("PATCH", "/api/v1/users/{user_id}"): {"name": "Taken over"},
        ("POST", "/api/v1/invitations"): {"role_id": "role_viewer", **place},
        ("POST", "/api/v1/roles"): {"name": new_id("name"), "permissions": ["places.read"]},
        ("PATCH", "/api/v1/roles/{role_id}"): {"name": new_id("name")},
        ("POST", "/api/v1/grants"): {"user_id": ids["user_id"], "role_id": "role_support", **place},
        ("PUT", "/api/v1/grants/{grant_id}/times"): {"starts_at": None, "ends_at": None},
        ("POST", "/api/v1/keys"): {
            "name": "New",
            "role_id": "role_viewer",
            "expires_at": (now + timedelta(days=1)).isoformat(),
            **place,
        },
        ("POST", "/api/v1/stations"): {"name": "New", **place},
        ("PATCH", "/api/v1/stations/{station_id}"): {"name": "Taken over"},
        ("PUT", "/api/v1/stations/{station_id}/buttons"): {"items": []},
        ("PUT", "/api/v1/stations/{station_id}/test-schedule"): {"times": ["03:00"]},
        ("POST", "/api/v1/contacts"): {"name": "New", **place},
        ("PATCH", "/api/v1/contacts/{contact_id}"): {"name": "Taken over"},
        ("PUT", "/api/v1/contacts/{contact_id}/picture"): {"data": PIXEL},
        ("PUT", "/api/v1/contacts/{contact_id}/logo"): {"data": PIXEL},
        ("POST", "/api/v1/ring-groups"): {"name": "New", **place},
        ("PATCH", "/api/v1/ring-groups/{group_id}"): {"name": "Taken over"},
        ("PUT", "/api/v1/ring-plans/{owner_id}/draft"): {"otherwise": rings},
        ("PUT", "/api/v1/me/ring-plan/draft"): {"otherwise": rings},
        ("POST", "/api/v1/ring-plans/ask"): {"station_id": ids["station_id"], "button": "main"},
        ("PUT", "/api/v1/ring-settings"): {"last_resort": rings},
        ("PUT", "/api/v1/users/{user_id}/do-not-disturb"): {"items": [{"place_id": ids["place_id"]}]},
        ("PUT", "/api/v1/me/do-not-disturb"): {"items": [{"place_id": ids["place_id"]}]},
        ("POST", "/api/v1/accounts"): {"name": "New", **place},
        ("PATCH", "/api/v1/accounts/{account_id}"): {"name": "Taken over"},
        ("POST", "/api/v1/doors"): {"station_id": ids["station_id"], "name": "New", "output": "new"},
        ("PATCH", "/api/v1/doors/{door_id}"): {"name": "Taken over"},
        ("PATCH", "/api/v1/me"): {"language": "en"},
        ("POST", "/api/v1/me/email"): {"email": email},
        ("POST", "/api/v1/me/password"): {"current": "wrong", "new": QUIET},
        ("POST", "/api/v1/me/invitations"): {"token": "none"},
        ("POST", "/api/v1/session/forgotten"): {"email": email},
        ("POST", "/api/v1/session/reset"): {"token": "none", "password": QUIET},
        ("POST", "/api/v1/me/second-factor/confirm"): {"code": "000000"},
        ("POST", "/api/v1/me/passkeys"): {"name": "Phone", "credential": {}},
        ("PATCH", "/api/v1/me/passkeys/{passkey_id}"): {"name": "Taken over"},
    }
    return bodies.get(operation)


def one_of_everything(tx: Tx, tenant: Tenant, place: Place, clock: StillClock) -> dict[str, str]:
    """The id of one thing of each kind, all at that place."""
    now, scope = clock.now(), tenant.scope
    folder = tenancy.create_place(tx, scope, "folder", place.id, "Stiege", now)
    station = devices.create_station(tx, scope, name="Tor", place_id=folder.id, now=now)
    door = access.add_door(tx, scope, station_id=station.id, name="Tor", kind="gate", output="gate", pulse_s=4, now=now)
    account = devices.create_account(tx, scope, name="Pult", place_id=folder.id, realm="antiphon.local", now=now)
    for _ in range(5):
        test = station_tests.begin(tx, scope, station.id, now)
        station_tests.finish(tx, replace(test, outcome="no_sound"), now)
    call_id, snapshot_id, email = new_id("call"), new_id("snapshot"), f"{new_id('x')}@x.example"
    calls.start_call(tx, station, call_id=call_id, direction="from_station", button="main", started_at=now)
    picture = calls.Picture(snapshot_id, call_id, station.id, now)
    calls.add_snapshot(tx, scope, picture, width=640, height=480, size_bytes=9)
    user = tenancy.create_user(
        tx, scope, name="Dora", email=email, password_hash=password_hash(), now=now, place_id=folder.id
    )
    factor_store.add_factor(tx, scope, user.id, "sealed", now, confirmed=True)
    passkey = factor_store.add_passkey(
        tx,
        scope,
        user.id,
        credential_id=new_id("credential"),
        public_key="none",
        sign_count=0,
        rp_id="portal.example",
        name="Phone",
        now=now,
    )
    grant = tenancy.give(tx, scope, user.id, "role_viewer", folder.id, now)
    elsewhere = tenancy.create_company(tx, "Service", now)
    guest = tenancy.create_user(
        tx, Scope(elsewhere.id), name="Eva", email=f"{new_id('x')}@y.example", password_hash=None, now=now
    )
    tenancy.give(tx, scope, guest.id, "role_support", folder.id, now)
    contact = parties.add(tx, scope, "contact", name="Top 14", company_name="Stiege", place_id=folder.id, now=now)
    for kind in get_args(portraits.PortraitKind):
        portraits.put(tx, scope, portraits.Portrait(f"{kind}_{contact.id}"[:40], contact.id, kind, "0" * 24), now)
    group = parties.add(tx, scope, "group", name="Empfang Stiege", place_id=folder.id, now=now)
    whole = parties.add(tx, scope, "group", name="Wache Stiege", place_id=folder.id, now=now)
    ringing = PlanDocument.model_validate({"otherwise": {"steps": [{"members": [{"kind": "user", "id": user.id}]}]}})
    for _ in range(2):  # something is in force, something was before, something is drafted
        plans.draft(tx, scope, Member("group", whole.id), ringing, now, "Anna")
        plans.put_in_force(tx, scope, Member("group", whole.id), now, "Anna")
    plans.draft(tx, scope, Member("group", whole.id), ringing, now, "Anna")
    quiets.put(tx, scope, user.id, [quiets.Wish(folder.id, now, None, None, "UTC", "Anna", now)])
    role = tenancy.create_role(tx, scope, new_id("name"), {"places.read"}, now)
    invitation = invitations.invite(
        tx, scope, email=None, name="", role_id="role_viewer", place_id=folder.id, language="en", now=now
    )
    identity_store.add_session(tx, scope, session_id := new_id("session"), user.id, now, now + timedelta(days=1))
    key_id, ends = new_id("key"), now + timedelta(days=1)
    key = {"id": key_id, "name": "Key", "secret_hash": "0" * 64, "role_id": "role_viewer", "place_id": folder.id}
    tx.insert(scope, identity_store.api_keys, key | {"created_at": now, "expires_at": ends})
    return {
        "station_id": station.id,
        "door_id": door.id,
        "account_id": account.station.id,
        "call_id": call_id,
        "snapshot_id": snapshot_id,
        "user_id": user.id,
        "place_id": folder.id,
        "guest_id": guest.id,
        "contact_id": contact.id,
        "group_id": group.id,
        "owner_id": whole.id,
        "grant_id": grant.id,
        "role_id": role.id,
        "invitation_id": invitation.id,
        "session_id": session_id,
        "passkey_id": passkey.id,
        "key_id": key_id,
    }


@pytest.fixture
def theirs(database: Database, other: Tenant, clock: StillClock) -> dict[str, str]:
    """One of everything that has an id, all of the other company."""
    with database.transaction() as tx:
        return one_of_everything(tx, other, other.site, clock)


async def signed_in_with(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock, role: ShippedRole, place_id: str
) -> Browser:
    """Somebody who has that role there, and nothing else."""
    email = f"{role}@roles.example"
    with database.transaction() as tx:
        user = tenancy.create_user(
            tx, tenant.scope, name=role, email=email, password_hash=password_hash(), now=clock.now()
        )
        tenancy.give(tx, tenant.scope, user.id, f"role_{role}", place_id, clock.now())
    one = browser()
    await one.sign_in(email)
    return one


async def ask(anybody: Browser, operation: Operation, ids: Mapping[str, str], clock: StillClock) -> Any:
    """The answer to that operation on these things."""
    method, path = operation
    clock.advance(1)  # nobody is slowed for asking too often
    parameters = {"q": "stiege"} if path == "/api/v1/search" else None
    body = body_of(operation, ids, clock.now())
    headers = {"Idempotency-Key": "tap-" + new_id("wish")[-20:]}
    url = path.format(**ids)
    return await anybody.request(method, url, params=parameters, json=body, headers=headers)


def test_the_matrix_names_every_endpoint_and_what_it_needs() -> None:
    assert set(OPERATIONS) == set(NEEDED), "a new endpoint: say in NEEDED who may call it"
    for method, path in OPERATIONS:
        said = DOCUMENT["paths"][path][method.lower()].get("x-permission")
        needed = NEEDED[method, path]
        assert said == (None if needed in (PUBLIC, PERSON, SIGNED_IN) else list(needed)), (method, path)


@pytest.mark.parametrize("role", list(SHIPPED_ROLES))
async def test_each_role_may_do_what_it_says_and_no_more(
    browser: Browsers,
    database: Database,
    tenant: Tenant,
    clock: StillClock,
    settings: Settings,
    role: ShippedRole,
) -> None:
    one = await signed_in_with(browser, database, tenant, clock, role, tenant.company.id)
    settings.snapshots.mkdir()
    settings.portraits.mkdir()
    asked = 0
    for operation in sorted(OPERATIONS, key=lambda operation: operation[0] != "GET"):
        needed = NEEDED[operation]
        if needed in (PUBLIC, PERSON, SIGNED_IN):
            continue
        with database.transaction() as tx:
            mine = one_of_everything(tx, tenant, tenant.site, clock)
        (settings.snapshots / f"{mine['snapshot_id']}.jpg").write_bytes(b"a picture")
        for kind in get_args(portraits.PortraitKind):
            its_id = f"{kind}_{mine['contact_id']}"[:40]
            portraits.path(settings.portraits, its_id, "large").write_bytes(b"a picture")
        answer = await ask(one, operation, mine, clock)
        code = answer.json()["code"] if answer.status_code >= 400 else None
        if SHIPPED_ROLES[role].isdisjoint(needed):
            assert (answer.status_code, code) == (403, "not_allowed"), (operation, answer.text)
        else:
            assert answer.status_code not in (401, 404, 422, 500), (operation, answer.text)
            assert code not in ("not_allowed", "forbidden"), (operation, answer.text)
        asked += 1
    assert asked == len(OPERATIONS) - sum(needed in (PUBLIC, PERSON, SIGNED_IN) for needed in NEEDED.values())


@pytest.mark.parametrize("role", list(SHIPPED_ROLES))
async def test_ids_of_another_company_are_not_found_whatever_the_role(
    browser: Browsers,
    database: Database,
    tenant: Tenant,
    theirs: dict[str, str],
    clock: StillClock,
    role: ShippedRole,
) -> None:
    one = await signed_in_with(browser, database, tenant, clock, role, tenant.company.id)
    for operation in OPERATIONS:
        _, path = operation
        if "{" not in path and body_of(operation, theirs, clock.now()) is None:
            continue
        nameless = (
            path.startswith("/api/v1/me") or NEEDED[operation] == PUBLIC or operation == ("POST", "/api/v1/roles")
        )
        if nameless and "{" not in path:
            continue  # these name nothing
        names = {name for _text, name, _spec, _conversion in Formatter().parse(path) if name}
        assert names <= theirs.keys(), "a new kind of id: give the other company one, so that it can be tried here"
        answer = await ask(one, operation, theirs, clock)
        allowed = NEEDED[operation] in (PERSON, SIGNED_IN) or not SHIPPED_ROLES[role].isdisjoint(NEEDED[operation])
        assert answer.status_code == (404 if allowed else 403), (operation, answer.text)
        assert not any(foreign in answer.text for foreign in theirs.values()), operation


async def test_whoever_owns_one_site_finds_nothing_of_another(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    with database.transaction() as tx:
        own = tenancy.create_place(tx, tenant.scope, "site", str(tenant.site.parent_id), "Own", clock.now())
    one = await signed_in_with(browser, database, tenant, clock, "owner", own.id)
    for operation in OPERATIONS:
        needed = NEEDED[operation]
        if needed in (PUBLIC, PERSON, SIGNED_IN) or operation in COMPANY_WIDE:
            continue
        with database.transaction() as tx:
            beside = one_of_everything(tx, tenant, tenant.site, clock)
        answer = await ask(one, operation, beside, clock)
        told = {value for name, value in beside.items() if name != "role_id"}
        assert not any(other in answer.text for other in told), (operation, answer.text)
        if "{" in operation[1] or operation[0] != "GET":
            assert answer.status_code in (403, 404), (operation, answer.text)


async def test_lists_never_name_another_company(
    browser: Browsers, tenant: Tenant, other: Tenant, theirs: dict[str, str], clock: StillClock
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    for method, path in OPERATIONS:
        if method == "GET" and "{" not in path:
            text = (await ask(anna, (method, path), theirs, clock)).text
            assert not any(foreign in text for foreign in (*theirs.values(), other.company.id)), path


async def test_nothing_is_told_without_signing_in(
    browser: Browsers, tenant: Tenant, theirs: dict[str, str], clock: StillClock
) -> None:
    for operation in OPERATIONS:
        if NEEDED[operation] != PUBLIC:
            answer = await ask(browser(), operation, theirs, clock)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), operation
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one[0] in ("POST", "PUT", "PATCH")])
async def test_bodies_outside_the_contract_have_a_code(
    browser: Browsers, tenant: Tenant, theirs: dict[str, str], operation: Operation
) -> None:
    method, path = operation
    anna = browser()
    await anna.sign_in(tenant.owner)
    for content in (b"{", b"[]", b'"text"', b"\xff", b'{"unknown": 1}', b"[" * 2000):
        answer = await anna.request(
            method, path.format(**theirs), content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert answer.json()["code"]


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one[0] in ("POST", "PUT", "PATCH")])
async def test_fields_that_nobody_may_set_are_refused(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock, operation: Operation
) -> None:
    """Mass assignment: whatever else a row has is not taken from a body."""
    anna = browser()
    await anna.sign_in(tenant.owner)
    with database.transaction() as tx:
        mine = one_of_everything(tx, tenant, tenant.site, clock)
    body = body_of(operation, mine, clock.now())
    if body is None:
        return
    for field in ("id", "company_id", "created_at", "created_by", "password_hash", "path", "status", "secret_hash"):
        answer = await anna.request(operation[0], operation[1].format(**mine), json=body | {field: "x"})
        assert answer.status_code == 422, (operation, field, answer.text)


async def test_the_door_of_another_company_stays_shut(
    app: FastAPI, browser: Browsers, tenant: Tenant, theirs: dict[str, str], database: Database, clock: StillClock
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    clock.at += timedelta(seconds=1)
    answer = await anna.post(f"/api/v1/doors/{theirs['door_id']}/open", headers={"Idempotency-Key": "tap-0123456789"})
    assert (answer.status_code, answer.json()["code"]) == (404, "door_not_found")
    with database.transaction() as tx:
        (attempt,) = access.attempts(tx, tenant.scope, limit=10)
    assert attempt.outcome == "door_not_found"


def test_the_document_is_openapi_3_1_with_a_title_for_everything() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    names = [operation["operationId"] for path in DOCUMENT["paths"].values() for operation in path.values()]
    assert len(set(names)) == len(names)
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert operation["tags"]
            assert {"429", "500", "503"} <= operation["responses"].keys()


def test_the_contract_of_the_socket_names_every_message() -> None:
    contract = contracts.client_contract()
    definitions = contract["$defs"]
    for union in ("ClientMessage", "ServerMessage"):
        mapping = definitions[union]["discriminator"]["mapping"]
        assert len(mapping) == len(definitions[union]["oneOf"])
        for name, reference in mapping.items():
            message = definitions[reference.removeprefix("#/$defs/")]
            assert message["properties"]["type"]["const"] == name
            assert "type" in message["required"]
            assert message["additionalProperties"] is False


# What has nothing that two people could change past each other: it is there or not, or it is one's own sign-in.
_NEVER_STALE = {
    ("PUT", "/api/v1/contacts/{contact_id}/picture"),
    ("DELETE", "/api/v1/contacts/{contact_id}/picture"),
    ("PUT", "/api/v1/contacts/{contact_id}/logo"),
    ("DELETE", "/api/v1/contacts/{contact_id}/logo"),
    ("DELETE", "/api/v1/session"),
    ("DELETE", "/api/v1/me/sessions"),
    ("DELETE", "/api/v1/me/sessions/{session_id}"),
    ("DELETE", "/api/v1/me/second-factor"),
    ("PATCH", "/api/v1/me/passkeys/{passkey_id}"),
    ("DELETE", "/api/v1/me/passkeys/{passkey_id}"),
    ("DELETE", "/api/v1/users/{user_id}/second-factor"),
    ("DELETE", "/api/v1/users/{user_id}/passkeys"),
    ("DELETE", "/api/v1/invitations/{invitation_id}"),
    ("DELETE", "/api/v1/keys/{key_id}"),
}


def test_whatever_can_be_changed_can_be_changed_only_as_it_was_read() -> None:
    without = set()
    for method, path in OPERATIONS:
        described = DOCUMENT["paths"][path][method.lower()]
        headers = {one["name"] for one in described.get("parameters", ()) if one["in"] == "header"}
        if method in ("PATCH", "PUT", "DELETE") and "If-Match" not in headers:
            without.add((method, path))
    assert without == _NEVER_STALE
