"""The devices role's readings: stations by state, and how long every certificate still lasts."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from antiphon import devices, metrics
from antiphon.clock import Clock
from antiphon.database import Database
from antiphon.devices import authority
from antiphon.limits import CENSUS_S

_NAMED = ("root", "issuing", "edge", "portal")


class Census:
    """Counts stations at every look, and reads all their certificates every `CENSUS_S`."""

    def __init__(self, database: Database, pki: Path, clock: Clock) -> None:
        self._database, self._pki, self._clock = database, pki, clock
        self._ends: datetime | None = None
        self._read_at: float | None = None

    async def look(self) -> None:
        """Bring the readings up to date; raises `DatabaseAway`, and shows no stations then."""
        days = await asyncio.to_thread(self._platforms_days)
        metrics.CERTIFICATE_DAYS.put(days)
        metrics.STATIONS.forget()
        metrics.STATIONS.put(await self._database.read(devices.stations_by_state))
        now = self._clock.monotonic()
        if self._read_at is None or now - self._read_at >= CENSUS_S:
            self._ends, self._read_at = await self._database.read(devices.first_certificate_ends), now
        if self._ends is not None:
            metrics.CERTIFICATE_DAYS.put({**days, ("station",): self._left(self._ends)})

    def _platforms_days(self) -> dict[tuple[str, ...], float]:
        ends = {name: authority.certificate_ends(self._pki, name) for name in _NAMED if self._there(name)}
        if (self._pki / "crl.pem").exists():
            ends["revocation_list"] = authority.revocation_list_ends(self._pki)
        return {(name,): self._left(end) for name, end in ends.items()}

    def _there(self, name: str) -> bool:
        return (self._pki / f"{name}.crt").exists()

    def _left(self, end: datetime) -> float:
        return (end - self._clock.now()) / timedelta(days=1)
