"""Doors, requests to open them and the door log in the database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from antiphon import devices, limits
from antiphon.access.model import Actor, Attempt, Door, DoorKind, DoorNotFound, Outcome, OutputInvalid, OutputTaken
from antiphon.clock import new_id
from antiphon.database import PLATFORM, Scope, Tx, UtcTime, explain, tenant_table
from antiphon.tenancy import Named, Reach, search
from antiphon.tenancy.rights import EVERYWHERE
from antiphon.wire.station import Output

door_rows = tenant_table(
    "doors",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("station_id", sa.String(40), sa.ForeignKey("devices.id"), nullable=False, index=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("output", sa.String(32), nullable=False),
    sa.Column("pulse_s", sa.Float, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.UniqueConstraint("station_id", "output"),
    sa.Index("ix_doors_page", "company_id", "name", "id"),
)
# What makes a second tap harmless: one row per request, decided once.
door_requests = tenant_table(
    "door_requests",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("request_id", sa.String(64), nullable=False),
    sa.Column("door_id", sa.String(64), nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("outcome", sa.String(32), nullable=True),  # None while the station was not heard
    sa.Column("error", sa.String(64), nullable=True),
    sa.UniqueConstraint("company_id", "request_id"),
)
# Append-only: nothing in the house updates or deletes a row here.
door_log = tenant_table(
    "door_log",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("at", UtcTime, nullable=False, index=True),
    sa.Column("door_id", sa.String(64), nullable=False),
    sa.Column("station_id", sa.String(40), nullable=True),
    sa.Column("actor_kind", sa.String(16), nullable=False),
    sa.Column("user_id", sa.String(40), nullable=True),
    sa.Column("call_id", sa.String(64), nullable=True),
    sa.Column("request_id", sa.String(64), nullable=False),
    sa.Column("repeated", sa.Boolean, nullable=False),
    sa.Column("outcome", sa.String(32), nullable=False),
    sa.Column("error", sa.String(64), nullable=True),
    sa.Index("ix_door_log_page", "company_id", "id"),
)
explain(
    door_rows,
    "What stations open.",
    kind="door, gate or barrier.",
    output="The station's output, or the digits that open it behind an account.",
    pulse_s="How long it is held open.",
)
explain(
    door_requests,
    "Requests to open a door, each decided once however often it comes.",
    request_id="Its idempotency key.",
    door_id="Which door.",
    actor="Who asked: kind and id.",
    started_at="When it came first.",
    outcome="What became of it; null while the station was not heard.",
    error="What the station said was wrong.",
)
explain(
    door_log,
    "Who asked for which door and what became of it. Rows are only ever added.",
    at="When.",
    door_id="Which door; its id stays when the door is removed.",
    actor_kind="user, key, dtmf, account or assistant.",
    user_id="Which person or API key.",
    call_id="In which call; null: in none.",
    request_id="Which request: a second tap has the same.",
    repeated="Whether it was a second tap, which opens nothing more.",
    outcome="What became of it.",
    error="What the station said was wrong.",
)

_OUTPUT = re.compile(r"[a-z0-9-]{1,32}")
_DIGITS = re.compile(rf"[0-9*#]{{1,{limits.DOOR_DIGITS_MAX}}}")
Row = Mapping[Any, Any]  # Any: a row of whichever table; the functions below give it its type


def doors(tx: Tx, scope: Scope, reach: Reach = EVERYWHERE) -> tuple[Door, ...]:
    """The doors of stations within reach, by name."""
    its_station = devices.at_station(tx, scope, door_rows.c.station_id, reach)
    return tuple(
        _door(row) for row in tx.all(scope, door_rows, its_station, order_by=(door_rows.c.name, door_rows.c.id))
    )


def doors_page(
    tx: Tx, scope: Scope, reach: Reach, *, station_id: str | None = None, after: Sequence[Any] | None, limit: int
) -> tuple[Door, ...]:  # Any: a cursor's values
    """The doors of stations within reach by name, those after the given name and id; only that station's."""
    where = [devices.at_station(tx, scope, door_rows.c.station_id, reach)]
    if station_id is not None:
        where.append(door_rows.c.station_id == station_id)
    order = (door_rows.c.name, door_rows.c.id)
    rows = tx.page(scope, door_rows, where=where, order_by=order, after=after, limit=limit)
    return tuple(_door(row) for (row,) in rows)


