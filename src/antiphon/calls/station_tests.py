"""Owns test calls of stations: when they are due, what came of them, and which stations failed the newest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from antiphon.clock import new_id
from antiphon.database import PLATFORM, Scope, Tx, UtcTime, explain, tenant_table
from antiphon.limits import TEST_CALL_MAX_S, TEST_CALLS_KEPT_DAYS

Outcome = Literal[
    "passed",
    "station_offline",
    "no_acknowledgement",
    "station_busy",
    "not_supported",
    "no_call",
    "no_media",
    "no_sound",
    "not_heard",
    "hung_up",
    "not_finished",
]
# A station in a call works: that test says nothing, and the next one will.
GOOD: frozenset[Outcome] = frozenset(("passed", "station_busy"))
_MINUTES_PER_HOUR = 60

schedule_rows = tenant_table(
    "station_test_schedules",
    sa.Column("station_id", sa.String(40), primary_key=True),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("weekdays", sa.String(32), nullable=False),
    sa.Column("times", sa.String(200), nullable=False),
    sa.Column("next_at", UtcTime, nullable=True, index=True),
)
test_rows = tenant_table(
    "station_tests",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("station_id", sa.String(40), nullable=False, index=True),
    sa.Column("asked_at", UtcTime, nullable=False, index=True),
    sa.Column("asked_by", sa.String(120), nullable=True),
    sa.Column("ended_at", UtcTime, nullable=True),
    sa.Column("outcome", sa.String(24), nullable=True),
    sa.Column("set_up_ms", sa.Integer, nullable=True),
    sa.Column("packets", sa.Integer, nullable=True),
    sa.Column("heard", sa.Boolean, nullable=True),
)
failing_rows = tenant_table(
    "station_tests_failing",
    sa.Column("station_id", sa.String(40), primary_key=True),
    sa.Column("test_id", sa.String(40), nullable=False),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("outcome", sa.String(24), nullable=False),
)
explain(
    schedule_rows,
    "When stations place test calls by themselves.",
    station_id="Which station.",
    enabled="Whether the schedule is on.",
    weekdays="JSON list, 1 is Monday; empty: every day.",
    times="JSON list of times of day where the station is.",
    next_at="When the next one is due; null: never.",
)
explain(
    test_rows,
    "Test calls: a station called a synthetic receiver, and rang nobody.",
    asked_at="When it was asked for.",
    asked_by="By whom, by name; null: by the schedule.",
    ended_at="When it was over; null: it goes on.",
    outcome="What came of it; null: it goes on.",
    set_up_ms="From the command to the call's arrival.",
    packets="Packets of sound that came from the station.",
    heard="Whether the station heard the receiver.",
)
explain(
    failing_rows,
    "Stations whose newest test call failed.",
    station_id="Which station.",
    test_id="Its newest failed test.",
    since="Since when tests fail.",
    outcome="What failed in the newest.",
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Times of day in minutes, where the station is; on these weekdays (none: every day)."""

    enabled: bool = False
    weekdays: tuple[int, ...] = ()
    times: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StationTest:
    """One test call. Without `outcome` it goes on."""

    id: str
    company_id: str
    station_id: str
    asked_at: datetime
    asked_by: str | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    set_up_ms: int | None = None
    packets: int | None = None
    heard: bool | None = None


@dataclass(frozen=True, slots=True)
class Failing:
    """A station whose newest test call failed."""

    station_id: str
    test_id: str
    since: datetime
    outcome: Outcome


def next_at(schedule: Schedule, zone: str, now: datetime) -> datetime | None:
    """The first moment after now by the clock on the wall there; a time that is left out that night comes when clocks say it next."""
    if not schedule.enabled or not schedule.times:
        return None
    local = ZoneInfo(zone)
    today = now.astimezone(local).date()
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        if schedule.weekdays and day.isoweekday() not in schedule.weekdays:
            continue
        for minute in sorted(schedule.times):
            wall = datetime(day.year, day.month, day.day, *divmod(minute, _MINUTES_PER_HOUR), tzinfo=local)
            moment = wall.astimezone(now.tzinfo)
            if moment > now:
                return moment
    return None


def schedule(tx: Tx, scope: Scope, station_id: str) -> Schedule:
    """The station's; off where nobody has set one."""
    row = tx.first(scope, schedule_rows, station_id=station_id)
    return Schedule() if row is None else _schedule(row)


def upcoming(tx: Tx, scope: Scope, station_id: str) -> datetime | None:
    """When the next one is due."""
    row = tx.first(scope, schedule_rows, station_id=station_id)
    return None if row is None else row["next_at"]


