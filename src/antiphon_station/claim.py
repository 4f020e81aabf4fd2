"""Claiming the station and renewing its certificate: own key, certificate request, what the platform answers verified."""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from antiphon.limits import HTTP_BODY_MAX_BYTES
from antiphon.wire.station import ClaimReply, ClaimRequest
from antiphon_station import SOFTWARE
from antiphon_station.config import Folder, Identity, Platform, read_identity, read_settings, write_file
from antiphon_station.errors import ClaimFailed

CLAIM_PATH = "/device/v1/claim"
RENEW_PATH = "/device/v1/renew"
_ANSWER_MAX_S = 20.0

# Said only when the platform gives a code without a sentence of its own.
_WORDS = {
    "claim_code_wrong": "This claim code is not known. Compare it with the portal and type it again.",
    "claim_code_used": "This claim code was used already. Create a new one in the portal.",
    "claim_code_expired": "This claim code is no longer valid. Create a new one in the portal.",
    "too_many_requests": "Too many attempts. Wait a minute and try again.",
    "unavailable": "The platform is not ready. Try again in a moment.",
}


def claim(data: Path, *, platform: str, code: str, trust: Path | None = None) -> Identity:
    """Claim this station with a code. Repeating it after a lost answer gives the same identity.

    `platform` is https://host:port. Without `trust` the machine's own root certificates decide about the platform's
    certificate. Raises ClaimFailed with the platform's code, or `unreachable`, `untrusted`, `bad_address`, `bad_reply`.
    """
    folder = Folder(data)
    folder.prepare()
    settings = read_settings(folder)
    key = _pending_key(folder.pending_key)
    request = _request(code, key, settings.model)
    context = _claim_context(trust)
    reply = _reply(_post(platform, CLAIM_PATH, request.model_dump_json(), context))
    _verify(reply, key)
    _store(folder, reply, key)
    return read_identity(folder)


def renew(data: Path, identity: Identity) -> Identity:
    """A new key and certificate over the connection that the old one proves. Raises ClaimFailed; the old one stays then."""
    folder = Folder(data)
    key = _pending_key(folder.pending_key)
    body = json.dumps({"certificate_request": certificate_request(key)})
    answer = _post(identity.platform.device_https, RENEW_PATH, body, identity.tls())
    known = {
        **identity.platform.model_dump(),
        "certificate": "",
        "trust": identity.trust_path.read_text(encoding="ascii"),
    }
    reply = _reply(json.dumps({**known, **_object(answer)}).encode())
    if reply.device_id != identity.device_id:
        raise ClaimFailed("bad_reply", "The platform's answer is for another station.")
    _verify(reply, key)
    _store(folder, reply, key)
    return read_identity(folder)


