"""Passwords: argon2id hashes (RFC 9106) and the rules a new password keeps."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from antiphon.limits import PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS
from antiphon.tenancy import WeakPassword

_hasher = PasswordHasher()  # RFC 9106's low-memory profile: argon2id, 3 passes, 64 MiB, 4 lanes
_DISTINCT_MIN = 6
_COMMON = ("password", "passwort", "qwerty", "qwertz", "letmein", "welcome", "willkommen", "administrator", "antiphon")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "yxcvbnm", "zxcvbnm")
_STEPS = {row[at : at + 2] for line in _ROWS for row in (line, line[::-1]) for at in range(len(line) - 1)} | {
    chr(code) * 2 for code in range(32, 127)
}


def hash_password(password: str) -> str:
    """The string to store; takes some 50 ms and 64 MiB."""
    return _hasher.hash(_normal(password))


def password_matches(stored: str | None, password: str) -> bool:
    """Whether `password` made `stored`; with None the same work is done and the answer is no."""
    try:
        return _hasher.verify(stored or _nobodys_hash(), _normal(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Whether `stored` was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def check_password(password: str, *, name: str, email: str) -> None:
    """Raise `WeakPassword` for a password that is too short, too long, built from the user's own words or too regular."""
    if len(password) < PASSWORD_MIN_CHARS:
        raise WeakPassword(f"This password is too short. Use at least {PASSWORD_MIN_CHARS} characters.")
    if len(password) > PASSWORD_MAX_CHARS:
        raise WeakPassword(f"This password is too long. Use at most {PASSWORD_MAX_CHARS} characters.")
    lower = _normal(password).lower()
    own = [part for part in (email.split("@", maxsplit=1)[0].lower(), *name.lower().split()) if len(part) >= 4]
    rest = lower
    for word in (*own, *_COMMON):
        rest = rest.replace(word, "")
    # A step along the alphabet, the digits or a keyboard's row adds nothing to guess, and neither does a repetition.
    rest = rest[:1] + "".join(after for before, after in pairwise(rest) if before + after not in _STEPS)
    if len(set(rest)) < _DISTINCT_MIN:
        raise WeakPassword("This password is easy to guess. Use several words, or leave it to a password manager.")


def new_password() -> str:
    """A random password that can be read aloud: four groups of five, 100 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


def _normal(password: str) -> str:
    """The same password typed on another keyboard gives the same characters (RFC 8265, OpaqueString)."""
    return unicodedata.normalize("NFC", password)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_hex(16))
