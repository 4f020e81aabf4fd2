"""Calls, their legs and the callers' pictures in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from antiphon import tenancy
from antiphon.calls.model import Direction, EndedBy
from antiphon.calls.tables import call_rows, last_pictures, leg_rows, snapshot_rows
from antiphon.calls.traces.facts import Facts
from antiphon.calls.traces.store import put_trace
from antiphon.database import PLATFORM, Scope, Tx
from antiphon.devices import Station
from antiphon.errors import NotFound
from antiphon.tenancy import Reach
from antiphon.tenancy.rights import EVERYWHERE
from antiphon.wire.client import CallView, EndCause, LegView, MediaBreakView

_WITHOUT_END = call_rows.c.ended_at.is_(None)
_BREAKS: TypeAdapter[tuple[MediaBreakView, ...]] = TypeAdapter(tuple[MediaBreakView, ...])
Row = Mapping[Any, Any]  # Any: a row of whichever table; the functions below give it its type


class CallNotFound(NotFound):
    """No such call in this company."""

    code = "call_not_found"
    title = "This call does not exist (any more)."


class SnapshotNotFound(NotFound):
    """No such picture in this company."""

    code = "snapshot_not_found"
    title = "This picture does not exist (any more)."


@dataclass(frozen=True, slots=True)
class EndedLeg:
    """One line of the record."""

    leg_id: str
    kind: str
    user_id: str | None
    who: str
    cause: str
    rang_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    """Somebody talks with the station. `user_id` None: the person who called it."""

    call_id: str
    answered_at: datetime
    user_id: str | None
    who: str | None


@dataclass(frozen=True, slots=True)
class EndedCall:
    """The whole record, with dates."""

    call_id: str
    direction: Direction
    button: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    cause: EndCause
    ended_by: EndedBy
    answered_by_user: str | None
    answered_by: str | None
    placed_by: str | None
    doors_opened: int
    legs: tuple[EndedLeg, ...]
    media_breaks: tuple[MediaBreakView, ...] = ()
    trace: Facts | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A caller's picture as stored."""

    id: str
    call_id: str
    station_id: str
    taken_at: datetime


def start_call(
    tx: Tx,
    station: Station,
    *,
    call_id: str,
    direction: Direction,
    button: str,
    started_at: datetime,
    placed_by: str | None = None,
) -> None:
    """The call exists from now on, also when nobody is left to write how it ended."""
    values = {
        "id": call_id,
        "station_id": station.id,
        "station_name": station.name,
        "place": station.place,
        "place_id": station.place_id,
        "direction": direction,
        "button": button[:64],
        "started_at": started_at,
        "placed_by": placed_by,
        "doors_opened": 0,
    }
    tx.insert(Scope(station.company_id), call_rows, values)


def answer_call(tx: Tx, scope: Scope, answered: AnsweredCall) -> None:
    """The record says who talks; that of a call that has ended meanwhile stays as its end wrote it."""
    values = {
        "answered_at": answered.answered_at,
        "answered_by_user": answered.user_id,
        "answered_by": answered.who,
    }
    tx.update(scope, call_rows, _WITHOUT_END, values=values, id=answered.call_id)


def complete_call(tx: Tx, station: Station, ended: EndedCall) -> bool:
    """Write how the call ended, with its legs and its trace; False when that is written already. Makes the row if its start was lost."""
    scope = Scope(station.company_id)
    values = {
        "answered_at": ended.answered_at,
        "ended_at": ended.ended_at,
        "cause": ended.cause,
        "ended_by": ended.ended_by,
        "answered_by_user": ended.answered_by_user,
        "answered_by": ended.answered_by,
        "doors_opened": ended.doors_opened,
        "media_breaks": _BREAKS.dump_json(ended.media_breaks).decode() if ended.media_breaks else None,
    }
    if not _end(tx, scope, ended.call_id, values):
        if tx.first(scope, call_rows, id=ended.call_id) is not None:
            return False
        start_call(
            tx,
            station,
            call_id=ended.call_id,
            direction=ended.direction,
            button=ended.button,
            started_at=ended.started_at,
            placed_by=ended.placed_by,
        )
        _end(tx, scope, ended.call_id, values)
    for position, leg in enumerate(ended.legs):
        tx.insert(
            scope,
            leg_rows,
            {
                "id": f"{ended.call_id}-{position}",
                "call_id": ended.call_id,
                "position": position,
                "kind": leg.kind,
                "user_id": leg.user_id,
                "who": leg.who,
                "cause": leg.cause,
                "rang_at": leg.rang_at,
                "answered_at": leg.answered_at,
                "ended_at": leg.ended_at,
            },
        )
    if ended.trace is not None:
        put_trace(tx, scope, ended.call_id, ended.trace, ended.ended_at)
    return True


