"""The HTTPS front, the broker and the relay: who gets in, what is stripped, what is refused."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event

import pytest

from antiphon.assembly.engines import parts, supervision
from antiphon.devices import authority
from antiphon.settings import Settings
from ops import engines

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("engines")]


class _Echo(BaseHTTPRequestHandler):
    """Answers with the headers and path it was asked with."""

    def _answer(self) -> None:
        told = {"path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()}}
        body = json.dumps(told | {"socket": str(self.server.server_address)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 names of the protocol

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: object) -> None:
        """Quiet."""


class _UnixServer(HTTPServer):
    address_family = socket.AF_UNIX

    def server_bind(self) -> None:
        socket.socket.bind(self.socket, self.server_address)
        self.server_name, self.server_port = "unix", 0


@pytest.fixture
def roles(running: Settings) -> Iterator[None]:
    """In place of our roles: echoes on their sockets."""
    servers = [_UnixServer(str(running.run / f"{name}.sock"), _Echo) for name in ("api", "calls", "devices")]
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    yield
    for server in servers:
        server.shutdown()
        server.server_close()
        Path(str(server.server_address)).unlink()


def ask(
    settings: Settings,
    path: str,
    *,
    port: int | None = None,
    who: engines.Station | None = None,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> http.client.HTTPResponse:
    connection = http.client.HTTPSConnection(
        "127.0.0.1", port or settings.ports.https, timeout=10, context=engines.tls(settings, who)
    )
    connection.request(method, path, body=body, headers=headers or {})
    return connection.getresponse()


def told(answer: http.client.HTTPResponse) -> dict[str, dict[str, str]]:
    return json.loads(answer.read())  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "role"),
    [("/", "api"), ("/api/v1/me", "api"), ("/health", "api"), ("/ws/com_1", "calls"), ("/device/v1/claim", "devices")],
)
def test_each_path_leads_to_its_role(running: Settings, roles: None, path: str, role: str) -> None:
    assert str(told(ask(running, path))["socket"]).endswith(f"/{role}.sock")


def test_the_portal_does_not_offer_what_needs_a_device_certificate(running: Settings, roles: None) -> None:
    assert ask(running, "/device/v1/me").status == 404


def test_nobody_can_forge_the_certificates_name(running: Settings, roles: None, door: engines.Station) -> None:
    forged = {"X-Client-Certificate-CN": "dev_forged", "x-client-certificate-serial": "1", "X-Forwarded-For": "1.2.3.4"}
    seen = told(ask(running, "/device/v1/claim", headers=forged))["headers"]
    assert "x-client-certificate-cn" not in seen
    assert "x-client-certificate-serial" not in seen
    assert seen["x-forwarded-for"] == "127.0.0.1"
    seen = told(ask(running, "/device/v1/me", port=running.ports.device_https, who=door, headers=forged))["headers"]
    assert seen["x-client-certificate-cn"] == door.device_id
    assert seen["x-client-certificate-serial"] == door.serial


def test_the_device_listener_wants_a_certificate(running: Settings, roles: None, tmp_path: Path) -> None:
    for who in (None, engines.stranger(tmp_path, "dev_door1")):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            ask(running, "/device/v1/me", port=running.ports.device_https, who=who)


ANSWERS: dict[str, tuple[str, dict[str, str]]] = {
    # path, headers of the request
    "a page": ("/", {}),
    "an answer of the API": ("/api/v1/me", {}),
    "a file": ("/assets/app.js", {}),
    "a claim": ("/device/v1/claim", {}),
    "the front's own health": ("/health/front", {}),
    "the front's own 404": ("/device/v1/me", {}),
    "the front's own 413": ("/api/v1/session", {"Content-Length": "90000000"}),
}


def assert_secure(seen: Mapping[str, str]) -> None:
    assert int(seen["Strict-Transport-Security"].removeprefix("max-age=")) >= 31_536_000
    assert seen["X-Content-Type-Options"] == "nosniff"
    assert seen["X-Frame-Options"] == "DENY"
    assert seen["Referrer-Policy"] == "no-referrer"
    assert seen["Cross-Origin-Opener-Policy"] == "same-origin"
    assert seen["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in seen["Permissions-Policy"]
    policy = dict(part.split(" ", 1) for part in seen["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in seen["Content-Security-Policy"]
    assert "Server" not in seen
    assert not [name for name in seen if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("what", ANSWERS)
def test_every_answer_has_secure_headers(running: Settings, roles: None, what: str) -> None:
    path, headers = ANSWERS[what]
    method = "POST" if headers else "GET"
    assert_secure(ask(running, path, method=method, headers={"Origin": "https://elsewhere.example", **headers}).headers)


def test_also_when_a_role_is_away(running: Settings) -> None:
    assert_secure(ask(running, "/api/v1/me").headers)


def test_another_origin_is_not_even_let_ask(running: Settings, roles: None) -> None:
    wants = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "DELETE"}
    answer = ask(running, "/api/v1/session", method="OPTIONS", headers=wants)
    assert answer.status >= 400
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_what_stations_get_is_no_page(running: Settings, roles: None, door: engines.Station) -> None:
    for path in ("/device/v1/me", "/api/v1/me"):
        seen = ask(running, path, port=running.ports.device_https, who=door).headers
        assert seen["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert seen["X-Content-Type-Options"] == "nosniff"
        assert seen["Cache-Control"] == "no-store"


def test_an_oversized_body_is_refused_with_a_problem(running: Settings, roles: None) -> None:
    answer = ask(running, "/api/v1/session", method="POST", headers={"Content-Length": "90000000"}, body=b"{}")
    assert answer.status == 413
    assert json.loads(answer.read())["code"] == "too_large"


def refusals(settings: Settings, path: str, since: int) -> list[dict[str, object]]:
    """What the front wrote about that path from line `since` on; waits for it."""
    wait = Event()
    for _ in range(50):
        told = [json.loads(one) for one in front_log(settings)[since:] if one.startswith('{"event":"request refused')]
        found = [one for one in told if one["path"] == path]
        if found:
            return found
        wait.wait(0.1)
    return []


def front_log(settings: Settings) -> list[str]:
    return (settings.logs / "haproxy.log").read_text().splitlines()


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/device/v1/me", {}, 404, "not_found"),
        ("/api/v1/me", {}, 503, "unavailable"),
        ("/api/v1/session", {"Content-Length": "90000000"}, 413, "too_large"),
        ('/api/v1/"x', {"Transfer-Encoding": "chunked"}, 413, "too_large"),
    ],
)
def test_what_the_front_refuses_is_a_problem_and_is_logged_without_secrets(
    running: Settings, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    before = len(front_log(running))
    method = "POST" if headers else "GET"
    headers = {**headers, "Authorization": "Bearer very-secret"}
    answer = ask(running, f"{path}?token=very-secret", method=method, headers=headers)
    problem = json.loads(answer.read())
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.status, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"urn:antiphon:problem:{code}"
    assert problem["title"] == HTTPStatus(status).phrase
    assert problem["detail"].endswith(".")
    (line,) = refusals(running, path, before)
    assert (line["status"], line["method"], line["source"], line["listener"]) == (status, method, "127.0.0.1", "portal")
    assert "very-secret" not in "".join(front_log(running)[before:])


def test_what_a_role_answers_is_not_logged_by_the_front(running: Settings, roles: None) -> None:
    before = len(front_log(running))
    assert ask(running, "/api/v1/me").status == 200
    assert ask(running, "/device/v1/other").status == 404
    assert refusals(running, "/device/v1/other", before)
    assert not [one for one in front_log(running)[before:] if "/api/v1/me" in one]


def test_a_request_whose_head_never_ends_is_given_up(running: Settings) -> None:
    # Before there is a request HAProxy answers in its own words: `http-error` does not reach that far.
    with engines.connect(running, running.ports.https, None) as connection:
        connection.settimeout(15)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 408


def test_a_role_that_is_away_gives_a_problem_with_a_code(running: Settings) -> None:
    answer = ask(running, "/api/v1/me")
    assert answer.status == 503
    assert json.loads(answer.read())["code"] == "unavailable"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_refused(running: Settings) -> None:
    context = engines.tls(running, None)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", running.ports.https), timeout=5) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw, server_hostname="127.0.0.1")


# -- broker ------------------------------------------------------------------------------------------------------------


def packet(kind: int, body: bytes) -> bytes:
    assert len(body) < 128
    return bytes((kind, len(body))) + body


def text(value: str) -> bytes:
    return struct.pack("!H", len(value)) + value.encode()


class Messaging:
    """One MQTT 3.1.1 session by hand."""

    def __init__(self, connection: socket.socket, user: str = "", password: str = "") -> None:
        self._connection = connection
        flags = 0xC2 if user else 0x02
        login = text(user) + text(password) if user else b""
        connection.settimeout(5)
        connection.sendall(packet(0x10, text("MQTT") + bytes((4, flags, 0, 60)) + text("test") + login))
        self.accepted = connection.recv(4) == b"\x20\x02\x00\x00"

    def subscribe(self, topic: str) -> None:
        self._connection.sendall(packet(0x82, b"\0\1" + text(topic) + b"\0"))
        self._connection.recv(5)

    def publish(self, topic: str, payload: bytes) -> None:
        self._connection.sendall(packet(0x30, text(topic) + payload))

    def next(self, within_s: float = 3) -> bytes:
        """The next packet's rest; b'' when nothing comes."""
        self._connection.settimeout(within_s)
        try:
            head = self._connection.recv(2)
            return self._connection.recv(head[1]) if len(head) == 2 else b""
        except TimeoutError:
            return b""


