"""Health of every part: one real question to each, asked side by side."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import socket
import ssl
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal  # JSON of the roles comes from outside

from antiphon.assembly.engines import parts as parts_room
from antiphon.assembly.engines import supervision
from antiphon.assembly.engines.parts import Part
from antiphon.assembly.engines.secrets import PLATFORM_USER
from antiphon.devices import authority
from antiphon.settings import Settings

_PATIENCE_S = 2.0
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Health:
    """One part. `detail` says in words what it answered or what is wrong."""

    name: str
    words: str
    state: Literal["up", "starting", "down"]
    since: str | None  # ISO time of the last start
    restarts: int
    detail: str

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def health(settings: Settings) -> list[Health]:
    """Every part that this installation should run, in the order in which they start."""
    known = supervision.kept(settings)
    wanted = sorted(parts_room.parts(settings), key=lambda part: part.order)
    with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        found = list(pool.map(lambda part: _examine(settings, part, known.get(part.name)), wanted))
    for name in parts_room.absent(settings):
        found.append(Health(name, f"role {name}", "down", None, 0, "not part of this build"))
    return found


def _examine(settings: Settings, part: Part, kept: supervision.Kept | None) -> Health:
    if kept is None:
        return Health(part.name, part.words, "down", None, 0, "not running")
    since = datetime.fromtimestamp(kept.since, UTC).isoformat(timespec="seconds") if kept.since else None
    state: Literal["up", "starting", "down"]
    try:
        detail = probe(settings, part)
        state = "up"
    except (OSError, http.client.HTTPException, ValueError) as error:
        detail = str(error) or type(error).__name__
        state = "down" if kept.failing > 1 or kept.state not in ("STARTING", "RUNNING") else "starting"
        if kept.failing:
            detail += f"; ended {kept.failing} times right after its start, see: ./antiphon logs {part.name}"
    return Health(part.name, part.words, state, since, kept.restarts, detail)


def probe(settings: Settings, part: Part) -> str:
    """Ask the part; what it answered, in words. Raises OSError or ValueError with what is wrong."""
    engines: dict[str, Callable[[Settings], str]] = {
        "haproxy": _front,
        "kamailio": _sip_edge,
        "rtpengine": _media,
        "mosquitto": _broker,
        "coturn": _stun,
        parts_room.STATION: _station,
    }
    if part.kind == "role":
        return _role(settings, part.name)
    return engines[part.name](settings)


def _front(settings: Settings) -> str:
    """HTTPS through the front, its certificate checked; what /health/front says is HAProxy's own word."""
    context = ssl.create_default_context(cafile=str(settings.pki / "trust.pem"))
    if settings.portal_certificate:  # the operator's own certificate carries public names only
        context.load_verify_locations(str(settings.portal_certificate))
        context.check_hostname = False
    connection = http.client.HTTPSConnection(LOOPBACK, settings.ports.https, timeout=_PATIENCE_S, context=context)
    try:
        connection.request("GET", "/health/front")
        shown = connection.sock.getpeercert() if isinstance(connection.sock, ssl.SSLSocket) else None
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise ValueError(f"HTTPS answered {answer.status}")
    ends = ssl.cert_time_to_seconds(str((shown or {})["notAfter"]))
    days = (datetime.fromtimestamp(ends, UTC) - datetime.now(UTC)).days
    return f"HTTPS on {settings.ports.https}, its certificate for {days} days"


def _sip_edge(settings: Settings) -> str:
    host, port = LOOPBACK, settings.ports.sip_edge
    with _udp(port) as asked:
        own = f"{host}:{asked.getsockname()[1]}"
        token = secrets.token_hex(8)
        request = (
            f"OPTIONS sip:{host}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{token}\r\nMax-Forwards: 5\r\n"
            f"From: <sip:health@{host}>;tag={token}\r\nTo: <sip:{host}:{port}>\r\nCall-ID: {token}\r\n"
            f"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        )
        asked.send(request.encode())
        status = asked.recv(4096).split(b"\r\n", 1)[0].decode(errors="replace")
    if not status.startswith("SIP/2.0 200"):
        raise ValueError(f"OPTIONS answered {status}")
    return f"SIPS on {settings.ports.sips} and {settings.ports.sips_accounts}, the stations' side for {_edge_days(settings)} days"


def _edge_days(settings: Settings) -> int:
    return (authority.certificate_ends(settings.pki, "edge") - datetime.now(UTC)).days


def _media(settings: Settings) -> str:
    with _udp(settings.ports.ng) as asked:
        cookie = secrets.token_hex(6)
        asked.send(f"{cookie} d7:command4:pinge".encode())
        answer = asked.recv(4096)
    if answer != f"{cookie} d6:result4:ponge".encode():
        raise ValueError("NG ping was not answered with pong")
    return "RTP on {} to {}".format(*settings.ports.rtp)


def _broker(settings: Settings) -> str:
    """MQTT 3.1.1 CONNECT as the platform; CONNACK code 0 means the password file is in force."""
    name, user, word = f"health-{secrets.token_hex(4)}", PLATFORM_USER, settings.secret("mqtt.password")
    body = b"\0\4MQTT\4\xc2\0\x0a" + b"".join(
        struct.pack("!H", len(part)) + part.encode() for part in (name, user, word)
    )
    if len(body) > 127:
        raise ValueError("the broker's password is longer than this check can send")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
        asked.settimeout(_PATIENCE_S)
        asked.connect(str(settings.mqtt_socket))
        asked.sendall(bytes((0x10, len(body))) + body)
        answer = asked.recv(4)
        if answer[:1] != b"\x20" or answer[3:4] != b"\0":
            raise ValueError(f"CONNECT was refused ({answer.hex()})")
        asked.sendall(b"\xe0\0")
    return f"MQTTS on {settings.ports.mqtts}"


def _stun(settings: Settings) -> str:
    with _udp(settings.ports.stun) as asked:
        transaction = os.urandom(12)
        asked.send(struct.pack("!HHI", 1, 0, 0x2112A442) + transaction)  # RFC 8489 binding request
        answer = asked.recv(2048)
    if answer[:2] != b"\x01\x01" or answer[8:20] != transaction:
        raise ValueError("the STUN binding request was not answered")
    return f"STUN and TURN on {settings.ports.stun}"


def _role(settings: Settings, name: str) -> str:
    connection = UnixConnection(settings.run / f"{name}.sock")
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        told = answer.read(65_536)
    finally:
        connection.close()
    if answer.status != 200:
        raise ValueError(_reason(told) or f"not ready ({answer.status})")
    return "ready"


def _reason(told: bytes) -> str:
    try:
        value: Any = json.loads(told)
    except ValueError:
        return ""
    return "not ready: " + json.dumps(value, ensure_ascii=False)[:300]


def _station(settings: Settings) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
        asked.settimeout(_PATIENCE_S)
        asked.connect(str(settings.stations / "demo" / "control.sock"))
        asked.sendall(b'{"do": "status"}\n')
        told = b""
        while not told.endswith(b"\n") and len(told) < 262_144:
            piece = asked.recv(65_536)
            if not piece:
                break
            told += piece
    value: Any = json.loads(told)
    if value.get("registration") != "registered" or value.get("messaging") != "online":
        raise ValueError(f"registration {value.get('registration')}, messaging {value.get('messaging')}")
    return "registered and online"


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_PATIENCE_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_PATIENCE_S)
        self.sock.connect(str(self._path))


def _udp(port: int) -> socket.socket:
    asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asked.settimeout(_PATIENCE_S)
    asked.connect((LOOPBACK, port))
    return asked
