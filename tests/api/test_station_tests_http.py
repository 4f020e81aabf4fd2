"""Test calls over HTTP: schedules, one now, results, and which stations failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from antiphon import devices
from antiphon.calls import station_tests
from antiphon.database import Database, metadata
from browsers import Browser
from residents import StillClock, Tenant

Browsers = Callable[..., Browser]


@pytest.fixture
def station(database: Database, tenant: Tenant, clock: StillClock) -> devices.Station:
    with database.transaction() as tx:
        made = devices.create_station(tx, tenant.scope, name="Tor", place_id=tenant.site.id, now=clock.now())
        devices.store.set_claimed(tx, tenant.scope, made.id, model="demo", software="1")
        return made


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant) -> Browser:
    one = browser()
    await one.sign_in(tenant.owner)
    return one


async def test_a_schedule_says_when_the_next_one_is_due_and_is_not_overwritten(
    anna: Browser, station: devices.Station
) -> None:
    path = f"/api/v1/stations/{station.id}/test-schedule"
    first = await anna.get(path)
    assert first.json() == {
        "enabled": False,
        "weekdays": [],
        "times": [],
        "time_zone": "Europe/Vienna",
        "next_at": None,
    }
    wanted: Any = {"enabled": True, "weekdays": [1, 3], "times": ["15:00", "03:00"]}
    was = {"If-Match": first.headers["ETag"]}
    put = await anna.put(path, json=wanted, headers=was)
    assert put.status_code == 200
    assert put.json()["times"] == ["03:00", "15:00"]
    assert put.json()["next_at"] is not None
    assert (await anna.put(path, json=wanted, headers=was)).status_code == 412
    for wrong in ({"times": ["3:00"]}, {"weekdays": [8]}, {"times": [f"{hour:02}:00" for hour in range(13)]}):
        assert (await anna.put(path, json=wrong)).json()["code"] == "bad_input"


async def test_one_is_placed_now_once_and_told_to_the_role_that_calls(
    anna: Browser, station: devices.Station, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    path = f"/api/v1/stations/{station.id}/test-calls"
    placed = await anna.post(path)
    assert (placed.status_code, placed.json()["outcome"]) == (201, None)
    assert (await anna.post(path)).json()["code"] == "test_call_goes_on"
    with database.transaction() as tx:
        told = [row["kind"] for row in tx.all(tenant.scope, metadata.tables["outbox"])]
        test = station_tests.get(tx, tenant.scope, placed.json()["id"])
        assert test is not None
        station_tests.finish(tx, replace(test, outcome="no_sound", packets=0, heard=False), clock.now())
    assert "StationTestAsked" in told
    (item,) = (await anna.get(path)).json()["items"]
    assert (item["outcome"], item["asked_by"]) == ("no_sound", placed.json()["asked_by"])
    (failing,) = (await anna.get("/api/v1/failing-test-calls")).json()["items"]
    assert (failing["station_name"], failing["outcome"]) == ("Tor", "no_sound")


async def test_who_may_only_look_places_none_and_other_companies_see_nothing(
    browser: Browsers, tenant: Tenant, other: Tenant, station: devices.Station, anna: Browser
) -> None:
    bernd, eva = browser(), browser()
    await bernd.sign_in(tenant.operator)
    await eva.sign_in(other.owner)
    path = f"/api/v1/stations/{station.id}/test-calls"
    assert (await bernd.get(path)).status_code == 200
    assert (await bernd.post(path)).status_code == 403
    assert (await eva.get(path)).status_code == (await eva.post(path)).status_code == 404
    assert (await anna.post("/api/v1/stations/station_none/test-calls")).status_code == 404


async def test_a_station_that_is_not_in_service_or_of_another_maker_places_none(
    anna: Browser, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    with database.transaction() as tx:
        waiting = devices.create_station(tx, tenant.scope, name="Hof", place_id=tenant.site.id, now=clock.now())
        account = devices.create_account(
            tx, tenant.scope, name="Pult", place_id=tenant.site.id, realm="antiphon.local", now=clock.now()
        ).station
    answer = await anna.post(f"/api/v1/stations/{waiting.id}/test-calls")
    assert (answer.status_code, answer.json()["code"]) == (409, "station_not_in_service")
    assert (await anna.post(f"/api/v1/stations/{account.id}/test-calls")).status_code == 404
