"""The SIP edge with PostgreSQL: it finds accounts and revocations of every company past the wall between them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from antiphon import devices
from antiphon import settings as settings_room
from antiphon.assembly import installation
from antiphon.assembly.bench.postgresql import over_tcp
from antiphon.assembly.engines import supervision
from antiphon.database import Database, Tx
from antiphon.devices import NewAccount
from antiphon.devices.tables import certificates
from antiphon.settings import Settings
from ops import engines, sip
from ops.test_sip_edge import attempt, line, register
from postgresql import needs_postgresql
from residents import StillClock, Tenant

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("engines"), needs_postgresql]


@pytest.fixture
def edge(empty_postgresql: str) -> Iterator[Settings]:
    with engines.data_folder() as folder:
        file = folder / "settings.toml"
        usual = installation.settings_text(file, engines.free_offset(), "127.0.0.1")
        file.write_text(usual.replace('database_url = ""', f'database_url = "{over_tcp(empty_postgresql)}"'))
        settings, _ = installation.prepare(folder)
        wanted = [part for part in engines.engines(settings) if part.name == "kamailio"]
        supervision.write_configuration(settings, wanted, settings.advertised_address)
        supervision.start(settings, settings_room.inherited(), attached=True)
        engines.until_up(settings, wanted[0])
        yield settings


@pytest.fixture
def database(edge: Settings) -> Iterator[Database]:
    database = Database(edge.sqlalchemy_url)
    yield database
    database.close()


def account(database: Database, tenant: Tenant, clock: StillClock) -> NewAccount:
    return database.run_sync(
        lambda tx: devices.create_account(
            tx, tenant.scope, name="Empfang", place_id=tenant.site.id, realm="antiphon.local", now=clock.now()
        )
    )


def test_accounts_of_every_company_register(
    edge: Settings, database: Database, tenant: Tenant, other: Tenant, clock: StillClock
) -> None:
    for company in (tenant, other):
        made = account(database, company, clock)
        with line(edge, None, edge.ports.sips_accounts) as telephone:
            assert sip.status(attempt(telephone, made.station.number, "wrong")) == 401
            assert sip.status(attempt(telephone, made.station.number, made.password)) == 200


def test_a_revoked_station_is_refused(
    edge: Settings, database: Database, tenant: Tenant, tmp_path: Path, clock: StillClock
) -> None:
    door = engines.station(edge.pki, tmp_path, "dev_door1")
    with line(edge, door) as station:
        assert sip.status(station.ask(register(door.device_id))) == 200

    def revoke(tx: Tx) -> None:
        made = devices.create_station(tx, tenant.scope, name="Tor", place_id=tenant.site.id, now=clock.now())
        row = {"serial": door.serial, "device_id": made.id, "key_fingerprint": "", "chain_pem": "", "reason": "lost"}
        moments = {"issued_at": clock.now(), "not_after": clock.now(), "revoked_at": clock.now()}
        tx.insert(tenant.scope, certificates, row | moments)

    database.run_sync(revoke)
    with line(edge, door) as station:
        assert sip.status(station.ask(register(door.device_id))) == 403
