"""Stations, claim codes, certificates, desired and reported states in the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from antiphon import tenancy
from antiphon.clock import new_id
from antiphon.database import PLATFORM, AnyScope, Scope, Tx, in_rows, sort_key
from antiphon.devices.authority import IssuedCertificate
from antiphon.devices.model import Station, StationKind, StationNotFound, StationStatus
from antiphon.devices.tables import (
    account_rows,
    certificates,
    claim_codes,
    desired_states,
    device_rows,
    reported_states,
)
from antiphon.tenancy import Named, Place, PlaceHasAccounts, PlaceHasStations, PlaceMisplaced, Reach, search
from antiphon.tenancy.rights import EVERYWHERE
from antiphon.wire.station import Desired, Reported

# What a call asks about a station, in one question each.
_ITS_PLACE = tenancy.places_joined(device_rows.c.place_id)
_ITS_DEVICE = (device_rows.c.id, account_rows.c.device_id)

Row = Mapping[Any, Any]  # Any: a row of whichever table; the functions below give it its type


# -- stations --------------------------------------------------------------------------------------------------------


def add_station(
    tx: Tx, scope: Scope, *, name: str, place_id: str, spot: str, now: datetime, kind: StationKind = "station"
) -> str:
    """A station that waits for its claim, or an account, which is in service at once; returns its id.

    Raises `PlaceNotFound`, and `PlaceMisplaced` for a place above sites.
    """
    place = _home(tx, scope, place_id)
    device_id = new_id(kind)
    status: StationStatus = "unclaimed" if kind == "station" else "claimed"
    values = {"id": device_id, "place_id": place.id, "name": name, "sort_key": sort_key(name), "spot": spot}
    tx.insert(scope, device_rows, values | {"status": status, "kind": kind, "online": False, "created_at": now})
    search.put(tx, scope, kind, device_id, place.id, name)
    return device_id


def change_station(
    tx: Tx, scope: Scope, device_id: str, *, name: str | None, spot: str | None, place_id: str | None
) -> Station:
    """Rename, or move to another site or folder. Raises `StationNotFound`, `PlaceNotFound`, `PlaceMisplaced`."""
    before = station(tx, scope, device_id)
    values: dict[str, Any] = {}  # Any: of every column
    if name is not None:
        values |= {"name": name, "sort_key": sort_key(name)}
    if spot is not None:
        values["spot"] = spot
    if place_id is not None:
        values["place_id"] = _home(tx, scope, place_id).id
    if values:
        tx.update(scope, device_rows, values=values, id=device_id)
        search.put(tx, scope, before.kind, device_id, place_id or before.place_id, name or before.name)
    return station(tx, scope, device_id)


def forget_station(tx: Tx, scope: Scope, device_id: str) -> None:
    """The device with its claim codes and states; whatever else names it is gone already."""
    search.drop(tx, scope, device_id)
    for table in (claim_codes, desired_states, reported_states):
        tx.delete(scope, table, table.c.device_id == device_id)
    tx.delete(scope, device_rows, id=device_id)


def at_station(tx: Tx, scope: Scope, station_id: sa.Column[Any], reach: Reach) -> sa.ColumnElement[bool]:
    """The condition that a row's station is within reach; where that is the whole company, rows without one too."""
    if reach.everywhere:
        return sa.true()
    return in_rows(station_id, device_rows.c.id, tenancy.within(tx, scope, device_rows.c.place_id, reach))


def leave_place(tx: Tx, scope: Scope, place: Place) -> None:
    """The place goes: stations out of service belong to the place around it. Raises `PlaceNotEmpty` while another is there."""
    there = tx.first(scope, device_rows, device_rows.c.status != "revoked", place_id=place.id)
    if there is not None:
        raise PlaceHasAccounts if there["kind"] == "account" else PlaceHasStations
    tx.update(scope, device_rows, values={"place_id": place.parent_id}, place_id=place.id)


def stations(tx: Tx, scope: Scope, *kinds: StationKind, reach: Reach = EVERYWHERE) -> tuple[Station, ...]:
    """The company's stations within reach by name; of these kinds only, where any is named."""
    return stations_page(tx, scope, reach, kinds=kinds, limit=None)


