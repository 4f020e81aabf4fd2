"""A whole installation under attack: the visitor's ring reaches the desk in time, stations and people get in meanwhile."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from corridor.conftest import at_the_door
from corridor.platform_under_test import Platform
from corridor.stranger import Device, LogReader, Office, Socket
from corridor.stranger import socket as web_socket

from abuse.attacks import REALM, request
from antiphon.limits import SIP_REQUESTS_PER_CALLER_2_S, SIP_REQUESTS_PER_STRANGE_SOURCE_2_S
from ops import engines, sip
from ops.relay import Relay
from ops.test_front_and_broker import Messaging

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

# A ring is there in some ten milliseconds; on a machine that other tests use as well it takes its time.
RING_MAX_S = 1.0
FLOOD_S = 5


@pytest.fixture(scope="module")
def office(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with platform.api(platform.people[0]) as client:
        yield Office(platform, tmp_path_factory.mktemp("stations"), client)


@pytest.fixture(scope="module")
def device(office: Office) -> Device:
    return office.device(office.add("Hintertor")["claim_code"])


@dataclass
class Desk:
    """Clara's socket, on duty."""

    socket: Socket
    platform: Platform

    def is_rung(self) -> float:
        """Somebody presses the demo station's button: seconds until the desk rings."""
        visitor = at_the_door(self.platform)
        began = time.monotonic()
        visitor.press()
        ring = self.socket.hears("ring")
        passed = time.monotonic() - began
        visitor.hang_up()
        self.socket.hears("ring_ended", call_id=ring["call_id"])
        return passed


@contextmanager
def on_duty(platform: Platform, source: str = "") -> Iterator[Desk]:
    email = platform.people[2]
    with platform.api(email) as client:
        company = client.get("/api/v1/me").json()["company"]["id"]
        token = client.headers["Authorization"].removeprefix("Bearer ")
    with web_socket(platform, company) as opened:
        opened.say({"type": "hello", "token": token, "on_duty": True})
        opened.hears("welcome")
        yield Desk(opened, platform)


@pytest.fixture
def desk(platform: Platform) -> Iterator[Desk]:
    with on_duty(platform) as desk:
        yield desk


# -- floods -------------------------------------------------------------------------------------------------------------


@contextmanager
def flood(kind: str, port: int, source: str, *who: object) -> Iterator[dict[str, object]]:
    """The attacker's own account is there once the block is left."""
    program = Path(__file__).with_name("flood.py")
    words = [sys.executable, program, kind, port, source, FLOOD_S, *who]
    told: dict[str, object] = {}
    with subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE) as attacker:
        try:
            yield told
        finally:
            said, _ = attacker.communicate(timeout=60)
    told.update(json.loads(said))


def answered(told: dict[str, object]) -> int:
    """Requests that were dealt with, not refused for their number."""
    answers = told["answers"]
    assert isinstance(answers, dict)
    return sum(count for status, count in answers.items() if status not in ("503", "closed"))


WINDOWS = FLOOD_S // 2 + 2  # windows of two seconds that may have begun, one more for a slow end


def test_rings_arrive_while_strangers_flood_the_accounts(platform: Platform, desk: Desk) -> None:
    port = platform.settings.ports.sips_accounts
    with flood("REGISTER", port, "127.0.0.50") as registers, flood("INVITE", port, "127.0.0.51") as invites:
        rings = [desk.is_rung() for _ in range(4)]
    assert max(rings) < RING_MAX_S, rings
    for told in (registers, invites):
        assert int(str(told["sent"])) > 5 * WINDOWS * SIP_REQUESTS_PER_STRANGE_SOURCE_2_S, "this was no flood"
        assert answered(told) <= WINDOWS * SIP_REQUESTS_PER_STRANGE_SOURCE_2_S


def test_rings_arrive_while_a_station_runs_wild_and_strangers_shake_hands(
    platform: Platform, desk: Desk, device: Device
) -> None:
    port = platform.settings.ports.sips
    wild = (device.who.certificate, device.who.key, device.id)
    with flood("REGISTER", port, "127.0.0.1", *wild) as registers, flood("handshakes", port, "127.0.0.53"):
        rings = [desk.is_rung() for _ in range(4)]
    assert max(rings) < RING_MAX_S, rings
    assert answered(registers) <= WINDOWS * SIP_REQUESTS_PER_CALLER_2_S


# -- half-open connections ------------------------------------------------------------------------------------------------

HALF_OPEN = 1_000
HALF_A_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 40
LISTENERS = ("https", "device_https", "sips", "sips_accounts", "mqtts", "stun")


def half_open(port: int, number: int) -> list[socket.socket]:
    """Connections whose handshake begins and goes no further; every other one does not even begin."""
    opened = []
    for one in range(number):
        connection = socket.create_connection(("127.0.0.1", port), timeout=15)
        opened.append(connection)
        if one % 2:
            connection.sendall(HALF_A_HELLO)
    return opened


