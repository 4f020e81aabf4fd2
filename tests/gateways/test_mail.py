"""Letters on their way to a real mail server: in the clear, by STARTTLS, by TLS, refused, delayed."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from antiphon.gateways.mail import SmtpPost
from antiphon.notify.ports import Letter, LetterDelayed, LetterRefused, PostAway
from antiphon.settings import Settings
from mail_server import MailServer, certificate, text_of
from residents import StillClock

LETTER = Letter(
    "mail_01k2x3y4z5a6b7c8d9e0f1g2h3",
    "clara@salzach.example",
    "de",
    "Einladung von Müller & Söhne",
    "Grüß Gott\n\nhttps://portal.example/join#x\n",
    "<p>Grüß Gott</p>\n",
)
Posts = Callable[..., SmtpPost]


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certificate(tmp_path)


@pytest.fixture
async def server(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> AsyncIterator[MailServer]:
    """Not listening yet."""
    one = MailServer(tls=tls[0])
    yield one
    await one.stop()


@pytest.fixture
def post(
    settings: Settings, clock: StillClock, server: MailServer, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> Posts:
    def make(trust: ssl.SSLContext | None = tls[1], **given: object) -> SmtpPost:
        usual = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "mail_from": "Antiphon <door@antiphon.example>"}
        return SmtpPost(Settings(data=settings.data, **(usual | given)), clock, trust)  # type: ignore[arg-type]

    return make


async def test_a_letter_arrives_with_both_bodies(server: MailServer, post: Posts) -> None:
    await server.start()
    await post(smtp_security="none").send(LETTER)
    (message,) = server.took
    assert server.envelopes == [("door@antiphon.example", ["clara@salzach.example"])]
    assert message["From"] == "Antiphon <door@antiphon.example>"
    assert message["To"] == "clara@salzach.example"
    assert message["Subject"] == "Einladung von Müller & Söhne"
    assert message["Message-ID"] == "<mail_01k2x3y4z5a6b7c8d9e0f1g2h3@antiphon.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Mon, 02 Mar 2026 08:00:00 +0000"
    assert text_of(message).replace("\r\n", "\n") == LETTER.text
    assert text_of(message, "html").replace("\r\n", "\n") == LETTER.html


@pytest.mark.parametrize(("security", "encrypted"), [("none", False), ("starttls", True), ("tls", True)])
async def test_each_kind_of_security(server: MailServer, post: Posts, security: str, encrypted: bool) -> None:
    server.security = security
    await server.start()
    await post(smtp_security=security).send(LETTER)
    assert server.encrypted == [encrypted]


async def test_a_server_without_starttls_gets_nothing_in_the_clear(server: MailServer, post: Posts) -> None:
    await server.start()
    with pytest.raises(PostAway):
        await post(smtp_security="starttls").send(LETTER)
    assert server.took == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_server_that_nobody_vouches_for_gets_nothing(server: MailServer, post: Posts, security: str) -> None:
    server.security = security
    await server.start()
    with pytest.raises(PostAway):
        await post(trust=None, smtp_security=security).send(LETTER)
    assert server.took == []


async def test_signing_in(server: MailServer, post: Posts) -> None:
    server.security, server.account = "starttls", ("antiphon", "open-sesame")
    await server.start()
    await post(smtp_user="antiphon", smtp_password="open-sesame").send(LETTER)
    assert len(server.took) == 1
    with pytest.raises(PostAway) as refused:
        await post(smtp_user="antiphon", smtp_password="wrong").send(LETTER)
    assert "wrong" not in str(refused.value.fields)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("550 no such mailbox clara@salzach.example", LetterRefused), ("451 greylisted, come back", LetterDelayed)],
)
async def test_a_recipient_that_is_not_taken(
    server: MailServer, post: Posts, answer: str, outcome: type[LetterRefused | LetterDelayed]
) -> None:
    await server.start()
    server.refuses[LETTER.to] = answer
    with pytest.raises(outcome) as refused:
        await post(smtp_security="none").send(LETTER)
    assert refused.value.fields == {"smtp_code": int(answer[:3])}
    assert "clara" not in str(refused.value), "what a server says may name people"


@pytest.mark.parametrize(("answer", "outcome"), [("554 spam", LetterRefused), ("452 disk full", LetterDelayed)])
async def test_content_that_is_not_taken(
    server: MailServer, post: Posts, answer: str, outcome: type[LetterRefused | LetterDelayed]
) -> None:
    await server.start()
    server.content_answer = answer
    with pytest.raises(outcome):
        await post(smtp_security="none").send(LETTER)


async def test_a_server_that_is_away(server: MailServer, post: Posts) -> None:
    await server.start()
    away = post(smtp_security="none")
    await server.stop()
    with pytest.raises(PostAway):
        await away.send(LETTER)


@pytest.mark.parametrize("to", ["müller@salzach.example", "a\nb@salzach.example", "clara@müller.example", "a@b@c"])
async def test_an_address_that_this_server_can_not_write_to(server: MailServer, post: Posts, to: str) -> None:
    await server.start()
    letter = Letter("mail_1", to, "en", "S", "t", "h")
    with pytest.raises(LetterRefused):
        await post(smtp_security="none").send(letter)


async def test_a_subject_never_becomes_a_header(server: MailServer, post: Posts) -> None:
    await server.start()
    letter = Letter("mail_1", LETTER.to, "en", "S\r\nBcc: eva@inn.example", "t", "h")
    with pytest.raises(LetterRefused):
        await post(smtp_security="none").send(letter)
    assert server.took == []


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"mail_from": ""}, "mail_from"),
        ({"mail_from": "Antiphon\nBcc: eva@inn.example <a@b.example>"}, "mail_from"),
        ({"smtp_security": "none", "smtp_user": "u", "smtp_password": "open-sesame"}, "readable for everybody"),
        ({"smtp_user": "u"}, "belong together"),
        ({"smtp_password": "open-sesame"}, "belong together"),
        ({"smtp_security": "ssl"}, "smtp_security"),
    ],
)
def test_settings_that_would_not_work_are_refused_without_telling_the_password(
    tmp_path: Path, given: dict[str, str], wrong: str
) -> None:
    usual = {"smtp_host": "mail.example", "mail_from": "door@antiphon.example"}
    with pytest.raises(ValidationError, match=wrong) as refused:
        Settings(data=tmp_path, **(usual | given))  # type: ignore[arg-type]
    assert "open-sesame" not in str(refused.value)


def test_no_mail_server_is_no_mail(tmp_path: Path) -> None:
    assert not Settings(data=tmp_path).sends_mail
