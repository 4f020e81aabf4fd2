"""What stations say about themselves: presence and reported state, checked and stored (D5)."""

from __future__ import annotations

import asyncio

from pydantic import ValidationError

from antiphon import limits, log
from antiphon.clock import Clock
from antiphon.database import Database, Tx
from antiphon.devices import service, store
from antiphon.devices.ports import Topic
from antiphon.errors import AntiphonError
from antiphon.wire.station import Connection, Reported

_log = log.get("devices")


class Inbox:
    """Takes messages of all stations; the newest of each station and topic counts, so that a flood costs one row.

    Implements `MessageEvents`. Everything on one event loop.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._waiting: dict[tuple[str, Topic], bytes] = {}
        self._woken = asyncio.Event()
        self._heard: set[str] = set()
        self._settle_at: float | None = None

    def message(self, device_id: str, topic: Topic, payload: bytes) -> None:
        """Keep it for `run`; a newer message of the same kind replaces an older one."""
        if topic != "acks":
            self._waiting[device_id, topic] = payload
            self._woken.set()

    def broker_connected(self) -> None:
        """Stations that do not say within `PRESENCE_SETTLE_S` that they are online went away unnoticed."""
        self._heard.clear()
        self._settle_at = self._clock.monotonic() + limits.PRESENCE_SETTLE_S
        self._woken.set()

    def broker_lost(self) -> None:
        """Nobody's presence is known now: what is stored stays until the broker is back."""
        self._settle_at = None

    async def run(self) -> None:
        """Store what comes, until cancelled."""
        while True:
            self._woken.clear()
            await self.digest()
            patience = None if self._settle_at is None else max(0.0, self._settle_at - self._clock.monotonic())
            try:
                async with asyncio.timeout(patience):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def digest(self) -> None:
        """Store what waits, and mark as offline who did not speak up in time after the broker came back."""
        while self._waiting:
            key = next(iter(self._waiting))
            await self._take(*key, self._waiting.pop(key))
        if self._settle_at is not None and self._clock.monotonic() >= self._settle_at:
            self._settle_at = None
            await self._settle()

    async def _take(self, device_id: str, topic: Topic, payload: bytes) -> None:
        now = self._clock.now()
        try:
            if topic == "connection":
                online = Connection.model_validate_json(payload).state == "online"
                if online:
                    self._heard.add(device_id)
                if await self._database.run(lambda tx: service.take_presence(tx, device_id, online=online, now=now)):
                    _log.info("station online" if online else "station offline", device_id=device_id)
            else:
                reported = Reported.model_validate_json(payload)
                await self._database.run(lambda tx: service.take_reported(tx, device_id, reported, now))
                if reported.error is not None:
                    _log.warning("desired state not in force", device_id=device_id, version=reported.version)
        except ValidationError as error:
            _log.warning("message refused", device_id=device_id, topic=topic, errors=error.error_count())
        except AntiphonError as error:
            _log.warning("message refused", device_id=device_id, topic=topic, code=error.code)
            if error.http_status >= 500:
                # The database is away or full, the station is not to blame: try again, unless it said more since.
                self._waiting.setdefault((device_id, topic), payload)
                await asyncio.sleep(limits.DATABASE_RETRY_S)

        except Exception:  # noqa: BLE001 - retained messages come again with every session: one must not end all others
            _log.exception("message not taken", device_id=device_id, topic=topic)

    async def _settle(self) -> None:
        heard, now = frozenset(self._heard), self._clock.now()

        def mark(tx: Tx) -> int:
            gone = [device_id for device_id in store.online_ids(tx) if device_id not in heard]
            for device_id in gone:
                service.take_presence(tx, device_id, online=False, now=now)
            return len(gone)

        try:
            count = await self._database.run(mark)
        except AntiphonError as error:
            _log.error("presence not settled", code=error.code)
            self._settle_at = self._clock.monotonic() + limits.PRESENCE_SETTLE_S
            return
        if count:
            _log.warning("stations went away unnoticed", stations=count)
