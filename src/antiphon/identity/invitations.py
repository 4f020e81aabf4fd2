"""Invitations: who may join with which role where, by a link that is used once. Functions take a transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any  # columns of every type

from antiphon import tenancy
from antiphon.clock import new_id
from antiphon.database import PLATFORM, Scope, Tx
from antiphon.errors import AntiphonError, Conflict
from antiphon.identity import store
from antiphon.identity.model import Invitation, InvitationForOther, InvitationInvalid, InvitationNotFound
from antiphon.identity.tokens import keyed_token, read_keyed_token
from antiphon.limits import INVITATION_VALID_DAYS
from antiphon.tenancy import Language, Principal, User

_INVITATION = "invitation"


def invite(
    tx: Tx,
    scope: Scope,
    *,
    email: str | None,
    name: str,
    role_id: str,
    place_id: str,
    language: Language,
    now: datetime,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    invited_by: str | None = None,
    mailed: bool = False,
) -> Invitation:
    """An invitation for whoever has its link; with `email` only for whoever signs in with that address. `mailed`: somebody
    will send the link there.

    Raises `RoleNotFound`, `PlaceNotFound`, `GrantInvalid`.
    """
    role, place = tenancy.role(tx, scope, role_id), tenancy.place(tx, scope, place_id)
    if ends_at is not None and ends_at <= (starts_at or now):
        raise tenancy.GrantInvalid
    values: dict[str, Any] = {
        "id": new_id("invitation"),
        "email": email,
        "name": name,
        "role_id": role.id,
        "place_id": place.id,
    }
    values |= {"language": language, "starts_at": starts_at, "ends_at": ends_at, "created_at": now}
    values |= {"mailed": mailed, "created_by": invited_by, "expires_at": now + timedelta(days=INVITATION_VALID_DAYS)}
    tx.insert(scope, store.invitation_rows, values)
    return store.invitation(tx, scope, str(values["id"]))


def token_of(key: str, invitation_id: str) -> str:
    """The secret part of the invitation's link; the same whenever it is asked for."""
    return keyed_token(key, _INVITATION, invitation_id)


def by_token(tx: Tx, key: str, token: str, now: datetime) -> Invitation:
    """The invitation behind a link. Raises `InvitationInvalid`: never made, used, withdrawn or too old."""
    keyed = read_keyed_token(key, _INVITATION, token)
    if keyed is None:
        raise InvitationInvalid
    try:
        found = store.invitation(tx, PLATFORM, keyed.id)
    except InvitationNotFound as error:
        raise InvitationInvalid from error
    if not found.open_at(now):
        raise InvitationInvalid
    return found


def join(
    tx: Tx, invitation: Invitation, *, name: str, email: str, password_hash: str, language: Language, now: datetime
) -> User:
    """A new person, with what the invitation gives; it is used up. Raises `EmailTaken`, `InvitationForOther`."""
    if invitation.email is not None and invitation.email != email:
        raise InvitationForOther
    scope = Scope(invitation.company_id)
    user = tenancy.create_user(
        tx,
        scope,
        name=name,
        email=email,
        password_hash=password_hash,
        now=now,
        language=language,
        place_id=invitation.place.id,
    )
    _use(tx, invitation, user, now)
    return user


def accept(tx: Tx, invitation: Invitation, user: User, now: datetime) -> None:
    """Somebody who signs in already, in whichever company, gets what the invitation gives. Raises `InvitationForOther`."""
    if invitation.email is not None and invitation.email != user.email:
        raise InvitationForOther
    _use(tx, invitation, user, now)


def withdraw(tx: Tx, scope: Scope, invitation_id: str) -> None:
    """The link is worth nothing from now on."""
    tx.delete(scope, store.invitation_rows, id=invitation_id)


def not_mailed(tx: Tx, scope: Scope, invitation_id: str) -> None:
    """The mail with its link could not be sent; whoever invites hands the link over in another way."""
    tx.update(scope, store.invitation_rows, values={"mailed": False}, id=invitation_id)


def forget_expired_invitations(tx: Tx, now: datetime) -> int:
    """Remove invitations that ran out long ago; returns how many."""
    before = now - timedelta(days=INVITATION_VALID_DAYS)
    return tx.delete(PLATFORM, store.invitation_rows, store.invitation_rows.c.expires_at <= before)


def _use(tx: Tx, invitation: Invitation, user: User, now: datetime) -> None:
    scope = Scope(invitation.company_id)
    unused = store.invitation_rows.c.used_at.is_(None)
    values = {"used_at": now, "used_by": user.id}
    if not tx.update(scope, store.invitation_rows, unused, values=values, id=invitation.id):
        raise InvitationInvalid
    try:
        tenancy.give(
            tx,
            scope,
            user.id,
            invitation.role.id,
            invitation.place.id,
            now,
            starts_at=invitation.starts_at,
            ends_at=invitation.ends_at,
            given_by=invitation.created_by,
        )
    except Conflict as error:
        raise AlreadyMember from error
    themselves = Principal(user.id, user.company_id, user.name)
    tenancy.record(tx, scope, themselves, now, "invitation.used", invitation.id, user_id=user.id)


class AlreadyMember(AntiphonError):
    """The person has what the invitation gives."""

    code = "already_member"
    http_status = 409
    sip_status = 409
    title = "You have this role there already. Nothing was changed."
