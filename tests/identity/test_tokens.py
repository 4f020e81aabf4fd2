"""Access tokens: short-lived, signed with Ed25519, named by key, refused when anything is off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import Unauthenticated
from antiphon.identity.tokens import (
    claimed_id,
    issue_access_token,
    key_id,
    keyed_token,
    new_api_key,
    public_key_pem,
    read_api_key,
    read_keyed_token,
    read_timed_token,
    timed_token,
    verify_access_token,
)
from antiphon.limits import ACCESS_TOKEN_S
from antiphon.tenancy import Principal, TokenExpired

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ANNA = Principal("user_1", "company_1", "Anna Auer", "session_1")


@cache
def private_key(_name: str = "ours") -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def verify(token: str, now: datetime = NOW) -> Principal:
    return verify_access_token(token, public_key_pem(private_key()), now)


def signed(key: str = "ours", kid: str | None = None, **changes: object) -> str:
    token, _ends = issue_access_token(ANNA, private_key(), NOW)
    claims = jwt.decode(token, options={"verify_signature": False})
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    kid = kid or key_id(public_key_pem(private_key()))
    return jwt.encode(claims, private_key(key), algorithm="EdDSA", headers={"kid": kid})


def test_a_token_says_who_it_is_until_it_ends() -> None:
    token, ends = issue_access_token(ANNA, private_key(), NOW)
    assert ends == NOW + timedelta(seconds=ACCESS_TOKEN_S)
    assert verify(token) == ANNA
    assert verify(token, ends - timedelta(milliseconds=1)) == ANNA
    with pytest.raises(TokenExpired) as refused:
        verify(token, ends)
    assert refused.value.code == "token_expired"


@pytest.mark.parametrize(
    "token",
    [
        lambda: signed(key="theirs"),
        lambda: signed(kid="0" * 16),
        lambda: signed(company=None),
        lambda: signed(sub=7),
        lambda: signed(sid=None),
        lambda: signed(exp=None),
        lambda: signed(iss="elsewhere"),
        lambda: signed(aud="elsewhere"),
        lambda: jwt.encode({"sub": "user_1"}, "", algorithm="none"),
    ],
)
def test_whatever_is_off_is_refused(token: object) -> None:
    with pytest.raises(Unauthenticated) as refused:
        verify(token())  # type: ignore[operator]
    assert refused.value.code == "unauthenticated"


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        verify(token)


@given(st.integers(0, 400), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_changed_character_is_refused(at: int, character: str) -> None:
    token, _ends = issue_access_token(ANNA, private_key(), NOW)
    at %= len(token)
    changed = token[:at] + character + token[at + 1 :]
    try:
        assert verify(changed) == ANNA  # the last character of a base64 part has bits that mean nothing
    except Unauthenticated:
        assert changed != token


SECRET = "a5" * 32
SESSION = "session_01k2x3y4z5a6b7c8d9e0f1g2h3"


def test_a_keyed_token_says_whose_it_is_for_its_purpose_alone() -> None:
    token = keyed_token(SECRET, "refresh token", SESSION, 7)
    read = read_keyed_token(SECRET, "refresh token", token)
    assert read is not None
    assert (read.id, read.number) == (SESSION, 7)
    assert read_keyed_token(SECRET, "invitation", token) is None
    assert read_keyed_token("3c" * 32, "refresh token", token) is None
    assert read_keyed_token(SECRET, "refresh token", token.replace(".7.", ".8.")) is None


def test_digits_of_another_script_are_no_number() -> None:
    token = keyed_token(SECRET, "refresh token", SESSION, 7)
    assert read_keyed_token(SECRET, "refresh token", token.replace(".7.", ".\u0667.")) is None
    assert claimed_id(token.replace(".7.", ".\u0667.")) is None


def test_a_timed_token_ends_and_is_good_for_what_it_was_bound_to() -> None:
    token = timed_token(SECRET, "second step", SESSION, NOW, 300, "the password's hash")
    late = NOW + timedelta(seconds=300)
    assert claimed_id(token) == SESSION
    assert read_timed_token(SECRET, "second step", token, NOW, "the password's hash") == SESSION
    assert read_timed_token(SECRET, "second step", token, late, "the password's hash") is None
    assert read_timed_token(SECRET, "second step", token, NOW, "another hash") is None
    assert read_timed_token(SECRET, "second step", token, NOW) is None
    assert read_timed_token(SECRET, "sign-in", token, NOW, "the password's hash") is None


@given(st.text())
def test_any_text_is_no_keyed_token_and_no_key(token: str) -> None:
    assert read_keyed_token(SECRET, "refresh token", token) is None
    assert read_api_key(token) is None


def test_api_keys_are_random_and_kept_as_hashes() -> None:
    key_id = "key_01k2x3y4z5a6b7c8d9e0f1g2h3"
    (first, kept), (second, _) = new_api_key(key_id), new_api_key(key_id)
    assert first != second
    assert read_api_key(first) == (key_id, kept)
    assert kept not in first


def test_a_clock_that_is_set_back_signs_nobody_out() -> None:
    token, _ends = issue_access_token(ANNA, private_key(), NOW)
    assert verify(token, NOW - timedelta(hours=3)) == ANNA


def test_a_clock_that_is_set_forward_ends_the_token_and_nothing_else() -> None:
    """The session lives 30 days: the client fetches a fresh token with its cookie."""
    token, _ends = issue_access_token(ANNA, private_key(), NOW)
    with pytest.raises(TokenExpired):
        verify(token, NOW + timedelta(hours=3))
    fresh, _ends = issue_access_token(ANNA, private_key(), NOW + timedelta(hours=3))
    assert verify(fresh, NOW + timedelta(hours=3)) == ANNA
