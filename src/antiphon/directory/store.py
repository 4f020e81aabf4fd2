"""Buttons and what they are bound to, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from antiphon import tenancy
from antiphon.clock import new_id
from antiphon.database import Scope, Tx
from antiphon.directory import parties, plans
from antiphon.directory.model import Button
from antiphon.directory.rings import Member
from antiphon.directory.tables import button_members, button_rows


def buttons(tx: Tx, scope: Scope, station_id: str) -> tuple[Button, ...]:
    """The station's buttons by name."""
    rows = tx.all(scope, button_rows, button_rows.c.station_id == station_id, order_by=(button_rows.c.name,))
    bound: dict[str, dict[str, list[str]]] = {row["id"]: {} for row in rows}
    its_button = button_members.c.button_id.in_(list(bound))
    for row in tx.all(scope, button_members, its_button, order_by=(button_members.c.position,)):
        bound[row["button_id"]].setdefault(row["member_kind"], []).append(row["member_id"])
    return tuple(
        Button(
            row["name"],
            row["label"],
            None if row["rings_everyone"] else tuple(bound[row["id"]].get("user", ())),
            tuple(bound[row["id"]].get("account", ())),
            tuple(bound[row["id"]].get("contact", ())),
            tuple(bound[row["id"]].get("group", ())),
            row["priority"],
            tuple(bound[row["id"]].get("station", ())),
        )
        for row in rows
    )


def set_buttons(tx: Tx, scope: Scope, station_id: str, wanted: Sequence[Button]) -> None:
    """Replace the station's buttons; the caller has checked that stations and accounts are the company's.

    A person, contact or ring group that is not: `NotFound`.
    """
    for row in tx.all(scope, button_rows, button_rows.c.station_id == station_id):
        tx.delete(scope, button_members, button_members.c.button_id == row["id"])
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
                "priority": button.priority,
            },
        )
        for position, member in enumerate(button.members):
            _require(tx, scope, member)
            values = {"id": new_id("target"), "button_id": button_id, "position": position}
            tx.insert(scope, button_members, values | {"member_kind": member.kind, "member_id": member.id})


def forget_device(tx: Tx, scope: Scope, kind: Literal["account", "station"], device_id: str) -> None:
    """No button rings it any more. Raises `StillNamed` while a ring plan or the company's last resort names it."""
    tx.delete(scope, button_members, member_kind=kind, member_id=device_id)
    plans.refuse_named(tx, scope, Member(kind, device_id))


def _require(tx: Tx, scope: Scope, member: Member) -> None:
    if member.kind == "user":
        tenancy.user(tx, scope, member.id)
    elif member.kind == "contact" or member.kind == "group":
        parties.get(tx, scope, member.kind, member.id)
