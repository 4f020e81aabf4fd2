"""The one event stream of the portal (Server-Sent Events): says what has changed, to whoever may see it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from antiphon import devices, events, log
from antiphon.bus import Bus
from antiphon.database import Database, Scope
from antiphon.devices import StationCounts
from antiphon.errors import AntiphonError, NotFound
from antiphon.limits import ACCESS_TOKEN_S, STREAM_BEAT_S, STREAM_WAITING_MAX, STREAMS_PER_PERSON_MAX
from antiphon.tenancy import Permission
from antiphon.tenancy.asking import Anybody, Asker, Refuses, Route, now_of

router = APIRouter(route_class=Route, prefix="/api/v1", tags=["events"])
_log = log.get("stream")

OfStation = events.StationPresenceChanged | events.DeviceClaimed | events.DeviceRevoked | events.AccountRemoved
OfCall = events.CallChanged | events.CallEnded | events.SnapshotStored
Topic = Literal["stations", "calls", "places", "people", "rights", "everything"]
_PERMISSION: dict[Topic, Permission] = {
    "stations": "stations.read",
    "calls": "calls.read",
    "places": "places.read",
    "people": "people.read",
}
_OF_STATIONS: tuple[type[OfStation], ...] = (
    events.StationPresenceChanged,
    events.DeviceClaimed,
    events.DeviceRevoked,
    events.AccountRemoved,
)
_OF_CALLS: tuple[type[OfCall], ...] = (events.CallChanged, events.CallEnded, events.SnapshotStored)
_PLACES, _STATIONS = ("project", "site", "folder", "company"), ("station", "account", "door")


class TooManyStreams(AntiphonError):
    """The person has as many streams open as anybody needs."""

    code = "too_many_streams"
    http_status = 429
    sip_status = 480
    title = "Too many tabs follow what happens. Close some."


class Change(BaseModel):
    """Something of that topic has changed; `id` says what, where one thing has. Ask for it anew.

    `rights`: what you may do has changed. `everything`: changes were missed; ask for all that you show anew.
    """

    topic: Topic
    id: str | None = None


@dataclass(eq=False)
class _Reader:
    asker: Asker
    waiting: deque[Change] = field(default_factory=deque)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False

    def tell(self, change: Change) -> None:
        if change in self.waiting:
            return
        if len(self.waiting) >= STREAM_WAITING_MAX:
            self.waiting.clear()
            change = Change(topic="everything")
        self.waiting.append(change)
        self.woken.set()

    def end(self) -> None:
        self.over = True
        self.woken.set()


class Stream:
    """Everybody who follows, and the facts that they are told of. Everything on one event loop."""

    def __init__(self, database: Database, bus: Bus, counts: StationCounts) -> None:
        self._database, self._counts = database, counts
        self.lasts_s = float(ACCESS_TOKEN_S)
        self._readers: dict[str, set[_Reader]] = {}  # by company
        self._asking: set[asyncio.Task[None]] = set()
        for station_kind in _OF_STATIONS:
            bus.subscribe(station_kind, lambda fact: self._station(fact.company_id, fact.device_id))
        for call_kind in _OF_CALLS:
            bus.subscribe(call_kind, lambda fact: self._call(fact.company_id, fact.call_id, fact.device_id))
        bus.subscribe(events.ConfigurationChanged, self._configured)
        bus.subscribe(events.RightsChanged, self._rights)
        bus.subscribe(events.SessionsEnded, self._sessions_ended)

    async def follow(self, asker: Asker, lasts_s: float) -> AsyncIterator[str]:
        """The lines of one reader, until their session, this process or `lasts_s` seconds end."""
        reader = _Reader(asker)
        ends = asyncio.get_running_loop().call_later(lasts_s, reader.end)
        company = self._readers.setdefault(asker.scope.company_id, set())
        company.add(reader)
        try:
            yield "retry: 2000\n\n"
            while True:
                while reader.waiting:
                    yield f"data: {reader.waiting.popleft().model_dump_json()}\n\n"
                if reader.over:
                    return
                try:
                    async with asyncio.timeout(STREAM_BEAT_S):
                        await reader.woken.wait()
                except TimeoutError:
                    yield ": still here\n\n"
                reader.woken.clear()
        finally:
            ends.cancel()
            company.discard(reader)
            if not company and self._readers.get(asker.scope.company_id) is company:
                del self._readers[asker.scope.company_id]

    def admit(self, asker: Asker) -> None:
        """Raises `TooManyStreams`."""
        open_now = self._readers.get(asker.scope.company_id, set())
        if (
            sum(reader.asker.principal.user_id == asker.principal.user_id for reader in open_now)
            >= STREAMS_PER_PERSON_MAX
        ):
            raise TooManyStreams

    def end_all(self) -> None:
        """The process stops: readers come back to the next one."""
        for reader in [reader for readers in self._readers.values() for reader in readers]:
            reader.end()

    # -- facts -------------------------------------------------------------------------------------------------------

    def _station(self, company_id: str, device_id: str) -> None:
        self._counts.forget(company_id)
        self._tell_where("stations", company_id, device_id, device_id)

    def _call(self, company_id: str, call_id: str, device_id: str) -> None:
        self._tell_where("calls", company_id, call_id, device_id)

    def _configured(self, fact: events.ConfigurationChanged) -> None:
        kind = fact.subject_id.partition("_")[0]
        if kind in _PLACES:
            self._counts.forget(fact.company_id)
            self._tell(fact.company_id, Change(topic="places", id=fact.subject_id), None)
        elif kind in _STATIONS:
            self._station(fact.company_id, fact.subject_id)
        elif kind == "key":
            self._tell(fact.company_id, Change(topic="people", id=fact.subject_id), None, "keys.manage")
            self._end_of(fact.company_id, fact.subject_id)
        else:
            self._tell(fact.company_id, Change(topic="people", id=fact.subject_id), None)

    def _rights(self, fact: events.RightsChanged) -> None:
        """Who they are is recognised anew when they come back."""
        for reader in tuple(self._readers.get(fact.company_id, ())):
            if fact.user_id in (None, reader.asker.principal.user_id):
                reader.tell(Change(topic="rights"))
                reader.end()

    def _end_of(self, company_id: str, holder_id: str) -> None:
        for reader in tuple(self._readers.get(company_id, ())):
            if reader.asker.principal.user_id == holder_id:
                reader.end()

    def _sessions_ended(self, fact: events.SessionsEnded) -> None:
        for readers in tuple(self._readers.values()):  # a session may act in another company
            for reader in tuple(readers):
                if reader.asker.principal.session_id in fact.session_ids:
                    reader.end()

    # -- telling -----------------------------------------------------------------------------------------------------

    def _tell(self, company_id: str, change: Change, path: str | None, permission: Permission | None = None) -> None:
        """To those with the permission (None: the topic's) at that path; None: somewhere."""
        permission = permission or _PERMISSION[change.topic]
        for reader in self._readers.get(company_id, ()):
            reach = reader.asker.reach(permission)
            if reach.covers(path) if path is not None else reach:
                reader.tell(change)

    def _tell_where(self, topic: Topic, company_id: str, subject_id: str, device_id: str) -> None:
        """Tell those who may see things where that device is. Nobody follows, nothing is asked."""
        if not self._readers.get(company_id):
            return
        work = self._look_and_tell(Change(topic=topic, id=subject_id), Scope(company_id), device_id)
        task = asyncio.get_running_loop().create_task(work)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _look_and_tell(self, change: Change, scope: Scope, device_id: str) -> None:
        try:
            found = await self._database.read(lambda tx: devices.station(tx, scope, device_id))
        except NotFound:  # removed: whoever shows it looks anew
            self._tell(scope.company_id, change, None)
        except AntiphonError as error:
            _log.warning("change not told", code=error.code)
        else:
            self._tell(scope.company_id, change, found.path)


@router.get(
    "/events",
    summary="What changes, as it happens",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
            "description": "One `Change` per event.",
        }
    },
)
@Refuses(TooManyStreams)
async def follow(request: Request, asker: Anybody) -> StreamingResponse:
    """Ends with the session, with a change of your rights, and after a while by itself: open it again."""
    stream: Stream = request.app.state.stream
    stream.admit(asker)
    changes_at, now = asker.rights.changes_at, now_of(request)
    lasts_s = stream.lasts_s
    if changes_at is not None:
        lasts_s = min(lasts_s, max(1.0, (changes_at - now).total_seconds()))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream.follow(asker, lasts_s), media_type="text/event-stream", headers=headers)
