"""Role `devices`: claims and certificates over HTTP, presence and desired states over MQTT, revocations in the engines.

The only role that reads the issuing key.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI

from antiphon import log
from antiphon.assembly import health, problems
from antiphon.assembly.engines.address import advertised
from antiphon.clock import SystemClock
from antiphon.database import Database
from antiphon.devices import ClaimCodes, ensure_claim_key
from antiphon.devices.authority import Authority
from antiphon.devices.inbox import Inbox
from antiphon.devices.routes import Enrolment, EnrolmentPorts, claim_router, station_router
from antiphon.devices.upkeep import Upkeep, list_alarm
from antiphon.events import DesiredStateChanged, DeviceClaimed, DeviceRevoked
from antiphon.gateways.edge import EngineEdge
from antiphon.gateways.mqtt import MqttGateway
from antiphon.settings import Settings

_log = log.get("devices")


class DevicesRole:
    """Everything of this role, wired; `app` is served on `run/devices.sock`."""

    def __init__(self, settings: Settings) -> None:
        clock = SystemClock()
        authority = Authority(settings.pki)
        self.database = Database(settings.sqlalchemy_url)
        self.gateway = MqttGateway(settings, "devices")
        self.inbox = Inbox(self.database, clock)
        self.upkeep = Upkeep(self.database, self.gateway, EngineEdge(settings), authority, clock)
        self.gateway.listen(self.inbox, ("connection", "reported"))
        self.gateway.listen(self.upkeep, ())
        self.gateway.subscribe(DesiredStateChanged, self.upkeep.wake)
        self.gateway.subscribe(DeviceClaimed, self.upkeep.wake)
        self.gateway.subscribe(DeviceRevoked, self.upkeep.wake)
        self.app = FastAPI(title="Antiphon for stations", openapi_url=None, docs_url=None, redoc_url=None)
        problems.install(self.app)
        state = self.app.state
        state.settings, state.clock, state.database = settings, clock, self.database
        state.enrolment = Enrolment(
            authority,
            ClaimCodes(ensure_claim_key(settings.secrets)),
            host=settings.public_name or advertised(settings).address,
            sip_domain=settings.realm,
            ports=EnrolmentPorts(
                sips=settings.ports.sips, mqtts=settings.ports.mqtts, device_https=settings.ports.device_https
            ),
            claimed=self.upkeep.wake,
        )

        async def revocation_list() -> str | None:
            return list_alarm(authority, clock)

        self.app.include_router(claim_router)
        self.app.include_router(station_router)
        self.app.include_router(
            health.router(
                {
                    "database": health.database_check(self.database),
                    "broker": health.connected_check(lambda: self.gateway.connected),
                    "revocation_list": revocation_list,
                }
            )
        )

    def tasks(self) -> tuple[Callable[[], Coroutine[Any, Any, None]], ...]:  # Any: what a coroutine of no type takes
        """What runs beside HTTP, each until cancelled."""
        return self.gateway.run, self.inbox.run, self.upkeep.run


def run(settings: Settings) -> None:
    """Serve until SIGTERM; raises when a part of the role fails, so that the supervisor starts it anew."""
    log.configure("devices", settings.log_level)
    os.umask(0o027)
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    role = DevicesRole(settings)
    path = settings.run / "devices.sock"
    server = uvicorn.Server(
        uvicorn.Config(
            role.app, uds=str(path), loop="none", lifespan="off", log_config=None, access_log=False, server_header=False
        )
    )
    running = [asyncio.create_task(task()) for task in role.tasks()]
    for task in running:
        task.add_done_callback(partial(_stop, server))
    try:
        await server.serve()
    finally:
        for task in running:
            task.cancel()
        outcomes = await asyncio.gather(*running, return_exceptions=True)
        role.database.close()
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    _log.info("role stopped")


def _stop(server: uvicorn.Server, task: asyncio.Task[None]) -> None:
    """A part that ends by itself takes the role down, which is better than half a role."""
    if not task.cancelled():
        _log.error("part of the role ended", error=type(task.exception()).__name__)
        server.should_exit = True
