"""The second factor of a person: begun, confirmed, asked for at sign-in, removed. Functions take a transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from antiphon import tenancy
from antiphon.database import Scope, Tx
from antiphon.errors import TooMany
from antiphon.identity import codes, factor_store
from antiphon.identity.model import SecondFactor, SecondFactorNotFound, SecondFactorThere, WrongCode
from antiphon.identity.telling import tell_changed
from antiphon.limits import CODE_GUESSES_FREE, CODE_WAIT_MAX_S
from antiphon.tenancy import User


def state(tx: Tx, scope: Scope, user_id: str) -> SecondFactor | None:
    """The person's second factor, unless it was only begun."""
    row = factor_store.factor(tx, scope, user_id)
    if row is None or row["confirmed_at"] is None:
        return None
    return SecondFactor(row["confirmed_at"], factor_store.count_recovery_codes(tx, scope, user_id))


def begin(tx: Tx, key: str, user: User, now: datetime) -> str:
    """A secret for the person's authenticator app; asked for from `confirm` on. Raises `SecondFactorThere`."""
    scope = Scope(user.company_id)
    if factor_store.is_asked_for(tx, scope, user.id):
        raise SecondFactorThere
    secret = codes.new_secret()
    factor_store.add_factor(tx, scope, user.id, codes.seal(key, user.id, secret), now)
    return secret


def confirm(tx: Tx, key: str, user: User, code: str, now: datetime) -> tuple[str, ...]:
    """The app shows the right code: it is asked for from now on. The recovery codes, which are shown this once.

    Raises `SecondFactorNotFound` when none was begun, `SecondFactorThere`, `WrongCode`.
    """
    scope = Scope(user.company_id)
    row = factor_store.factor(tx, scope, user.id)
    if row is None:
        raise SecondFactorNotFound("Begin with a new secret first.")
    if row["confirmed_at"] is not None:
        raise SecondFactorThere
    period = codes.period_of(codes.unseal(key, user.id, row["secret_sealed"]), codes.plain(code), now)
    if period is None:
        raise WrongCode
    factor_store.change_factor(tx, scope, user.id, confirmed_at=now, last_period=period)
    tell_changed(tx, scope, user.id, "factor_added", now)
    return _new_recovery_codes(tx, key, user)


def renew_recovery_codes(tx: Tx, key: str, user: User, now: datetime) -> tuple[str, ...]:
    """Others in place of those that there were, shown this once. Raises `SecondFactorNotFound`."""
    scope = Scope(user.company_id)
    if not factor_store.is_asked_for(tx, scope, user.id):
        raise SecondFactorNotFound
    factor_store.remove_recovery_codes(tx, scope, user.id)
    tell_changed(tx, scope, user.id, "codes_renewed", now)
    return _new_recovery_codes(tx, key, user)


def remove(tx: Tx, scope: Scope, user_id: str, now: datetime) -> None:
    """The password is enough again; raises `SecondFactorNotFound`."""
    row = factor_store.factor(tx, scope, user_id)
    if row is None:
        raise SecondFactorNotFound
    factor_store.remove_factor(tx, scope, user_id)
    if row["confirmed_at"] is not None:  # what was only begun was asked for nowhere
        tell_changed(tx, scope, user_id, "factor_removed", now)


def remove_second_factor(tx: Tx, email: str, now: datetime) -> User:
    """Remove it from the machine itself, whoever the company is. Raises `UserNotFound`, `SecondFactorNotFound`."""
    row = tenancy.user_by_email(tx, email.strip().lower())
    if row is None:
        raise tenancy.UserNotFound("Nobody signs in with this e-mail address.")
    scope = Scope(row["company_id"])
    remove(tx, scope, row["id"], now)
    tenancy.record(tx, scope, None, now, "second_factor.removed", row["id"])
    return tenancy.user(tx, scope, row["id"])


def passes(tx: Tx, key: str, user: User, code: str, now: datetime) -> bool:
    """Whether that code is good now, for this once. A wrong one is counted: commit whatever the answer is.

    Raises `TooMany` while the person has to wait after too many wrong ones.
    """
    scope = Scope(user.company_id)
    row = factor_store.factor(tx, scope, user.id)
    if row is None or row["confirmed_at"] is None:
        return False
    # A clock that was set back lets nobody wait longer.
    if row["wrong_at"] is not None and row["wrong_at"] <= now < row["wrong_at"] + _wait(row["wrong_codes"]):
        raise TooMany
    if _is_good(tx, key, user, codes.plain(code), row, now):
        factor_store.change_factor(tx, scope, user.id, wrong_codes=0, wrong_at=None)
        return True
    factor_store.change_factor(tx, scope, user.id, wrong_codes=row["wrong_codes"] + 1, wrong_at=now)
    return False


def _new_recovery_codes(tx: Tx, key: str, user: User) -> tuple[str, ...]:
    made, scope = codes.new_recovery_codes(), Scope(user.company_id)
    factor_store.add_recovery_codes(tx, scope, user.id, (codes.recovery_hash(key, user.id, one) for one in made))
    return made


def _is_good(tx: Tx, key: str, user: User, code: str, row: factor_store.Row, now: datetime) -> bool:
    scope = Scope(user.company_id)
    if not codes.is_timed(code):
        return factor_store.use_recovery_code(tx, scope, user.id, codes.recovery_hash(key, user.id, code))
    period = codes.period_of(codes.unseal(key, user.id, row["secret_sealed"]), code, now)
    if period is None:
        return False
    before = factor_store.second_factors.c.last_period < period
    return factor_store.change_factor(tx, scope, user.id, before, last_period=period)


def _wait(wrong_codes: int) -> timedelta:
    if wrong_codes < CODE_GUESSES_FREE:
        return timedelta()
    doublings = min(wrong_codes - CODE_GUESSES_FREE, 32)
    return timedelta(seconds=min(2**doublings, CODE_WAIT_MAX_S))
