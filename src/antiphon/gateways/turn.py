"""How browsers find their way to media: STUN, and TURN with credentials that end by themselves."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

from antiphon.limits import TURN_CREDENTIAL_S
from antiphon.settings import Settings
from antiphon.wire.client import IceServer


class Turn:
    """The installation's own server (TURN REST API, as coturn's use-auth-secret reads it)."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.secret("turn.key").encode()
        self._address = settings.advertised_address
        self._port = settings.ports.stun

    def servers(self, user_id: str, now: datetime) -> tuple[IceServer, ...]:
        """What one person's browser is told; nothing while the installation has no address."""
        if not self._address:
            return ()
        host = f"[{self._address}]" if ":" in self._address else self._address
        place = f"{host}:{self._port}"
        username = f"{int(now.timestamp()) + TURN_CREDENTIAL_S}:{user_id}"
        # SHA-1 is what the TURN REST API prescribes; as a MAC with a random key it is sound.
        credential = base64.b64encode(hmac.new(self._key, username.encode(), hashlib.sha1).digest()).decode()
        turn = tuple(f"turn:{place}?transport={transport}" for transport in ("udp", "tcp"))
        return (
            IceServer(urls=(f"stun:{place}",)),
            IceServer(urls=turn, username=username, credential=credential),
        )
