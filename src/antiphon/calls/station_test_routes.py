"""HTTP of stations' test calls: when they are placed, one now, what came of them, and which stations failed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from antiphon import devices, events, tenancy
from antiphon.calls import station_tests as store
from antiphon.calls.station_tests import Outcome, Schedule, StationTest
from antiphon.clock import new_id
from antiphon.database import Tx, outbox
from antiphon.devices import Station, StationNotFound
from antiphon.errors import Conflict
from antiphon.limits import TEST_TIMES_PER_DAY_MAX
from antiphon.tenancy import paging
from antiphon.tenancy.asking import Asker, Body, Needs, Refuses, Route, Tagged, database_of, now_of
from antiphon.tenancy.paging import Cursor, IdempotencyKey, IfMatch, Limit
from antiphon.tenancy.views import Id

router = APIRouter(route_class=Route, prefix="/api/v1", tags=["test calls"])

Readers = Annotated[Asker, Depends(Needs("stations.read"))]
Writers = Annotated[Asker, Depends(Needs("stations.configure"))]
TimeOfDay = Annotated[str, Field(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$", examples=["03:00"])]
Weekday = Annotated[int, Field(ge=1, le=7)]


class TestGoesOn(Conflict):
    """A test call of this station goes on."""

    code = "test_call_goes_on"
    title = "A test call of this station goes on already. Wait for its result."


class NotInService(Conflict):
    """The station is not claimed."""

    code = "station_not_in_service"
    title = "This station is not in service. Claim it first."


class TestSchedule(Body):
    """When the station places a test call by itself, by the clock where it is. No weekdays: every day."""

    enabled: bool = True
    weekdays: list[Weekday] = Field(default_factory=list, max_length=7, examples=[[1, 2, 3, 4, 5]])
    times: list[TimeOfDay] = Field(default_factory=list, max_length=TEST_TIMES_PER_DAY_MAX)


class TestScheduleView(BaseModel):
    """The schedule, in the station's zone."""

    enabled: bool
    weekdays: list[int]
    times: list[str]

    time_zone: str = Field(examples=["Europe/Vienna"])
    next_at: datetime | None = Field(description="When the next one is due; null: never.")


class TestCallItem(BaseModel):
    """A test call and what was measured. `outcome` null: it goes on."""

    id: str
    station_id: str
    asked_at: datetime
    asked_by: str | None = Field(description="null: the schedule")
    ended_at: datetime | None
    outcome: Outcome | None = Field(description="`passed`, or what failed.")
    set_up_ms: int | None = Field(description="From the command until the station's call was there.")
    packets: int | None = Field(description="Packets of sound that came from the station.")
    heard: bool | None = Field(description="Whether the station heard the receiver.")


class TestCalls(BaseModel):
    """Newest first; `next_cursor` null: there is nothing older."""

    items: list[TestCallItem]
    next_cursor: str | None


class FailingStation(BaseModel):
    """A station whose newest test call failed."""

    station_id: str
    station_name: str
    place_id: str
    test_id: str
    since: datetime
    outcome: Outcome


class FailingStations(BaseModel):
    """By the stations' ids; `next_cursor` null: there is nothing more."""

    items: list[FailingStation]
    next_cursor: str | None


class NoBody(Body):
    """Nothing has to be said."""


@router.get("/stations/{station_id}/test-schedule", summary="When a station places test calls")
@Refuses(StationNotFound)
async def get_test_schedule(station_id: Id, request: Request, response: Tagged, asker: Readers) -> TestScheduleView:
    """A test call rings nobody and is not heard at the door."""
    found = await database_of(request).read(lambda tx: _view(tx, asker, _admitted(tx, asker, station_id)))
    return paging.tagged(response, found)


@router.put("/stations/{station_id}/test-schedule", summary="Set when a station places test calls")
@Refuses(StationNotFound)
async def put_test_schedule(
    station_id: Id, body: TestSchedule, request: Request, response: Tagged, asker: Writers, if_match: IfMatch = None
) -> TestScheduleView:
    """In force at once."""
    now = now_of(request)

    def work(tx: Tx) -> TestScheduleView:
        station = _admitted(tx, asker, station_id, "stations.configure")
        paging.check_match(if_match, lambda: _view(tx, asker, station))
        wanted = Schedule(
            body.enabled, tuple(sorted(set(body.weekdays))), tuple(sorted({_minute(at) for at in body.times}))
        )
        if wanted != store.schedule(tx, asker.scope, station.id):
            store.set_schedule(tx, asker.scope, station.id, wanted, station.time_zone, now)
            asker.record(tx, now, "station.tests_scheduled", station.id)
        return _view(tx, asker, station)

    return paging.tagged(response, await database_of(request).run(work))


