"""Tokens: short-lived JSON Web Tokens (RFC 7519, EdDSA) for access, and those that are made from an id by a keyed hash.

Refresh tokens and invitation links are `id . number . HMAC-SHA-256`: nothing of them is stored, so a copy of the database
signs nobody in; and one that was good once is known again, which is how a stolen refresh token is found.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from antiphon.errors import Unauthenticated
from antiphon.limits import ACCESS_TOKEN_S
from antiphon.tenancy import Principal, TokenExpired

_ISSUER = "antiphon"
_AUDIENCE = "antiphon"
_CLAIMS = ("exp", "iat", "sub", "sid", "company", "name")
_KEYED = re.compile(r"([a-z]+_[0-9a-z]{26})\.([0-9]{1,10})\.([A-Za-z0-9_-]{43})")
_API_KEY = re.compile(r"(key_[0-9a-z]{26})\.([A-Za-z0-9_-]{43})")


@cache
def public_key_pem(private_key_pem: str) -> str:
    """The public half of the signing key, which every role that checks tokens gets."""
    key = load_pem_private_key(private_key_pem.encode(), None).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@cache
def key_id(public_key: str) -> str:
    """The `kid` of a public key: the first 16 hex digits of the SHA-256 of its DER form."""
    der = load_pem_public_key(public_key.encode()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()[:16]


def issue_access_token(principal: Principal, private_key_pem: str, now: datetime) -> tuple[str, datetime]:
    """A signed token for `principal`, and when it ends."""
    ends = now + timedelta(seconds=ACCESS_TOKEN_S)
    claims = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "iat": int(now.timestamp()),
        "exp": int(ends.timestamp()),
        "sub": principal.user_id,
        "sid": principal.session_id,
        "company": principal.company_id,
        "name": principal.name,
    }
    headers = {"kid": key_id(public_key_pem(private_key_pem))}
    return jwt.encode(claims, private_key_pem, algorithm="EdDSA", headers=headers), ends.replace(microsecond=0)


def verify_access_token(token: str, public_key_pem: str, now: datetime) -> Principal:
    """Who signed in with `token`; raises `TokenExpired`, or `Unauthenticated` for everything else that is wrong with it."""
    try:
        if jwt.get_unverified_header(token).get("kid") != key_id(public_key_pem):
            raise Unauthenticated
        claims: dict[str, Any] = jwt.decode(  # Any: claims are checked below
            token,
            public_key_pem,
            algorithms=["EdDSA"],
            issuer=_ISSUER,
            audience=_AUDIENCE,
            options={"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.InvalidTokenError as error:
        raise Unauthenticated from error
    if any(not isinstance(claims[name], str) for name in ("sub", "sid", "company", "name")):
        raise Unauthenticated
    if not isinstance(claims["exp"], int):
        raise Unauthenticated
    if now.timestamp() >= claims["exp"]:
        raise TokenExpired
    return Principal(claims["sub"], claims["company"], claims["name"], claims["sid"])


def said_key_id(token: str) -> str | None:
    """Which key the token says it was signed with, before anything of it was checked."""
    try:
        said = jwt.get_unverified_header(token).get("kid")
    except jwt.InvalidTokenError:
        return None
    return said if isinstance(said, str) else None


# -- made from an id -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keyed:
    """What a token that we made says: whose it is, and the how manieth."""

    id: str
    number: int


@cache
def _hash_key(secret: str, purpose: str) -> bytes:
    """A key for keyed hashes, derived from the installation's `token.key`; each purpose has its own."""
    return hmac.digest(bytes.fromhex(secret), f"antiphon {purpose}".encode(), "sha256")


def token_secret(private_key_pem: str) -> str:
    """The `token.key` of an installation from before it had one, whose tokens were made with the signing key: they stay good."""
    key = load_pem_private_key(private_key_pem.encode(), None)
    return key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex()


def keyed_token(secret: str, purpose: str, thing_id: str, number: int = 0, bound: str = "") -> str:
    """The token for that thing; the same every time. `bound`: what the token does not tell and has to be the same then."""
    said = f"{thing_id}.{number}"
    made = hmac.digest(_hash_key(secret, purpose), f"{said}\0{bound}".encode() if bound else said.encode(), "sha256")
    return f"{said}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def read_keyed_token(secret: str, purpose: str, token: str, bound: str = "") -> Keyed | None:
    """What it says, or None when we did not make it for this purpose."""
    matched = _KEYED.fullmatch(token)
    if matched is None:
        return None
    thing_id, number = matched[1], int(matched[2])
    made = keyed_token(secret, purpose, thing_id, number, bound)
    return Keyed(thing_id, number) if hmac.compare_digest(made, token) else None


def timed_token(secret: str, purpose: str, thing_id: str, now: datetime, lasts_s: float, bound: str = "") -> str:
    """A keyed token whose number is the second when it ends."""
    return keyed_token(secret, purpose, thing_id, int(now.timestamp() + lasts_s), bound)


def read_timed_token(secret: str, purpose: str, token: str, now: datetime, bound: str = "") -> str | None:
    """Whose it is, or None when we did not make it for this purpose or it has ended."""
    keyed = read_keyed_token(secret, purpose, token, bound)
    return keyed.id if keyed is not None and now.timestamp() < keyed.number else None


def claimed_id(token: str) -> str | None:
    """The id that a keyed token says, before anything of it was checked: for finding what it is bound to."""
    matched = _KEYED.fullmatch(token)
    return matched[1] if matched else None


# -- API keys --------------------------------------------------------------------------------------------------------


def new_api_key(key_id: str) -> tuple[str, str]:
    """What the program sends from now on, 256 random bits of it, and the hash that is stored."""
    secret = secrets.token_urlsafe(32)
    return f"{key_id}.{secret}", hash_api_secret(secret)


def read_api_key(token: str) -> tuple[str, str] | None:
    """The id and the hash of the secret of what looks like an API key."""
    matched = _API_KEY.fullmatch(token)
    return (matched[1], hash_api_secret(matched[2])) if matched else None


def hash_api_secret(secret: str) -> str:
    """Plain SHA-256: the secret is random, there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()
