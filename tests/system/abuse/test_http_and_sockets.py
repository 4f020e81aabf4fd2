"""Guessing, digging and hoarding over HTTPS and WebSockets: bounded, told in words, and nobody else notices."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from corridor.platform_under_test import Platform
from corridor.stranger import LogReader, socket

from abuse.bridge import connect_from
from abuse.test_under_attack import on_duty
from antiphon.limits import (
    FRONT_REQUESTS_PER_SOURCE_10_S,
    FRONT_WEBSOCKETS_PER_SOURCE_10_S,
    LOGIN_ATTEMPTS_PER_MINUTE,
    WEBSOCKET_MESSAGE_MAX_BYTES,
    WEBSOCKETS_UNSIGNED_PER_SOURCE,
)
from antiphon.wire.client import CLOSE_TOO_MANY

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


@contextmanager
def browser(platform: Platform, source: str) -> Iterator[httpx.Client]:
    transport = httpx.HTTPTransport(verify=platform.trusting(), local_address=source)
    with httpx.Client(transport=transport, base_url=platform.portal, timeout=20) as client:
        yield client


def test_guessing_a_persons_password_locks_nobody_out(platform: Platform) -> None:
    anna = platform.people[0]
    with browser(platform, "127.0.0.60") as stranger:
        answers = [
            stranger.post(
                "/api/v1/session",
                json={"email": anna, "password": "guess"},
                headers={"X-Forwarded-For": f"10.9.8.{number}", "Forwarded": f"for=10.9.8.{number}"},
            )
            for number in range(LOGIN_ATTEMPTS_PER_MINUTE + 1)
        ]
        assert [answer.status_code for answer in answers] == [401] * LOGIN_ATTEMPTS_PER_MINUTE + [429]
        assert answers[-1].json()["code"] == "too_many_requests"
        right = stranger.post("/api/v1/session", json={"email": anna, "password": platform.logins[anna]})
        assert right.status_code == 429, "the right one tells the guesser nothing"
    with browser(platform, "127.0.0.61") as own:
        signed_in = own.post("/api/v1/session", json={"email": anna, "password": platform.logins[anna]})
        assert signed_in.status_code == 200


def raw(platform: Platform, request: bytes, source: str = "127.0.0.1", within_s: float = 10) -> bytes:
    """What comes back until the front closes."""
    heard = b""
    with connect_from(platform.settings, platform.settings.ports.https, source) as connection:
        connection.settimeout(within_s)
        try:
            connection.sendall(request)
            while piece := connection.recv(65_536):
                heard += piece
        except (TimeoutError, ConnectionError, ssl.SSLError):
            return heard
    return heard


SECRETS = ("secrets/jwt.key", "pki/root.key", "db/antiphon.sqlite", "settings.toml")
DIGGING = (
    "/../{0}", "/..%2f{0}", "/%2e%2e/{0}", "/assets/../../{0}", "/assets/..%2f..%2f{0}", "/assets/%252e%252e/{0}",
    "//{0}", "/.//../{0}", "/..\\{0}", "/assets/..%5c..%5c{0}", "{1}/{0}", "/{1}/{0}", "/%00{1}/{0}",
    "/api/v1/snapshots/../../{0}", "/api/v1/snapshots/..%2f..%2f{0}", "/api/v1/snapshots/%2e%2e%2f{0}",
)  # fmt: skip


def test_no_path_leads_out_of_the_client_or_the_snapshots(platform: Platform) -> None:
    """Followed as they are written; by somebody who is signed in."""
    with platform.api(platform.people[0]) as client:
        bearer = client.headers["Authorization"]
    data = str(platform.data)
    lines = [f"GET {path.format(one, data)} HTTP/1.1\r\nHost: a" for path in DIGGING for one in SECRETS]
    page = raw(platform, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").partition(b"\r\n\r\n")[2]
    assert b"<html" in page.lower()
    secrets = [(platform.data / one).read_bytes()[:60] for one in SECRETS]
    for line in lines:
        heard = raw(platform, f"{line}\r\nAuthorization: {bearer}\r\nConnection: close\r\n\r\n".encode())
        head, _, body = heard.partition(b"\r\n\r\n")
        assert not [secret for secret in secrets if secret in body], line
        assert int(head.split()[1]) in (400, 404) or body == page, (line, heard[:500])


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Long: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Many: a\r\n" * 5_000 + b"\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01" * 100 + b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 100,
    ],
    ids=["a long header", "many headers", "a long address", "no HTTP", "a broken HTTP/2"],
)
def test_heads_that_no_browser_sends(platform: Platform, head: bytes) -> None:
    """Refused or closed at once; where more was sent than was read, the refusal may be lost on its way."""
    heard = raw(platform, head)
    assert heard == b"" or heard.startswith((b"HTTP/1.1 400", b"\0\0")), heard[:200]
    with platform.api(platform.people[1]) as bernd:
        assert bernd.get("/api/v1/me").status_code == 200


def test_a_flood_of_requests_is_refused_in_words(platform: Platform) -> None:
    """At the front: no role deals with more than its share of one address."""
    one = b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    half = FRONT_REQUESTS_PER_SOURCE_10_S // 2
    heard = b""
    for _ in range(3):
        heard = raw(platform, one * half + last, source="127.0.0.62", within_s=30)
    assert heard.count(b"HTTP/1.1 429") > half // 2
    problem = json.loads(heard.rpartition(b"\r\n\r\n")[2])
    assert (problem["status"], problem["code"]) == (429, "too_many_requests")
    with platform.api(platform.people[1]) as bernd:
        assert bernd.get("/api/v1/me").status_code == 200


# -- sockets --------------------------------------------------------------------------------------------------------------


def upgrade(company: str) -> bytes:
    return (
        f"GET /ws/{company} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


def test_sockets_that_nobody_signs_on_to_are_bounded(platform: Platform) -> None:
    """Of one address so many wait, one more is told why it is closed, still more are not let through; others sign on."""
    settings, source = platform.settings, "127.0.0.63"
    with ExitStack() as stack:
        opened = []
        for _ in range(FRONT_WEBSOCKETS_PER_SOURCE_10_S + 5):
            connection = stack.enter_context(connect_from(settings, settings.ports.https, source))
            connection.sendall(upgrade("company_x"))
            opened.append(connection)
        waiting, told, refused = (all_of(opened[at]) for at in (0, WEBSOCKETS_UNSIGNED_PER_SOURCE, -1))
        assert b" 101 " in waiting
        assert b"too_many_sockets" not in waiting
        assert b" 101 " in told
        assert b'"too_many_sockets"' in told
        assert CLOSE_TOO_MANY.to_bytes(2, "big") in told
        assert b" 429 " in refused
        assert b'"too_many_requests"' in refused
        with on_duty(platform) as desk:
            assert desk.is_rung() < 1


def all_of(connection: ssl.SSLSocket) -> bytes:
    """What comes within a moment."""
    connection.settimeout(1)
    heard = b""
    try:
        while piece := connection.recv(65_536):
            heard += piece
    except (TimeoutError, ConnectionError):
        return heard
    return heard


def test_a_few_huge_messages_use_up_what_a_client_may_say(platform: Platform) -> None:
    log = LogReader(platform.data / "log" / "calls.log")
    with on_duty(platform) as desk, on_duty(platform) as wild:
        for _ in range(6):
            wild.socket.say("x" * WEBSOCKET_MESSAGE_MAX_BYTES)
        wild.socket.hears("error", code="too_many_requests")
        assert wild.socket.is_closed() == CLOSE_TOO_MANY
        assert desk.is_rung() < 1
    log.tells("client floods")


def test_signing_on_again_and_again_is_a_flood(platform: Platform) -> None:
    with platform.api(platform.people[1]) as client:
        company = client.get("/api/v1/me").json()["company"]["id"]
        token = client.headers["Authorization"].removeprefix("Bearer ")
    with socket(platform, company) as page:
        for _ in range(8):
            page.say({"type": "hello", "token": token, "on_duty": False})
        page.hears("error", code="too_many_requests")
        assert page.is_closed() == CLOSE_TOO_MANY
