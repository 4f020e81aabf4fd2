"""The platform's own certification authority (P6)."""

from __future__ import annotations

import ipaddress
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store

from antiphon import limits
from antiphon.devices.authority import (
    Authority,
    AuthorityIncomplete,
    CertificateRequestInvalid,
    ensure_authority,
    ensure_server_certificate,
    issue_device_certificate,
    revocation_list_ends,
)
from hardware import Key, certificate_request, new_key
from residents import StillClock


@pytest.fixture
def pki(tmp_path: Path, clock: StillClock) -> Path:
    ensure_authority(tmp_path / "pki", clock.now())
    return tmp_path / "pki"


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def lists(pki: Path) -> list[x509.CertificateRevocationList]:
    end = "-----END X509 CRL-----\n"
    return [x509.load_pem_x509_crl((part + end).encode()) for part in (pki / "crl.pem").read_text().split(end)[:-1]]


def snapshot(pki: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in pki.iterdir()}


def test_keys_are_readable_for_their_owner_only(pki: Path, clock: StillClock) -> None:
    ensure_server_certificate(pki, "edge", dns=["antiphon.local"], addresses=[], now=clock.now())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in pki.glob("*.key")}
    assert modes == {"root.key": 0o600, "issuing.key": 0o600, "edge.key": 0o600}


def test_a_second_call_changes_nothing(pki: Path, clock: StillClock) -> None:
    before = snapshot(pki)
    ensure_authority(pki, clock.now() + timedelta(days=1))
    assert snapshot(pki) == before


def test_the_issuing_certificate_may_sign_leaves_and_no_authorities(pki: Path) -> None:
    issuing = certificate(pki / "issuing.crt")
    issuing.verify_directly_issued_by(certificate(pki / "root.crt"))
    constraints = issuing.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)
    assert (pki / "trust.pem").read_bytes() == (pki / "root.crt").read_bytes() + (pki / "issuing.crt").read_bytes()


def test_the_root_key_can_be_taken_away(pki: Path, clock: StillClock) -> None:
    (pki / "root.key").unlink()
    ensure_authority(pki, clock.now())
    ensure_server_certificate(pki, "edge", dns=["antiphon.local"], addresses=[], now=clock.now())
    issued = issue_device_certificate(pki, certificate_request(new_key()), "station_1", clock.now())
    Authority(pki).revoke({issued.serial: clock.now()}, clock.now())
    assert len(lists(pki)) == 2


@pytest.mark.parametrize("lost", [("issuing.key", "root.key"), ("issuing.key",), ("root.crt",)])
def test_a_lost_part_is_never_replaced_by_a_new_authority(pki: Path, clock: StillClock, lost: tuple[str, ...]) -> None:
    for name in lost:
        (pki / name).unlink()
    with pytest.raises(AuthorityIncomplete):
        ensure_authority(pki, clock.now())


def test_a_device_certificate_names_the_device_and_nothing_from_the_request(pki: Path, clock: StillClock) -> None:
    issued = issue_device_certificate(pki, certificate_request(new_key(), "platform"), "station_1", clock.now())
    leaf, issuing = x509.load_pem_x509_certificates(issued.chain_pem.encode())
    assert leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "station_1"
    assert len(list(leaf.subject)) == 1
    assert issuing == certificate(pki / "issuing.crt")
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert leaf.not_valid_after_utc == clock.now() + timedelta(days=limits.DEVICE_CERTIFICATE_DAYS)
    assert issued.serial == f"{leaf.serial_number:x}"
    leaf.verify_directly_issued_by(issuing)


def test_a_certificate_never_outlives_the_authority(pki: Path, clock: StillClock) -> None:
    late = clock.now() + timedelta(days=limits.ISSUING_CERTIFICATE_DAYS - 10)
    issued = issue_device_certificate(pki, certificate_request(new_key()), "station_1", late)
    assert issued.not_after == certificate(pki / "issuing.crt").not_valid_after_utc


@pytest.mark.parametrize(
    "key", [new_key(), ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)]
)
def test_usual_keys_are_signed(pki: Path, clock: StillClock, key: Key) -> None:
    assert issue_device_certificate(pki, certificate_request(key), "station_1", clock.now()).serial


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 1024),
        ec.generate_private_key(ec.SECP224R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
)
def test_weak_and_unusual_keys_are_refused(pki: Path, clock: StillClock, key: Key) -> None:
    with pytest.raises(CertificateRequestInvalid):
        issue_device_certificate(pki, certificate_request(key), "station_1", clock.now())


