"""People of a company, their roles and grants (U1-U4). Functions take a transaction and never commit."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from antiphon.clock import new_id
from antiphon.database import Scope, Tx, has_row, outbox, sort_key
from antiphon.errors import BadInput, Conflict
from antiphon.events import RightsChanged
from antiphon.limits import NAMED_IDS_MAX, ROLES_PER_COMPANY_MAX
from antiphon.tenancy import search, store
from antiphon.tenancy.model import (
    EmailTaken,
    Grant,
    GrantInvalid,
    Language,
    LastOwner,
    Role,
    RoleInUse,
    RoleNameTaken,
    RoleNotFound,
    User,
)
from antiphon.tenancy.rights import EVERYWHERE, PERMISSIONS, SHIPPED_NAMES, Permission, Reach
from antiphon.tenancy.store import OWNER, grant_rows, place_rows, role_rows, user_rows


def create_user(
    tx: Tx,
    scope: Scope,
    *,
    name: str,
    email: str,
    password_hash: str | None,
    now: datetime,
    language: Language | None = None,
    place_id: str | None = None,
    role_id: str | None = None,
) -> User:
    """A new active person at that place (the company itself without one), with that role company-wide if given.

    Raises `EmailTaken`, `PlaceNotFound`, `RoleNotFound`.
    """
    home = store.place(tx, scope, place_id or scope.company_id)
    user = User(new_id("user"), scope.company_id, name, email.strip().lower(), True, home.id, language)
    if store.user_by_email(tx, user.email) is not None:
        raise EmailTaken
    values: dict[str, Any] = {
        "id": user.id,
        "name": name,
        "sort_key": sort_key(name),
        "email": user.email,
    }  # Any: of every column
    values |= {"place_id": home.id}
    values |= {"language": language, "password_hash": password_hash, "active": True, "created_at": now}
    tx.insert(scope, user_rows, values)
    search.put(tx, scope, "user", user.id, home.id, name, email=user.email)
    if role_id is not None:
        _add_grant(tx, scope, user.id, role_id, scope.company_id, now)
    return user


def change_user(
    tx: Tx,
    scope: Scope,
    user_id: str,
    now: datetime,
    *,
    name: str | None = None,
    email: str | None = None,
    language: Language | None = None,
    place_id: str | None = None,
    active: bool | None = None,
) -> User:
    """Change what is given. Raises `UserNotFound`, `PlaceNotFound`, `EmailTaken`, and `LastOwner` for a deactivation."""
    before = store.user(tx, scope, user_id)
    if email is not None and email != before.email and store.user_by_email(tx, email) is not None:
        raise EmailTaken
    if place_id is not None:
        store.place(tx, scope, place_id)
    given = {"name": name, "email": email, "language": language, "place_id": place_id, "active": active}
    values: dict[str, Any] = {key: value for key, value in given.items() if value is not None}  # Any: of every column
    if name is not None:
        values["sort_key"] = sort_key(name)
    if values:
        tx.update(scope, user_rows, values=values, id=user_id)
    after = store.user(tx, scope, user_id)
    if before.active and not after.active:
        _check_owned(tx, scope, now)
        _tell(tx, scope, user_id, now)
    if (after.name, after.email, after.place_id) != (before.name, before.email, before.place_id):
        search.put(tx, scope, "user", user_id, after.place_id, after.name, email=after.email)
    return after


def forget_language(tx: Tx, scope: Scope, user_id: str) -> None:
    """From now on the person reads what their browser asks for."""
    tx.update(scope, user_rows, values={"language": None}, id=user_id)


def people_by_name(
    tx: Tx,
    scope: Scope,
    reach: Reach,
    *,
    active: bool | None = None,
    role_id: str | None = None,
    asked: str | None = None,
    within: str | None = None,
    at: str | None = None,
    personal: Reach = EVERYWHERE,
    after: Sequence[Any] | None = None,
    limit: int,
) -> tuple[User, ...]:
    """People at home within reach by name, those after the given name and id; `asked`: only those whose names, or within
    `personal` addresses, have words that begin so; `within`: only those who belong below that path; `at`: to that very place."""
    where = [store.within(tx, scope, user_rows.c.place_id, reach if within is None else reach.inside(within))]
    if at is not None:
        where.append(user_rows.c.place_id == at)
    if active is not None:
        where.append(user_rows.c.active.is_(active))
    if role_id is not None:
        where.append(_has_role(tx, scope, role_id))
    if asked is not None:
        where += search.matching(tx, scope, user_rows.c.id, asked, {"user": EVERYWHERE, "email": personal})
    order = (user_rows.c.sort_key, user_rows.c.id)
    rows = tx.page(scope, user_rows, where=where, order_by=order, after=after, limit=limit)
    return tuple(store.user_of(row) for (row,) in rows)


def _has_role(tx: Tx, scope: Scope, role_id: str) -> sa.ColumnElement[bool]:
    """The condition that a person has the role somewhere; the few who have a rare one are named."""
    role = grant_rows.c.role_id == role_id
    named = tx.few(scope, grant_rows.c.user_id, role, most=NAMED_IDS_MAX)
    if named is not None:
        return user_rows.c.id.in_(named)
    theirs = (grant_rows.c.company_id == user_rows.c.company_id, grant_rows.c.user_id == user_rows.c.id)
    return has_row(grant_rows, *theirs, role)


def grants_of_users(tx: Tx, scope: Scope, user_ids: Collection[str]) -> dict[str, list[Grant]]:
    """What each of these people was given in this company, by one question."""
    found: dict[str, list[Grant]] = {user_id: [] for user_id in user_ids}
    where = [grant_rows.c.user_id.in_(list(user_ids))]
    for grant in grants_page(tx, scope, Reach(("/",)), where=where, limit=None):
        found[grant.user_id].append(grant)
    return found


def grants_page(
    tx: Tx,
    scope: Scope,
    reach: Reach,
    *,
    where: Iterable[sa.ColumnElement[bool]] = (),
    after: Sequence[Any] | None = None,
    limit: int | None,
) -> tuple[Grant, ...]:
    """Grants that hold at places within reach, those made first come first; `limit` None: all."""
    conditions = [store.within(tx, scope, grant_rows.c.place_id, reach), *where]
    on = (place_rows.c.id, grant_rows.c.place_id)
    order = (grant_rows.c.id,)
    rows = tx.page(scope, grant_rows, on, where=conditions, order_by=order, after=after, limit=limit)
    return store.grants_from(tx, scope, rows)


# -- grants ----------------------------------------------------------------------------------------------------------


def give(
    tx: Tx,
    scope: Scope,
    user_id: str,
    role_id: str,
    place_id: str,
    now: datetime,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    given_by: str | None = None,
) -> Grant:
    """The person has that role at that place from now or `starts_at` on. The person may be of another company (S3).

    Raises `RoleNotFound`, `PlaceNotFound`, `GrantInvalid`, and `Conflict` when they have exactly this already.
    """
    role, place = store.role(tx, scope, role_id), store.place(tx, scope, place_id)
    if ends_at is not None and ends_at <= (starts_at or now):
        raise GrantInvalid
    if ends_at is None and starts_at is None:
        theirs = tx.all(scope, grant_rows, user_id=user_id, role_id=role_id, place_id=place_id)
        if any(row["starts_at"] is None and row["ends_at"] is None for row in theirs):
            raise Conflict("They have this role there already.")
    grant_id = _add_grant(tx, scope, user_id, role.id, place.id, now, starts_at, ends_at, given_by)
    _tell(tx, scope, user_id, now)
    return Grant(grant_id, user_id, role, place, starts_at, ends_at)


def _add_grant(
    tx: Tx,
    scope: Scope,
    user_id: str,
    role_id: str,
    place_id: str,
    now: datetime,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    given_by: str | None = None,
) -> str:
    store.role(tx, scope, role_id)
    values = {"id": new_id("grant"), "user_id": user_id, "role_id": role_id, "place_id": place_id}
    times = {"starts_at": starts_at, "ends_at": ends_at, "created_at": now}
    of_guest = tx.first(scope, user_rows, id=user_id) is None
    tx.insert(scope, grant_rows, {**values, **times, "created_by": given_by, "of_guest": of_guest})
    return values["id"]


def change_grant(
    tx: Tx, scope: Scope, grant_id: str, now: datetime, *, starts_at: datetime | None, ends_at: datetime | None
) -> Grant:
    """Set beginning and end. Raises `GrantNotFound`, `GrantInvalid`, `LastOwner`."""
    grant = store.grant(tx, scope, grant_id)
    if ends_at is not None and ends_at <= (starts_at or now):
        raise GrantInvalid
    tx.update(scope, grant_rows, values={"starts_at": starts_at, "ends_at": ends_at}, id=grant.id)
    _check_owned(tx, scope, now)
    _tell(tx, scope, grant.user_id, now)
    return store.grant(tx, scope, grant_id)


def take(tx: Tx, scope: Scope, grant_id: str, now: datetime) -> None:
    """The grant holds no more. Raises `GrantNotFound`, `LastOwner`."""
    grant = store.grant(tx, scope, grant_id)
    tx.delete(scope, grant_rows, id=grant.id)
    if grant.role.id == OWNER:
        _check_owned(tx, scope, now)
    _tell(tx, scope, grant.user_id, now)


def owners(tx: Tx, scope: Scope) -> tuple[User, ...]:
    """Active people who own the company for ever."""
    rows = tx.all(scope, grant_rows, role_id=OWNER, place_id=scope.company_id)
    lasting = [row["user_id"] for row in rows if row["starts_at"] is None and row["ends_at"] is None]
    found = tx.all(scope, user_rows, user_rows.c.id.in_(lasting), user_rows.c.active.is_(True))
    return tuple(store.user_of(row) for row in found)


def _check_owned(tx: Tx, scope: Scope, now: datetime) -> None:
    if not owners(tx, scope):
        raise LastOwner


def _tell(tx: Tx, scope: Scope, user_id: str, now: datetime) -> None:
    outbox.append(tx, scope, RightsChanged(new_id("fact"), scope.company_id, now, user_id))


# -- roles -----------------------------------------------------------------------------------------------------------


def role_order(role: Role) -> tuple[int, str, str]:
    """What roles are ordered by: the shipped ones as the platform names them, then the company's own by name."""
    shipped = list(store.SHIPPED)
    return (shipped.index(role.id), "", "") if role.shipped else (len(shipped), sort_key(role.name), role.id)


