"""The browsers' sockets: signing on, the contract, floods, stuck and vanished tabs."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from sockets import FakeService, FakeSocket

from antiphon import limits
from antiphon.assembly.engines import secrets
from antiphon.clock import new_id
from antiphon.database import Database
from antiphon.events import SessionsEnded
from antiphon.gateways.clients import ClientGateway
from antiphon.identity import public_key_pem
from antiphon.identity.store import add_session, end_sessions
from antiphon.identity.tokens import issue_access_token
from antiphon.settings import Settings
from antiphon.tenancy import Principal, User
from antiphon.tenancy.store import user_rows
from antiphon.wire import client as wire
from residents import StillClock, Tenant

Open = Callable[..., FakeSocket]
Token = Callable[..., str]


def session_of(person: User) -> str:
    return f"session_{person.name}"


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def gateway(settings: Settings, database: Database, clock: StillClock, service: FakeService) -> ClientGateway:
    (settings.secrets / "turn.key").write_text("turn-secret")
    made = ClientGateway(settings.model_copy(update={"advertised_address": "192.0.2.7"}), database, clock)
    made.events = service
    return made


@pytest.fixture
async def opens(gateway: ClientGateway, tenant: Tenant) -> AsyncIterator[Open]:
    """Opens a socket of a browser; all are gone at the end."""
    tasks: list[asyncio.Task[None]] = []

    def open_socket(company_id: str | None = None, **how: str) -> FakeSocket:
        socket = FakeSocket(company_id or tenant.company.id, **how)
        tasks.append(asyncio.create_task(gateway.endpoint(socket)))  # type: ignore[arg-type]  # plays a WebSocket
        return socket

    yield open_socket
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def token(settings: Settings, clock: StillClock, tenant: Tenant, database: Database) -> Token:
    """An access token of a person's session, which `session_of` names."""
    private = (settings.secrets / "jwt.key").read_text()
    assert public_key_pem(private)
    ends = clock.now() + timedelta(days=30)
    with database.transaction() as tx:
        for person in (tenant.owner, tenant.operator):
            session = session_of(person)
            add_session(tx, tenant.scope, session, person.id, clock.now(), ends)

    def issue(user: User | None = None, company_id: str | None = None) -> str:
        person = user or tenant.owner
        session = session_of(person)
        principal = Principal(person.id, company_id or tenant.company.id, person.name, session)
        return issue_access_token(principal, private, clock.now())[0]

    return issue


async def signed_on(opens: Open, token: Token, **hello: object) -> tuple[FakeSocket, str]:
    socket = opens()
    socket.say(wire.Hello(token=token(), **hello))  # type: ignore[arg-type]
    return socket, (await socket.heard("welcome"))["client_id"]


async def test_a_token_of_a_new_signing_key_is_taken_by_whoever_runs_already(
    opens: Open, token: Token, settings: Settings, clock: StillClock, tenant: Tenant
) -> None:
    await signed_on(opens, token)
    secrets.replace_signing_key(settings, clock.now())
    await signed_on(opens, token)
    principal = Principal(tenant.owner.id, tenant.company.id, tenant.owner.name, session_of(tenant.owner))
    fresh, _ = issue_access_token(principal, settings.secret("jwt.key"), clock.now())
    await signed_on(opens, lambda: fresh)


async def test_hello_is_answered_with_the_whole_picture(
    opens: Open, token: Token, tenant: Tenant, clock: StillClock, service: FakeService
) -> None:
    socket = opens(origin="https://portal.example:8443")
    socket.say(wire.Hello(token=token()))
    welcome = await socket.heard()
    assert (welcome["type"], welcome["user_name"], welcome["company_name"]) == ("welcome", "Anna", "Salzach")
    stun, turn = welcome["ice_servers"]
    assert stun["urls"] == ["stun:192.0.2.7:3478"]
    ends, user = turn["username"].split(":")
    assert int(ends) == int(clock.now().timestamp()) + limits.TURN_CREDENTIAL_S
    assert user == tenant.owner.id
    mac = hmac.new(b"turn-secret", turn["username"].encode(), hashlib.sha1).digest()
    assert turn["credential"] == base64.b64encode(mac).decode()
    socket.say(wire.Ping())
    await socket.heard("pong")
    assert service.told == [("came", welcome["client_id"])]