def stations_page(
    tx: Tx,
    scope: Scope,
    reach: Reach,
    *,
    kinds: Sequence[StationKind] = (),
    within: str | None = None,
    place_id: str | None = None,
    status: StationStatus | None = None,
    online: bool | None = None,
    after: Sequence[Any] | None = None,
    limit: int | None,
) -> tuple[Station, ...]:
    """Stations within reach by name, those after the given name and id.

    `within`: a path that they lie below; `place_id`: the place that they lie directly in.
    """
    where = [tenancy.within(tx, scope, device_rows.c.place_id, reach if within is None else reach.inside(within))]
    if kinds:
        where.append(device_rows.c.kind.in_(kinds) if len(kinds) > 1 else device_rows.c.kind == kinds[0])
    if place_id is not None:
        where.append(device_rows.c.place_id == place_id)
    if status is not None:
        where.append(device_rows.c.status == status)
    if online is not None:
        where.append(device_rows.c.online.is_(online))
    order = (device_rows.c.sort_key, device_rows.c.id)
    rows = tx.page(scope, device_rows, _ITS_PLACE, where=where, order_by=order, after=after, limit=limit)
    ids = [row["id"] for row, _ in rows] if limit is not None else None
    errors = {row["device_id"]: row["error"] for row in _of_devices(tx, scope, reported_states, ids)}
    accounts = {row["device_id"]: row for row in _of_devices(tx, scope, account_rows, ids)}
    return tuple(
        _station(row, tenancy.place_of(place), errors.get(row["id"]), accounts.get(row["id"])) for row, place in rows
    )


def stations_named(tx: Tx, scope: Scope, ids: Sequence[str]) -> tuple[Station, ...]:
    """Those of these stations that are the company's, accounts left out; what keeps them from their settings is not asked."""
    where = [device_rows.c.id.in_(ids), device_rows.c.kind == "station"]
    rows = tx.page(scope, device_rows, _ITS_PLACE, where=where, order_by=(device_rows.c.id,), limit=None)
    return tuple(_station(row, tenancy.place_of(place), None, None) for row, place in rows)


def _of_devices(tx: Tx, scope: Scope, table: sa.Table, ids: list[str] | None) -> Sequence[Row]:
    """The rows of these devices; None: of every one."""
    return tx.all(scope, table) if ids is None else tx.all(scope, table, table.c.device_id.in_(ids))


def _home(tx: Tx, scope: Scope, place_id: str) -> Place:
    """A place where a station can be: it has a site, which gives it time zone and language."""
    place = tenancy.place(tx, scope, place_id)
    if place.site_id is None:
        raise PlaceMisplaced("A station belongs to a site or to a folder in one.")
    return place


def station(tx: Tx, scope: Scope, device_id: str) -> Station:
    """One station of the company, whoever made it; raises `StationNotFound`."""
    return _whole_station(tx, scope, device_id)


def called_station(tx: Tx, device_id: str) -> Station:
    """The station of whichever company, for messages that only name the device; raises `StationNotFound`."""
    return _whole_station(tx, PLATFORM, device_id)


def account_numbered(tx: Tx, number: str) -> Station | None:
    """The account of that number, whichever company's."""
    return _account(tx, PLATFORM, number=number)


def account_of(tx: Tx, scope: Scope, device_id: str) -> Station | None:
    """The company's account, None where there is none of that id."""
    return _account(tx, scope, device_id=device_id)


def _account(tx: Tx, scope: AnyScope, **equal: Any) -> Station | None:  # Any: as `Tx` takes them
    for account, row, place in tx.joined(scope, account_rows, _ITS_DEVICE, _ITS_PLACE, **equal):
        return _station(row, tenancy.place_of(place), None, account)
    return None


def _whole_station(tx: Tx, asked: AnyScope, device_id: str) -> Station:
    for row, place in tx.joined(asked, device_rows, _ITS_PLACE, id=device_id):
        scope, its_place = Scope(row["company_id"]), tenancy.place_of(place)
        if row["kind"] == "account":
            return _station(row, its_place, None, tx.first(scope, account_rows, device_id=device_id))
        reported = tx.first(scope, reported_states, device_id=device_id)
        return _station(row, its_place, reported["error"] if reported else None, None)
    raise StationNotFound(device_id=device_id[:64])


def own_station(tx: Tx, scope: Scope, device_id: str) -> Station:
    """One station of this platform, which has a certificate and takes settings; raises `StationNotFound`."""
    found = station(tx, scope, device_id)
    if found.kind != "station":
        raise StationNotFound(device_id=device_id[:64])
    return found