def doors_of_station(tx: Tx, scope: Scope, station_id: str) -> tuple[Door, ...]:
    """The doors one station opens, the one made first comes first."""
    oldest = (door_rows.c.created_at, door_rows.c.id)
    return tuple(_door(row) for row in tx.all(scope, door_rows, station_id=station_id, order_by=oldest))


def door(tx: Tx, scope: Scope, door_id: str) -> Door:
    """One door of the company; raises `DoorNotFound`."""
    row = tx.first(scope, door_rows, id=door_id)
    if row is None:
        raise DoorNotFound(door_id=door_id[:64])
    return _door(row)


def add_door(
    tx: Tx, scope: Scope, *, station_id: str, name: str, kind: DoorKind, output: str, pulse_s: float, now: datetime
) -> Door:
    """A door behind an output of a station, which is told about it; at another maker's station behind digits.

    Raises `StationNotFound`, `OutputInvalid` or `OutputTaken`.
    """
    station = devices.station(tx, scope, station_id)
    if not (_DIGITS if station.kind == "account" else _OUTPUT).fullmatch(output):
        raise OutputInvalid(device_id=station.id)
    if tx.first(scope, door_rows, door_rows.c.station_id == station.id, door_rows.c.output == output):
        raise OutputTaken(device_id=station.id)
    added = Door(new_id("door"), scope.company_id, station.id, name, kind, output, pulse_s)
    values = {"id": added.id, "station_id": station.id, "name": name, "kind": kind, "output": output}
    tx.insert(scope, door_rows, values | {"pulse_s": pulse_s, "created_at": now})
    search.put(tx, scope, "door", added.id, station.place_id, name)
    _tell_outputs(tx, scope, station, now)
    return added


def rename_door(tx: Tx, scope: Scope, door_id: str, name: str) -> Door:
    """What people read from now on; the station does not know it. Raises `DoorNotFound`."""
    before = door(tx, scope, door_id)
    tx.update(scope, door_rows, values={"name": name}, id=door_id)
    search.put(tx, scope, "door", door_id, devices.station(tx, scope, before.station_id).place_id, name)
    return door(tx, scope, door_id)


def remove_door(tx: Tx, scope: Scope, door_id: str, now: datetime) -> None:
    """Nobody opens it any more, and the station forgets the output; the door log keeps what was opened. Raises `DoorNotFound`."""
    gone = door(tx, scope, door_id)
    search.drop(tx, scope, door_id)
    tx.delete(scope, door_rows, id=door_id)
    _tell_outputs(tx, scope, devices.station(tx, scope, gone.station_id), now)


def _tell_outputs(tx: Tx, scope: Scope, station: devices.Station, now: datetime) -> None:
    """A station knows its outputs by its desired state; an account has none."""
    if station.kind == "station":
        outputs = tuple(Output(name=one.output, pulse_s=one.pulse_s) for one in doors_of_station(tx, scope, station.id))
        devices.change_desired(tx, scope, station.id, outputs=outputs, now=now)


def remove_doors(tx: Tx, scope: Scope, station_id: str) -> None:
    """The station leaves for good; the door log keeps what was opened."""
    for one in doors_of_station(tx, scope, station_id):
        search.drop(tx, scope, one.id)
    tx.delete(scope, door_rows, door_rows.c.station_id == station_id)


def follow_station(tx: Tx, scope: Scope, station_id: str, place_id: str) -> None:
    """The station was moved there, and its doors with it."""
    search.move(tx, scope, [one.id for one in doors_of_station(tx, scope, station_id)], place_id)


