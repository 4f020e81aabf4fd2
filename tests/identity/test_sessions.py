"""Sessions beside HTTP: what ends them, what the rest of the house hears, what runs out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from antiphon import identity, tenancy
from antiphon.database import PLATFORM, Database, outbox
from antiphon.errors import NotFound
from antiphon.events import Fact, SessionsEnded
from antiphon.identity import public_key_pem, verify_access_token
from antiphon.identity import sessions as sessions_
from antiphon.identity.keys import Keys
from antiphon.identity.model import NoRightsThere, WrongCredentials
from antiphon.identity.sessions import Client, Sessions, SignedIn
from antiphon.identity.store import user_sessions
from antiphon.limits import REFRESH_REUSE_GRACE_S, REFRESH_TOKEN_S
from antiphon.settings import Settings
from antiphon.tenancy import SessionEnded, TokenExpired, WeakPassword
from residents import PASSWORD, StillClock, Tenant

HERE = Client("192.0.2.1", "a browser")


@pytest.fixture
def sessions(settings: Settings, database: Database, clock: StillClock) -> Sessions:
    return Sessions(database, clock, Keys(settings.secrets))


async def test_a_password_set_on_the_machine_ends_every_session(
    sessions: Sessions, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    signed_in = await sessions.sign_in(tenant.operator.email, PASSWORD, HERE, None)
    new = identity.new_password()
    with database.transaction() as tx:
        assert identity.set_password(tx, " Bernd@SALZACH.example", new, clock.now()).id == tenant.operator.id
    with pytest.raises(SessionEnded):
        await sessions.refresh(signed_in.refresh_token, HERE)
    with pytest.raises(WrongCredentials):
        await sessions.sign_in(tenant.operator.email, PASSWORD, HERE, None)
    assert (await sessions.sign_in(tenant.operator.email, new, HERE, None)).user == tenant.operator


def test_setting_a_password_keeps_the_rules(database: Database, tenant: Tenant, clock: StillClock) -> None:
    with pytest.raises(NotFound), database.transaction() as tx:
        identity.set_password(tx, "nobody@salzach.example", identity.new_password(), clock.now())
    with pytest.raises(WeakPassword), database.transaction() as tx:
        identity.set_password(tx, tenant.operator.email, "short", clock.now())


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
    first = await sessions.sign_in(tenant.operator.email, PASSWORD, HERE, None)
    second = await sessions.sign_in(tenant.operator.email, PASSWORD, HERE, None)
    await sessions.sign_out(first.refresh_token)
    await sessions.sign_out(first.refresh_token)
    with database.transaction() as tx:
        sessions.end(tx, tenant.scope, tenant.operator.id)
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
            identity.set_password(tx, tenant.operator.email, identity.new_password(), clock.now())
        return stored is not None

    monkeypatch.setattr(sessions_, "password_matches", changed_meanwhile)
    with pytest.raises(WrongCredentials):
        await sessions.sign_in(tenant.operator.email, PASSWORD, HERE, None)


async def test_sessions_that_ran_out_are_removed(
    sessions: Sessions, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    await sessions.sign_in(tenant.operator.email, PASSWORD, HERE, None)
    clock.advance(10)
    await sessions.sign_in(tenant.owner.email, PASSWORD, HERE, None)
    ends = clock.now() + timedelta(seconds=REFRESH_TOKEN_S)
    with database.transaction() as tx:
        assert identity.forget_expired_sessions(tx, ends - timedelta(seconds=10)) == 1
        (left,) = tx.all(PLATFORM, user_sessions)
        assert left["user_id"] == tenant.owner.id


async def test_a_token_for_the_web_socket_is_checked_without_the_database(
    sessions: Sessions, settings: Settings, tenant: Tenant, clock: StillClock
) -> None:
    token = (await sessions.sign_in(tenant.operator.email, PASSWORD, HERE, None)).access_token
    key = public_key_pem(settings.secret("jwt.key"))
    principal = verify_access_token(token, key, clock.now())
    assert (principal.user_id, principal.scope) == (tenant.operator.id, tenant.scope)
    clock.advance(3600)
    with pytest.raises(TokenExpired):
        verify_access_token(token, key, clock.now())


async def test_the_refresh_token_changes_at_each_use(sessions: Sessions, tenant: Tenant) -> None:
    first = await sessions.sign_in(tenant.operator.email, PASSWORD, HERE, None)
    second = await sessions.refresh(first.refresh_token, HERE)
    third = await sessions.refresh(second.refresh_token, HERE)
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3


async def test_tabs_that_refresh_at_once_and_lost_answers_get_the_same_token(
    sessions: Sessions, tenant: Tenant, clock: StillClock
) -> None:
    first = await sessions.sign_in(tenant.operator.email, PASSWORD, HERE, None)
    one = await sessions.refresh(first.refresh_token, HERE)
    clock.advance(REFRESH_REUSE_GRACE_S)
    other = await sessions.refresh(first.refresh_token, HERE)
    assert one.refresh_token == other.refresh_token
    assert (await sessions.refresh(one.refresh_token, HERE)).user == tenant.operator


@pytest.mark.parametrize("late", [True, False], ids=["one use later, after a while", "two uses later, at once"])
async def test_a_copied_refresh_token_ends_the_session_for_whoever_has_it(
    sessions: Sessions, tenant: Tenant, clock: StillClock, late: bool
) -> None:
    stolen = (await sessions.sign_in(tenant.operator.email, PASSWORD, HERE, None)).refresh_token
    current = (await sessions.refresh(stolen, HERE)).refresh_token
    if late:
        clock.advance(REFRESH_REUSE_GRACE_S + 1)
    else:
        current = (await sessions.refresh(current, HERE)).refresh_token
    with pytest.raises(SessionEnded):
        await sessions.refresh(stolen, HERE)
    with pytest.raises(SessionEnded):
        await sessions.refresh(current, HERE)


async def test_a_copy_of_the_database_signs_nobody_in(sessions: Sessions, database: Database, tenant: Tenant) -> None:
    token = (await sessions.sign_in(tenant.operator.email, PASSWORD, HERE, None)).refresh_token
    with database.transaction() as tx:
        (row,) = tx.all(PLATFORM, user_sessions)
    secret = token.rsplit(".", 1)[1]
    assert not any(secret in str(value) for value in row.values())


async def test_somebody_acts_in_another_company_only_with_rights_there(
    sessions: Sessions, database: Database, tenant: Tenant, other: Tenant, clock: StillClock
) -> None:
    signed_in = await sessions.sign_in(tenant.operator.email, PASSWORD, HERE, None)
    with pytest.raises(NoRightsThere):
        await sessions.refresh(signed_in.refresh_token, HERE, other.company.id)
    with database.transaction() as tx:
        tenancy.give(tx, other.scope, tenant.operator.id, "role_viewer", other.site.id, clock.now())
    acting = await sessions.refresh(signed_in.refresh_token, HERE, other.company.id)
    assert acting.company == other.company
    assert (await sessions.refresh(acting.refresh_token, HERE)).company == tenant.company
