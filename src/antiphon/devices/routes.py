"""HTTP of stations: for people on the API (`router`), for stations on the devices role (`claim_router`, `station_router`)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from antiphon import directory, limits
from antiphon.clock import Clock
from antiphon.database import Database, Tx
from antiphon.devices import service, store
from antiphon.devices.authority import Authority
from antiphon.devices.model import CertificateIdentity, CertificateMissing, Station, StationStatus
from antiphon.devices.service import ClaimCodes
from antiphon.devices.throttle import ClaimThrottle
from antiphon.errors import AntiphonError
from antiphon.tenancy import Label, Name
from antiphon.tenancy.routes import CurrentAdministrator, CurrentPrincipal
from antiphon.wire.station import ClaimReply, ClaimRequest

router = APIRouter(prefix="/api/v1/stations", tags=["stations"])
claim_router = APIRouter(prefix="/device/v1", tags=["device"])
station_router = APIRouter(prefix="/device/v1", tags=["device"])

# Only the front sets these, from the certificate that it checked; it strips them from everything else.
CERTIFICATE_CN = "X-Client-Certificate-CN"
CERTIFICATE_SERIAL = "X-Client-Certificate-Serial"

_IDENTITY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HEX = re.compile(r"[0-9a-f]{1,40}")


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class NewButton(Body):
    """A call button. `user_ids` null rings every active user of the company."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,32}$", examples=["main"])
    label: Label = Field(default="", examples=["Hausverwaltung"])
    user_ids: list[Annotated[str, Field(max_length=64)]] | None = Field(
        default=None, max_length=limits.RING_TARGETS_PER_BUTTON_MAX
    )


class NewStation(Body):
    """A station before it exists. Without `buttons` it gets one, `main`, that rings everybody."""

    name: Name = Field(examples=["Haupteingang"])
    site_id: str = Field(max_length=64)
    spot: Label = Field(default="", examples=["Stiege 2"])
    buttons: list[NewButton] | None = Field(default=None, max_length=limits.BUTTONS_PER_STATION_MAX)


