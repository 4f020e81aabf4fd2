"""Role `calls`: the call service between SIP edge, media engine, browsers and doors, on one event loop."""

from __future__ import annotations

import uvloop
from fastapi import FastAPI

from antiphon import log, metrics
from antiphon.access import Doors
from antiphon.assembly import health, problems, serving
from antiphon.assembly.figures import Figures, tell_broker
from antiphon.calls import CallLimits, CallService, Snapshots, SyntheticReceiver
from antiphon.clock import SystemClock
from antiphon.database import open_database
from antiphon.devices import Commander
from antiphon.events import RightsChanged, SessionsEnded
from antiphon.gateways.clients import ClientGateway
from antiphon.gateways.media import MediaEngine
from antiphon.gateways.mqtt import MqttGateway
from antiphon.gateways.sip import SipGateway
from antiphon.settings import Settings


class CallsRole:
    """Everything of this role, wired; `app` is served on `run/calls.sock`."""

    def __init__(self, settings: Settings) -> None:
        clock = SystemClock()
        self.database = open_database(settings)
        self.broker = MqttGateway(settings, "calls")
        commander = Commander(self.broker, clock)
        self.broker.listen(commander, ("acks",))
        self.clients = ClientGateway(settings, self.database, clock)
        self.broker.subscribe(SessionsEnded, self.clients.sessions_ended)
        self.broker.subscribe(RightsChanged, self.clients.rights_changed)
        self.service = CallService(
            self.database,
            clock,
            Snapshots(self.database, clock, settings.snapshots),
            call_limits=CallLimits(
                ring_max_s=settings.calls.ring_max_s,
                conversation_max_s=settings.calls.conversation_max_s,
                warning_before_s=settings.calls.conversation_warning_before_s,
            ),
        )
        self.sip = SipGateway(self.service, settings, clock)
        self.media = MediaEngine(self.service.media_events, settings, clock)
        self.clients.events = self.service
        doors = Doors(self.database, commander, clock, self.service)
        self.service.connect(self.sip, self.media, self.clients, doors, self.broker)
        self.synthetic = SyntheticReceiver(self.database, clock, commander, self.sip, self.media, self.broker)
        self.service.synthetic = self.synthetic
        self.app = FastAPI(
            title="Antiphon calls", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
        )
        problems.install(self.app)
        self.app.add_api_websocket_route("/ws/{company_id}", self.clients.endpoint)

        async def media_engine() -> str | None:
            return None if await self.media.ready() else "does not answer"

        self.app.include_router(
            health.router(
                {
                    "database": health.database_check(self.database),
                    "media_engine": media_engine,
                    "broker": health.connected_check(lambda: self.broker.connected),
                }
            )
        )

    async def start(self) -> None:
        """Before the first socket is served."""
        await self.media.start()
        await self.service.start()
        await self.sip.start()

    async def wind_up(self) -> None:
        """End every call with words and a record while the sockets still stand; then ask the clients to come again."""
        await self.service.stop()
        self.clients.stop()

    async def look(self) -> None:
        """Bring the role's readings up to date."""
        self.service.look()
        self.sip.look()
        on_duty = self.clients.on_duty_now
        metrics.CLIENTS.put({("on",): on_duty, ("off",): self.clients.connected - on_duty})
        tell_broker(self.broker)

    async def stop(self) -> None:
        """Let go of what carried the calls."""
        await self.service.stop()
        await self.sip.close()
        await self.media.stop()
        self.database.close()


def run(settings: Settings) -> None:
    """Serve `run/calls.sock` until SIGTERM."""
    log.configure("calls", settings.log_level)
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    role = CallsRole(settings)
    await role.start()
    serving.collect_rarely()
    try:
        await serving.serve(
            role.app,
            settings.run / "calls.sock",
            [role.broker.run, role.synthetic.run],
            Figures("calls", role.look),
            websockets=True,
            closing=role.wind_up,
        )
    finally:
        await role.stop()
