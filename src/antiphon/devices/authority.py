"""The platform's own certification authority (P6): root, issuing, server and device certificates, revocation list."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from antiphon import limits
from antiphon.errors import AntiphonError, BadInput

_BACKDATE = timedelta(days=1)  # clocks of stations and engines may lag behind ours
_RSA_BITS = range(2048, 8193)


class AuthorityIncomplete(AntiphonError):
    """Part of the authority's files is missing; making a new one would lock out every station."""

    code = "authority_incomplete"
    title = "Part of the certification authority is missing. Restore its folder from the backup."


class CertificateRequestInvalid(BadInput):
    """The PKCS#10 request is malformed, not signed with its own key, or its key is too weak."""

    code = "csr_invalid"
    title = "The certificate request of the station is not valid. Restart the station and claim it again."


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A device certificate; `chain_pem` is the leaf followed by the issuing certificate."""

    chain_pem: str
    serial: str  # lower-case hex without leading zeros
    not_before: datetime
    not_after: datetime
    key_fingerprint: str  # SHA-256 of the public key, hex


def ensure_authority(pki: Path, now: datetime) -> None:
    """Make root, issuing, `trust.pem` and `crl.pem` where missing; re-sign a CRL that nears its end. Idempotent.

    `root.key` may be taken away afterwards. Raises `AuthorityIncomplete` when a needed part is lost.
    """
    pki.mkdir(parents=True, exist_ok=True)
    if not (pki / "root.crt").exists():
        if (pki / "issuing.key").exists():
            raise AuthorityIncomplete(missing="root.crt")
        _make_root(pki, now)
    if not (pki / "issuing.crt").exists() or not (pki / "issuing.key").exists():
        if (pki / "issuing.crt").exists() or not (pki / "root.key").exists():
            raise AuthorityIncomplete(missing="issuing.key or root.key")
        _make_issuing(pki, now)
    trust = (pki / "root.crt").read_bytes() + (pki / "issuing.crt").read_bytes()
    if not (pki / "trust.pem").exists() or (pki / "trust.pem").read_bytes() != trust:
        _write(pki / "trust.pem", trust)
    if not (pki / "crl.pem").exists():
        write_revocation_list(pki, {}, now)
    elif revocation_list_due(pki, now):
        write_revocation_list(pki, listed_serials(pki), now)


def ensure_server_certificate(
    pki: Path, name: str, *, dns: Sequence[str], addresses: Sequence[str], now: datetime
) -> None:
    """`<name>.crt` (leaf + issuing) and `<name>.key`, made anew when the names change or the end is near."""
    certificate_path, key_path = pki / f"{name}.crt", pki / f"{name}.key"
    names = {*(entry.lower() for entry in dns if entry), *(str(ipaddress.ip_address(a)) for a in addresses if a)}
    issuing = _certificate(pki / "issuing.crt")
    if certificate_path.exists() and key_path.exists():
        current = _certificate(certificate_path)
        left = current.not_valid_after_utc - now
        if (
            _alternative_names(current) == names
            and left >= timedelta(days=limits.SERVER_CERTIFICATE_RENEW_BEFORE_DAYS)
            and _signed_by(current, issuing)
            and _public(current.public_key()) == _public(_key(key_path).public_key())
        ):
            return
    key = ec.generate_private_key(ec.SECP256R1())
    common_name = next((entry for entry in (*dns, *addresses) if entry), name)[:64]
    builder = _leaf(key.public_key(), common_name, issuing, now, limits.SERVER_CERTIFICATE_DAYS)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(
        x509.SubjectAlternativeName(
            [
                *(x509.DNSName(entry.lower()) for entry in dict.fromkeys(dns) if entry),
                *(x509.IPAddress(ipaddress.ip_address(entry)) for entry in dict.fromkeys(addresses) if entry),
            ]
        ),
        critical=False,
    )
    certificate = builder.sign(_key(pki / "issuing.key"), hashes.SHA256())
    _write(key_path, _key_pem(key), secret=True)
    _write(certificate_path, _pem(certificate) + _pem(issuing))


def certificate_ends(pki: Path, name: str) -> datetime:
    """When `<name>.crt` runs out."""
    return _certificate(pki / f"{name}.crt").not_valid_after_utc


class Authority:
    """The issuing side. Only the devices role builds one: it reads the issuing key."""

    def __init__(self, pki: Path) -> None:
        self._pki = pki
        self._issuing = _certificate(pki / "issuing.crt")
        self._key = _key(pki / "issuing.key")

    @property
    def trust_pem(self) -> str:
        """What a station trusts: root and issuing certificate."""
        return (self._pki / "trust.pem").read_text()

    def issue_device_certificate(self, csr_pem: str, device_id: str, now: datetime) -> IssuedCertificate:
        """A clientAuth certificate with CN = `device_id` for the request's key; raises `CertificateRequestInvalid`.

        Nothing but the key is taken from the request: its subject and extensions are ignored.
        """
        public_key = read_certificate_request(csr_pem)
        builder = _leaf(public_key, device_id, self._issuing, now, limits.DEVICE_CERTIFICATE_DAYS)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return IssuedCertificate(
            chain_pem=(_pem(certificate) + _pem(self._issuing)).decode(),
            serial=serial_text(certificate.serial_number),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            key_fingerprint=key_fingerprint(csr_pem),
        )

    def revoke(self, serials: Mapping[str, datetime], now: datetime) -> None:
        """Write the revocation list anew, atomically; `serials` are all of them, each with its time."""
        write_revocation_list(self._pki, serials, now)

    def listed(self) -> dict[str, datetime]:
        """Serials on the list as it stands."""
        return listed_serials(self._pki)

    def list_ends(self) -> datetime:
        """When the list runs out."""
        return revocation_list_ends(self._pki)

    def list_due(self, now: datetime) -> bool:
        """Whether the list should be signed anew for its end alone."""
        return revocation_list_due(self._pki, now)


def issue_device_certificate(pki: Path, csr_pem: str, device_id: str, now: datetime) -> IssuedCertificate:
    """One certificate from the authority in `pki`; see `Authority.issue_device_certificate`."""
    return Authority(pki).issue_device_certificate(csr_pem, device_id, now)


def read_certificate_request(csr_pem: str) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    """The request's public key, its possession proven; raises `CertificateRequestInvalid`."""
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode())
        signed = request.is_signature_valid
        key = request.public_key()
    except (ValueError, TypeError, x509.InvalidVersion, InvalidSignature, UnsupportedAlgorithm) as error:
        raise CertificateRequestInvalid(reason=type(error).__name__) from error
    if not signed:
        raise CertificateRequestInvalid(reason="signature")
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size in _RSA_BITS:
        return key
    raise CertificateRequestInvalid(reason="key")