def named(tx: Tx, scope: Scope, ids: Sequence[str]) -> Iterator[Named]:
    """What these doors are called, each where its station is."""
    found = tx.all(scope, door_rows, door_rows.c.id.in_(ids))
    stations = {one.id: one for one in devices.named(tx, scope, [row["station_id"] for row in found])}
    for row in found:
        yield Named(row["id"], "door", row["name"], stations[row["station_id"]].place_id)


def request(tx: Tx, scope: Scope, request_id: str, since: datetime) -> Row | None:
    """The request of that id, unless its life is over."""
    alive = (door_requests.c.request_id == request_id, door_requests.c.started_at >= since)
    return tx.first(scope, door_requests, *alive)


def last_request(tx: Tx, scope: Scope, door_id: str, actor: str, since: datetime) -> Row | None:
    """This actor's last request for that door which started after `since`."""
    theirs = (door_requests.c.door_id == door_id, door_requests.c.actor == actor, door_requests.c.started_at > since)
    rows = tx.all(scope, door_requests, *theirs, order_by=(door_requests.c.started_at.desc(),), limit=1)
    return rows[0] if rows else None


def start_request(tx: Tx, scope: Scope, request_id: str, door_id: str, actor: str, now: datetime) -> None:
    """Take the request id; one whose life is over is forgotten."""
    tx.delete(scope, door_requests, door_requests.c.request_id == request_id)
    values = {"id": new_id("request"), "request_id": request_id, "door_id": door_id, "actor": actor}
    tx.insert(scope, door_requests, values | {"started_at": now})


def end_request(tx: Tx, scope: Scope, request_id: str, outcome: Outcome, error: str | None) -> None:
    values = {"outcome": outcome, "error": error}
    tx.update(scope, door_requests, door_requests.c.request_id == request_id, values=values)


def forget_requests(tx: Tx, before: datetime) -> int:
    """Remove requests that started before that moment, in all companies; the door log keeps every attempt."""
    return tx.delete(PLATFORM, door_requests, door_requests.c.started_at < before)


def log_attempt(
    tx: Tx,
    scope: Scope,
    *,
    now: datetime,
    actor: Actor,
    door_id: str,
    station_id: str | None,
    request_id: str,
    call_id: str | None,
    outcome: Outcome,
    error: str | None = None,
    repeated: bool = False,
) -> None:
    """Add a row to the door log."""
    values = {
        "id": new_id("attempt"),
        "at": now,
        "door_id": door_id[:64],
        "station_id": station_id,
        "actor_kind": actor.kind,
        "user_id": actor.user_id,
        "call_id": call_id,
        "request_id": request_id[:64],
        "repeated": repeated,
        "outcome": outcome,
        "error": error,
    }
    tx.insert(scope, door_log, values)


def attempts(
    tx: Tx, scope: Scope, *, limit: int, before: str | None = None, reach: Reach = EVERYWHERE
) -> tuple[Attempt, ...]:
    """The door log of stations within reach, newest first; `before` is the id of the last row already read."""
    where = [devices.at_station(tx, scope, door_log.c.station_id, reach)]
    if before:
        where.append(door_log.c.id < before)
    rows = tx.all(scope, door_log, *where, order_by=(door_log.c.id.desc(),), limit=limit)
    return tuple(_attempt(row) for row in rows)


def _door(row: Row) -> Door:
    return Door(
        row["id"], row["company_id"], row["station_id"], row["name"], row["kind"], row["output"], row["pulse_s"]
    )


def _attempt(row: Row) -> Attempt:
    return Attempt(
        id=row["id"],
        at=row["at"],
        door_id=row["door_id"],
        station_id=row["station_id"],
        actor_kind=row["actor_kind"],
        user_id=row["user_id"],
        call_id=row["call_id"],
        request_id=row["request_id"],
        repeated=row["repeated"],
        outcome=row["outcome"],
        error=row["error"],
    )
