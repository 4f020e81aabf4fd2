"""Health of the whole installation for whoever asks: one look at every part, shared by all who ask at about the same time."""

from __future__ import annotations

import asyncio

from antiphon.assembly.engines import health
from antiphon.clock import Clock
from antiphon.limits import HEALTH_KEPT_S
from antiphon.settings import Settings


class WholeHealth:
    """What it says is at most `HEALTH_KEPT_S` old; however many ask, the parts are asked once."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._found: dict[str, str | None] = {}
        self._at: float | None = None
        self._looking: asyncio.Task[None] | None = None

    async def checks(self) -> dict[str, str | None]:
        """Every part: None when it is well, else in words what is wrong."""
        if self._at is None or self._clock.monotonic() - self._at >= HEALTH_KEPT_S:
            if self._looking is None:
                self._looking = asyncio.create_task(self._look())
            await asyncio.shield(self._looking)
        return self._found

    async def _look(self) -> None:
        try:
            found = await asyncio.to_thread(health.health, self._settings)
            self._found = {part.name: None if part.state == "up" else part.detail for part in found}
            self._at = self._clock.monotonic()
        finally:
            self._looking = None