@pytest.fixture
def platform(running: Settings) -> Iterator[Messaging]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(running.mqtt_socket))
        session = Messaging(connection, "platform", running.secret("mqtt.password"))
        assert session.accepted
        yield session


def test_a_station_reports_below_its_own_name_only(
    running: Settings, door: engines.Station, platform: Messaging
) -> None:
    platform.subscribe("v1/devices/#")
    with engines.connect(running, running.ports.mqtts, door) as connection:
        station = Messaging(connection)
        assert station.accepted
        station.publish("v1/devices/dev_other/reported", b"forged")
        station.publish(f"v1/devices/{door.device_id}/commands", b"forged")
        station.publish(f"v1/devices/{door.device_id}/reported", b"mine")
        assert platform.next().endswith(b"mine")


def test_a_station_hears_its_own_commands_only(running: Settings, door: engines.Station, platform: Messaging) -> None:
    with engines.connect(running, running.ports.mqtts, door) as connection:
        station = Messaging(connection)
        station.subscribe("v1/devices/+/commands")
        station.subscribe(f"v1/devices/{door.device_id}/commands")
        platform.publish("v1/devices/dev_other/commands", b"not yours")
        platform.publish(f"v1/devices/{door.device_id}/commands", b"open")
        assert station.next().endswith(b"open")


