"""What whoever runs the machine may do about companies, people and stations, without signing in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from antiphon import access, devices, identity, log, tenancy
from antiphon.clock import SystemClock
from antiphon.database import PLATFORM, Database, Scope, Tx, open_database
from antiphon.devices import ClaimCodes, NewAccount, Station
from antiphon.errors import BadInput, Conflict, NotFound
from antiphon.limits import DOOR_PULSE_DEFAULT_S
from antiphon.settings import Settings
from antiphon.tenancy import Company, Email, Language, Name, Place, User
from antiphon.tenancy.store import OWNER

_PROJECT = "Main"
_log = log.get("administration")


@dataclass(frozen=True, slots=True)
class Founded:
    """A new company, its first site, and the password of its owner: it exists here once, then only as a hash."""

    company: Company
    site: Place
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Recovered:
    """A company that has an owner again; `password` None: the owner signed in before and keeps theirs."""

    company: Company
    email: str
    password: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A station that waits for its claim; the code exists here once, then only as a hash."""

    station: Station
    claim_code: str


@dataclass(frozen=True, slots=True)
class WantedAccount:
    """What was typed about a station of another maker."""

    name: str
    site_id: str | None
    early_video: bool
    opens_doors: bool
    door_digits: str | None


class _Given(BaseModel):
    """What was typed, held to the API's own rules."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    email: Email = "nobody@example.invalid"


def reset_password(settings: Settings, email: str) -> str:
    """Give the user a new random password and end their sessions; returns it, it is stored nowhere in clear.

    `./antiphon user set-password E-MAIL`. Raises `NotFound`. A deactivated user stays deactivated.
    """
    password = identity.new_password()
    with _database(settings) as database:
        user = database.run_sync(lambda tx: identity.set_password(tx, email, password, SystemClock().now()))
    _log.info("password set", user_id=user.id)
    return password


def remove_second_factor(settings: Settings, email: str) -> None:
    """For a last owner who lost phone and recovery codes. `./antiphon user remove-second-factor E-MAIL`. Raises `NotFound`."""
    with _database(settings) as database:
        user = database.run_sync(lambda tx: identity.remove_second_factor(tx, email, SystemClock().now()))
    _log.info("second factor removed", user_id=user.id)


def found_company(settings: Settings, name: str, email: str, time_zone: str, language: Language) -> Founded:
    """A company with a first project and site of the same name, and its first owner.

    `./antiphon company add NAME --owner E-MAIL`. Raises `BadInput`, `EmailTaken`; nothing is made then.
    """
    given = _given(name, email)
    password, now = identity.new_password(), SystemClock().now()
    hashed = identity.hash_password(password)

    def work(tx: Tx) -> tuple[Company, Place]:
        company = tenancy.create_company(tx, given.name, now, time_zone=time_zone, language=language)
        scope = Scope(company.id)
        project = tenancy.create_place(tx, scope, "project", company.id, _PROJECT, now)
        site = tenancy.create_place(tx, scope, "site", project.id, given.name, now)
        owner = tenancy.create_user(
            tx,
            scope,
            name=given.email.partition("@")[0],
            email=given.email,
            role_id=OWNER,
            language=language,
            password_hash=hashed,
            now=now,
        )
        tenancy.record(tx, scope, None, now, "company.added", company.id, owner_id=owner.id)
        return company, site

    with _database(settings) as database:
        company, site = database.run_sync(work)
    _log.info("company added", company_id=company.id, site_id=site.id)
    return Founded(company, site, given.email, password)


def recover_company(settings: Settings, company_id: str, email: str) -> Recovered:
    """Make somebody owner of a company that has none left: its person of that address, or a new one with a new password.

    `./antiphon company recover ID --owner E-MAIL`. In the log and in the company's audit trail. Raises `PlaceNotFound`,
    and `Conflict` while the company has an owner or for a person of another company: a guest may have every right here,
    and yet is managed and deactivated elsewhere.
    """
    given = _given("Owner", email)
    password, now = identity.new_password(), SystemClock().now()
    hashed = identity.hash_password(password)

    def work(tx: Tx) -> Recovered:
        company, scope = tenancy.company(tx, company_id), Scope(company_id)
        if tenancy.owners(tx, scope):
            raise Conflict("This company has an owner. Ask them; nothing was changed.")
        known = tenancy.user_by_email(tx, given.email)
        if known is None:
            name = given.email.partition("@")[0]
            user = tenancy.create_user(
                tx, scope, name=name, email=given.email, password_hash=hashed, now=now, role_id=OWNER
            )
        else:
            user = tenancy.user(tx, PLATFORM, known["id"])
            if user.company_id != company.id:
                raise Conflict(
                    f"{user.email} belongs to another company, and an owner is of the company itself. "
                    "Name another address; nothing was changed."
                )
            if not user.active:
                user = tenancy.change_user(tx, scope, user.id, now, active=True)
            if not tenancy.owners(tx, scope):  # who was deactivated may have kept the right
                tenancy.give(tx, scope, user.id, OWNER, company.id, now)
        tenancy.record(tx, scope, None, now, "company.recovered", company.id, owner_id=user.id)
        return Recovered(company, user.email, None if known else password)

    with _database(settings) as database:
        made = database.run_sync(work)
    _log.warning("company recovered", company_id=company_id)
    return made


def every_company(settings: Settings) -> tuple[tuple[Company, tuple[User, ...]], ...]:
    """All companies of the installation, each with its owners who can sign in. `./antiphon company list`."""

    def work(tx: Tx) -> tuple[tuple[Company, tuple[User, ...]], ...]:
        return tuple((one, tenancy.owners(tx, Scope(one.id))) for one in tenancy.every_company(tx))

    with _database(settings) as database:
        return database.run_sync(work)


def add_station(settings: Settings, name: str, site_id: str | None) -> Waiting:
    """A station that rings everybody of its company, and its claim code. Without `site_id` there has to be one site only.

    `./antiphon station add NAME [--site ID]`. Raises `NotFound`, and `BadInput` naming the sites to choose from.
    """
    given, now = _given(name), SystemClock().now()
    codes = ClaimCodes(devices.ensure_claim_key(settings.secrets))

    def work(tx: Tx) -> Waiting:
        scope, site = _site(tx, site_id)
        station = devices.create_station(tx, scope, name=given.name, place_id=site.id, now=now)
        return Waiting(station, devices.new_claim_code(tx, scope, codes, station.id, now))

    with _database(settings) as database:
        made = database.run_sync(work)
    _log.info("station added", company_id=made.station.company_id, device_id=made.station.id)
    return made


def new_station_code(settings: Settings, device_id: str) -> Waiting:
    """A new claim code for a station that lost its own; the earlier code is void.

    `./antiphon station code ID`. Raises `StationNotFound`.
    """
    now = SystemClock().now()
    codes = ClaimCodes(devices.ensure_claim_key(settings.secrets))

    def work(tx: Tx) -> Waiting:
        for company in tenancy.every_company(tx):
            scope = Scope(company.id)
            for station in devices.stations(tx, scope, "station"):
                if station.id == device_id:
                    return Waiting(station, devices.new_claim_code(tx, scope, codes, device_id, now))
        raise devices.StationNotFound(f"There is no station {device_id}. List them with: ./antiphon station list")

    with _database(settings) as database:
        made = database.run_sync(work)
    _log.info("claim code made", company_id=made.station.company_id, device_id=device_id)
    return made


def every_station(settings: Settings) -> tuple[tuple[Company, Station], ...]:
    """All stations of the installation, by company. `./antiphon station list`."""

    def work(tx: Tx) -> tuple[tuple[Company, Station], ...]:
        return tuple(
            (company, station)
            for company in tenancy.every_company(tx)
            for station in devices.stations(tx, Scope(company.id), "station")
        )

    with _database(settings) as database:
        return database.run_sync(work)


def add_account(settings: Settings, wanted: WantedAccount) -> NewAccount:
    """A station of another maker with its number and password, and the door behind it where digits for one are given.

    `./antiphon account add NAME [--site ID]`. Raises `NotFound`, `OutputInvalid`, and `BadInput` naming the sites.
    """
    given, now = _given(wanted.name), SystemClock().now()

    def work(tx: Tx) -> NewAccount:
        scope, site = _site(tx, wanted.site_id)
        made = devices.create_account(
            tx,
            scope,
            name=given.name,
            place_id=site.id,
            early_video=wanted.early_video,
            opens_doors=wanted.opens_doors,
            realm=settings.realm,
            now=now,
        )
        if wanted.door_digits is not None:
            access.add_door(
                tx,
                scope,
                station_id=made.station.id,
                name=given.name,
                kind="door",
                output=wanted.door_digits,
                pulse_s=DOOR_PULSE_DEFAULT_S,
                now=now,
            )
        return made

    with _database(settings) as database:
        return database.run_sync(work)


def new_account_password(settings: Settings, number: str) -> NewAccount:
    """A new password for an account; the old one is refused. `./antiphon account password NUMBER`. Raises `NotFound`."""

    def work(tx: Tx) -> NewAccount:
        found = _account(tx, number)
        return devices.new_account_password(tx, Scope(found.company_id), found.id)

    with _database(settings) as database:
        return database.run_sync(work)


def remove_account(settings: Settings, number: str) -> Station:
    """Remove an account with its doors. `./antiphon account remove NUMBER`. Raises `NotFound`."""
    now = SystemClock().now()

    def work(tx: Tx) -> Station:
        found = _account(tx, number)
        access.remove_doors(tx, Scope(found.company_id), found.id)
        return devices.remove_account(tx, Scope(found.company_id), found.id, now)

    with _database(settings) as database:
        return database.run_sync(work)


def every_account(settings: Settings) -> tuple[tuple[Company, Station], ...]:
    """All accounts of the installation, by company. `./antiphon account list`."""

    def work(tx: Tx) -> tuple[tuple[Company, Station], ...]:
        return tuple(
            (company, account)
            for company in tenancy.every_company(tx)
            for account in devices.accounts_of(tx, Scope(company.id))
        )

    with _database(settings) as database:
        return database.run_sync(work)


def _account(tx: Tx, number: str) -> Station:
    try:
        return devices.account_by_number(tx, number)
    except devices.AccountNotFound as error:
        raise NotFound(f"There is no account {number}. List them with: ./antiphon account list") from error


def anybody(settings: Settings) -> bool:
    """Whether there is a company at all: without one nobody can sign in."""
    with _database(settings) as database:
        return database.run_sync(lambda tx: bool(tenancy.every_company(tx)))


def _site(tx: Tx, site_id: str | None) -> tuple[Scope, Place]:
    found = [
        (company, site) for company in tenancy.every_company(tx) for site in tenancy.sites_of(tx, Scope(company.id))
    ]
    wanted = [(company, site) for company, site in found if site_id in (None, site.id)]
    if len(wanted) == 1:
        company, site = wanted[0]
        return Scope(company.id), site
    if not found:
        raise NotFound("There is no company yet. Start with: ./antiphon company add NAME --owner E-MAIL")
    listed = "\n".join(f"  --site {site.id}   {company.name}, {site.name}" for company, site in found)
    raise BadInput(f"{'Say at which site' if site_id is None else f'There is no site {site_id}'}. There are:\n{listed}")


def _given(name: str, email: str | None = None) -> _Given:
    try:
        return _Given(name=name) if email is None else _Given(name=name, email=email)
    except ValidationError as error:
        wrong = {str(one["loc"][0]) for one in error.errors()}
        if "email" in wrong:
            raise BadInput(f"{email!r} is no e-mail address.") from error
        raise BadInput("A name has 1 to 120 characters and no control characters.") from error


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()
