"""Codes of a second factor: time-based ones (RFC 6238), their secret sealed at rest, and recovery codes. Pure but for chance.

`key` is the installation's `second-factor.key`: a copy of the database without it tells no secret and no code.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from datetime import datetime
from functools import cache

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from antiphon.errors import AntiphonError
from antiphon.limits import CODE_PERIOD_S, CODE_PERIODS_AROUND, RECOVERY_CODES

_ISSUER = "Antiphon"
_NONCE_BYTES = 12
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read as another one
_TIMED = re.compile(r"[0-9]{6}")


class SecretUnreadable(AntiphonError):
    """A second factor's secret was sealed with another key than the installation has now."""

    code = "secret_unreadable"
    title = "Your second factor can't be read any more. Ask an administrator of the company to remove it."


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return pyotp.random_base32()


def otpauth_uri(secret: str, email: str) -> str:
    """What an authenticator app scans."""
    return _totp(secret).provisioning_uri(name=email, issuer_name=_ISSUER)


def period_of(secret: str, code: str, now: datetime) -> int | None:
    """The period of time (counted from 1970) whose code this is, the present one or one around it; None: a wrong code."""
    if not is_timed(code):
        return None
    present, found = int(now.timestamp()) // CODE_PERIOD_S, None
    for period in range(present - CODE_PERIODS_AROUND, present + CODE_PERIODS_AROUND + 1):
        if hmac.compare_digest(_totp(secret).generate_otp(period), code):
            found = period
    return found


def plain(code: str) -> str:
    """The code without the blanks and hyphens that people read and type it with."""
    return re.sub(r"[\s-]", "", code).lower()


def is_timed(code: str) -> bool:
    """Whether a plain code looks like one of an authenticator app; else it is a recovery code."""
    return _TIMED.fullmatch(code) is not None


def new_recovery_codes() -> tuple[str, ...]:
    """Random codes of four groups of four, 79 bits each."""
    return tuple(
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4)) for _ in range(RECOVERY_CODES)
    )


def recovery_hash(key: str, user_id: str, code: str) -> str:
    """What is stored of that person's recovery code: a keyed hash of 64 hexadecimal digits."""
    return hmac.digest(_derived(key, "recovery code"), f"{user_id}.{plain(code)}".encode(), "sha256").hex()


def seal(key: str, user_id: str, secret: str) -> str:
    """The secret as it is stored: AES-256-GCM, good for this person alone."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(_derived(key, "secret")).encrypt(nonce, secret.encode(), user_id.encode())
    return base64.b64encode(nonce + sealed).decode()


def unseal(key: str, user_id: str, sealed: str) -> str:
    """The secret that was sealed; raises `SecretUnreadable`."""
    raw = base64.b64decode(sealed)
    try:
        return (
            AESGCM(_derived(key, "secret")).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], user_id.encode()).decode()
        )
    except InvalidTag as error:
        raise SecretUnreadable from error


def _totp(secret: str) -> pyotp.TOTP:
    return pyotp.TOTP(secret, interval=CODE_PERIOD_S)


@cache
def _derived(key: str, purpose: str) -> bytes:
    return hmac.digest(bytes.fromhex(key), f"antiphon second factor, {purpose}".encode(), "sha256")
