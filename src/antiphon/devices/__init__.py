"""Claiming, certificates, desired and reported state, commands to stations."""

from antiphon.devices.census import first_certificate_ends, stations_by_state
from antiphon.devices.commands import Commander
from antiphon.devices.model import (
    DoorRefused,
    Revoked,
    Station,
    StationNotFound,
    StationStatus,
    StationUnreachable,
    Unclaimed,
)
from antiphon.devices.ports import Edge, MessageEvents, Messaging, Topic
from antiphon.devices.service import (
    ClaimCodes,
    change_desired,
    create_station,
    ensure_claim_key,
    identified,
    new_claim_code,
    revoke,
    station_for_call,
)
from antiphon.devices.store import device_rows, forget_expired_claim_codes, station, stations

__all__ = [
    "ClaimCodes",
    "Commander",
    "DoorRefused",
    "Edge",
    "MessageEvents",
    "Messaging",
    "Revoked",
    "Station",
    "StationNotFound",
    "StationStatus",
    "StationUnreachable",
    "Topic",
    "Unclaimed",
    "change_desired",
    "create_station",
    "device_rows",
    "ensure_claim_key",
    "first_certificate_ends",
    "forget_expired_claim_codes",
    "identified",
    "new_claim_code",
    "revoke",
    "station",
    "station_for_call",
    "stations",
    "stations_by_state",
]
