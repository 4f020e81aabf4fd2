"""HTTP of doors: add, list, rename, remove, open, and the door log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from antiphon import devices, limits
from antiphon.access import store
from antiphon.access.model import (
    Actor,
    Attempt,
    Door,
    DoorKind,
    DoorNeedsCall,
    DoorNotAllowed,
    DoorNotFound,
    OutputInvalid,
    OutputTaken,
    RequestReused,
)
from antiphon.access.service import Doors
from antiphon.database import Tx
from antiphon.devices import DoorRefused, StationUnreachable
from antiphon.tenancy import Name, Permission, paging
from antiphon.tenancy.asking import Asker, Needs, Refuses, Route, Tagged, database_of, now_of
from antiphon.tenancy.paging import Cursor, IdempotencyKey, IfMatch, Limit
from antiphon.tenancy.views import Id

router = APIRouter(route_class=Route, prefix="/api/v1", tags=["doors"])

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9_-]{8,64}$",
        description="Made anew for each tap; a repeated request with the same key is one pulse.",
    ),
]


Readers = Annotated[Asker, Depends(Needs("stations.read"))]
Writers = Annotated[Asker, Depends(Needs("doors.configure"))]
Openers = Annotated[Asker, Depends(Needs("doors.open"))]
LogReaders = Annotated[Asker, Depends(Needs("door_log.read"))]


class NewDoor(BaseModel):
    """A door, gate or barrier behind an output of a station."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    station_id: Id
    name: Name = Field(examples=["Haustür"])
    kind: DoorKind = "door"
    output: str = Field(
        default="door",
        pattern=r"^[a-z0-9*#-]{1,32}$",
        examples=["door"],
        description="At a station of another maker: the digits that open its relay in a call.",
    )
    pulse_s: float = Field(default=limits.DOOR_PULSE_DEFAULT_S, gt=0, le=limits.DOOR_PULSE_MAX_S)


