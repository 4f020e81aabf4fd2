"""Sessions, invitations and API keys in the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from antiphon import tenancy
from antiphon.database import PLATFORM, AnyScope, Scope, Tx, UtcTime, explain, tenant_table
from antiphon.identity.model import ApiKey, ApiKeyNotFound, Invitation, InvitationNotFound, Session
from antiphon.tenancy import (
    Named,
    Place,
    PlaceHasInvitations,
    PlaceHasKeys,
    Reach,
    Rights,
    place_of,
    place_rows,
    roles_by_id,
    user_rows,
)

# The company is the person's own, also while they act in another one.
user_sessions = tenant_table(
    "user_sessions",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("generation", sa.Integer, nullable=False),  # how often the refresh token was replaced
    sa.Column("replaced_at", UtcTime, nullable=False),
    sa.Column("signed_in_at", UtcTime, nullable=False),  # when the password was entered last
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False, index=True),
    sa.Column("client", sa.String(200), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
)
invitation_rows = tenant_table(
    "invitations",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("email", sa.String(254), nullable=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("role_id", sa.String(40), nullable=False),
    sa.Column("place_id", sa.String(40), sa.ForeignKey("places.id"), nullable=False, index=True),
    sa.Column("starts_at", UtcTime, nullable=True),
    sa.Column("ends_at", UtcTime, nullable=True),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", sa.String(40), nullable=True),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("used_at", UtcTime, nullable=True),
    sa.Column("used_by", sa.String(40), nullable=True),
    sa.Column("mailed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_invitations_page", "company_id", "id"),
)
api_keys = tenant_table(
    "api_keys",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("secret_hash", sa.String(64), nullable=False),
    sa.Column("role_id", sa.String(40), nullable=False),
    sa.Column("place_id", sa.String(40), sa.ForeignKey("places.id"), nullable=False, index=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", sa.String(40), nullable=True),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("last_used_at", UtcTime, nullable=True),
)
explain(
    user_sessions,
    "Where people are signed in (record 0021).",
    user_id="Whose session.",
    generation="How often the refresh token was replaced; an older one ends the session.",
    replaced_at="When it was replaced last.",
    signed_in_at="When the password was entered last.",
    expires_at="When the session ends by itself.",
    client="The browser, as it names itself.",
    address="The address it was refreshed from last.",
)
explain(
    invitation_rows,
    "Invitations to a role; the token in the link is stored nowhere.",
    email="Whom it is meant for; null: whoever has the link.",
    name="Whom it is meant for, in words.",
    role_id="The role it gives.",
    starts_at="From when the role holds; null: at once.",
    ends_at="Until when the role holds; null: without an end.",
    language="de or en.",
    used_at="When somebody joined by it; null: still open.",
    used_by="Who joined by it.",
    mailed="Whether a mail with its link was or will be sent.",
)
explain(
    api_keys,
    "Keys that programs sign in with.",
    secret_hash="SHA-256 of the secret, which is shown once.",  # noqa: S106 words about it
    role_id="What it may do.",
    last_used_at="When it was used last; null: never.",
)

Row = Mapping[Any, Any]  # Any: a row of whichever table; the functions below give it its type


# -- sessions --------------------------------------------------------------------------------------------------------


def add_session(
    tx: Tx,
    scope: Scope,
    session_id: str,
    user_id: str,
    now: datetime,
    ends: datetime,
    client: str = "",
    address: str = "",
) -> None:
    """A session of somebody who has just proved who they are."""
    values = {"id": session_id, "user_id": user_id, "generation": 0, "replaced_at": now, "signed_in_at": now}
    values |= {"created_at": now, "expires_at": ends, "client": client[:200], "address": address[:64]}
    tx.insert(scope, user_sessions, values)


def session_row(tx: Tx, session_id: str, now: datetime) -> Row | None:
    """The session of whichever company, unless it has run out."""
    return tx.first(PLATFORM, user_sessions, user_sessions.c.expires_at > now, id=session_id)


def session_alive(tx: Tx, session_id: str, user_id: str, now: datetime) -> bool:
    """Whether the session still runs and its user is active."""
    session = session_row(tx, session_id, now)
    if session is None or session["user_id"] != user_id:
        return False
    return tx.first(PLATFORM, user_rows, user_rows.c.active.is_(True), id=user_id) is not None


def sessions_of(tx: Tx, scope: Scope, user_id: str, now: datetime) -> tuple[Session, ...]:
    """The person's sessions that still run, the one used last first."""
    theirs = tx.all(scope, user_sessions, user_sessions.c.expires_at > now, user_id=user_id)
    return tuple(sorted((session_of(row) for row in theirs), key=lambda one: one.last_used_at, reverse=True))


