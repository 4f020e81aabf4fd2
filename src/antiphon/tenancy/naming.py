"""What things are called that are known by their ids alone, for pages that tell about them in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from antiphon.database import PLATFORM, Scope, Tx
from antiphon.tenancy import audit
from antiphon.tenancy.rights import COMPANY_PATH, Permission, Rights
from antiphon.tenancy.store import paths_of, place_rows, role_rows, user_rows

Kind = Literal["place", "user", "role", "station", "account", "door", "contact", "group", "key", "invitation"]

# Whoever may see a thing may read its name.
_SEEN_BY: dict[Kind, Permission] = {
    "place": "places.read",
    "user": "people.read",
    "role": "people.read",
    "station": "stations.read",
    "account": "stations.read",
    "door": "stations.read",
    "contact": "ring_plans.read",
    "group": "ring_plans.read",
    "key": "keys.manage",
    "invitation": "people.read",
}


@dataclass(frozen=True, slots=True)
class Named:
    """One thing by name. `place_id`: where it lies or holds, None where that is unknown or the whole company's."""

    id: str
    kind: Kind
    name: str
    place_id: str | None = None
    there: bool = True  # False: it is gone, this is what it was called last
    guest: bool = False  # a person of another company


# What a room calls those of these things that are its own.
Namer = Callable[[Tx, Scope, Sequence[str]], Iterable[Named]]


def names(tx: Tx, scope: Scope, rights: Rights, ids: Iterable[str], namers: Sequence[Namer]) -> tuple[Named, ...]:
    """Those of these things that have a name which somebody with these rights may read: what they are called, or were called
    when they were removed."""
    wanted = sorted(set(ids))
    found: dict[str, Named] = {one.id: one for one in _removed(tx, scope, wanted)}
    for namer in (_own, *namers):
        found |= {one.id: one for one in namer(tx, scope, wanted)}
    paths = paths_of(tx, scope, {one.place_id for one in found.values() if one.place_id is not None})
    return tuple(
        one for one in found.values() if rights.may(_SEEN_BY[one.kind], paths.get(one.place_id or "", COMPANY_PATH))
    )


def _own(tx: Tx, scope: Scope, ids: Sequence[str]) -> Iterable[Named]:
    for row in tx.all(scope, place_rows, place_rows.c.id.in_(ids)):
        yield Named(row["id"], "place", row["name"], row["id"])
    for row in tx.all(scope, role_rows, role_rows.c.id.in_(ids)):
        yield Named(row["id"], "role", row["name"])
    # Guests of other companies too: the ids are those that this company's own rows name.
    for row in tx.all(PLATFORM, user_rows, user_rows.c.id.in_(ids)):
        guest = row["company_id"] != scope.company_id
        yield Named(row["id"], "user", row["name"], None if guest else row["place_id"], guest=guest)


_REMOVALS: dict[audit.Action, Kind] = {
    "place.removed": "place",
    "role.removed": "role",
    "station.removed": "station",
    "account.removed": "account",
    "contact.logo_removed": "contact",
    "contact.logo_set": "contact",
    "contact.picture_removed": "contact",
    "contact.picture_set": "contact",
    "contact.removed": "contact",
    "ring_group.removed": "group",
    "door.removed": "door",
    "key.revoked": "key",
}


def _removed(tx: Tx, scope: Scope, ids: Sequence[str]) -> Iterable[Named]:
    for entry in audit.about(tx, scope, ids, tuple(_REMOVALS)):
        name = entry.details.get("name")
        if isinstance(name, str):
            yield Named(entry.subject_id, _REMOVALS[entry.action], name, there=False)
