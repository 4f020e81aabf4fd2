"""Two installations: the engines' configurations without our roles, for guards one by one, and a whole one under attack."""

from __future__ import annotations

import os
import resource
import sqlite3
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path

import pytest
from corridor.platform_under_test import Platform

from abuse.engine_alone import CallService, alone, in_place_of_the_call_service
from antiphon.settings import Settings
from ops import engines

# Test runs of several checkouts may start at the same moment: each begins to look somewhere else.
_FIRST = 24_000 + 30 * (os.getpid() % 30)
REALM = "antiphon.local"


@pytest.fixture(scope="package")
def bare() -> Iterator[Settings]:
    """Folders, keys and configurations; nothing runs yet."""
    with engines.data_folder() as folder:
        yield engines.prepare(folder, engines.free_offset(_FIRST))


@pytest.fixture(scope="package")
def spare() -> Iterator[Settings]:
    """Another one, for configurations with a guard taken out."""
    with engines.data_folder() as folder:
        yield engines.prepare(folder, engines.free_offset(_FIRST + 1_000))


def account(settings: Settings, name: str, password: str = "right") -> str:
    """An account of another maker's station, in the table that the edge reads."""
    ha1 = md5(f"{name}:{REALM}:{password}".encode()).hexdigest()
    with sqlite3.connect(settings.data / "db" / "antiphon.sqlite") as database:
        database.execute("INSERT INTO sip_accounts VALUES (?, ?, ?)", (name, REALM, ha1))
    return name


@pytest.fixture(scope="package")
def edge(bare: Settings) -> Iterator[Settings]:
    """The SIP edge alone, as it is rendered."""
    with alone(bare, "kamailio"):
        yield bare


@pytest.fixture(scope="package")
def call_service(bare: Settings) -> Iterator[CallService]:
    with in_place_of_the_call_service(bare) as service:
        yield service


@pytest.fixture
def calls(call_service: CallService) -> CallService:
    call_service.begin()
    return call_service


@pytest.fixture
def door(bare: Settings, tmp_path: Path) -> engines.Station:
    """A station with a certificate of this installation, another one for each test."""
    return engines.station(bare.pki, tmp_path, f"dev_{tmp_path.name[-24:]}")


# -- the whole installation ------------------------------------------------------------------------------------------

# Browsers and media of the tests are on this machine: what a browser's relay leads to is its loopback address.
RELAYS_ON_LOOPBACK = "turn_allow_private_peers = true"


@pytest.fixture(scope="package")
def platform() -> Iterator[Platform]:
    installation = Platform(
        offset=engines.free_offset(_FIRST + 2_000), settings_toml=RELAYS_ON_LOOPBACK, rtp=(37_000, 38_499)
    )
    installation.up()
    yield installation
    installation.down()


@pytest.fixture(scope="package", autouse=True)
def thousands_of_sockets() -> Iterator[None]:
    """As many as this process may open at all."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(16_384, before[1]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