def certificate_request(key: ec.EllipticCurvePrivateKey) -> str:
    """PKCS#10, PEM. The platform gives the name; this one is a placeholder."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "antiphon-station")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def _request(code: str, key: ec.EllipticCurvePrivateKey, model: str) -> ClaimRequest:
    try:
        return ClaimRequest(
            claim_code=code.strip(), certificate_request=certificate_request(key), model=model, software=SOFTWARE
        )
    except ValidationError as error:
        raise ClaimFailed(
            "claim_code_malformed", "This is no claim code. Compare it with the portal and type it again."
        ) from error


def _pending_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key of a claim under way; kept until it is done, so that a repeated claim is the same claim."""
    if path.exists():
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except ValueError:
            key = None
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key
    new = ec.generate_private_key(ec.SECP256R1())
    write_file(path, _key_pem(new), secret=True)
    return new


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _claim_context(trust: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=None if trust is None else str(trust))
    except (OSError, ssl.SSLError) as error:
        raise ClaimFailed("untrusted", f"The root certificate {trust} cannot be read.") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _post(base: str, path: str, body: str, context: ssl.SSLContext) -> bytes:
    try:
        parts = urlsplit(base)
        port = parts.port or 443
    except ValueError as error:
        raise ClaimFailed("bad_address", "The platform's address is not understood: use https://host:port.") from error
    if parts.scheme != "https" or not parts.hostname:
        raise ClaimFailed("bad_address", "The platform's address has to start with https://.")
    connection = http.client.HTTPSConnection(parts.hostname, port, timeout=_ANSWER_MAX_S, context=context)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json", "Accept": "application/json"})
        answer = connection.getresponse()
        content = answer.read(HTTP_BODY_MAX_BYTES + 1)
    except ssl.SSLCertVerificationError as error:
        raise ClaimFailed(
            "untrusted",
            "The platform's certificate is not trusted"
            f" ({error.verify_message}). Give its root certificate with --trust, and use the name that it is made for.",
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise ClaimFailed(
            "unreachable", f"No answer from {parts.hostname}, port {port}. Check address, cable and firewall."
        ) from error
    finally:
        connection.close()
    if len(content) > HTTP_BODY_MAX_BYTES:
        raise ClaimFailed("bad_reply", "The platform's answer is too long. Is this the right address?")
    if answer.status not in (200, 201):
        raise refusal(answer.status, content)
    return content


def refusal(status: int, content: bytes) -> ClaimFailed:
    """The platform's refusal in its own words (problem details, RFC 9457)."""
    try:
        problem = json.loads(content)
    except (ValueError, RecursionError):
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    code = str(problem.get("code") or ("too_many_requests" if status == 429 else f"http_{status}"))[:64]
    said = problem.get("detail") or problem.get("title") or _WORDS.get(code)
    return ClaimFailed(code, str(said or f"The platform refused the claim (HTTP {status}).")[:400])


def _object(content: bytes) -> dict[str, object]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ClaimFailed("bad_reply", "The platform's answer is not understood. Is this the right address?")
    return value


def _reply(content: bytes) -> ClaimReply:
    try:
        return ClaimReply.model_validate(_object(content))
    except ValidationError as error:
        raise ClaimFailed("bad_reply", "The platform's answer is not understood. Is this the right address?") from error


def _verify(reply: ClaimReply, key: ec.EllipticCurvePrivateKey) -> None:
    """The certificate is ours, named like us, and its chain ends in the trust that came with it."""
    try:
        chain = x509.load_pem_x509_certificates(reply.certificate.encode())
        trust = x509.load_pem_x509_certificates(reply.trust.encode())
        names = chain[0].subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError as error:
        raise ClaimFailed("bad_reply", "The platform's certificate cannot be read.") from error
    if chain[0].public_key() != key.public_key():
        raise ClaimFailed("bad_reply", "The platform's certificate is not for this station's key.")
    if [name.value for name in names] != [reply.device_id]:
        raise ClaimFailed("bad_reply", "The platform's certificate carries another station's name.")
    issuers = [*chain[1:], *trust]
    for issuer in issuers:
        try:
            chain[0].verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return
    raise ClaimFailed("bad_reply", "The platform's certificate does not come from its own authority.")


def _store(folder: Folder, reply: ClaimReply, key: ec.EllipticCurvePrivateKey) -> None:
    """Key and certificate in one file, so that they never part; the platform's address last makes the claim complete."""
    if (before := _platform_before(folder)) is not None and before.device_id != reply.device_id:
        folder.platform.unlink()  # an interrupted change of platform leaves an unclaimed station, not a mixture
    write_file(folder.trust, reply.trust.encode(), secret=False)
    write_file(folder.identity, _key_pem(key) + reply.certificate.encode(), secret=True)
    platform = Platform.model_validate(reply.model_dump())
    write_file(folder.platform, platform.model_dump_json(indent=2).encode(), secret=False)
    folder.pending_key.unlink(missing_ok=True)


def _platform_before(folder: Folder) -> Platform | None:
    try:
        return Platform.model_validate_json(folder.platform.read_bytes())
    except (OSError, ValueError):
        return None
