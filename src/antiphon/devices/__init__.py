"""Claiming, certificates, desired and reported state, commands to stations."""

from antiphon.devices.accounts import (
    NewAccount,
    account,
    account_by_number,
    accounts_named,
    accounts_of,
    change_account,
    create_account,
    new_account_password,
    remove_account,
)
from antiphon.devices.census import first_certificate_ends, stations_by_state
from antiphon.devices.commands import Commander
from antiphon.devices.model import (
    AccountNotFound,
    DoorRefused,
    Revoked,
    Station,
    StationKind,
    StationNotFound,
    StationStatus,
    StationUnreachable,
    Unclaimed,
)
from antiphon.devices.ports import Edge, MessageEvents, Messaging, Registrar, Topic
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
from antiphon.devices.store import called_station, forget_expired_claim_codes, station, stations

__all__ = [
    "AccountNotFound",
    "ClaimCodes",
    "Commander",
    "DoorRefused",
    "Edge",
    "MessageEvents",
    "Messaging",
    "NewAccount",
    "Registrar",
    "Revoked",
    "Station",
    "StationKind",
    "StationNotFound",
    "StationStatus",
    "StationUnreachable",
    "Topic",
    "Unclaimed",
    "account",
    "account_by_number",
    "accounts_named",
    "accounts_of",
    "called_station",
    "change_account",
    "change_desired",
    "create_account",
    "create_station",
    "ensure_claim_key",
    "first_certificate_ends",
    "forget_expired_claim_codes",
    "identified",
    "new_account_password",
    "new_claim_code",
    "remove_account",
    "revoke",
    "station",
    "station_for_call",
    "stations",
    "stations_by_state",
]
