"""What every room's tests start from: a migrated database, a clock that stands still, two companies with people."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from antiphon.database import Database, copying, migrate
from antiphon.settings import Settings
from postgresql import Server, server
from residents import StillClock, Tenant, make_tenant


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=("sqlite", "postgresql"), default="sqlite", help="what stands below the rooms"
    )


@pytest.fixture(autouse=True)
def ordinary_umask() -> Iterator[None]:
    """What one test sets for its process does not reach the next."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """One for all tests; each has databases of its own."""
    with server() as running:
        yield running


@pytest.fixture
def postgresql(postgresql_server: Server) -> Iterator[str]:
    """The address of a migrated database on PostgreSQL."""
    with postgresql_server.migrated() as url:
        yield url


@pytest.fixture
def empty_postgresql(postgresql_server: Server) -> Iterator[str]:
    """The address of a database on PostgreSQL with nothing in it."""
    with postgresql_server.empty() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SQLite's file after every migration."""
    settings = Settings(data=tmp_path_factory.mktemp("migrated"))
    migrate.upgrade(settings)
    return copying.file_of(settings)


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """An installation with a signing key and a migrated database: the one that `--database` names, or SQLite for tests of it."""
    data = tmp_path / "data"
    (data / "secrets").mkdir(parents=True)
    (data / "run").mkdir()
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (data / "secrets" / "jwt.key").write_bytes(key)
    (data / "secrets" / "token.key").write_text("a5" * 32)
    (data / "secrets" / "second-factor.key").write_text("5a" * 32)
    if request.config.getoption("--database") == "postgresql" and not request.node.get_closest_marker("sqlite"):
        (data / "settings.toml").write_text(f'database_url = "{request.getfixturevalue("postgresql")}"\n')
        return Settings(data=data)
    (data / "db").mkdir()
    shutil.copyfile(request.getfixturevalue("migrated_file"), data / "db" / "antiphon.sqlite")
    return Settings(data=data)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.sqlalchemy_url)
    yield database
    database.close()


@pytest.fixture
def tenant(database: Database, clock: StillClock) -> Tenant:
    return make_tenant(database, clock, "Salzach")


@pytest.fixture
def other(database: Database, clock: StillClock) -> Tenant:
    """Another company, whose rows nobody of the first may see or touch."""
    return make_tenant(database, clock, "Inn")
