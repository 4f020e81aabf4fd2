"""Hands letters to the installation's mail server over SMTP (RFC 5321), secured by STARTTLS (RFC 3207) or TLS (RFC 8314)."""

from __future__ import annotations

import ssl
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr

import aiosmtplib

from antiphon.clock import Clock
from antiphon.limits import MAIL_STEP_MAX_S
from antiphon.notify.ports import Letter, LetterDelayed, LetterRefused, PostAway
from antiphon.settings import Settings

_NOT_WRITABLE = (
    ValueError,
    MessageError,
)  # what the email package says of addresses and words that no message can hold
_USUAL_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class SmtpPost:
    """One connection a letter. Implements `Post`. What a server says is never kept or logged: it may name people."""

    def __init__(self, settings: Settings, clock: Clock, trust: ssl.SSLContext | None = None) -> None:
        """`trust`: whose certificates are believed; without it the machine's authorities."""
        self._settings, self._clock = settings, clock
        self._trust = trust or ssl.create_default_context()
        name, self._sender = parseaddr(settings.mail_from)
        self._from = Address(display_name=name, addr_spec=self._sender)

    async def send(self, letter: Letter) -> None:
        """Returns when the server has taken it. Raises `PostAway`, `LetterDelayed`, `LetterRefused`."""
        try:
            message = written(letter, self._from, self._clock.now())
        except _NOT_WRITABLE as error:
            raise LetterRefused(error=type(error).__name__) from error
        client = self._client()
        try:
            await self._connect(client)
            await self._hand_over(client, letter, message)
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
        return aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port or _USUAL_PORTS[settings.smtp_security],
            # What is asked for is had or nothing is sent: never in the clear because somebody left STARTTLS out.
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            tls_context=self._trust if settings.smtp_security != "none" else None,
            username=settings.smtp_user or None,
            password=password if settings.smtp_user else None,
            local_hostname=settings.public_name or self._from.domain,
            timeout=MAIL_STEP_MAX_S,
        )

    @staticmethod
    async def _connect(client: aiosmtplib.SMTP) -> None:
        """Up to the sign-in: whatever fails here fails for every letter, and may be put right in the settings."""
        try:
            await client.connect()
        except aiosmtplib.SMTPResponseException as error:
            raise PostAway(smtp_code=error.code, error=type(error).__name__) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise PostAway(error=type(error).__name__) from error

    async def _hand_over(self, client: aiosmtplib.SMTP, letter: Letter, message: EmailMessage) -> None:
        try:
            await client.send_message(message, sender=self._sender, recipients=[letter.to])
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _for_code(error.recipients[0].code) from error
        except aiosmtplib.SMTPSenderRefused as error:  # the settings' sender, not this letter
            raise PostAway(smtp_code=error.code, error=type(error).__name__) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _for_code(error.code) from error
        except aiosmtplib.SMTPNotSupported as error:  # an address that this server can't write to
            raise LetterRefused(error=type(error).__name__) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise PostAway(error=type(error).__name__) from error
        except _NOT_WRITABLE as error:
            raise LetterRefused(error=type(error).__name__) from error


def written(letter: Letter, sender: Address, now: datetime) -> EmailMessage:
    """The letter as a message (RFC 5322) with both bodies. Raises one of `_NOT_WRITABLE` for what can't stand in a header."""
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = sender
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{letter.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    message["Content-Language"] = letter.language  # last: earlier it would be taken for one of the first body alone
    return message


def _for_code(code: int) -> LetterRefused | LetterDelayed:
    """RFC 5321 4.2.1: 4xx may be otherwise later, 5xx is for good."""
    return LetterRefused(smtp_code=code) if code >= 500 else LetterDelayed(smtp_code=code)