def session_of(row: Row) -> Session:
    """A session from its row."""
    return Session(
        id=row["id"],
        user_id=row["user_id"],
        company_id=row["company_id"],
        signed_in_at=row["signed_in_at"],
        created_at=row["created_at"],
        last_used_at=row["replaced_at"],
        expires_at=row["expires_at"],
        client=row["client"],
        address=row["address"],
    )


def end_sessions(tx: Tx, scope: Scope, user_id: str, *, keep: str = "", only: str = "") -> tuple[str, ...]:
    """End the user's sessions but `keep`, or `only` this one; the ids of those that were."""
    where = [user_sessions.c.user_id == user_id, user_sessions.c.id != keep]
    if only:
        where.append(user_sessions.c.id == only)
    ended = tuple(row["id"] for row in tx.all(scope, user_sessions, *where, order_by=(user_sessions.c.id,)))
    tx.delete(scope, user_sessions, *where)
    return ended


# -- passwords -------------------------------------------------------------------------------------------------------


def password_hash(tx: Tx, scope: AnyScope, user_id: str) -> str | None:
    """The stored hash; None for a person without a password, or without being here."""
    row = tx.first(scope, user_rows, id=user_id)
    return row["password_hash"] if row else None


def set_password_hash(tx: Tx, scope: Scope, user_id: str, hashed: str) -> None:
    tx.update(scope, user_rows, values={"password_hash": hashed}, id=user_id)


# -- invitations -----------------------------------------------------------------------------------------------------


def invitation(tx: Tx, scope: AnyScope, invitation_id: str) -> Invitation:
    """One invitation; raises `InvitationNotFound`."""
    for row, its_place in tx.joined(
        scope, invitation_rows, (place_rows.c.id, invitation_rows.c.place_id), id=invitation_id
    ):
        roles = roles_by_id(tx, Scope(row["company_id"]), [row["role_id"]])
        if row["role_id"] in roles:
            return _invitation(row, its_place, roles[row["role_id"]])
    raise InvitationNotFound


def count_invitations(tx: Tx, scope: Scope, reach: Reach, now: datetime) -> int:
    """How many invitations within reach wait for somebody."""
    return tx.count(scope, invitation_rows, *_waiting(tx, scope, reach, now))


def _waiting(tx: Tx, scope: Scope, reach: Reach, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        tenancy.within(tx, scope, invitation_rows.c.place_id, reach),
        invitation_rows.c.used_at.is_(None),
        invitation_rows.c.expires_at > now,
    )


def invitations(
    tx: Tx, scope: Scope, reach: Reach, now: datetime, *, after: Sequence[Any] | None = None, limit: int
) -> tuple[Invitation, ...]:  # Any: a cursor's values
    """Those within reach that nobody used and that have not run out, the newest first, those after the given id."""
    rows = tx.page(
        scope,
        invitation_rows,
        (place_rows.c.id, invitation_rows.c.place_id),
        where=_waiting(tx, scope, reach, now),
        order_by=(invitation_rows.c.id,),
        after=after,
        descending=True,
        limit=limit,
    )
    roles = roles_by_id(tx, scope, (row["role_id"] for row, _ in rows))
    return tuple(_invitation(row, its_place, roles[row["role_id"]]) for row, its_place in rows)


