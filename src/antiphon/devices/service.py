"""What can be done with a station: create, claim, renew, revoke, tell it what to be, take what it says."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from antiphon import directory, events, limits, log
from antiphon.clock import new_id
from antiphon.database import PLATFORM, Scope, Tx, outbox
from antiphon.devices import store
from antiphon.devices.authority import Authority, key_fingerprint
from antiphon.devices.model import (
    ButtonsInvalid,
    CertificateIdentity,
    ClaimCodeExpired,
    ClaimCodeUsed,
    ClaimCodeWrong,
    Revoked,
    Station,
    StationHasHistory,
    StationNotFound,
    Unclaimed,
)
from antiphon.tenancy import PlaceMisplaced
from antiphon.wire.station import (
    CLAIM_CODE_BITS,
    Button,
    ClaimRequest,
    Desired,
    Output,
    Reported,
    read_claim_code,
    write_claim_code,
)

_log = log.get("devices")


class ClaimCodes:
    """Makes claim codes and their keyed hashes: the database alone never tells a code."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new(self) -> str:
        """A fresh random code as people type it."""
        return write_claim_code(secrets.randbits(CLAIM_CODE_BITS))

    def hash(self, code: str) -> str:
        """Keyed hash of a code, however it was typed; raises `ClaimCodeMalformed`."""
        return hmac.new(self._key, read_claim_code(code).encode(), hashlib.sha256).hexdigest()


def ensure_claim_key(secrets_folder: Path) -> bytes:
    """The key of claim-code hashes, made on first use in `claim.key` with mode 0600."""
    path = secrets_folder / "claim.key"
    if not path.exists():
        temporary = secrets_folder / f".claim.key.{os.getpid()}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
        try:
            os.link(temporary, path)  # never over one that another process made meanwhile
        except FileExistsError:
            _log.info("claim key was made by another process")
        finally:
            temporary.unlink()
    return bytes.fromhex(path.read_text().strip())


# -- stations --------------------------------------------------------------------------------------------------------


def create_station(
    tx: Tx,
    scope: Scope,
    *,
    name: str,
    place_id: str,
    spot: str = "",
    buttons: Sequence[directory.Button] = (directory.Button("main"),),
    now: datetime,
) -> Station:
    """A station that can be configured before it exists; it waits for its claim."""
    if len({button.name for button in buttons}) != len(buttons):
        raise ButtonsInvalid
    device_id = store.add_station(tx, scope, name=name, place_id=place_id, spot=spot, now=now)
    directory.set_buttons(tx, scope, device_id, buttons)
    created = store.station(tx, scope, device_id)
    change_desired(
        tx,
        scope,
        device_id,
        now=now,
        buttons=tuple(Button(name=button.name, label=button.label) for button in buttons),
        language="de" if created.language == "de" else "en",
    )
    return created


def change_station(
    tx: Tx,
    scope: Scope,
    device_id: str,
    now: datetime,
    *,
    name: str | None = None,
    spot: str | None = None,
    place_id: str | None = None,
) -> Station:
    """Rename or move; a station that comes to a site of another language speaks that from then on.

    Raises `StationNotFound`, `PlaceNotFound`, `PlaceMisplaced`.
    """
    before = store.station(tx, scope, device_id)
    changed = store.change_station(tx, scope, device_id, name=name, spot=spot, place_id=place_id)
    if changed.kind == "station" and changed.language != before.language:
        change_desired(tx, scope, device_id, now=now, language="de" if changed.language == "de" else "en")
    return changed


def station_for_call(tx: Tx, device_id: str) -> Station:
    """The station that calls, whichever company's; raises `Unclaimed`, `Revoked` or `StationNotFound`."""
    found = store.called_station(tx, device_id)
    _refuse_unless_claimed(found)
    return found


