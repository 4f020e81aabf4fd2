"""What every room's tests start from: a migrated database, a clock that stands still, two companies with people."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from antiphon.database import Database, migrate
from antiphon.settings import Settings
from residents import StillClock, Tenant, make_tenant


@pytest.fixture(autouse=True)
def ordinary_umask() -> Iterator[None]:
    """What one test sets for its process does not reach the next."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with a migrated SQLite database and a signing key."""
    settings = Settings(data=tmp_path / "data")
    settings.secrets.mkdir(parents=True)
    settings.run.mkdir()
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (settings.secrets / "jwt.key").write_bytes(key)
    migrate.upgrade(settings)
    return settings


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


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A unix socket's path is at most 107 bytes, and the unprivileged user has to reach it."""
    folder = Path(tempfile.mkdtemp(prefix="antiphon-pg-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
