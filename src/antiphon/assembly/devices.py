"""Role `devices`: claims and certificates over HTTP, presence and desired states over MQTT, revocations and certificates in the engines.

The only role that reads the issuing key.
"""

from __future__ import annotations

import uvloop
from fastapi import FastAPI

from antiphon import log
from antiphon.assembly import health, problems, serving
from antiphon.assembly.census import Census
from antiphon.assembly.certificates import ServerCertificates
from antiphon.assembly.engines.address import advertised
from antiphon.assembly.figures import Figures, tell_broker
from antiphon.clock import Clock, SystemClock
from antiphon.database import open_database
from antiphon.devices import ClaimCodes, ensure_claim_key
from antiphon.devices.authority import Authority
from antiphon.devices.enrolment_routes import Enrolment, EnrolmentPorts, claim_router, station_router
from antiphon.devices.inbox import Inbox
from antiphon.devices.registrations import Registrations
from antiphon.devices.upkeep import Upkeep, list_alarm
from antiphon.events import AccountRemoved, DesiredStateChanged, DeviceClaimed, DeviceRevoked
from antiphon.gateways.edge import EngineEdge
from antiphon.gateways.mqtt import MqttGateway
from antiphon.settings import Settings


class DevicesRole:
    """Everything of this role, wired; `app` is served on `run/devices.sock`."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        authority = Authority(settings.pki)
        self.database = open_database(settings)
        self.gateway = MqttGateway(settings, "devices")
        self.census = Census(self.database, settings.pki, clock)
        self.inbox = Inbox(self.database, clock)
        edge, address = EngineEdge(settings), advertised(settings).address
        self.upkeep = Upkeep(self.database, self.gateway, edge, authority, clock)
        self.certificates = ServerCertificates(settings.model_copy(update={"advertised_address": address}), edge, clock)
        self.registrations = Registrations(self.database, edge, clock)
        self.gateway.subscribe(AccountRemoved, self.registrations.account_removed)
        self.gateway.listen(self.inbox, ("connection", "reported"))
        self.gateway.listen(self.upkeep, ())
        self.gateway.subscribe(DesiredStateChanged, self.upkeep.wake)
        self.gateway.subscribe(DeviceClaimed, self.upkeep.wake)
        self.gateway.subscribe(DeviceRevoked, self.upkeep.wake)
        self.app = FastAPI(
            title="Antiphon for stations", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
        )
        problems.install(self.app)
        state = self.app.state
        state.settings, state.clock, state.database = settings, clock, self.database
        state.enrolment = Enrolment(
            authority,
            ClaimCodes(ensure_claim_key(settings.secrets)),
            host=settings.public_name or address,
            sip_domain=settings.realm,
            ports=EnrolmentPorts(
                sips=settings.ports.sips, mqtts=settings.ports.mqtts, device_https=settings.ports.device_https
            ),
            claimed=self.upkeep.wake,
        )

        async def revocation_list() -> str | None:
            return list_alarm(authority, clock)

        async def server_certificates() -> str | None:
            return self.certificates.alarm()

        self.app.include_router(claim_router)
        self.app.include_router(station_router)
        self.app.include_router(
            health.router(
                {
                    "database": health.database_check(self.database),
                    "broker": health.connected_check(lambda: self.gateway.connected),
                    "revocation_list": revocation_list,
                    "server_certificates": server_certificates,
                }
            )
        )

    async def look(self) -> None:
        """Bring the role's readings up to date."""
        tell_broker(self.gateway)
        await self.census.look()

    def tasks(self) -> tuple[serving.Task, ...]:
        """What runs beside HTTP, each until cancelled."""
        return self.gateway.run, self.inbox.run, self.upkeep.run, self.registrations.run, self.certificates.run


def run(settings: Settings) -> None:
    """Serve `run/devices.sock` until SIGTERM."""
    log.configure("devices", settings.log_level)
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    role = DevicesRole(settings, SystemClock())
    try:
        await serving.serve(role.app, settings.run / "devices.sock", role.tasks(), Figures("devices", role.look))
    finally:
        role.database.close()
