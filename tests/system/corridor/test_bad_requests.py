"""What comes wrong over HTTP: claims, bodies, tokens, ids, smuggled headers. Each refusal is a problem with a stable code.

Every endpoint without a network: tests/api/test_every_endpoint.py; claims one by one: tests/devices/test_claims.py; the front
alone: tests/ops/test_front_and_broker.py; the relay: tests/ops/test_relay.py.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from antiphon.database import PLATFORM, Database
from antiphon.devices.tables import claim_codes
from antiphon.limits import CLAIM_ATTEMPTS_PER_MINUTE, HTTP_BODY_DRAINED_MAX_BYTES, HTTP_BODY_MAX_BYTES
from antiphon.wire.station import CLAIM_CODE_BITS, write_claim_code
from corridor.conftest import Account
from corridor.platform_under_test import Platform
from corridor.stranger import Device, LogReader, Office
from corridor.test_bad_clients import old_token
from hardware import certificate_request, new_key
from ops import engines
from residents import StillClock, make_tenant

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("unharmed")]


@pytest.fixture
def api_log(platform: Platform) -> LogReader:
    return LogReader(platform.data / "log" / "api.log")


@pytest.fixture
def devices_log(platform: Platform) -> LogReader:
    return LogReader(platform.data / "log" / "devices.log")


@pytest.fixture
def front_log(platform: Platform) -> LogReader:
    return LogReader(platform.data / "log" / "haproxy.log")


# -- claims: each from a network of its own, so that one's guesses do not slow the next ---------------------------------


NOBODYS_CODE = write_claim_code((1 << CLAIM_CODE_BITS) - 7)


def test_a_wrong_claim_code(office: Office, devices_log: LogReader) -> None:
    answer = office.claim(NOBODYS_CODE, address="127.0.0.11")
    assert (answer.status_code, answer.json()["code"]) == (404, "claim_code_wrong")
    devices_log.tells("request refused", code="claim_code_wrong", status=404)


def test_a_malformed_claim_code(office: Office, devices_log: LogReader) -> None:
    answer = office.claim("1234-5678-UUUU", address="127.0.0.12")
    assert (answer.status_code, answer.json()["code"]) == (422, "claim_code_malformed")
    devices_log.tells("request refused", code="claim_code_malformed", status=422)


def test_a_used_claim_code(office: Office, devices_log: LogReader) -> None:
    created = office.add("Garage")
    assert office.claim(created["claim_code"], address="127.0.0.13").status_code == 200
    answer = office.claim(created["claim_code"], address="127.0.0.13")
    assert (answer.status_code, answer.json()["code"]) == (409, "claim_code_used")
    devices_log.tells("request refused", code="claim_code_used", device_id=created["id"])


def test_an_expired_claim_code(platform: Platform, office: Office, devices_log: LogReader) -> None:
    created = office.add("Dachboden")
    database = Database(platform.settings.sqlalchemy_url)
    try:
        yesterday = {"expires_at": datetime.now(UTC) - timedelta(days=1)}
        with database.transaction() as tx:
            tx.update(PLATFORM, claim_codes, claim_codes.c.device_id == created["id"], values=yesterday)
    finally:
        database.close()
    answer = office.claim(created["claim_code"], address="127.0.0.14")
    assert (answer.status_code, answer.json()["code"]) == (410, "claim_code_expired")
    devices_log.tells("request refused", code="claim_code_expired", device_id=created["id"])


def test_a_claim_that_is_no_claim(office: Office, devices_log: LogReader) -> None:
    for content in (b"\xff\xfe", b"[]", b'{"claim_code": 7}', b"{" * 100_000):
        answer = office.ask(
            "POST",
            "/device/v1/claim",
            address="127.0.0.15",
            content=content,
            headers={"Content-Type": "application/json"},
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    devices_log.tells("request outside the contract", code="bad_input", status=422)


def test_guessing_claim_codes_runs_dry(office: Office, devices_log: LogReader) -> None:
    guesses = [office.claim(NOBODYS_CODE, address="127.0.0.16") for _ in range(CLAIM_ATTEMPTS_PER_MINUTE)]
    assert {answer.json()["code"] for answer in guesses} == {"claim_code_wrong"}
    right = office.add("Waschküche")["claim_code"]
    dry = office.claim(right, address="127.0.0.16")
    assert (dry.status_code, dry.json()["code"]) == (429, "too_many_requests")
    assert int(dry.headers["Retry-After"]) > 0
    devices_log.tells("request refused", code="too_many_requests", status=429)
    assert office.claim(right, address="127.0.0.17").status_code == 200, "a fitter elsewhere is not slowed"


# -- bodies -------------------------------------------------------------------------------------------------------------


def exchange(platform: Platform, port: int, who: engines.Station | None, data: bytes) -> tuple[int, str, bytes]:
    """Bytes as they are on a TLS connection; status, code and everything of the answer."""
    with engines.connect(platform.settings, port, who) as connection:
        connection.settimeout(15)
        connection.sendall(data)
        received = b""
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65_536)
            if not piece:
                break
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        size = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        while len(body) < size:
            body += connection.recv(65_536)
    code = json.loads(body[:size])["code"] if b"problem+json" in head else ""
    return int(head.split()[1]) if head else 0, code, head + body


@pytest.mark.parametrize("path", ["/api/v1/session", "/device/v1/claim", "/ws/company_x"])
@pytest.mark.parametrize("size", [HTTP_BODY_DRAINED_MAX_BYTES + 1, 10**12])
def test_an_oversized_body_on_the_portal(platform: Platform, front_log: LogReader, path: str, size: int) -> None:
    request = f"POST {path} HTTP/1.1\r\nHost: antiphon\r\nContent-Length: {size}\r\n\r\n".encode()
    status, code, _ = exchange(platform, platform.settings.ports.https, None, request + b"x" * 1000)
    assert (status, code) == (413, "too_large")
    front_log.says('"status":413', '"source":"127.0.0.1"')


@pytest.mark.parametrize("size", [HTTP_BODY_MAX_BYTES + 1, HTTP_BODY_DRAINED_MAX_BYTES - 1])
@pytest.mark.parametrize("version", ["--http2", "--http1.1"])
def test_whoever_sends_an_oversized_body_reads_why_it_is_refused(
    platform: Platform, tmp_path: Path, size: int, version: str
) -> None:
    """An answer of the front itself would be cut off while the body is on its way, and curl would tell none."""
    (tmp_path / "body").write_bytes(b"x" * size)
    url = f"{platform.portal}/api/v1/session"
    words = ["curl", "--silent", "--insecure", version, "--write-out", "\n%{http_code} %{http_version}"]
    words += ["--header", "Content-Type: application/json", "--data-binary", f"@{tmp_path / 'body'}", url]
    told, _, how = subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout.rpartition("\n")
    assert (json.loads(told)["code"], how) == ("too_large", f"413 {version.removeprefix('--http')}")


def test_an_oversized_body_on_the_devices_listener(platform: Platform, device: Device, front_log: LogReader) -> None:
    request = b"POST /device/v1/renew HTTP/1.1\r\nHost: antiphon\r\nContent-Length: 90000000\r\n\r\n"
    status, code, _ = exchange(platform, platform.settings.ports.device_https, device.who, request)
    assert (status, code) == (413, "too_large")
    front_log.says('"status":413', '"source":"127.0.0.1"')


def test_a_body_without_a_length(platform: Platform, front_log: LogReader) -> None:
    request = b"POST /api/v1/session HTTP/1.1\r\nHost: antiphon\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"
    status, code, _ = exchange(platform, platform.settings.ports.https, None, request)
    assert (status, code) == (413, "too_large")
    front_log.says('"status":413')


def test_requests_that_never_end(platform: Platform, front_log: LogReader) -> None:
    port, began = platform.settings.ports.https, time.monotonic()
    with engines.connect(platform.settings, port, None) as no_end_of_head:
        no_end_of_head.sendall(b"POST /api/v1/session HTTP/1.1\r\nHost: antiphon\r\nX-Slow: ")
        body = b"POST /api/v1/session HTTP/1.1\r\nHost: antiphon\r\nContent-Length: 100\r\n\r\n{"
        status, code, _ = exchange(platform, port, None, body)
        assert (status, code) == (408, "request_timeout")
        no_end_of_head.settimeout(3)
        assert b" 408 " in no_end_of_head.recv(1000)
    assert time.monotonic() - began < 14
    front_log.says('"status":408', '"source":"127.0.0.1"')


# -- tokens and ids -------------------------------------------------------------------------------------------------------


def test_an_access_token_that_ran_out(platform: Platform, office: Office, clara: Account, api_log: LogReader) -> None:
    bearer = {"Authorization": f"Bearer {old_token(platform, clara)}"}
    answer = office.ask("GET", "/api/v1/calls", headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
    api_log.tells("request refused", code="token_expired", status=401)


@pytest.mark.parametrize("spoilt", ["Bearer x.y.z", "Basic YTpi", "Bearer {token}x", ""])
def test_an_access_token_that_is_none(office: Office, clara: Account, api_log: LogReader, spoilt: str) -> None:
    answer = office.ask("GET", "/api/v1/calls", headers={"Authorization": spoilt.format(token=clara.token)})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    api_log.tells("request refused", code="unauthenticated", status=401)


def test_another_companys_ids(platform: Platform, office: Office, api_log: LogReader) -> None:
    database = Database(platform.settings.sqlalchemy_url)
    try:
        other = make_tenant(database, StillClock(), f"Inn{platform.offset}")
    finally:
        database.close()
    theirs = office.http.post("/api/v1/stations", json={"name": "Hof", "place_id": other.site.id})
    assert (theirs.status_code, theirs.json()["code"]) == (404, "place_not_found")
    api_log.tells("request refused", code="place_not_found", status=404)
    for path, code in (
        ("/api/v1/stations/station_of_theirs", "station_not_found"),
        ("/api/v1/calls/call_of_theirs", "call_not_found"),
        ("/api/v1/snapshots/snapshot_of_theirs", "snapshot_not_found"),
    ):
        answer = office.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, code)


# -- smuggled identities --------------------------------------------------------------------------------------------------

SMUGGLED = {
    "plain": "X-Client-Certificate-CN: {id}\r\nX-Client-Certificate-Serial: 1\r\n",
    "lower case": "x-client-certificate-cn: {id}\r\nx-client-certificate-serial: 1\r\n",
    "underscores": "X_Client_Certificate_CN: {id}\r\nX_Client_Certificate_Serial: 1\r\n",
    "blank before the colon": "X-Client-Certificate-CN : {id}\r\n",
    "folded": "X-Other: 1\r\n X-Client-Certificate-CN: {id}\r\n",
    "twice": "X-Client-Certificate-CN: {id}\r\nX-Client-Certificate-CN: {id}\r\n",
    "bare line feed": "X-Other: 1\nX-Client-Certificate-CN: {id}\r\n",
    "two lengths": "Content-Length: 0\r\nContent-Length: 60\r\n",
    "length and chunks": "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    "odd chunks": "Transfer-Encoding: \x0bchunked\r\n",
}


@pytest.mark.parametrize("way", SMUGGLED)
def test_nobody_becomes_another_station_over_http(platform: Platform, device: Device, office: Office, way: str) -> None:
    victim = office.http.get("/api/v1/stations").json()["items"][0]["id"]
    extra = SMUGGLED[way].format(id=victim)
    inner = f"GET /device/v1/me HTTP/1.1\r\nHost: a\r\nX-Client-Certificate-CN: {victim}\r\n\r\n"
    request = f"GET /device/v1/me HTTP/1.1\r\nHost: antiphon\r\n{extra}\r\n{inner}".encode("latin-1")
    ports = platform.settings.ports
    status, _, answer = exchange(platform, ports.https, None, request)
    assert status in (0, 400, 403, 404, 413)
    assert victim.encode() not in answer
    status, _, answer = exchange(platform, ports.device_https, device.who, request)
    assert victim.encode() not in answer
    if status == 200:
        assert device.id.encode() in answer
    else:
        assert status in (0, 400, 413)


def test_the_devices_listener_without_a_certificate(platform: Platform) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        exchange(platform, platform.settings.ports.device_https, None, b"GET /device/v1/me HTTP/1.1\r\nHost: a\r\n\r\n")


def test_a_certificate_request_that_is_none(office: Office, devices_log: LogReader) -> None:
    code = office.add("Heizraum")["claim_code"]
    body = {"claim_code": code, "certificate_request": "-----BEGIN NONSENSE-----", "model": "m", "software": "1"}
    answer = office.ask("POST", "/device/v1/claim", address="127.0.0.18", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "csr_invalid")
    devices_log.tells("request refused", code="csr_invalid")
    again = body | {"certificate_request": certificate_request(new_key())}
    assert office.ask("POST", "/device/v1/claim", address="127.0.0.18", json=again).status_code == 200
