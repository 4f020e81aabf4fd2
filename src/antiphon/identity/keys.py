"""The installation's keys that this room works with: files under `secrets/`, read again when they were replaced.

Access tokens are signed with a key that is replaced (P5), and good for minutes. Everything that lives longer is made with
`token.key`, which stays.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from antiphon.identity.tokens import key_id, public_key_pem, said_key_id, verify_access_token
from antiphon.limits import SIGNING_KEY_ACCEPTED_S, SIGNING_KEY_DAYS
from antiphon.tenancy import Principal

SIGNING, REPLACED, TOKENS, FACTORS = "jwt.key", "jwt.replaced.json", "token.key", "second-factor.key"
_Seen = tuple[int, int, int]  # what changes when a file is replaced: inode, time, size


@dataclass(frozen=True, slots=True)
class Replaced:
    """The signing key before this one, and when it was replaced."""

    public_key: str
    at: datetime

    def accepted(self, now: datetime) -> bool:
        """Whether its tokens are still good, which were signed before it was replaced."""
        return now < self.at + timedelta(seconds=SIGNING_KEY_ACCEPTED_S)

    def text(self) -> str:
        """As its file holds it."""
        return json.dumps({"public_key": self.public_key, "replaced_at": self.at.isoformat()})

    @classmethod
    def read(cls, text: str) -> Replaced:
        said = json.loads(text)
        return cls(said["public_key"], datetime.fromisoformat(said["replaced_at"]))


class Keys:
    """Raises `OSError` for a key that is missing, at once when it is the one that signs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, tuple[_Seen, str]] = {}
        self._text(SIGNING)

    @property
    def signing(self) -> str:
        """The Ed25519 private key that access tokens are signed with, as PEM."""
        return self._text(SIGNING)

    @property
    def tokens(self) -> str:
        """What refresh tokens, invitation links and challenges are made with, in hexadecimal digits."""
        return self._text(TOKENS)

    @property
    def factors(self) -> str:
        """What the secrets of second factors are sealed with, in hexadecimal digits."""
        return self._text(FACTORS)

    @property
    def replaced(self) -> Replaced | None:
        """The signing key before this one; None until the first was replaced."""
        try:
            return Replaced.read(self._text(REPLACED))
        except FileNotFoundError:
            return None

    def verify(self, token: str, now: datetime) -> Principal:
        """Who signed in with that access token; raises `TokenExpired`, `Unauthenticated`."""
        key, before = public_key_pem(self.signing), self.replaced
        if before is not None and before.accepted(now) and said_key_id(token) == key_id(before.public_key):
            key = before.public_key
        return verify_access_token(token, key, now)

    def is_due(self, now: datetime) -> bool:
        """Whether the signing key is old enough to be replaced."""
        before = self.replaced
        # The first one has no predecessor that says when it came.
        made = before.at if before else datetime.fromtimestamp((self._folder / SIGNING).stat().st_mtime, UTC)
        return now >= made + timedelta(days=SIGNING_KEY_DAYS)

    def _text(self, name: str) -> str:
        path = self._folder / name
        status = path.stat()
        seen = status.st_ino, status.st_mtime_ns, status.st_size
        known = self._known.get(name)
        if known is None or known[0] != seen:
            known = self._known[name] = seen, path.read_text().strip()
        return known[1]
