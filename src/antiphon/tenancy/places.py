"""The tree of a company: make, rename, move and remove places (S1, S10). Functions take a transaction and never commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from antiphon import limits
from antiphon.clock import new_id
from antiphon.database import PLATFORM, Scope, Tx, below, sort_key
from antiphon.errors import BadInput
from antiphon.tenancy import following, search, store
from antiphon.tenancy.model import (
    Company,
    CompanyStays,
    Language,
    Place,
    PlaceHasPeople,
    PlaceHasRights,
    PlaceInItself,
    PlaceKind,
    PlaceMisplaced,
    PlaceNotEmpty,
    PlaceTooDeep,
)
from antiphon.tenancy.rights import COMPANY_PATH, Reach
from antiphon.tenancy.store import place_rows

_INSIDE: dict[PlaceKind, tuple[PlaceKind, ...]] = {
    "company": (),
    "project": ("company",),
    "site": ("project",),
    "folder": ("site", "folder"),
}
DEFAULT_ZONE = "Europe/Vienna"


def create_company(
    tx: Tx,
    name: str,
    now: datetime,
    company_id: str | None = None,
    *,
    time_zone: str = DEFAULT_ZONE,
    language: Language = "en",
) -> Company:
    """A new company without anything in it. Its places follow its zone and language; raises `BadInput`."""
    _check_zone(time_zone)
    company = Company(company_id or new_id("company"), name)
    tx.insert(PLATFORM, store.companies, {"id": company.id, "name": name, "created_at": now})
    root: dict[str, Any] = {"id": company.id, "kind": "company", "parent_id": None, "site_id": None, "name": name}
    root |= {"sort_key": sort_key(name), "path": COMPANY_PATH, "trail": name, "created_at": now}
    tx.insert(Scope(company.id), place_rows, root | _times(time_zone, language, own=True))
    return company


def create_place(
    tx: Tx,
    scope: Scope,
    kind: PlaceKind,
    parent_id: str,
    name: str,
    now: datetime,
    *,
    time_zone: str | None = None,
    language: Language | None = None,
) -> Place:
    """A new place in its parent, whose zone and language it follows where none are given.

    Raises `PlaceNotFound`, `PlaceMisplaced`, `PlaceTooDeep`, and `BadInput` for an unknown zone.
    """
    parent = store.place(tx, scope, parent_id)
    if parent.kind not in _INSIDE[kind]:
        raise PlaceMisplaced
    if time_zone is not None:
        _check_zone(time_zone)
    place_id = new_id(kind)
    trail = _trail(kind, parent, name)
    path = f"{parent.path}{place_id}/"
    if len(path) > limits.PLACE_PATH_MAX_CHARS or len(trail) > limits.PLACE_TRAIL_MAX_CHARS:
        raise PlaceTooDeep
    if kind == "folder":  # times are the site's
        time_zone = language = None
    values = {
        "id": place_id,
        "kind": kind,
        "parent_id": parent.id,
        "site_id": place_id if kind == "site" else parent.site_id,
        "name": name,
        "sort_key": sort_key(name),
        "path": path,
        "trail": trail,
        "time_zone": time_zone or parent.time_zone,
        "language": language or parent.language,
        "own_time_zone": time_zone is not None,
        "own_language": language is not None,
        "created_at": now,
    }
    tx.insert(scope, place_rows, values)
    search.put(tx, scope, "place", place_id, place_id, name)
    return store.place(tx, scope, place_id)


def change_place(
    tx: Tx,
    scope: Scope,
    place_id: str,
    *,
    name: str | None = None,
    said: Mapping[following.Said, str | None] | None = None,
) -> Place:
    """Rename, or say its own zone and language; None: follow the place around it. What follows this place does so at once.

    Raises `PlaceNotFound`, `PlaceTooDeep`, `BadInput`.
    """
    place = store.place(tx, scope, place_id)
    said = said or {}
    zone = said.get("time_zone")
    if zone is not None:
        _check_zone(zone)
    if place.kind == "folder" and any(said.values()):
        raise BadInput("A folder takes time zone and language from its site. Change them there.")
    if place.parent_id is None and None in said.values():
        raise BadInput("Nothing lies around the company that it could follow. Choose its time zone and language.")
    if name is not None and name != place.name:
        _rename(tx, scope, place, name)
    around = store.place(tx, scope, place.parent_id) if place.parent_id is not None else place
    for what, value in said.items():
        holds = value or (around.time_zone if what == "time_zone" else around.language)
        following.say(tx, scope, place, what, holds, own=value is not None)
    return store.place(tx, scope, place_id)


def move_place(tx: Tx, scope: Scope, place_id: str, parent_id: str) -> Place:
    """Put the place with everything in it into another parent; ids, grants, stations and calls stay what they are.

    Raises `PlaceNotFound`, `PlaceInItself`, `PlaceMisplaced`, `PlaceTooDeep`.
    """
    tx.lock(scope)  # two moves at once could put each place into the other
    place, parent = store.place(tx, scope, place_id), store.place(tx, scope, parent_id)
    if place.kind != "company" and parent.path.startswith(place.path):
        raise PlaceInItself
    if parent.kind not in _INSIDE[place.kind]:
        raise PlaceMisplaced
    if parent.id == place.parent_id:
        return place
    path, trail = f"{parent.path}{place.id}/", _trail(place.kind, parent, place.name)
    _check_depth(tx, scope, place, len(path) - len(place.path), len(trail) - len(place.trail))
    inside = below(place_rows.c.path, (place.path,))
    if place.kind == "folder":
        tx.update(scope, place_rows, inside, values={"site_id": parent.site_id})
    following.follow(tx, scope, place, parent)
    tx.move_prefix(scope, place_rows, place_rows.c.trail, place.trail, trail, inside)
    tx.move_prefix(scope, place_rows, place_rows.c.path, place.path, path, inside)
    tx.update(scope, place_rows, values={"parent_id": parent.id}, id=place.id)
    return store.place(tx, scope, place_id)


def remove_place(tx: Tx, scope: Scope, place_id: str) -> None:
    """Remove an empty place. Who was deactivated belongs to the place around it. Raises `PlaceNotFound`, `PlaceNotEmpty`,
    `CompanyStays`.

    Other rooms whose things lie in places have left it before (`Leaves`).
    """
    place = store.place(tx, scope, place_id)
    if place.kind == "company":
        raise CompanyStays
    if tx.first(scope, place_rows, parent_id=place.id) is not None:
        raise PlaceNotEmpty
    if tx.first(scope, store.user_rows, store.user_rows.c.active.is_(True), place_id=place.id) is not None:
        raise PlaceHasPeople
    if tx.first(scope, store.grant_rows, place_id=place.id) is not None:
        raise PlaceHasRights
    search.drop(tx, scope, place.id)
    for left in (store.user_rows, search.search_words):
        tx.update(scope, left, values={"place_id": place.parent_id}, place_id=place.id)
    tx.delete(scope, place_rows, id=place.id)


def places_by_name(
    tx: Tx,
    scope: Scope,
    reach: Reach,
    *,
    kinds: Sequence[PlaceKind] = (),
    parent_id: str | None = None,
    after: Sequence[Any] | None = None,
    limit: int | None,
) -> tuple[Place, ...]:
    """Places within reach by name, those after the given name and id."""
    where = [store.within(tx, scope, place_rows.c.id, reach)]
    if kinds:
        where.append(place_rows.c.kind.in_(kinds))
    if parent_id is not None:
        where.append(place_rows.c.parent_id == parent_id)
    order = (place_rows.c.sort_key, place_rows.c.id)
    rows = tx.page(scope, place_rows, where=where, order_by=order, after=after, limit=limit)
    return tuple(store.place_of(row) for (row,) in rows)


def outer_places(tx: Tx, scope: Scope, place: Place) -> tuple[Place, ...]:
    """The places around this one, from the company inwards, itself last: what a reader sees as the way to it."""
    ids = [scope.company_id, *(step for step in place.path.strip("/").split("/") if step)]
    found = {row["id"]: row for row in tx.all(scope, place_rows, place_rows.c.id.in_(ids))}
    return tuple(store.place_of(found[place_id]) for place_id in ids)


def entrances(tx: Tx, scope: Scope, reach: Reach) -> tuple[Place, ...]:
    """Where a person's tree begins: the company, or the outermost places that they may see."""
    rows = tx.all(
        scope, place_rows, place_rows.c.path.in_(reach.prefixes), order_by=(place_rows.c.sort_key, place_rows.c.id)
    )
    return tuple(store.place_of(row) for row in rows)


