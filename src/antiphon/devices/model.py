"""Stations as the other rooms see them, and the refusals of this room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from antiphon.errors import AntiphonError, BadInput, Conflict, Forbidden, NotFound, TooMany

StationStatus = Literal["unclaimed", "claimed", "revoked"]
StationKind = Literal["station", "account"]  # of this platform with a certificate; of another maker with a password


@dataclass(frozen=True, slots=True)
class Station:
    """One station. `id` is the device id: CN of its certificate and MQTT name; a station of another maker has neither."""

    id: str
    company_id: str
    name: str
    site_id: str
    place_id: str  # the site or folder it belongs to
    path: str  # of that place: where rights have to hold
    place: str  # site, folders and spot in words
    time_zone: str
    status: StationStatus
    online: bool  # its MQTT session stands
    since: datetime | None  # when it came online or went offline
    model: str | None
    language: str
    error: str | None = None  # why the station could not take over what it should be
    kind: StationKind = "station"
    number: str = ""  # SIP user of an account
    early_video: bool = False  # an account whose picture may be shown before the answer
    opens_doors: bool = False  # an account whose digits open the doors of a station that rang it

    @property
    def sip_user(self) -> str:
        """Under which name the SIP edge knows it."""
        return self.number or self.id


@dataclass(frozen=True, slots=True)
class CertificateIdentity:
    """Who a client certificate names, as the HTTPS front proved it."""

    device_id: str
    serial: str  # lower-case hex without leading zeros


class StationNotFound(NotFound):
    """No such station in this company."""

    code = "station_not_found"
    title = "This station does not exist (any more)."


class AccountNotFound(NotFound):
    """No such account in this company."""

    code = "account_not_found"
    title = "This account does not exist (any more)."


class Unclaimed(Forbidden):
    """The station has no certificate yet."""

    code = "unclaimed"
    title = "This station is not claimed yet. Enter its claim code at the station."


class Revoked(Forbidden):
    """The station or this certificate was locked out."""

    code = "revoked"
    title = "This station is locked out. Create a new claim code in the portal to take it back into service."


class ClaimCodeWrong(NotFound):
    """Well-formed, but nobody made this code."""

    code = "claim_code_wrong"
    title = "This claim code is not known. Compare it with the portal and type it again."


class ClaimCodeUsed(Conflict):
    """The code was used before, by another key."""

    code = "claim_code_used"
    title = "This claim code was used already. Create a new one in the portal."


class ClaimCodeExpired(AntiphonError):
    """The code's time is over, or a newer one replaced it."""

    code = "claim_code_expired"
    http_status = 410
    title = "This claim code is no longer valid. Create a new one in the portal."


class TooManyClaims(TooMany):
    """More attempts from one address than a person makes."""

    title = "Too many attempts from this network. Wait a minute and try again."


class CertificateMissing(Forbidden):
    """The request did not come through the front's listener for devices."""

    code = "certificate_missing"
    title = "This address is for stations with a certificate."


class StationHasHistory(Conflict):
    """The station was claimed once: what it did and its certificates stay on record."""

    code = "station_has_history"
    title = "This station was in service. Revoke it instead of removing it."


class StationUnreachable(AntiphonError):
    """The station is offline, the broker is away, or no acknowledgement came in time (D4)."""

    code = "station_unreachable"
    http_status = 504
    sip_status = 480
    title = "The station did not confirm. Look whether the door opened; if not, tap again."


class DoorRefused(AntiphonError):
    """The station answered that it did not carry out the command; `error` is its word for why."""

    code = "door_refused"
    http_status = 502
    sip_status = 480
    title = "The station could not switch the door. Tap again; if it stays so, have the station checked."

    def __init__(self, error: str) -> None:
        super().__init__(station_error=error)
        self.error = error


class ButtonsInvalid(BadInput):
    """Two buttons of one station have the same name."""

    code = "buttons_invalid"
    title = "Every button of a station needs its own name."
