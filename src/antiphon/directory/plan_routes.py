"""HTTP of ring plans: look, draft, put in force, undo; of others for whoever may, and one's own for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from antiphon.database import Tx
from antiphon.directory import editing, parties, plans
from antiphon.directory.documents import PlanDocument
from antiphon.directory.editing import Owner
from antiphon.directory.model import (
    MemberNotFound,
    NothingDrafted,
    NothingToUndo,
    RingPlanInvalid,
    RingPlanNotFound,
)
from antiphon.directory.plan_views import RingPlanView, UsedBy
from antiphon.identity import APerson
from antiphon.tenancy import Language, Permission, paging
from antiphon.tenancy.asking import Asker, Needs, Refuses, Route, Tagged, database_of, now_of
from antiphon.tenancy.paging import IfMatch
from antiphon.tenancy.views import Id

router = APIRouter(route_class=Route, prefix="/api/v1", tags=["ring plans"])

Readers = Annotated[Asker, Depends(Needs("ring_plans.read"))]
Writers = Annotated[Asker, Depends(Needs("ring_plans.configure"))]
In = Annotated[Language, Query(description="What its sentences are in.")]
Whose = Callable[[Tx], Owner]
Change = Callable[[Tx, Owner], None]


@router.get("/ring-plans/{owner_id}", summary="Somebody's ring plan")
@Refuses(RingPlanNotFound)
async def get_ring_plan(
    owner_id: Id, request: Request, response: Tagged, asker: Readers, language: In = "en"
) -> RingPlanView:
    """Of a person, contact or ring group: what calls ring by, the draft, and what is wrong with that."""
    return await _look(request, response, asker, lambda tx: editing.owner_of(tx, asker, owner_id), language)


@router.put("/ring-plans/{owner_id}/draft", summary="Draft somebody's ring plan")
@Refuses(RingPlanNotFound, MemberNotFound)
async def put_ring_plan_draft(
    owner_id: Id,
    body: PlanDocument,
    request: Request,
    response: Tagged,
    asker: Writers,
    language: In = "en",
    if_match: IfMatch = None,
) -> RingPlanView:
    """Kept beside the plan in force, by which calls go on to ring. What is wrong with it is told in `faults`."""
    whose = _of(asker, owner_id, "ring_plans.configure")
    return await _change(request, response, asker, whose, _draft(request, asker, body), language, if_match)


@router.delete("/ring-plans/{owner_id}/draft", summary="Throw the draft away")
@Refuses(RingPlanNotFound)
async def remove_ring_plan_draft(
    owner_id: Id, request: Request, response: Tagged, asker: Writers, language: In = "en", if_match: IfMatch = None
) -> RingPlanView:
    """What is in force stays."""
    whose = _of(asker, owner_id, "ring_plans.configure")
    return await _change(request, response, asker, whose, _throw_away(request, asker), language, if_match)


@router.post("/ring-plans/{owner_id}/in-force", summary="Put somebody's draft in force")
@Refuses(RingPlanNotFound, RingPlanInvalid, NothingDrafted)
async def put_ring_plan_in_force(
    owner_id: Id, request: Request, response: Tagged, asker: Writers, language: In = "en", if_match: IfMatch = None
) -> RingPlanView:
    """From the next press on. What was in force before is kept for `undo`."""
    whose = _of(asker, owner_id, "ring_plans.configure")
    return await _change(request, response, asker, whose, _put_in_force(request, asker), language, if_match)


@router.post("/ring-plans/{owner_id}/undo", summary="Take the last change of a ring plan back")
@Refuses(RingPlanNotFound, RingPlanInvalid, NothingToUndo)
async def undo_ring_plan(
    owner_id: Id, request: Request, response: Tagged, asker: Writers, language: In = "en", if_match: IfMatch = None
) -> RingPlanView:
    """What was in force before is so again, from the next press on; once more takes that back. The draft stays."""
    whose = _of(asker, owner_id, "ring_plans.configure")
    return await _change(request, response, asker, whose, _undo(request, asker), language, if_match)


@router.get("/ring-plans/{owner_id}/used-by", summary="Where a person, contact or ring group is named")
@Refuses(RingPlanNotFound)
async def ring_plan_used_by(owner_id: Id, request: Request, asker: Readers) -> UsedBy:
    """In which ring plans, at which buttons: what is named is not removed."""
    namers = (*request.app.state.namers, parties.named)

    def look(tx: Tx) -> UsedBy:
        owner = editing.owner_of(tx, asker, owner_id)
        return editing.used_by(tx, asker, owner.member, namers)

    return await database_of(request).read(look)


# -- one's own -------------------------------------------------------------------------------------------------------


@router.get("/me/ring-plan", summary="My ring plan")
async def my_ring_plan(request: Request, response: Tagged, asker: APerson, language: In = "en") -> RingPlanView:
    """Who rings when I am called in this company."""
    return await _look(request, response, asker, lambda tx: editing.oneself(tx, asker), language)


@router.put("/me/ring-plan/draft", summary="Draft my ring plan")
@Refuses(MemberNotFound)
async def put_my_draft(
    body: PlanDocument,
    request: Request,
    response: Tagged,
    asker: APerson,
    language: In = "en",
    if_match: IfMatch = None,
) -> RingPlanView:
    """Kept beside the plan in force, by which calls go on to ring."""
    return await _change(request, response, asker, _me(asker), _draft(request, asker, body), language, if_match)


@router.delete("/me/ring-plan/draft", summary="Throw my draft away")
async def remove_my_draft(
    request: Request, response: Tagged, asker: APerson, language: In = "en", if_match: IfMatch = None
) -> RingPlanView:
    """What is in force stays."""
    return await _change(request, response, asker, _me(asker), _throw_away(request, asker), language, if_match)


@router.post("/me/ring-plan/in-force", summary="Put my draft in force")
@Refuses(RingPlanInvalid, NothingDrafted)
async def put_my_plan_in_force(
    request: Request, response: Tagged, asker: APerson, language: In = "en", if_match: IfMatch = None
) -> RingPlanView:
    """From the next press on. What was in force before is kept for `undo`."""
    return await _change(request, response, asker, _me(asker), _put_in_force(request, asker), language, if_match)


@router.post("/me/ring-plan/undo", summary="Take my last change back")
@Refuses(RingPlanInvalid, NothingToUndo)
async def undo_my_ring_plan(
    request: Request, response: Tagged, asker: APerson, language: In = "en", if_match: IfMatch = None
) -> RingPlanView:
    """What was in force before is so again; once more takes that back."""
    return await _change(request, response, asker, _me(asker), _undo(request, asker), language, if_match)


# -- both ------------------------------------------------------------------------------------------------------------


def _of(asker: Asker, owner_id: str, *needed: Permission) -> Whose:
    return lambda tx: editing.owner_of(tx, asker, owner_id, *needed)


def _me(asker: Asker) -> Whose:
    return lambda tx: editing.oneself(tx, asker)


def _draft(request: Request, asker: Asker, body: PlanDocument) -> Change:
    devices, now = request.app.state.names_of_devices, now_of(request)
    return lambda tx, owner: editing.save_draft(tx, asker, owner, body, devices, now)


def _throw_away(request: Request, asker: Asker) -> Change:
    now = now_of(request)
    return lambda tx, owner: plans.draft(tx, asker.scope, owner.member, None, now, asker.principal.name)


def _put_in_force(request: Request, asker: Asker) -> Change:
    devices, now = request.app.state.names_of_devices, now_of(request)
    return lambda tx, owner: editing.put_in_force(tx, asker, owner, devices, now)


def _undo(request: Request, asker: Asker) -> Change:
    devices, now = request.app.state.names_of_devices, now_of(request)
    return lambda tx, owner: editing.undo(tx, asker, owner, devices, now)


async def _look(request: Request, response: Tagged, asker: Asker, whose: Whose, language: Language) -> RingPlanView:
    devices, now = request.app.state.names_of_devices, now_of(request)
    found = await database_of(request).read(lambda tx: editing.view(tx, asker, whose(tx), devices, language, now))
    return paging.tagged(response, found)


async def _change(
    request: Request,
    response: Tagged,
    asker: Asker,
    whose: Whose,
    change: Change,
    language: Language,
    if_match: str | None,
) -> RingPlanView:
    devices, now = request.app.state.names_of_devices, now_of(request)

    def work(tx: Tx) -> RingPlanView:
        owner = whose(tx)
        paging.check_match(if_match, lambda: editing.view(tx, asker, owner, devices, language, now))
        change(tx, owner)
        return editing.view(tx, asker, owner, devices, language, now)

    return paging.tagged(response, await database_of(request).run(work))
