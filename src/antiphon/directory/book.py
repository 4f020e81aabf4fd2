"""Gathers what the planner has to know: plans by the levels in which they name each other, names, rights, do not disturb.

The number of questions grows with how deep plans lie within each other, never with how many there are (record 0026).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from antiphon import tenancy
from antiphon.database import Scope, Tx
from antiphon.directory import parties, plans, quiets, ring_settings
from antiphon.directory.documents import PlanDocument, plan_of, steps_of
from antiphon.directory.model import PRIORITIES, Press, UnknownButton
from antiphon.directory.ring_settings import RingSettings
from antiphon.directory.rings import Ask, Bar, Book, Member, Plan, Steps, holiday, warm
from antiphon.directory.tables import button_members, button_rows
from antiphon.limits import RING_NESTING_MAX

# What accounts or stations are called, of these those that are the company's and in service: they live a floor above.
NamesOfDevices = Callable[[Tx, Scope, Literal["account", "station"], Sequence[str]], Mapping[str, str]]
_OWNERS = frozenset(("user", "group", "contact"))
_DEVICES: tuple[Literal["account", "station"], ...] = ("account", "station")


def press(
    tx: Tx,
    scope: Scope,
    station_id: str,
    path: str,
    zone: str,
    button: str,
    moment: datetime,
    devices: NamesOfDevices,
    drafts: Mapping[Member, PlanDocument] | None = None,
) -> Press:
    """All that is known about who rings for that button of a station at `path`; raises `UnknownButton`.

    `drafts` are as if they were in force. Presence is not known here: see `Press.seeing`.
    """
    row = tx.first(scope, button_rows, station_id=station_id, name=button)
    if row is None:
        raise UnknownButton(button=button[:32])
    bound = tx.all(scope, button_members, button_id=row["id"], order_by=(button_members.c.position,))
    start = [Member(one["member_kind"], one["member_id"]) for one in bound]
    everyone = row["rings_everyone"]
    said = ring_settings.get(tx, scope)
    holders: tuple[str, ...] = ()
    if everyone:
        holders = tenancy.granted_to(tx, scope, "calls.answer", path, moment)
        start = [*(Member("user", one) for one in holders), *start]
    found = plans_below(tx, scope, (*start, *said.members), said, drafts or {})
    # Here, where nobody waits for the loop; all but a process's first press find them read.
    warm({plan.holidays for plan in found.values() if plan.holidays is not None}, moment.date())
    members = {*start, *said.members, *(named for plan in found.values() for named in named_in(plan))}
    if not everyone:
        asked = tuple(sorted(member.id for member in members if member.kind == "user"))
        holders = tenancy.granted_to(tx, scope, "calls.answer", path, moment, among=asked) if asked else ()
    may = frozenset(holders)
    names = names_of(tx, scope, members, devices, guests=may)
    if everyone:  # people who left are nobody's member here
        start = [member for member in start if member in names]
    book = Book(
        names,
        found,
        {},
        quiets.of_people(tx, scope, {member.id for member in names if member.kind == "user"}),
        _barred(members, may, station_id),
        steps_of(said.last_resort),
        said.alarm_breaks_quiet,
        holiday,
    )
    ask = Ask(tuple(start), moment, path, zone, PRIORITIES[row["priority"]])
    return Press(row["label"], row["priority"], book, ask, everyone)


def around(tx: Tx, scope: Scope, owner: Member, draft: PlanDocument, devices: NamesOfDevices) -> Book:
    """What a plan is checked against: the plans that it comes to, those that come to it, and who there is."""
    said = ring_settings.get(tx, scope)
    drafted = plan_of(draft, owner, "UTC", said.calendar)
    found = plans_below(tx, scope, named_in(drafted), said, {})
    waiting: Collection[Member] = {owner}
    for _ in range(RING_NESTING_MAX + 1):
        above = {
            namer: plan_of(document, namer, "UTC", said.calendar)
            for namer, document in plans.namers(tx, scope, waiting).items()
            if namer not in found
        }
        found |= above
        waiting = above
        if not waiting:
            break
    # Those come to others beside, which count for how many ring at once.
    found |= plans_below(tx, scope, [named for plan in found.values() for named in named_in(plan)], said, {}, found)
    members = {owner, *named_in(drafted), *(named for plan in found.values() for named in named_in(plan))}
    names = names_of(tx, scope, members, devices)
    return Book(names, found, {}, {}, {}, steps_of(said.last_resort), said.alarm_breaks_quiet, holiday)


def plans_below(
    tx: Tx,
    scope: Scope,
    start: Iterable[Member],
    said: RingSettings,
    drafts: Mapping[Member, PlanDocument],
    known: Mapping[Member, Plan] | None = None,
) -> dict[Member, Plan]:
    """The plans of these members, of those whom they name, and so on: a question for each level."""
    found: dict[Member, Plan] = {}
    looked: set[Member] = set(known or ())
    waiting = {member for member in start if member.kind in _OWNERS and member not in looked}
    for _ in range(RING_NESTING_MAX + 1):
        if not waiting:
            break
        documents = {**plans.in_force(tx, scope, waiting), **{one: drafts[one] for one in waiting if one in drafts}}
        level = {owner: plan_of(document, owner, "UTC", said.calendar) for owner, document in documents.items()}
        found |= level
        looked |= waiting
        named = {member for plan in level.values() for member in named_in(plan)}
        waiting = {member for member in named if member.kind in _OWNERS and member not in looked}
    return found


def names_of(
    tx: Tx,
    scope: Scope,
    members: Iterable[Member],
    devices: NamesOfDevices,
    *,
    guests: Collection[str] = (),
) -> dict[Member, str]:
    """What those of these members are called that exist here; people who are not active do not, and of other companies' people
    only these guests. A question for each kind."""
    by_kind: dict[str, list[str]] = {}
    for member in sorted(set(members)):
        by_kind.setdefault(member.kind, []).append(member.id)
    found: dict[Member, str] = {}
    if "user" in by_kind:
        people = tenancy.active_people(tx, by_kind["user"])
        here = (one for one in people.values() if one.company_id == scope.company_id or one.id in guests)
        found |= {Member("user", one.id): one.name for one in here}
    for device in _DEVICES:
        if device in by_kind:
            called = devices(tx, scope, device, by_kind[device])
            found |= {Member(device, one): name for one, name in called.items()}
    for kind in ("group", "contact"):
        if kind in by_kind:
            found |= {Member(kind, one): name for one, name in parties.names(tx, scope, kind, by_kind[kind]).items()}
    return found


def named_in(plan: Plan) -> set[Member]:
    """Everybody whom the plan names."""
    parts = [plan.otherwise, plan.last_resort, *(rule.then for rule in plan.rules)]
    steps = [step for part in parts if isinstance(part, Steps) for step in part.steps]
    whose = {rule.whose for rule in plan.rules if rule.whose is not None}
    return whose | {member for step in steps for member in step.members}


def with_name(book: Book, member: Member, name: str) -> Book:
    """The book with somebody who is there by another right: a guest of the company, in their own plan."""
    return replace(book, names={**book.names, member: name})


def _barred(members: Iterable[Member], holders: frozenset[str], station_id: str) -> dict[Member, Bar]:
    """Who is there and still does not ring: without the right, without a line to the telephone network, or the caller itself."""
    barred: dict[Member, Bar] = {}
    for member in members:
        if member.kind == "number":
            barred[member] = "number_without_trunk"
        elif (member.kind == "user" and member.id not in holders) or (
            member.kind in _DEVICES and member.id == station_id
        ):
            barred[member] = "may_not_answer"
    return barred
