"""Ring plans as people edit them: whose they are, drafts, what is wrong with them, putting in force and taking back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from antiphon import tenancy
from antiphon.database import Scope, Tx
from antiphon.directory import book, parties, plans, ring_settings, rings
from antiphon.directory.book import NamesOfDevices
from antiphon.directory.documents import PlanDocument, members_of, plan_of
from antiphon.directory.model import (
    ContactNotFound,
    MemberNotFound,
    PartyKind,
    RingGroupNotFound,
    RingPlanInvalid,
    RingPlanNotFound,
)
from antiphon.directory.plan_views import (
    LIMITS,
    DayItem,
    FaultItem,
    MemberItem,
    NamedAtButton,
    NamedInPlan,
    RingPlanView,
    SlotItem,
    UsedBy,
    VersionItem,
)
from antiphon.directory.rings import Book, Fault, HolidayCalendar, Member, Plan
from antiphon.tenancy import Named, Namer, Permission, Place, UserNotFound
from antiphon.tenancy.asking import Asker


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose plan it is, and where they are."""

    member: Member
    name: str
    place: Place


def owner_of(tx: Tx, asker: Asker, owner_id: str, *needed: Permission) -> Owner:
    """Whose plan that is, which the asker may read; raises `RingPlanNotFound`, and `NotAllowed` without the rest."""
    found = _owner(tx, asker.scope, owner_id)
    asker.admit(found.place.path, "ring_plans.read", *needed, missing=RingPlanNotFound)
    return found


def oneself(tx: Tx, asker: Asker) -> Owner:
    """Whoever asks; a guest is at no place here but the company."""
    who = asker.principal
    try:
        return _owner(tx, asker.scope, who.user_id)
    except RingPlanNotFound:
        return Owner(Member("user", who.user_id), who.name, tenancy.place(tx, asker.scope, asker.scope.company_id))


def save_draft(
    tx: Tx, asker: Asker, owner: Owner, document: PlanDocument, devices: NamesOfDevices, now: datetime
) -> None:
    """Keep it; what is wrong with it is told. Raises `MemberNotFound` for who is not there."""
    whole = with_zone(document, owner)
    refuse_unknown(tx, asker, owner, whole, devices)
    plans.draft(tx, asker.scope, owner.member, whole, now, asker.principal.name)
    asker.record(tx, now, "ring_plan.drafted", owner.member.id)


def refuse_unknown(
    tx: Tx, asker: Asker, owner: Owner, document: PlanDocument, devices: NamesOfDevices, before: str = ""
) -> None:
    """Raises `MemberNotFound` where the plan names who is not there; `before` is where it is in what was sent."""
    named = {field: member for field, member in members_of(document).items() if member.kind != "number"}
    names = book.names_of(tx, asker.scope, named.values(), devices) | {owner.member: owner.name}
    unknown = tuple(before + field for field, member in named.items() if member not in names)
    if unknown:
        error = MemberNotFound()
        error.at = unknown
        raise error


def put_in_force(tx: Tx, asker: Asker, owner: Owner, devices: NamesOfDevices, now: datetime) -> None:
    """The draft is in force. Raises `NothingDrafted`, `RingPlanInvalid`."""
    drafted = plans.versions(tx, asker.scope, owner.member).draft
    if drafted is not None:
        _refuse_faults(tx, asker, owner, drafted, devices)
    plans.put_in_force(tx, asker.scope, owner.member, now, asker.principal.name)
    asker.record(tx, now, "ring_plan.put_in_force", owner.member.id)


def undo(tx: Tx, asker: Asker, owner: Owner, devices: NamesOfDevices, now: datetime) -> None:
    """What was in force before is so again. Raises `NothingToUndo`, `RingPlanInvalid`: it may name who is gone."""
    before = plans.versions(tx, asker.scope, owner.member).before
    if before is not None:
        _refuse_faults(tx, asker, owner, before, devices)
    plans.undo(tx, asker.scope, owner.member, now, asker.principal.name)
    asker.record(tx, now, "ring_plan.undone", owner.member.id)


def view(tx: Tx, asker: Asker, owner: Owner, devices: NamesOfDevices, language: str, now: datetime) -> RingPlanView:
    """Everything there is of the plan, for reading and editing."""
    there = plans.versions(tx, asker.scope, owner.member)
    calendar = ring_settings.get(tx, asker.scope).calendar
    shown = [document for document in (there.in_force, there.draft) if document is not None]
    as_plans = [plan_of(document, owner.member, owner.place.time_zone, calendar) for document in shown]
    members = {member for plan in as_plans for member in book.named_in(plan)}
    around = _around(tx, asker, owner, there.draft, devices) if there.draft is not None else None
    faults: tuple[Fault, ...] = ()
    names = book.names_of(tx, asker.scope, members, devices) | {owner.member: owner.name}
    if around is not None:
        faults = rings.check(as_plans[-1], around)
        names = {**around.names, **names}
    say = rings.words(language, names, owner.place.time_zone)

    def version(document: PlanDocument | None, at: datetime | None, by: str | None) -> VersionItem | None:
        if document is None or at is None:
            return None
        plan = plan_of(document, owner.member, owner.place.time_zone, calendar)
        sentences = [say.rule(rule, owner.member, plan.holidays, seconds=True) for rule in plan.rules]
        week = _week(plan, language, now)
        return VersionItem(plan=document, zone=plan.zone, week=week, at=at, by=by or "", sentences=sentences)

    return RingPlanView(
        owner=item(owner.member, names),
        place_id=owner.place.id,
        place=owner.place.trail,
        place_path=owner.place.path,
        zone=owner.place.time_zone,
        in_force=version(there.in_force, there.in_force_at, there.in_force_by),
        draft=version(there.draft, there.draft_at, there.draft_by),
        undoable=there.undoable,
        faults=[
            FaultItem(
                code=fault.code,
                field=fault.field,
                limit=fault.limit,
                refuses=fault.refuses,
                sentence=say.fault(fault),
            )
            for fault in faults
        ],
        members=[item(member, names) for member in sorted(members)],
        limits=LIMITS,
    )


