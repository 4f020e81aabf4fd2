"""Owns that traces of calls that go on are written: beside the call and never before its ring, many in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from antiphon import log
from antiphon.calls.traces import store
from antiphon.calls.traces.facts import Facts
from antiphon.clock import Clock
from antiphon.database import Database, Scope, Tx
from antiphon.errors import AntiphonError
from antiphon.limits import TRACE_GATHER_S

_log = log.get("calls")
Tell = Callable[[], None]


class Traces:
    """Gathers what has changed for `TRACE_GATHER_S`, then writes the newest of each call. What fails is not tried again: the
    next change writes it as well, and so does the record."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._changed: dict[str, tuple[Scope, Callable[[], Facts], Tell]] = {}
        self._gathering: asyncio.Task[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self._at_once = asyncio.Event()

    def changed(self, scope: Scope, call_id: str, facts: Callable[[], Facts], written: Tell) -> None:
        """Write what `facts` gives then, and call `written`."""
        self._changed[call_id] = scope, facts, written
        if self._gathering is None:
            self._at_once.clear()
            self._gathering = asyncio.get_running_loop().create_task(self._gather())

    def forget(self, call_id: str) -> None:
        """The call's record writes its trace from now on."""
        self._changed.pop(call_id, None)

    async def settled(self) -> None:
        """Until nothing is on its way to the disk: a record that is written after this is not overwritten."""
        if self._writing is not None:
            await asyncio.wait((self._writing,))

    async def drain(self) -> None:
        """Write now, until everything is."""
        while self._gathering is not None:
            self._at_once.set()
            await asyncio.wait((self._gathering,))

    async def _gather(self) -> None:
        try:
            async with asyncio.timeout(TRACE_GATHER_S):
                await self._at_once.wait()
        except TimeoutError:
            pass
        self._writing = asyncio.get_running_loop().create_task(self._write())
        await asyncio.wait((self._writing,))
        self._writing = self._gathering = None
        if self._changed:  # meanwhile
            self._at_once.clear()
            self._gathering = asyncio.get_running_loop().create_task(self._gather())

    async def _write(self) -> None:
        taken, self._changed = self._changed, {}
        facts = [(scope, call_id, make()) for call_id, (scope, make, _) in taken.items()]
        now = self._clock.now()

        def write(tx: Tx) -> None:
            for scope, call_id, known in facts:
                store.put_trace(tx, scope, call_id, known, now)

        if not facts:
            return
        try:
            await self._database.run(write)
        except AntiphonError as error:
            _log.warning("traces not written yet", calls=len(facts), code=error.code)
            return
        for _, _, written in taken.values():
            written()
