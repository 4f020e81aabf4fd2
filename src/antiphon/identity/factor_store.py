"""Second factors and passkeys in the database. The company is the person's own, also while they act in another one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from antiphon.clock import new_id
from antiphon.database import PLATFORM, AnyScope, Scope, Tx, UtcTime, explain, tenant_table
from antiphon.identity.model import Passkey, PasskeyNotFound
from antiphon.limits import SIGN_IN_STEP_S

second_factors = tenant_table(
    "second_factors",
    sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("secret_sealed", sa.String(200), nullable=False),
    sa.Column("begun_at", UtcTime, nullable=False),
    sa.Column("confirmed_at", UtcTime, nullable=True),  # from then on it is asked for
    sa.Column("last_period", sa.BigInteger, nullable=False),  # of the last code that was taken: none before it is good
    sa.Column("wrong_codes", sa.Integer, nullable=False),  # in a row
    sa.Column("wrong_at", UtcTime, nullable=True),
)
recovery_codes = tenant_table(
    "recovery_codes",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("code_hash", sa.String(64), nullable=False),
)
passkeys = tenant_table(
    "passkeys",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("credential_id", sa.String(1400), nullable=False, unique=True),  # base64url of at most 1,023 bytes
    sa.Column("public_key", sa.Text, nullable=False),  # base64 of a COSE key
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("rp_id", sa.String(253), nullable=False),  # the name of the portal it was made for
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("last_used_at", UtcTime, nullable=True),
)
# Challenges that were answered, until they would have ended by themselves: each is good for one answer.
used_challenges = tenant_table(
    "used_challenges",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("expires_at", UtcTime, nullable=False, index=True),
)
explain(
    second_factors,
    "Time-based codes that people are asked for beside their password (RFC 6238).",
    user_id="Whose it is.",
    secret_sealed="The shared secret, encrypted with a key that is not in the database.",  # noqa: S106
    begun_at="When it was begun.",
    confirmed_at="When the first code was right; null: it is not asked for yet.",
    last_period="The period of the last code that was taken; none up to it is good again.",
    wrong_codes="How many codes in a row were wrong.",
    wrong_at="When the last wrong one came; null: none did.",
)
explain(
    recovery_codes,
    "Codes for whoever has lost their second factor; each is removed when it is used.",
    user_id="Whose it is.",
    code_hash="A hash of the code, which itself is stored nowhere.",
)
explain(
    passkeys,
    "Passkeys that people sign in with (WebAuthn).",
    user_id="Whose it is.",
    credential_id="Its id at the authenticator, base64url.",
    public_key="Its public key (COSE), base64.",
    sign_count="The authenticator's counter at the last use.",
    rp_id="The name of the portal that it was made for.",
    last_used_at="When it was last used; null: never.",
)
explain(used_challenges, "Challenges that were answered: each is good for one answer.")

Row = Mapping[Any, Any]  # Any: a row of whichever table; the functions below give it its type


def factor(tx: Tx, scope: AnyScope, user_id: str) -> Row | None:
    """The person's second factor, also one that was only begun."""
    return tx.first(scope, second_factors, user_id=user_id)


def is_asked_for(tx: Tx, scope: AnyScope, user_id: str) -> bool:
    """Whether the person's password is not enough."""
    row = factor(tx, scope, user_id)
    return row is not None and row["confirmed_at"] is not None


def add_factor(tx: Tx, scope: Scope, user_id: str, sealed: str, now: datetime, *, confirmed: bool = False) -> None:
    """A second factor in place of one that was only begun."""
    remove_factor(tx, scope, user_id)
    values: dict[str, Any] = {"user_id": user_id, "secret_sealed": sealed, "begun_at": now}
    values |= {"confirmed_at": now if confirmed else None, "last_period": 0, "wrong_codes": 0, "wrong_at": None}
    tx.insert(scope, second_factors, values)


def change_factor(tx: Tx, scope: Scope, user_id: str, *where: sa.ColumnElement[bool], **values: Any) -> bool:
    """Change the person's second factor where it meets every condition; whether it did."""
    return tx.update(scope, second_factors, *where, values=values, user_id=user_id) > 0


def remove_factor(tx: Tx, scope: Scope, user_id: str) -> None:
    """Remove it with its recovery codes."""
    remove_recovery_codes(tx, scope, user_id)
    tx.delete(scope, second_factors, user_id=user_id)


def add_recovery_codes(tx: Tx, scope: Scope, user_id: str, hashes: Iterable[str]) -> None:
    for code_hash in hashes:
        tx.insert(scope, recovery_codes, {"id": new_id("recovery"), "user_id": user_id, "code_hash": code_hash})


