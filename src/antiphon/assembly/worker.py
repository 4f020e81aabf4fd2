"""Role `worker`: delivers the outbox, sends mail, removes what has run out, watches the parts. Health at `run/worker.sock`."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import uvloop
from fastapi import FastAPI

from antiphon import access, devices, identity, log, metrics, notify
from antiphon.assembly import health, problems, serving
from antiphon.assembly.engines.address import advertised
from antiphon.assembly.engines.figures import BROKER_FIGURES, BrokerFigures, EngineFigures
from antiphon.assembly.engines.watch import OutageWatch
from antiphon.assembly.exposition import Observatory
from antiphon.assembly.figures import Figures, tell_broker
from antiphon.assembly.keeping import backup
from antiphon.assembly.signing_key import SigningKey
from antiphon.assembly.whole import WholeHealth
from antiphon.clock import Clock, SystemClock
from antiphon.database import OUTBOX_SOCKET, Database, Tx, open_database, outbox
from antiphon.devices import Topic
from antiphon.errors import AntiphonError
from antiphon.events import Fact
from antiphon.gateways.mail import SmtpPost
from antiphon.gateways.mqtt import MqttGateway
from antiphon.limits import CLAIM_CODE_KEPT_DAYS, DOOR_REQUEST_LIFE_S, EXPIRY_SWEEP_S, OUTBOX_KEEP_DAYS
from antiphon.settings import Settings
from antiphon.tenancy.paging import forget_old_keys

_log = log.get("worker")


class Expiry:
    """Removes sessions, claim codes and requests past their end, and facts that were delivered long ago."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def run(self) -> None:
        """Until cancelled: now, and every `EXPIRY_SWEEP_S`."""
        while True:
            try:
                await self.sweep()
            except AntiphonError as error:
                _log.error("expiry not finished", code=error.code)
            await asyncio.sleep(EXPIRY_SWEEP_S)

    async def sweep(self) -> None:
        """One round, each table in a short transaction of its own: a call that writes never waits for long."""
        now, codes_kept = self._clock.now(), timedelta(days=CLAIM_CODE_KEPT_DAYS)

        def facts(tx: Tx) -> int:
            return outbox.forget_delivered(tx, now - timedelta(days=OUTBOX_KEEP_DAYS))

        removed = {
            "sessions": await self._database.run(lambda tx: identity.forget_expired_sessions(tx, now)),
            "invitations": await self._database.run(lambda tx: identity.forget_expired_invitations(tx, now)),
            "challenges": await self._database.run(lambda tx: identity.forget_used_challenges(tx, now)),
            "idempotency_keys": await self._database.run(lambda tx: forget_old_keys(tx, now)),
            "claim_codes": await self._database.run(
                lambda tx: devices.forget_expired_claim_codes(tx, now - codes_kept)
            ),
            "door_requests": await self._database.run(
                lambda tx: access.forget_requests(tx, now - timedelta(seconds=DOOR_REQUEST_LIFE_S))
            ),
            "mails": await self._database.run(lambda tx: notify.forget_old_mails(tx, now)),
            "facts": await self._database.run(facts),
        }
        if any(removed.values()):
            _log.info("removed what has run out", **removed)


class WakeOnBroker:
    """The broker is back: what waited in the outbox goes out now. Implements `MessageEvents`."""

    def __init__(self, drain: outbox.Drain) -> None:
        self._drain = drain

    def message(self, device_id: str, topic: Topic, payload: bytes) -> None:
        """Nothing is listened to."""

    def broker_connected(self) -> None:
        self._drain.wake()

    def broker_lost(self) -> None:
        """Facts wait in the outbox."""


def run(settings: Settings) -> None:
    """Work until SIGTERM."""
    log.configure("worker", settings.log_level)
    uvloop.run(_serve(settings))


def _mailroom(settings: Settings, database: Database, clock: Clock) -> notify.Mailroom:
    post = SmtpPost(settings, clock) if settings.sends_mail else None
    portal = settings.portal_address(advertised(settings).address)
    return notify.Mailroom(database, clock, post, identity.Keys(settings.secrets).tokens, portal)


async def _serve(settings: Settings) -> None:
    database, clock, broker = open_database(settings), SystemClock(), MqttGateway(settings, "worker")
    mailroom = _mailroom(settings, database, clock)

    async def deliver(fact: Fact) -> None:
        # Mail is asked for before the bus has the fact: it is in the queue, or the fact stays in the outbox.
        await mailroom.take(fact)
        await broker.deliver(fact)

    drain = outbox.Drain(database, deliver, clock, settings.run / OUTBOX_SOCKET)
    broker.listen(WakeOnBroker(drain), ())
    app = FastAPI(title="Antiphon worker", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    problems.install(app)
    app.include_router(
        health.router(
            {
                "database": health.database_check(database),
                "broker": health.connected_check(lambda: broker.connected),
            }
        )
    )
    engines, broker_figures = EngineFigures(settings), BrokerFigures()
    broker.watch(BROKER_FIGURES, broker_figures.told)

    async def look() -> None:
        tell_broker(broker)
        broker_figures.look()
        metrics.BACKUP_AGE.put(backup.ages(settings, clock.now()))
        await engines.look()
        waiting, since = await database.read(outbox.waiting)
        metrics.OUTBOX.put(waiting)
        metrics.OUTBOX_AGE.put(max(0.0, (clock.now() - since).total_seconds()) if since else 0.0)

    tasks = [
        broker.run,
        drain.run,
        mailroom.run,
        Expiry(database, clock).run,
        SigningKey(settings, clock).run,
        Observatory(settings, WholeHealth(settings, clock)).run,
        OutageWatch(settings).run,
    ]
    try:
        await serving.serve(app, settings.run / "worker.sock", tasks, Figures("worker", look))
    finally:
        database.close()
