"""The tree of places: one level at a time, with the states of the stations in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from antiphon import devices, tenancy
from antiphon.database import Database, Tx, metadata
from browsers import Browser
from residents import StillClock, Tenant

Browsers = Callable[..., Browser]
DEVICES, REPORTED = metadata.tables["devices"], metadata.tables["reported_states"]


def stations(database: Database, tenant: Tenant, clock: StillClock, place_id: str, **states: int) -> None:
    """So many stations in that place, in those states."""

    def make(tx: Tx) -> None:
        for state, number in states.items():
            for _ in range(number):
                made = devices.create_station(tx, tenant.scope, name="Tor", place_id=place_id, now=clock.now())
                values: dict[str, Any] = {"status": "unclaimed" if state == "unclaimed" else "claimed"}
                values["online"] = state in ("online", "fault")
                tx.update(tenant.scope, DEVICES, values=values, id=made.id)
                if state == "fault":
                    report = {"device_id": made.id, "version": 1, "error": "x", "document": "{}", "at": clock.now()}
                    tx.insert(tenant.scope, REPORTED, report)

    database.run_sync(make)


async def test_each_level_counts_what_lies_below_it(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    folder = (
        await anna.post("/api/v1/places", json={"kind": "folder", "name": "Haus A", "parent_id": tenant.site.id})
    ).json()
    stations(database, tenant, clock, tenant.site.id, online=2, unclaimed=1)
    stations(database, tenant, clock, folder["id"], online=1, offline=3, fault=1)

    (company,) = (await anna.get("/api/v1/tree")).json()["items"]
    assert (company["kind"], company["opens"]) == ("company", True)
    assert company["stations"] == {"online": 3, "offline": 3, "fault": 1, "unclaimed": 1, "revoked": 0}
    (project,) = (await anna.get("/api/v1/tree", params={"parent_id": company["id"]})).json()["items"]
    (site,) = (await anna.get("/api/v1/tree", params={"parent_id": project["id"]})).json()["items"]
    (leaf,) = (await anna.get("/api/v1/tree", params={"parent_id": site["id"]})).json()["items"]
    assert site["stations"] == company["stations"]
    assert (leaf["name"], leaf["opens"]) == ("Haus A", False)
    assert leaf["stations"] == {"online": 1, "offline": 3, "fault": 1, "unclaimed": 0, "revoked": 0}

    direct = await anna.get("/api/v1/stations", params={"place_id": site["id"], "direct": True})
    assert len(direct.json()["items"]) == 3


async def test_what_changed_is_counted_anew(
    app: FastAPI, browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    assert (await anna.get("/api/v1/tree")).json()["items"][0]["stations"]["online"] == 0
    stations(database, tenant, clock, tenant.site.id, online=1)
    app.state.station_counts.forget(tenant.company.id)
    assert (await anna.get("/api/v1/tree")).json()["items"][0]["stations"]["online"] == 1


async def test_somebody_with_a_folder_begins_there(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    anna, bernd = browser(), browser()
    await anna.sign_in(tenant.owner)
    inner = (
        await anna.post("/api/v1/places", json={"kind": "folder", "name": "Haus A", "parent_id": tenant.site.id})
    ).json()
    stations(database, tenant, clock, tenant.site.id, online=2)
    stations(database, tenant, clock, inner["id"], offline=1)

    def only_there(tx: Tx) -> None:
        tx.delete(tenant.scope, metadata.tables["grants"], user_id=tenant.operator.id)
        tenancy.give(tx, tenant.scope, tenant.operator.id, "role_viewer", inner["id"], clock.now())

    database.run_sync(only_there)
    await bernd.sign_in(tenant.operator)
    (begins,) = (await bernd.get("/api/v1/tree")).json()["items"]
    assert begins["id"] == inner["id"]
    assert begins["stations"]["offline"] == 1
    assert begins["stations"]["online"] == 0
