"""Guests: people of another company who were given rights in this one."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon.database import PLATFORM, Scope, Tx, sort_key
from antiphon.tenancy import people, store
from antiphon.tenancy.model import Grant, User
from antiphon.tenancy.rights import Reach
from antiphon.tenancy.store import companies, grant_rows, user_rows


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody of another company, that company's name, and their rights here that lie within the reader's reach."""

    user: User
    company: str
    grants: tuple[Grant, ...]


def guests(
    tx: Tx, scope: Scope, reach: Reach, *, user_id: str | None = None, after: tuple[str, str] | None = None
) -> tuple[Guest, ...]:
    """Those with rights at places within reach, by name, after that sort key and id; ended rights included. They are few."""
    if not reach:
        return ()
    where = [grant_rows.c.of_guest.is_(True), *((grant_rows.c.user_id == user_id,) if user_id else ())]
    given: dict[str, list[Grant]] = {}
    for grant in people.grants_page(tx, scope, reach, where=where, limit=None):
        given.setdefault(grant.user_id, []).append(grant)
    # Their names, and whose people they are, are told to those who gave them rights here.
    rows = tx.all(PLATFORM, user_rows, user_rows.c.id.in_(given))
    found = sorted((sort_key(row["name"]), row["id"], row["company_id"], store.user_of(row)) for row in rows)
    theirs = tx.all(PLATFORM, companies, companies.c.id.in_({company_id for _, _, company_id, _ in found}))
    names = {row["id"]: row["name"] for row in theirs}
    return tuple(
        Guest(user, names[company_id], tuple(given[guest_id]))
        for key, guest_id, company_id, user in found
        if after is None or (key, guest_id) > after
    )
