"""HTTP of stations for people: add, list, change, lock out, remove."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from antiphon import directory, limits, tenancy
from antiphon.database import Tx, sort_key
from antiphon.devices import service, store
from antiphon.devices.model import (
    ButtonsInvalid,
    Station,
    StationHasHistory,
    StationNotFound,
    StationStatus,
)
from antiphon.devices.service import ClaimCodes
from antiphon.tenancy import Label, Name, Permission, PlaceMisplaced, PlaceNotFound, UserNotFound, paging
from antiphon.tenancy.asking import Asker, Needs, Refuses, Route, Tagged, database_of, now_of
from antiphon.tenancy.paging import Cursor, IdempotencyKey, IfMatch, Limit
from antiphon.tenancy.views import Id

router = APIRouter(route_class=Route, prefix="/api/v1/stations", tags=["stations"])


Readers = Annotated[Asker, Depends(Needs("stations.read"))]
Writers = Annotated[Asker, Depends(Needs("stations.configure"))]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class NewButton(Body):
    """A call button. `user_ids` null rings every active user of the company."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,32}$", examples=["main"])
    label: Label = Field(default="", examples=["Hausverwaltung"])
    user_ids: list[Id] | None = Field(default=None, max_length=limits.RING_TARGETS_PER_BUTTON_MAX)


class NewStation(Body):
    """A station before it exists. Without `buttons` it gets one, `main`, that rings everybody."""

    name: Name = Field(examples=["Haupteingang"])
    place_id: Id = Field(description="A site, or a folder in one.")
    spot: Label = Field(default="", examples=["Stiege 2"])
    buttons: list[NewButton] | None = Field(default=None, max_length=limits.BUTTONS_PER_STATION_MAX)