def test_a_thousand_half_open_connections_at_each_listener(platform: Platform, office: Office, desk: Desk) -> None:
    ports = platform.settings.ports
    with ExitStack() as stack:
        for listener in LISTENERS:
            for connection in half_open(getattr(ports, listener), HALF_OPEN):
                stack.enter_context(connection)
        began = time.monotonic()
        with platform.api(platform.people[1]) as bernd:  # a person signs in
            assert bernd.get("/api/v1/me").status_code == 200
        newcomer = office.device(office.add("Neubau")["claim_code"])  # a station is claimed,
        with newcomer.line() as line:  # registers,
            assert sip.status(line.ask(newcomer.register())) == 200
        with engines.connect(platform.settings, ports.mqtts, newcomer.who) as broker:  # and is online
            assert Messaging(broker).accepted
        with engines.connect(platform.settings, ports.device_https, newcomer.who) as own:
            own.sendall(b"GET /device/v1/me HTTP/1.1\r\nHost: antiphon\r\nConnection: close\r\n\r\n")
            assert own.recv(1000).startswith(b"HTTP/1.1 200")
        with engines.connect(platform.settings, ports.sips_accounts, None) as telephone:
            challenged = sip.Line(telephone).ask(request("REGISTER", f"sip:{REALM}", "bell"))
            assert sip.status(challenged) == 401
        relay = Relay(platform.settings, lifetime_s=60)
        assert relay.allocate() == 0
        relay.close()
        assert desk.is_rung() < RING_MAX_S
        assert time.monotonic() - began < 10
    assert set(platform.parts().values()) == {("up", 0)}


# -- what never ends ------------------------------------------------------------------------------------------------------


@dataclass
class Slow:
    """One connection that never comes to its end: what it says at first, then a byte every second."""

    words: str
    open: Callable[[], socket.socket]
    first: bytes = b""
    each_second: bytes = b""
    within_s: float = 30.0


def test_what_never_ends_is_given_up(platform: Platform, device: Device) -> None:
    ports = platform.settings.ports

    def plain(port: int) -> Callable[[], socket.socket]:
        return lambda: socket.create_connection(("127.0.0.1", port), timeout=5)

    def tls(port: int, who: engines.Station | None = None) -> Callable[[], ssl.SSLSocket]:
        return lambda: engines.connect(platform.settings, port, who)

    post = b"POST /api/v1/session HTTP/1.1\r\nHost: a\r\n"
    slow = [
        Slow("portal: silent", plain(ports.https)),
        Slow("portal: half a handshake", plain(ports.https), HALF_A_HELLO),
        Slow("portal: a handshake byte by byte", plain(ports.https), HALF_A_HELLO, b"a"),
        Slow("portal: a head byte by byte", tls(ports.https), post + b"X-Slow: ", b"a"),
        Slow("portal: a body byte by byte", tls(ports.https), post + b"Content-Length: 100\r\n\r\n", b"a"),
        Slow("stations, HTTPS: half a handshake", plain(ports.device_https), HALF_A_HELLO),
        Slow("stations, HTTPS: a head", tls(ports.device_https, device.who), post + b"X-Slow: ", b"a"),
        Slow("stations, SIP: silent", plain(ports.sips)),
        Slow("stations, SIP: half a handshake", plain(ports.sips), HALF_A_HELLO),
        Slow("accounts, SIP: half a handshake", plain(ports.sips_accounts), HALF_A_HELLO),
        Slow("accounts, SIP: silent after the handshake", tls(ports.sips_accounts)),
        Slow("accounts, SIP: half a request", tls(ports.sips_accounts), b"REGISTER sip:a SIP/2.0\r\nVia: "),
        Slow("TURN: silent", plain(ports.stun)),
        Slow("TURN: a byte a second", plain(ports.stun), b"\x00\x03", b"\x00"),
    ]
    log = LogReader(platform.data / "log" / "calls.log")
    with on_duty(platform) as deaf:  # a client that reads nothing from now on, and so answers no ping either
        ended = when_they_end(slow, 35.0)
        log.says('"client gone"')
        with on_duty(platform) as desk:
            assert desk.is_rung() < RING_MAX_S
        deaf.socket.abandon()
    assert {one.words: ended.get(one.words) for one in slow if one.words not in ended} == {}
    assert {words: at for words, at in ended.items() if at > 30} == {}


def when_they_end(slow: list[Slow], within_s: float) -> dict[str, float]:
    """Seconds after which the platform closed each of them."""
    import selectors

    ended: dict[str, float] = {}
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        began = time.monotonic()
        for one in slow:
            connection = stack.enter_context(one.open())
            connection.sendall(one.first)
            connection.setblocking(False)
            selector.register(connection, selectors.EVENT_READ, one)
        while len(ended) < len(slow) and time.monotonic() - began < within_s:
            again = time.monotonic() + 1
            while (left := again - time.monotonic()) > 0 and selector.get_map():
                for key, _ in selector.select(left):
                    connection = key.fileobj  # type: ignore[assignment]
                    try:
                        over = not connection.recv(65_536)
                    except (ssl.SSLWantReadError, BlockingIOError):
                        continue
                    except OSError:
                        over = True
                    if over:
                        selector.unregister(connection)
                        ended[key.data.words] = round(time.monotonic() - began, 1)
            for key in list(selector.get_map().values()):
                try:
                    if key.data.each_second:
                        key.fileobj.sendall(key.data.each_second)  # type: ignore[union-attr]
                except OSError:
                    continue  # closed; heard in the next round
    return ended