def set_schedule(tx: Tx, scope: Scope, station_id: str, wanted: Schedule, zone: str, now: datetime) -> None:
    """From now on; the next one is due by the clock where the station is."""
    values = {
        "enabled": wanted.enabled,
        "weekdays": json.dumps(sorted(wanted.weekdays)),
        "times": json.dumps(sorted(wanted.times)),
        "next_at": next_at(wanted, zone, now),
    }
    if not tx.update(scope, schedule_rows, values=values, station_id=station_id):
        tx.insert(scope, schedule_rows, {"station_id": station_id} | values)


def due(tx: Tx, now: datetime) -> tuple[tuple[Scope, str], ...]:
    """Stations of every company whose time has come."""
    rows = tx.all(PLATFORM, schedule_rows, schedule_rows.c.next_at <= now, order_by=(schedule_rows.c.next_at,))
    return tuple((Scope(row["company_id"]), row["station_id"]) for row in rows)


def begin(tx: Tx, scope: Scope, station_id: str, now: datetime, by: str | None = None) -> StationTest:
    """A test call that goes on from now."""
    test = StationTest(new_id("test"), scope.company_id, station_id, now, by)
    values = {"id": test.id, "station_id": station_id, "asked_at": now, "asked_by": by}
    tx.insert(scope, test_rows, values)
    tx.delete(
        scope,
        test_rows,
        test_rows.c.asked_at < now - timedelta(days=TEST_CALLS_KEPT_DAYS),
        station_id=station_id,
    )
    return test


def finish(tx: Tx, test: StationTest, now: datetime) -> None:
    """Keep what came of it; a failed one is a notice until the next good one."""
    scope = Scope(test.company_id)
    values = {
        "ended_at": now,
        "outcome": test.outcome,
        "set_up_ms": test.set_up_ms,
        "packets": test.packets,
        "heard": test.heard,
    }
    if test.outcome is None or not tx.update(
        scope, test_rows, test_rows.c.outcome.is_(None), values=values, id=test.id
    ):
        return
    if test.outcome == "passed":
        tx.delete(scope, failing_rows, station_id=test.station_id)
    elif test.outcome not in GOOD:
        failed = {"test_id": test.id, "outcome": test.outcome}
        if not tx.update(scope, failing_rows, values=failed, station_id=test.station_id):
            tx.insert(scope, failing_rows, {"station_id": test.station_id, "since": test.asked_at} | failed)


def left_over(tx: Tx, now: datetime) -> tuple[StationTest, ...]:
    """Tests of every company that nobody will finish any more."""
    before = now - timedelta(seconds=TEST_CALL_MAX_S)
    rows = tx.all(PLATFORM, test_rows, test_rows.c.outcome.is_(None), test_rows.c.asked_at < before)
    return tuple(replace(_test(row), outcome="not_finished") for row in rows)


def get(tx: Tx, scope: Scope, test_id: str) -> StationTest | None:
    """One of the company's."""
    row = tx.first(scope, test_rows, id=test_id)
    return None if row is None else _test(row)


def running(tx: Tx, scope: Scope, station_id: str) -> StationTest | None:
    """The station's test call that goes on."""
    row = tx.first(scope, test_rows, test_rows.c.outcome.is_(None), station_id=station_id)
    return None if row is None else _test(row)


def page(tx: Tx, scope: Scope, station_id: str, before: str | None, limit: int) -> Sequence[StationTest]:
    """The station's, newest first."""
    where = [] if before is None else [test_rows.c.id < before]
    order = (test_rows.c.id.desc(),)
    return [_test(row) for row in tx.all(scope, test_rows, *where, station_id=station_id, order_by=order, limit=limit)]


def failing(tx: Tx, scope: Scope) -> tuple[Failing, ...]:
    """Stations whose newest test call failed, by id."""
    rows = tx.all(scope, failing_rows, order_by=(failing_rows.c.station_id,))
    return tuple(Failing(row["station_id"], row["test_id"], row["since"], row["outcome"]) for row in rows)


def forget(tx: Tx, scope: Scope, station_id: str) -> None:
    """The station goes, and its tests with it."""
    for table in (schedule_rows, test_rows, failing_rows):
        tx.delete(scope, table, station_id=station_id)


def _schedule(row: Mapping[Any, Any]) -> Schedule:  # Any: a row
    return Schedule(row["enabled"], tuple(json.loads(row["weekdays"])), tuple(json.loads(row["times"])))


def _test(row: Mapping[Any, Any]) -> StationTest:  # Any: a row
    return StationTest(
        row["id"],
        row["company_id"],
        row["station_id"],
        row["asked_at"],
        row["asked_by"],
        row["ended_at"],
        row["outcome"],
        row["set_up_ms"],
        row["packets"],
        row["heard"],
    )