@router.post("/stations/{station_id}/test-calls", summary="Place a test call now", status_code=201)
@Refuses(StationNotFound, TestGoesOn, NotInService)
async def place_test_call(
    station_id: Id, request: Request, asker: Writers, body: NoBody | None = None, key: IdempotencyKey = None
) -> TestCallItem:
    """It takes some seconds: look for its `outcome` in the list. Nobody rings, and nothing is heard at the door."""
    now = now_of(request)

    def work(tx: Tx) -> TestCallItem:
        def make() -> TestCallItem:
            station = _admitted(tx, asker, station_id, "stations.configure")
            if station.status != "claimed":
                raise NotInService
            if store.running(tx, asker.scope, station.id) is not None:
                raise TestGoesOn
            test = store.begin(tx, asker.scope, station.id, now, asker.principal.name)
            fact = events.StationTestAsked(new_id("fact"), asker.scope.company_id, now, station.id, test.id)
            outbox.append(tx, asker.scope, fact)
            asker.record(tx, now, "station.tested", station.id)
            return _item(test)

        return paging.once(tx, asker, request, key, body or NoBody(), now, make, TestCallItem)

    return await database_of(request).run(work)


@router.get("/stations/{station_id}/test-calls", summary="Test calls of a station, newest first")
@Refuses(StationNotFound)
async def list_test_calls(
    station_id: Id, request: Request, asker: Readers, limit: Limit = 100, cursor: Cursor = None
) -> TestCalls:
    """Kept for ninety days; they are no part of the history of calls."""
    beginning = paging.after("test-calls", cursor, str)

    def look(tx: Tx) -> TestCalls:
        station = _admitted(tx, asker, station_id)
        found = store.page(tx, asker.scope, station.id, beginning[0] if beginning else None, limit + 1)
        items, following = paging.cut("test-calls", found, limit, lambda test: (test.id,))
        return TestCalls(items=[_item(test) for test in items], next_cursor=following)

    return await database_of(request).read(look)


@router.get("/failing-test-calls", summary="Stations whose newest test call failed")
async def list_failing(request: Request, asker: Readers, limit: Limit = 100, cursor: Cursor = None) -> FailingStations:
    """Those that you may see. The next good test call takes a station from here."""
    beginning = paging.after("failing-test-calls", cursor, str)

    def look(tx: Tx) -> FailingStations:
        failing = store.failing(tx, asker.scope)
        ids = {one.station_id for one in failing}
        seen = {one.id: one for one in tenancy.names(tx, asker.scope, asker.rights, ids, (devices.named,))}
        shown = [
            FailingStation(
                station_id=one.station_id,
                station_name=seen[one.station_id].name,
                place_id=seen[one.station_id].place_id or "",
                test_id=one.test_id,
                since=one.since,
                outcome=one.outcome,
            )
            for one in failing
            if one.station_id in seen and (beginning is None or one.station_id > beginning[0])
        ]
        items, following = paging.cut("failing-test-calls", shown[: limit + 1], limit, lambda one: (one.station_id,))
        return FailingStations(items=items, next_cursor=following)

    return await database_of(request).read(look)


def _admitted(tx: Tx, asker: Asker, station_id: str, *needed: tenancy.Permission) -> Station:
    station = devices.station(tx, asker.scope, station_id)
    asker.admit(station.path, "stations.read", *needed, missing=StationNotFound)
    if station.kind != "station":  # accounts of other makers take no commands from us
        raise StationNotFound
    return station


def _view(tx: Tx, asker: Asker, station: Station) -> TestScheduleView:
    said = store.schedule(tx, asker.scope, station.id)
    return TestScheduleView(
        enabled=said.enabled,
        weekdays=list(said.weekdays),
        times=[f"{minute // 60:02}:{minute % 60:02}" for minute in said.times],
        time_zone=station.time_zone,
        next_at=store.upcoming(tx, asker.scope, station.id),
    )


def _item(test: StationTest) -> TestCallItem:
    return TestCallItem(
        id=test.id,
        station_id=test.station_id,
        asked_at=test.asked_at,
        asked_by=test.asked_by,
        ended_at=test.ended_at,
        outcome=test.outcome,
        set_up_ms=test.set_up_ms,
        packets=test.packets,
        heard=test.heard,
    )


def _minute(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)
