"""Contacts and ring groups in the database. Functions take a transaction and never commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from antiphon import tenancy
from antiphon.clock import new_id
from antiphon.database import Scope, Tx, sort_key
from antiphon.directory import plans, portraits, quiets
from antiphon.directory.model import ContactNotFound, Party, PartyKind, RingGroupNotFound
from antiphon.directory.rings import Member
from antiphon.directory.tables import contact_rows, group_rows
from antiphon.tenancy import Named, Place, PlaceHasContacts, Reach, search
from antiphon.tenancy.rights import EVERYWHERE

_TABLES: dict[PartyKind, sa.Table] = {"contact": contact_rows, "group": group_rows}
MISSING = {"contact": ContactNotFound, "group": RingGroupNotFound}


def add(
    tx: Tx, scope: Scope, kind: PartyKind, *, name: str, place_id: str, company_name: str = "", now: datetime
) -> Party:
    """A new one at that place, without a ring plan. Raises `PlaceNotFound`."""
    place = tenancy.place(tx, scope, place_id)
    made = Party(kind, new_id(kind), name, place, company_name)
    values = {"id": made.id, "place_id": place.id, "created_at": now, **_named_values(made)}
    tx.insert(scope, _TABLES[kind], values)
    _find_by(tx, scope, made)
    return made


def get(tx: Tx, scope: Scope, kind: PartyKind, party_id: str) -> Party:
    """One of the company; raises `ContactNotFound` or `RingGroupNotFound`."""
    for row, place in tx.joined(scope, _TABLES[kind], _its_place(kind), id=party_id):
        return _with_portraits(tx, scope, kind, [_party(kind, row, tenancy.place_of(place))])[0]
    raise MISSING[kind]


def by_name(
    tx: Tx,
    scope: Scope,
    kind: PartyKind,
    reach: Reach = EVERYWHERE,
    *,
    within: str | None = None,
    at: str | None = None,
    asked: str | None = None,
    after: Sequence[Any] | None = None,
    limit: int | None = None,
) -> tuple[Party, ...]:  # Any: a cursor's values
    """Those at places within reach by name, those after the given name and id; `within`: only below that path; `at`: only
    in that very place; `asked`: only those with words that begin so."""
    table = _TABLES[kind]
    seen = reach if within is None else reach.inside(within)
    where = [tenancy.within(tx, scope, table.c.place_id, seen)]
    if at is not None:
        where.append(table.c.place_id == at)
    if asked is not None:
        where += search.matching(tx, scope, table.c.id, asked, {kind: EVERYWHERE})
    order = (table.c.sort_key, table.c.id)
    rows = tx.page(scope, table, _its_place(kind), where=where, order_by=order, after=after, limit=limit)
    return _with_portraits(tx, scope, kind, [_party(kind, row, tenancy.place_of(place)) for row, place in rows])


def change(
    tx: Tx,
    scope: Scope,
    kind: PartyKind,
    party_id: str,
    *,
    name: str | None = None,
    place_id: str | None = None,
    company_name: str | None = None,
) -> Party:
    """Change what is given; a `place_id` moves it. Raises `ContactNotFound` or `RingGroupNotFound`, `PlaceNotFound`."""
    before = get(tx, scope, kind, party_id)
    place = before.place if place_id is None else tenancy.place(tx, scope, place_id)
    company = before.company_name if company_name is None else company_name
    after = replace(before, name=name or before.name, place=place, company_name=company)
    tx.update(scope, _TABLES[kind], values={"place_id": place.id, **_named_values(after)}, id=party_id)
    _find_by(tx, scope, after)
    return after


def remove(tx: Tx, scope: Scope, kind: PartyKind, party_id: str) -> list[str]:
    """Forget it with its ring plan; the ids of pictures whose files go. Raises `StillNamed`."""
    member = Member(kind, party_id)
    plans.refuse_named(tx, scope, member)
    plans.forget(tx, scope, member)
    search.drop(tx, scope, party_id)
    gone = portraits.forget(tx, scope, party_id)
    tx.delete(scope, _TABLES[kind], id=party_id)
    return gone


def leave_place(tx: Tx, scope: Scope, place: Place) -> None:
    """The place goes: who did not want to be disturbed from there is no longer kept.

    Raises `PlaceNotEmpty` while a contact or ring group belongs to it.
    """
    if any(tx.first(scope, table, place_id=place.id) is not None for table in _TABLES.values()):
        raise PlaceHasContacts
    quiets.leave_place(tx, scope, place)


def names(tx: Tx, scope: Scope, kind: PartyKind, ids: Sequence[str]) -> dict[str, str]:
    """What those of them are called that exist."""
    table = _TABLES[kind]
    return {row["id"]: row["name"] for row in tx.all(scope, table, table.c.id.in_(ids))}


def named(tx: Tx, scope: Scope, ids: Sequence[str]) -> Iterator[Named]:
    """What contacts and ring groups of these are called, and where they are."""
    for kind, table in _TABLES.items():
        for row in tx.all(scope, table, table.c.id.in_(ids)):
            yield Named(row["id"], kind, row["name"], row["place_id"])


def _its_place(kind: PartyKind) -> tuple[sa.Column[Any], sa.Column[Any]]:  # Any: of every type
    return tenancy.places_joined(_TABLES[kind].c.place_id)


def _named_values(party: Party) -> dict[str, str]:
    values = {"name": party.name, "sort_key": sort_key(party.name)}
    return values | {"company_name": party.company_name} if party.kind == "contact" else values


def _find_by(tx: Tx, scope: Scope, party: Party) -> None:
    title = f"{party.name}, {party.company_name}" if party.company_name else party.name
    search.put(tx, scope, party.kind, party.id, party.place.id, title)


def _party(kind: PartyKind, row: Any, place: Place) -> Party:  # Any: a row
    company = row["company_name"] if kind == "contact" else ""
    return Party(kind, row["id"], row["name"], place, company)


def _with_portraits(tx: Tx, scope: Scope, kind: PartyKind, found: Sequence[Party]) -> tuple[Party, ...]:
    if kind == "group" or not found:
        return tuple(found)
    theirs = portraits.of_contacts(tx, scope, [one.id for one in found])
    shown = {key: portrait.content_hash for key, portrait in theirs.items()}
    return tuple(
        replace(one, picture=shown.get((one.id, "picture")), logo=shown.get((one.id, "logo"))) for one in found
    )
