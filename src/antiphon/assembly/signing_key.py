"""The key that access tokens are signed with, replaced in the running installation (P5): nobody notices."""

from __future__ import annotations

import asyncio

from antiphon import log
from antiphon.assembly.engines import secrets
from antiphon.clock import Clock
from antiphon.identity import Keys
from antiphon.limits import SIGNING_KEY_LOOK_S
from antiphon.settings import Settings

_log = log.get("signing_key")


class SigningKey:
    """Replaces the key when it is old. Every role looks at its file whenever it signs or checks."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock

    async def run(self) -> None:
        """Until cancelled: now, and every `SIGNING_KEY_LOOK_S`."""
        while True:
            try:
                await asyncio.to_thread(self.look)
            except OSError as error:
                _log.error("signing key not replaced", error=type(error).__name__)
            await asyncio.sleep(SIGNING_KEY_LOOK_S)

    def look(self) -> bool:
        """Replace it if it is due; whether it was."""
        due = Keys(self._settings.secrets).is_due(self._clock.now())
        if due:
            secrets.replace_signing_key(self._settings, self._clock.now())
            _log.info("signing key replaced")
        return due
