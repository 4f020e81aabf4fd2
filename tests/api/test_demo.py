"""The demo: made once, carried on when it was interrupted, left alone afterwards."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from antiphon import access, devices, tenancy
from antiphon.assembly import demo, people
from antiphon.database import PLATFORM, Database, Scope
from antiphon.devices.store import set_claimed
from antiphon.devices.tables import claim_codes
from antiphon.errors import NotFound
from antiphon.settings import Settings
from browsers import Browser
from residents import StillClock
from ringing import ringing

Browsers = Callable[..., Browser]
SCOPE = Scope(demo.COMPANY_ID)


class StationProgram:
    """What `antiphon_station claim` does to the world, without the network: uses the code, stores where it connects."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings, self.database = settings, database
        self.claims = 0
        self.refuses: str | None = None

    def run(self, command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        said = dict(pairwise(command))
        assert said["--platform"] == "https://192.0.2.2:8443"
        assert said["--trust"] == str(self.settings.pki / "root.crt")
        assert len(said["--code"]) >= 8
        if self.refuses:
            return subprocess.CompletedProcess(command, 1, "", self.refuses + "\n")
        self.claims += 1
        with self.database.transaction() as tx:
            (station,) = devices.stations(tx, SCOPE)
            set_claimed(tx, SCOPE, station.id, model="simulated", software="test")
        platform = {"device_id": station.id, "sip_host": "192.0.2.2", "sip_port": 5061, "mqtt_port": 8883, "more": 1}
        Path(said["--data"], "platform.json").write_text(json.dumps(platform))
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def installation(settings: Settings) -> Settings:
    return settings.model_copy(update={"advertised_address": "192.0.2.2"})


@pytest.fixture
def station(installation: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> StationProgram:
    program = StationProgram(installation, database)
    monkeypatch.setattr(demo.subprocess, "run", program.run)
    return program


async def test_everything_is_there_and_everybody_signs_in(
    installation: Settings, station: StationProgram, database: Database, browser: Browsers
) -> None:
    logins = demo.ensure_demo(installation)
    assert logins is not None
    assert [login.role for login in logins.logins] == ["owner", "operator", "operator"]
    for login in logins.logins:
        assert login.password in str(logins)
        one: Browser = browser()
        assert (await one.sign_in(login.email, login.password)).json()["company"]["name"] == "Salzach Immobilien"
    with database.transaction() as tx:
        (made,) = devices.stations(tx, SCOPE)
        (door,) = access.doors_of_station(tx, SCOPE, made.id)
        rung = ringing(tx, SCOPE, made.id, made.path, "main", StillClock().now())
        assert set(rung) == {user.id for user in tenancy.users(tx, SCOPE)}
    assert (made.name, made.place, made.time_zone) == ("Haupteingang", "Rainerstraße 12", "Europe/Vienna")
    assert (door.kind, door.output) == ("door", "door")


def test_a_second_time_changes_nothing(installation: Settings, station: StationProgram, database: Database) -> None:
    demo.ensure_demo(installation)
    with database.transaction() as tx:
        before = tx.all(PLATFORM, claim_codes), tenancy.users(tx, SCOPE)
    assert demo.ensure_demo(installation) is None
    with database.transaction() as tx:
        assert (tx.all(PLATFORM, claim_codes), tenancy.users(tx, SCOPE)) == before
    assert station.claims == 1


def test_a_claim_that_failed_is_carried_on_and_the_passwords_are_not_lost(
    installation: Settings, station: StationProgram, database: Database
) -> None:
    station.refuses = "No answer from 192.0.2.2, port 8443."
    with pytest.raises(demo.DemoNotClaimed) as failed:
        demo.ensure_demo(installation)
    assert failed.value.detail.endswith("No answer from 192.0.2.2, port 8443.")
    station.refuses = None
    assert demo.ensure_demo(installation) is not None
    with database.transaction() as tx:
        assert len(devices.stations(tx, SCOPE)) == 1


def test_a_station_that_dials_an_old_address_claims_itself_again(
    installation: Settings, station: StationProgram
) -> None:
    demo.ensure_demo(installation)
    stored = installation.stations / "demo" / "platform.json"
    stored.write_text(stored.read_text().replace("192.0.2.2", "192.0.2.99"))
    assert demo.ensure_demo(installation) is None
    assert station.claims == 2


def test_a_station_that_was_locked_out_stays_out(
    installation: Settings, station: StationProgram, database: Database
) -> None:
    demo.ensure_demo(installation)
    with database.transaction() as tx:
        (made,) = devices.stations(tx, SCOPE)
        devices.revoke(tx, SCOPE, made.id, StillClock().now())
    assert demo.ensure_demo(installation) is None
    assert station.claims == 1


async def test_a_password_is_reset_on_the_machine(
    installation: Settings, station: StationProgram, browser: Browsers
) -> None:
    demo.ensure_demo(installation)
    password = people.reset_password(installation, "anna@salzach.example")
    assert (await browser().sign_in("anna@salzach.example", password)).status_code == 200
    with pytest.raises(NotFound):
        people.reset_password(installation, "nobody@salzach.example")
