"""The demo: a company with a site, a station that claims itself like any other, a door and three people."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from antiphon import access, devices, directory, identity, tenancy
from antiphon.clock import Clock, SystemClock
from antiphon.database import Database, Scope, Tx, open_database
from antiphon.devices import ClaimCodes, Station
from antiphon.errors import NotFound, Unavailable
from antiphon.limits import DOOR_PULSE_DEFAULT_S
from antiphon.settings import Settings
from antiphon.tenancy import User
from antiphon.tenancy.rights import ShippedRole

COMPANY_ID = "company_demo"
_COMPANY = "Salzach Immobilien"
_PEOPLE: tuple[tuple[str, str, ShippedRole], ...] = (
    ("Anna Auer", "anna@salzach.example", "owner"),
    ("Bernd Berger", "bernd@salzach.example", "operator"),
    ("Clara Czerny", "clara@salzach.example", "operator"),
)
_BUTTON = directory.Button("main", "Hausverwaltung", user_ids=())
_CLAIM_MAX_S = 60.0


class DemoNotClaimed(Unavailable):
    """The demo station could not claim itself."""

    code = "demo_not_claimed"
    title = "The demo station could not be claimed."


@dataclass(frozen=True, slots=True)
class DemoLogin:
    name: str
    email: str
    password: str
    role: ShippedRole


@dataclass(frozen=True, slots=True)
class DemoLogins:
    """Who can sign in to the demo. The passwords exist here and on the screen once, then only as hashes."""

    logins: tuple[DemoLogin, ...]

    def __str__(self) -> str:
        wide = max(len(login.email) for login in self.logins)
        rows = [f"{login.email:<{wide}}   {login.password}   {login.role}" for login in self.logins]
        rows.append("Shown this once.")
        return "\n".join(("Sign in   " if at == 0 else "          ") + row for at, row in enumerate(rows))


class _Platform(BaseModel):
    """The part of the station's `platform.json` that says where it connects to."""

    model_config = ConfigDict(extra="ignore")

    device_id: str
    sip_host: str
    sip_port: int
    mqtt_port: int


def ensure_demo(settings: Settings) -> DemoLogins | None:
    """Make what the demo lacks, and claim its station over HTTPS; everything has to be running.

    Returns the logins when the people were made by this call, else None. A second call changes nothing; one that was
    interrupted is carried on. Raises `DemoNotClaimed`.
    """
    database, clock = open_database(settings), SystemClock()
    try:
        station = database.run_sync(lambda tx: _station(tx, clock.now()))
        # One that an administrator locked out stays out.
        if station.status == "unclaimed" or (station.status == "claimed" and not _connects_here(settings, station.id)):
            _claim(settings, database, station.id, clock)
        return _people(database, station.id, clock)
    finally:
        database.close()


def _station(tx: Tx, now: datetime) -> Station:
    """The demo's station, made with its company, project, site and door when they are missing."""
    scope = Scope(COMPANY_ID)
    try:
        tenancy.company(tx, COMPANY_ID)
    except NotFound:
        tenancy.create_company(tx, _COMPANY, now, COMPANY_ID, language="de")
    found = devices.stations(tx, scope, "station")
    if found:
        return min(found, key=lambda station: station.id)
    project = tenancy.create_place(tx, scope, "project", COMPANY_ID, "Altstadt", now)
    site = tenancy.create_place(tx, scope, "site", project.id, "Rainerstraße 12", now)
    station = devices.create_station(tx, scope, name="Haupteingang", place_id=site.id, buttons=(_BUTTON,), now=now)
    access.add_door(
        tx,
        scope,
        station_id=station.id,
        name="Haupteingang",
        kind="door",
        output="door",
        pulse_s=DOOR_PULSE_DEFAULT_S,
        now=now,
    )
    return devices.station(tx, scope, station.id)


def _connects_here(settings: Settings, device_id: str) -> bool:
    """Whether the station on this machine is claimed as that device and dials today's address and ports."""
    try:
        stored = _Platform.model_validate_json((_folder(settings) / "platform.json").read_bytes())
    except (OSError, ValidationError):
        return False
    here = _Platform(
        device_id=device_id,
        sip_host=settings.public_name or settings.advertised_address,
        sip_port=settings.ports.sips,
        mqtt_port=settings.ports.mqtts,
    )
    return stored == here


def _claim(settings: Settings, database: Database, device_id: str, clock: Clock) -> None:
    """The way of every station: a code from the platform, the claim over HTTPS by the station itself."""
    codes = ClaimCodes(devices.ensure_claim_key(settings.secrets))
    scope = Scope(COMPANY_ID)
    code = database.run_sync(lambda tx: devices.new_claim_code(tx, scope, codes, device_id, clock.now()))
    host = settings.public_name or settings.advertised_address
    command = [sys.executable, "-m", "antiphon_station", "claim", "--data", str(_folder(settings)), "--code", code]
    command += ["--platform", f"https://{host}:{settings.ports.https}"]
    if settings.portal_certificate is None:
        command += ["--trust", str(settings.pki / "root.crt")]
    _folder(settings).mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_CLAIM_MAX_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise DemoNotClaimed("The demo station got no answer to its claim. See ./antiphon logs devices.") from error
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["It gave no reason."])[-1]
        raise DemoNotClaimed(f"The demo station could not be claimed: {said}", device_id=device_id)


def _people(database: Database, device_id: str, clock: Clock) -> DemoLogins | None:
    """The three people, bound to the button; None when they are there."""
    scope = Scope(COMPANY_ID)
    if database.run_sync(lambda tx: tenancy.users(tx, scope)):
        return None
    logins = tuple(DemoLogin(name, email, identity.new_password(), role) for name, email, role in _PEOPLE)
    hashes = [identity.hash_password(login.password) for login in logins]

    def work(tx: Tx) -> None:
        now = clock.now()
        users = [_user(tx, scope, login, hashed, now) for login, hashed in zip(logins, hashes, strict=True)]
        directory.set_buttons(tx, scope, device_id, _bound(directory.buttons(tx, scope, device_id), users))

    database.run_sync(work)
    return DemoLogins(logins)


def _user(tx: Tx, scope: Scope, login: DemoLogin, hashed: str, now: datetime) -> User:
    return tenancy.create_user(
        tx,
        scope,
        name=login.name,
        email=login.email,
        role_id=f"role_{login.role}",
        password_hash=hashed,
        now=now,
    )


def _bound(buttons: Sequence[directory.Button], users: Sequence[User]) -> list[directory.Button]:
    everybody = tuple(user.id for user in users)
    return [directory.Button(button.name, button.label, everybody) for button in buttons]


def _folder(settings: Settings) -> Path:
    return settings.stations / "demo"
