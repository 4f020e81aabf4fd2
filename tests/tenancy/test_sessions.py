"""Sessions beside HTTP: what ends them, what the rest of the house hears, what runs out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from antiphon import tenancy
from antiphon.database import PLATFORM, Database, outbox
from antiphon.errors import NotFound
from antiphon.events import Fact, SessionsEnded
from antiphon.limits import REFRESH_TOKEN_S
from antiphon.settings import Settings
from antiphon.tenancy import SessionEnded, TokenExpired, public_key_pem, verify_access_token
from antiphon.tenancy.model import WeakPassword, WrongCredentials
from antiphon.tenancy.service import Sessions, SignedIn, change_user
from antiphon.tenancy.store import user_sessions
from residents import PASSWORD, StillClock, Tenant


@pytest.fixture
def sessions(settings: Settings, database: Database, clock: StillClock) -> Sessions:
    return Sessions(database, clock, settings.secret("jwt.key"))


async def test_a_password_set_on_the_machine_ends_every_session(
    sessions: Sessions, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    signed_in = await sessions.sign_in(tenant.operator.email, PASSWORD, "192.0.2.1", None)
    new = tenancy.new_password()
    with database.transaction() as tx:
        assert tenancy.set_password(tx, " Bernd@SALZACH.example", new, clock.now()).id == tenant.operator.id
    with pytest.raises(SessionEnded):
        await sessions.refresh(signed_in.refresh_token)
    with pytest.raises(WrongCredentials):
        await sessions.sign_in(tenant.operator.email, PASSWORD, "192.0.2.1", None)
    assert (await sessions.sign_in(tenant.operator.email, new, "192.0.2.1", None)).user == tenant.operator


def test_setting_a_password_keeps_the_rules(database: Database, tenant: Tenant, clock: StillClock) -> None:
    with pytest.raises(NotFound), database.transaction() as tx:
        tenancy.set_password(tx, "nobody@salzach.example", tenancy.new_password(), clock.now())
    with pytest.raises(WeakPassword), database.transaction() as tx:
        tenancy.set_password(tx, tenant.operator.email, "short", clock.now())


def session_of(signed_in: SignedIn, settings: Settings) -> str:
    key = public_key_pem(settings.secret("jwt.key"))
    return verify_access_token(signed_in.access_token, key, signed_in.expires_at - timedelta(seconds=1)).session_id


async def test_the_house_hears_which_sessions_ended(
    sessions: Sessions,
    database: Database,
    tenant: Tenant,
    clock: StillClock,
    settings: Settings,
    tmp_path: Path,
) -> None:
    first = await sessions.sign_in(tenant.operator.email, PASSWORD, "192.0.2.1", None)
    second = await sessions.sign_in(tenant.operator.email, PASSWORD, "192.0.2.1", None)
    await sessions.sign_out(first.refresh_token)
    await sessions.sign_out(first.refresh_token)
    with database.transaction() as tx:
        change_user(tx, tenant.scope, tenant.operator.id, clock.now(), active=False)
    heard: list[Fact] = []

    async def hear(fact: Fact) -> None:
        heard.append(fact)

    await outbox.Drain(database, hear, clock, tmp_path / "outbox.sock").deliver()
    assert [fact.session_ids for fact in heard if isinstance(fact, SessionsEnded)] == [
        (session_of(signed_in, settings),) for signed_in in (first, second)
    ]


async def test_a_password_that_changes_while_it_is_checked_wins(
    sessions: Sessions, database: Database, tenant: Tenant, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed_meanwhile(stored: str | None, _password: str) -> bool:
        with database.transaction() as tx:
            tenancy.set_password(tx, tenant.operator.email, tenancy.new_password(), clock.now())
        return stored is not None

    monkeypatch.setattr(tenancy.service, "password_matches", changed_meanwhile)
    with pytest.raises(WrongCredentials):
        await sessions.sign_in(tenant.operator.email, PASSWORD, "192.0.2.1", None)


async def test_sessions_that_ran_out_are_removed(
    sessions: Sessions, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    await sessions.sign_in(tenant.operator.email, PASSWORD, "192.0.2.1", None)
    clock.advance(10)
    await sessions.sign_in(tenant.administrator.email, PASSWORD, "192.0.2.1", None)
    ends = clock.now() + timedelta(seconds=REFRESH_TOKEN_S)
    with database.transaction() as tx:
        assert tenancy.forget_expired_sessions(tx, ends - timedelta(seconds=10)) == 1
        (left,) = tx.all(PLATFORM, user_sessions)
        assert left["user_id"] == tenant.administrator.id


async def test_a_token_for_the_web_socket_is_checked_without_the_database(
    sessions: Sessions, settings: Settings, tenant: Tenant, clock: StillClock
) -> None:
    token = (await sessions.sign_in(tenant.operator.email, PASSWORD, "192.0.2.1", None)).access_token
    key = public_key_pem(settings.secret("jwt.key"))
    principal = verify_access_token(token, key, clock.now())
    assert (principal.user_id, principal.scope) == (tenant.operator.id, tenant.scope)
    clock.advance(3600)
    with pytest.raises(TokenExpired):
        verify_access_token(token, key, clock.now())