def new_claim_code(tx: Tx, scope: Scope, codes: ClaimCodes, device_id: str, now: datetime) -> str:
    """The station's only valid claim code from now on; it is shown once and kept as a hash.

    Raises `StationNotFound`, and `PlaceMisplaced` for one that was locked out and whose site is gone.
    """
    if not store.own_station(tx, scope, device_id).site_id:
        raise PlaceMisplaced("The site of this station was removed. Move the station to a site first.")
    code = codes.new()
    valid_until = now + timedelta(days=limits.CLAIM_CODE_VALID_DAYS)
    store.add_claim_code(tx, scope, device_id, codes.hash(code), created_at=now, expires_at=valid_until)
    return code


def revoke(tx: Tx, scope: Scope, device_id: str, now: datetime) -> Station:
    """Lock the station out: its certificates and unused claim codes are void from this transaction on. Idempotent."""
    store.own_station(tx, scope, device_id)
    store.end_claim_codes(tx, scope, device_id, now)
    store.set_status(tx, scope, device_id, "revoked")
    if _void_certificates(tx, scope, device_id, "revoked", now):
        _log.info("station revoked", company_id=scope.company_id, device_id=device_id)
    return store.station(tx, scope, device_id)


def remove_station(tx: Tx, scope: Scope, device_id: str) -> Station:
    """Forget a station that was never claimed, added by mistake. Its doors have to be gone already.

    Raises `StationNotFound`, and `StationHasHistory` for one that was ever claimed.
    """
    found = store.own_station(tx, scope, device_id)
    if found.status == "claimed" or store.certificates_of(tx, scope, device_id):
        raise StationHasHistory(device_id=device_id)
    directory.set_buttons(tx, scope, device_id, ())
    directory.forget_device(tx, scope, "station", device_id)
    store.forget_station(tx, scope, device_id)
    _log.info("station removed", company_id=scope.company_id, device_id=device_id)
    return found


def _void_certificates(tx: Tx, scope: Scope, device_id: str, reason: str, now: datetime) -> bool:
    """Void what is still valid and tell the house, so that calls of that hardware end; False when nothing was valid."""
    newest = store.certificates_of(tx, scope, device_id)
    if not store.revoke_certificates(tx, scope, device_id, reason, now):
        return False
    fact = events.DeviceRevoked(new_id("fact"), scope.company_id, now, device_id, newest[0]["serial"])
    outbox.append(tx, scope, fact)
    return True


# -- claim and renew: the devices role only, it holds the issuing key ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claimed:
    """Outcome of a claim: the certificate, followed by the issuing one."""

    device_id: str
    chain_pem: str


def claim(tx: Tx, authority: Authority, codes: ClaimCodes, request: ClaimRequest, now: datetime) -> Claimed:
    """Turn a claim code into a certificate, once.

    The same key with the same code gets the same certificate again for `CLAIM_REPEAT_S`: its first answer may have been
    lost. Raises `ClaimCodeMalformed`, `CertificateRequestInvalid`, `ClaimCodeWrong`, `ClaimCodeUsed` or
    `ClaimCodeExpired`.
    """
    code_hash = codes.hash(request.claim_code)
    fingerprint = key_fingerprint(request.certificate_request)
    row = store.claim_code(tx, code_hash)
    if row is not None:
        tx.lock(Scope(row["company_id"]))
        row = store.claim_code(tx, code_hash)  # the station may have been removed before the company was locked
    if row is None:
        raise ClaimCodeWrong
    scope, device_id = Scope(row["company_id"]), row["device_id"]
    if row["used_at"] is not None:
        before = store.certificate(tx, scope, row["used_serial"])
        repeated = before is not None and before["key_fingerprint"] == fingerprint and before["revoked_at"] is None
        if before is not None and repeated and now - row["used_at"] <= timedelta(seconds=limits.CLAIM_REPEAT_S):
            return Claimed(device_id, before["chain_pem"])
        raise ClaimCodeUsed(device_id=device_id)
    if row["expires_at"] <= now:
        raise ClaimCodeExpired(device_id=device_id)
    issued = authority.issue_device_certificate(request.certificate_request, device_id, now)
    _void_certificates(tx, scope, device_id, "replaced", now)  # the hardware that had this place before
    store.add_certificate(tx, scope, device_id, issued, now)
    store.set_code_used(tx, scope, row["id"], issued.serial, now)
    store.set_claimed(tx, scope, device_id, model=request.model, software=request.software)
    outbox.append(tx, scope, events.DeviceClaimed(new_id("fact"), scope.company_id, now, device_id))
    _log.info("station claimed", company_id=scope.company_id, device_id=device_id, serial=issued.serial)
    return Claimed(device_id, issued.chain_pem)