def scope_of(tx: Tx, device_id: str) -> Scope:
    """Whose station this is, for messages that only name the device; raises `StationNotFound`."""
    row = tx.first(PLATFORM, device_rows, id=device_id)
    if row is None:
        raise StationNotFound(device_id=device_id[:64])
    return Scope(row["company_id"])


def set_status(tx: Tx, scope: Scope, device_id: str, status: StationStatus) -> None:
    tx.update(scope, device_rows, device_rows.c.id == device_id, values={"status": status})


def set_claimed(tx: Tx, scope: Scope, device_id: str, *, model: str, software: str) -> None:
    values = {"status": "claimed", "model": model, "software": software}
    tx.update(scope, device_rows, device_rows.c.id == device_id, values=values)


def set_presence(tx: Tx, scope: Scope, device_id: str, *, online: bool, now: datetime) -> bool:
    """Returns False when it was so already."""
    changed = tx.update(
        scope,
        device_rows,
        device_rows.c.id == device_id,
        device_rows.c.online.is_not(online),
        values={"online": online, "since": now},
    )
    return changed > 0


def online_ids(tx: Tx) -> tuple[str, ...]:
    """Stations of all companies that are marked as online and say so over MQTT."""
    speaking = (device_rows.c.online.is_(True), device_rows.c.kind == "station")
    return tuple(row["id"] for row in tx.all(PLATFORM, device_rows, *speaking))


def accounts_online(tx: Tx) -> tuple[tuple[str, str, bool], ...]:
    """Accounts of all companies as (station, number, marked as online), by station."""
    online = {row["id"]: row["online"] for row in tx.all(PLATFORM, device_rows, device_rows.c.kind == "account")}
    rows = tx.all(PLATFORM, account_rows, order_by=(account_rows.c.device_id,))
    return tuple((row["device_id"], row["number"], online[row["device_id"]]) for row in rows)


# -- claim codes -----------------------------------------------------------------------------------------------------


def add_claim_code(
    tx: Tx, scope: Scope, device_id: str, code_hash: str, *, created_at: datetime, expires_at: datetime
) -> None:
    """The station's one valid code: those made before end now."""
    end_claim_codes(tx, scope, device_id, created_at)
    values = {"id": new_id("claim"), "device_id": device_id, "code_hash": code_hash}
    tx.insert(scope, claim_codes, values | {"created_at": created_at, "expires_at": expires_at})


def forget_expired_claim_codes(tx: Tx, before: datetime) -> int:
    """Remove claim codes whose time ended before that moment; returns how many."""
    return tx.delete(PLATFORM, claim_codes, claim_codes.c.expires_at < before)


def end_claim_codes(tx: Tx, scope: Scope, device_id: str, now: datetime) -> None:
    """Codes of this station that nobody used are no longer valid."""
    unused = (claim_codes.c.device_id == device_id, claim_codes.c.used_at.is_(None), claim_codes.c.expires_at > now)
    tx.update(scope, claim_codes, *unused, values={"expires_at": now})


def claim_code(tx: Tx, code_hash: str) -> Row | None:
    """The code in whichever company: the claiming station does not know its company yet."""
    return tx.first(PLATFORM, claim_codes, claim_codes.c.code_hash == code_hash)


def set_code_used(tx: Tx, scope: Scope, code_id: str, serial: str, now: datetime) -> None:
    values = {"used_at": now, "used_serial": serial}
    tx.update(scope, claim_codes, claim_codes.c.id == code_id, values=values)


# -- certificates ----------------------------------------------------------------------------------------------------


def add_certificate(tx: Tx, scope: Scope, device_id: str, issued: IssuedCertificate, now: datetime) -> None:
    tx.insert(
        scope,
        certificates,
        {
            "serial": issued.serial,
            "device_id": device_id,
            "key_fingerprint": issued.key_fingerprint,
            "chain_pem": issued.chain_pem,
            "issued_at": now,
            "not_after": issued.not_after,
        },
    )


def certificate(tx: Tx, scope: AnyScope, serial: str) -> Row | None:
    return tx.first(scope, certificates, certificates.c.serial == serial)


def certificates_of(tx: Tx, scope: Scope, device_id: str) -> Sequence[Row]:
    """All of a station's certificates, newest first."""
    newest = (certificates.c.issued_at.desc(), certificates.c.serial)
    return tx.all(scope, certificates, certificates.c.device_id == device_id, order_by=newest)


