"""Claiming and renewing against an HTTPS server with a certificate of its own authority."""

from __future__ import annotations

import json
import ssl
import stat
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from antiphon_station.__main__ import main
from antiphon_station.claim import claim, refusal, renew
from antiphon_station.config import Folder, read_identity
from antiphon_station.errors import ClaimFailed, NotClaimed
from tests.station.edge import Authority

CODE = "K7MF-2QPX-9D3T"
Answer = Callable[[str, dict[str, str]], tuple[int, dict[str, object]]]


class Portal:
    """Answers POSTs with whatever the test says."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority()
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.client_names: list[str | None] = []
        self.answer: Answer = self.issues
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                portal.requests.append((self.path, body))
                certificate = self.connection.getpeercert()  # type: ignore[attr-defined]
                names = dict(part for parts in (certificate or {}).get("subject", ()) for part in parts)
                portal.client_names.append(names.get("commonName"))
                status, reply = portal.answer(self.path, body)
                content = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        self.root = folder / "root.pem"
        self.root.write_text(self.authority.trust)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority.write_pair(folder / "portal.pem", "portal"))
        context.load_verify_locations(cadata=self.authority.trust)
        context.verify_mode = ssl.CERT_OPTIONAL
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reply(self, body: dict[str, str], device_id: str = "dev-42", days: int = 30) -> dict[str, object]:
        request = x509.load_pem_x509_csr(body["certificate_request"].encode())
        return {
            "device_id": device_id,
            "certificate": self.authority.issue(device_id, request.public_key(), days),
            "trust": self.authority.trust,
            "sip_host": "127.0.0.1",
            "sip_port": 5061,
            "sip_domain": "antiphon.test",
            "mqtt_host": "127.0.0.1",
            "mqtt_port": 8883,
            "device_https": self.url,
        }

    def issues(self, _path: str, body: dict[str, str]) -> tuple[int, dict[str, object]]:
        return 200, self.reply(body)


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    portal = Portal(tmp_path)
    yield portal
    portal.server.shutdown()
    portal.server.server_close()


def test_a_claim_gives_the_station_its_identity(portal: Portal, tmp_path: Path) -> None:
    identity = claim(tmp_path / "station", platform=portal.url, code=CODE, trust=portal.root)
    folder = Folder(tmp_path / "station")
    assert identity.device_id == "dev-42"
    assert read_identity(folder) == identity
    assert stat.S_IMODE(folder.identity.stat().st_mode) == 0o600
    assert not folder.pending_key.exists()
    identity.tls()
    path, body = portal.requests[0]
    request = x509.load_pem_x509_csr(body["certificate_request"].encode())
    assert (path, body["claim_code"]) == ("/device/v1/claim", CODE)
    assert isinstance(request.public_key(), ec.EllipticCurvePublicKey)
    assert request.is_signature_valid


def test_a_repeated_claim_after_a_lost_answer_is_the_same_claim(portal: Portal, tmp_path: Path) -> None:
    portal.answer = lambda _path, _body: (503, {})
    with pytest.raises(ClaimFailed):
        claim(tmp_path / "station", platform=portal.url, code=CODE, trust=portal.root)
    portal.answer = portal.issues
    claim(tmp_path / "station", platform=portal.url, code=CODE, trust=portal.root)
    first, second = (x509.load_pem_x509_csr(body["certificate_request"].encode()) for _, body in portal.requests)
    assert first.public_key() == second.public_key()


def test_a_refused_claim_is_told_in_the_platforms_words(
    portal: Portal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "This claim code was used already. Create a new one in the portal."
    portal.answer = lambda _path, _body: (409, {"code": "claim_code_used", "title": said})
    data = tmp_path / "station"
    result = main(["claim", "--data", str(data), "--platform", portal.url, "--code", CODE, "--trust", str(portal.root)])
    assert (result, capsys.readouterr().err.strip()) == (1, said)
    with pytest.raises(NotClaimed):
        read_identity(Folder(data))


@pytest.mark.parametrize(
    ("status", "content", "code", "words"),
    [
        (404, b'{"code": "claim_code_wrong"}', "claim_code_wrong", "is not known"),
        (410, b'{"code": "claim_code_expired"}', "claim_code_expired", "no longer valid"),
        (429, b"<html>", "too_many_requests", "Wait a minute"),
        (502, b"", "http_502", "HTTP 502"),
        (400, b"[]", "http_400", "HTTP 400"),
    ],
)
def test_every_refusal_has_a_code_and_words(status: int, content: bytes, code: str, words: str) -> None:
    error = refusal(status, content)
    assert error.reason == code
    assert words in error.detail


def test_a_platform_with_an_unknown_certificate_is_not_trusted(portal: Portal, tmp_path: Path) -> None:
    with pytest.raises(ClaimFailed) as failed:
        claim(tmp_path / "station", platform=portal.url, code=CODE)
    assert failed.value.reason == "untrusted"
    assert "--trust" in failed.value.detail
    assert portal.requests == []


def test_a_platform_under_another_name_is_not_trusted(portal: Portal, tmp_path: Path) -> None:
    url = portal.url.replace("127.0.0.1", "127.0.0.2")
    with pytest.raises(ClaimFailed) as failed:
        claim(tmp_path / "station", platform=url, code=CODE, trust=portal.root)
    assert failed.value.reason in ("untrusted", "unreachable")
    assert portal.requests == []


@pytest.mark.parametrize("address", ["http://127.0.0.1", "127.0.0.1:8443", "https://", "https://host:port"])
def test_an_address_that_is_none_is_named(tmp_path: Path, address: str) -> None:
    with pytest.raises(ClaimFailed) as failed:
        claim(tmp_path / "station", platform=address, code=CODE)
    assert failed.value.reason == "bad_address"


def test_nobody_at_the_address_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClaimFailed) as failed:
        claim(tmp_path / "station", platform="https://127.0.0.1:1", code=CODE)
    assert failed.value.reason == "unreachable"


def test_a_certificate_for_another_key_is_refused(portal: Portal, tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    wrong = portal.authority.issue("dev-42", other.public_key())
    portal.answer = lambda _path, body: (200, {**portal.reply(body), "certificate": wrong})
    with pytest.raises(ClaimFailed, match="not for this station's key"):
        claim(tmp_path / "station", platform=portal.url, code=CODE, trust=portal.root)


def test_a_certificate_from_a_foreign_authority_is_refused(portal: Portal, tmp_path: Path) -> None:
    portal.answer = lambda _path, body: (200, {**portal.reply(body), "trust": Authority().trust})
    with pytest.raises(ClaimFailed, match="own authority"):
        claim(tmp_path / "station", platform=portal.url, code=CODE, trust=portal.root)


def test_a_certificate_is_renewed_over_the_old_one_with_a_new_key(portal: Portal, tmp_path: Path) -> None:
    data = tmp_path / "station"
    before = claim(data, platform=portal.url, code=CODE, trust=portal.root)
    key_before = _public_key(data)
    portal.answer = lambda _path, body: (200, {"certificate": portal.reply(body, days=90)["certificate"]})
    after = renew(data, before)
    assert after.valid_until > before.valid_until
    assert _public_key(data) != key_before
    assert (portal.requests[-1][0], portal.client_names[-1]) == ("/device/v1/renew", "dev-42")


def test_a_failed_renewal_keeps_the_old_certificate(portal: Portal, tmp_path: Path) -> None:
    data = tmp_path / "station"
    before = claim(data, platform=portal.url, code=CODE, trust=portal.root)
    portal.answer = lambda _path, body: (200, portal.reply(body, device_id="dev-other"))
    with pytest.raises(ClaimFailed):
        renew(data, before)
    assert read_identity(Folder(data)) == before


def _public_key(data: Path) -> bytes:
    key = serialization.load_pem_private_key((data / "identity.pem").read_bytes(), None)
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
