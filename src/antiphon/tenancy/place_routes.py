"""HTTP of places: list, look, add, change, move, remove; and search over everything that has a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from antiphon.database import Scope, Tx, sort_key
from antiphon.limits import SEARCH_RESULTS_MAX
from antiphon.tenancy import paging, places, search, store
from antiphon.tenancy.asking import Asker, Needs, Refuses, Route, Tagged, database_of, now_of
from antiphon.tenancy.following import Said
from antiphon.tenancy.guests import guests
from antiphon.tenancy.model import (
    CompanyStays,
    Place,
    PlaceHasAccounts,
    PlaceHasContacts,
    PlaceHasInvitations,
    PlaceHasKeys,
    PlaceHasPeople,
    PlaceHasRights,
    PlaceHasStations,
    PlaceInItself,
    PlaceKind,
    PlaceMisplaced,
    PlaceNotEmpty,
    PlaceNotFound,
    PlaceTooDeep,
)
from antiphon.tenancy.paging import Cursor, IdempotencyKey, IfMatch, Limit
from antiphon.tenancy.rights import Reach
from antiphon.tenancy.views import (
    FoundItem,
    FoundItems,
    Id,
    NewPlace,
    PlaceChange,
    PlaceItem,
    Places,
    PlaceView,
    place_item,
)

router = APIRouter(route_class=Route)

Readers = Annotated[Asker, Depends(Needs("places.read"))]
Writers = Annotated[Asker, Depends(Needs("places.configure", "company.configure"))]
Searchers = Annotated[Asker, Depends(Needs("places.read", "stations.read", "ring_plans.read", "people.read"))]
_HAS = (
    PlaceHasAccounts,
    PlaceHasContacts,
    PlaceHasInvitations,
    PlaceHasKeys,
    PlaceHasPeople,
    PlaceHasRights,
    PlaceHasStations,
)
# What another room does when a place goes: raises `PlaceNotEmpty`, or takes what is over out of it, into the parent.
Leaves = Callable[[Tx, Scope, Place], None]


@router.get("/places", tags=["places"], summary="Places by name")
@Refuses(PlaceNotFound)
async def list_places(
    request: Request,
    asker: Readers,
    kind: Annotated[list[PlaceKind] | None, Query(description="Only these kinds.")] = None,
    parent_id: Annotated[Id | None, Query(description="Only what lies directly in this place.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Places:
    """Those that you may see."""
    beginning = paging.after("places", cursor, str, str)

    def look(tx: Tx) -> Places:
        if parent_id is not None:
            asker.admit(store.place(tx, asker.scope, parent_id).path, "places.read", missing=PlaceNotFound)
        found = places.places_by_name(
            tx,
            asker.scope,
            asker.reach("places.read"),
            kinds=kind or (),
            parent_id=parent_id,
            after=beginning,
            limit=limit + 1,
        )
        items, following = paging.cut("places", found, limit, lambda place: (sort_key(place.name), place.id))
        return Places(items=[place_item(place) for place in items], next_cursor=following)

    return await database_of(request).read(look)


@router.get("/places/entrances", tags=["places"], summary="Where your tree begins")
async def entrances(request: Request, asker: Readers) -> Places:
    """The company, or the outermost places that you may see."""
    found = await database_of(request).read(lambda tx: places.entrances(tx, asker.scope, asker.reach("places.read")))
    return Places(items=[place_item(place) for place in found], next_cursor=None)


@router.get("/places/{place_id}", tags=["places"], summary="One place")
@Refuses(PlaceNotFound)
async def get_place(place_id: Id, request: Request, response: Tagged, asker: Readers) -> PlaceView:
    """With the way to it, as far as you may see it."""
    return paging.tagged(response, await database_of(request).read(lambda tx: _view(tx, asker, place_id)))


@router.post("/places", tags=["places"], summary="Add a place", status_code=201)
@Refuses(PlaceNotFound, PlaceMisplaced, PlaceTooDeep)
async def add_place(
    body: NewPlace, request: Request, response: Tagged, asker: Writers, key: IdempotencyKey = None
) -> PlaceView:
    """A project in the company, a site in a project, a folder in a site or another folder. It can be used at once."""
    now = now_of(request)

    def work(tx: Tx) -> PlaceView:
        def make() -> PlaceView:
            parent = _admitted(tx, asker, body.parent_id)
            made = places.create_place(
                tx,
                asker.scope,
                body.kind,
                parent.id,
                body.name,
                now,
                time_zone=body.time_zone,
                language=body.language,
            )
            asker.record(tx, now, "place.added", made.id, name=made.name, parent_id=parent.id)
            return _view(tx, asker, made.id)

        return paging.once(tx, asker, request, key, body, now, make, PlaceView)

    return paging.tagged(response, await database_of(request).run(work))


@router.patch("/places/{place_id}", tags=["places"], summary="Change or move a place")
@Refuses(PlaceNotFound, PlaceInItself, PlaceMisplaced, PlaceTooDeep)
async def change_place(
    place_id: Id, body: PlaceChange, request: Request, response: Tagged, asker: Writers, if_match: IfMatch = None
) -> PlaceView:
    """Moving takes everything in it along; the same ids go on, and calls that are under way too."""
    now = now_of(request)

    def work(tx: Tx) -> PlaceView:
        place = _admitted(tx, asker, place_id, changed=True)
        paging.check_match(if_match, lambda: _view(tx, asker, place_id))
        if body.parent_id is not None and body.parent_id != place.parent_id:
            _admitted(tx, asker, body.parent_id)
            places.move_place(tx, asker.scope, place_id, body.parent_id)
            asker.record(tx, now, "place.moved", place_id, parent_id=body.parent_id, before=place.parent_id)
        times: tuple[tuple[Said, str | None], ...] = ("time_zone", body.time_zone), ("language", body.language)
        said = {what: value for what, value in times if what in body.model_fields_set}
        name = {} if body.name is None else {"name": body.name}
        if name or said:
            before = store.place(tx, asker.scope, place_id)
            if places.change_place(tx, asker.scope, place_id, **name, said=said) != before:
                told = {what if value else f"{what}_follows": value or True for what, value in said.items()}
                asker.record(tx, now, "place.changed", place_id, **name, **told)
        return _view(tx, asker, place_id)

    return paging.tagged(response, await database_of(request).run(work))


@router.delete("/places/{place_id}", tags=["places"], summary="Remove an empty place", status_code=204)
@Refuses(PlaceNotFound, PlaceNotEmpty, *_HAS, CompanyStays)
async def remove_place(place_id: Id, request: Request, asker: Writers, if_match: IfMatch = None) -> None:
    """Refused while something lies in it or somebody has rights there. Adding it again is the way back; what is over, such as its
    calls and stations that are locked out, belongs to the place around it then."""
    now = now_of(request)
    others: Sequence[Leaves] = request.app.state.leave_place

    def work(tx: Tx) -> None:
        place = _admitted(tx, asker, place_id)
        if place.kind == "company":
            raise CompanyStays
        paging.check_match(if_match, lambda: _view(tx, asker, place_id))
        for leave in others:
            leave(tx, asker.scope, place)
        places.remove_place(tx, asker.scope, place.id)
        asker.record(tx, now, "place.removed", place.id, name=place.name, parent_id=place.parent_id)

    await database_of(request).run(work)


@router.get("/search", tags=["search"], summary="Find places, stations, doors, contacts, ring groups, people and roles")
async def find(
    request: Request,
    asker: Searchers,
    q: Annotated[str, Query(min_length=2, max_length=120, description="Beginnings of words.", examples=["haupt"])],
) -> FoundItems:
    """Every word has to be the beginning of a word of the thing's name. People are found by their e-mail address too where
    you may see it; guests and the company's own roles as well."""
    people = asker.reach("people.read")
    personal = Reach.of(
        path for prefix in asker.reach("people.personal").prefixes for path in people.inside(prefix).prefixes
    )
    reaches: dict[search.WordKind, Reach] = {
        "place": asker.reach("places.read"),
        "station": asker.reach("stations.read"),
        "account": asker.reach("stations.read"),
        "door": asker.reach("stations.read"),
        "contact": asker.reach("ring_plans.read"),
        "group": asker.reach("ring_plans.read"),
        "user": people,
        "email": personal,
    }

    def look(tx: Tx) -> list[FoundItem]:
        placed = [
            FoundItem(kind=one.kind, id=one.id, title=one.title, place_id=one.place_id, trail=one.trail)
            for one in search.find(tx, asker.scope, q, reaches)
        ]
        return placed + (_found_beside(tx, asker, q, people, personal) if people else [])

    return FoundItems(items=(await database_of(request).read(look))[:SEARCH_RESULTS_MAX])


