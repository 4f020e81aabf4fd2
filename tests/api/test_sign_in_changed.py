"""Whoever's sign-in changes is told by mail, whoever changed it; who helps others sees how they sign in."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from test_passkeys import add, options_of, sign_in
from test_second_factor import set_up

from antiphon import identity
from antiphon.assembly import people
from antiphon.database import PLATFORM, Database
from antiphon.database.outbox import outbox
from antiphon.settings import Settings
from authenticator import Authenticator
from browsers import Browser
from residents import PASSWORD, StillClock, Tenant

Browsers = Callable[..., Browser]
QUIET = "quiet-lantern-forty"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An installation with a public name."""
    return settings.model_copy(update={"public_name": "portal.example"})


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
def told(database: Database) -> Callable[[], list[tuple[str, str]]]:
    """Who is told what, since it was asked last."""
    seen = 0

    def new() -> list[tuple[str, str]]:
        nonlocal seen
        with database.transaction() as tx:
            rows = tx.all(PLATFORM, outbox, kind="SignInChanged", order_by=(outbox.c.position,))
        facts = [json.loads(row["payload"]) for row in rows[seen:]]
        seen = len(rows)
        return [(fact["user_id"], fact["change"]) for fact in facts]

    return new


Told = Callable[[], list[tuple[str, str]]]


async def test_each_change_of_ones_own_is_told_once(
    bernd: Browser, tenant: Tenant, clock: StillClock, told: Told
) -> None:
    me = tenant.operator.id
    await set_up(bernd, clock)
    assert told() == [(me, "factor_added")]
    await bernd.post("/api/v1/me/second-factor/recovery-codes")
    assert told() == [(me, "codes_renewed")]
    await bernd.delete("/api/v1/me/second-factor")
    assert told() == [(me, "factor_removed")]
    made = await add(bernd, Authenticator())
    assert told() == [(me, "passkey_added")]
    await bernd.patch(f"/api/v1/me/passkeys/{made['id']}", json={"name": "Work phone"})
    assert told() == [], "another name changes nothing"
    await bernd.delete(f"/api/v1/me/passkeys/{made['id']}")
    assert told() == [(me, "passkey_removed")]
    await bernd.post("/api/v1/me/password", json={"current": PASSWORD, "new": QUIET})
    assert told() == [(me, "password_changed")]


async def test_what_was_refused_or_only_begun_is_not_told(bernd: Browser, told: Told) -> None:
    await bernd.post("/api/v1/me/second-factor")
    await bernd.post("/api/v1/me/second-factor/confirm", json={"code": "none"})
    await bernd.delete("/api/v1/me/second-factor")
    await bernd.post("/api/v1/me/password", json={"current": "wrong", "new": QUIET})
    await bernd.post("/api/v1/me/password", json={"current": PASSWORD, "new": "weak"})
    assert told() == []


async def test_what_others_change_is_told_to_whom_it_is_about(
    anna: Browser, bernd: Browser, tenant: Tenant, clock: StillClock, settings: Settings, database: Database, told: Told
) -> None:
    me, path = tenant.operator.id, f"/api/v1/users/{tenant.operator.id}"
    await set_up(bernd, clock)
    await add(bernd, Authenticator())
    told()
    await anna.delete(f"{path}/second-factor")
    assert told() == [(me, "factor_removed")]
    await anna.delete(f"{path}/passkeys")
    assert told() == [(me, "passkeys_removed")]
    await anna.patch(path, json={"name": "Bernd B."})
    assert told() == []
    await anna.patch(path, json={"password": QUIET})
    assert told() == [(me, "password_changed")]
    with database.transaction() as tx:
        identity.set_password(tx, tenant.operator.email, identity.new_password(), clock.now())
    assert told() == [(me, "password_changed")]
    await set_up(anna, clock)
    told()
    people.remove_second_factor(settings, tenant.owner.email)
    assert told() == [(tenant.owner.id, "factor_removed")]


async def test_a_password_set_by_a_link_is_told(
    browser: Browsers, tenant: Tenant, clock: StillClock, settings: Settings, database: Database, told: Told
) -> None:
    with database.transaction() as tx:
        link = identity.password_link(
            tx, PLATFORM, "https://portal.example", settings.secret("token.key"), tenant.operator.id, clock.now()
        )
    assert link is not None
    body = {"token": link.partition("#")[2], "password": QUIET}
    assert (await browser().post("/api/v1/session/reset", json=body)).status_code == 204
    assert told() == [(tenant.operator.id, "password_changed")]


async def test_an_owner_removes_the_passkeys_of_somebody_who_lost_the_phone(
    anna: Browser, bernd: Browser, browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    path, phone = f"/api/v1/users/{tenant.operator.id}", Authenticator()
    assert (await anna.get(f"{path}/sign-in")).json() == {"second_factor": False, "passkeys": 0}
    await set_up(bernd, clock)
    await add(bernd, phone)
    await add(bernd, Authenticator(), "Laptop")
    assert (await anna.get(f"{path}/sign-in")).json() == {"second_factor": True, "passkeys": 2}
    assert (await bernd.get(f"{path}/sign-in")).status_code == 403
    assert (await bernd.delete(f"{path}/passkeys")).status_code == 403
    assert (await anna.delete(f"{path}/passkeys")).status_code == 204
    again = await anna.delete(f"{path}/passkeys")
    assert (again.status_code, again.json()["code"]) == (404, "passkey_not_found")
    assert await sign_in(browser(), phone.get(await options_of(bernd))) == (401, "passkey_refused")
    assert (await anna.get(f"{path}/sign-in")).json() == {"second_factor": True, "passkeys": 0}
    (newest, *_) = (await anna.get("/api/v1/audit")).json()["items"]
    assert (newest["action"], newest["subject_id"]) == ("passkeys.removed", tenant.operator.id)
