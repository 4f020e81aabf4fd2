"""A TURN client by hand, for tests that ask for what a browser would never ask for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import socket
import struct
import time

from antiphon.settings import Settings

COOKIE = 0x2112A442
ALLOCATE, CREATE_PERMISSION = 0x0003, 0x0008
USERNAME, MESSAGE_INTEGRITY, ERROR, PEER, REALM, NONCE, TRANSPORT = 0x06, 0x08, 0x09, 0x12, 0x14, 0x15, 0x19


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


class Relay:
    """A TURN client by hand (RFC 8489, RFC 8656)."""

    def __init__(
        self,
        settings: Settings,
        lifetime_s: int = 600,
        key: str | None = None,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        """Credentials of its own making, or the given ones."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(5)
        self._socket.connect(("127.0.0.1", settings.ports.stun))
        self._user = f"{int(time.time()) + lifetime_s}:anna" if username is None else username
        self._password = self.password(settings, self._user, key) if password is None else password
        self._realm = self._nonce = b""

    @staticmethod
    def password(settings: Settings, username: str, key: str | None = None) -> str:
        """As the TURN REST API makes it."""
        digest = hmac.new((key or settings.secret("turn.key")).encode(), username.encode(), hashlib.sha1).digest()
        return base64.b64encode(digest).decode()

    def close(self) -> None:
        self._socket.close()

    def ask(self, method: int, *attributes: bytes) -> int:
        """0 for success, else the error code; a challenge is taken up once."""
        code = self._once(method, *attributes)
        return self._once(method, *attributes) if code in (401, 438) and self._realm else code

    def _once(self, method: int, *attributes: bytes) -> int:
        body = b"".join(attributes)
        transaction = os.urandom(12)
        if self._realm:
            body += attribute(USERNAME, self._user.encode()) + attribute(REALM, self._realm)
            body += attribute(NONCE, self._nonce)
            head = struct.pack("!HHI", method, len(body) + 24, COOKIE) + transaction
            key = hashlib.md5(f"{self._user}:{self._realm.decode()}:{self._password}".encode()).digest()
            body += attribute(MESSAGE_INTEGRITY, hmac.new(key, head + body, hashlib.sha1).digest())
        self._socket.send(struct.pack("!HHI", method, len(body), COOKIE) + transaction + body)
        answer = self._socket.recv(2048)
        code, at = 0, 20
        while at + 4 <= len(answer):
            kind, size = struct.unpack_from("!HH", answer, at)
            value = answer[at + 4 : at + 4 + size]
            if kind == ERROR:
                code = value[2] * 100 + value[3]
            elif kind == REALM:
                self._realm = value
            elif kind == NONCE:
                self._nonce = value
            at += 4 + size + (-size % 4)
        return code

    def allocate(self, transport: int = 17) -> int:
        return self.ask(ALLOCATE, attribute(TRANSPORT, bytes((transport, 0, 0, 0))))

    def permit(self, address: str) -> int:
        packed = struct.unpack("!I", socket.inet_aton(address))[0] ^ COOKIE
        return self.ask(CREATE_PERMISSION, attribute(PEER, struct.pack("!BBHI", 0, 1, 9 ^ (COOKIE >> 16), packed)))
