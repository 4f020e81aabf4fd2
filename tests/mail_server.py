"""A mail server on loopback, inside the test: takes mail, refuses it, goes away and comes back at the same port."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import logging
import ssl
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass
class MailServer:
    """`took` holds what was delivered. Answers are changed while it runs."""

    security: str = "none"
    tls: ssl.SSLContext | None = None
    account: tuple[str, str] | None = None
    took: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str | None, list[str]]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)  # recipient -> answer
    content_answer: str = "250 OK"
    encrypted: list[bool] = field(default_factory=list)  # of each mail taken
    port: int = 0
    _listening: asyncio.Server | None = None
    delivered: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Listen, at the port of before if there was one."""
        # The server's own log is nothing of ours. Said here, because whoever sets up logging in a test says otherwise.
        logging.getLogger("mail.log").disabled = True
        outer = self.tls if self.security == "tls" else None
        self._listening = await asyncio.get_running_loop().create_server(
            self._protocol, "127.0.0.1", self.port, ssl=outer
        )
        self.port = self._listening.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Nobody listens there any more."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None

    def _protocol(self) -> SMTP:
        return SMTP(
            self,
            hostname="mail.example",
            enable_SMTPUTF8=False,
            tls_context=self.tls if self.security == "starttls" else None,
            require_starttls=self.security == "starttls",
            auth_required=self.account is not None,
            auth_require_tls=self.security == "starttls",
            authenticator=self._admits,
        )

    def _admits(self, _server: SMTP, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        said = (given.login.decode(), given.password.decode()) if isinstance(given, LoginPassword) else None
        return AuthResult(success=said == self.account)

    async def handle_RCPT(  # noqa: N802 - the server's own name for it
        self, _server: SMTP, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - as above
        if self.content_answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            message = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.took.append(message)
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
            self.delivered.set()
            self.encrypted.append(server.transport.get_extra_info("cipher") is not None)
        return self.content_answer


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server on 127.0.0.1 shows, and what trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    both = folder / "mail.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both.write_bytes(private + made.public_bytes(Encoding.PEM))
    shows = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shows.load_cert_chain(both)
    trusts = ssl.create_default_context(cadata=made.public_bytes(Encoding.PEM).decode())
    return shows, trusts


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    """The body of that kind."""
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())