class StationItem(BaseModel):
    """A station: where it is, and its state as of now."""

    id: str = Field(examples=["station_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str = Field(examples=["Haupteingang"])
    site_id: str = Field(description="Empty for one that is locked out and whose site was removed: move it to another.")
    place_id: str
    place: str = Field(examples=["Rainerstraße 12, Stiege 2"])
    time_zone: str = Field(examples=["Europe/Vienna"])
    status: StationStatus
    online: bool
    since: datetime | None
    model: str | None
    error: str | None = Field(description="Why the station could not take over its settings, in its own words.")


class Stations(BaseModel):
    """A page by name; `next_cursor` null: there is nothing more."""

    items: list[StationItem]
    next_cursor: str | None


class StationChange(Body):
    """Only what is given changes. A `place_id` moves the station."""

    name: Name | None = None
    spot: Label | None = None
    place_id: Id | None = None


class ClaimCode(BaseModel):
    """Shown this once: the platform keeps only a hash."""

    claim_code: str = Field(examples=["7K3M-9QXA-PT2D"])
    claim_code_expires_at: datetime


class CreatedStation(StationItem, ClaimCode):
    """The new station, and the code that makes a piece of hardware this station."""


# -- people ----------------------------------------------------------------------------------------------------------


@router.get("", summary="Stations by name")
@Refuses(PlaceNotFound)
async def list_stations(
    request: Request,
    asker: Readers,
    place_id: Annotated[Id | None, Query(description="Only those in this place and below it.")] = None,
    direct: Annotated[bool, Query(description="Only those directly in that place.")] = False,
    status: Annotated[StationStatus | None, Query(description="Only those in this state.")] = None,
    online: Annotated[bool | None, Query(description="Only those that are, or are not, online.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Stations:
    """Those that you may see, unclaimed ones included."""
    beginning = paging.after("stations", cursor, str, str)

    def look(tx: Tx) -> Stations:
        found = store.stations_page(
            tx,
            asker.scope,
            asker.reach("stations.read"),
            kinds=("station",),
            within=tenancy.place(tx, asker.scope, place_id).path if place_id is not None else None,
            place_id=place_id if direct else None,
            status=status,
            online=online,
            after=beginning,
            limit=limit + 1,
        )
        items, following = paging.cut("stations", found, limit, lambda station: (sort_key(station.name), station.id))
        return Stations(items=[_item(station) for station in items], next_cursor=following)

    return await database_of(request).read(look)


@router.get("/{station_id}", summary="One station")
@Refuses(StationNotFound)
async def get_station(station_id: Id, request: Request, response: Tagged, asker: Readers) -> StationItem:
    """With its state as of now."""
    found = await database_of(request).read(lambda tx: _admitted(tx, asker, station_id))
    return paging.tagged(response, _item(found))


@router.patch("/{station_id}", summary="Rename or move a station")
@Refuses(StationNotFound, PlaceNotFound, PlaceMisplaced)
async def change_station(
    station_id: Id, body: StationChange, request: Request, response: Tagged, asker: Writers, if_match: IfMatch = None
) -> StationItem:
    """It stays the same station: its code, certificate, doors and calls go on."""
    now = now_of(request)

    def work(tx: Tx) -> Station:
        before = _admitted(tx, asker, station_id, "stations.configure")
        paging.check_match(if_match, lambda: _item(before))
        if body.place_id is not None:
            admit_place(tx, asker, body.place_id)
        given = body.model_dump(exclude_none=True)
        changed = service.change_station(
            tx, asker.scope, station_id, now, name=body.name, spot=body.spot, place_id=body.place_id
        )
        if body.place_id is not None:
            request.app.state.station_moved(tx, asker.scope, station_id, body.place_id)
        if changed != before:
            asker.record(tx, now, "station.changed", station_id, **given)
        return changed

    return paging.tagged(response, _item(await database_of(request).run(work)))


@router.post("", summary="Add a station", status_code=201)
@Refuses(PlaceNotFound, PlaceMisplaced, UserNotFound, ButtonsInvalid, directory.TooManyReceivers)
async def add_station(
    body: NewStation, request: Request, response: Response, asker: Writers, key: IdempotencyKey = None
) -> CreatedStation:
    """The station can be configured at once; enter the claim code at the hardware whenever that is there."""
    response.headers["Cache-Control"] = "no-store"
    codes, now = claim_codes(request), now_of(request)

    def work(tx: Tx) -> CreatedStation:
        def make() -> CreatedStation:
            admit_place(tx, asker, body.place_id)
            made = service.create_station(
                tx,
                asker.scope,
                name=body.name,
                place_id=body.place_id,
                spot=body.spot,
                buttons=_buttons(body.buttons),
                now=now,
            )
            if body.buttons is not None:
                accounts = request.app.state.names_of_devices
                directory.refuse_crowds(tx, asker.scope, made.path, _buttons(body.buttons), (), accounts, now)
            asker.record(tx, now, "station.added", made.id, name=made.name, place_id=made.place_id)
            code = service.new_claim_code(tx, asker.scope, codes, made.id, now)
            item = _item(store.own_station(tx, asker.scope, made.id))
            return CreatedStation(**item.model_dump(), **_code(code, now).model_dump())

        return paging.once(tx, asker, request, key, body, now, make, None)

    return await database_of(request).run(work)


@router.post("/{station_id}/claim-code", summary="Make a new claim code", status_code=201)
@Refuses(StationNotFound, PlaceMisplaced)
async def new_claim_code(station_id: Id, request: Request, response: Response, asker: Writers) -> ClaimCode:
    """The codes made before are void. Claiming with it locks out the hardware that had this place."""
    response.headers["Cache-Control"] = "no-store"
    codes, now = claim_codes(request), now_of(request)

    def work(tx: Tx) -> str:
        _admitted(tx, asker, station_id, "stations.configure")
        asker.record(tx, now, "station.code_made", station_id)
        return service.new_claim_code(tx, asker.scope, codes, station_id, now)

    return _code(await database_of(request).run(work), now)


@router.post("/{station_id}/revoke", summary="Lock a station out")
@Refuses(StationNotFound)
async def revoke(station_id: Id, request: Request, asker: Writers) -> StationItem:
    """Its certificate is refused from now on, everywhere, and its call ends. A new claim code takes it back."""
    now = now_of(request)

    def work(tx: Tx) -> Station:
        _admitted(tx, asker, station_id, "stations.configure")
        asker.record(tx, now, "station.revoked", station_id)
        return service.revoke(tx, asker.scope, station_id, now)

    return _item(await database_of(request).run(work))


@router.delete("/{station_id}", summary="Remove a station that was never claimed", status_code=204)
@Refuses(StationNotFound, StationHasHistory)
async def remove_station(station_id: Id, request: Request, asker: Writers, if_match: IfMatch = None) -> None:
    """For one that was added by mistake: its claim codes are void, its buttons and doors are gone. One that was ever claimed has a
    history: revoke it."""
    now = now_of(request)

    def work(tx: Tx) -> None:
        leaving = _admitted(tx, asker, station_id, "stations.configure")
        paging.check_match(if_match, lambda: _item(leaving))
        request.app.state.station_leaves(tx, asker.scope, station_id)
        service.remove_station(tx, asker.scope, station_id)
        asker.record(tx, now, "station.removed", station_id, name=leaving.name, place_id=leaving.place_id)

    await database_of(request).run(work)


def claim_codes(request: Request) -> ClaimCodes:
    """The process's `ClaimCodes`, made on first use."""
    state = request.app.state
    if not hasattr(state, "claim_codes"):
        state.claim_codes = ClaimCodes(service.ensure_claim_key(state.settings.secrets))
    made: ClaimCodes = state.claim_codes
    return made


def admit_place(tx: Tx, asker: Asker, place_id: str) -> None:
    """Let them put a station there."""
    place = tenancy.place(tx, asker.scope, place_id)
    asker.admit(place.path, "places.read", "stations.configure", missing=tenancy.PlaceNotFound)


def _admitted(tx: Tx, asker: Asker, station_id: str, *needed: Permission) -> Station:
    station = store.own_station(tx, asker.scope, station_id)
    asker.admit(station.path, "stations.read", *needed, missing=StationNotFound)
    return station


def _buttons(wanted: list[NewButton] | None) -> tuple[directory.Button, ...]:
    if wanted is None:
        return (directory.Button("main"),)
    return tuple(
        directory.Button(button.name, button.label, None if button.user_ids is None else tuple(button.user_ids))
        for button in wanted
    )


def _item(station: Station) -> StationItem:
    return StationItem(
        id=station.id,
        name=station.name,
        site_id=station.site_id,
        place_id=station.place_id,
        place=station.place,
        time_zone=station.time_zone,
        status=station.status,
        online=station.online,
        since=station.since,
        model=station.model,
        error=station.error,
    )


def _code(code: str, now: datetime) -> ClaimCode:
    return ClaimCode(claim_code=code, claim_code_expires_at=now + timedelta(days=limits.CLAIM_CODE_VALID_DAYS))
