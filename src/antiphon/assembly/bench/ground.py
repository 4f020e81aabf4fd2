"""An installation of the benchmark's own: its data folder, free ports, one more listener at the SIP edge, and tenants."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

from antiphon import devices, directory, tenancy
from antiphon import settings as settings_room
from antiphon.assembly import installation
from antiphon.assembly.engines import health, parts, ports, supervision
from antiphon.clock import SystemClock, new_id
from antiphon.database import Scope, Tx, open_database
from antiphon.devices import store as device_store
from antiphon.errors import Unavailable
from antiphon.identity import store as identity_store
from antiphon.identity.tokens import issue_access_token
from antiphon.settings import Settings
from antiphon.tenancy import Principal

_ADDRESS = "127.0.0.1"
_FIRST_OFFSET, _LAST_OFFSET, _STEP = 17_000, 25_000, 40
_READY_WITHIN_S = 60
# Where the benchmark's callers come in. What follows is the way of every station; what is left out is said in the report:
# TLS, the certificate's name, the digest's challenge and the count of requests per source, for a sipp of one address speaks
# for every station.
_LISTEN = 'listen=udp:127.0.0.1:{port} name "bench"\n'
_ENTER = """request_route {{
    if ($Rp == {port}) {{ route(BENCH); exit; }}
"""
# Requests go down a station's TLS connection and nowhere else; to the benchmark's callers and receivers as they came.
_LEAVE = """route[TO_STATION] {{
    if ($du =~ "^sip:127[.]0[.]0[.]1:({sipp})") {{ $fs = "udp:127.0.0.1:{port}"; t_relay(); exit; }}
"""
_ROUTE = """
route[BENCH] {{
    set_reply_no_connect();
    route(EARLY);
    remove_hf_re("^X-Antiphon-");
    $var(caller) = $fU;
    if (is_method("REGISTER")) {{
        fix_nated_register();
        if (!save("accounts")) {{ sl_reply_error(); }}
        exit;
    }}
    if ($fU =~ "^[0-9]+$") {{
        if (is_method("ACK|CANCEL") || has_totag()) {{ route(WITHIN); exit; }}
        $var(failed) = sql_xquery("main", "SELECT ha1 FROM sip_accounts WHERE \\"user\\" = '$var(caller)'", "account");
        append_hf("X-Antiphon-Account: $var(caller)\\r\\n");
        route(RING);
        exit;
    }}
    if (is_method("ACK|CANCEL|PRACK") && $sht(vouched=>$ci) != $null) {{ route(WITHIN); exit; }}
    $var(found) = sql_query("main", "SELECT 1 FROM revoked_certificates WHERE serial = '$var(caller)'", "revoked");
    sql_result_free("revoked");
    $sht(vouched=>$ci) = 1;
    if (is_method("ACK|CANCEL|PRACK")) {{ route(WITHIN); exit; }}
    if (has_totag()) {{ route(WITHIN); exit; }}
    append_hf("X-Antiphon-Device: $var(caller)\\r\\n");
    route(RING);
}}
"""


class NoRoom(Unavailable):
    """There is no place for the benchmark's installation."""

    code = "no_room"


class GroundNotReady(Unavailable):
    """The benchmark's installation did not come up."""

    code = "ground_not_ready"


@dataclass(frozen=True, slots=True)
class Desk:
    """One signed-in person: where the tab signs on and with what."""

    company_id: str
    token: str


@dataclass(frozen=True, slots=True)
class Tenants:
    """Claimed stations, and the desks that their buttons ring."""

    stations: tuple[str, ...]
    desks: tuple[Desk, ...]

    def as_json(self) -> list[dict[str, str]]:
        return [asdict(desk) for desk in self.desks]


def free_offset() -> int:
    """A port offset at which nobody listens."""
    start = _FIRST_OFFSET + _STEP * secrets.randbelow(50)
    for offset in (*range(start, _LAST_OFFSET, _STEP), *range(_FIRST_OFFSET, start, _STEP)):
        wanted = settings_room.Ports(offset=offset).model_dump()
        if not ports.occupied(ports.listeners(wanted)):
            return int(offset)
    raise NoRoom("No ports are free for the benchmark's installation.")


@contextmanager
def folder() -> Iterator[Path]:
    """A data folder that goes away with everything that runs in it; its path is short enough for unix sockets."""
    made = Path(tempfile.mkdtemp(prefix="antiphon-bench-", dir="/var/tmp"))
    try:
        yield made
    finally:
        supervision.stop_in(made)
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def installed(data: Path, database_url: str = "") -> Iterator[Settings]:
    """Every engine and role on `data`, without the demo; callers without TLS come in at `bench_port`."""
    offset = free_offset()
    written = installation.settings_text(data / "settings.toml", offset, _ADDRESS)
    (data / "settings.toml").write_text(written.replace('database_url = ""', f'database_url = "{database_url}"'))
    settings, found = installation.prepare(data)
    _open_to_callers(settings)
    wanted = [part for part in parts.parts(settings) if part.kind != "station"]
    supervision.write_configuration(settings, wanted, found.address)
    keeper = supervision.start(settings, settings_room.inherited(), attached=True)
    try:
        for part in wanted:
            _await(settings, part)
        yield settings
    finally:
        supervision.stop(settings)
        keeper.wait()


def bench_port(settings: Settings) -> int:
    """Where the edge takes the benchmark's callers, UDP on loopback."""
    return int(settings.ports.dtmf_log) + 6


def bench_ports(settings: Settings, count: int) -> range:
    """Loopback ports beside it for the benchmark's own programs."""
    first = bench_port(settings) + 1
    return range(first, first + count)


def _open_to_callers(settings: Settings) -> None:
    file = settings.conf / "kamailio.cfg"
    port = bench_port(settings)
    text = file.read_text()
    text, listened = re.subn(r"(?m)^alias=", _LISTEN.format(port=port) + "alias=", text, count=1)
    text, entered = re.subn(r"(?m)^request_route \{\n", lambda _: _ENTER.format(port=port), text, count=1)
    sipp = "|".join(map(str, bench_ports(settings, 3)))
    text, left = re.subn(r"(?m)^route\[TO_STATION\] \{\n", lambda _: _LEAVE.format(sipp=sipp, port=port), text, count=1)
    if not (listened and entered and left):
        raise GroundNotReady("The SIP edge's configuration has changed: the benchmark's listener finds no place in it.")
    file.write_text(text + _ROUTE.format())


def _await(settings: Settings, part: parts.Part) -> None:
    wait, last = Event(), ""
    for _ in range(_READY_WITHIN_S * 10):
        try:
            health.probe(settings, part)
        except (OSError, ValueError) as error:
            last = str(error)
            wait.wait(0.1)
        else:
            return
    log = settings.logs / f"{part.name}.log"
    said = log.read_text(errors="replace")[-1500:] if log.exists() else ""
    raise GroundNotReady(f"{part.name} is not up: {last}\n{said}")


def settle(settings: Settings, *, companies: int, stations: int, desks: int) -> Tenants:
    """Companies with so many claimed stations and signed-in people each; every button rings everybody of its company."""
    database, now = open_database(settings), SystemClock().now()
    key = (settings.secrets / "jwt.key").read_text()
    found_stations: list[str] = []
    found_desks: list[Desk] = []
    try:
        for number in range(companies):

            def make(tx: Tx, number: int = number) -> tuple[list[str], list[Desk]]:
                return _company(tx, number, stations, desks, key, now)

            made_stations, made_desks = database.run_sync(make)
            found_stations += made_stations
            found_desks += made_desks
    finally:
        database.close()
    # Neighbours in the list belong to different companies: callers take them in turn.
    order = [found_stations[at] for first in range(stations) for at in range(first, len(found_stations), stations)]
    return Tenants(tuple(order), tuple(found_desks))


def _company(tx: Tx, number: int, stations: int, desks: int, key: str, now: datetime) -> tuple[list[str], list[Desk]]:
    company = tenancy.create_company(tx, f"Bench {number}", now)
    scope = Scope(company.id)
    project = tenancy.create_place(tx, scope, "project", company.id, "Bench", now)
    site = tenancy.create_place(tx, scope, "site", project.id, "Bench", now)
    people: list[str] = []
    signed_in: list[Desk] = []
    for at in range(desks):
        person = tenancy.create_user(
            tx,
            scope,
            name=f"Desk {at}",
            email=f"{new_id('desk')}@bench.example",
            role_id="role_operator",
            password_hash=new_id("nobody"),  # no hash: nobody signs in, the sessions are made here
            now=now,
        )
        session = new_id("session")
        identity_store.add_session(tx, scope, session, person.id, now, now + timedelta(hours=1))
        token, _ = issue_access_token(Principal(person.id, company.id, person.name, session), key, now)
        people.append(person.id)
        signed_in.append(Desk(company.id, token))
    button = directory.Button("main", "Bench", tuple(people))
    made: list[str] = []
    for at in range(stations):
        station = devices.create_station(
            tx, scope, name=f"Door {number}-{at}", place_id=site.id, buttons=(button,), now=now
        )
        device_store.set_claimed(tx, scope, station.id, model="bench", software="bench")
        made.append(station.id)
    return made, signed_in