def roles_by_name(tx: Tx, scope: Scope, *, after: tuple[Any, ...] | None = None, limit: int) -> list[Role]:
    """Roles in their order, those after the given place in it. A company has no more than can be sorted here."""
    every = sorted((*store.SHIPPED.values(), *store.own_roles(tx, scope)), key=role_order)
    return [role for role in every if after is None or role_order(role) > after][:limit]


def create_role(tx: Tx, scope: Scope, name: str, permissions: Collection[Permission], now: datetime) -> Role:
    """A role of the company's own. Raises `RoleNameTaken`, `BadInput` without permissions."""
    _check_role(tx, scope, name, permissions)
    if tx.count(scope, role_rows) >= ROLES_PER_COMPANY_MAX:
        raise Conflict(f"A company has at most {ROLES_PER_COMPANY_MAX} roles of its own. Remove one first.")
    values = {"id": new_id("role"), "name": name, "permissions": _written(permissions), "created_at": now}
    tx.insert(scope, role_rows, values)
    return store.role(tx, scope, str(values["id"]))


def change_role(
    tx: Tx, scope: Scope, role_id: str, now: datetime, *, name: str | None, permissions: Collection[Permission] | None
) -> Role:
    """Rename, or change what it gives, in force for everybody who has it. Shipped roles stay as they are: `RoleNotFound`."""
    role = _own_role(tx, scope, role_id)
    _check_role(tx, scope, name or role.name, role.permissions if permissions is None else permissions, role.id)
    values = {"name": name or role.name}
    if permissions is not None:
        values["permissions"] = _written(permissions)
    tx.update(scope, role_rows, values=values, id=role.id)
    outbox.append(tx, scope, RightsChanged(new_id("fact"), scope.company_id, now, None))
    return store.role(tx, scope, role_id)