def _found_beside(tx: Tx, asker: Asker, asked: str, people: Reach, personal: Reach) -> list[FoundItem]:
    """Guests and the company's own roles: few, and at no one place."""
    at = {"place_id": asker.scope.company_id}
    found = []
    for guest in guests(tx, asker.scope, people):
        known = any(personal.covers(grant.place.path) for grant in guest.grants)
        if search.fits(asked, guest.user.name, *([guest.user.email] if known else [])):
            found.append(FoundItem(kind="guest", id=guest.user.id, title=guest.user.name, trail=guest.company, **at))
    roles = (role for role in store.own_roles(tx, asker.scope) if search.fits(asked, role.name))
    return found + [FoundItem(kind="role", id=role.id, title=role.name, trail="", **at) for role in roles]


def _admitted(tx: Tx, asker: Asker, place_id: str, *, changed: bool = False) -> Place:
    """The place in which the asker may configure places; `changed`: which they may change itself."""
    place = store.place(tx, asker.scope, place_id)
    if place.kind == "company" and (changed or asker.rights.may("company.configure", place.path)):
        asker.admit(place.path, "places.read", "company.configure", missing=PlaceNotFound)
        return place
    asker.admit(place.path, "places.read", "places.configure", missing=PlaceNotFound)
    return place


def _view(tx: Tx, asker: Asker, place_id: str) -> PlaceView:
    place = store.place(tx, asker.scope, place_id)
    asker.admit(place.path, "places.read", missing=PlaceNotFound)
    seen = asker.reach("places.read")
    way: list[PlaceItem] = [
        place_item(outer) for outer in places.outer_places(tx, asker.scope, place) if seen.covers(outer.path)
    ]
    return PlaceView(**place_item(place).model_dump(), way=way)
