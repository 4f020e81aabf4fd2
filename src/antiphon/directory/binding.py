"""Owns how many a button may ring at once (X4): counted when it is bound, with what everybody's plans say then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from antiphon import tenancy
from antiphon.database import Scope, Tx
from antiphon.directory import ring_settings, rings
from antiphon.directory.book import NamesOfDevices, names_of, plans_below
from antiphon.directory.model import Button, TooManyReceivers
from antiphon.directory.rings import Book, Member


def refuse_crowds(
    tx: Tx,
    scope: Scope,
    path: str,
    wanted: Iterable[Button],
    before: Iterable[Button],
    devices: NamesOfDevices,
    now: datetime,
) -> None:
    """Raises `TooManyReceivers` for a button that would ring more than `RINGING_RECEIVERS_MAX` at once.

    One that rings whom it rang before is left alone: its label can be changed though the company has grown since.
    """
    as_before = {button.name: (button.members, button.user_ids is None) for button in before}
    new = [
        (at, button)
        for at, button in enumerate(wanted)
        if as_before.get(button.name) != (button.members, button.user_ids is None)
    ]
    everyone: list[Member] = []
    if any(button.user_ids is None for _, button in new):
        holders = tenancy.granted_to(tx, scope, "calls.answer", path, now)
        active = tenancy.active_people(tx, holders)
        everyone = [Member("user", one) for one in holders if one in active]
    named = {member for _, button in new for member in button.members}
    plans = plans_below(tx, scope, named, ring_settings.get(tx, scope), {})
    faults = []
    for at, button in new:
        start = (*(everyone if button.user_ids is None else ()), *button.members)
        book = Book(dict.fromkeys(start, ""), plans, {}, {}, {})
        faults += [(at, fault) for fault in rings.check_start(start, book)]
    if faults:
        beyond = {member for _, fault in faults for member in fault.members}
        say = rings.words("en", names_of(tx, scope, beyond, devices)).fault
        error = TooManyReceivers(say(faults[0][1]))
        error.faults = tuple((f"items/{at}", say(fault), fault.code) for at, fault in faults)
        raise error
