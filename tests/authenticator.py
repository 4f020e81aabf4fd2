"""A software authenticator: makes passkeys and signs with them, as a browser hands its answers on (WebAuthn Level 3)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

Json = dict[str, Any]
_PRESENT, _VERIFIED, _ATTESTED = 1, 4, 64


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Held:
    """One passkey in the authenticator."""

    rp_id: str
    user_handle: bytes
    key: ec.EllipticCurvePrivateKey
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    count: int = 0


class Authenticator:
    """One with a counter (ES256). `verifies`: whether it asks for a finger or PIN; `origin`: the page it is used on."""

    def __init__(self, origin: str = "https://portal.example", *, verifies: bool = True, counts: bool = True) -> None:
        self.origin, self.verifies, self.counts = origin, verifies, counts
        self.held: list[Held] = []

    def create(self, options: Json) -> Json:
        """A passkey for these creation options: the RegistrationResponseJSON."""
        made = Held(options["rp"]["id"], unb64(options["user"]["id"]), ec.generate_private_key(ec.SECP256R1()))
        self.held.append(made)
        point = made.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (point.x, point.y))
        cose = encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + len(made.id).to_bytes(2, "big") + made.id + cose
        data = self._data(made, _ATTESTED) + attested
        return self._answer(
            made,
            {
                "clientDataJSON": b64(self._client_data("webauthn.create", options["challenge"])),
                "attestationObject": b64(encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})),
            },
        )

    def get(self, options: Json) -> Json:
        """An answer with the passkey for that portal: the AuthenticationResponseJSON."""
        held = next(one for one in reversed(self.held) if one.rp_id == options["rpId"])
        if self.counts:
            held.count += 1
        data, said = self._data(held), self._client_data("webauthn.get", options["challenge"])
        signature = held.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            held,
            {
                "clientDataJSON": b64(said),
                "authenticatorData": b64(data),
                "signature": b64(signature),
                "userHandle": b64(held.user_handle),
            },
        )

    def _data(self, held: Held, flags: int = 0) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return hashlib.sha256(held.rp_id.encode()).digest() + bytes([flags]) + held.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    @staticmethod
    def _answer(held: Held, response: Json) -> Json:
        return {
            "id": b64(held.id),
            "rawId": b64(held.id),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }
