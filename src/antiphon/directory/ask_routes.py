"""HTTP of "what would ring now, and why?", of a company's ring settings, and of the calendars of public holidays."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from antiphon.database import Tx
from antiphon.directory import book, editing, ring_settings, rings
from antiphon.directory.documents import PlanDocument, steps_of
from antiphon.directory.model import (
    ButtonNotFound,
    MemberNotFound,
    Press,
    RingPlanInvalid,
    RingPlanNotFound,
    UnknownButton,
)
from antiphon.directory.plan_views import (
    AskAnswer,
    AskBody,
    CountryItem,
    DecisionItem,
    HolidayCalendars,
    LegItem,
    MemberItem,
    RegionItem,
    RingSettingsBody,
    RingSettingsView,
    SilenceItem,
    ViaItem,
)
from antiphon.directory.ring_settings import RingSettings
from antiphon.directory.rings import Book, LastResort, Member, Plan, Presence, RuleRef, Via
from antiphon.tenancy import NotAllowed, paging
from antiphon.tenancy.asking import Anybody, Asker, Needs, Refuses, Route, Tagged, database_of, now_of
from antiphon.tenancy.paging import IfMatch
from antiphon.tenancy.rights import COMPANY_PATH

router = APIRouter(route_class=Route, prefix="/api/v1", tags=["ring plans"])

Readers = Annotated[Asker, Depends(Needs("ring_plans.read"))]
Writers = Annotated[Asker, Depends(Needs("ring_plans.configure"))]
_LAST_RESORT = Member("contact", "last_resort")  # stands in for the company while its last resort is checked


@router.post("/ring-plans/ask", summary="What would ring now, and why?")
@Refuses(ButtonNotFound, RingPlanNotFound, MemberNotFound, "station_not_found")
async def ask_who_rings(body: AskBody, request: Request, asker: Readers) -> AskAnswer:
    """The planner of real calls answers, also for another moment or a plan that nobody has saved. Who is online and who talks is
    known for now alone; of people who answer in a browser it is not known here whether they are there."""
    state, now = request.app.state, now_of(request)

    def look(tx: Tx) -> AskAnswer:
        station = state.station_pressed(tx, asker, body.station_id)
        drafts: dict[Member, PlanDocument] = {}
        if body.draft is not None:
            owner = editing.owner_of(tx, asker, body.draft.owner_id)
            drafts[owner.member] = editing.with_zone(body.draft.plan, owner)
            editing.refuse_unknown(tx, asker, owner, drafts[owner.member], state.names_of_devices, "draft/plan/")
        where = station.id, station.path, station.time_zone
        moment = body.moment or now
        try:
            press = book.press(tx, asker.scope, *where, body.button, moment, state.names_of_devices, drafts)
        except UnknownButton as error:
            raise ButtonNotFound from error
        presence: Mapping[Member, Presence] = {}
        if body.moment is None:
            presence = state.presence_of(tx, asker.scope, press.user_ids, press.devices)
        # Without knowing, everybody is tried in the order that the button has.
        press = press.lasting(state.settings.calls.ring_max_s)
        return _answer(replace(press, book=replace(press.book, presence=presence)), body.language)

    return await database_of(request).read(look)


@router.get("/ring-settings", summary="What holds for all ring plans")
async def get_ring_settings(request: Request, response: Tagged, asker: Readers) -> RingSettingsView:
    """The last resort, whether alarms ring people who do not want to be disturbed, and the company's public holidays."""
    found = await database_of(request).read(lambda tx: _settings(tx, asker, request))
    return paging.tagged(response, found)


@router.put("/ring-settings", summary="Set what holds for all ring plans")
@Refuses(RingPlanInvalid, MemberNotFound)
async def put_ring_settings(
    body: RingSettingsBody, request: Request, response: Tagged, asker: Writers, if_match: IfMatch = None
) -> RingSettingsView:
    """In force for the next press."""
    now = now_of(request)

    def work(tx: Tx) -> RingSettingsView:
        asker.admit(COMPANY_PATH, "ring_plans.configure", missing=NotAllowed)
        paging.check_match(if_match, lambda: _settings(tx, asker, request))
        _check_settings(tx, asker, body, request)
        calendar = body.holidays.calendar() if body.holidays else None
        said = RingSettings(body.last_resort, body.alarm_breaks_quiet, calendar)
        ring_settings.put(tx, asker.scope, said)
        asker.record(tx, now, "ring_settings.changed", asker.scope.company_id)
        return _settings(tx, asker, request)

    return paging.tagged(response, await database_of(request).run(work))


@router.get("/holiday-calendars", summary="Countries and regions with public holidays")
async def list_holiday_calendars(_asker: Anybody) -> HolidayCalendars:
    """All that a ring plan or a company can choose. Their names are for your language to say."""
    found = await asyncio.to_thread(rings.countries)  # reads every country's holidays, once
    return HolidayCalendars(
        items=[
            CountryItem(
                code=country.code, regions=[RegionItem(code=one.code, name=one.name) for one in country.regions]
            )
            for country in found
        ]
    )


def _settings(tx: Tx, asker: Asker, request: Request) -> RingSettingsView:
    said = ring_settings.get(tx, asker.scope)
    names = book.names_of(tx, asker.scope, said.members, request.app.state.names_of_devices)
    return RingSettingsView(
        last_resort=said.last_resort,
        alarm_breaks_quiet=said.alarm_breaks_quiet,
        holidays=said.holidays,
        members=[editing.item(member, names) for member in sorted(said.members)],
    )


def _check_settings(tx: Tx, asker: Asker, body: RingSettingsBody, request: Request) -> None:
    document = PlanDocument(otherwise=body.last_resort, zone="UTC", holidays=body.holidays)
    devices = request.app.state.names_of_devices
    around = book.with_name(book.around(tx, asker.scope, _LAST_RESORT, document, devices), _LAST_RESORT, "")
    calendar = body.holidays.calendar() if body.holidays else None
    plan = Plan(_LAST_RESORT, steps_of(body.last_resort), zone="UTC", holidays=calendar)
    faults = [
        replace(fault, field=fault.field.replace("otherwise", "last_resort", 1))
        for fault in rings.check(plan, around)
        if fault.refuses and not (body.last_resort is None and fault.code == "nobody_named")
    ]
    unknown = tuple(fault.field for fault in faults if fault.code == "member_unknown")
    if unknown:
        error = MemberNotFound()
        error.at = unknown
        raise error
    if faults:
        raise editing.invalid(faults, rings.words("en", around.names).fault)


def _answer(press: Press, language: str) -> AskAnswer:
    known, ask = press.book, press.ask
    ringing = rings.plan(known, ask)
    say = rings.words(language, known.names, ask.zone)
    return AskAnswer(
        moment=ask.moment,
        zone=ask.zone,
        button_label=press.label,
        priority=press.priority,
        ends_at_s=ringing.ends_at_s,
        finds_nobody=ringing.finds_nobody,
        last_resort=ringing.last_resort,
        legs=[
            LegItem(
                member=_item(leg.receiver, known),
                from_s=leg.from_s,
                to_s=leg.to_s,
                rings_busy=leg.rings_busy,
                presence=known.presence.get(leg.receiver, Presence()).state,
                via=_via(leg.via, known),
                sentence=say.leg(leg),
            )
            for leg in ringing.legs
        ],
        silences=[
            SilenceItem(
                member=_item(one.member, known),
                at_s=one.at_s,
                cause=one.cause,
                joins_until_s=one.joins_until_s,
                rule=one.rule.number if one.rule else None,
                rule_of=_item(one.rule.owner, known) if one.rule else None,
                limit=one.limit,
                via=_via(one.via, known),
                sentence=say.silence(one),
            )
            for one in ringing.silences
        ],
        decisions=[
            DecisionItem(
                code=one.code,
                owner=_item(one.owner, known) if one.owner else None,
                rule=one.rule,
                step=one.step,
                why=one.why,
                weekday=one.weekday,
                holiday=(one.holiday.de if language == "de" else one.holiday.en) if one.holiday else None,
                sentence=say.decision(one),
            )
            for one in ringing.decisions
        ],
    )


def _via(via: Via, known: Book) -> list[ViaItem]:
    found = []
    for step in via:
        match step:
            case RuleRef():
                found.append(ViaItem(kind="rule", owner=_item(step.owner, known), rule=step.number))
            case LastResort():
                owner = _item(step.owner, known) if step.owner else None
                found.append(ViaItem(kind="last_resort", owner=owner, rule=None))
            case _:
                found.append(ViaItem(kind="member", owner=_item(step, known), rule=None))
    return found


def _item(member: Member, known: Book) -> MemberItem:
    return editing.item(member, known.names)