def remove_recovery_codes(tx: Tx, scope: Scope, user_id: str) -> None:
    tx.delete(scope, recovery_codes, user_id=user_id)


def use_recovery_code(tx: Tx, scope: Scope, user_id: str, code_hash: str) -> bool:
    """Whether this was one of the person's codes; it is one no more."""
    return tx.delete(scope, recovery_codes, user_id=user_id, code_hash=code_hash) > 0


def count_recovery_codes(tx: Tx, scope: Scope, user_id: str) -> int:
    return tx.count(scope, recovery_codes, user_id=user_id)


# -- passkeys --------------------------------------------------------------------------------------------------------


def passkeys_of(tx: Tx, scope: Scope, user_id: str) -> tuple[Passkey, ...]:
    """The person's passkeys, the oldest first."""
    rows = tx.all(scope, passkeys, user_id=user_id, order_by=(passkeys.c.created_at, passkeys.c.id))
    return tuple(_passkey(row) for row in rows)


def passkey_by_credential(tx: Tx, credential_id: str) -> Passkey | None:
    """The passkey of whichever person; nobody is known yet."""
    row = tx.first(PLATFORM, passkeys, credential_id=credential_id)
    return _passkey(row) if row is not None else None


def add_passkey(
    tx: Tx,
    scope: Scope,
    user_id: str,
    *,
    credential_id: str,
    public_key: str,
    sign_count: int,
    rp_id: str,
    name: str,
    now: datetime,
) -> Passkey:
    values: dict[str, Any] = {"id": new_id("passkey"), "user_id": user_id, "credential_id": credential_id}
    values |= {"public_key": public_key, "sign_count": sign_count, "rp_id": rp_id, "name": name, "created_at": now}
    tx.insert(scope, passkeys, values | {"last_used_at": None})
    return _own_passkey(tx, scope, user_id, values["id"])


def rename_passkey(tx: Tx, scope: Scope, user_id: str, passkey_id: str, name: str) -> Passkey:
    """Raises `PasskeyNotFound`."""
    tx.update(scope, passkeys, values={"name": name}, id=passkey_id, user_id=user_id)
    return _own_passkey(tx, scope, user_id, passkey_id)


def use_passkey(tx: Tx, scope: Scope, passkey: Passkey, sign_count: int, now: datetime) -> bool:
    """Note that it was used; False when it is gone or was used meanwhile."""
    values = {"sign_count": sign_count, "last_used_at": now}
    return tx.update(scope, passkeys, values=values, id=passkey.id, sign_count=passkey.sign_count) > 0


def remove_passkey(tx: Tx, scope: Scope, user_id: str, passkey_id: str) -> Passkey:
    """Returns what it was; raises `PasskeyNotFound`."""
    removed = _own_passkey(tx, scope, user_id, passkey_id)
    tx.delete(scope, passkeys, id=passkey_id, user_id=user_id)
    return removed


def remove_passkeys(tx: Tx, scope: Scope, user_id: str) -> int:
    """Remove all of the person's; returns how many there were."""
    return tx.delete(scope, passkeys, user_id=user_id)


def _own_passkey(tx: Tx, scope: Scope, user_id: str, passkey_id: str) -> Passkey:
    row = tx.first(scope, passkeys, id=passkey_id, user_id=user_id)
    if row is None:
        raise PasskeyNotFound
    return _passkey(row)


def _passkey(row: Row) -> Passkey:
    return Passkey(
        id=row["id"],
        user_id=row["user_id"],
        company_id=row["company_id"],
        credential_id=row["credential_id"],
        public_key=row["public_key"],
        sign_count=row["sign_count"],
        rp_id=row["rp_id"],
        name=row["name"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
    )


# -- challenges ------------------------------------------------------------------------------------------------------


def use_challenge(tx: Tx, scope: Scope, challenge_id: str, now: datetime) -> bool:
    """Whether nobody answered this challenge before; from now on somebody has."""
    if tx.first(scope, used_challenges, id=challenge_id) is not None:
        return False
    ends = now + timedelta(seconds=SIGN_IN_STEP_S)  # it was made before now
    tx.insert(scope, used_challenges, {"id": challenge_id, "expires_at": ends})
    return True


def forget_used_challenges(tx: Tx, now: datetime) -> int:
    """Remove challenges that have ended anyway; returns how many."""
    return tx.delete(PLATFORM, used_challenges, used_challenges.c.expires_at <= now)
