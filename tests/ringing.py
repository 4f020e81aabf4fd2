"""Who would ring for a button when everybody is there, as ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from antiphon import devices, directory
from antiphon.database import Scope, Tx
from antiphon.directory import rings


def accounts(tx: Tx, scope: Scope, ids: Sequence[str]) -> dict[str, str]:
    """What these accounts are called."""
    return {one: account.name for one, account in devices.accounts_named(tx, scope, ids).items()}


def pressed(tx: Tx, scope: Scope, station_id: str, path: str, button: str, now: datetime) -> directory.Press:
    """All that is known about that press."""
    return directory.press(tx, scope, station_id, path, "Europe/Vienna", button, now, accounts)


def ringing(tx: Tx, scope: Scope, station_id: str, path: str, button: str, now: datetime) -> list[str]:
    """Who rings, in the planner's order."""
    press = pressed(tx, scope, station_id, path, button, now)
    return [leg.receiver.id for leg in rings.plan(press.book, press.ask).legs]
