"""Facts become mails, once; mails reach a real server, are tried again while it is away, and given up after a day."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import get_args

import pytest
import structlog
from structlog.testing import capture_logs
from structlog.typing import EventDict

from antiphon import identity, log, tenancy
from antiphon.clock import new_id
from antiphon.database import PLATFORM, Database
from antiphon.events import Fact, PasswordLinkAsked, PersonInvited, RightsChanged, SignInChange, SignInChanged
from antiphon.gateways.mail import SmtpPost
from antiphon.identity import invitations
from antiphon.identity.links import user_of_password_link
from antiphon.limits import MAIL_GIVEN_UP_AFTER_S, MAIL_LOOK_S, MAIL_RETRY_MIN_S, MAILS_KEPT_DAYS, PASSWORD_LINK_VALID_S
from antiphon.notify import Mailroom, forget_old_mails, service
from antiphon.notify.store import mails
from antiphon.settings import Settings
from mail_server import MailServer, text_of
from residents import StillClock, Tenant

PORTAL = "https://portal.example"
CLARA = "clara@salzach.example"


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    one = MailServer()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
def mailroom(settings: Settings, database: Database, clock: StillClock, server: MailServer) -> Mailroom:
    mail = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none"}
    with_mail = settings.model_copy(update=mail | {"mail_from": "door@antiphon.example"})
    return Mailroom(database, clock, SmtpPost(with_mail, clock), settings.secret("token.key"), PORTAL)


Invite = Callable[..., PersonInvited]


@pytest.fixture
def invite(database: Database, tenant: Tenant, clock: StillClock) -> Invite:
    """Invites somebody by mail; the fact of it."""

    def make(email: str = CLARA, language: tenancy.Language = "de", mailed: bool = True) -> PersonInvited:
        with database.transaction() as tx:
            made = invitations.invite(
                tx,
                tenant.scope,
                email=email,
                name="Clara",
                role_id="role_operator",
                place_id=tenant.site.id,
                language=language,
                now=clock.now(),
                invited_by=tenant.owner.id,
                mailed=mailed,
            )
        return PersonInvited(new_id("fact"), tenant.company.id, clock.now(), made.id)

    return make


def forgot(tenant: Tenant, clock: StillClock) -> PasswordLinkAsked:
    return PasswordLinkAsked(new_id("fact"), tenant.company.id, clock.now(), tenant.operator.id)


def queue(database: Database) -> list[tuple[str, str | None, int]]:
    """State, reason and tries of every mail."""
    with database.transaction() as tx:
        rows = tx.all(PLATFORM, mails, order_by=(mails.c.id,))
    return [(row["state"], row["reason"], row["tries"]) for row in rows]


def told_mailed(database: Database, fact: PersonInvited, tenant: Tenant) -> bool:
    with database.transaction() as tx:
        return identity.invitation(tx, tenant.scope, fact.invitation_id).mailed


def token_in(text: str, page: str) -> str:
    (found,) = [line for line in text.splitlines() if line.startswith(f"{PORTAL}/{page}#")]
    return found.partition("#")[2].strip()


async def test_an_invited_person_gets_a_link_that_works(
    mailroom: Mailroom, server: MailServer, invite: Invite, database: Database, settings: Settings, clock: StillClock
) -> None:
    fact = invite()
    await mailroom.take(fact)
    assert await mailroom.send_due() == MAIL_LOOK_S
    (message,) = server.took
    assert (message["To"], message["Subject"]) == (CLARA, "Einladung von Salzach")
    assert "Anna lädt Sie zu Salzach (Rainerstraße 12) ein." in text_of(message)
    token = token_in(text_of(message), "join")
    with database.transaction() as tx:
        assert invitations.by_token(tx, settings.secret("token.key"), token, clock.now()).id == fact.invitation_id
    assert token in text_of(message, "html")
    assert queue(database) == [("sent", None, 1)]


async def test_the_language_is_that_of_the_invitation(mailroom: Mailroom, server: MailServer, invite: Invite) -> None:
    await mailroom.take(invite(language="en"))
    await mailroom.send_due()
    assert server.took[0]["Subject"] == "Invitation from Salzach"
    assert server.took[0]["Content-Language"] == "en"


async def test_who_forgot_their_password_gets_a_link_that_works(
    mailroom: Mailroom, server: MailServer, database: Database, tenant: Tenant, settings: Settings, clock: StillClock
) -> None:
    await mailroom.take(forgot(tenant, clock))
    await mailroom.send_due()
    (message,) = server.took
    assert (message["To"], message["Subject"]) == (tenant.operator.email, "New password for Antiphon")
    assert "until 10:00" in text_of(message), "Vienna's time"
    token = token_in(text_of(message), "reset")
    with database.transaction() as tx:
        assert user_of_password_link(tx, settings.secret("token.key"), token, clock.now()) == tenant.operator


async def test_whose_sign_in_changed_is_told_and_led_to_their_profile(
    mailroom: Mailroom, server: MailServer, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    for change in get_args(SignInChange):
        fact = SignInChanged(new_id("fact"), tenant.company.id, clock.now(), tenant.operator.id, change)
        await mailroom.take(fact)
        await mailroom.take(fact)
    await mailroom.send_due()
    assert [message["To"] for message in server.took] == [tenant.operator.email] * len(get_args(SignInChange))
    assert {message["Subject"] for message in server.took} == {"Your sign-in for Antiphon was changed"}
    told = {text_of(message) for message in server.took}
    assert len(told) == len(get_args(SignInChange))
    assert all(f"{PORTAL}/portal/profile" in text for text in told)
    assert all("at 09:00" in text for text in told), "Vienna's time"


async def test_another_address_is_told_at_the_one_of_before_which_is_not_kept(
    mailroom: Mailroom, server: MailServer, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    before, now = tenant.operator.email, clock.now()
    with database.transaction() as tx:
        tenancy.change_user(tx, tenant.scope, tenant.operator.id, now, email="office@salzach.example")
    await mailroom.take(
        SignInChanged(new_id("fact"), tenant.company.id, now, tenant.operator.id, "email_changed", before)
    )
    await mailroom.send_due()
    (message,) = server.took
    assert message["To"] == before
    assert "office@salzach.example" not in text_of(message), "whoever reads the old mailbox learns no new address"
    with database.transaction() as tx:
        assert [row["address"] for row in tx.all(PLATFORM, mails)] == [None]


async def test_who_is_deactivated_is_told_nothing(
    mailroom: Mailroom, server: MailServer, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    for user_id in (tenant.operator.id, new_id("user")):
        fact = SignInChanged(new_id("fact"), tenant.company.id, clock.now(), user_id, "password_changed")
        await mailroom.take(fact)
    with database.transaction() as tx:
        tenancy.change_user(tx, tenant.scope, tenant.operator.id, clock.now(), active=False)
    await mailroom.send_due()
    assert server.took == []
    assert queue(database) == [("dropped", "gone", 1), ("dropped", "gone", 1)]


async def test_who_chose_no_language_is_written_to_in_that_of_their_place(
    mailroom: Mailroom, server: MailServer, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    with database.transaction() as tx:
        tx.update(tenant.scope, tenancy.user_rows, values={"language": None}, id=tenant.operator.id)
    await mailroom.take(forgot(tenant, clock))
    await mailroom.send_due()
    assert server.took[0]["Subject"] == "Neues Passwort für Antiphon"


async def test_the_same_fact_twice_is_one_mail(
    mailroom: Mailroom, server: MailServer, invite: Invite, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    for fact in (invite(), forgot(tenant, clock)):
        await mailroom.take(fact)
        await mailroom.take(fact)
        await mailroom.send_due()
        await mailroom.take(fact)
    await mailroom.send_due()
    assert len(server.took) == 2
    assert len(queue(database)) == 2


async def test_other_facts_are_nobodys_mail(
    mailroom: Mailroom, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    fact: Fact = RightsChanged(new_id("fact"), tenant.company.id, clock.now(), None)
    await mailroom.take(fact)
    assert queue(database) == []


async def test_without_a_mail_server_nothing_is_queued(
    settings: Settings, invite: Invite, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    without = Mailroom(database, clock, None, settings.secret("token.key"), PORTAL)
    fact = invite()
    await without.take(fact)
    await without.take(forgot(tenant, clock))
    assert queue(database) == []
    assert not told_mailed(database, fact, tenant), "whoever invited hands the link over"


async def test_who_was_told_that_no_mail_goes_out_finds_none_sent(
    mailroom: Mailroom, invite: Invite, database: Database
) -> None:
    await mailroom.take(invite(mailed=False))
    assert queue(database) == []


async def test_an_invitation_that_was_withdrawn_or_used_is_not_sent(
    mailroom: Mailroom, server: MailServer, invite: Invite, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    withdrawn, used = invite(), invite("bernd@salzach.example")
    for fact in (withdrawn, used):
        await mailroom.take(fact)
    with database.transaction() as tx:
        invitations.withdraw(tx, tenant.scope, withdrawn.invitation_id)
        found = identity.invitation(tx, tenant.scope, used.invitation_id)
        invitations.accept(tx, found, tenant.operator, clock.now())
    await mailroom.send_due()
    assert server.took == []
    assert queue(database) == [("dropped", "gone", 1), ("dropped", "gone", 1)]


async def test_a_server_that_was_away_gets_everything_once_when_it_is_back(
    mailroom: Mailroom, server: MailServer, invite: Invite, database: Database, clock: StillClock
) -> None:
    await server.stop()
    for number in range(3):
        await mailroom.take(invite(f"guest{number}@salzach.example"))
    assert await mailroom.send_due() is None
    assert sum(tries for _, _, tries in queue(database)) == 1, "one that finds it away is enough"
    for _minute in range(30):
        clock.advance(MAIL_RETRY_MIN_S)
        await mailroom.send_due()
    await server.start()
    clock.advance(MAIL_GIVEN_UP_AFTER_S / 2)
    assert await mailroom.send_due() == MAIL_LOOK_S
    assert sorted(str(message["To"]) for message in server.took) == [f"guest{n}@salzach.example" for n in range(3)]
    assert {state for state, _, _ in queue(database)} == {"sent"}


async def test_after_a_day_a_mail_is_given_up_and_the_invitation_says_so(
    mailroom: Mailroom, server: MailServer, invite: Invite, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    await server.stop()
    fact = invite()
    await mailroom.take(fact)
    asked, tries = clock.now(), 0
    while queue(database)[0][0] == "waiting":
        await mailroom.send_due()
        tries += 1
        clock.advance(3_600)
        assert clock.now() - asked <= timedelta(seconds=MAIL_GIVEN_UP_AFTER_S + 7_200)
    assert queue(database) == [("given_up", "too_late", tries - 1)]
    assert not told_mailed(database, fact, tenant)
    await server.start()
    await mailroom.send_due()
    assert server.took == []


async def test_a_link_for_a_password_is_given_up_with_its_hour(
    mailroom: Mailroom, server: MailServer, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    await server.stop()
    await mailroom.take(forgot(tenant, clock))
    await mailroom.send_due()
    clock.advance(PASSWORD_LINK_VALID_S)
    await server.start()
    await mailroom.send_due()
    assert server.took == []
    assert queue(database) == [("given_up", "too_late", 1)]


async def test_a_refused_recipient_ends_that_mail_and_no_other(
    mailroom: Mailroom, server: MailServer, invite: Invite, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    server.refuses[CLARA] = "550 no such mailbox"
    refused = invite()
    await mailroom.take(refused)
    await mailroom.take(invite("dora@salzach.example"))
    await mailroom.send_due()
    assert [message["To"] for message in server.took] == ["dora@salzach.example"]
    assert queue(database) == [("given_up", "refused", 1), ("sent", None, 1)]
    assert not told_mailed(database, refused, tenant)


async def test_a_recipient_that_is_greylisted_is_tried_again(
    mailroom: Mailroom, server: MailServer, invite: Invite, database: Database, clock: StillClock
) -> None:
    server.refuses[CLARA] = "451 come back later"
    await mailroom.take(invite())
    assert await mailroom.send_due() == MAIL_RETRY_MIN_S
    del server.refuses[CLARA]
    await mailroom.send_due()
    assert server.took == [], "not before its time"
    clock.advance(MAIL_RETRY_MIN_S)
    await mailroom.send_due()
    assert queue(database) == [("sent", None, 2)]


async def test_two_workers_send_a_mail_once(
    settings: Settings, mailroom: Mailroom, server: MailServer, invite: Invite, database: Database, clock: StillClock
) -> None:
    """The other one looks while the first has begun."""
    fact = invite()
    await mailroom.take(fact)

    class Meanwhile:
        async def send(self, letter: object) -> None:
            await mailroom.send_due()

    beside = Mailroom(database, clock, Meanwhile(), settings.secret("token.key"), PORTAL)
    await beside.send_due()
    assert server.took == []
    assert queue(database) == [("sent", None, 1)]


async def test_what_became_of_a_mail_is_forgotten_after_a_while(
    mailroom: Mailroom, server: MailServer, invite: Invite, database: Database, clock: StillClock
) -> None:
    await mailroom.take(invite())
    await mailroom.send_due()
    clock.advance(MAILS_KEPT_DAYS * 86_400 - 1)
    with database.transaction() as tx:
        assert forget_old_mails(tx, clock.now()) == 0
    clock.advance(1)
    with database.transaction() as tx:
        assert forget_old_mails(tx, clock.now()) == 1


@contextmanager
def every_line() -> Iterator[list[EventDict]]:
    """What is logged meanwhile, whatever other tests let through."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    try:
        with capture_logs() as lines:
            yield lines
    finally:
        structlog.configure(**before)


async def test_neither_the_queue_nor_the_log_holds_an_address_or_a_link(
    mailroom: Mailroom,
    server: MailServer,
    invite: Invite,
    database: Database,
    tenant: Tenant,
    clock: StillClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.refuses[CLARA] = f"550 no mailbox {CLARA}"
    monkeypatch.setattr(service, "_log", log.get("notify"))  # one that no other test's role has put to use yet
    with every_line() as lines, caplog.at_level(logging.DEBUG):
        await mailroom.take(invite())
        await mailroom.take(forgot(tenant, clock))
        await mailroom.send_due()
    assert {line["event"] for line in lines} >= {"mail given up", "mail sent"}
    with database.transaction() as tx:
        kept = [str(lines), caplog.text, str(tx.all(PLATFORM, mails))]
    for secret in ("@", "Clara", "Bernd", "join#", "reset#", "mailbox"):
        assert not any(secret in one for one in kept), secret


async def test_the_worker_sends_what_is_queued_at_once(mailroom: Mailroom, server: MailServer, invite: Invite) -> None:
    working = asyncio.create_task(mailroom.run())
    try:
        await mailroom.take(invite())
        await asyncio.wait_for(server.delivered.wait(), 10)
    finally:
        working.cancel()
