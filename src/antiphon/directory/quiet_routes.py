"""HTTP of do not disturb: one's own, and other people's for whoever configures who rings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Request

from antiphon import tenancy
from antiphon.database import Tx
from antiphon.directory import editing, quiets
from antiphon.directory.documents import TimesDocument
from antiphon.directory.editing import Owner
from antiphon.directory.model import QuietInvalid, RingPlanNotFound
from antiphon.directory.plan_views import QuietBody, QuietItem, Quiets, QuietsBody
from antiphon.directory.quiets import Wish
from antiphon.identity import APerson
from antiphon.limits import SPANS_PER_RULE_MAX
from antiphon.tenancy import Permission, PlaceNotFound, UserNotFound, paging
from antiphon.tenancy.asking import Asker, Needs, Refuses, Route, Tagged, database_of, now_of
from antiphon.tenancy.paging import IfMatch
from antiphon.tenancy.views import Id

router = APIRouter(route_class=Route, prefix="/api/v1", tags=["do not disturb"])

Readers = Annotated[Asker, Depends(Needs("ring_plans.read"))]
Writers = Annotated[Asker, Depends(Needs("ring_plans.configure"))]
Whose = Callable[[Tx], Owner]


@router.get("/me/do-not-disturb", summary="My do not disturb")
async def my_do_not_disturb(request: Request, response: Tagged, asker: APerson) -> Quiets:
    """When I am not rung in this company, and for calls from where."""
    found = await database_of(request).read(lambda tx: _view(tx, asker, editing.oneself(tx, asker)))
    return paging.tagged(response, found)


@router.put("/me/do-not-disturb", summary="Set my do not disturb")
@Refuses(QuietInvalid, PlaceNotFound)
async def put_my_do_not_disturb(
    body: QuietsBody, request: Request, response: Tagged, asker: APerson, if_match: IfMatch = None
) -> Quiets:
    """All of it; in force for the next press. A place may be any that I know."""
    return await _set(request, response, asker, lambda tx: editing.oneself(tx, asker), body, if_match)


@router.get("/users/{user_id}/do-not-disturb", summary="Somebody's do not disturb")
@Refuses(UserNotFound)
async def get_do_not_disturb(user_id: Id, request: Request, response: Tagged, asker: Readers) -> Quiets:
    """When they are not rung, for calls from where, and who asked for it."""
    found = await database_of(request).read(lambda tx: _view(tx, asker, _person(tx, asker, user_id)))
    return paging.tagged(response, found)


@router.put("/users/{user_id}/do-not-disturb", summary="Set somebody's do not disturb")
@Refuses(UserNotFound, QuietInvalid, PlaceNotFound)
async def put_do_not_disturb(
    user_id: Id, body: QuietsBody, request: Request, response: Tagged, asker: Writers, if_match: IfMatch = None
) -> Quiets:
    """All of it; in force for the next press. They see who asked for it."""
    whose: Whose = lambda tx: _person(tx, asker, user_id, "ring_plans.configure")  # noqa: E731
    return await _set(request, response, asker, whose, body, if_match)


async def _set(
    request: Request, response: Tagged, asker: Asker, whose: Whose, body: QuietsBody, if_match: str | None
) -> Quiets:
    now = now_of(request)

    def work(tx: Tx) -> Quiets:
        owner = whose(tx)
        paging.check_match(if_match, lambda: _view(tx, asker, owner))
        before = quiets.of_user(tx, asker.scope, owner.member.id)
        wishes = []
        for at, one in enumerate(body.items):
            wish = _wish(tx, asker, owner, f"items/{at}", one, before, now)
            if wish is not None:
                wishes.append(wish)
        quiets.put(tx, asker.scope, owner.member.id, wishes)
        asker.record(tx, now, "do_not_disturb.changed", owner.member.id)
        return _view(tx, asker, owner)

    return paging.tagged(response, await database_of(request).run(work))


def _wish(
    tx: Tx, asker: Asker, owner: Owner, field: str, body: QuietBody, before: tuple[Wish, ...], now: datetime
) -> Wish | None:
    """As it is kept: as it was where it was so already, None for one that is over since."""
    place_id = _place(tx, asker, body.place_id)
    zone = body.zone or owner.place.time_zone
    starts_at = body.starts_at or now
    same = [
        wish
        for wish in before
        if (wish.place_id, wish.starts_at, wish.ends_at, wish.times, wish.zone)
        == (place_id, starts_at, body.ends_at, body.times, zone)
    ]
    if same:
        return same[0] if same[0].ends_at is None or same[0].ends_at > now else None
    _check(field, body, zone, starts_at, now)
    return Wish(place_id, starts_at, body.ends_at, body.times, zone, asker.principal.name, now)


def _check(field: str, body: QuietBody, zone: str, starts_at: datetime, now: datetime) -> None:
    wrong = []
    if body.ends_at is not None and body.ends_at <= max(starts_at, now):
        wrong.append(f"{field}/ends_at")
    if zone not in available_timezones():
        wrong.append(f"{field}/zone")
    if body.times is not None:
        wrong += [f"{field}/times/{one}" for one in _wrong_times(body.times)]
    if wrong:
        error = QuietInvalid()
        error.at = tuple(wrong)
        raise error


def _wrong_times(times: TimesDocument) -> list[str]:
    wrong = []
    if times.from_date and times.to_date and times.to_date < times.from_date:
        wrong.append("to_date")
    if len(times.spans) > SPANS_PER_RULE_MAX:
        wrong.append("spans")
    wrong += [f"spans/{at}/start" for at, span in enumerate(times.spans) if span.start == "24:00"]
    if times.holidays != "as_any_day":
        wrong.append("holidays")
    return wrong


def _place(tx: Tx, asker: Asker, place_id: str | None) -> str:
    """The place, which the asker knows; the company for everywhere."""
    if place_id is None:
        return asker.scope.company_id
    place = tenancy.place(tx, asker.scope, place_id)
    asker.admit(place.path, "places.read", missing=PlaceNotFound)
    return place.id


def _person(tx: Tx, asker: Asker, user_id: str, *needed: Permission) -> Owner:
    try:
        owner = editing.owner_of(tx, asker, user_id, *needed)
    except RingPlanNotFound as error:
        raise UserNotFound from error
    if owner.member.kind != "user":
        raise UserNotFound
    return owner


def _view(tx: Tx, asker: Asker, owner: Owner) -> Quiets:
    return Quiets(
        items=[
            QuietItem(
                starts_at=wish.starts_at,
                ends_at=wish.ends_at,
                times=wish.times,
                zone=wish.zone,
                place_id=None if wish.place_id == asker.scope.company_id else wish.place_id,
                set_by=wish.set_by,
                set_at=wish.set_at,
            )
            for wish in quiets.of_user(tx, asker.scope, owner.member.id)
        ]
    )
