"""Owns that every call's record is written: in one transaction with its fact, again until it worked, and after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from antiphon import devices, events, log
from antiphon.calls import store
from antiphon.calls.store import AnsweredCall, EndedCall
from antiphon.calls.traces.keeping import Traces
from antiphon.clock import Clock, new_id
from antiphon.database import Database, Scope, Tx, outbox
from antiphon.errors import AntiphonError
from antiphon.limits import RECORD_GATHER_S, RECORD_RETRY_MAX_S, RECORD_RETRY_MIN_S

_log = log.get("calls")


class _Handed(NamedTuple):
    """A record on its way to the disk."""

    station: devices.Station
    ended: EndedCall
    fact: events.CallEnded
    written: Callable[[], None]

    def write(self, tx: Tx) -> None:
        if store.complete_call(tx, self.station, self.ended):
            outbox.append(tx, Scope(self.station.company_id), self.fact)


class Records:
    """Writes records in the background, those of calls that end at about the same moment in one transaction; `drain` waits
    until all are on disk."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self.traces = Traces(database, clock)
        self._writing: set[asyncio.Task[None]] = set()
        self._gathered: list[_Handed] = []

    def complete(self, station: devices.Station, ended: EndedCall, written: Callable[[], None]) -> None:
        """Write the record after `RECORD_GATHER_S`, with those that come meanwhile, or as soon as the disk takes it; then
        call `written`."""
        fact = events.CallEnded(
            new_id("fact"), station.company_id, ended.ended_at, ended.call_id, station.id, ended.cause
        )
        self.traces.forget(ended.call_id)
        self._gathered.append(_Handed(station, ended, fact, written))
        if len(self._gathered) == 1:
            task = asyncio.get_running_loop().create_task(self._complete_gathered())
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    def answer(self, scope: Scope, answered: AnsweredCall, written: Callable[[], None]) -> None:
        """Note who talks, then call `written`. Not tried again: the end of the call writes it as well."""
        task = asyncio.get_running_loop().create_task(self._answer(scope, answered, written))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _answer(self, scope: Scope, answered: AnsweredCall, written: Callable[[], None]) -> None:
        try:
            await self._database.run(lambda tx: store.answer_call(tx, scope, answered))
        except AntiphonError as error:
            _log.warning("answer not on the record yet", call_id=answered.call_id, code=error.code)
        else:
            written()

    def count_opening(self, scope: Scope, call_id: str, written: Callable[[], None]) -> None:
        """A door was acknowledged after the call's end: correct the record once it is written."""
        task = asyncio.get_running_loop().create_task(self._count_opening(set(self._writing), scope, call_id, written))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _count_opening(
        self, before: set[asyncio.Task[None]], scope: Scope, call_id: str, written: Callable[[], None]
    ) -> None:
        if before:
            await asyncio.wait(before)
        try:
            await self._database.run(lambda tx: store.count_opening(tx, scope, call_id))
        except AntiphonError as error:  # the door's own log has it all the same
            _log.error("opening not on the record", call_id=call_id, code=error.code)
        else:
            written()

    async def _complete_gathered(self) -> None:
        await asyncio.sleep(RECORD_GATHER_S)
        await self.traces.settled()
        handed, self._gathered = self._gathered, []
        if len(handed) > 1:

            def write(tx: Tx) -> None:
                for one in handed:
                    one.write(tx)

            try:
                await self._database.run(write)
            except Exception as error:  # noqa: BLE001 - whose fault it is shows when each is written by itself
                code = error.code if isinstance(error, AntiphonError) else type(error).__name__
                _log.warning("records not written together", calls=len(handed), code=code)
            else:
                for one in handed:
                    asyncio.get_running_loop().call_soon(one.written)  # one that fails keeps no other from being told
                return
        await asyncio.gather(*(self._complete(one) for one in handed))

    async def _complete(self, handed: _Handed) -> None:
        station, ended = handed.station, handed.ended
        retry_s = RECORD_RETRY_MIN_S
        while True:
            try:
                await self._database.run(handed.write)
            except AntiphonError as error:
                _log.error("record not written", call_id=ended.call_id, code=error.code, retry_s=retry_s)
                await asyncio.sleep(retry_s)
                retry_s = min(retry_s * 2, RECORD_RETRY_MAX_S)
            else:
                if retry_s > RECORD_RETRY_MIN_S:
                    _log.warning("record written late", call_id=ended.call_id, company_id=station.company_id)
                handed.written()
                return

    async def drain(self) -> None:
        """Until every record handed over is written, and every trace."""
        await self.traces.drain()
        while self._writing:
            await asyncio.wait(set(self._writing))

    async def close_left_over(self) -> tuple[str, ...]:
        """End the records that a process which died left open; returns the calls' ids. At the role's start."""
        now = self._clock.now()

        def close(tx: Tx) -> tuple[str, ...]:
            left = store.unended_calls(tx)
            for company_id, call_id, station_id in left:
                scope = Scope(company_id)
                if store.close_unended(tx, scope, call_id, now):
                    fact = events.CallEnded(new_id("fact"), company_id, now, call_id, station_id, "platform_error")
                    outbox.append(tx, scope, fact)
            return tuple(call_id for _, call_id, _ in left)

        closed = await self._database.run(close)
        if closed:
            _log.warning("calls of a process that died closed", calls=len(closed))
        return closed
