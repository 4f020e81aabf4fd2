"""Tells the rest of the house that somebody's sessions or sign-in have changed: facts in the same transaction."""

from __future__ import annotations

from datetime import datetime

from antiphon.clock import new_id
from antiphon.database import Scope, Tx, outbox
from antiphon.events import SessionsEnded, SignInChange, SignInChanged


def tell_ended(tx: Tx, scope: Scope, user_id: str, ended: tuple[str, ...], now: datetime) -> None:
    """Sockets that were signed on with these sessions close, in whichever company they are."""
    outbox.append(tx, scope, SessionsEnded(new_id("fact"), scope.company_id, now, user_id, ended))


def tell_changed(
    tx: Tx, scope: Scope, user_id: str, change: SignInChange, now: datetime, *, address: str | None = None
) -> None:
    """The person is told by mail, whoever did it: what was not theirs is noticed. `address`: where, if not at their own."""
    outbox.append(tx, scope, SignInChanged(new_id("fact"), scope.company_id, now, user_id, change, address))
