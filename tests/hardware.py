"""Certificate requests as stations make them, and an authority to sign them."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from antiphon.wire.station import ClaimRequest

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def certificate_request(key: Key, subject: str = "whoever") -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, algorithm)
    return request.public_bytes(Encoding.PEM).decode()


def claim_request(code: str, key: Key | None = None) -> ClaimRequest:
    return ClaimRequest(
        claim_code=code, certificate_request=certificate_request(key or new_key()), model="SIM-1", software="1.0"
    )