def key_fingerprint(csr_pem: str) -> str:
    """SHA-256 of the request's public key in hex: the same key gives the same text."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(_public(read_certificate_request(csr_pem)))
    return digest.finalize().hex()


def serial_text(serial: int) -> str:
    """A serial number as the platform writes it: lower-case hex without leading zeros."""
    return f"{serial:x}"


def write_revocation_list(pki: Path, serials: Mapping[str, datetime], now: datetime) -> None:
    """`crl.pem`: the issuing CA's list, followed by the root's empty one, replaced atomically.

    Mosquitto checks the leaf only, HAProxy every certificate of the chain: so the file holds both lists.
    """
    issuing = _certificate(pki / "issuing.crt")
    this_update = now - _BACKDATE
    if (pki / "crl.pem").exists():
        # An engine that re-reads the file keeps its old list too and believes the one with the later date.
        previous = _revocation_lists(pki)[0].last_update_utc
        this_update = max(this_update, previous + timedelta(seconds=1))
    issuing_list = _sign_list(issuing, _key(pki / "issuing.key"), serials, this_update, _next_update(issuing, now))
    _write(pki / "crl.pem", issuing_list + _root_list(pki, now))


def listed_serials(pki: Path) -> dict[str, datetime]:
    """Serials on the list as it stands, each with the time of its revocation."""
    return {serial_text(entry.serial_number): entry.revocation_date_utc for entry in _revocation_lists(pki)[0]}


def revocation_list_ends(pki: Path) -> datetime:
    """When the first list in `crl.pem` runs out: from then on the broker refuses everybody."""
    return min(entry.next_update_utc for entry in _revocation_lists(pki) if entry.next_update_utc is not None)


def revocation_list_due(pki: Path, now: datetime) -> bool:
    """Whether the list nears its end and a new one would last longer: none outlives the issuing certificate."""
    ends = revocation_list_ends(pki)
    if ends - now >= timedelta(days=limits.CRL_RENEW_BEFORE_DAYS):
        return False
    return _next_update(_certificate(pki / "issuing.crt"), now) - ends > timedelta(days=1)


def _next_update(issuing: x509.Certificate, now: datetime) -> datetime:
    return min(now + timedelta(days=limits.CRL_VALID_DAYS), issuing.not_valid_after_utc)


def _make_root(pki: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    name = _name("Antiphon Root CA")
    certificate = (
        _base(name, name, key.public_key(), now, now + timedelta(days=limits.ROOT_CERTIFICATE_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(key, hashes.SHA384())
    )
    _write(pki / "root.key", _key_pem(key), secret=True)
    _write(pki / "root.crt", _pem(certificate))


def _make_issuing(pki: Path, now: datetime) -> None:
    root = _certificate(pki / "root.crt")
    key = ec.generate_private_key(ec.SECP256R1())
    end = min(now + timedelta(days=limits.ISSUING_CERTIFICATE_DAYS), root.not_valid_after_utc)
    certificate = (
        _base(_name("Antiphon Issuing CA"), root.subject, key.public_key(), now, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(_issuer_identifier(root), critical=False)
        .sign(_key(pki / "root.key"), hashes.SHA384())
    )
    _write(pki / "issuing.key", _key_pem(key), secret=True)
    _write(pki / "issuing.crt", _pem(certificate))


def _usage(*allowed: str) -> x509.KeyUsage:
    names = "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign"
    return x509.KeyUsage(**{name: name in allowed for name in f"{names} crl_sign encipher_only decipher_only".split()})


def _root_list(pki: Path, now: datetime) -> bytes:
    """The root's own list, signed while its key is at hand and kept as `root.crl` for when it is not."""
    path = pki / "root.crl"
    if not path.exists() or (pki / "root.key").exists():
        if not (pki / "root.key").exists():
            raise AuthorityIncomplete(missing="root.crl")
        root = _certificate(pki / "root.crt")
        _write(path, _sign_list(root, _key(pki / "root.key"), {}, now - _BACKDATE, root.not_valid_after_utc))
    return path.read_bytes()