class StationItem(BaseModel):
    id: str = Field(examples=["station_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str = Field(examples=["Haupteingang"])
    site_id: str
    place: str = Field(examples=["Rainerstraße 12, Stiege 2"])
    time_zone: str = Field(examples=["Europe/Vienna"])
    status: StationStatus
    online: bool
    since: datetime | None
    model: str | None
    error: str | None = Field(description="Why the station could not take over its settings, in its own words.")


class Stations(BaseModel):
    items: list[StationItem]


class ClaimCode(BaseModel):
    """Shown this once: the platform keeps only a hash."""

    claim_code: str = Field(examples=["7K3M-9QXA-PT2D"])
    claim_code_expires_at: datetime


class CreatedStation(StationItem, ClaimCode):
    """The new station, and the code that makes a piece of hardware this station."""


# -- people ----------------------------------------------------------------------------------------------------------


@router.get("", summary="Stations of the company")
async def list_stations(request: Request, principal: CurrentPrincipal) -> Stations:
    """All of them by name, unclaimed ones included."""
    found = await _database(request).read(lambda tx: store.stations(tx, principal.scope, "station"))
    return Stations(items=[_item(station) for station in found])


@router.get("/{station_id}", summary="One station")
async def get_station(station_id: str, request: Request, principal: CurrentPrincipal) -> StationItem:
    return _item(await _database(request).read(lambda tx: store.own_station(tx, principal.scope, station_id)))


@router.post("", summary="Add a station", status_code=201)
async def add_station(
    body: NewStation, request: Request, response: Response, principal: CurrentAdministrator
) -> CreatedStation:
    """The station can be configured at once; enter the claim code at the hardware whenever that is there."""
    response.headers["Cache-Control"] = "no-store"
    codes, now = claim_codes(request), _now(request)

    def work(tx: Tx) -> tuple[Station, str]:
        station = service.create_station(
            tx,
            principal.scope,
            name=body.name,
            site_id=body.site_id,
            spot=body.spot,
            buttons=_buttons(body.buttons),
            now=now,
        )
        return station, service.new_claim_code(tx, principal.scope, codes, station.id, now)

    station, code = await _database(request).run(work)
    return CreatedStation(**_item(station).model_dump(), **_code(code, now).model_dump())


@router.post("/{station_id}/claim-code", summary="Make a new claim code", status_code=201)
async def new_claim_code(
    station_id: str, request: Request, response: Response, principal: CurrentAdministrator
) -> ClaimCode:
    """The codes made before are void. Claiming with it locks out the hardware that had this place."""
    response.headers["Cache-Control"] = "no-store"
    codes, now = claim_codes(request), _now(request)
    code = await _database(request).run(lambda tx: service.new_claim_code(tx, principal.scope, codes, station_id, now))
    return _code(code, now)


@router.post("/{station_id}/revoke", summary="Lock a station out")
async def revoke(station_id: str, request: Request, principal: CurrentAdministrator) -> StationItem:
    """Its certificate is refused from now on, everywhere, and its call ends. A new claim code takes it back."""
    now = _now(request)
    return _item(await _database(request).run(lambda tx: service.revoke(tx, principal.scope, station_id, now)))


# -- stations: claim without a certificate, the rest with one ---------------------------------------------------------


class EnrolmentPorts(BaseModel):
    """Where stations connect to."""

    sips: int
    mqtts: int
    device_https: int


class Enrolment:
    """What the devices role's routes need, in `app.state.enrolment`."""

    def __init__(
        self,
        authority: Authority,
        codes: ClaimCodes,
        *,
        host: str,
        sip_domain: str,
        ports: EnrolmentPorts,
        claimed: Callable[[], None],
    ) -> None:
        """`claimed` is called after each claim: desired state and void certificates of the place are waiting."""
        self.authority, self.codes, self.throttle, self.claimed = authority, codes, ClaimThrottle(), claimed
        self._host, self._sip_domain, self._ports = host, sip_domain, ports

    def reply(self, claimed: service.Claimed) -> ClaimReply:
        """Everything a station needs from now on."""
        return ClaimReply(
            device_id=claimed.device_id,
            certificate=claimed.chain_pem,
            trust=self.authority.trust_pem,
            sip_host=self._host,
            sip_port=self._ports.sips,
            sip_domain=self._sip_domain,
            mqtt_host=self._host,
            mqtt_port=self._ports.mqtts,
            device_https=f"https://{_in_url(self._host)}:{self._ports.device_https}",
        )


class RenewRequest(BaseModel):
    certificate_request: str = Field(max_length=8192)  # PEM, PKCS#10


class RenewReply(BaseModel):
    certificate: str  # PEM, followed by the issuing certificate
    trust: str


class DeviceMe(BaseModel):
    device_id: str
    name: str
    place: str
    time_zone: str
    language: str


@claim_router.post("/claim", summary="Turn a claim code into a certificate")
async def claim(body: ClaimRequest, request: Request, response: Response) -> ClaimReply:
    """Once for each code; the same key may repeat it shortly, when the answer was lost."""
    response.headers["Cache-Control"] = "no-store"
    enrolment, clock, address = _enrolment(request), _clock(request), _address(request)
    enrolment.throttle.admit(address, clock.monotonic())
    now = clock.now()
    try:
        claimed = await _database(request).run(
            lambda tx: service.claim(tx, enrolment.authority, enrolment.codes, body, now)
        )
    except AntiphonError as error:
        if error.http_status < 500:
            enrolment.throttle.failed(address, clock.monotonic())
        raise
    enrolment.claimed()
    return enrolment.reply(claimed)


@station_router.get("/me", summary="Who am I?")
async def me(request: Request) -> DeviceMe:
    """The station that the certificate names."""
    identity = _identity(request)
    found = await _database(request).read(lambda tx: service.identified(tx, identity))
    return DeviceMe(
        device_id=found.id, name=found.name, place=found.place, time_zone=found.time_zone, language=found.language
    )


@station_router.post("/renew", summary="Get the next certificate")
async def renew(body: RenewRequest, request: Request) -> RenewReply:
    """For a new key or the same one; the certificate that asked stays valid until its own end."""
    identity, enrolment, now = _identity(request), _enrolment(request), _now(request)
    chain = await _database(request).run(
        lambda tx: service.renew(tx, enrolment.authority, identity, body.certificate_request, now)
    )
    return RenewReply(certificate=chain, trust=enrolment.authority.trust_pem)


def claim_codes(request: Request) -> ClaimCodes:
    """The process's `ClaimCodes`, made on first use."""
    state = request.app.state
    if not hasattr(state, "claim_codes"):
        state.claim_codes = ClaimCodes(service.ensure_claim_key(state.settings.secrets))
    made: ClaimCodes = state.claim_codes
    return made


def _identity(request: Request) -> CertificateIdentity:
    common_name = request.headers.get(CERTIFICATE_CN, "")
    serial = request.headers.get(CERTIFICATE_SERIAL, "").lower().lstrip("0")
    if not _IDENTITY.fullmatch(common_name) or not _HEX.fullmatch(serial):
        raise CertificateMissing
    return CertificateIdentity(common_name, serial)


def _address(request: Request) -> str:
    """The caller's address as the front saw it: the last entry of the last header, which only the front can have added."""
    forwarded = request.headers.getlist("x-forwarded-for")
    if forwarded:
        return forwarded[-1].rsplit(",", 1)[-1].strip()
    return request.client.host if request.client else ""


def _buttons(wanted: list[NewButton] | None) -> tuple[directory.Button, ...]:
    if wanted is None:
        return (directory.Button("main"),)
    return tuple(
        directory.Button(button.name, button.label, None if button.user_ids is None else tuple(button.user_ids))
        for button in wanted
    )


def _item(station: Station) -> StationItem:
    return StationItem(
        id=station.id,
        name=station.name,
        site_id=station.site_id,
        place=station.place,
        time_zone=station.time_zone,
        status=station.status,
        online=station.online,
        since=station.since,
        model=station.model,
        error=station.error,
    )


def _code(code: str, now: datetime) -> ClaimCode:
    return ClaimCode(claim_code=code, claim_code_expires_at=now + timedelta(days=limits.CLAIM_CODE_VALID_DAYS))


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _enrolment(request: Request) -> Enrolment:
    enrolment: Enrolment = request.app.state.enrolment
    return enrolment


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock


def _now(request: Request) -> datetime:
    return _clock(request).now()
