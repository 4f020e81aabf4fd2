"""Owns the questions a call asks at its start: whose station, which button, who rings; and writes the call's row with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeVar

from antiphon import devices, directory, log, tenancy
from antiphon.calls import inputs as i
from antiphon.calls import store
from antiphon.calls.ports import ClientInfo, StationInvite
from antiphon.calls.views import station_view
from antiphon.database import Database, Scope, Tx
from antiphon.directory import rings
from antiphon.errors import AntiphonError
from antiphon.wire.client import StationView

_log = log.get("calls")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Admission:
    """What the database says to a call. Without a station the call leaves no record: it belongs to no company."""

    station: devices.Station | None
    view: StationView | None
    press: directory.Press | None
    refusal: i.PlanRefused | None
    code: str = ""
    devices: Mapping[str, devices.Station] = field(default_factory=dict)  # accounts and stations that could ring, by id


class Admissions:
    """Asks in one transaction; when the row can't be written, asks again without it: a full disk stops no ring."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def door_call(self, call_id: str, invite: StationInvite, now: datetime) -> Admission:
        """Whom the station's or account's call rings; never raises an AntiphonError, it becomes the refusal."""
        try:
            return await self._ask(call_id, lambda tx, write: _door_call(tx, call_id, invite, now, write))
        except AntiphonError as error:
            refusal = i.PlanRefused("platform_error", "platform_error", 500)
            return Admission(None, None, None, refusal, error.code)

    async def client_call(self, call_id: str, client: ClientInfo, station_id: str, now: datetime) -> Admission:
        """The station a client wants to call; raises `StationNotFound`, `NotAllowed`, or that the database is away."""
        scope, placed_by = Scope(client.company_id), client.user_name

        def ask(tx: Tx, write: bool) -> Admission:
            station = devices.station(tx, scope, station_id)
            rights = tenancy.rights_of_user(tx, scope, client.user_id, now)
            if not rights.may("stations.read", station.path):
                raise devices.StationNotFound
            if not rights.may("calls.answer", station.path):
                raise tenancy.NotAllowed(permission="calls.answer")
            if write:
                store.start_call(
                    tx,
                    station,
                    call_id=call_id,
                    direction="to_station",
                    button="",
                    started_at=now,
                    placed_by=placed_by,
                )
            return Admission(station, station_view(tx, station), None, None)

        return await self._ask(call_id, ask)

    async def _ask(self, call_id: str, ask: Callable[[Tx, bool], T]) -> T:
        try:
            return await self._database.run(lambda tx: ask(tx, True))
        except AntiphonError as error:
            if error.http_status < 500:
                raise
            _log.error("start of the call not written", call_id=call_id, code=error.code)
            return await self._database.read(lambda tx: ask(tx, False))


def names_of_devices(tx: Tx, scope: Scope, kind: devices.StationKind, ids: Sequence[str]) -> dict[str, str]:
    """What those of these accounts or stations in service are called that are the company's."""
    return {one: device.name for one, device in _named(tx, scope, kind, ids).items()}


def presence_of(
    tx: Tx, scope: Scope, user_ids: Collection[str], device_ids: Collection[rings.Member]
) -> dict[rings.Member, rings.Presence]:
    """Who is there, as far as it is written down: accounts as the registrar says, stations as they say, who talks by the calls that
    go on. Of people it is not known here whether they are online."""
    talking = store.talking(tx, scope)
    found = {rings.Member("user", one): rings.Presence(busy=one in talking) for one in user_ids}
    kinds: tuple[devices.StationKind, ...] = ("account", "station")
    for kind in kinds:
        ids = [member.id for member in device_ids if member.kind == kind]
        for one, device in _named(tx, scope, kind, ids).items():
            found[rings.Member(kind, one)] = presence_of_device(device, busy=one in talking)
    return found


def presence_of_device(device: devices.Station, *, busy: bool) -> rings.Presence:
    """As the registrar or the station says; an account that never registered may be reached by other ways, a station that never
    spoke cannot."""
    away = device.kind == "station" or device.since is not None
    state: Literal["online", "offline", "unknown"] = "online" if device.online else "offline" if away else "unknown"
    return rings.Presence(state, busy, device.since)


def _named(tx: Tx, scope: Scope, kind: devices.StationKind, ids: Sequence[str]) -> Mapping[str, devices.Station]:
    return devices.accounts_named(tx, scope, ids) if kind == "account" else devices.stations_named(tx, scope, ids)


def _door_call(tx: Tx, call_id: str, invite: StationInvite, now: datetime, write: bool) -> Admission:
    refusal: i.PlanRefused | None = None
    code = ""
    device_id, button = invite.device_id or "", invite.target
    try:
        if invite.account is not None:
            station = devices.account_by_number(tx, invite.account)
        else:
            station = devices.station_for_call(tx, device_id)
    except (devices.StationNotFound, devices.AccountNotFound) as error:
        return Admission(None, None, None, i.PlanRefused("revoked", "unclaimed", 403), error.code)
    except (devices.Unclaimed, devices.Revoked) as error:
        # The record has one word for a station that is not in service; the visitor hears which of the two it is.
        code = error.code
        refusal = i.PlanRefused("revoked", "unclaimed" if code == "unclaimed" else "revoked", 403)
        station = devices.called_station(tx, device_id)
    if write:
        store.start_call(tx, station, call_id=call_id, direction="from_station", button=button, started_at=now)
    press: directory.Press | None = None
    could_ring: dict[str, devices.Station] = {}
    if refusal is None:
        try:
            press = _press(tx, station, button, now, could_ring)
        except directory.UnknownButton as error:
            refusal, code = i.PlanRefused("unknown_button", "unknown_button", 404), error.code
    return Admission(station, station_view(tx, station), press, refusal, code, could_ring)


def _press(
    tx: Tx, station: devices.Station, button: str, now: datetime, could_ring: dict[str, devices.Station]
) -> directory.Press:
    """What is known about who rings for that button, the devices among them put into `could_ring`; an account may also dial
    another one of its company by number."""

    def names(tx: Tx, scope: Scope, kind: devices.StationKind, ids: Sequence[str]) -> dict[str, str]:
        found = _named(tx, scope, kind, ids)
        could_ring.update(found)
        return {one: device.name for one, device in found.items()}

    scope = Scope(station.company_id)
    try:
        return directory.press(tx, scope, station.id, station.path, station.time_zone, button, now, names)
    except directory.UnknownButton:
        dialled = _dialled(tx, station, button)
        if dialled is None:
            raise
        could_ring[dialled.id] = dialled
        return directory.Press.of(rings.Member("account", dialled.id), dialled.name, now, station.time_zone)


def _dialled(tx: Tx, station: devices.Station, number: str) -> devices.Station | None:
    if station.kind != "account" or number == station.number:
        return None
    try:
        found = devices.account_by_number(tx, number)
    except devices.AccountNotFound:
        return None
    return found if found.company_id == station.company_id else None
