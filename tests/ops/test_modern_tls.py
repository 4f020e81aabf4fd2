"""TLS of every listener as a scanner from outside sees it, and that the scanner sees what it should (P7)."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from antiphon.assembly.engines import modern_tls, ports
from antiphon.settings import Settings
from ops import engines
from ops.tls_scan import findings, renegotiates, weaknesses

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("engines")]

# STUN and TURN: what passes the relay is SRTP already, and its credentials are hashed (docs/fuzzing.md).
PLAIN = {"stun"}
LISTENERS = [
    name
    for name, (_, protocols, loopback) in ports._LISTENERS.items()
    if "tcp" in protocols and not loopback and name not in PLAIN
]


@pytest.mark.parametrize("name", LISTENERS)
def test_a_listener_offers_modern_tls_and_nothing_else(running: Settings, door: engines.Station, name: str) -> None:
    port = getattr(running.ports, name)
    assert weaknesses(port, certificate=door.certificate, key=door.key) == []


@pytest.mark.parametrize("name", LISTENERS)
def test_a_client_cannot_start_another_handshake(running: Settings, door: engines.Station, name: str) -> None:
    trust = running.pki / "root.crt"
    assert not renegotiates(getattr(running.ports, name), trust, certificate=door.certificate, key=door.key)


@pytest.mark.parametrize("name", LISTENERS)
def test_a_listener_shows_a_chain_up_to_the_root_alone(running: Settings, door: engines.Station, name: str) -> None:
    context = ssl.create_default_context(cafile=str(running.pki / "root.crt"))
    context.load_cert_chain(door.certificate, door.key)
    with (
        socket.create_connection(("127.0.0.1", getattr(running.ports, name)), timeout=5) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as connection,
    ):
        assert connection.version() == "TLSv1.3"


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", LISTENERS)
def test_a_thorough_scanner_finds_nothing_serious(running: Settings, tmp_path: Path, name: str) -> None:
    port = getattr(running.ports, name)
    assert findings(port, running.pki / "root.crt", tmp_path / "found.json") == {}


# -- planted: a listener that is weak in one way ---------------------------------------------------------------------


WEAK = {
    "TLS 1.1": ("TLSv1.1", "ALL:@SECLEVEL=0", modern_tls.variables()["groups"], "tls 1.1 is offered"),
    "no forward secrecy in its mode": (
        "TLSv1.2",
        modern_tls.variables()["ciphers"] + ":ECDHE-ECDSA-AES128-SHA",
        modern_tls.variables()["groups"],
        "TLSv1.2 takes ECDHE-ECDSA-AES128-SHA",
    ),
    "a finite-field group": (
        "TLSv1.2",
        modern_tls.variables()["ciphers"],
        "X25519:ffdhe8192",
        "TLSv1.3 takes the group ffdhe8192",
    ),
}


@pytest.mark.parametrize("weakness", WEAK)
def test_a_weak_listener_is_found(running: Settings, tmp_path: Path, weakness: str) -> None:
    oldest, ciphers, groups, words = WEAK[weakness]
    with weak_front(running, tmp_path, oldest, ciphers, groups) as port:
        assert words in weaknesses(port)


def test_a_server_that_lets_clients_start_over_is_found(running: Settings) -> None:
    port = free_port()
    pair = str(running.conf / "portal.pem")
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pair, "-key", pair, "-cert_chain", pair]
    with program(*command, "-tls1_2", "-client_renegotiation", "-naccept", "2", "-quiet", port=port):
        assert renegotiates(port, running.pki / "root.crt")


@contextmanager
def weak_front(settings: Settings, folder: Path, oldest: str, ciphers: str, groups: str) -> Iterator[int]:
    """A front of its own with these TLS settings."""
    port = free_port()
    configuration = folder / "haproxy.cfg"
    configuration.write_text(
        f"global\n    ssl-default-bind-options ssl-min-ver {oldest}\n    ssl-default-bind-ciphers {ciphers}\n"
        f"    ssl-default-bind-curves {groups}\n"
        "defaults\n    mode http\n    timeout client 5s\n    timeout connect 5s\n    timeout server 5s\n"
        f"frontend weak\n    bind 127.0.0.1:{port} ssl crt {settings.conf}/portal.pem\n    http-request return status 204\n"
    )
    with program("/usr/sbin/haproxy", "-db", "-f", str(configuration), port=port):
        yield port


@contextmanager
def program(*command: str, port: int) -> Iterator[None]:
    """Runs while it is needed, from when it listens."""
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until_open(port)
        yield
    finally:
        started.kill()
        started.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def until_open(port: int) -> None:
    waited = Event()
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        waited.wait(0.05)
    raise AssertionError("nothing listens")
