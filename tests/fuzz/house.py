"""A small installation for contracts that end in the database: one company, one claimed station, everything in memory."""

from __future__ import annotations

import atexit
import logging
import shutil
import sys
import tempfile
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NoReturn, TypeVar

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from antiphon import devices
from antiphon.database import Database, Tx, migrate
from antiphon.devices import ClaimCodes, Station, service
from antiphon.devices.authority import Authority, ensure_authority
from antiphon.identity import store
from antiphon.identity.tokens import issue_access_token
from antiphon.settings import Settings
from antiphon.tenancy import Principal
from tests.hardware import certificate_request, claim_request, new_key
from tests.residents import StillClock, Tenant, make_tenant

T = TypeVar("T")


class InlineDatabase(Database):
    """Works in the calling thread: a run is the same every time."""

    async def _on_thread(self, work: Callable[[], T], *_: object) -> T:
        return work()


@dataclass
class House:
    settings: Settings
    database: InlineDatabase
    clock: StillClock
    tenant: Tenant
    station: Station
    authority: Authority
    codes: ClaimCodes
    code: str  # nobody has used it yet
    request: str  # a certificate request
    token: str  # an access token of the administrator

    def undone(self, work: Callable[[Tx], T]) -> T:
        """What `work` gives, in a transaction of which nothing stays."""
        kept: list[T] = []

        def and_back(tx: Tx) -> None:
            kept.append(work(tx))
            raise _UndoneError

        try:
            self.database.run_sync(and_back)
        except _UndoneError:
            return kept[0]
        raise AssertionError("it was not undone")

    def forget_facts(self) -> None:
        """The outbox would grow for as long as the run goes on."""
        with self.database.engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("DELETE FROM outbox")


class _UndoneError(Exception):
    pass


def build() -> House:
    """Made once a process; gone with it."""
    quiet()
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="antiphon-fuzz-", dir=memory if memory.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = Settings(data=folder, advertised_address="192.0.2.7")
    settings.secrets.mkdir(parents=True)
    settings.run.mkdir()
    private = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (settings.secrets / "jwt.key").write_bytes(private)
    (settings.secrets / "token.key").write_text("a5" * 32)
    (settings.secrets / "second-factor.key").write_text("5a" * 32)
    (settings.secrets / "turn.key").write_text("turn-secret")
    migrate.upgrade(settings)
    database, clock = InlineDatabase(settings.sqlalchemy_url), StillClock()
    tenant, codes = make_tenant(database, clock, "Salzach"), ClaimCodes(b"k" * 32)
    ensure_authority(settings.pki, clock.now())
    authority, now = Authority(settings.pki), clock.now()

    def stations(tx: Tx) -> tuple[Station, str]:
        made = devices.create_station(tx, tenant.scope, name="Haupteingang", place_id=tenant.site.id, spot="", now=now)
        code = devices.new_claim_code(tx, tenant.scope, codes, made.id, now)
        service.claim(tx, authority, codes, claim_request(code), now)
        waiting = devices.create_station(tx, tenant.scope, name="Hintertor", place_id=tenant.site.id, spot="", now=now)
        return made, devices.new_claim_code(tx, tenant.scope, codes, waiting.id, now)

    station, code = database.run_sync(stations)
    person, session = tenant.owner, "session_1"
    ends = now + timedelta(days=30)
    database.run_sync(lambda tx: store.add_session(tx, tenant.scope, session, person.id, now, ends))
    principal = Principal(person.id, tenant.company.id, person.name, session)
    token = issue_access_token(principal, private.decode(), now)[0]
    request = certificate_request(new_key())
    return House(settings, database, clock, tenant, station, authority, codes, code, request, token)


_unexpected: list[BaseException] = []


def raise_unexpected() -> None:
    """What the code under fuzz caught in a last resort, logged and went on with."""
    if _unexpected:
        error = _unexpected[0]
        _unexpected.clear()
        raise error


def quiet() -> None:
    """A refused message is logged, a million are not; a logged exception is kept."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR), processors=[_kept])


def _kept(logger: object, method: str, event: MutableMapping[str, object]) -> NoReturn:
    error = sys.exc_info()[1]
    if event.get("exc_info") and error is not None:
        _unexpected.append(error)
    raise structlog.DropEvent