def test_the_internal_listener_wants_the_password(running: Settings) -> None:
    for user, word in (("", ""), ("platform", "guess"), ("dev_door1", "")):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(running.mqtt_socket))
            assert not Messaging(connection, user, word).accepted


def refused_by_broker(settings: Settings, who: engines.Station | None) -> bool:
    try:
        with engines.connect(settings, settings.ports.mqtts, who) as connection:
            return not Messaging(connection).accepted
    except (ssl.SSLError, ConnectionError):
        return True


def test_strangers_and_the_nameless_do_not_reach_the_broker(running: Settings, tmp_path: Path) -> None:
    assert refused_by_broker(running, None)
    assert refused_by_broker(running, engines.stranger(tmp_path, "dev_door1"))


def test_a_revoked_certificate_is_refused_by_broker_and_front(running: Settings, roles: None, tmp_path: Path) -> None:
    lost, kept = engines.station(running.pki, tmp_path, "dev_lost"), engines.station(running.pki, tmp_path, "dev_kept")
    assert not refused_by_broker(running, lost)
    now = datetime.now(UTC)
    authority.write_revocation_list(running.pki, {lost.serial: now}, now)
    supervision.reread_revocations(running)
    wait = Event()

    def refused_by_front(who: engines.Station) -> bool:
        try:
            return ask(running, "/device/v1/me", port=running.ports.device_https, who=who).status != 200
        except (ssl.SSLError, ConnectionError):
            return True

    for _ in range(100):
        if refused_by_broker(running, lost) and refused_by_front(lost):
            break
        wait.wait(0.1)
    else:
        raise AssertionError("still accepted after ten seconds")
    assert not refused_by_broker(running, kept)
    assert not refused_by_front(kept)
    assert supervision.kept(running)["haproxy"].restarts == 0


# -- supervision of the engines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["kamailio", "rtpengine", "mosquitto", "coturn", "haproxy"])
def test_a_killed_engine_is_back_within_ten_seconds(running: Settings, name: str) -> None:
    part = next(part for part in parts.parts(running) if part.name == name)
    engines.until_up(running, part)
    before = supervision.main_process(running, name)
    assert before is not None
    restarts = supervision.kept(running)[name].restarts
    os.kill(before, signal.SIGKILL)
    wait = Event()
    for _ in range(100):
        if supervision.main_process(running, name) not in (None, before):
            break
        wait.wait(0.1)
    engines.until_up(running, part, within_s=10)
    assert supervision.kept(running)[name].restarts == restarts + 1


def test_a_killed_guard_leaves_nothing_in_the_way(running: Settings) -> None:
    part = next(part for part in parts.parts(running) if part.name == "kamailio")
    engines.until_up(running, part)
    engine = supervision.main_process(running, "kamailio")
    assert engine is not None
    guard = os.getpgid(engine)
    os.kill(guard, signal.SIGKILL)
    wait = Event()
    for _ in range(100):
        if supervision.main_process(running, "kamailio") not in (None, engine):
            break
        wait.wait(0.1)
    engines.until_up(running, part, within_s=10)