def identified(tx: Tx, identity: CertificateIdentity) -> Station:
    """The station a certificate names. Raises `Revoked`, `Unclaimed` or `StationNotFound`."""
    row = store.certificate(tx, PLATFORM, identity.serial)
    if row is None or row["device_id"] != identity.device_id:
        raise StationNotFound(device_id=identity.device_id[:64], serial=identity.serial[:40])
    if row["revoked_at"] is not None:
        raise Revoked(device_id=identity.device_id, serial=identity.serial)
    return station_for_call(tx, identity.device_id)


def renew(tx: Tx, authority: Authority, identity: CertificateIdentity, certificate_request: str, now: datetime) -> str:
    """A new certificate for a station that proved the old one, which stays valid until its own end."""
    found = identified(tx, identity)
    scope = Scope(found.company_id)
    fingerprint = key_fingerprint(certificate_request)
    recent = now - timedelta(seconds=limits.CLAIM_REPEAT_S)
    for row in store.certificates_of(tx, scope, found.id):
        fresh = row["issued_at"] > recent and row["revoked_at"] is None
        if fresh and row["key_fingerprint"] == fingerprint and row["serial"] != identity.serial:
            return str(row["chain_pem"])
    issued = authority.issue_device_certificate(certificate_request, found.id, now)
    store.add_certificate(tx, scope, found.id, issued, now)
    _log.info("certificate renewed", company_id=scope.company_id, device_id=found.id, serial=issued.serial)
    return issued.chain_pem


# -- desired and reported state, presence ----------------------------------------------------------------------------


def change_desired(
    tx: Tx,
    scope: Scope,
    device_id: str,
    *,
    now: datetime,
    buttons: tuple[Button, ...] | None = None,
    outputs: tuple[Output, ...] | None = None,
    language: Literal["de", "en"] | None = None,
) -> int:
    """Change what is given, keep the rest; returns the version. Nothing new: the version stays.

    A station of another maker takes no settings from us: nothing is stored, the version is 0.
    """
    if store.station(tx, scope, device_id).kind != "station":
        return 0
    current = store.desired(tx, scope, device_id)
    before = current or Desired(version=0)
    changes: dict[str, Any] = {  # Any: each field has its own type; the model checks them
        name: value
        for name, value in (("buttons", buttons), ("outputs", outputs), ("language", language))
        if value is not None and value != getattr(before, name)
    }
    if current is not None and not changes:
        return before.version
    wanted = before.model_copy(update=changes | {"version": before.version + 1})
    store.set_desired(tx, scope, device_id, wanted, now)
    fact = events.DesiredStateChanged(new_id("fact"), scope.company_id, now, device_id, wanted.version)
    outbox.append(tx, scope, fact)
    return wanted.version


def take_presence(tx: Tx, device_id: str, *, online: bool, now: datetime) -> bool:
    """A station's session came or went; returns whether that was news. A revoked station is never online."""
    scope = store.scope_of(tx, device_id)
    found = store.station(tx, scope, device_id)
    if online and found.status != "claimed":
        return False
    if not store.set_presence(tx, scope, device_id, online=online, now=now):
        return False
    fact = events.StationPresenceChanged(new_id("fact"), scope.company_id, now, device_id, online)
    outbox.append(tx, scope, fact)
    return True


def take_reported(tx: Tx, device_id: str, reported: Reported, now: datetime) -> None:
    """Keep what a claimed station says about itself."""
    scope = store.scope_of(tx, device_id)
    _refuse_unless_claimed(store.station(tx, scope, device_id))
    store.set_reported(tx, scope, device_id, reported, now)


def _refuse_unless_claimed(found: Station) -> None:
    if found.status == "unclaimed":
        raise Unclaimed(device_id=found.id)
    if found.status == "revoked":
        raise Revoked(device_id=found.id)
