"""Whether stations of other makers are there: they speak no MQTT, so the SIP edge is asked where they are (D5)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from antiphon import limits, log
from antiphon.clock import Clock
from antiphon.database import Database, Tx
from antiphon.devices import service, store
from antiphon.devices.ports import Registrar
from antiphon.errors import AntiphonError, NotFound
from antiphon.events import AccountRemoved

_log = log.get("devices")


class Registrations:
    """Looks every `ACCOUNT_LOOK_S`; with very many accounts at a part of them each time, so that the edge has other work too."""

    def __init__(self, database: Database, registrar: Registrar, clock: Clock) -> None:
        self._database, self._registrar, self._clock = database, registrar, clock
        self._removed: set[str] = set()
        self._woken = asyncio.Event()
        self._next = ""
        self._silent = False

    def account_removed(self, fact: AccountRemoved) -> None:
        """Its registration at the edge is forgotten now, not when it runs out."""
        self._removed.add(fact.number)
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self.look()
                self._silent = False
            except AntiphonError as error:
                if not self._silent:
                    _log.error("registrations not looked at", code=error.code, **error.fields)
                self._silent = True
            try:
                async with asyncio.timeout(limits.ACCOUNT_LOOK_S):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Forget removed accounts at the edge, and store who came and who went."""
        for number in sorted(self._removed):
            await self._registrar.drop_account(number)
            self._removed.discard(number)
        known = await self._database.read(store.accounts_online)
        for device_id, number, online in self._part(known):
            here = await self._registrar.account_registered(number)
            if here is not online:
                await self._take(device_id, here)

    def _part(self, known: Sequence[tuple[str, str, bool]]) -> Sequence[tuple[str, str, bool]]:
        """The accounts whose turn it is."""
        if len(known) <= limits.ACCOUNTS_IN_ONE_LOOK:
            return known
        turn = [one for one in known if one[0] >= self._next] + [one for one in known if one[0] < self._next]
        part = turn[: limits.ACCOUNTS_IN_ONE_LOOK]
        self._next = turn[limits.ACCOUNTS_IN_ONE_LOOK][0]
        return part

    async def _take(self, device_id: str, online: bool) -> None:
        def take(tx: Tx) -> bool:
            try:
                return service.take_presence(tx, device_id, online=online, now=self._clock.now())
            except NotFound:  # removed in this moment
                return False

        if await self._database.run(take):
            _log.info("station online" if online else "station offline", device_id=device_id)
