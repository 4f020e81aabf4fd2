"""Companies, places, people, roles and grants in the database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from antiphon.database import (
    PLATFORM,
    AnyScope,
    Scope,
    Tx,
    UtcTime,
    below,
    binary_text,
    explain,
    metadata,
    placed,
    tenant_table,
)
from antiphon.limits import NAMED_IDS_MAX, PLACE_PATH_MAX_CHARS, PLACE_TRAIL_MAX_CHARS
from antiphon.tenancy.model import (
    Company,
    Grant,
    GrantNotFound,
    Place,
    PlaceNotFound,
    Role,
    RoleNotFound,
    User,
    UserNotFound,
)
from antiphon.tenancy.rights import PERMISSIONS, SHIPPED_ROLES, GrantedRole, Permission, Reach, Rights

companies = sa.Table(
    "companies",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)
# S1: the whole tree. The company itself is its root, with the company's own id and the path `/`.
place_rows = tenant_table(
    "places",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("parent_id", sa.String(40), sa.ForeignKey("places.id"), nullable=True, index=True),
    sa.Column("site_id", sa.String(40), nullable=True, index=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("sort_key", binary_text(120), nullable=False),
    sa.Column("path", binary_text(PLACE_PATH_MAX_CHARS), nullable=False),
    sa.Column("trail", sa.String(PLACE_TRAIL_MAX_CHARS), nullable=False),
    sa.Column("time_zone", sa.String(64), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("own_time_zone", sa.Boolean, nullable=False, default=False),
    sa.Column("own_language", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("ix_places_path", "company_id", "path"),
    sa.Index("ix_places_sorted", "company_id", "kind", "sort_key", "id"),
    sa.Index("ix_places_children", "company_id", "parent_id", "sort_key", "id"),
)
user_rows = tenant_table(
    "users",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("email", sa.String(254), nullable=False, unique=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("sort_key", binary_text(120), nullable=False),
    sa.Column("place_id", sa.String(40), sa.ForeignKey("places.id"), nullable=False, index=True),
    sa.Column("language", sa.String(8), nullable=True),
    sa.Column(
        "password_hash", sa.String(200), nullable=True
    ),  # None: signs in by passkey, or by the company's own sign-in
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("ix_users_sorted", "company_id", "sort_key", "id"),
    sa.Index("ix_users_active", "company_id", "active", "sort_key", "id"),
)
role_rows = tenant_table(
    "roles",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("permissions", sa.Text, nullable=False),  # JSON list
    sa.Column("created_at", UtcTime, nullable=False),
)
grant_rows = tenant_table(
    "grants",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("role_id", sa.String(40), nullable=False, index=True),  # a shipped role has no row
    sa.Column("place_id", sa.String(40), sa.ForeignKey("places.id"), nullable=False, index=True),
    sa.Column("starts_at", UtcTime, nullable=True),
    sa.Column("ends_at", UtcTime, nullable=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", sa.String(40), nullable=True),  # None: whoever runs the machine
    sa.Column("of_guest", sa.Boolean, nullable=False, default=False),
    sa.Index("ix_grants_page", "company_id", "id"),
    sa.Index("ix_grants_guests", "company_id", "of_guest", "id"),
)
explain(companies, "The tenants. Every other row belongs to one of them.", id="Its id, `company_...`.")
explain(
    place_rows,
    "The tree of places (record 0020): the company at the root, projects, sites and folders in it.",
    id="Its id; the root has the company's own.",
    kind="company, project, site or folder.",
    parent_id="The place it lies in; null: the root.",
    site_id="The site it is or lies in; null above sites.",
    path="Ids from the root to itself, `/project/site/folder/`; compared byte by byte.",
    trail="The same way in words, from the site on.",
    time_zone="IANA name.",
    language="What stations here speak: de or en.",
    own_time_zone="Whether the zone was chosen here; else it is that of the nearest place around it that has its own.",
    own_language="The same of the language.",
)
explain(
    user_rows,
    "People who sign in.",
    email="What they sign in with; one person in the whole installation.",
    language="de or en; null: their browser's.",
    password_hash="argon2id (RFC 9106); null: they have no password.",  # noqa: S106 words about it
    active="Whether they may sign in.",
)
explain(role_rows, "Roles that a company made for itself; the shipped ones stand in code.", permissions="JSON list.")
explain(
    grant_rows,
    "Who has which role where, from when until when. People of other companies may have grants too.",
    user_id="Who has it.",
    role_id="A role of the company's own, or a shipped one, which has no row.",
    of_guest="Whether that person is another company's.",
)

Row = Mapping[Any, Any]  # Any: a row of whichever table; the functions below give it its type
SHIPPED: dict[str, Role] = {
    f"role_{name}": Role(f"role_{name}", "", permissions, True) for name, permissions in SHIPPED_ROLES.items()
}
OWNER = "role_owner"


# -- companies and places --------------------------------------------------------------------------------------------


def company(tx: Tx, company_id: str) -> Company:
    """One company; raises `PlaceNotFound`."""
    row = tx.first(Scope(company_id), companies)
    if row is None:
        raise PlaceNotFound
    return Company(row["id"], row["name"])


def every_company(tx: Tx) -> tuple[Company, ...]:
    """All companies of the installation by name: for whoever runs the machine, never behind a request."""
    return tuple(Company(row["id"], row["name"]) for row in tx.all(PLATFORM, companies, order_by=(companies.c.name,)))


def place(tx: Tx, scope: Scope, place_id: str) -> Place:
    """One place of the company; raises `PlaceNotFound`."""
    row = tx.first(scope, place_rows, id=place_id)
    if row is None:
        raise PlaceNotFound
    return place_of(row)


def paths_of(tx: Tx, scope: Scope, place_ids: Iterable[str]) -> dict[str, str]:
    """The path of each of these places."""
    wanted = tuple(place_ids)
    if len(wanted) > NAMED_IDS_MAX:  # nearly all: one walk along the index of paths, which end with the place's own id
        every = tx.values(scope, place_rows.c.path)
        return {path.rsplit("/", 2)[-2] or scope.company_id: path for path in every}
    rows = tx.all(scope, place_rows, place_rows.c.id.in_(wanted))
    return {row["id"]: row["path"] for row in rows}


def places_of(tx: Tx, scope: Scope, place_ids: Iterable[str]) -> dict[str, Place]:
    """These places by id."""
    return {row["id"]: place_of(row) for row in tx.all(scope, place_rows, place_rows.c.id.in_(tuple(place_ids)))}


def within(tx: Tx, scope: Scope, place_id: sa.ColumnElement[Any], reach: Reach) -> sa.ColumnElement[bool]:
    """The condition that a row's place lies within reach: what filters lists by the rule that decides for one thing.

    A few places are named one by one, so that the database looks at what lies there and at nothing else. Where they are many,
    it walks through the list in its order and soon has a page of it.
    """
    if reach.everywhere:
        return sa.true()
    named = tx.few(scope, place_rows.c.id, below(place_rows.c.path, reach.prefixes), most=NAMED_IDS_MAX)
    return place_id.in_(named) if named is not None else placed(place_id, place_rows, reach.prefixes)


def places_joined(place_id: sa.Column[Any]) -> tuple[sa.Column[Any], sa.Column[Any]]:
    """What joins a row's place to a question, for `Tx.joined` and `Tx.page`; `place_of` takes the row that comes of it."""
    return place_rows.c.id, place_id