def _sign_list(
    issuer: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    serials: Mapping[str, datetime],
    this_update: datetime,
    next_update: datetime,
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(this_update)
        .next_update(next_update)
        .add_extension(_issuer_identifier(issuer), critical=False)
        .add_extension(x509.CRLNumber(int(this_update.timestamp())), critical=False)
    )
    for serial, at in sorted(serials.items()):
        entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(at).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _leaf(
    public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    common_name: str,
    issuing: x509.Certificate,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    end = min(now + timedelta(days=days), issuing.not_valid_after_utc)
    encipherment = ("key_encipherment",) if isinstance(public_key, rsa.RSAPublicKey) else ()
    return (
        _base(_name(common_name), issuing.subject, public_key, now, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature", *encipherment), critical=True)
        .add_extension(_issuer_identifier(issuing), critical=False)
    )


def _base(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    now: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _issuer_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternative_names(certificate: x509.Certificate) -> set[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {
        *names.get_values_for_type(x509.DNSName),
        *(str(entry) for entry in names.get_values_for_type(x509.IPAddress)),
    }


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _public(key: CertificatePublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityIncomplete(missing=path.name)
    return key


def _revocation_lists(pki: Path) -> list[x509.CertificateRevocationList]:
    end = b"-----END X509 CRL-----"
    parts = (pki / "crl.pem").read_bytes().split(end)
    return [x509.load_pem_x509_crl(part + end) for part in parts if part.strip()]


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes, *, secret: bool = False) -> None:
    """Replace the file whole: a reader sees the old or the new one, and a secret is never readable for others."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if secret else 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
