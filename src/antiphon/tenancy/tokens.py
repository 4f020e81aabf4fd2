"""Access tokens: short-lived JSON Web Tokens (RFC 7519) signed with Ed25519, and the random refresh tokens beside them."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from antiphon.errors import Unauthenticated
from antiphon.limits import ACCESS_TOKEN_S
from antiphon.tenancy.model import Principal, TokenExpired

_ISSUER = "antiphon"
_AUDIENCE = "antiphon"
_CLAIMS = ("exp", "iat", "sub", "sid", "company", "name", "role")


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
        "role": principal.role,
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
    if any(not isinstance(claims[name], str) for name in ("sub", "sid", "company", "name", "role")):
        raise Unauthenticated
    if claims["role"] not in ("administrator", "operator") or not isinstance(claims["exp"], int):
        raise Unauthenticated
    if now.timestamp() >= claims["exp"]:
        raise TokenExpired
    return Principal(claims["sub"], claims["company"], claims["name"], claims["role"], claims["sid"])


def new_refresh_token() -> str:
    """256 random bits for the cookie; only `hash_refresh_token` of it is stored."""
    return secrets.token_urlsafe(32)


def hash_refresh_token(token: str) -> str:
    """What the database holds. Plain SHA-256: the token is random, there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
