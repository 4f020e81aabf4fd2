"""Nobody unknown reaches the call service, and nobody reaches anybody else through the edge.

Shown at the call service's own socket, with the edge alone in front of it; each guard is also shown to be the one that
holds: without it the same message arrives.
"""

from __future__ import annotations

import socket
import sqlite3
import ssl
from contextlib import suppress
from pathlib import Path

import pytest

from abuse import attacks
from abuse.attacks import REALM, accomplice, request, say
from abuse.engine_alone import CallService, alone, in_place_of_the_call_service
from antiphon.settings import Settings
from antiphon.wire.sip.errors import SipSyntaxError
from antiphon.wire.sip.message import parse
from antiphon.wire.station import ACCOUNT_HEADER, DEVICE_HEADER
from ops import engines, sip

pytestmark = pytest.mark.system


def test_strangers_without_a_password(edge: Settings, calls: CallService) -> None:
    told = attacks.to_the_call_service(edge, "bell")
    assert len(told) > 15
    say(edge, edge.ports.sips_accounts, None, list(told.values()))
    assert calls.hears() == []


def test_a_station_that_speaks_for_another(edge: Settings, calls: CallService, door: engines.Station) -> None:
    told = attacks.to_the_call_service(edge, "dev_other")
    say(edge, edge.ports.sips, door, list(told.values()), door.device_id)
    assert calls.hears() == []


def test_a_station_that_was_locked_out(edge: Settings, calls: CallService, folder: Path) -> None:
    lost = engines.station(edge.pki, folder, "dev_lost")
    with sqlite3.connect(edge.data / "db" / "antiphon.sqlite") as database:
        database.execute("INSERT INTO revoked_certificates VALUES (?)", (lost.serial,))
    for name, message in attacks.to_the_call_service(edge, lost.device_id).items():
        with engines.connect(edge, edge.ports.sips, lost) as connection:
            line = sip.Line(connection)
            line.send(message)
            assert sip.status(line.ask(request("REGISTER", f"sip:{REALM}", lost.device_id))) == 403, name
    assert calls.hears() == []


@pytest.mark.parametrize("who", ["nobody", "a foreign authority"])
def test_no_certificate_of_ours(edge: Settings, calls: CallService, folder: Path, who: str) -> None:
    shown = engines.stranger(folder, "dev_door1") if who == "a foreign authority" else None
    with pytest.raises((ssl.SSLError, ConnectionError)):
        say(edge, edge.ports.sips, shown, [request("INVITE", f"sip:main@{REALM}", "dev_door1")])
    assert calls.hears() == []


def test_plain_sip_is_not_spoken_to_the_outside(edge: Settings, calls: CallService) -> None:
    """Over UDP nobody listens but on loopback; over TCP everything wants TLS. 127.0.0.2 is outside for what is on 127.0.0.1."""
    message = request("INVITE", f"sip:main@{REALM}", "dev_door1", f"{DEVICE_HEADER}: dev_door1")
    ports = edge.ports
    inside = {"sip_edge": ports.sip_edge, "sip_calls": ports.sip_calls, "ng": ports.ng, "dtmf_log": ports.dtmf_log}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
        outside.bind(("127.0.0.2", 0))
        for port in (*inside.values(), ports.sips, ports.sips_accounts):
            outside.sendto(message, ("127.0.0.2", port))
    for port in (ports.sips, ports.sips_accounts):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            plain.sendall(message)
            try:
                assert b"SIP/2.0" not in plain.recv(1000)
            except ConnectionError:
                continue
    assert calls.hears() == []


SMUGGLED = {
    "plain": f"{DEVICE_HEADER}: dev_other",
    "capitals": f"{DEVICE_HEADER.upper()}: dev_other",
    "blank before the colon": f"{DEVICE_HEADER} : dev_other",
    "tab before the colon": f"{DEVICE_HEADER}\t: dev_other",
    "folded value": f"{DEVICE_HEADER}:\r\n dev_other",
    "behind a bare line feed": f"Subject: x\n{DEVICE_HEADER}: dev_other",
    "behind a bare return": f"Subject: x\r{DEVICE_HEADER}: dev_other",
    "folded into another": f"Subject: x\r\n {DEVICE_HEADER}: dev_other",
    "behind two line feeds": f"Subject: x\n\n{DEVICE_HEADER}: dev_other",
    "behind a null": f"Subject: x\0\r\n{DEVICE_HEADER}: dev_other",
    "as an account": f"{ACCOUNT_HEADER}: dev_other",
    "hundredfold": "\r\n".join([f"{DEVICE_HEADER}: dev_other"] * 100),
}


@pytest.mark.parametrize("way", SMUGGLED)
def test_who_calls_says_only_the_edge(edge: Settings, calls: CallService, door: engines.Station, way: str) -> None:
    """Whatever arrives is read with the call service's own parser."""
    message = request("INVITE", f"sip:main@{REALM}", door.device_id, SMUGGLED[way])
    with engines.connect(edge, edge.ports.sips, door) as connection:
        line = sip.Line(connection)
        line.send(message)
        data = calls.next(within_s=1)
        if not data:
            with suppress(ConnectionError):  # what follows the trick is no SIP any more
                assert sip.status(line.receive()) in (400, 403)
            return
    try:
        parsed = parse(data)
    except SipSyntaxError:
        return  # the call service throws it away
    assert list(parsed.headers(DEVICE_HEADER)) == [door.device_id]
    assert list(parsed.headers(ACCOUNT_HEADER)) == []


