"""HTTP of the tree of places with what lies in it: how many stations, and in which state."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from antiphon import identity, tenancy
from antiphon.database import Scope, Tx, sort_key
from antiphon.devices.counting import CompanyCounts, StationCounts
from antiphon.tenancy import Place, paging
from antiphon.tenancy.asking import Asker, Needs, Route, database_of, now_of
from antiphon.tenancy.paging import Cursor, Limit
from antiphon.tenancy.rights import COMPANY_PATH
from antiphon.tenancy.views import Id, PlaceItem, place_item

router = APIRouter(route_class=Route, prefix="/api/v1")

Readers = Annotated[Asker, Depends(Needs("places.read"))]


class StationCountsItem(BaseModel):
    """Stations at a place and below it by state. `fault`: online, but could not take over its settings.

    `revoked` ones are out of service: a total of stations leaves them out.
    """

    online: int
    offline: int
    fault: int
    unclaimed: int
    revoked: int


class Branch(PlaceItem):
    """A place of the tree. `opens`: there are places in it."""

    opens: bool
    stations: StationCountsItem


class Branches(BaseModel):
    """A page by name; `next_cursor` null: there is nothing more."""

    items: list[Branch]
    next_cursor: str | None = Field(examples=[None])


class ProjectState(BaseModel):
    """A project with the state of its stations."""

    id: str
    name: str = Field(examples=["Altstadt"])
    stations: StationCountsItem


class CompanyState(BaseModel):
    """A company you may act in, with the state of its stations as far as you may see them."""

    id: str
    name: str = Field(examples=["Salzach Immobilien"])
    own: bool = Field(description="Your own; the others gave you rights.")
    stations: StationCountsItem
    projects: list[ProjectState]


class CompanyStates(BaseModel):
    """Every company that you may act in."""

    items: list[CompanyState]


@router.get("/tree", tags=["places"], summary="The tree of places with its stations' states")
async def tree(
    request: Request,
    asker: Readers,
    parent_id: Annotated[
        Id | None, Query(description="What lies in this place; without: where your tree begins.")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Branches:
    """One level at a time. Stations are counted as far as you may see them."""
    beginning = paging.after("tree", cursor, str, str)
    counts: StationCounts = request.app.state.station_counts
    seen, stations = asker.reach("places.read"), asker.reach("stations.read")

    def look(tx: Tx) -> Branches:
        if parent_id is None:
            outermost = tenancy.entrances(tx, asker.scope, seen)
            found = tuple(place for place in outermost if beginning is None or _order(place) > beginning)
        else:
            found = tenancy.places_by_name(tx, asker.scope, seen, parent_id=parent_id, after=beginning, limit=limit + 1)
        items, following = paging.cut("tree", found, limit, _order)
        opens = tenancy.with_children(tx, asker.scope, [place.id for place in items], seen)
        counted = counts.of(tx, asker.scope)
        branches = [
            Branch(
                **dict(place_item(place)),
                opens=place.id in opens,
                stations=StationCountsItem(**counted.below(place.path, stations)._asdict()),
            )
            for place in items
        ]
        return Branches(items=branches, next_cursor=following)

    return await database_of(request).read(look)


@router.get("/me/companies", tags=["me"], summary="Companies I may act in")
async def my_companies(request: Request, asker: identity.APerson) -> CompanyStates:
    """Your own first, then those that gave you rights, with the projects you may see there and their state (S3)."""
    now = now_of(request)
    counts: StationCounts = request.app.state.station_counts

    def look(tx: Tx) -> CompanyStates:
        found = identity.companies_of(tx, asker.principal.user_id, now)
        return CompanyStates(items=[_company(counts.of(tx, Scope(one.company.id)), one) for one in found])

    return await database_of(request).read(look)


def _order(place: Place) -> tuple[str, str]:
    return sort_key(place.name), place.id


def _company(counts: CompanyCounts, one: identity.ActsIn) -> CompanyState:
    def below(path: str) -> StationCountsItem:
        return StationCountsItem(**counts.below(path, one.stations)._asdict())

    projects = [ProjectState(id=each.id, name=each.name, stations=below(each.path)) for each in one.projects]
    company = one.company
    return CompanyState(id=company.id, name=company.name, own=one.own, stations=below(COMPANY_PATH), projects=projects)
