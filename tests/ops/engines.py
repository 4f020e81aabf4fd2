"""The real engines of one throw-away installation, without our roles; certificates and plain sockets to talk to them."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from antiphon import settings as settings_room
from antiphon.assembly import installation
from antiphon.assembly.engines import health, parts, ports, supervision
from antiphon.assembly.engines.parts import Part
from antiphon.devices import authority
from antiphon.settings import Settings

READY_WITHIN_S = 30


def free_offset(first: int = 4000) -> int:
    """A port offset at which everything is free now.

    Workers that look at the same moment look at different ports: to look at one is to hold it for that moment.
    """
    worker = int(settings_room.everything().get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for offset in range(first + 150 * worker, first + 900, 30):
        wanted = settings_room.Ports(offset=offset).model_dump()
        if not ports.occupied(ports.listeners(wanted)):
            return offset
    raise AssertionError("no free port offset")


@contextmanager
def data_folder() -> Iterator[Path]:
    """A short path: unix sockets allow 107 characters."""
    folder = Path(tempfile.mkdtemp(prefix="antiphon-ops-", dir="/tmp"))
    try:
        yield folder
    finally:
        supervision.stop_in(folder)
        shutil.rmtree(folder, ignore_errors=True)


def engines(settings: Settings) -> list[Part]:
    return [part for part in parts.parts(settings) if part.kind == "engine"]


def prepare(folder: Path, offset: int) -> Settings:
    settings, _ = installation.prepare(folder, offset=offset, address="127.0.0.1")
    # The two views that Kamailio reads, as tables that a test can write.
    with sqlite3.connect(folder / "db" / "antiphon.sqlite") as database:
        for name, columns in (
            ("revoked_certificates", "serial TEXT"),
            ("sip_accounts", '"user" TEXT, realm TEXT, ha1 TEXT'),
        ):
            found = database.execute("SELECT type FROM sqlite_master WHERE name = ?", (name,)).fetchone()
            if found:
                database.execute(f"DROP {found[0]} {name}")
            database.execute(f"CREATE TABLE {name} ({columns})")
    return settings


def start(settings: Settings) -> None:
    wanted = engines(settings)
    supervision.write_configuration(settings, wanted, settings.advertised_address)
    supervision.start(settings, settings_room.inherited(), attached=True)
    for part in wanted:
        until_up(settings, part)


def until_up(settings: Settings, part: Part, within_s: float = READY_WITHIN_S) -> None:
    """Wait until the part answers its probe; fails with what it says otherwise."""
    wait, last = Event(), ""
    for _ in range(int(within_s / 0.1)):
        try:
            health.probe(settings, part)
        except (OSError, ValueError) as error:
            last = str(error)
            wait.wait(0.1)
        else:
            return
    log = settings.logs / f"{part.name}.log"
    raise AssertionError(f"{part.name} is not up: {last}\n{log.read_text()[-3000:] if log.exists() else ''}")


@dataclass(frozen=True)
class Station:
    """A device certificate in files."""

    device_id: str
    certificate: Path
    key: Path
    serial: str


def station(pki: Path, folder: Path, device_id: str, at: datetime | None = None) -> Station:
    """A certificate of the authority in `pki` for this device id, issued now or at that moment."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    issued = authority.issue_device_certificate(
        pki, request.public_bytes(serialization.Encoding.PEM).decode(), device_id, at or datetime.now(UTC)
    )
    made = Station(device_id, folder / f"{device_id}.crt", folder / f"{device_id}.key", issued.serial)
    made.certificate.write_text(issued.chain_pem)
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


def stranger(folder: Path, device_id: str) -> Station:
    """A certificate of an authority that nobody knows."""
    pki = folder / "stranger"
    authority.ensure_authority(pki, datetime.now(UTC))
    return station(pki, folder, device_id)


def tls(settings: Settings, who: Station | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(settings.pki / "trust.pem"))
    if who is not None:
        context.load_cert_chain(who.certificate, who.key)
    return context


def connect(settings: Settings, port: int, who: Station | None) -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", port), timeout=5)
    return tls(settings, who).wrap_socket(raw, server_hostname="127.0.0.1")
