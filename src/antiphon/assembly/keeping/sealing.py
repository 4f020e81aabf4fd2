"""An archive under a passphrase: scrypt makes the key, AES-256-GCM seals pieces in order, the last one marked (STREAM)."""

from __future__ import annotations

import io
import os
import struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from antiphon.errors import BadInput

MAGIC = b"antiphon-sealed-1\n"
_PIECE_BYTES = 1024 * 1024
_TAG_BYTES = 16
_SALT_BYTES = 16
_PREFIX_BYTES = 7
_SCRYPT_LOG_N, _SCRYPT_R, _SCRYPT_P = 16, 8, 1  # 64 MiB and some 0.2 s for each guess
_HEAD_BYTES = len(MAGIC) + _SALT_BYTES + _PREFIX_BYTES


class SealBroken(BadInput):
    """The passphrase is another one, or bytes were changed, cut off or put in another order."""

    code = "seal_broken"
    title = "The backup cannot be opened: the passphrase does not fit, or the file is damaged. Nothing was changed."


def _key(passphrase: str, salt: bytes) -> AESGCM:
    scrypt = Scrypt(salt=salt, length=32, n=1 << _SCRYPT_LOG_N, r=_SCRYPT_R, p=_SCRYPT_P)
    return AESGCM(scrypt.derive(passphrase.encode()))


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, last)


class Seal(io.RawIOBase):
    """Everything written goes sealed to `into`; complete only once closed."""

    def __init__(self, into: BinaryIO, passphrase: str) -> None:
        salt, self._prefix = os.urandom(_SALT_BYTES), os.urandom(_PREFIX_BYTES)
        self._into, self._cipher = into, _key(passphrase, salt)
        self._head = MAGIC + salt + self._prefix
        self._number, self._waiting = 0, bytearray()
        into.write(self._head)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]  # narrower than Buffer
        self._waiting += data
        while len(self._waiting) > _PIECE_BYTES:  # never the last piece: more may follow, and the last is marked
            self._seal(bytes(self._waiting[:_PIECE_BYTES]), last=False)
            del self._waiting[:_PIECE_BYTES]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._waiting), last=True)
            super().close()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, last=last)
        self._into.write(self._cipher.encrypt(nonce, piece, self._head))
        self._number += 1


class Unseal(io.RawIOBase):
    """Reads what `Seal` wrote; raises `SealBroken` at the first piece that does not fit."""

    def __init__(self, source: BinaryIO, passphrase: str) -> None:
        self._head = source.read(_HEAD_BYTES)
        if len(self._head) != _HEAD_BYTES or not self._head.startswith(MAGIC):
            raise SealBroken
        salt = self._head[len(MAGIC) : len(MAGIC) + _SALT_BYTES]
        self._prefix = self._head[-_PREFIX_BYTES:]
        self._source, self._cipher = source, _key(passphrase, salt)
        self._number, self._open, self._over = 0, b"", False
        self._next = source.read(_PIECE_BYTES + _TAG_BYTES)

    def readable(self) -> bool:
        return True

    def readinto(self, into: bytearray | memoryview) -> int:  # type: ignore[override]  # narrower than Buffer
        if not self._open and not self._over:
            self._open = self._piece()
        given = self._open[: len(into)]
        self._open = self._open[len(given) :]
        into[: len(given)] = given
        return len(given)

    def _piece(self) -> bytes:
        sealed, self._next = self._next, self._source.read(_PIECE_BYTES + _TAG_BYTES)
        self._over = not self._next
        try:
            opened = self._cipher.decrypt(_nonce(self._prefix, self._number, last=self._over), sealed, self._head)
        except (InvalidTag, ValueError) as error:
            raise SealBroken from error
        self._number += 1
        return opened
