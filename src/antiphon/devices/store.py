"""Stations, claim codes, certificates, desired and reported states in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from antiphon import tenancy
from antiphon.clock import new_id
from antiphon.database import PLATFORM, AnyScope, Scope, Tx, UtcTime, tenant_table
from antiphon.devices.authority import IssuedCertificate
from antiphon.devices.model import Station, StationKind, StationNotFound, StationStatus
from antiphon.wire.station import Desired, Reported

device_rows = tenant_table(
    "devices",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("site_id", sa.String(40), sa.ForeignKey("sites.id"), nullable=False, index=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("spot", sa.String(120), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("online", sa.Boolean, nullable=False),
    sa.Column("since", UtcTime, nullable=True),
    sa.Column("model", sa.String(64), nullable=True),
    sa.Column("software", sa.String(64), nullable=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False, server_default="station"),
)
# Digest accounts of other makers' stations. The SIP edge reads them through the view `sip_accounts`.
account_rows = tenant_table(
    "accounts",
    sa.Column("device_id", sa.String(40), sa.ForeignKey("devices.id"), primary_key=True),
    sa.Column("number", sa.String(16), nullable=False, unique=True),  # the SIP user
    sa.Column("realm", sa.String(120), nullable=False),
    sa.Column("ha1", sa.String(64), nullable=False),  # RFC 2617 3.2.2.2; the password itself is stored nowhere
    sa.Column("early_video", sa.Boolean, nullable=False),
    sa.Column("opens_doors", sa.Boolean, nullable=False),
)
claim_codes = tenant_table(
    "claim_codes",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("device_id", sa.String(40), sa.ForeignKey("devices.id"), nullable=False, index=True),
    sa.Column("code_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("used_at", UtcTime, nullable=True),
    sa.Column("used_serial", sa.String(40), nullable=True),
)
certificates = tenant_table(
    "certificates",
    sa.Column("serial", sa.String(40), primary_key=True),  # lower-case hex without leading zeros
    sa.Column("device_id", sa.String(40), sa.ForeignKey("devices.id"), nullable=False, index=True),
    sa.Column("key_fingerprint", sa.String(64), nullable=False),
    sa.Column("chain_pem", sa.Text, nullable=False),
    sa.Column("issued_at", UtcTime, nullable=False),
    sa.Column("not_after", UtcTime, nullable=False),
    sa.Column("revoked_at", UtcTime, nullable=True, index=True),
    sa.Column("reason", sa.String(32), nullable=True),
    sa.Column("enforced_at", UtcTime, nullable=True),  # when every engine had forgotten it
)
desired_states = tenant_table(
    "desired_states",
    sa.Column("device_id", sa.String(40), sa.ForeignKey("devices.id"), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("published_version", sa.Integer, nullable=False),
)
reported_states = tenant_table(
    "reported_states",
    sa.Column("device_id", sa.String(40), sa.ForeignKey("devices.id"), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("error", sa.String(500), nullable=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

# What a call asks about a station, in one question each.
_ITS_SITE = tenancy.site_joined(device_rows.c.site_id)
_ITS_DEVICE = (device_rows.c.id, account_rows.c.device_id)

Row = Mapping[Any, Any]  # Any: a row of whichever table; the functions below give it its type


# -- stations --------------------------------------------------------------------------------------------------------


def add_station(
    tx: Tx, scope: Scope, *, name: str, site_id: str, spot: str, now: datetime, kind: StationKind = "station"
) -> str:
    """A station that waits for its claim, or an account, which is in service at once; returns its id.

    A site of another company: `NotFound`.
    """
    site = tenancy.site(tx, scope, site_id)
    device_id = new_id(kind)
    status: StationStatus = "unclaimed" if kind == "station" else "claimed"
    values = {"id": device_id, "site_id": site.id, "name": name, "spot": spot, "status": status, "kind": kind}
    tx.insert(scope, device_rows, values | {"online": False, "created_at": now})
    return device_id


def stations(tx: Tx, scope: Scope, *kinds: StationKind) -> tuple[Station, ...]:
    """The company's stations by name; of these kinds only, where any is named."""
    sites = {site.id: site for site in tenancy.sites_of(tx, scope)}
    errors = {row["device_id"]: row["error"] for row in tx.all(scope, reported_states)}
    accounts = {row["device_id"]: row for row in tx.all(scope, account_rows)}
    rows = tx.all(scope, device_rows, order_by=(device_rows.c.name, device_rows.c.id))
    return tuple(
        _station(row, sites[row["site_id"]], errors.get(row["id"]), accounts.get(row["id"]))
        for row in rows
        if not kinds or row["kind"] in kinds
    )


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
    for account, row, *site in tx.joined(scope, account_rows, _ITS_DEVICE, *_ITS_SITE, **equal):
        return _station(row, tenancy.site_of(*site), None, account)
    return None


def _whole_station(tx: Tx, asked: AnyScope, device_id: str) -> Station:
    for row, *site in tx.joined(asked, device_rows, *_ITS_SITE, id=device_id):
        scope, its_site = Scope(row["company_id"]), tenancy.site_of(*site)
        if row["kind"] == "account":
            return _station(row, its_site, None, tx.first(scope, account_rows, device_id=device_id))
        reported = tx.first(scope, reported_states, device_id=device_id)
        return _station(row, its_site, reported["error"] if reported else None, None)
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


def _station(row: Row, site: tenancy.Site, error: str | None, account: Row | None) -> Station:
    return Station(
        id=row["id"],
        company_id=row["company_id"],
        name=row["name"],
        site_id=site.id,
        place=f"{site.name}, {row['spot']}" if row["spot"] else site.name,
        time_zone=site.time_zone,
        status=row["status"],
        online=row["online"],
        since=row["since"],
        model=row["model"],
        language=site.language,
        error=error,
        kind=row["kind"],
        number=account["number"] if account else "",
        early_video=bool(account["early_video"]) if account else False,
        opens_doors=bool(account["opens_doors"]) if account else False,
    )
