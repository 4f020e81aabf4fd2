"""Server certificates of a running installation: renewed long before their end, taken by every engine without a lost call."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Protocol

from antiphon import limits, log
from antiphon.assembly import installation
from antiphon.assembly.engines import supervision
from antiphon.clock import Clock
from antiphon.devices import authority
from antiphon.errors import AntiphonError
from antiphon.settings import Settings

_log = log.get("certificates")


class SipEdge(Protocol):
    """What is asked of the SIP edge."""

    async def reload_certificates(self) -> None: ...


class ServerCertificates:
    """Looks once a day. coturn shows no certificate; the front hands its sockets to a fresh worker, the broker reads again."""

    def __init__(self, settings: Settings, edge: SipEdge, clock: Clock) -> None:
        """`settings` with the advertised address filled in."""
        self._settings, self._edge, self._clock = settings, edge, clock
        self._to_tell = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except (AntiphonError, OSError) as error:
                _log.error("certificates not renewed", error=type(error).__name__)
            await asyncio.sleep(
                limits.SERVER_CERTIFICATE_RETRY_S if self._to_tell else limits.SERVER_CERTIFICATE_LOOK_S
            )

    async def look(self) -> None:
        """Renew what is due and tell the engines; those that could not be told are told at the next look."""
        if await asyncio.to_thread(installation.renew_certificates, self._settings, self._clock.now()):
            self._to_tell = True
        if self._to_tell:
            await asyncio.to_thread(supervision.reread_revocations, self._settings)
            await self._edge.reload_certificates()
            self._to_tell = False
            _log.info("server certificates renewed", days=self.days_left())

    def days_left(self) -> int:
        """Until the first of the platform's own server certificates runs out."""
        ends = min(authority.certificate_ends(self._settings.pki, name) for name in ("edge", "portal"))
        return (ends - self._clock.now()) // timedelta(days=1)

    def alarm(self) -> str | None:
        """None, or words for whoever runs the platform."""
        try:
            left = self.days_left()
        except FileNotFoundError:
            return "the server certificates are missing: run up"
        return (
            f"a server certificate ends in {left} days" if left < limits.SERVER_CERTIFICATE_ALARM_BEFORE_DAYS else None
        )