def revoke_certificates(tx: Tx, scope: Scope, device_id: str, reason: str, now: datetime) -> int:
    """Every certificate of the station that is still valid; returns how many there were."""
    valid = (certificates.c.device_id == device_id, certificates.c.revoked_at.is_(None))
    return tx.update(scope, certificates, *valid, values={"revoked_at": now, "reason": reason})


def revoked_serials(tx: Tx, now: datetime) -> dict[str, datetime]:
    """What belongs on the revocation list: revoked and not run out yet."""
    revoked = (certificates.c.revoked_at.is_not(None), certificates.c.not_after > now)
    return {row["serial"]: row["revoked_at"] for row in tx.all(PLATFORM, certificates, *revoked)}


def unenforced(tx: Tx) -> Sequence[Row]:
    """Revoked certificates that some engine may still accept."""
    pending = (certificates.c.revoked_at.is_not(None), certificates.c.enforced_at.is_(None))
    return tx.all(PLATFORM, certificates, *pending)


def set_enforced(tx: Tx, serials: Sequence[str], now: datetime) -> None:
    tx.update(PLATFORM, certificates, certificates.c.serial.in_(serials), values={"enforced_at": now})


# -- desired and reported states -------------------------------------------------------------------------------------


def desired(tx: Tx, scope: AnyScope, device_id: str) -> Desired | None:
    """What the platform wants of the station, or None before anything was set."""
    row = tx.first(scope, desired_states, desired_states.c.device_id == device_id)
    return Desired.model_validate_json(row["document"]) if row else None


def set_desired(tx: Tx, scope: Scope, device_id: str, wanted: Desired, now: datetime) -> None:
    values = {"version": wanted.version, "document": wanted.model_dump_json(), "changed_at": now}
    if not tx.update(scope, desired_states, desired_states.c.device_id == device_id, values=values):
        tx.insert(scope, desired_states, values | {"device_id": device_id, "published_version": 0})


def set_published(tx: Tx, device_id: str, version: int) -> None:
    values = {"published_version": version}
    tx.update(PLATFORM, desired_states, desired_states.c.device_id == device_id, values=values)


def unpublished(tx: Tx, *, or_not_reported: bool = False) -> tuple[tuple[str, Desired], ...]:
    """Claimed stations whose newest desired state was not sent; also those that did not report it, if asked."""
    claimed = {row["id"] for row in tx.all(PLATFORM, device_rows, device_rows.c.status == "claimed")}
    reported = (
        {row["device_id"]: row["version"] for row in tx.all(PLATFORM, reported_states)} if or_not_reported else {}
    )
    return tuple(
        (row["device_id"], Desired.model_validate_json(row["document"]))
        for row in tx.all(PLATFORM, desired_states)
        if row["device_id"] in claimed
        and (
            row["published_version"] != row["version"]
            or (or_not_reported and reported.get(row["device_id"]) != row["version"])
        )
    )


def set_reported(tx: Tx, scope: Scope, device_id: str, reported: Reported, now: datetime) -> None:
    values = {
        "version": reported.version,
        "error": reported.error[:500] if reported.error else None,
        "document": reported.model_dump_json(),
        "at": now,
    }
    if not tx.update(scope, reported_states, reported_states.c.device_id == device_id, values=values):
        tx.insert(scope, reported_states, values | {"device_id": device_id})
    about = {"model": reported.model[:64], "software": reported.software[:64]}
    tx.update(scope, device_rows, device_rows.c.id == device_id, values=about)


def named(tx: Tx, scope: Scope, ids: Sequence[str]) -> Iterator[Named]:
    """What these stations and accounts are called."""
    for row in tx.all(scope, device_rows, device_rows.c.id.in_(ids)):
        yield Named(row["id"], row["kind"], row["name"], row["place_id"])


def _station(row: Row, place: Place, error: str | None, account: Row | None) -> Station:
    return Station(
        id=row["id"],
        company_id=row["company_id"],
        name=row["name"],
        site_id=place.site_id or "",
        place_id=place.id,
        path=place.path,
        place=f"{place.trail}, {row['spot']}" if row["spot"] else place.trail,
        time_zone=place.time_zone,
        status=row["status"],
        online=row["online"],
        since=row["since"],
        model=row["model"],
        language=place.language,
        error=error,
        kind=row["kind"],
        number=account["number"] if account else "",
        early_video=bool(account["early_video"]) if account else False,
        opens_doors=bool(account["opens_doors"]) if account else False,
    )
