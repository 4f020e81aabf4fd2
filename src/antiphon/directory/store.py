"""Buttons and whom they ring, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from antiphon import tenancy
from antiphon.clock import new_id
from antiphon.database import Scope, Tx, explain, tenant_table
from antiphon.directory.model import Button, RingPlan, UnknownButton
from antiphon.limits import RING_MAX_S

# The station lives a floor above: its id is opaque here, and whoever writes has checked that it is the company's.
button_rows = tenant_table(
    "buttons",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("station_id", sa.String(40), nullable=False, index=True),
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("label", sa.String(120), nullable=False),
    sa.Column("rings_everyone", sa.Boolean, nullable=False),
    sa.UniqueConstraint("station_id", "name"),
)
button_targets = tenant_table(
    "button_targets",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("button_id", sa.String(40), sa.ForeignKey("buttons.id"), nullable=False, index=True),
    sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.UniqueConstraint("button_id", "user_id"),
)

# Like the station's, an account's id is opaque here.
button_accounts = tenant_table(
    "button_accounts",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("button_id", sa.String(40), sa.ForeignKey("buttons.id"), nullable=False, index=True),
    sa.Column("account_id", sa.String(40), nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.UniqueConstraint("button_id", "account_id"),
)
explain(
    button_rows,
    "Call buttons of stations.",
    name="The button's name at the station: `main`, say.",
    label="What visitors read.",
    rings_everyone="Whether everybody rings who may answer there.",
)
explain(
    button_targets,
    "The people whom a button rings.",
    button_id="Which button.",
    user_id="Who rings.",
    position="Their order.",
)
explain(
    button_accounts,
    "The accounts that a button rings: telephones of other makers.",
    button_id="Which button.",
    account_id="What rings.",
    position="Their order.",
)


def ring_plan(tx: Tx, scope: Scope, station_id: str, path: str, button: str, now: datetime) -> RingPlan:
    """Who rings now for that button: the people bound to it who may answer at `path`; raises `UnknownButton`."""
    row = tx.first(scope, button_rows, station_id=station_id, name=button)
    if row is None:
        raise UnknownButton(button=button[:32])
    account_ids = _accounts(tx, scope, row["id"])
    bound = None if row["rings_everyone"] else _targets(tx, scope, row["id"])
    if bound == ():
        return RingPlan((), RING_MAX_S, row["label"], account_ids)
    people = tenancy.holders(tx, scope, "calls.answer", path, now, among=bound)
    return RingPlan(people, RING_MAX_S, row["label"], account_ids)


def buttons(tx: Tx, scope: Scope, station_id: str) -> tuple[Button, ...]:
    """The station's buttons by name."""
    rows = tx.all(scope, button_rows, button_rows.c.station_id == station_id, order_by=(button_rows.c.name,))
    return tuple(
        Button(
            row["name"],
            row["label"],
            None if row["rings_everyone"] else _targets(tx, scope, row["id"]),
            _accounts(tx, scope, row["id"]),
        )
        for row in rows
    )


def set_buttons(tx: Tx, scope: Scope, station_id: str, wanted: Sequence[Button]) -> None:
    """Replace the station's buttons; the caller has checked that station and accounts are the company's.

    A user who is not: `NotFound`.
    """
    for row in tx.all(scope, button_rows, button_rows.c.station_id == station_id):
        tx.delete(scope, button_targets, button_targets.c.button_id == row["id"])
        tx.delete(scope, button_accounts, button_accounts.c.button_id == row["id"])
        tx.delete(scope, button_rows, button_rows.c.id == row["id"])
    for button in wanted:
        button_id = new_id("button")
        tx.insert(
            scope,
            button_rows,
            {
                "id": button_id,
                "station_id": station_id,
                "name": button.name,
                "label": button.label,
                "rings_everyone": button.user_ids is None,
            },
        )
        for position, user_id in enumerate(dict.fromkeys(button.user_ids or ())):
            target = tenancy.user(tx, scope, user_id)
            tx.insert(
                scope,
                button_targets,
                {"id": new_id("target"), "button_id": button_id, "user_id": target.id, "position": position},
            )
        for position, account_id in enumerate(dict.fromkeys(button.account_ids)):
            values = {"id": new_id("target"), "button_id": button_id, "account_id": account_id, "position": position}
            tx.insert(scope, button_accounts, values)


def forget_account(tx: Tx, scope: Scope, account_id: str) -> None:
    """No button rings it any more."""
    tx.delete(scope, button_accounts, button_accounts.c.account_id == account_id)


def _targets(tx: Tx, scope: Scope, button_id: str) -> tuple[str, ...]:
    rows = tx.all(scope, button_targets, button_id=button_id, order_by=(button_targets.c.position,))
    return tuple(row["user_id"] for row in rows)


def _accounts(tx: Tx, scope: Scope, button_id: str) -> tuple[str, ...]:
    order = (button_accounts.c.position,)
    rows = tx.all(scope, button_accounts, button_id=button_id, order_by=order)
    return tuple(row["account_id"] for row in rows)
