"""Server certificates near their end are replaced in every engine, while connections that stand go on."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from cryptography import x509

from antiphon.assembly.certificates import ServerCertificates
from antiphon.assembly.engines import health, render, supervision
from antiphon.clock import SystemClock
from antiphon.devices import authority
from antiphon.gateways.edge import EngineEdge
from antiphon.limits import SERVER_CERTIFICATE_DAYS
from antiphon.settings import Settings
from ops import engines
from ops.test_front_and_broker import Messaging

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("engines")]


def shown(settings: Settings, port: int, who: engines.Station) -> int:
    """Serial number of the certificate that this port shows."""
    with engines.connect(settings, port, who) as connection:
        der = connection.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der).serial_number


def age(settings: Settings) -> None:
    """Certificates as they are in an installation that has run for more than a year."""
    issued = datetime.now(UTC) - timedelta(days=SERVER_CERTIFICATE_DAYS - 10)
    for name in ("edge", "portal"):
        (settings.pki / f"{name}.crt").unlink()
        authority.ensure_server_certificate(
            settings.pki, name, dns=["localhost", settings.realm], addresses=["127.0.0.1"], now=issued
        )
    render.write_pairs(settings)


async def test_certificates_near_their_end_are_renewed_without_dropping_anybody(
    running: Settings, door: engines.Station
) -> None:
    age(running)
    certificates = ServerCertificates(running, EngineEdge(running), SystemClock())
    assert certificates.days_left() in (9, 10)
    assert certificates.alarm() == f"a server certificate ends in {certificates.days_left()} days"
    ports = running.ports
    listeners = (ports.https, ports.device_https, ports.sips, ports.mqtts)
    before = {port: shown(running, port, door) for port in listeners}
    starts = {name: kept.restarts for name, kept in supervision.kept(running).items()}
    with (
        engines.connect(running, ports.sips, door) as phone,
        engines.connect(running, ports.mqtts, door) as broker,
        engines.connect(running, ports.https, door) as browser,
    ):
        assert Messaging(broker).accepted
        await certificates.look()
        wait = Event()
        for _ in range(100):
            if all(shown(running, port, door) != before[port] for port in listeners):
                break
            wait.wait(0.1)
        else:
            raise AssertionError("an engine still shows its old certificate after ten seconds")
        assert answered(phone, b"\r\n\r\n") == b"\r\n", "the SIP connection was dropped"
        assert answered(broker, b"\xc0\0") == b"\xd0\0", "the MQTT session was dropped"
        request = b"GET /health/front HTTP/1.1\r\nHost: localhost\r\n\r\n"
        assert answered(browser, request).startswith(b"HTTP/1.1 200"), "the HTTPS connection was dropped"
    assert certificates.alarm() is None
    assert {name: kept.restarts for name, kept in supervision.kept(running).items()} == starts
    front = next(part for part in health.health(running) if part.name == "haproxy")
    assert f"its certificate for {certificates.days_left()} days" in front.detail


async def test_fresh_certificates_are_left_alone(running: Settings, door: engines.Station) -> None:
    certificates = ServerCertificates(running, EngineEdge(running), SystemClock())
    await certificates.look()
    before = shown(running, running.ports.sips, door)
    await certificates.look()
    assert shown(running, running.ports.sips, door) == before


def answered(connection: ssl.SSLSocket, data: bytes) -> bytes:
    connection.settimeout(5)
    connection.sendall(data)
    try:
        return connection.recv(4096)
    except (TimeoutError, ConnectionError) as error:
        return repr(error).encode()