def used_by(tx: Tx, asker: Asker, member: Member, namers: Iterable[Namer]) -> UsedBy:
    """Where it is named, as far as the asker may see that."""
    found = plans.where_named(tx, asker.scope, member)
    ids = {one.owner.id for one in found if one.owner} | {one.station_id for one in found if one.station_id}
    seen: dict[str, Named] = {one.id: one for one in tenancy.names(tx, asker.scope, asker.rights, ids, tuple(namers))}
    in_plans = [
        NamedInPlan(
            owner=MemberItem.model_validate({**one.owner._asdict(), "name": seen[one.owner.id].name}),
            version=one.version,
        )
        for one in found
        if one.owner is not None and one.version is not None and one.owner.id in seen
    ]
    at_buttons = [
        NamedAtButton(station_id=one.station_id, station_name=seen[one.station_id].name, button=one.button)
        for one in found
        if one.station_id is not None and one.button is not None and one.station_id in seen
    ]
    last_resort = any(one.owner is None and one.station_id is None for one in found)
    elsewhere = len(found) - len(in_plans) - len(at_buttons) - last_resort
    return UsedBy(in_plans=in_plans, at_buttons=at_buttons, last_resort=last_resort, elsewhere=elsewhere)


def with_zone(document: PlanDocument, owner: Owner) -> PlanDocument:
    """The plan with the zone that it is meant in written down: it stays when its owner moves."""
    return document if document.zone else document.model_copy(update={"zone": owner.place.time_zone})


def item(member: Member, names: Mapping[Member, str]) -> MemberItem:
    """As it is shown; a telephone number is its own name."""
    return MemberItem.model_validate({**member._asdict(), "name": names.get(member)})


def invalid(faults: Iterable[Fault], say: Callable[[Fault], str]) -> RingPlanInvalid:
    """The refusal that names them all."""
    found = tuple(faults)
    error = RingPlanInvalid(say(found[0]))
    error.faults = tuple((fault.field, say(fault), fault.code) for fault in found)
    return error


def _week(plan: Plan, language: str, now: datetime) -> list[DayItem]:
    """The week that it is now where the plan's times are."""
    try:
        today = now.astimezone(ZoneInfo(plan.zone)).date()
    except (KeyError, ValueError, OSError):  # told as a fault of the draft
        today = now.date()
    days: dict[date, DayItem] = {}
    for slot in rings.week(plan, today - timedelta(days=today.weekday()), rings.holiday):
        if slot.day not in days:
            found = rings.holiday(plan.holidays, slot.day) if plan.holidays else None
            holiday = (found.de if language == "de" else found.en) if found else None
            days[slot.day] = DayItem(date=slot.day, weekday=slot.day.isoweekday(), holiday=holiday, slots=[])
        shown = SlotItem(from_minute=slot.from_minute, to_minute=slot.to_minute, rule=slot.rule)
        days[slot.day].slots.append(shown)
    return list(days.values())


def _refuse_faults(tx: Tx, asker: Asker, owner: Owner, document: PlanDocument, devices: NamesOfDevices) -> None:
    around = _around(tx, asker, owner, document, devices)
    calendar: HolidayCalendar | None = ring_settings.get(tx, asker.scope).calendar
    checked = rings.check(plan_of(document, owner.member, owner.place.time_zone, calendar), around)
    faults = [fault for fault in checked if fault.refuses]
    if faults:
        raise invalid(faults, rings.words("en", around.names, owner.place.time_zone).fault)


def _around(tx: Tx, asker: Asker, owner: Owner, document: PlanDocument, devices: NamesOfDevices) -> Book:
    found = book.around(tx, asker.scope, owner.member, document, devices)
    return found if owner.member in found.names else book.with_name(found, owner.member, owner.name)


def _owner(tx: Tx, scope: Scope, owner_id: str) -> Owner:
    kinds: dict[str, PartyKind] = {"contact": "contact", "group": "group"}
    kind = kinds.get(owner_id.partition("_")[0])
    try:
        if kind is not None:
            party = parties.get(tx, scope, kind, owner_id)
            return Owner(Member(kind, party.id), party.name, party.place)
        person = tenancy.user(tx, scope, owner_id)
    except (ContactNotFound, RingGroupNotFound, UserNotFound) as error:
        raise RingPlanNotFound from error
    return Owner(Member("user", person.id), person.name, tenancy.place(tx, scope, person.place_id))