# -- the edge is nobody's way to elsewhere --------------------------------------------------------------------------------


def test_nothing_is_sent_on_for_strangers(edge: Settings, calls: CallService) -> None:
    with accomplice() as there:
        say(edge, edge.ports.sips_accounts, None, list(attacks.to_elsewhere(edge, "bell", there.port).values()))
        assert there.received() == b""
    assert calls.hears() == []


def test_nothing_is_sent_on_for_stations(edge: Settings, calls: CallService, door: engines.Station) -> None:
    """A station's own calls reach the call service, whatever its routes say, and nobody else."""
    with accomplice() as there:
        told = attacks.to_elsewhere(edge, door.device_id, there.port)
        say(edge, edge.ports.sips, door, list(told.values()), door.device_id)
        assert there.received() == b""
        heard = calls.hears()
        assert {one.split(" ")[0] for one in heard} <= {"INVITE", "ACK"}
        ways = [route for one in heard for name in ("Route", "Record-Route") for route in sip.headers(one, name)]
        assert not [route for route in ways if f":{there.port}" in route]


@pytest.mark.parametrize("trick", ["a contact", "an alias", "a record-route"])
def test_a_stations_own_words_do_not_lead_the_call_service_elsewhere(
    edge: Settings, calls: CallService, door: engines.Station, trick: str
) -> None:
    """What the call service sends back goes down the station's connection, or nowhere."""
    with accomplice() as there, engines.connect(edge, edge.ports.sips, door) as connection:
        contact = {
            "a contact": f"<sip:x@127.0.0.1:{there.port};transport=udp>",
            "an alias": f"<sip:x@127.0.0.1:{there.port};alias=127.0.0.1~{there.port}~1>",
            "a record-route": "<sip:x@127.0.0.1:40000;transport=tls>",
        }[trick]
        extra = (f"Record-Route: <sip:127.0.0.1:{there.port};transport=udp;lr>",) if trick == "a record-route" else ()
        station = sip.Line(connection)
        station.send(
            sip.request(
                "INVITE", f"sip:main@{REALM}", user=door.device_id, headers=(f"Contact: {contact}", *extra)
            )
        )  # fmt: skip
        arrived = calls.next(within_s=5).decode()
        assert sip.status(station.receive()) == 486
        assert calls.next(within_s=5).startswith(b"ACK")
        written = sip.header(arrived, "Contact").partition("<")[2].partition(">")[0]
        for method in ("INFO", "BYE"):
            routes = tuple(f"Route: {one}" for one in sip.headers(arrived, "Record-Route"))
            calls.line.send(
                sip.request(
                    method, written, user="antiphon", via=f"UDP 127.0.0.1:{edge.ports.sip_calls}",
                    to=f"sip:{door.device_id}@{REALM}>;tag=from1", headers=routes,
                ).replace(b">;tag=from1>", b">;tag=from1")
            )  # fmt: skip
            try:
                assert station.receive(within_s=1).startswith(method)
            except TimeoutError:
                refusal = calls.next(within_s=5).decode()
                assert (sip.status(refusal), sip.header(refusal, "CSeq")) == (403, f"1 {method}")
        assert there.received() == b""


# -- planted faults -----------------------------------------------------------------------------------------------------

PLANTED = {
    "who is in a call is asked": (
        "sips_accounts", "BYE in a dialog that is none",
        ("            route(DIGEST);\n        }\n        route(WITHIN);", "        }\n        route(WITHIN);"),
    ),
    "answers need a question": (
        "sips_accounts", "an answer without a question",
        ("&& !t_check_trans()) {\n        xlog", "&& 0 == 1) {\n        xlog"),
    ),
    "callers show a password": (
        "sips_accounts", "INVITE",
        ('    route(DIGEST);\n    if (is_method("REGISTER")', '    $var(caller) = $fU;\n    if (is_method("REGISTER")'),
    ),
    "stations speak for themselves": ("sips", "INVITE", ("if ($fU != $var(caller)) {", "if (0 == 1) {")),
}  # fmt: skip


@pytest.mark.parametrize("guard", PLANTED)
def test_planted_a_guard_is_taken_out_and_the_attack_arrives(spare: Settings, folder: Path, guard: str) -> None:
    listener, attack, fault = PLANTED[guard]
    who = engines.station(spare.pki, folder, "dev_door1") if listener == "sips" else None
    message = attacks.to_the_call_service(spare, "dev_other")[attack]
    with alone(spare, "kamailio", fault), in_place_of_the_call_service(spare) as service:
        say(spare, getattr(spare.ports, listener), who, [message], "dev_other")
        assert service.hears()