def with_children(tx: Tx, scope: Scope, place_ids: Iterable[str], reach: Reach) -> frozenset[str]:
    """Those of these places that have places directly in them which are within reach."""
    inner = place_rows.c.parent_id.in_(tuple(place_ids)), below(place_rows.c.path, reach.prefixes)
    return frozenset(parent for parent, _ in tx.grouped(scope, place_rows, place_rows.c.parent_id, where=inner))


def sites_of(tx: Tx, scope: Scope) -> tuple[Place, ...]:
    """The company's sites by name."""
    rows = tx.all(scope, place_rows, place_rows.c.kind == "site", order_by=(place_rows.c.sort_key, place_rows.c.id))
    return tuple(place_of(row) for row in rows)


def place_of(row: Row) -> Place:
    """A place from its row."""
    return Place(
        id=row["id"],
        company_id=row["company_id"],
        kind=row["kind"],
        parent_id=row["parent_id"],
        site_id=row["site_id"],
        name=row["name"],
        path=row["path"],
        trail=row["trail"],
        time_zone=row["time_zone"],
        language=row["language"],
        own_time_zone=row["own_time_zone"],
        own_language=row["own_language"],
    )


# -- people ----------------------------------------------------------------------------------------------------------


def users(tx: Tx, scope: Scope) -> tuple[User, ...]:
    """The company's people by name, deactivated ones included: for small companies and the machine itself."""
    return tuple(user_of(row) for row in tx.all(scope, user_rows, order_by=(user_rows.c.sort_key, user_rows.c.id)))


def user(tx: Tx, scope: AnyScope, user_id: str) -> User:
    """One person; raises `UserNotFound`."""
    row = tx.first(scope, user_rows, id=user_id)
    if row is None:
        raise UserNotFound
    return user_of(row)


def active_people(tx: Tx, user_ids: Iterable[str]) -> dict[str, User]:
    """Those of these people who are active, in the given order, whichever company is their own."""
    wanted = tuple(user_ids)
    found = {
        row["id"]: user_of(row) for row in tx.all(PLATFORM, user_rows, user_rows.c.id.in_(wanted)) if row["active"]
    }
    return {user_id: found[user_id] for user_id in wanted if user_id in found}


