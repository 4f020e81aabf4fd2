"""The signing key is replaced in the running installation: nobody is signed out, and the old one ends."""

from __future__ import annotations

import hmac
import os
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from antiphon.assembly.engines import secrets
from antiphon.assembly.signing_key import SigningKey
from antiphon.errors import Unauthenticated
from antiphon.identity import Keys
from antiphon.identity.tokens import issue_access_token, read_keyed_token
from antiphon.limits import ACCESS_TOKEN_S, SIGNING_KEY_ACCEPTED_S, SIGNING_KEY_DAYS
from antiphon.settings import Settings
from antiphon.tenancy import Principal
from browsers import Browser
from residents import StillClock, Tenant

Browsers = Callable[..., Browser]
ANNA = Principal("user_1", "company_1", "Anna", "session_1")


@pytest.fixture
def key(settings: Settings, clock: StillClock) -> SigningKey:
    """The key of an installation that was made now."""
    made = clock.now().timestamp()
    os.utime(settings.secrets / "jwt.key", (made, made))
    return SigningKey(settings, clock)


def kid(one: Browser) -> str:
    said: str = jwt.get_unverified_header(one.headers["Authorization"].removeprefix("Bearer "))["kid"]
    return said


def test_the_key_is_replaced_when_it_is_old_and_not_before(
    key: SigningKey, settings: Settings, clock: StillClock
) -> None:
    first = settings.secret("jwt.key")
    for _ in range(2):
        before = settings.secret("jwt.key")
        clock.advance(SIGNING_KEY_DAYS * 86_400 - 1)
        assert not key.look()
        assert settings.secret("jwt.key") == before
        clock.advance(1)
        assert key.look()
        assert not key.look()
        assert settings.secret("jwt.key") not in (before, first)
    for name in ("jwt.key", "jwt.replaced.json"):
        assert (settings.secrets / name).stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in settings.secret("jwt.replaced.json")


async def test_nobody_is_signed_out_by_a_new_key(
    key: SigningKey, browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    clock.advance(SIGNING_KEY_DAYS * 86_400)
    anna, bernd = browser(), browser()
    await anna.sign_in(tenant.owner)
    link = (await anna.post("/api/v1/invitations", json={"role_id": "role_viewer"})).json()["link"]
    old = kid(anna)
    assert key.look()
    assert (await anna.get("/api/v1/me")).status_code == 200
    await bernd.sign_in(tenant.operator)
    assert kid(bernd) != old
    assert (await bernd.get("/api/v1/me")).status_code == 200
    fresh = await anna.post("/api/v1/session/refresh")
    assert fresh.status_code == 200
    anna.headers["Authorization"] = "Bearer " + fresh.json()["access_token"]
    assert kid(anna) == kid(bernd)
    token = link.split("#")[1]
    assert (await browser().post("/api/v1/session/invitation", json={"token": token})).status_code == 200
    clock.advance(SIGNING_KEY_ACCEPTED_S)
    assert (await anna.post("/api/v1/session/refresh")).status_code == 200


async def test_a_second_step_survives_a_new_key(
    key: SigningKey, browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    from test_second_factor import challenge_of, second, set_up

    clock.advance(SIGNING_KEY_DAYS * 86_400)
    anna = browser()
    await anna.sign_in(tenant.owner)
    app, _ = await set_up(anna, clock)
    challenge = await challenge_of(anna, tenant.owner)
    assert key.look()
    assert await second(anna, challenge, app.code()) == (200, "")


def test_whoever_has_the_old_key_signs_nothing_after_the_time(
    key: SigningKey, settings: Settings, clock: StillClock
) -> None:
    keys, stolen = Keys(settings.secrets), settings.secret("jwt.key")
    clock.advance(SIGNING_KEY_DAYS * 86_400)
    assert key.look()
    clock.advance(SIGNING_KEY_ACCEPTED_S - 1)
    token, ends = issue_access_token(ANNA, stolen, clock.now())
    assert keys.verify(token, clock.now()) == ANNA
    clock.advance(1)
    assert clock.now() < ends
    with pytest.raises(Unauthenticated) as refused:
        keys.verify(token, clock.now())
    assert refused.value.code == "unauthenticated"


def test_the_old_key_is_accepted_for_longer_than_its_last_token_lives() -> None:
    assert SIGNING_KEY_ACCEPTED_S > ACCESS_TOKEN_S


def test_a_role_that_runs_notices_a_new_key(key: SigningKey, settings: Settings, clock: StillClock) -> None:
    calls = Keys(settings.secrets)
    before, _ = issue_access_token(ANNA, calls.signing, clock.now())
    assert calls.verify(before, clock.now()) == ANNA
    secrets.replace_signing_key(settings, clock.now())
    after, _ = issue_access_token(ANNA, Keys(settings.secrets).signing, clock.now())
    assert calls.verify(after, clock.now()) == ANNA
    assert calls.verify(before, clock.now()) == ANNA


def test_between_the_two_files_every_token_is_good(key: SigningKey, settings: Settings, clock: StillClock) -> None:
    before = settings.secret("jwt.key")
    secrets.replace_signing_key(settings, clock.now())
    secrets.write_secret(settings.secrets / "jwt.key", before.encode())
    token, _ = issue_access_token(ANNA, before, clock.now())
    assert Keys(settings.secrets).verify(token, clock.now() + timedelta(seconds=1)) == ANNA


def test_an_older_installation_goes_on_with_the_tokens_it_gave_out(settings: Settings) -> None:
    """Until there was `token.key`, refresh tokens were made with a hash of the signing key."""
    (settings.secrets / "token.key").unlink()
    signing = load_pem_private_key(settings.secret("jwt.key").encode(), None)
    raw = signing.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    said = "session_01k2x3y4z5a6b7c8d9e0f1g2h3.7"
    mac = hmac.digest(hmac.digest(raw, b"antiphon refresh token", "sha256"), said.encode(), "sha256")
    token = f"{said}.{urlsafe_b64encode(mac).decode().rstrip('=')}"
    secrets.ensure_secrets(settings)
    assert read_keyed_token(Keys(settings.secrets).tokens, "refresh token", token) is not None


def test_a_new_installation_makes_a_key_for_each_purpose(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = Settings(data=tmp_path_factory.mktemp("fresh"))
    secrets.ensure_secrets(settings)
    keys = Keys(settings.secrets)
    signing = load_pem_private_key(keys.signing.encode(), None)
    raw = signing.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    assert len({raw.hex(), keys.tokens, keys.factors}) == 3
