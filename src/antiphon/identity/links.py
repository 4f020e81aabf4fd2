"""Links that people follow to the portal's pages: made from the signing key whenever they are needed, never stored.

What stands after `#` stays in the browser: no server and no log on the way sees it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from antiphon import tenancy
from antiphon.database import PLATFORM, AnyScope, Tx
from antiphon.identity import store
from antiphon.identity.invitations import token_of
from antiphon.identity.model import ResetInvalid
from antiphon.identity.tokens import claimed_id, keyed_token, read_keyed_token
from antiphon.limits import PASSWORD_LINK_VALID_S
from antiphon.tenancy import User

_PASSWORD = "password link"  # noqa: S105 - what the token is for
_MINUTE_S = 60


def invitation_link(portal: str, signing_key: str, invitation_id: str) -> str:
    """The portal's page for that invitation; `portal` as `Settings.portal_address` gives it."""
    return f"{portal}/join#{token_of(signing_key, invitation_id)}"


def password_link_ends(asked_at: datetime) -> datetime:
    """When a link asked for at that moment is worth nothing any more: an hour later at most, at a full minute."""
    ends = asked_at + timedelta(seconds=PASSWORD_LINK_VALID_S)
    return ends.replace(second=0, microsecond=0)


def password_link(
    tx: Tx, scope: AnyScope, portal: str, signing_key: str, user_id: str, asked_at: datetime
) -> str | None:
    """The portal's page that sets a new password for that person, once; None for somebody who has no password to forget."""
    bound_to = _password_of(tx, scope, user_id)
    if bound_to is None:
        return None
    minute = int(password_link_ends(asked_at).timestamp()) // _MINUTE_S
    return f"{portal}/reset#{keyed_token(signing_key, _PASSWORD, user_id, minute, bound_to)}"


def user_of_password_link(tx: Tx, signing_key: str, token: str, now: datetime) -> User:
    """Whose password the link's token sets. Raises `ResetInvalid`: never made, used, too old, or of somebody deactivated.

    It is bound to the present password's hash and the address it went to: with the first use, or any other change of
    either, it is gone.
    """
    claimed = claimed_id(token)
    bound_to = _password_of(tx, PLATFORM, claimed) if claimed else None
    keyed = read_keyed_token(signing_key, _PASSWORD, token, bound_to) if bound_to else None
    if keyed is None or now.timestamp() >= keyed.number * _MINUTE_S:
        raise ResetInvalid
    return tenancy.user(tx, PLATFORM, keyed.id)


def _password_of(tx: Tx, scope: AnyScope, user_id: str) -> str | None:
    """The stored hash of somebody active, and their address; None for anybody else."""
    try:
        user = tenancy.user(tx, scope, user_id)
    except tenancy.UserNotFound:
        return None
    stored = store.password_hash(tx, scope, user_id) if user.active else None
    return f"{stored} {user.email}" if stored else None