def active_ids(tx: Tx, user_ids: Iterable[str]) -> tuple[str, ...]:
    """The ids of `active_people`."""
    return tuple(active_people(tx, user_ids))


def user_by_email(tx: Tx, email: str) -> Row | None:
    """The row of whoever signs in with this address, in any company: nobody is known yet. `email` in lower case."""
    return tx.first(PLATFORM, user_rows, email=email)


def user_of(row: Row) -> User:
    """A person from their row."""
    return User(
        row["id"], row["company_id"], row["name"], row["email"], row["active"], row["place_id"], row["language"]
    )


# -- roles and grants ------------------------------------------------------------------------------------------------


def role(tx: Tx, scope: Scope, role_id: str) -> Role:
    """A shipped role or one of the company's own; raises `RoleNotFound`."""
    if role_id in SHIPPED:
        return SHIPPED[role_id]
    row = tx.first(scope, role_rows, id=role_id)
    if row is None:
        raise RoleNotFound
    return role_of(row)


def own_roles(tx: Tx, scope: Scope) -> tuple[Role, ...]:
    """The roles that the company made, by name."""
    return tuple(role_of(row) for row in tx.all(scope, role_rows, order_by=(role_rows.c.name, role_rows.c.id)))


def role_of(row: Row) -> Role:
    """A role from its row; what this release does not know any more is left out."""
    known: frozenset[Permission] = frozenset(PERMISSIONS)
    return Role(row["id"], row["name"], known & frozenset(json.loads(row["permissions"])), False)


def roles_by_id(tx: Tx, scope: Scope, role_ids: Iterable[str]) -> dict[str, Role]:
    """These roles; own ones are asked for only where one is among them."""
    wanted = set(role_ids)
    found = {role_id: SHIPPED[role_id] for role_id in wanted & SHIPPED.keys()}
    own = wanted - found.keys()
    if own:
        found |= {row["id"]: role_of(row) for row in tx.all(scope, role_rows, role_rows.c.id.in_(own))}
    return found


def grants_of_user(tx: Tx, scope: Scope, user_id: str) -> tuple[Grant, ...]:
    """Everything that person was given in this company, ended grants included."""
    return grants_from(
        tx, scope, tx.joined(scope, grant_rows, (place_rows.c.id, grant_rows.c.place_id), user_id=user_id)
    )


def grant(tx: Tx, scope: Scope, grant_id: str) -> Grant:
    """One grant of the company; raises `GrantNotFound`."""
    for found in grants_from(
        tx, scope, tx.joined(scope, grant_rows, (place_rows.c.id, grant_rows.c.place_id), id=grant_id)
    ):
        return found
    raise GrantNotFound


def grants_from(tx: Tx, scope: Scope, rows: Sequence[Sequence[Row]]) -> tuple[Grant, ...]:
    """Grants from rows of grants and their places."""
    roles = roles_by_id(tx, scope, (row[0]["role_id"] for row in rows))
    return tuple(
        Grant(row["id"], row["user_id"], roles[row["role_id"]], place_of(its_place), row["starts_at"], row["ends_at"])
        for row, its_place, *_ in rows
    )


def rights_of_user(tx: Tx, scope: Scope, user_id: str, now: datetime) -> Rights:
    """What that person may do in this company now."""
    return Rights.at((granted(one) for one in grants_of_user(tx, scope, user_id)), now)


def granted(one: Grant) -> GrantedRole:
    """The grant as the policy sees it."""
    return GrantedRole(one.role.permissions, one.place.path, one.starts_at, one.ends_at)


def holders(
    tx: Tx, scope: Scope, permission: Permission, path: str, now: datetime, among: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    """Active people who have that permission for things at that place: `among` these in their order, else all by id."""
    return active_ids(tx, granted_to(tx, scope, permission, path, now, among))


def granted_to(
    tx: Tx, scope: Scope, permission: Permission, path: str, now: datetime, among: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    """As `holders`, with those who are not active."""
    role_ids = [role_id for role_id, one in SHIPPED.items() if permission in one.permissions]
    role_ids += [one.id for one in own_roles(tx, scope) if permission in one.permissions]
    steps = path.strip("/").split("/")
    outer = [scope.company_id, *(step for step in steps if step)]
    where = [grant_rows.c.role_id.in_(role_ids), grant_rows.c.place_id.in_(outer)]
    if among is not None:
        where.append(grant_rows.c.user_id.in_(among))
    rows = tx.all(scope, grant_rows, *where)
    in_force = {
        row["user_id"] for row in rows if GrantedRole(frozenset(), path, row["starts_at"], row["ends_at"]).in_force(now)
    }
    return tuple(sorted(in_force) if among is None else [user_id for user_id in among if user_id in in_force])