def test_a_request_signed_with_another_key_is_refused(pki: Path, clock: StillClock) -> None:
    der = bytearray(x509.load_pem_x509_csr(certificate_request(new_key()).encode()).public_bytes(Encoding.DER))
    der[-1] ^= 1
    pem = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM).decode()
    with pytest.raises(CertificateRequestInvalid):
        issue_device_certificate(pki, pem, "station_1", clock.now())


@pytest.mark.parametrize(
    "pem", ["", "nonsense", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"]
)
def test_what_is_no_request_is_refused(pki: Path, clock: StillClock, pem: str) -> None:
    with pytest.raises(CertificateRequestInvalid):
        issue_device_certificate(pki, pem, "station_1", clock.now())


def test_a_server_certificate_is_trusted_for_its_names(pki: Path, clock: StillClock) -> None:
    ensure_server_certificate(pki, "edge", dns=["antiphon.local"], addresses=["192.0.2.7"], now=clock.now())
    leaf, issuing = x509.load_pem_x509_certificates((pki / "edge.crt").read_bytes())
    trusted = PolicyBuilder().store(Store([certificate(pki / "root.crt")])).time(clock.now())
    assert trusted.build_server_verifier(x509.DNSName("antiphon.local")).verify(leaf, [issuing])
    address = x509.IPAddress(ipaddress.ip_address("192.0.2.7"))
    assert trusted.build_server_verifier(address).verify(leaf, [issuing])


def test_a_server_certificate_is_made_anew_only_when_it_must_be(pki: Path, clock: StillClock) -> None:
    def ensure(after_days: int = 0, addresses: tuple[str, ...] = ("192.0.2.7",)) -> bytes:
        now = clock.now() + timedelta(days=after_days)
        ensure_server_certificate(pki, "edge", dns=["antiphon.local"], addresses=addresses, now=now)
        return (pki / "edge.crt").read_bytes()

    first = ensure()
    assert ensure() == first
    assert ensure(limits.SERVER_CERTIFICATE_DAYS - limits.SERVER_CERTIFICATE_RENEW_BEFORE_DAYS) == first
    renewed = ensure(limits.SERVER_CERTIFICATE_DAYS - limits.SERVER_CERTIFICATE_RENEW_BEFORE_DAYS + 1)
    assert renewed != first
    assert ensure(addresses=("192.0.2.8",)) != renewed


def test_the_list_holds_what_was_revoked_and_the_roots_own_list(pki: Path, clock: StillClock) -> None:
    issued = issue_device_certificate(pki, certificate_request(new_key()), "station_1", clock.now())
    Authority(pki).revoke({issued.serial: clock.now()}, clock.now())
    of_issuing, of_root = lists(pki)
    assert of_issuing.get_revoked_certificate_by_serial_number(int(issued.serial, 16)) is not None
    assert of_issuing.issuer == certificate(pki / "issuing.crt").subject
    assert of_root.issuer == certificate(pki / "root.crt").subject
    assert Authority(pki).listed().keys() == {issued.serial}


def test_a_newer_list_has_a_later_date_even_within_one_second(pki: Path, clock: StillClock) -> None:
    dates = []
    for _ in range(3):
        Authority(pki).revoke({}, clock.now())
        dates.append(lists(pki)[0].last_update_utc)
    assert dates == sorted(set(dates))
    assert dates[-1] < clock.now()


def test_a_list_that_nears_its_end_is_signed_again_with_what_is_on_it(pki: Path, clock: StillClock) -> None:
    Authority(pki).revoke({"abc123": clock.now()}, clock.now())
    before = revocation_list_ends(pki)
    ensure_authority(pki, clock.now() + timedelta(days=10))
    assert revocation_list_ends(pki) == before
    ensure_authority(pki, before - timedelta(days=limits.CRL_RENEW_BEFORE_DAYS - 1))
    assert Authority(pki).listed().keys() == {"abc123"}


def test_what_was_just_issued_is_valid_when_the_clock_is_set_back_by_hours(pki: Path, clock: StillClock) -> None:
    ensure_server_certificate(pki, "edge", dns=["antiphon.local"], addresses=[], now=clock.now())
    issued = issue_device_certificate(pki, certificate_request(new_key()), "station_1", clock.now())
    Authority(pki).revoke({}, clock.now())
    back = clock.now() - timedelta(hours=12)
    for each in (certificate(pki / "edge.crt"), x509.load_pem_x509_certificate(issued.chain_pem.encode())):
        assert each.not_valid_before_utc <= back
    assert all(each.last_update_utc <= back for each in lists(pki))
