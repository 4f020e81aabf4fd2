"""The installation's keys that this room works with: files under `secrets/`, read again when they were replaced."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from antiphon.identity.tokens import public_key_pem, verify_access_token
from antiphon.tenancy import Principal

_SIGNING = "jwt.key"
_Seen = tuple[int, int, int]  # what changes when a file is replaced: inode, time, size


class Keys:
    """Raises `OSError` for a key that is missing, at once when it is the one that signs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, tuple[_Seen, str]] = {}
        self._text(_SIGNING)

    @property
    def signing(self) -> str:
        """The Ed25519 private key that access tokens are signed with, as PEM."""
        return self._text(_SIGNING)

    @property
    def tokens(self) -> str:
        """What refresh tokens, invitation links and challenges are made with."""
        return self.signing

    @property
    def factors(self) -> str:
        """What the secrets of second factors are sealed with, in hexadecimal digits."""
        return self._text("second-factor.key")

    def verify(self, token: str, now: datetime) -> Principal:
        """Who signed in with that access token; raises `TokenExpired`, `Unauthenticated`."""
        return verify_access_token(token, public_key_pem(self.signing), now)

    def _text(self, name: str) -> str:
        path = self._folder / name
        status = path.stat()
        seen = status.st_ino, status.st_mtime_ns, status.st_size
        known = self._known.get(name)
        if known is None or known[0] != seen:
            known = self._known[name] = seen, path.read_text().strip()
        return known[1]
