"""SIP accounts of the benchmark: companies whose accounts ring one another, and their registration at the edge."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from antiphon import devices, directory, tenancy
from antiphon.assembly.bench.ground import GroundNotReady, bench_port
from antiphon.clock import SystemClock
from antiphon.database import Scope, Tx, open_database
from antiphon.settings import Settings

_HOST = "127.0.0.1"
_REGISTER = """REGISTER sip:{realm} SIP/2.0\r
Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK-{number}\r
Max-Forwards: 70\r
From: <sip:{number}@{realm}>;tag={number}\r
To: <sip:{number}@{realm}>\r
Call-ID: {number}@{host}\r
CSeq: 1 REGISTER\r
Contact: <sip:{number}@{host}:{port}>\r
Expires: 3600\r
Content-Length: 0\r
\r
"""


@dataclass(frozen=True, slots=True)
class Telephones:
    """Numbers of accounts that call, neighbours of different companies, and of those that ring."""

    callers: tuple[str, ...]
    receivers: tuple[str, ...]


def settle(settings: Settings, *, companies: int, callers: int, receivers: int) -> Telephones:
    """Companies with so many calling accounts each, whose button rings the company's receivers."""
    database = open_database(settings)
    calling: list[list[str]] = []
    ringing: list[str] = []
    try:
        for number in range(companies):

            def make(tx: Tx, number: int = number) -> tuple[list[str], list[str]]:
                return _company(tx, number, callers, receivers, settings.realm)

            made_callers, made_receivers = database.run_sync(make)
            calling.append(made_callers)
            ringing += made_receivers
    finally:
        database.close()
    return Telephones(tuple(one for turn in zip(*calling, strict=True) for one in turn), tuple(ringing))


def _company(tx: Tx, number: int, callers: int, receivers: int, realm: str) -> tuple[list[str], list[str]]:
    now = SystemClock().now()
    company = tenancy.create_company(tx, f"Telephones {number}", now)
    scope = Scope(company.id)
    project = tenancy.create_place(tx, scope, "project", company.id, "Bench", now)
    site = tenancy.create_place(tx, scope, "site", project.id, "Bench", now)

    def account(name: str) -> devices.Station:
        return devices.create_account(tx, scope, name=name, place_id=site.id, realm=realm, now=now).station

    ringing = [account(f"Telephone {number}-{at}") for at in range(receivers)]
    calling = [account(f"Door {number}-{at}") for at in range(callers)]
    button = directory.Button("main", "Bench", (), tuple(one.id for one in ringing))
    for caller in calling:
        directory.set_buttons(tx, scope, caller.id, (button,))
    return [one.number for one in calling], [one.number for one in ringing]


def register(settings: Settings, numbers: tuple[str, ...], port: int) -> None:
    """From now on these are called at that UDP port of this machine; raises `GroundNotReady`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as edge:
        edge.bind((_HOST, port))
        edge.connect((_HOST, bench_port(settings)))
        edge.settimeout(5)
        for number in numbers:
            edge.send(_REGISTER.format(realm=settings.realm, host=_HOST, port=port, number=number).encode())
            try:
                answer = edge.recv(65_536)
            except (TimeoutError, OSError) as error:
                raise GroundNotReady(f"The SIP edge takes no registration: {error}") from error
            if not answer.startswith(b"SIP/2.0 200 "):
                raise GroundNotReady(f"The SIP edge refuses a registration: {answer[:200]!r}")