def _rename(tx: Tx, scope: Scope, place: Place, name: str) -> None:
    if place.kind == "company":
        tx.update(PLATFORM, store.companies, values={"name": name}, id=place.id)
        tx.update(scope, place_rows, values={"name": name, "sort_key": sort_key(name), "trail": name}, id=place.id)
        return
    trail = place.trail[: len(place.trail) - len(place.name)] + name
    _check_depth(tx, scope, place, 0, len(trail) - len(place.trail))
    tx.move_prefix(scope, place_rows, place_rows.c.trail, place.trail, trail, _worded(place))
    tx.update(scope, place_rows, values={"name": name, "sort_key": sort_key(name)}, id=place.id)
    search.put(tx, scope, "place", place.id, place.id, name)


def _worded(place: Place) -> Any:  # Any: a condition
    """The places whose trail begins with this one's."""
    return place_rows.c.id == place.id if place.kind == "project" else below(place_rows.c.path, (place.path,))


def _check_depth(tx: Tx, scope: Scope, place: Place, longer_path: int, longer_trail: int) -> None:
    inside = tx.all(scope, place_rows, below(place_rows.c.path, (place.path,)))
    if any(
        len(row["path"]) + longer_path > limits.PLACE_PATH_MAX_CHARS
        or len(row["trail"]) + longer_trail > limits.PLACE_TRAIL_MAX_CHARS
        for row in inside
    ):
        raise PlaceTooDeep


def _trail(kind: PlaceKind, parent: Place, name: str) -> str:
    return f"{parent.trail}, {name}" if kind == "folder" else name


def _times(time_zone: str, language: Language, *, own: bool) -> dict[str, Any]:
    return {"time_zone": time_zone, "language": language, "own_time_zone": own, "own_language": own}


def _check_zone(time_zone: str) -> None:
    if time_zone not in available_timezones():
        raise BadInput("This time zone is not known. Use a name such as Europe/Vienna.")
