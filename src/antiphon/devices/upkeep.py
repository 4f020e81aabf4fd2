"""What the devices role keeps true outside the database: desired states on their topics, revocations in the engines."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

from antiphon import limits, log
from antiphon.clock import Clock
from antiphon.database import Database, Scope, Tx
from antiphon.devices import service, store
from antiphon.devices.authority import Authority
from antiphon.devices.ports import Edge, Messaging, Topic
from antiphon.errors import AntiphonError

_log = log.get("devices")


class Upkeep:
    """Compares the database with the outside whenever woken, and every `DEVICES_SWEEP_S`: a lost fact loses nothing.

    Implements `MessageEvents` for the broker's coming and going.
    """

    def __init__(
        self, database: Database, messaging: Messaging, edge: Edge, authority: Authority, clock: Clock
    ) -> None:
        self._database, self._messaging, self._edge = database, messaging, edge
        self._authority, self._clock = authority, clock
        self._woken = asyncio.Event()
        self._everything = True
        self._ended: set[str] = set()

    def wake(self, _fact: object = None) -> None:
        """Look now."""
        self._woken.set()

    def message(self, device_id: str, topic: Topic, payload: bytes) -> None:
        """Not ours."""

    def broker_connected(self) -> None:
        """The broker may have forgotten what it kept: send again what stations did not report."""
        self._everything = True
        self._woken.set()

    def broker_lost(self) -> None:
        """What can't be sent now is sent when the broker is back."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._woken.clear()
            for step in (self.enforce_revocations, self.publish_desired):
                try:
                    await step()
                except AntiphonError as error:
                    _log.error("upkeep not finished", step=step.__name__, code=error.code, **error.fields)
            try:
                async with asyncio.timeout(limits.DEVICES_SWEEP_S):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def publish_desired(self) -> None:
        """Send every desired state that was not sent; after a new session also those that were not reported."""
        everything = self._everything
        waiting = await self._database.read(lambda tx: store.unpublished(tx, or_not_reported=everything))
        for device_id, desired in waiting:
            await self._messaging.send_desired(device_id, desired)
            await self._database.run(partial(_published, device_id, desired.version))
            _log.info("desired state sent", device_id=device_id, version=desired.version)
        if everything:
            self._everything = False

    async def enforce_revocations(self) -> None:
        """Make every engine forget revoked certificates: the list, the broker's session, the edge's registration.

        A certificate counts as enforced when all of that worked; until then each sweep tries again.
        """
        now = self._clock.now()
        listed, pending = await self._database.read(lambda tx: (store.revoked_serials(tx, now), store.unenforced(tx)))
        due = self._authority.list_due(now)
        if due or not listed.keys() <= self._authority.listed().keys():
            self._authority.revoke(listed, now)
            _log.info("revocation list written", serials=len(listed))
        if not pending and not due:
            return
        await self._edge.reload_revocations()
        for device_id, company_id in sorted({(row["device_id"], row["company_id"]) for row in pending}):
            serials = frozenset(row["serial"] for row in pending if row["device_id"] == device_id)
            if not serials <= self._ended:  # once: a station that was claimed anew is not thrown out at every retry
                await self._messaging.end_session(device_id)
                self._ended |= serials
                await self._database.run(partial(self._session_ended, Scope(company_id), device_id))
            await self._edge.drop_registration(device_id)
            await self._database.run(partial(self._enforced, serials))
            self._ended -= serials
            _log.info("revocation in force", company_id=company_id, device_id=device_id, serials=len(serials))

    def _session_ended(self, scope: Scope, device_id: str, tx: Tx) -> None:
        if store.station(tx, scope, device_id).status != "claimed":
            service.take_presence(tx, device_id, online=False, now=self._clock.now())
        # The session took the retained desired state along; a station claimed anew still needs it.
        store.set_published(tx, device_id, 0)

    def _enforced(self, serials: frozenset[str], tx: Tx) -> None:
        store.set_enforced(tx, sorted(serials), self._clock.now())


def _published(device_id: str, version: int, tx: Tx) -> None:
    store.set_published(tx, device_id, version)


def list_alarm(authority: Authority, clock: Clock) -> str | None:
    """None, or words for whoever runs the platform: an expired list makes the broker refuse every station."""
    left = authority.list_ends() - clock.now()
    if left > timedelta(days=limits.CRL_ALARM_BEFORE_DAYS):
        return None
    return f"the revocation list ends in {max(0, left.days)} days"