async def test_a_page_of_another_site_is_refused_before_a_word(opens: Open) -> None:
    socket = opens(origin="https://evil.example")
    assert (await socket.heard())["type"] == "closed"
    assert not socket.accepted


async def test_an_expired_token(opens: Open, token: Token, clock: StillClock) -> None:
    old = token()
    clock.advance(limits.ACCESS_TOKEN_S)
    socket = opens()
    socket.say(wire.Hello(token=old))
    assert (await socket.heard())["code"] == "token_expired"
    assert (await socket.heard("closed"))["code"] == wire.CLOSE_UNAUTHENTICATED


async def test_a_token_that_runs_out_while_connected(opens: Open, token: Token, clock: StillClock) -> None:
    good = token()
    clock.advance(limits.ACCESS_TOKEN_S - 0.05)
    socket = opens()
    socket.say(wire.Hello(token=good))
    await socket.heard("welcome")
    assert (await socket.heard())["code"] == "token_expired"
    assert (await socket.heard("closed"))["code"] == wire.CLOSE_UNAUTHENTICATED


async def test_a_fresh_token_keeps_the_socket(opens: Open, token: Token, clock: StillClock) -> None:
    socket, client = await signed_on(opens, token)
    clock.advance(300)
    socket.say(wire.Hello(token=token()))
    assert (await socket.heard("welcome"))["client_id"] == client


@pytest.mark.parametrize("bad", ["nonsense", "a.b.c", ""])
async def test_a_token_that_is_none(opens: Open, bad: str) -> None:
    socket = opens()
    socket.say(wire.Hello(token=bad))
    assert (await socket.heard())["code"] == "unauthenticated"
    assert (await socket.heard("closed"))["code"] == wire.CLOSE_UNAUTHENTICATED


async def test_a_token_of_another_company(opens: Open, token: Token, other: Tenant) -> None:
    socket = opens(other.company.id)
    socket.say(wire.Hello(token=token()))
    assert (await socket.heard())["code"] == "wrong_company"
    assert (await socket.heard("closed"))["code"] == wire.CLOSE_UNAUTHENTICATED


async def test_a_person_who_is_no_longer_active(opens: Open, token: Token, database: Database, tenant: Tenant) -> None:
    person = tenant.owner.id
    database.run_sync(lambda tx: tx.update(tenant.scope, user_rows, user_rows.c.id == person, values={"active": False}))
    socket = opens()
    socket.say(wire.Hello(token=token()))
    assert (await socket.heard())["code"] == "unauthenticated"


