"""Time zone and language of places (S10): a place says its own, or follows the nearest place around it that does.

Every row keeps what holds there, so that reading costs nothing; what changes is written to all that follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from antiphon.database import Scope, Tx, below
from antiphon.tenancy.model import Place
from antiphon.tenancy.store import place_rows

Said = Literal["time_zone", "language"]
_SAID: tuple[Said, ...] = ("time_zone", "language")
_SITES = place_rows.c.kind == "site"
_AT_ONCE = 500  # ids in one statement


def say(tx: Tx, scope: Scope, place: Place, said: Said, value: str, *, own: bool) -> None:
    """Let `value` hold at the place and at everything in it that follows; `own`: the place says it itself."""
    tx.update(scope, place_rows, values={said: value, f"own_{said}": own}, id=place.id)
    if place.kind in ("site", "folder"):  # a folder never says its own
        tx.update(scope, place_rows, below(place_rows.c.path, (place.path,)), values={said: value})
        return
    projects, sites = _followers(tx, scope, place, said)
    for some in _portions(projects):
        tx.update(scope, place_rows, place_rows.c.id.in_(some), values={said: value})
    for some in _portions(sites):
        tx.update(scope, place_rows, place_rows.c.site_id.in_(some), values={said: value})


def follow(tx: Tx, scope: Scope, place: Place, parent: Place) -> None:
    """What holds in the parent holds in the place too, and in what follows it, unless the place says its own."""
    holds: dict[Said, tuple[bool, str]] = {
        "time_zone": (place.own_time_zone, parent.time_zone),
        "language": (place.own_language, parent.language),
    }
    for said in _SAID:
        own, value = holds[said]
        if not own:
            say(tx, scope, place, said, value, own=False)


def _followers(tx: Tx, scope: Scope, place: Place, said: Said) -> tuple[list[str], list[str]]:
    """Ids of the projects and of the sites in a company or project that follow it."""
    own = place_rows.c[f"own_{said}"]
    if place.kind == "project":
        return [], tx.values(scope, place_rows.c.id, own.is_(False), place_rows.c.parent_id == place.id, _SITES)
    projects = tx.values(scope, place_rows.c.id, own.is_(False), place_rows.c.kind == "project")
    sites = []
    for some in _portions(projects):
        sites += tx.values(scope, place_rows.c.id, own.is_(False), place_rows.c.parent_id.in_(some), _SITES)
    return projects, sites


def _portions(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(ids[at : at + _AT_ONCE]) for at in range(0, len(ids), _AT_ONCE))
