"""Signing in, staying signed in, signing out."""

from __future__ import annotations

from collections.abc import Callable

import jwt
import pytest
from fastapi import FastAPI

from antiphon.database import PLATFORM, Database
from antiphon.identity import sessions as sessions_
from antiphon.identity import store
from antiphon.identity.store import user_sessions
from antiphon.limits import ACCESS_TOKEN_S, LOGIN_ATTEMPTS_PER_MINUTE, REFRESH_TOKEN_S
from browsers import Browser
from residents import PASSWORD, StillClock, Tenant

Browsers = Callable[..., Browser]


async def test_a_user_signs_in_and_is_named(browser: Browsers, tenant: Tenant) -> None:
    anna = browser()
    answer = await anna.sign_in(tenant.owner)
    assert answer.status_code == 200
    body = answer.json()
    assert body["user"] == {
        "id": tenant.owner.id,
        "name": "Anna",
        "email": "anna@salzach.example",
        "language": "en",
    }
    assert body["company"] == {"id": tenant.company.id, "name": "Salzach"}
    assert (await anna.get("/api/v1/me")).json()["user"]["id"] == tenant.owner.id


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(browser: Browsers, tenant: Tenant) -> None:
    cookie = (await browser().sign_in(tenant.operator)).headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/api/v1/session"} <= set(cookie.split("; "))


@pytest.mark.parametrize(
    ("email", "password"),
    [("anna@salzach.example", "wrong-" + PASSWORD), ("nobody@salzach.example", PASSWORD), ("", ""), ("anna", "x")],
)
async def test_wrong_password_and_unknown_address_are_not_told_apart(
    browser: Browsers, tenant: Tenant, email: str, password: str
) -> None:
    answer = await browser().sign_in(email, password)
    assert answer.status_code == 401
    assert answer.json()["code"] == "wrong_credentials"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unknown_address_costs_the_same_work(
    browser: Browsers, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str | None] = []
    genuine = sessions_.password_matches

    def watched(stored: str | None, password: str) -> bool:
        checked.append(stored)
        return genuine(stored, password)

    monkeypatch.setattr(sessions_, "password_matches", watched)
    await browser().sign_in("nobody@salzach.example")
    assert checked == [None]


async def test_addresses_are_written_in_any_case(browser: Browsers, tenant: Tenant) -> None:
    assert (await browser().sign_in(" Anna@Salzach.EXAMPLE ")).status_code == 200


async def test_an_expired_token_is_refused_and_refreshed(browser: Browsers, tenant: Tenant, clock: StillClock) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    clock.advance(ACCESS_TOKEN_S)
    answer = await anna.get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
    fresh = (await anna.post("/api/v1/session/refresh")).json()["access_token"]
    assert (await anna.get("/api/v1/me", headers={"Authorization": f"Bearer {fresh}"})).status_code == 200


async def test_two_tabs_refresh_at_once_with_one_cookie(browser: Browsers, tenant: Tenant) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    first = await anna.post("/api/v1/session/refresh")
    second = await anna.post("/api/v1/session/refresh")
    assert (first.status_code, second.status_code) == (200, 200)