def _invitation(row: Row, its_place: Row, role: tenancy.Role) -> Invitation:
    return Invitation(
        id=row["id"],
        company_id=row["company_id"],
        email=row["email"],
        name=row["name"],
        role=role,
        place=place_of(its_place),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        language=row["language"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
        used_by=row["used_by"],
        mailed=row["mailed"],
    )


def named(tx: Tx, scope: Scope, ids: Sequence[str]) -> Iterator[Named]:
    """What these keys and invitations are called."""
    for row in tx.all(scope, api_keys, api_keys.c.id.in_(ids)):
        yield Named(row["id"], "key", row["name"], row["place_id"])
    for row in tx.all(scope, invitation_rows, invitation_rows.c.id.in_(ids)):
        yield Named(row["id"], "invitation", row["name"], row["place_id"])


# -- places and roles that go ----------------------------------------------------------------------------------------


def leave_place(tx: Tx, scope: Scope, place: Place) -> None:
    """The place goes, and with it invitations there that were used or ran out. Raises `PlaceNotEmpty` while one is open or a
    key holds there."""
    if tx.first(scope, api_keys, place_id=place.id) is not None:
        raise PlaceHasKeys
    if tx.first(scope, invitation_rows, invitation_rows.c.used_at.is_(None), place_id=place.id) is not None:
        raise PlaceHasInvitations
    tx.delete(scope, invitation_rows, place_id=place.id)


def role_used(tx: Tx, scope: Scope, role_id: str) -> bool:
    """Whether a key or an open invitation has that role."""
    if tx.first(scope, api_keys, role_id=role_id) is not None:
        return True
    return tx.first(scope, invitation_rows, invitation_rows.c.used_at.is_(None), role_id=role_id) is not None


# -- API keys --------------------------------------------------------------------------------------------------------


def key_of_secret(tx: Tx, key_id: str, secret_hash: str, now: datetime) -> ApiKey | None:
    """The key, when the secret is its own and it has not run out; nobody is known yet."""
    for row, its_place in tx.joined(PLATFORM, api_keys, (place_rows.c.id, api_keys.c.place_id), id=key_id):
        if row["secret_hash"] == secret_hash and row["expires_at"] > now:
            return _key(row, its_place, tenancy.role(tx, Scope(row["company_id"]), row["role_id"]))
    return None


def api_key(tx: Tx, scope: Scope, key_id: str) -> ApiKey:
    """One key of the company; raises `ApiKeyNotFound`."""
    for row, its_place in tx.joined(scope, api_keys, (place_rows.c.id, api_keys.c.place_id), id=key_id):
        return _key(row, its_place, tenancy.role(tx, scope, row["role_id"]))
    raise ApiKeyNotFound


def api_keys_within(
    tx: Tx, scope: Scope, reach: Reach, *, after: Sequence[Any] | None = None, limit: int
) -> tuple[ApiKey, ...]:  # Any: a cursor's values
    """The company's keys that hold at places within reach, the newest first, those after the given id."""
    rows = tx.page(
        scope,
        api_keys,
        (place_rows.c.id, api_keys.c.place_id),
        where=(tenancy.within(tx, scope, api_keys.c.place_id, reach),),
        order_by=(api_keys.c.id,),
        after=after,
        descending=True,
        limit=limit,
    )
    roles = roles_by_id(tx, scope, (row["role_id"] for row, _ in rows))
    return tuple(_key(row, its_place, roles[row["role_id"]]) for row, its_place in rows)


def rights_of_key(key: ApiKey, now: datetime) -> Rights:
    """What a program with that key may do."""
    return Rights.at([tenancy.GrantedRole(key.role.permissions, key.place.path, None, key.expires_at)], now)


def _key(row: Row, its_place: Row, role: tenancy.Role) -> ApiKey:
    return ApiKey(
        id=row["id"],
        company_id=row["company_id"],
        name=row["name"],
        role=role,
        place=place_of(its_place),
        created_at=row["created_at"],
        created_by=row["created_by"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
    )