def _end(tx: Tx, scope: Scope, call_id: str, values: Mapping[str, Any]) -> bool:
    """Write the end of a call that has none yet; False where there is no such call."""
    return tx.update(scope, call_rows, _WITHOUT_END, values=values, id=call_id) > 0


def count_opening(tx: Tx, scope: Scope, call_id: str) -> None:
    """One more door opened from a call whose record is written."""
    tx.update(scope, call_rows, call_rows.c.id == call_id, values={"doors_opened": call_rows.c.doors_opened + 1})


def talking(tx: Tx, scope: Scope) -> frozenset[str]:
    """People and stations of the company that talk now."""
    rows = tx.all(scope, call_rows, _WITHOUT_END, call_rows.c.answered_at.is_not(None))
    return frozenset(one for row in rows for one in (row["answered_by_user"], row["station_id"]) if one)


def unended_calls(tx: Tx) -> tuple[tuple[str, str, str], ...]:
    """Calls of all companies without an end, as (company, call, station): what a process that died left behind."""
    rows = tx.all(PLATFORM, call_rows, _WITHOUT_END)
    return tuple((row["company_id"], row["id"], row["station_id"]) for row in rows)


def close_unended(tx: Tx, scope: Scope, call_id: str, now: datetime) -> bool:
    """A call that nobody lives for any more failed on our side; False when it has ended meanwhile."""
    values = {"ended_at": now, "cause": "platform_error", "ended_by": "platform"}
    return _end(tx, scope, call_id, values)


# -- the history -----------------------------------------------------------------------------------------------------


def leave_place(tx: Tx, scope: Scope, place: tenancy.Place) -> None:
    """The place goes: calls of stations that were there belong to the place around it."""
    tx.update(scope, call_rows, values={"place_id": place.parent_id}, place_id=place.id)


def calls_page(
    tx: Tx,
    scope: Scope,
    *,
    limit: int,
    before: str | None,
    reach: Reach = EVERYWHERE,
    pictured: Reach = EVERYWHERE,
    live: bool = False,
    station_id: str | None = None,
    within: str | None = None,
    answered: bool | None = None,
) -> tuple[CallView, ...]:
    """Calls at places within reach, newest first, those before the call `before` (ids are ordered by time).

    Pictures are named where they are within `pictured`. `live`: only those that go on; `station_id`: only that station's;
    `within`: only at places below that path; `answered`: only those that were, or those that are over and were not.
    """
    where = [tenancy.within(tx, scope, call_rows.c.place_id, reach)]
    if within is not None:
        where.append(tenancy.within(tx, scope, call_rows.c.place_id, Reach((within,))))
    if answered is not None:
        where.append(call_rows.c.answered_at.is_not(None) if answered else call_rows.c.answered_at.is_(None))
    if answered is False:
        where.append(call_rows.c.ended_at.is_not(None))
    if before:
        where.append(call_rows.c.id < before)
    if live:
        where.append(_WITHOUT_END)
    if station_id is not None:
        where.append(call_rows.c.station_id == station_id)
    its_place = tenancy.places_joined(call_rows.c.place_id)
    found = tx.page(scope, call_rows, its_place, where=where, order_by=(call_rows.c.id,), descending=True, limit=limit)
    rows = [_masked(row, place["path"], pictured) for row, place in found]
    legs: dict[str, list[LegView]] = {row["id"]: [] for row in rows}
    wanted = leg_rows.c.call_id.in_(list(legs))
    for row in tx.all(scope, leg_rows, wanted, order_by=(leg_rows.c.call_id, leg_rows.c.position)):
        legs[row["call_id"]].append(_leg(row))
    return tuple(_call(row, tuple(legs[row["id"]])) for row in rows)


