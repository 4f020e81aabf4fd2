"""The SIP edge: who may register, who may ring, and which way requests take."""

from __future__ import annotations

import hashlib
import re
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from antiphon.assembly.engines import parts, supervision
from antiphon.limits import SIP_GUESSES_FREE
from antiphon.settings import Settings
from ops import engines, sip

REALM = "sip:antiphon.local"
pytestmark = [pytest.mark.system, pytest.mark.xdist_group("engines")]


@contextmanager
def line(settings: Settings, who: engines.Station | None, port: int | None = None) -> Iterator[sip.Line]:
    with engines.connect(settings, port or settings.ports.sips, who) as connection:
        yield sip.Line(connection)


@pytest.fixture
def calls(running: Settings) -> Iterator[sip.Line]:
    """In place of the call service: its loopback socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", running.ports.sip_calls))
        yield sip.Line(own, ("127.0.0.1", running.ports.sip_edge))


def register(user: str, *extra: str) -> bytes:
    return sip.request(
        "REGISTER", REALM, user=user, to=f"sip:{user}@antiphon.local",
        headers=(f"Contact: <sip:{user}@127.0.0.1:40000;transport=tls>", *extra),
    )  # fmt: skip


def invite(user: str, button: str = "main", *extra: str) -> bytes:
    return sip.request(
        "INVITE", f"sip:{button}@antiphon.local", user=user,
        headers=(f"Contact: <sip:{user}@127.0.0.1:40000;transport=tls>", *extra),
    )  # fmt: skip


def revoke(settings: Settings, serial: str) -> None:
    with sqlite3.connect(settings.data / "db" / "antiphon.sqlite") as database:
        database.execute("INSERT INTO revoked_certificates VALUES (?)", (serial,))


def test_a_station_registers_with_its_certificate(running: Settings, door: engines.Station) -> None:
    with line(running, door) as station:
        assert sip.status(station.ask(register(door.device_id))) == 200


def test_a_station_cannot_register_as_another(running: Settings, door: engines.Station) -> None:
    with line(running, door) as station:
        assert sip.status(station.ask(register("dev_other"))) == 403


def test_a_station_cannot_ring_as_another(running: Settings, door: engines.Station) -> None:
    with line(running, door) as station:
        assert sip.status(station.ask(invite("dev_other"))) == 403


@pytest.mark.parametrize("times", range(6))  # serials differ in length: leading zeros are cut
def test_a_revoked_certificate_is_refused_on_a_live_connection(running: Settings, tmp_path: Path, times: int) -> None:
    lost = engines.station(running.pki, tmp_path, f"dev_lost{times}")
    with line(running, lost) as station:
        assert sip.status(station.ask(register(lost.device_id))) == 200
        revoke(running, lost.serial)
        assert sip.status(station.ask(register(lost.device_id))) == 403
        assert sip.status(station.ask(invite(lost.device_id))) == 403


def test_no_certificate_is_refused_in_the_handshake(running: Settings) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)), line(running, None) as station:
        station.ask(register("dev_door1"))


def test_a_strangers_certificate_is_refused_in_the_handshake(running: Settings, tmp_path: Path) -> None:
    with (
        pytest.raises((ssl.SSLError, ConnectionError)),
        line(running, engines.stranger(tmp_path, "dev_door1")) as station,
    ):
        station.ask(register("dev_door1"))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_older_than_1_2_is_refused(running: Settings, door: engines.Station) -> None:
    context = engines.tls(running, door)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", running.ports.sips), timeout=5) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw, server_hostname="127.0.0.1")


def test_a_ring_reaches_the_call_service_with_the_name_from_the_certificate(
    running: Settings, door: engines.Station, calls: sip.Line
) -> None:
    with line(running, door) as station:
        station.send(invite(door.device_id, "main", "X-Antiphon-Device: dev_forged", "x-antiphon-account: forged"))
        arrived = calls.receive()
        assert arrived.startswith("INVITE sip:main@antiphon.local SIP/2.0")
        assert sip.headers(arrived, "X-Antiphon-Device") == [door.device_id]
        assert sip.headers(arrived, "X-Antiphon-Account") == []
        calls.send(sip.answer(arrived, 486, "Busy"))
        assert sip.status(station.receive()) == 486


def test_requests_within_the_dialog_pass_in_both_directions(
    running: Settings, door: engines.Station, calls: sip.Line
) -> None:
    own = f"Contact: <sip:calls@127.0.0.1:{running.ports.sip_calls}>"
    with line(running, door) as station:
        station.send(invite(door.device_id))
        arrived = calls.receive()
        calls.send(sip.answer(arrived, 183, "Session Progress", own, "Require: 100rel", "RSeq: 1"))
        progress = station.receive()
        assert sip.status(progress) == 183

        def within(method: str, number: int) -> bytes:
            routes = tuple(f"Route: {one}" for one in reversed(sip.headers(progress, "Record-Route")))
            lines = [
                f"{method} sip:calls@127.0.0.1:{running.ports.sip_calls} SIP/2.0",
                f"Via: SIP/2.0/TLS 127.0.0.1:40000;branch=z9hG4bK-in{number};rport",
                "Max-Forwards: 70",
                *routes,
                *(f"{name}: {sip.header(progress, name)}" for name in ("From", "To", "Call-ID")),
                f"CSeq: {number} {method}",
                "Content-Length: 0",
            ]
            return ("\r\n".join(lines) + "\r\n\r\n").encode()

        for number, method in enumerate(("PRACK", "UPDATE", "INFO"), 2):
            station.send(within(method, number))
            inside = calls.receive()
            assert inside.startswith(f"{method} sip:calls@")
            calls.send(sip.answer(inside, 200, "OK", own))
            assert sip.status(station.receive()) == 200

        # from the call service to the station, down the same connection, by the station's Contact as it arrived
        contact = re.findall(r"<(.*)>", sip.header(arrived, "Contact"))[0]
        routes = tuple(f"Route: {one}" for one in sip.headers(arrived, "Record-Route"))
        calls.send(
            "\r\n".join(
                [
                    f"UPDATE {contact} SIP/2.0",
                    f"Via: SIP/2.0/UDP 127.0.0.1:{running.ports.sip_calls};branch=z9hG4bK-out1",
                    "Max-Forwards: 70",
                    *routes,
                    f"From: {sip.header(progress, 'To')}",
                    f"To: {sip.header(progress, 'From')}",
                    f"Call-ID: {sip.header(progress, 'Call-ID')}",
                    "CSeq: 1 UPDATE",
                    own,
                    "Content-Length: 0",
                    "\r\n",
                ]
            ).encode()
        )
        assert station.receive().startswith("UPDATE ")
        calls.send(sip.answer(arrived, 603, "Decline"))
        assert calls.receive().startswith("ACK ")


def test_a_call_to_a_station_goes_down_its_connection(
    running: Settings, door: engines.Station, calls: sip.Line
) -> None:
    with line(running, door) as station:
        station.ask(register(door.device_id))
        via = f"UDP 127.0.0.1:{running.ports.sip_calls}"
        own = f"Contact: <sip:calls@127.0.0.1:{running.ports.sip_calls}>"
        calls.send(
            sip.request("INVITE", f"sip:{door.device_id}@antiphon.local", user="client", via=via, headers=(own,))
        )
        arrived = station.receive()
        assert arrived.startswith("INVITE ")
        station.send(sip.answer(arrived, 486, "Busy Here"))
        assert sip.status(calls.receive()) == 486


def test_a_station_that_is_gone_is_answered_480(running: Settings, door: engines.Station, calls: sip.Line) -> None:
    via = f"UDP 127.0.0.1:{running.ports.sip_calls}"
    with line(running, door) as station:
        station.ask(register(door.device_id))
    for device in (door.device_id, "dev_never"):
        refused = calls.ask(sip.request("INVITE", f"sip:{device}@antiphon.local", user="client", via=via))
        assert sip.status(refused) == 480


def test_a_silent_call_service_is_answered_503(running: Settings, door: engines.Station) -> None:
    with line(running, door) as station:
        station.send(invite(door.device_id))
        assert sip.status(station.receive(within_s=15)) == 503


def test_only_the_call_service_may_call_out(running: Settings) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", 0))
        stranger = sip.Line(own, ("127.0.0.1", running.ports.sip_edge))
        via = f"UDP 127.0.0.1:{own.getsockname()[1]}"
        assert sip.status(stranger.ask(sip.request("INVITE", "sip:x@antiphon.local", user="x", via=via))) == 403


@pytest.mark.parametrize(
    ("spoiled", "with_"),
    [
        (b"CSeq: 1 REGISTER", b"CSeq: 1 INVITE"),
        (b"CSeq: 1 REGISTER", b"CSeq: 99999999999999 REGISTER"),
        (b"Max-Forwards: 70", b"Max-Forwards: 0"),
        (b"From: <sip:dev_door1@", b"From: <sip:@"),
    ],
)
def test_malformed_requests_are_refused_and_the_edge_lives(
    running: Settings, door: engines.Station, spoiled: bytes, with_: bytes
) -> None:
    whole = register(door.device_id)
    assert spoiled in whole
    with line(running, door) as station:
        assert 400 <= sip.status(station.ask(whole.replace(spoiled, with_))) < 600
    with line(running, door) as station:
        assert sip.status(station.ask(register(door.device_id))) == 200


def heard_after(settings: Settings, who: engines.Station, garbage: bytes) -> str:
    """How the edge took it: `closed`, `silent`, `refused` with an error status, or what it answered instead."""
    with line(settings, who) as station:
        try:
            station.send(garbage)
            heard = station.receive(within_s=0.5)
        except TimeoutError:
            return "silent"
        except OSError:
            return "closed"
    return "refused" if sip.status(heard) >= 400 else heard


@pytest.mark.parametrize(
    "garbage",
    [b"\0" * 4096, b"GET / HTTP/1.0\r\n\r\n", b"A" * 200_000, b"INVITE\r\n\r\n", b"BYE sip:a@b SIP/7.0\r\n\r\n"],
)
def test_garbage_does_not_hurt_the_edge(running: Settings, door: engines.Station, garbage: bytes) -> None:
    edge = supervision.main_process(running, "kamailio")
    assert heard_after(running, door, garbage) in ("closed", "silent", "refused")
    assert supervision.main_process(running, "kamailio") == edge
    with line(running, door) as station:
        assert sip.status(station.ask(register(door.device_id))) == 200


def digest(challenge: str, method: str, uri: str, user: str, password: str) -> str:
    realm = re.findall(r'realm="([^"]+)"', challenge)[0]
    nonce = re.findall(r'nonce="([^"]+)"', challenge)[0]
    ha1 = hashlib.md5(f"{user}:{realm}:{password}".encode()).hexdigest()
    ha2 = hashlib.md5(f"{method}:{uri}".encode()).hexdigest()
    response = hashlib.md5(f"{ha1}:{nonce}:00000001:abc:auth:{ha2}".encode()).hexdigest()
    return (
        f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}", '
        'algorithm=MD5, qop=auth, nc=00000001, cnonce="abc"'
    )


@pytest.fixture
def account(running: Settings) -> str:
    ha1 = hashlib.md5(b"bell:antiphon.local:right").hexdigest()
    with sqlite3.connect(running.data / "db" / "antiphon.sqlite") as database:
        database.execute("DELETE FROM sip_accounts")
        database.execute("INSERT INTO sip_accounts VALUES ('bell', 'antiphon.local', ?)", (ha1,))
    return "bell"


@pytest.mark.parametrize(("password", "expected"), [("right", 200), ("wrong", 401)])
def test_another_makers_station_registers_with_its_password(
    running: Settings, account: str, password: str, expected: int
) -> None:
    with line(running, None, running.ports.sips_accounts) as station:
        challenged = station.ask(register(account))
        assert sip.status(challenged) == 401
        proof = digest(sip.header(challenged, "WWW-Authenticate"), "REGISTER", REALM, account, password)
        assert sip.status(station.ask(register(account, f"Authorization: {proof}"))) == expected


def attempt(station: sip.Line, user: str, password: str) -> str:
    """What the edge says to a fresh challenge answered with that password."""
    challenged = station.ask(register(user))
    proof = digest(sip.header(challenged, "WWW-Authenticate"), "REGISTER", REALM, user, password)
    return station.ask(register(user, f"Authorization: {proof}"))


def sayings(settings: Settings, user: str, times: int) -> list[str]:
    """Status lines and header names of the answers to that many wrong passwords."""
    with line(settings, None, settings.ports.sips_accounts) as station:
        answers = [attempt(station, user, "wrong") for _ in range(times)]
    return [re.sub(r"(?m)^([^:\r\n]+):.*$", r"\1", answer) for answer in answers]


def test_one_phone_with_a_wrong_password_blocks_only_itself(running: Settings, account: str) -> None:
    ha1 = hashlib.md5(b"gate:antiphon.local:right").hexdigest()
    with sqlite3.connect(running.data / "db" / "antiphon.sqlite") as database:
        database.execute("INSERT INTO sip_accounts VALUES ('gate', 'antiphon.local', ?)", (ha1,))
    known = sayings(running, "gate", SIP_GUESSES_FREE + 2)
    assert [sip.status(said) for said in known] == [401] * SIP_GUESSES_FREE + [403] * 2
    with line(running, None, running.ports.sips_accounts) as station:
        assert sip.status(attempt(station, "gate", "right")) == 403
        assert sip.status(attempt(station, account, "right")) == 200
    unknown = sayings(running, "nobody", SIP_GUESSES_FREE + 2)
    assert unknown == known, "answers tell which accounts exist"


def test_an_account_rings_under_its_own_name_only(running: Settings, account: str, calls: sip.Line) -> None:
    uri = "sip:main@antiphon.local"
    with line(running, None, running.ports.sips_accounts) as station:
        challenged = station.ask(invite(account))
        assert sip.status(challenged) == 407
        proof = digest(sip.header(challenged, "Proxy-Authenticate"), "INVITE", uri, account, "right")
        station.send(invite(account, "main", f"Proxy-Authorization: {proof}", "X-Antiphon-Device: dev_door1"))
        arrived = calls.receive()
        assert sip.headers(arrived, "X-Antiphon-Account") == [account]
        assert sip.headers(arrived, "X-Antiphon-Device") == []
        assert not sip.headers(arrived, "Proxy-Authorization")
        calls.send(sip.answer(arrived, 486, "Busy"))
        station.receive()
        assert sip.status(station.ask(invite("dev_door1", "main", f"Proxy-Authorization: {proof}"))) in (403, 407)


def test_plain_sip_is_not_offered_outside_loopback(running: Settings) -> None:
    edge = next(part for part in parts.parts(running) if part.name == "kamailio")
    assert edge.kind == "engine"
    listening = (running.conf / "kamailio.cfg").read_text()
    plain = re.findall(r"(?m)^listen=(?:udp|tcp):(\S+)", listening)
    assert plain == [f"127.0.0.1:{running.ports.sip_edge}"]