async def test_a_session_in_use_lives_on_and_an_unused_one_ends(
    browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    clock.advance(REFRESH_TOKEN_S / 2)
    assert "set-cookie" in (await anna.post("/api/v1/session/refresh")).headers
    clock.advance(REFRESH_TOKEN_S * 0.75)
    assert (await anna.post("/api/v1/session/refresh")).status_code == 200
    clock.advance(REFRESH_TOKEN_S)
    answer = await anna.post("/api/v1/session/refresh")
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")


async def test_a_browser_without_a_cookie_has_nothing_to_refresh(browser: Browsers) -> None:
    answer = await browser().post("/api/v1/session/refresh")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_signing_out_ends_cookie_and_access_token(browser: Browsers, tenant: Tenant) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    cookie = anna.cookies["antiphon_refresh"]
    assert (await anna.delete("/api/v1/session")).status_code == 204
    assert "antiphon_refresh" not in anna.cookies
    assert (await anna.get("/api/v1/me")).json()["code"] == "session_ended"
    thief = browser(cookies={"antiphon_refresh": cookie})
    assert (await thief.post("/api/v1/session/refresh")).json()["code"] == "session_ended"


async def test_signing_in_again_ends_the_session_of_this_browser_only(
    browser: Browsers, tenant: Tenant, database: Database
) -> None:
    office, home = browser(), browser()
    await home.sign_in(tenant.owner)
    await office.sign_in(tenant.owner)
    await office.sign_in(tenant.owner)
    with database.transaction() as tx:
        assert len(tx.all(PLATFORM, user_sessions)) == 2
    assert (await home.get("/api/v1/me")).status_code == 200


async def test_a_deactivated_user_is_out_at_once_and_stays_out(browser: Browsers, tenant: Tenant) -> None:
    anna, bernd = browser(), browser()
    await anna.sign_in(tenant.owner)
    await bernd.sign_in(tenant.operator)
    answer = await anna.patch(f"/api/v1/users/{tenant.operator.id}", json={"active": False})
    assert answer.json()["active"] is False
    assert (await bernd.get("/api/v1/me")).json()["code"] == "session_ended"
    assert (await bernd.post("/api/v1/session/refresh")).json()["code"] == "session_ended"
    assert (await bernd.sign_in(tenant.operator)).json()["code"] == "wrong_credentials"


async def test_guessing_is_slowed_and_a_stranger_locks_nobody_out(
    browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    stranger, anna = browser("198.51.100.7"), browser("192.0.2.10")
    for _ in range(LOGIN_ATTEMPTS_PER_MINUTE):
        assert (await stranger.sign_in(tenant.owner, "guess")).status_code == 401
    refused = await stranger.sign_in(tenant.owner, PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert refused.headers["retry-after"] == "60"
    assert (await anna.sign_in(tenant.owner)).status_code == 200
    clock.advance(61)
    assert (await stranger.sign_in(tenant.owner, "guess")).status_code == 401


async def test_a_forged_address_does_not_reset_the_count(browser: Browsers, tenant: Tenant) -> None:
    for attempt in range(LOGIN_ATTEMPTS_PER_MINUTE):
        await browser(f"203.0.113.{attempt}, 198.51.100.7").sign_in(tenant.owner, "guess")
    assert (await browser("203.0.113.99, 198.51.100.7").sign_in(tenant.owner)).status_code == 429


async def test_the_front_adds_the_address_as_a_header_of_its_own(browser: Browsers, tenant: Tenant) -> None:
    login = {"email": tenant.owner.email, "password": "guess"}
    for attempt in range(LOGIN_ATTEMPTS_PER_MINUTE + 1):
        headers = [("X-Forwarded-For", f"203.0.113.{attempt}"), ("X-Forwarded-For", "198.51.100.7")]
        answer = await browser(None).post("/api/v1/session", json=login, headers=headers)
    assert answer.status_code == 429


async def test_another_site_can_use_no_cookie(browser: Browsers, tenant: Tenant) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    for method, path in (("POST", "/api/v1/session/refresh"), ("DELETE", "/api/v1/session")):
        answer = await anna.request(method, path, headers={"Sec-Fetch-Site": "cross-site"})
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")


async def test_a_form_is_not_json(browser: Browsers, tenant: Tenant) -> None:
    text = '{"email": "anna@salzach.example", "password": "' + PASSWORD + '"}'
    answer = await browser().post("/api/v1/session", content=text, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "bad_input"


@pytest.mark.parametrize("broken", ["signature", "algorithm", "key", "text", "kid"])
async def test_a_tampered_token_is_refused(browser: Browsers, tenant: Tenant, broken: str) -> None:
    anna = browser()
    token = (await anna.sign_in(tenant.owner)).json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    head, body, signature = token.split(".")
    forged = {
        "signature": f"{head}.{body}.{signature[:-6]}AAAAAA",
        "algorithm": jwt.encode(claims, "", algorithm="none"),
        "key": jwt.encode(claims, "a guessed key of some thirty-two bytes", algorithm="HS256"),
        "text": "not.a.token",
        "kid": jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": "other"}),
    }[broken]
    answer = await anna.get("/api/v1/me", headers={"Authorization": f"Bearer {forged}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_weaker_hashes_are_renewed_at_sign_in(browser: Browsers, tenant: Tenant, database: Database) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with database.transaction() as tx:
        store.set_password_hash(tx, tenant.scope, tenant.operator.id, weak)
    assert (await browser().sign_in(tenant.operator)).status_code == 200
    with database.transaction() as tx:
        stored = store.password_hash(tx, tenant.scope, tenant.operator.id)
    assert stored != weak
    assert (await browser().sign_in(tenant.operator)).status_code == 200


async def test_changing_the_password_ends_the_other_sessions(browser: Browsers, tenant: Tenant) -> None:
    here, there = browser(), browser()
    await here.sign_in(tenant.operator)
    await there.sign_in(tenant.operator)
    change = {"current": PASSWORD, "new": "fourteen-quiet-lanterns"}
    wrong = await here.post("/api/v1/me/password", json={**change, "current": "no"})
    assert wrong.json()["code"] == "wrong_credentials"
    assert (await here.post("/api/v1/me/password", json=change)).status_code == 204
    assert (await here.get("/api/v1/me")).status_code == 200
    assert (await there.get("/api/v1/me")).json()["code"] == "session_ended"
    assert (await there.sign_in(tenant.operator)).status_code == 401
    assert (await there.sign_in(tenant.operator, change["new"])).status_code == 200


async def test_an_application_without_its_signing_key_does_not_sign_anybody_in(app: FastAPI, browser: Browsers) -> None:
    (app.state.settings.secrets / "jwt.key").unlink()
    answer = await browser().post("/api/v1/session", json={"email": "a@b", "password": "x"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