def remove_role(tx: Tx, scope: Scope, role_id: str) -> None:
    """Raises `RoleNotFound`, `RoleInUse`."""
    role = _own_role(tx, scope, role_id)
    if tx.first(scope, grant_rows, role_id=role.id) is not None:
        raise RoleInUse
    tx.delete(scope, role_rows, id=role.id)


def _own_role(tx: Tx, scope: Scope, role_id: str) -> Role:
    role = store.role(tx, scope, role_id)
    if role.shipped:
        raise RoleNotFound("Shipped roles stay as they are. Make one of your own from the same permissions.")
    return role


def _check_role(tx: Tx, scope: Scope, name: str, permissions: Collection[Permission], role_id: str = "") -> None:
    if not permissions:
        raise BadInput("A role without permissions gives nothing. Choose at least one.")
    own = {role.id: role.name.casefold() for role in store.own_roles(tx, scope)}
    kept = own.pop(role_id, None) == name.casefold()  # one that was called so before stays
    if name.casefold() in own.values() or (name.casefold() in SHIPPED_NAMES and not kept):
        raise RoleNameTaken


def _written(permissions: Collection[Permission]) -> str:
    return json.dumps([one for one in PERMISSIONS if one in permissions])


def count_people(tx: Tx, scope: Scope, reach: Reach) -> tuple[int, int]:
    """How many active and how many deactivated people are at home within reach."""
    there = store.within(tx, scope, user_rows.c.place_id, reach)
    found = dict(tx.grouped(scope, user_rows, user_rows.c.active, where=(there,)))  # two values: no more than two rows
    return found.get(True, 0), found.get(False, 0)
