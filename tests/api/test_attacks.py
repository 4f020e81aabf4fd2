"""What another site, a stranger or a thief tries over HTTP, and what they get.

Beside it: rights and ids of others in `test_every_endpoint.py` and `test_foreign_ids.py`, sessions in `test_session.py`, links in
`test_forgotten.py`, second factors and passkeys in tests of their own; the same through the real front in `tests/system/abuse/`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI
from test_every_endpoint import DOCUMENT, NEEDED, OPERATIONS, PUBLIC, QUIET, Operation, body_of, one_of_everything

from antiphon import identity, tenancy
from antiphon.database import Database
from antiphon.identity import sessions as sessions_
from antiphon.identity.throttle import LoginThrottle
from antiphon.identity.tokens import key_id, keyed_token, public_key_pem
from antiphon.limits import (
    HTTP_BODY_MAX_BYTES,
    LOGIN_ATTEMPTS_PER_ACCOUNT_PER_MINUTE,
    REQUESTS_AT_ONCE,
    REQUESTS_PER_MINUTE,
)
from antiphon.settings import Settings
from browsers import Browser
from residents import PASSWORD, StillClock, Tenant

Browsers = Callable[..., Browser]
WITH_COOKIE = [one for one in OPERATIONS if one[1].startswith("/api/v1/session")]
SIGNED_IN = [one for one in OPERATIONS if NEEDED[one] != PUBLIC]
NOBODY = dict.fromkeys(("place_id", "user_id", "station_id"), "x")
ELSEWHERE = "https://elsewhere.example"


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant) -> Browser:
    one = browser()
    await one.sign_in(tenant.owner)
    return one


# -- pages of other sites ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": ELSEWHERE},
        {"Origin": "null"},
        {"Origin": "https://portal.example.elsewhere.example"},
        {"Origin": "https://portal.example:444"},
    ],
)
async def test_another_sites_page_does_nothing_with_the_cookie(
    anna: Browser, clock: StillClock, said: dict[str, str]
) -> None:
    for operation in WITH_COOKIE:
        body = body_of(operation, NOBODY, clock.now()) or example(operation)
        answer = await anna.request(*operation, json=body, headers=said)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site"), operation
        assert "set-cookie" not in answer.headers
    assert (await anna.post("/api/v1/session/refresh")).status_code == 200


async def test_our_own_page_is_let_through(anna: Browser) -> None:
    said = {"Origin": "https://portal.example", "Sec-Fetch-Site": "same-origin"}
    assert (await anna.post("/api/v1/session/refresh", headers=said)).status_code == 200


async def test_the_cookie_is_nobodys_identity(anna: Browser, clock: StillClock) -> None:
    """What a form or a picture of another site could send: the cookie alone. It stands for nothing but the next token."""
    del anna.headers["Authorization"]
    for path in {path for _, path in SIGNED_IN}:
        url = path.replace("{", "").replace("}", "")
        answer = await anna.get(url, headers={"Cookie": f"antiphon_refresh={anna.cookies['antiphon_refresh']}"})
        assert answer.status_code in (401, 405), path


async def test_cookies_go_to_the_session_alone_and_never_to_a_script(browser: Browsers, tenant: Tenant) -> None:
    anna = browser()
    for answer in (await anna.sign_in(tenant.owner), await anna.post("/api/v1/session/refresh")):
        cookies = answer.headers.get_list("set-cookie")
        assert [cookie.partition("=")[0] for cookie in cookies] == ["antiphon_refresh", "antiphon_browser"]
        for cookie in cookies:
            parts = set(cookie.split("; ")[1:])
            assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/api/v1/session"} <= parts
            assert not any(part.startswith("Domain") for part in parts)
        assert answer.headers["cache-control"] == "no-store"


async def test_no_other_origin_is_allowed_to_read(browser: Browsers) -> None:
    stranger = browser()
    for method, path in OPERATIONS:
        url = path.replace("{", "").replace("}", "")
        wants = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization"}
        for origin in (ELSEWHERE, "null"):
            preflight = await stranger.options(url, headers={"Origin": origin, **wants})
            plain = await stranger.request(method, url, headers={"Origin": origin})
            assert preflight.status_code == 405
            for answer in (preflight, plain):
                assert not [name for name in answer.headers if name.startswith("access-control-")], url


# -- what is too much ---------------------------------------------------------------------------------------------------


async def test_a_large_body_is_refused_before_anybody_is_recognised(browser: Browsers) -> None:
    async def without_a_length() -> AsyncIterator[bytes]:
        yield b"{" + b" " * HTTP_BODY_MAX_BYTES

    stranger = browser()
    for method, path in OPERATIONS:
        if method != "GET":
            for content in (b"{" + b" " * HTTP_BODY_MAX_BYTES, without_a_length()):
                answer = await stranger.request(method, path.replace("{", "").replace("}", ""), content=content)
                assert (answer.status_code, answer.json()["code"]) == (413, "too_large"), path


async def test_one_person_who_asks_without_end_slows_nobody_else(
    anna: Browser, browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    bernd = browser()
    await bernd.sign_in(tenant.operator)
    answers = [(await anna.get("/api/v1/me")).status_code for _ in range(REQUESTS_AT_ONCE + 1)]
    assert answers == [200] * REQUESTS_AT_ONCE + [429]
    assert (await bernd.get("/api/v1/me")).status_code == 200
    clock.advance(2 * 60 / REQUESTS_PER_MINUTE)
    assert (await anna.get("/api/v1/me")).status_code == 200


async def test_guessing_from_many_addresses_is_slowed_and_the_owner_gets_in(
    browser: Browsers, tenant: Tenant, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More places than any one count would notice. Whoever is signed in somewhere still signs in there, and stays so; and in
    every browser in which they signed in once, wherever it is now."""
    monkeypatch.setattr(sessions_, "password_matches", lambda stored, password: stored and password == PASSWORD)
    travels = browser("198.51.100.7")
    await travels.sign_in(tenant.owner)
    await travels.delete("/api/v1/session")
    others = browser("203.0.113.251")
    await others.sign_in(tenant.operator)
    at_home = browser("198.51.100.200")
    await at_home.sign_in(tenant.owner)
    for email in (tenant.owner.email, "nobody@salzach.example"):
        guesses = [
            (await browser(f"203.0.113.{at}").sign_in(email, "guess")).status_code
            for at in range(LOGIN_ATTEMPTS_PER_ACCOUNT_PER_MINUTE + 3)
        ]
        assert guesses == [401] * LOGIN_ATTEMPTS_PER_ACCOUNT_PER_MINUTE + [429] * 3
    stranger = await browser("203.0.113.250").sign_in(tenant.owner)
    assert stranger.status_code == 429, "not even the right one, or it could be found"
    assert (await others.sign_in(tenant.owner)).status_code == 429, "somebody else's browser is no better"
    travels.headers["X-Forwarded-For"] = "203.0.113.252"
    assert (await travels.sign_in(tenant.owner)).status_code == 200
    assert (await browser("198.51.100.200").sign_in(tenant.owner)).status_code == 200
    assert (await at_home.post("/api/v1/session/refresh")).status_code == 200
    clock.advance(60)
    assert (await browser("203.0.113.250").sign_in(tenant.owner)).status_code == 200