def call(tx: Tx, scope: Scope, call_id: str, reach: Reach = EVERYWHERE, pictured: Reach = EVERYWHERE) -> CallView:
    """One call at a place within reach; raises `CallNotFound`."""
    return call_with_place(tx, scope, call_id, reach, pictured)[0]


def call_with_place(
    tx: Tx, scope: Scope, call_id: str, reach: Reach, pictured: Reach
) -> tuple[CallView, Mapping[str, Any]]:
    """The call, and the row of the place where rights hold for it."""
    for found, place in tx.joined(scope, call_rows, tenancy.places_joined(call_rows.c.place_id), id=call_id):
        if reach.covers(place["path"]):
            row = _masked(found, place["path"], pictured)
            break
    else:
        raise CallNotFound
    legs = tx.all(scope, leg_rows, leg_rows.c.call_id == call_id, order_by=(leg_rows.c.position,))
    return _call(row, tuple(_leg(leg) for leg in legs)), place


def _masked(row: Row, path: str, pictured: Reach) -> Row:
    """The row without its picture where that may not be seen (U6)."""
    return row if pictured.covers(path) else {**row, "snapshot_id": None}


def _leg(row: Row) -> LegView:
    return LegView(
        who=row["who"],
        kind=row["kind"],
        cause=row["cause"],
        rang_at=row["rang_at"],
        answered_at=row["answered_at"],
        ended_at=row["ended_at"],
    )


def _call(row: Row, legs: tuple[LegView, ...]) -> CallView:
    return CallView(
        call_id=row["id"],
        station_id=row["station_id"],
        station_name=row["station_name"],
        place=row["place"],
        direction=row["direction"],
        button=row["button"],
        started_at=row["started_at"],
        answered_at=row["answered_at"],
        ended_at=row["ended_at"],
        cause=row["cause"],
        answered_by=row["answered_by"],
        placed_by=row["placed_by"],
        snapshot_id=row["snapshot_id"],
        doors_opened=row["doors_opened"],
        media_breaks=_BREAKS.validate_json(row["media_breaks"]) if row["media_breaks"] else (),
        legs=legs,
    )


# -- pictures --------------------------------------------------------------------------------------------------------


def add_snapshot(tx: Tx, scope: Scope, picture: Picture, *, width: int, height: int, size_bytes: int) -> None:
    """A picture of the caller: of its call, and the station's newest."""
    tx.insert(
        scope,
        snapshot_rows,
        {
            "id": picture.id,
            "call_id": picture.call_id,
            "station_id": picture.station_id,
            "taken_at": picture.taken_at,
            "width": width,
            "height": height,
            "size_bytes": size_bytes,
        },
    )
    tx.update(scope, call_rows, call_rows.c.id == picture.call_id, values={"snapshot_id": picture.id})
    values = {"snapshot_id": picture.id, "taken_at": picture.taken_at}
    if not tx.update(scope, last_pictures, last_pictures.c.station_id == picture.station_id, values=values):
        tx.insert(scope, last_pictures, values | {"station_id": picture.station_id})


def snapshot(tx: Tx, scope: Scope, snapshot_id: str, reach: Reach = EVERYWHERE) -> Picture:
    """One picture of a call at a place within reach; raises `SnapshotNotFound`."""
    row = tx.first(scope, snapshot_rows, id=snapshot_id)
    if row is None:
        raise SnapshotNotFound
    its_place = tenancy.places_joined(call_rows.c.place_id)
    paths = [place["path"] for _, place in tx.joined(scope, call_rows, its_place, id=row["call_id"])]
    if not (all(map(reach.covers, paths)) if paths else reach.everywhere):
        raise SnapshotNotFound
    return Picture(row["id"], row["call_id"], row["station_id"], row["taken_at"])


def newest_pictures(tx: Tx, scope: Scope) -> dict[str, tuple[str, datetime]]:
    """Station -> (picture, when), for the whole company."""
    return {row["station_id"]: (row["snapshot_id"], row["taken_at"]) for row in tx.all(scope, last_pictures)}


def newest_picture(tx: Tx, scope: Scope, station_id: str) -> tuple[str, datetime] | None:
    row = tx.first(scope, last_pictures, station_id=station_id)
    return (row["snapshot_id"], row["taken_at"]) if row else None
