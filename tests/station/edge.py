"""A platform for one station in tests: a CA, a SIP edge over mutual TLS, and a SIP end with the station's own media."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import itertools
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from antiphon.wire import sip
from antiphon.wire.sip import Effect, Flow, Send, StreamFramer, UserAgent, UserAgentConfig

DEVICE_ID = "dev-under-test"
WITHIN_S = 10.0
_T = TypeVar("_T")


class Authority:
    """A root that signs servers and stations directly."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.root = self._sign("Test root", self.key.public_key(), self.key, ca=True)

    @property
    def trust(self) -> str:
        return _pem(self.root)

    def issue(self, name: str, public_key: object, days: int = 30) -> str:
        return _pem(self._sign(name, public_key, self.key, ca=False, days=days))

    def write_pair(self, path: Path, name: str) -> Path:
        """Key and certificate in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        path.write_text(key_pem(key) + self.issue(name, key.public_key()))
        return path

    def _sign(
        self, name: str, public_key: object, key: ec.EllipticCurvePrivateKey, *, ca: bool, days: int = 30
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        issuer = name if ca else "Test root"
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(public_key)  # type: ignore[arg-type]
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
        )
        if not ca:
            names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(key, hashes.SHA256())


def key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def write_identity(data: Path, authority: Authority, *, sip_port: int, mqtt_port: int = 1) -> None:
    """What a claim leaves in the data folder."""
    data.mkdir(parents=True, exist_ok=True)
    authority.write_pair(data / "identity.pem", DEVICE_ID)
    (data / "trust.pem").write_text(authority.trust)
    platform = {
        "device_id": DEVICE_ID,
        "sip_host": "127.0.0.1",
        "sip_port": sip_port,
        "sip_domain": "antiphon.test",
        "mqtt_host": "127.0.0.1",
        "mqtt_port": mqtt_port,
        "device_https": "https://127.0.0.1:1",
    }
    (data / "platform.json").write_text(json.dumps(platform))


class Edge:
    """Registers the station and lets the test be the other end of its calls."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        self._authority = authority
        self._folder = folder
        counter = itertools.count(1)
        self.agent = UserAgent(UserAgentConfig(), lambda: f"edge{next(counter):08d}")
        self.effects: asyncio.Queue[Effect] = asyncio.Queue()
        self.flow: Flow | None = None
        self.common_name = ""
        self.register_status = 200
        self.answers_pings = True
        self._writers: dict[str, asyncio.StreamWriter] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._authority.write_pair(self._folder / "edge.pem", "edge"))
        context.load_verify_locations(cadata=self._authority.trust)
        context.verify_mode = ssl.CERT_REQUIRED
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        return int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        if self._timer is not None:
            self._timer.cancel()
        self.drop_connections()

    def drop_connections(self) -> None:
        for writer in self._writers.values():
            writer.transport.abort()

    def do(self, effects: list[Effect]) -> None:
        """Carry out what the agent wants."""
        for effect in effects:
            if isinstance(effect, Send):
                self._writers[effect.flow.id].write(effect.data)
            else:
                self.effects.put_nowait(effect)
        if self._timer is not None:
            self._timer.cancel()
        deadline = self.agent.next_deadline()
        if deadline is not None:
            self._timer = asyncio.get_running_loop().call_at(deadline, lambda: self.do(self.agent.tick(self.now())))

    async def expect(self, kind: type[_T]) -> _T:
        """The next effect, which is of this kind."""
        effect = await asyncio.wait_for(self.effects.get(), WITHIN_S)
        assert isinstance(effect, kind), effect
        return effect

    @staticmethod
    def now() -> float:
        return asyncio.get_running_loop().time()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        certificate = writer.get_extra_info("peercert")
        self.common_name = dict(part for parts in certificate["subject"] for part in parts)["commonName"]
        local, remote = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
        flow = Flow(f"flow-{remote[1]}", "tls", (local[0], local[1]), (remote[0], remote[1]))
        self._writers[flow.id] = writer
        framer = StreamFramer()
        try:
            while data := await reader.read(65_536):
                if data.startswith(sip.PING) and self.answers_pings:
                    writer.write(sip.PONG)
                for message in framer.feed(data):
                    if message.startswith(b"REGISTER"):
                        self.flow = flow
                        writer.write(_registered(message, self.register_status))
                    else:
                        self.do(self.agent.receive(flow, message, self.now()))
        except ConnectionError:
            pass
        self._writers.pop(flow.id)
        writer.close()


def _registered(request: bytes, status: int) -> bytes:
    kept = [
        line
        for line in request.split(b"\r\n")
        if line.partition(b":")[0].lower() in (b"via", b"from", b"to", b"call-id", b"cseq", b"contact")
    ]
    head = b"SIP/2.0 %d Answer" % status
    return b"\r\n".join([head, *kept, b"Expires: 120", b"Content-Length: 0", b"", b""])


async def until(condition: Callable[[], bool]) -> None:
    """Wait, within bounds, for what threads count: it has no event to wait on."""
    async with asyncio.timeout(WITHIN_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
