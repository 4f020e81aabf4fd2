"""Watches the parts of this installation and keeps the journal of their outages; runs in the worker."""

from __future__ import annotations

import asyncio
import http.client
from datetime import UTC, datetime

from antiphon import log
from antiphon.assembly.engines import health, parts
from antiphon.assembly.engines.outages import Journal, Outage, keep, last_end, outages, started_at
from antiphon.assembly.engines.parts import Part
from antiphon.limits import OUTAGE_LOOK_S, OUTAGE_PROBE_S
from antiphon.settings import Settings

_log = log.get("watch")


class OutageWatch:
    """`run` until cancelled. A part that ended is seen by what its guard wrote, one that hangs by asking it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._journal = Journal(outages(settings.data))
        self._silent: dict[str, tuple[datetime, str]] = {}  # failed one probe
        self._kept = True
        self._asking: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._begun_at = datetime.now(UTC)

    async def run(self) -> None:
        """Look for ended parts often, ask every part now and then, and those that are down until they answer."""
        loop = asyncio.get_running_loop()
        ask_all_at = loop.time() + OUTAGE_PROBE_S  # the others are just starting, too
        while True:
            known = parts.parts(self._settings)
            self._read_ends(known)
            down = [part for part in known if part.name in self._journal.open or part.name in self._silent]
            if loop.time() >= ask_all_at:
                down, ask_all_at = known, loop.time() + OUTAGE_PROBE_S
            for part in down:
                if part.name not in self._asking:  # one that hangs holds up nobody else's answer
                    task = loop.create_task(self._ask(part))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
            if self._journal.changed:
                self._journal.changed = False  # before: what changes meanwhile is kept in the next round
                await asyncio.to_thread(self._keep, tuple(self._journal.known))
            await asyncio.sleep(OUTAGE_LOOK_S)

    def _read_ends(self, known: list[Part]) -> None:
        for part in known:
            ended = last_end(self._settings.data, part.name)
            if ended is not None:
                self._began(part.name, *ended)

    def _began(self, part: str, at: datetime, reason: str) -> None:
        if self._journal.began(part, at, reason):
            _log.error("part down", part=part, reason=reason)

    async def _ask(self, part: Part) -> None:
        self._asking.add(part.name)
        try:
            await asyncio.to_thread(health.probe, self._settings, part)
        except (OSError, http.client.HTTPException, ValueError) as error:
            at, why = datetime.now(UTC), f"does not answer: {str(error) or type(error).__name__}"
            if part.name in self._silent:
                self._began(part.name, *self._silent[part.name])
            self._silent.setdefault(part.name, (at, why))
            return
        finally:
            self._asking.discard(part.name)
        self._silent.pop(part.name, None)
        over = self._journal.answered(part.name, self._back_at(part.name))
        if over is not None and over.lasted_s is not None:
            _log.warning("part back", part=part.name, reason=over.reason, after_s=round(over.lasted_s, 3))

    def _back_at(self, part: str) -> datetime:
        """Now; or, for what came back while nobody watched, when it was started."""
        outage = self._journal.open.get(part)
        started = started_at(self._settings.data, part)
        if outage is not None and started is not None and outage.since <= started < self._begun_at:
            return started
        return datetime.now(UTC)

    def _keep(self, known: tuple[Outage, ...]) -> None:
        try:
            keep(self._settings.data, known)
        except OSError as error:
            self._journal.changed = True
            if self._kept:
                _log.error("outages not kept", why=error.strerror)
            self._kept = False
        else:
            self._kept = True
