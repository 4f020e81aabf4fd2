"""Facts that happened, in the past tense. Handlers are idempotent: the same fact may arrive twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened in one company. `fact_id` makes repetition harmless."""

    fact_id: str
    company_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StationPresenceChanged(Fact):
    """A station went online or offline (its MQTT session came or went)."""

    device_id: str
    online: bool


@dataclass(frozen=True, slots=True)
class DeviceClaimed(Fact):
    """A device used its claim code and has a certificate."""

    device_id: str


@dataclass(frozen=True, slots=True)
class DeviceRevoked(Fact):
    """A device's certificate is no longer accepted (revoked, or other hardware took its place); calls begun before end."""

    device_id: str
    serial: str


@dataclass(frozen=True, slots=True)
class AccountRemoved(Fact):
    """A station of another maker lost its account: its calls end, its registration is forgotten."""

    device_id: str
    number: str


@dataclass(frozen=True, slots=True)
class DesiredStateChanged(Fact):
    """What the platform wants of a station has a new version, to be sent to it."""

    device_id: str
    version: int


@dataclass(frozen=True, slots=True)
class DoorOpened(Fact):
    """A station acknowledged an opening."""

    door_id: str
    device_id: str
    actor_kind: Literal["user", "key", "dtmf", "account", "assistant"]
    call_id: str | None


@dataclass(frozen=True, slots=True)
class CallChanged(Fact):
    """A call rings, or somebody has answered it. Told once and not kept: `CallEnded` is what is never lost."""

    call_id: str
    device_id: str


@dataclass(frozen=True, slots=True)
class CallEnded(Fact):
    """A call is over and its record is written."""

    call_id: str
    device_id: str
    cause: str


@dataclass(frozen=True, slots=True)
class StationTestAsked(Fact):
    """Somebody wants a station to place a test call now."""

    device_id: str
    test_id: str


@dataclass(frozen=True, slots=True)
class SnapshotStored(Fact):
    """A decodable picture of the caller is there."""

    call_id: str
    snapshot_id: str
    device_id: str


@dataclass(frozen=True, slots=True)
class SessionsEnded(Fact):
    """Sessions of a user were ended before their time: sockets that were signed on with them close."""

    user_id: str
    session_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RightsChanged(Fact):
    """What a person may do in this company has changed; `user_id` None: of everybody, because a role has."""

    user_id: str | None


@dataclass(frozen=True, slots=True)
class ConfigurationChanged(Fact):
    """Somebody changed a place, person, role, grant, key or station; the audit trail has the details."""

    action: str
    subject_id: str


@dataclass(frozen=True, slots=True)
class PersonInvited(Fact):
    """An invitation by e-mail waits to be sent."""

    invitation_id: str


@dataclass(frozen=True, slots=True)
class PasswordLinkAsked(Fact):
    """Somebody who can't sign in asked for a link that sets a new password."""

    user_id: str


# What of somebody's sign-in changed.
SignInChange = Literal[
    "email_changed",
    "password_changed",
    "factor_added",
    "factor_removed",
    "codes_renewed",
    "passkey_added",
    "passkey_removed",
    "passkeys_removed",
]


@dataclass(frozen=True, slots=True)
class SignInChanged(Fact):
    """How a person signs in has changed, by themselves or by somebody who may; they are told by mail."""

    user_id: str
    change: SignInChange
    address: str | None = None  # where they are told of another address: at the one they had