async def test_a_token_whose_session_was_ended_since(
    opens: Open, token: Token, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    good = token()
    database.run_sync(lambda tx: end_sessions(tx, tenant.scope, tenant.owner.id))
    socket = opens()
    socket.say(wire.Hello(token=good))
    assert (await socket.heard())["code"] == "session_ended"
    assert (await socket.heard("closed"))["code"] == wire.CLOSE_UNAUTHENTICATED


async def test_sessions_that_end_close_their_sockets_and_no_others(
    opens: Open, token: Token, gateway: ClientGateway, tenant: Tenant, clock: StillClock
) -> None:
    out, _ = await signed_on(opens, token)
    stays = opens()
    stays.say(wire.Hello(token=token(tenant.operator)))
    await stays.heard("welcome")
    anna = tenant.owner
    gateway.sessions_ended(
        SessionsEnded(new_id("fact"), tenant.company.id, clock.now(), anna.id, (session_of(anna), "session_other"))
    )
    assert (await out.heard("error"))["code"] == "session_ended"
    assert (await out.heard("closed"))["code"] == wire.CLOSE_UNAUTHENTICATED
    stays.say(wire.Ping())
    await stays.heard("pong")


async def test_sessions_of_another_company_close_nothing_here(
    opens: Open, token: Token, gateway: ClientGateway, tenant: Tenant, other: Tenant, clock: StillClock
) -> None:
    socket, _ = await signed_on(opens, token)
    anna = tenant.owner
    gateway.sessions_ended(SessionsEnded(new_id("fact"), other.company.id, clock.now(), anna.id, (session_of(anna),)))
    socket.say(wire.Ping())
    await socket.heard("pong")


async def test_nothing_is_taken_before_hello(opens: Open, token: Token, service: FakeService) -> None:
    socket = opens()
    socket.say(wire.Answer(request_id="r1", call_id="c1"))
    assert (await socket.heard())["code"] == "bad_message"
    socket.say(wire.Hello(token=token()))
    await socket.heard("welcome")
    assert service.messages == []


@pytest.mark.parametrize(
    "message",
    [
        "not json",
        "[]",
        '{"type": "launch"}',
        '{"type": "answer", "request_id": "r1"}',
        '{"type": "answer", "request_id": "r1", "call_id": "c1", "more": 1}',
        '{"type": "answer", "request_id": "r1", "call_id": "../../etc"}',
        '{"type": "dtmf", "request_id": "r1", "call_id": "c1", "digit": "##"}',
        b"binary",
    ],
)
async def test_a_message_outside_the_contract_is_named_and_the_socket_stays(
    opens: Open, token: Token, service: FakeService, message: str | bytes
) -> None:
    socket, _ = await signed_on(opens, token)
    socket.say(message)
    error = await socket.heard()
    assert (error["type"], error["code"], error["request_id"]) == ("error", "bad_message", None)
    socket.say(wire.Answer(request_id="r1", call_id="c1"))
    socket.say(wire.Ping())
    await socket.heard("pong")
    assert service.messages == [wire.Answer(request_id="r1", call_id="c1")]


async def test_an_oversized_message_closes_the_socket(opens: Open, token: Token) -> None:
    socket, _ = await signed_on(opens, token)
    socket.say("x" * (limits.WEBSOCKET_MESSAGE_MAX_BYTES + 1))
    assert (await socket.heard("closed"))["code"] == 1009


async def test_a_flood_is_cut_off(opens: Open, token: Token) -> None:
    socket, _ = await signed_on(opens, token)
    for _ in range(3 * limits.WEBSOCKET_MESSAGES_PER_SECOND):
        socket.say(wire.Ping())
    assert (await socket.heard("error"))["code"] == "too_many_requests"
    assert (await socket.heard("closed"))["code"] == wire.CLOSE_TOO_MANY


async def test_one_person_has_so_many_tabs_and_no_more(opens: Open, token: Token) -> None:
    for _ in range(limits.CLIENTS_PER_USER_MAX):
        await signed_on(opens, token)
    socket = opens()
    socket.say(wire.Hello(token=token()))
    assert (await socket.heard())["code"] == "too_many_tabs"
    assert (await socket.heard("closed"))["code"] == wire.CLOSE_TOO_MANY


async def test_a_browser_that_does_not_read_is_dropped_and_slows_nobody(
    opens: Open, token: Token, gateway: ClientGateway, tenant: Tenant, service: FakeService
) -> None:
    stuck, stuck_client = await signed_on(opens, token)
    _, lively_client = await signed_on(opens, token)
    stuck.reads.clear()
    for number in range(limits.CLIENT_QUEUE_MAX + 10):
        gateway.send(stuck_client, wire.HistoryChanged(call_id=f"c{number}"))
    await service.misses(stuck_client)
    users = frozenset({tenant.owner.id})
    assert [tab.client for tab in gateway.on_duty(tenant.company.id, users)] == [lively_client]
    stuck.reads.set()


async def test_who_is_on_duty(
    opens: Open, token: Token, gateway: ClientGateway, tenant: Tenant, service: FakeService
) -> None:
    first, client = await signed_on(opens, token)
    _, second = await signed_on(opens, token, on_duty=False)
    users = frozenset({tenant.owner.id})
    assert [tab.client for tab in gateway.on_duty(tenant.company.id, users)] == [client]
    first.say(wire.SetDuty(on_duty=False))
    first.say(wire.Ping())
    await first.heard("pong")
    assert gateway.on_duty(tenant.company.id, users) == ()
    assert service.told == [("came", client), ("came", second), ("off duty", client)]


async def test_a_tab_that_goes_is_told_and_forgotten(
    opens: Open, token: Token, gateway: ClientGateway, service: FakeService
) -> None:
    socket, client = await signed_on(opens, token)
    socket.go()
    await service.misses(client)
    assert gateway.connected == 0


async def test_a_tab_that_comes_back_keeps_its_name(opens: Open, token: Token, service: FakeService) -> None:
    socket, client = await signed_on(opens, token)
    socket.go()
    await service.misses(client)
    _, again = await signed_on(opens, token, resume=client)
    assert again == client


async def test_a_tab_that_comes_back_before_its_old_socket_was_missed(
    opens: Open, token: Token, service: FakeService
) -> None:
    old, client = await signed_on(opens, token)
    _, again = await signed_on(opens, token, resume=client)
    assert again == client
    await old.heard("closed")
    assert service.told == [("came", client), ("left", client), ("came", client)]


async def test_a_clock_that_is_set_forward_asks_for_a_fresh_token_and_the_tab_keeps_its_name(
    opens: Open, token: Token, clock: StillClock
) -> None:
    socket, client = await signed_on(opens, token)
    clock.jump(3 * 3600)
    socket.say(wire.Ping())
    assert (await socket.heard("closed"))["code"] == wire.CLOSE_UNAUTHENTICATED
    _, again = await signed_on(opens, token, resume=client)
    assert again == client, "and with its name its talk"


async def test_a_clock_that_is_set_back_changes_nothing_for_a_tab(opens: Open, token: Token, clock: StillClock) -> None:
    socket, _client = await signed_on(opens, token)
    clock.jump(-3 * 3600)
    socket.say(wire.Ping())
    assert (await socket.heard())["type"] == "pong"


async def test_tabs_that_were_torn_away_are_waited_for_and_those_that_were_closed_are_not(
    opens: Open, token: Token, service: FakeService, gateway: ClientGateway, clock: StillClock, tenant: Tenant
) -> None:
    person = frozenset({tenant.owner.id})
    clock.advance(limits.TABS_RETURN_S)  # after the service's own start everybody is
    assert gateway.may_return_s(person) == 0
    for code, waits_s in ((1001, 0), (1006, limits.TABS_RETURN_S)):
        socket, client = await signed_on(opens, token)
        socket.go(code)
        await service.misses(client)
        await asyncio.sleep(0)
        assert gateway.may_return_s(person) == waits_s
    assert gateway.may_return_s(frozenset({tenant.operator.id})) == 0


async def test_nobody_takes_another_persons_name(opens: Open, token: Token, tenant: Tenant) -> None:
    _, client = await signed_on(opens, token)
    socket = opens()
    socket.say(wire.Hello(token=token(tenant.operator), resume=client))
    assert (await socket.heard("welcome"))["client_id"] != client


async def test_a_restart_asks_everybody_to_come_again(opens: Open, token: Token, gateway: ClientGateway) -> None:
    socket, _ = await signed_on(opens, token)
    gateway.stop()
    assert (await socket.heard("closed"))["code"] == wire.CLOSE_RESTART


async def test_a_broadcast_stays_in_its_company(
    opens: Open, token: Token, gateway: ClientGateway, tenant: Tenant, other: Tenant
) -> None:
    socket, _ = await signed_on(opens, token)
    gateway.broadcast(other.company.id, wire.HistoryChanged(call_id="theirs"))
    gateway.broadcast(tenant.company.id, wire.HistoryChanged(call_id="ours"))
    assert (await socket.heard())["call_id"] == "ours"
