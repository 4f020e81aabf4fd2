"""HTTP of calls: the history, one call, why it rang whom, the callers' pictures."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from antiphon import tenancy
from antiphon.calls import store
from antiphon.calls.store import CallNotFound, SnapshotNotFound
from antiphon.calls.traces.store import trace
from antiphon.calls.traces.telling import tell
from antiphon.calls.traces.view import TraceView
from antiphon.database import Tx
from antiphon.limits import CALLS_PAGE_MAX
from antiphon.tenancy import Language, PlaceNotFound, paging
from antiphon.tenancy.asking import Asker, Needs, Refuses, Route, database_of, now_of
from antiphon.tenancy.paging import Cursor
from antiphon.tenancy.views import Id
from antiphon.wire.client import CallView

router = APIRouter(route_class=Route, prefix="/api/v1", tags=["calls"])

Readers = Annotated[Asker, Depends(Needs("calls.read"))]
Watchers = Annotated[Asker, Depends(Needs("snapshots.read"))]


class Calls(BaseModel):
    """A page of the history, newest first; `next_cursor` null: there is nothing older."""

    items: list[CallView]
    next_cursor: str | None = Field(examples=["WyJjYWxsXzAxamQwIl0"])


@router.get("/calls", summary="Calls of the company, newest first")
@Refuses(PlaceNotFound)
async def list_calls(
    request: Request,
    asker: Readers,
    limit: Annotated[int, Query(ge=1, le=CALLS_PAGE_MAX, description="How many at most.")] = 50,
    live: Annotated[bool, Query(description="Only calls that go on.")] = False,
    station_id: Annotated[Id | None, Query(description="Only calls from or to this station.")] = None,
    place_id: Annotated[Id | None, Query(description="Only calls at this place and below it.")] = None,
    answered: Annotated[bool | None, Query(description="Only answered ones, or those that ended unanswered.")] = None,
    cursor: Cursor = None,
) -> Calls:
    """Give `next_cursor` back as `cursor` for the page after this one."""
    beginning = paging.after("calls", cursor, str)

    def look(tx: Tx) -> tuple[CallView, ...]:
        return store.calls_page(
            tx,
            asker.scope,
            limit=limit + 1,
            before=beginning[0] if beginning else None,
            reach=asker.reach("calls.read"),
            pictured=asker.reach("snapshots.read"),
            live=live,
            station_id=station_id,
            within=tenancy.place(tx, asker.scope, place_id).path if place_id is not None else None,
            answered=answered,
        )

    found = await database_of(request).read(look)
    items, following = paging.cut("calls", found, limit, lambda call: (call.call_id,))
    return Calls(items=items, next_cursor=following)


@router.get("/calls/{call_id}", summary="One call with its legs")
@Refuses(CallNotFound)
async def one_call(request: Request, asker: Readers, call_id: Id) -> CallView:
    """Who rang, who answered, and how each leg ended."""
    return await database_of(request).read(
        lambda tx: store.call(tx, asker.scope, call_id, asker.reach("calls.read"), asker.reach("snapshots.read"))
    )


@router.get("/calls/{call_id}/trace", summary="Why a call rang whom, and what became of that")
@Refuses(CallNotFound)
async def trace_of_call(
    request: Request,
    asker: Readers,
    call_id: Id,
    language: Annotated[Language, Query(description="Of the words.")] = "en",
) -> TraceView:
    """In words and as data; what can be done about each reason has a stable code. People's do not disturb and rules are told to
    those who may read ring plans at the call's place; everybody hears of their own."""
    now, scope = now_of(request), asker.scope

    def look(tx: Tx) -> TraceView:
        found, place = store.call_with_place(
            tx, scope, call_id, asker.reach("calls.read"), asker.reach("snapshots.read")
        )
        facts, kept = trace(tx, scope, call_id)
        if facts is None and found.ended_at is None:
            kept = "kept"  # it has only begun
        return tell(
            found,
            facts,
            language,
            now,
            kept=kept,
            sees_plans=asker.reach("ring_plans.read").covers(place["path"]),
            reader_id=asker.principal.user_id or "",
            zone="" if facts is not None else tenancy.place(tx, scope, place["id"]).time_zone,
        )

    return await database_of(request).read(look)


@router.get(
    "/snapshots/{snapshot_id}",
    summary="A caller's picture",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "The picture"}},
)
@Refuses(SnapshotNotFound)
async def snapshot(request: Request, asker: Watchers, snapshot_id: Id) -> Response:
    """Never changes under its id; only this person's browser may keep it."""
    picture = await database_of(request).read(
        lambda tx: store.snapshot(tx, asker.scope, snapshot_id, asker.reach("snapshots.read"))
    )
    path = request.app.state.settings.snapshots / f"{picture.id}.jpg"
    try:
        jpeg = await asyncio.to_thread(path.read_bytes)
    except FileNotFoundError:
        raise SnapshotNotFound from None
    headers = {"Cache-Control": "private, max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(jpeg, media_type="image/jpeg", headers=headers)
