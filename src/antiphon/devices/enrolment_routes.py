"""HTTP of the devices role: a claim code becomes a certificate (`claim_router`), and what needs one (`station_router`)."""

from __future__ import annotations

import re
from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from antiphon.clock import Clock
from antiphon.devices import service
from antiphon.devices.authority import Authority
from antiphon.devices.model import CertificateIdentity, CertificateMissing
from antiphon.devices.service import ClaimCodes
from antiphon.devices.throttle import ClaimThrottle
from antiphon.errors import AntiphonError
from antiphon.tenancy.asking import client_address, database_of, now_of
from antiphon.wire.station import ClaimReply, ClaimRequest

claim_router = APIRouter(prefix="/device/v1", tags=["device"])
station_router = APIRouter(prefix="/device/v1", tags=["device"])

# Only the front sets these, from the certificate that it checked; it strips them from everything else.
CERTIFICATE_CN = "X-Client-Certificate-CN"
CERTIFICATE_SERIAL = "X-Client-Certificate-Serial"

_IDENTITY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HEX = re.compile(r"[0-9a-f]{1,40}")


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
    enrolment, clock, address = _enrolment(request), _clock(request), client_address(request)
    enrolment.throttle.admit(address, clock.monotonic())
    now = clock.now()
    try:
        claimed = await database_of(request).run(
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
    found = await database_of(request).read(lambda tx: service.identified(tx, identity))
    return DeviceMe(
        device_id=found.id, name=found.name, place=found.place, time_zone=found.time_zone, language=found.language
    )


@station_router.post("/renew", summary="Get the next certificate")
async def renew(body: RenewRequest, request: Request) -> RenewReply:
    """For a new key or the same one; the certificate that asked stays valid until its own end."""
    identity, enrolment, now = _identity(request), _enrolment(request), now_of(request)
    chain = await database_of(request).run(
        lambda tx: service.renew(tx, enrolment.authority, identity, body.certificate_request, now)
    )
    return RenewReply(certificate=chain, trust=enrolment.authority.trust_pem)


def _identity(request: Request) -> CertificateIdentity:
    common_name = request.headers.get(CERTIFICATE_CN, "")
    serial = request.headers.get(CERTIFICATE_SERIAL, "").lower().lstrip("0")
    if not _IDENTITY.fullmatch(common_name) or not _HEX.fullmatch(serial):
        raise CertificateMissing
    return CertificateIdentity(common_name, serial)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _enrolment(request: Request) -> Enrolment:
    enrolment: Enrolment = request.app.state.enrolment
    return enrolment


def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock
