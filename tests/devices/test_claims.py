"""A claim code becomes a certificate, once (S6); stations are renewed and locked out (P6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from antiphon import devices, events, limits
from antiphon.database import PLATFORM, Database
from antiphon.database.outbox import outbox
from antiphon.devices import ClaimCodes, Station, ensure_claim_key, service, store, tables
from antiphon.devices.authority import Authority, CertificateRequestInvalid
from antiphon.devices.model import (
    CertificateIdentity,
    ClaimCodeExpired,
    ClaimCodeUsed,
    ClaimCodeWrong,
    Revoked,
    StationNotFound,
    Unclaimed,
)
from antiphon.settings import Settings
from antiphon.wire.station import ClaimCodeMalformed, ClaimRequest, write_claim_code
from edge import at_the_edge
from hardware import Key, certificate_request, claim_request, new_key
from residents import StillClock, Tenant

Claim = Callable[..., service.Claimed]


@pytest.fixture
def claim(database: Database, authority: Authority, codes: ClaimCodes, clock: StillClock) -> Claim:
    def once(code: str, key: Key | None = None) -> service.Claimed:
        request = claim_request(code, key)
        return database.run_sync(lambda tx: service.claim(tx, authority, codes, request, clock.now()))

    return once


def facts(database: Database) -> list[str]:
    with database.transaction(read_only=True) as tx:
        return [row["kind"] for row in tx.all(PLATFORM, outbox, order_by=(outbox.c.id,))]


def serial_of(claimed: service.Claimed) -> str:
    return f"{x509.load_pem_x509_certificate(claimed.chain_pem.encode()).serial_number:x}"


def test_a_code_made_before_the_station_exists_becomes_its_certificate(
    claim: Claim, code: str, station: Station, database: Database
) -> None:
    claimed = claim(code)
    leaf = x509.load_pem_x509_certificate(claimed.chain_pem.encode())
    assert leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == station.id == claimed.device_id
    found = database.run_sync(lambda tx: devices.station_for_call(tx, station.id))
    assert (found.status, found.model, found.place) == ("claimed", "SIM-1", "Rainerstraße 12, Stiege 2")
    assert "DeviceClaimed" in facts(database)


def test_the_database_never_holds_the_code(code: str, database: Database) -> None:
    with database.transaction(read_only=True) as tx:
        (row,) = tx.all(PLATFORM, tables.claim_codes)
    assert not {code, code.replace("-", "")} & {str(value) for value in row.values()}
    assert row["code_hash"] != ClaimCodes(b"another key" * 3).hash(code)


def test_the_key_of_the_hashes_is_made_once_and_for_its_owner_only(settings: Settings) -> None:
    first = ensure_claim_key(settings.secrets)
    assert ensure_claim_key(settings.secrets) == first
    assert len(first) == 32
    assert (settings.secrets / "claim.key").stat().st_mode & 0o777 == 0o600


def test_a_second_station_cannot_use_the_code(claim: Claim, code: str) -> None:
    claim(code)
    with pytest.raises(ClaimCodeUsed):
        claim(code)


def test_the_same_key_gets_the_same_certificate_when_the_first_answer_was_lost(
    claim: Claim, code: str, clock: StillClock
) -> None:
    key = new_key()
    first = claim(code, key)
    clock.advance(limits.CLAIM_REPEAT_S)
    assert claim(code, key) == first
    clock.advance(1)
    with pytest.raises(ClaimCodeUsed):
        claim(code, key)


def test_a_lost_answer_is_not_repeated_after_a_revocation(
    claim: Claim, code: str, station: Station, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    key = new_key()
    claim(code, key)
    database.run_sync(lambda tx: devices.revoke(tx, tenant.scope, station.id, clock.now()))
    with pytest.raises(ClaimCodeUsed):
        claim(code, key)


def test_a_code_ends_by_time(claim: Claim, code: str, clock: StillClock) -> None:
    clock.advance(timedelta(days=limits.CLAIM_CODE_VALID_DAYS).total_seconds())
    with pytest.raises(ClaimCodeExpired):
        claim(code)


def test_a_newer_code_ends_the_older_one(
    claim: Claim, code: str, station: Station, tenant: Tenant, codes: ClaimCodes, database: Database, clock: StillClock
) -> None:
    newer = database.run_sync(lambda tx: devices.new_claim_code(tx, tenant.scope, codes, station.id, clock.now()))
    with pytest.raises(ClaimCodeExpired):
        claim(code)
    assert claim(newer).device_id == station.id


def test_guessed_mistyped_and_badly_requested_claims_leave_the_code_usable(
    claim: Claim,
    code: str,
    database: Database,
    authority: Authority,
    codes: ClaimCodes,
    clock: StillClock,
) -> None:
    with pytest.raises(ClaimCodeWrong):
        claim(write_claim_code(12345))
    with pytest.raises(ClaimCodeMalformed):
        claim(code[:-1] + ("0" if code[-1] != "0" else "1"))
    bad = ClaimRequest(claim_code=code, certificate_request="nonsense", model="SIM-1", software="1.0")
    with pytest.raises(CertificateRequestInvalid):
        database.run_sync(lambda tx: service.claim(tx, authority, codes, bad, clock.now()))
    assert claim(code.lower()).device_id


def test_new_hardware_in_an_old_place_locks_the_old_one_out(
    claim: Claim, code: str, station: Station, tenant: Tenant, codes: ClaimCodes, database: Database, clock: StillClock
) -> None:
    old = serial_of(claim(code))
    assert "DeviceRevoked" not in facts(database)
    newer = database.run_sync(lambda tx: devices.new_claim_code(tx, tenant.scope, codes, station.id, clock.now()))
    new = serial_of(claim(newer))
    assert facts(database).count("DeviceRevoked") == 1, "calls of the old hardware end"
    with pytest.raises(Revoked):
        database.run_sync(lambda tx: service.identified(tx, CertificateIdentity(station.id, old)))
    assert database.run_sync(lambda tx: service.identified(tx, CertificateIdentity(station.id, new))).id == station.id


def test_a_revoked_station_is_refused_everywhere_and_can_be_claimed_anew(
    settings: Settings,
    claim: Claim,
    code: str,
    station: Station,
    tenant: Tenant,
    codes: ClaimCodes,
    database: Database,
    clock: StillClock,
) -> None:
    serial = serial_of(claim(code))
    revoked = database.run_sync(lambda tx: devices.revoke(tx, tenant.scope, station.id, clock.now()))
    assert revoked.status == "revoked"
    with pytest.raises(Revoked):
        database.run_sync(lambda tx: devices.station_for_call(tx, station.id))
    assert database.run_sync(lambda tx: store.revoked_serials(tx, clock.now())).keys() == {serial}
    assert at_the_edge(settings, "SELECT serial FROM revoked_certificates") == [(serial,)]
    assert facts(database).count("DeviceRevoked") == 1
    newer = database.run_sync(lambda tx: devices.new_claim_code(tx, tenant.scope, codes, station.id, clock.now()))
    claim(newer)
    assert database.run_sync(lambda tx: devices.station_for_call(tx, station.id)).status == "claimed"


def test_revoking_twice_is_one_fact(claimed: Station, tenant: Tenant, database: Database, clock: StillClock) -> None:
    for _ in range(2):
        database.run_sync(lambda tx: devices.revoke(tx, tenant.scope, claimed.id, clock.now()))
    assert facts(database).count("DeviceRevoked") == 1


def test_a_revocation_voids_a_waiting_code(
    claim: Claim, code: str, station: Station, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    database.run_sync(lambda tx: devices.revoke(tx, tenant.scope, station.id, clock.now()))
    with pytest.raises(ClaimCodeExpired):
        claim(code)


def test_an_unclaimed_station_cannot_call(station: Station, database: Database) -> None:
    with pytest.raises(Unclaimed):
        database.run_sync(lambda tx: devices.station_for_call(tx, station.id))
    with pytest.raises(StationNotFound):
        database.run_sync(lambda tx: devices.station_for_call(tx, "station_nobody"))


def test_another_company_cannot_see_claim_or_revoke_a_station(
    claimed: Station, other: Tenant, codes: ClaimCodes, database: Database, clock: StillClock
) -> None:
    assert database.run_sync(lambda tx: devices.stations(tx, other.scope)) == ()
    with pytest.raises(StationNotFound):
        database.run_sync(lambda tx: devices.station(tx, other.scope, claimed.id))
    with pytest.raises(StationNotFound):
        database.run_sync(lambda tx: devices.revoke(tx, other.scope, claimed.id, clock.now()))
    with pytest.raises(StationNotFound):
        database.run_sync(lambda tx: devices.new_claim_code(tx, other.scope, codes, claimed.id, clock.now()))
    assert database.run_sync(lambda tx: devices.station_for_call(tx, claimed.id)).status == "claimed"


def test_a_certificate_is_renewed_and_the_old_one_stays_valid(
    claim: Claim, code: str, station: Station, database: Database, authority: Authority, clock: StillClock
) -> None:
    old = CertificateIdentity(station.id, serial_of(claim(code)))
    request = certificate_request(new_key())

    def renew() -> str:
        return database.run_sync(lambda tx: service.renew(tx, authority, old, request, clock.now()))

    renewed = renew()
    assert renew() == renewed, "a lost answer makes no further certificate"
    serial = f"{x509.load_pem_x509_certificate(renewed.encode()).serial_number:x}"
    for identity in (old, CertificateIdentity(station.id, serial)):
        assert database.run_sync(lambda tx, one=identity: service.identified(tx, one)).id == station.id


def test_a_certificate_proves_its_own_device_only(
    claim: Claim, code: str, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    serial = serial_of(claim(code))
    for identity in (CertificateIdentity("station_other", serial), CertificateIdentity("station_other", "abc")):
        with pytest.raises(StationNotFound):
            database.run_sync(lambda tx, one=identity: service.identified(tx, one))


def test_a_change_of_what_is_wanted_is_a_new_version_and_nothing_new_is_not(
    claimed: Station, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    def change(language: str) -> int:
        assert language in ("de", "en")
        with database.transaction() as tx:
            return devices.change_desired(tx, tenant.scope, claimed.id, language=language, now=clock.now())  # type: ignore[arg-type]

    assert [change("de"), change("en"), change("en")] == [1, 2, 2]
    with database.transaction(read_only=True) as tx:
        wanted = store.desired(tx, tenant.scope, claimed.id)
    assert wanted is not None
    assert (wanted.language, [button.name for button in wanted.buttons]) == ("en", ["main"])
    assert facts(database).count(events.DesiredStateChanged.__name__) == 2
