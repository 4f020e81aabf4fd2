"""Role `api`: the HTTP API, the health of the role, and the web client's files, on one unix socket behind the front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import uvloop
from fastapi import FastAPI

from antiphon import access, calls, devices, directory, identity, log
from antiphon.access import Doors, follow_station, remove_doors
from antiphon.access import routes as access_routes
from antiphon.assembly import health, problems, serving
from antiphon.assembly.document import Api
from antiphon.assembly.engines.address import advertised
from antiphon.assembly.figures import Figures, tell_broker
from antiphon.assembly.reference import api as api_reference
from antiphon.assembly.web import WebClient
from antiphon.assembly.whole import WholeHealth
from antiphon.calls import routes as calls_routes
from antiphon.calls import station_test_routes
from antiphon.clock import Clock, SystemClock
from antiphon.database import Database, Scope, Tx, open_database
from antiphon.devices import Commander, StationCounts, account_routes, tree_routes
from antiphon.devices import routes as devices_routes
from antiphon.directory import ask_routes, party_routes, plan_routes, portrait_routes, quiet_routes
from antiphon.directory import routes as directory_routes
from antiphon.gateways import stream
from antiphon.gateways.mqtt import MqttGateway
from antiphon.identity import routes as identity_routes
from antiphon.settings import Settings
from antiphon.tenancy import Permission
from antiphon.tenancy import routes as tenancy_routes
from antiphon.tenancy.asking import Asker
from antiphon.wire.station import Button

_ABOUT = (
    "Stations, doors, calls and people of one company. Sign in with `POST /api/v1/session` and send the access token as "
    "bearer token. Every refusal is a problem detail (RFC 9457) with a stable `code`. Times are ISO 8601 in UTC.\n\n"
    "Lists come in pages: give `next_cursor` back as `cursor` until it is null. A query parameter that is not named here is "
    "refused, so that a mistyped filter never shows everything. A request that makes something takes an `Idempotency-Key`: "
    "sent again, it makes nothing more and is answered as it was the first time. What has an `ETag` is not sent again to "
    "whoever names that in `If-None-Match`, and not changed by whoever names another in `If-Match`."
)


@dataclass(frozen=True)
class Parts:
    """What the application works with; `assemble` makes the real ones."""

    database: Database
    clock: Clock
    broker: MqttGateway
    doors: Doors


def assemble(settings: Settings) -> Parts:
    """The parts of this process, not yet connected to anything."""
    database, clock, broker = open_database(settings), SystemClock(), MqttGateway(settings, "api")
    commander = Commander(broker, clock)
    broker.listen(commander, ("acks",))
    return Parts(database, clock, broker, Doors(database, commander, clock))


def create_app(settings: Settings, parts: Parts) -> FastAPI:
    """The application on those parts."""
    app = Api(
        title="Antiphon",
        version="1",
        summary="An open intercom cloud.",
        description=_ABOUT,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # they would lead wherever the request's Host says, and to http
        responses=problems.RESPONSES,
        generate_unique_id_function=lambda route: route.name,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    problems.install(app)
    state = app.state
    state.settings, state.clock, state.database = settings, parts.clock, parts.database
    state.bus, state.doors = parts.broker, parts.doors
    state.station_counts = StationCounts(parts.clock)
    state.stream = stream.Stream(parts.database, parts.broker, state.station_counts)
    state.recognise, state.role_used = identity.recognise, identity.role_used
    state.namers = devices.named, identity.named, access.named, directory.named
    state.leave_place = devices.leave_place, identity.leave_place, directory.leave_place, calls.leave_place
    state.names_of_devices, state.presence_of = calls.names_of_devices, calls.presence_of
    state.station_pressed = _station_pressed
    state.admit_station, state.buttons_changed = _admit_station, _tell_station
    state.require_station = devices.own_station
    state.require_account, state.station_leaves, state.station_moved = devices.account, _station_leaves, follow_station
    state.advertised = settings.public_name or advertised(settings).address
    for room in (
        tenancy_routes,
        identity_routes,
        directory_routes,
        party_routes,
        portrait_routes,
        ask_routes,
        plan_routes,
        quiet_routes,
        devices_routes,
        account_routes,
        tree_routes,
        access_routes,
        calls_routes,
        station_test_routes,
        stream,
    ):
        app.include_router(room.router)
    app.include_router(
        health.router(
            {
                "database": health.database_check(parts.database),
                "broker": health.connected_check(lambda: parts.broker.connected),
            }
        )
    )
    app.include_router(health.whole_router(WholeHealth(settings, parts.clock)))
    app.include_router(api_reference.router())
    # Asked last, after every route: a mount would take the other methods of a route's path too.
    app.router.default = WebClient(settings.web)
    return app


def run(settings: Settings) -> None:
    """Serve `run/api.sock` until SIGTERM."""
    log.configure("api", settings.log_level)
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    parts = assemble(settings)
    try:
        figures = Figures("api", partial(_look, parts))
        app = create_app(settings, parts)
        serving.collect_rarely()

        async def closing() -> None:
            app.state.stream.end_all()  # they would keep the process until its grace is over

        await serving.serve(app, settings.run / "api.sock", [parts.broker.run], figures, closing=closing)
    finally:
        parts.database.close()


async def _look(parts: Parts) -> None:
    tell_broker(parts.broker)


def _admit_station(tx: Tx, asker: Asker, station_id: str, *needed: Permission) -> devices.Station:
    """The directory lies below the devices: what it asks about a station, it asks here."""
    station = devices.station(tx, asker.scope, station_id)
    asker.admit(station.path, "stations.read", *needed, missing=devices.StationNotFound)
    return station


def _station_leaves(tx: Tx, scope: Scope, station_id: str) -> None:
    """What the rooms above know of it goes along."""
    remove_doors(tx, scope, station_id)
    calls.forget_tests(tx, scope, station_id)


def _station_pressed(tx: Tx, asker: Asker, station_id: str) -> devices.Station:
    """The station or account at which somebody would press, as far as the asker may know who rings there."""
    station = devices.station(tx, asker.scope, station_id)
    asker.admit(station.path, "stations.read", missing=devices.StationNotFound)
    asker.admit(station.path, "ring_plans.read", missing=devices.StationNotFound)
    return station


def _tell_station(tx: Tx, scope: Scope, station_id: str, buttons: Sequence[directory.Button], now: datetime) -> None:
    """A station knows its buttons by its desired state."""
    wanted = tuple(Button(name=button.name, label=button.label) for button in buttons)
    devices.change_desired(tx, scope, station_id, buttons=wanted, now=now)
