"""Do not disturb in the database: who does not want to be rung, when, and for calls from where."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from antiphon import tenancy
from antiphon.clock import new_id
from antiphon.database import Scope, Tx, among
from antiphon.directory.documents import TimesDocument, times_of
from antiphon.directory.rings import Quiet
from antiphon.directory.tables import quiet_rows
from antiphon.tenancy import Place

_ITS_PLACE = tenancy.places_joined(quiet_rows.c.place_id)
_ORDER = (quiet_rows.c.user_id, quiet_rows.c.position, quiet_rows.c.id)


@dataclass(frozen=True, slots=True)
class Wish:
    """One part of somebody's do not disturb, as it is kept. `place_id` of the company: everywhere."""

    place_id: str
    starts_at: datetime
    ends_at: datetime | None
    times: TimesDocument | None
    zone: str
    set_by: str
    set_at: datetime


def of_user(tx: Tx, scope: Scope, user_id: str) -> tuple[Wish, ...]:
    """That person's, in their order; also those that are over."""
    return tuple(_wish(row) for row in tx.all(scope, quiet_rows, user_id=user_id, order_by=_ORDER))


def put(tx: Tx, scope: Scope, user_id: str, wishes: Sequence[Wish]) -> None:
    """These from now on, and no others. The caller has checked that people and places are there."""
    tx.delete(scope, quiet_rows, user_id=user_id)
    for position, wish in enumerate(wishes):
        values = {
            "id": new_id("quiet"),
            "user_id": user_id,
            "place_id": wish.place_id,
            "position": position,
            "starts_at": wish.starts_at,
            "ends_at": wish.ends_at,
            "times": wish.times.model_dump_json(exclude_defaults=True) if wish.times else None,
            "zone": wish.zone,
            "set_by": wish.set_by,
            "set_at": wish.set_at,
        }
        tx.insert(scope, quiet_rows, values)


def of_people(tx: Tx, scope: Scope, user_ids: Collection[str]) -> dict[str, tuple[Quiet, ...]]:
    """What the planner knows of these people, by one question."""
    where = among(quiet_rows.c.user_id, user_ids)
    found: dict[str, list[Quiet]] = {}
    for row, place in tx.page(scope, quiet_rows, _ITS_PLACE, where=where, order_by=_ORDER, limit=None):
        if row["user_id"] in user_ids:
            wish = _wish(row)
            times = times_of(wish.times) if wish.times else None
            quiet = Quiet(
                row["user_id"], wish.starts_at, wish.set_by, wish.set_at, wish.ends_at, place["path"], times, wish.zone
            )
            found.setdefault(row["user_id"], []).append(quiet)
    return {user_id: tuple(theirs) for user_id, theirs in found.items()}


def leave_place(tx: Tx, scope: Scope, place: Place) -> None:
    """The place goes, and with it who did not want to be disturbed from there."""
    tx.delete(scope, quiet_rows, place_id=place.id)


def _wish(row: Any) -> Wish:  # Any: a row
    times = TimesDocument.model_validate_json(row["times"]) if row["times"] else None
    return Wish(row["place_id"], row["starts_at"], row["ends_at"], times, row["zone"], row["set_by"], row["set_at"])