async def test_who_is_guessed_at_gets_in_anywhere_by_a_link_from_their_mail(
    browser: Browsers,
    tenant: Tenant,
    database: Database,
    settings: Settings,
    clock: StillClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(LoginThrottle, "is_crowded", lambda *_: True)
    new = browser("203.0.113.253")
    assert (await new.sign_in(tenant.owner)).status_code == 429
    with database.transaction() as tx:
        key = settings.secret("token.key")
        link = identity.password_link(tx, tenant.scope, "", key, tenant.owner.id, clock.now())
    assert link is not None
    body = {"token": link.partition("#")[2], "password": QUIET}
    assert (await new.post("/api/v1/session/reset", json=body)).status_code == 204
    assert (await new.sign_in(tenant.owner, QUIET)).status_code == 200
    assert (await browser("203.0.113.254").sign_in(tenant.owner, QUIET)).status_code == 429


# -- who exists ---------------------------------------------------------------------------------------------------------


async def test_signing_in_says_and_costs_the_same_whoever_it_names(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody with a wrong password, somebody deactivated, somebody who never chose a password, and nobody."""
    hashes: list[bool] = []
    genuine = sessions_.password_matches

    def watched(stored: str | None, password: str) -> bool:
        hashes.append(True)
        return genuine(stored, password)

    monkeypatch.setattr(sessions_, "password_matches", watched)
    with database.transaction() as tx:
        tenancy.change_user(tx, tenant.scope, tenant.operator.id, clock.now(), active=False)
    answers = set()
    for email in (tenant.owner.email, tenant.operator.email, "nobody@salzach.example", "no address"):
        answer = await browser().sign_in(email, "not" + PASSWORD)
        answers.add((answer.status_code, answer.text, frozenset(answer.headers)))
        assert "set-cookie" not in answer.headers
    assert len(answers) == 1
    assert len(hashes) == 4


async def test_guessing_is_slowed_alike_for_people_and_for_nobody(browser: Browsers, tenant: Tenant) -> None:
    answers = {}
    for at, email in enumerate((tenant.owner.email, "nobody@salzach.example")):
        stranger = browser(f"198.51.100.{at}")
        answers[email] = [(await stranger.sign_in(email, "guess")).status_code for _ in range(13)]
    first, second = answers.values()
    assert first == second
    assert first[-1] == 429


async def test_links_that_are_no_good_are_not_told_apart(
    browser: Browsers, database: Database, settings: Settings, tenant: Tenant, other: Tenant, clock: StillClock
) -> None:
    """An invitation that was withdrawn, one that never was, one made for something else, and no link at all."""
    with database.transaction() as tx:
        mine = one_of_everything(tx, tenant, tenant.site, clock)["invitation_id"]
    secret = (settings.secrets / "token.key").read_text()
    good = keyed_token(secret, "invitation", mine)
    assert (await browser().post("/api/v1/session/invitation", json={"token": good})).status_code == 200
    answers = set()
    for token in (
        keyed_token(secret, "invitation", "invitation_01k2x3y4z5a6b7c8d9e0f1g2h3"),
        keyed_token(secret, "refresh token", mine),
        f"{good[:-4]}AAAA",
        f"{mine}.0.",
        "",
    ):
        answer = await browser().post("/api/v1/session/invitation", json={"token": token})
        answers.add((answer.status_code, answer.text))
    assert len(answers) == 1


async def test_passkeys_are_asked_for_without_naming_anybody(
    app: FastAPI, browser: Browsers, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    """Whether somebody has one is not seen in the question, nor in the refusal."""
    app.state.settings = app.state.settings.model_copy(update={"public_name": "portal.example"})
    ask_before = (await browser().post("/api/v1/session/passkey/options")).json()["public_key"]
    with database.transaction() as tx:
        one_of_everything(tx, tenant, tenant.site, clock)
    ask_after = (await browser().post("/api/v1/session/passkey/options")).json()["public_key"]
    assert ask_before | {"challenge": ""} == ask_after | {"challenge": ""}
    answers = set()
    for identifier in ("known", "unknown"):
        credential = {"id": identifier, "rawId": identifier, "type": "public-key", "response": {}}
        answer = await browser().post("/api/v1/session/passkey", json={"credential": credential})
        answers.add((answer.status_code, answer.text))
    assert answers == {(401, answer.text)}


async def test_the_second_half_of_a_sign_in_names_nobody(browser: Browsers, tenant: Tenant) -> None:
    answers = set()
    for user_id in (tenant.owner.id, "user_01k2x3y4z5a6b7c8d9e0f1g2h3"):
        body = {"challenge": f"{user_id}.1790000000.c2VjcmV0", "code": "123456"}
        answer = await browser().post("/api/v1/session/second-factor", json=body)
        answers.add((answer.status_code, answer.text))
    assert len(answers) == 1


# -- forged tokens --------------------------------------------------------------------------------------------------------


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes = b"") -> str:
    """A token that a library would refuse to make; signed by HMAC with `secret` where there is one."""
    said = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{said}.{b64(hmac.digest(secret, said.encode(), 'sha256')) if secret else ''}"


def theirs() -> str:
    """A key of the attacker's own."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


FORGED: dict[str, Callable[[str, dict[str, Any], str], str]] = {
    # how: (our public key, the claims of a good token, our key's id) -> a token
    "no algorithm": lambda ours, claims, kid: by_hand({"alg": "none", "typ": "JWT", "kid": kid}, claims),
    "no algorithm, spelt otherwise": lambda ours, claims, kid: by_hand({"alg": "nOnE", "kid": kid}, claims),
    "our public key as the secret": lambda ours, claims, kid: by_hand(
        {"alg": "HS256", "kid": kid}, claims, ours.encode()
    ),
    "our key's id as the secret": lambda ours, claims, kid: by_hand({"alg": "HS256", "kid": kid}, claims, kid.encode()),
    "nothing as the secret": lambda ours, claims, kid: by_hand({"alg": "HS256", "kid": kid}, claims, b"\0"),
    "a key of their own under our key's name": lambda ours, claims, kid: jwt.encode(
        claims, theirs(), "EdDSA", {"kid": kid}
    ),
    "a key of their own under its own name": lambda ours, claims, kid: jwt.encode(
        claims, key := theirs(), "EdDSA", {"kid": key_id(public_key_pem(key))}
    ),
    "a key that the token brings along": lambda ours, claims, kid: jwt.encode(
        claims,
        theirs(),
        "EdDSA",
        {"kid": kid, "jwk": {"kty": "OKP"}, "jku": f"{ELSEWHERE}/keys", "x5u": f"{ELSEWHERE}/chain"},
    ),
    "a key read from a file": lambda ours, claims, kid: by_hand({"alg": "HS256", "kid": "/dev/null"}, claims, b"\0"),
}


@pytest.mark.parametrize("how", FORGED)
async def test_a_forged_token_is_refused(anna: Browser, settings: Settings, how: str) -> None:
    good = anna.headers["Authorization"].removeprefix("Bearer ")
    ours = public_key_pem((settings.secrets / "jwt.key").read_text())
    claims = jwt.decode(good, options={"verify_signature": False})
    forged = FORGED[how](ours, claims, key_id(ours))
    answer = await anna.get("/api/v1/me", headers={"Authorization": f"Bearer {forged}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"aud": "antiphon-device"}, "unauthenticated"),
        ({"iss": ELSEWHERE}, "unauthenticated"),
        ({"exp": 1_000_000_000}, "token_expired"),
        ({"exp": "never"}, "unauthenticated"),
        ({"sid": "session_01k2x3y4z5a6b7c8d9e0f1g2h3"}, "session_ended"),
    ],
)
async def test_a_token_of_ours_for_something_else_is_refused(
    anna: Browser, settings: Settings, changed: dict[str, Any], code: str
) -> None:
    """Signed with our own key."""
    good = anna.headers["Authorization"].removeprefix("Bearer ")
    private = (settings.secrets / "jwt.key").read_text()
    claims = jwt.decode(good, options={"verify_signature": False}) | changed
    token = jwt.encode(claims, private, "EdDSA", {"kid": key_id(public_key_pem(private))})
    answer = await anna.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_one_kind_of_proof_is_no_other(
    anna: Browser, browser: Browsers, settings: Settings, tenant: Tenant, clock: StillClock
) -> None:
    """A refresh token is no access token, an access token no cookie, half a key no key."""
    access, refresh = anna.headers["Authorization"].removeprefix("Bearer "), anna.cookies["antiphon_refresh"]
    ends = (clock.now() + timedelta(days=1)).isoformat()
    made = await anna.post("/api/v1/keys", json={"name": "P", "role_id": "role_viewer", "expires_at": ends})
    key = made.json()["key"]
    hashed = hashlib.sha256(key.partition(".")[2].encode()).hexdigest()
    for token in (refresh, key.partition(".")[0], key[:-1], f"{made.json()['id']}.{hashed}", ""):
        answer = await browser().get("/api/v1/places", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, token
    thief = browser(cookies={"antiphon_refresh": access})
    assert (await thief.post("/api/v1/session/refresh")).json()["code"] == "session_ended"
    assert (await browser().get("/api/v1/places", headers={"Authorization": f"Bearer {key}"})).status_code == 200
    assert (await browser().get("/api/v1/places", headers={"Authorization": f"Basic {key}"})).status_code == 401


def example(operation: Operation) -> Any:  # Any: a JSON document
    """The document's own example of what is sent."""
    method, path = operation
    body = DOCUMENT["paths"][path][method.lower()].get("requestBody")
    return body["content"]["application/json"]["example"] if body else None