class DoorChange(BaseModel):
    """What people read."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name = Field(examples=["Hoftor"])


class DoorItem(BaseModel):
    """A door, gate or barrier, and the output of the station that opens it."""

    id: str = Field(examples=["door_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    station_id: str
    name: str = Field(examples=["Haustür"])
    kind: DoorKind
    output: str
    pulse_s: float


class DoorItems(BaseModel):
    """A page by name; `next_cursor` null: there is nothing more."""

    items: list[DoorItem]
    next_cursor: str | None


class Opened(BaseModel):
    """The station acknowledged. `repeated`: this request had been carried out before, nothing was sent again.

    `open_for_s` is null where digits were sent, whose effect another maker's station does not tell.
    """

    door_id: str
    open_for_s: float | None
    repeated: bool


class AttemptItem(BaseModel):
    """One attempt to open a door."""

    id: str
    at: datetime
    door_id: str
    station_id: str | None
    actor_kind: str
    user_id: str | None
    call_id: str | None
    repeated: bool
    outcome: str
    error: str | None


class DoorLog(BaseModel):
    """Newest first; `next_cursor` null: nothing older."""

    items: list[AttemptItem]
    next_cursor: str | None


@router.get("/doors", summary="Doors of the company")
async def list_doors(
    request: Request,
    asker: Readers,
    station_id: Annotated[Id | None, Query(description="Only those that this station opens.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> DoorItems:
    """Those of stations that you may see, by name."""
    beginning, reach = paging.after("doors", cursor, str, str), asker.reach("stations.read")
    found = await database_of(request).read(
        lambda tx: store.doors_page(tx, asker.scope, reach, station_id=station_id, after=beginning, limit=limit + 1)
    )
    items, following = paging.cut("doors", found, limit, lambda door: (door.name, door.id))
    return DoorItems(items=[_item(door) for door in items], next_cursor=following)


@router.post("/doors", summary="Add a door", status_code=201)
@Refuses(devices.StationNotFound, OutputInvalid, OutputTaken)
async def add_door(body: NewDoor, request: Request, asker: Writers, key: IdempotencyKey = None) -> DoorItem:
    """The station learns about the output at once, or when it comes online."""
    now = now_of(request)

    def work(tx: Tx) -> DoorItem:
        def make() -> DoorItem:
            station = devices.station(tx, asker.scope, body.station_id)
            asker.admit(station.path, "stations.read", "doors.configure", missing=devices.StationNotFound)
            added = store.add_door(
                tx,
                asker.scope,
                station_id=body.station_id,
                name=body.name,
                kind=body.kind,
                output=body.output,
                pulse_s=body.pulse_s,
                now=now,
            )
            asker.record(tx, now, "door.added", added.id, name=added.name, station_id=added.station_id)
            return _item(added)

        return paging.once(tx, asker, request, key, body, now, make, DoorItem)

    return await database_of(request).run(work)


@router.get("/doors/{door_id}", summary="One door")
@Refuses(DoorNotFound)
async def get_door(door_id: Id, request: Request, response: Tagged, asker: Readers) -> DoorItem:
    """What opens it, and for how long."""
    return paging.tagged(response, _item(await database_of(request).read(lambda tx: _admitted(tx, asker, door_id))))


@router.patch("/doors/{door_id}", summary="Rename a door")
@Refuses(DoorNotFound)
async def rename_door(
    door_id: Id, body: DoorChange, request: Request, response: Tagged, asker: Writers, if_match: IfMatch = None
) -> DoorItem:
    """It stays the same door, in the door log too."""
    now = now_of(request)

    def work(tx: Tx) -> Door:
        before = _admitted(tx, asker, door_id, "doors.configure")
        paging.check_match(if_match, lambda: _item(before))
        if body.name == before.name:
            return before
        asker.record(tx, now, "door.changed", door_id, name=body.name)
        return store.rename_door(tx, asker.scope, door_id, body.name)

    return paging.tagged(response, _item(await database_of(request).run(work)))


@router.delete("/doors/{door_id}", summary="Remove a door", status_code=204)
@Refuses(DoorNotFound)
async def remove_door(door_id: Id, request: Request, asker: Writers, if_match: IfMatch = None) -> None:
    """Nobody opens it any more, by whatever way, and the station forgets the output; the door log keeps what was opened."""
    now = now_of(request)

    def work(tx: Tx) -> None:
        leaving = _admitted(tx, asker, door_id, "doors.configure")
        paging.check_match(if_match, lambda: _item(leaving))
        store.remove_door(tx, asker.scope, door_id, now)
        asker.record(tx, now, "door.removed", door_id, name=leaving.name, station_id=leaving.station_id)

    await database_of(request).run(work)


@router.post("/doors/{door_id}/open", summary="Open a door")
@Refuses(DoorNotFound, DoorNotAllowed, DoorNeedsCall, DoorRefused, StationUnreachable, RequestReused)
async def open_door(door_id: Id, request: Request, asker: Openers, key: Key) -> Opened:
    """Answers when the station acknowledged, at the latest after two seconds."""
    doors: Doors = request.app.state.doors
    opening = await doors.open(asker.scope, _actor(asker), door_id, key, None)
    return Opened(door_id=opening.door_id, open_for_s=opening.open_for_s, repeated=opening.repeated)


@router.get("/door-log", summary="Who opened what, and what became of it")
async def door_log(
    request: Request,
    asker: LogReaders,
    limit: Annotated[int, Query(ge=1, le=limits.DOOR_LOG_PAGE_MAX, description="How many at most.")] = 50,
    cursor: Cursor = None,
) -> DoorLog:
    """Every attempt, refused ones included."""
    reach, beginning = asker.reach("door_log.read"), paging.after("door-log", cursor, str)
    before = beginning[0] if beginning else None
    found = await database_of(request).read(
        lambda tx: store.attempts(tx, asker.scope, limit=limit + 1, before=before, reach=reach)
    )
    items, following = paging.cut("door-log", found, limit, lambda attempt: (attempt.id,))
    return DoorLog(items=[_attempt(attempt) for attempt in items], next_cursor=following)


def _admitted(tx: Tx, asker: Asker, door_id: str, *needed: Permission) -> Door:
    found = store.door(tx, asker.scope, door_id)
    path = devices.station(tx, asker.scope, found.station_id).path
    asker.admit(path, "stations.read", *needed, missing=DoorNotFound)
    return found


def _item(door: Door) -> DoorItem:
    return DoorItem(
        id=door.id,
        station_id=door.station_id,
        name=door.name,
        kind=door.kind,
        output=door.output,
        pulse_s=door.pulse_s,
    )


def _attempt(attempt: Attempt) -> AttemptItem:
    return AttemptItem(
        id=attempt.id,
        at=attempt.at,
        door_id=attempt.door_id,
        station_id=attempt.station_id,
        actor_kind=attempt.actor_kind,
        user_id=attempt.user_id,
        call_id=attempt.call_id,
        repeated=attempt.repeated,
        outcome=attempt.outcome,
        error=attempt.error,
    )


def _actor(asker: Asker) -> Actor:
    who = asker.principal
    if who.kind == "key":
        return Actor("key", who.user_id, who.name, asker.reach("doors.open"), asker.reach("stations.read"))
    return Actor("user", who.user_id, who.name, sees=asker.reach("stations.read"))
