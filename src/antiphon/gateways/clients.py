"""The browsers' WebSockets: who signs on, what they may send, and messages to them. Implements `calls.ports.ClientPort`."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from antiphon import identity, log, tenancy
from antiphon.calls import ClientEvents, ClientInfo
from antiphon.clock import Clock, new_id
from antiphon.database import PLATFORM, Database
from antiphon.errors import AntiphonError, Forbidden, NotFound, Unauthenticated
from antiphon.events import RightsChanged, SessionsEnded
from antiphon.gateways.tabs import POLICY_VIOLATION, Allowance, Gone, Strangers, Tab, TooManyStrangers, TooManyTabs
from antiphon.gateways.turn import Turn
from antiphon.limits import (
    CLIENT_HELLO_MAX_S,
    CLIENT_SEND_MAX_S,
    CLIENTS_PER_USER_MAX,
    RECONNECT_GRACE_S,
    TABS_RETURN_S,
    WEBSOCKET_BYTES_PER_MESSAGE,
    WEBSOCKET_HELLO_COST,
    WEBSOCKET_MESSAGE_MAX_BYTES,
    WEBSOCKET_MESSAGES_PER_SECOND,
)
from antiphon.settings import Settings
from antiphon.wire import client as wire

_log = log.get("clients")
_TOO_LARGE = 1009
_NO_GOODBYE = (1005, 1006)  # RFC 6455 7.1.5: no code came, or no closing at all
_TORN_REMEMBERED = 1000


class WrongCompany(Unauthenticated):
    """The token is of another company than the address."""

    code = "wrong_company"
    title = "You are signed in to another company. Sign in again."


class ForeignOrigin(Forbidden):
    """A page of another site wants to open a socket."""

    code = "foreign_origin"
    title = "This page belongs to another site and may not open a connection."


class ClientGateway:
    """Serves `/ws/{company_id}`. `events` is set before the first socket; everything runs on one event loop."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self.events: ClientEvents
        self._database, self._clock = database, clock
        self._keys = identity.Keys(settings.secrets)
        self._turn = Turn(settings)
        self._public_name = settings.public_name
        self._tabs: dict[str, dict[str, Tab]] = {}  # company -> client -> tab, oldest first
        self._away: dict[str, tuple[str, float]] = {}  # client that left -> its user, and when
        self._torn: dict[str, float] = {}  # user -> when a tab's connection broke without a goodbye
        self._started_at = clock.monotonic()
        self._strangers = Strangers()
        self._stopping = False

    # -- ClientPort --------------------------------------------------------------------------------------------------

    def sessions_ended(self, fact: SessionsEnded) -> None:
        """Close the tabs of sessions that were ended: signed out, deactivated, another password or role."""
        for tabs in self._tabs.values():  # somebody may act in another company than their own
            for tab in list(tabs.values()):
                if tab.session_id in fact.session_ids:
                    tab.end(Gone(wire.CLOSE_UNAUTHENTICATED, _error(tenancy.SessionEnded())))

    def rights_changed(self, fact: RightsChanged) -> None:
        """Tabs of that person, or of everybody, connect again: they are told what they may see now, or refused."""
        for tab in list(self._tabs.get(fact.company_id, {}).values()):
            if fact.user_id in (None, tab.info.user_id):
                tab.end(Gone(wire.CLOSE_RESTART))

    def send(self, client: str, message: wire.ServerMessage, path: str | None = None) -> None:
        """To one tab; doors of the station at `path` are shown as this person may open them."""
        for tabs in self._tabs.values():
            tab = tabs.get(client)
            if tab is not None:
                shut = path is not None and not tab.info.opens.covers(path)
                tab.send((_without_doors(message) if shut else message).model_dump_json())
                return

    def on_duty(self, company_id: str, user_ids: frozenset[str]) -> tuple[ClientInfo, ...]:
        """Tabs of these users that ring, oldest first."""
        tabs = self._tabs.get(company_id, {}).values()
        return tuple(tab.info for tab in tabs if tab.info.on_duty and tab.info.user_id in user_ids)

    def broadcast(self, company_id: str, message: wire.ServerMessage, path: str | None = None) -> None:
        """To every tab of a company, with `path` of those who know the station there."""
        tabs = list(self._tabs.get(company_id, {}).values())
        if path is not None:
            tabs = [tab for tab in tabs if tab.info.sees.covers(path)]
        if tabs:
            text = message.model_dump_json()
            shut = _without_doors(message).model_dump_json() if path is not None else text
            for tab in tabs:
                tab.send(text if path is None or tab.info.opens.covers(path) else shut)

    def watched(self, company_id: str) -> bool:
        """Whether any tab of the company is signed on."""
        return bool(self._tabs.get(company_id))

    def may_return_s(self, user_ids: frozenset[str]) -> float:
        """Tabs come back by themselves: after a restart of this service all do, after a torn connection that person's."""
        broke = [self._started_at, *(self._torn[user] for user in user_ids if user in self._torn)]
        return max(0.0, max(broke) + TABS_RETURN_S - self._clock.monotonic())

    @property
    def connected(self) -> int:
        """How many tabs are signed on."""
        return sum(len(tabs) for tabs in self._tabs.values())

    @property
    def on_duty_now(self) -> int:
        """How many of them ring."""
        return sum(tab.info.on_duty for tabs in self._tabs.values() for tab in tabs.values())

    def stop(self) -> None:
        """Ask every tab to connect again: the service restarts."""
        self._stopping = True
        for tabs in self._tabs.values():
            for tab in tabs.values():
                tab.end(Gone(wire.CLOSE_RESTART))

    # -- one socket --------------------------------------------------------------------------------------------------

    async def endpoint(self, socket: WebSocket) -> None:
        """Starlette's endpoint of `/ws/{company_id}`."""
        if not identity.own_page(socket.headers, self._public_name):  # RFC 6455 10.2
            await self._refuse_origin(socket)
            return
        await socket.accept()
        try:
            tab = await self._let_in(socket)
            await self._serve(socket, tab)
        except Gone as gone:
            await self._close(socket, gone)
        except WebSocketDisconnect:
            return

    @staticmethod
    async def _refuse_origin(socket: WebSocket) -> None:
        """403 with problem details in place of the handshake; servers that cannot do that close with 1008."""
        _log.warning("client refused", code=ForeignOrigin.code, company_id=str(socket.path_params["company_id"])[:64])
        if "websocket.http.response" not in socket.scope.get("extensions", {}):
            await socket.close(POLICY_VIOLATION)
            return
        problem = {
            "type": f"urn:antiphon:problem:{ForeignOrigin.code}",
            "title": "Forbidden",
            "status": ForeignOrigin.http_status,
            "detail": ForeignOrigin.title,
            "code": ForeignOrigin.code,
        }
        await socket.send_denial_response(
            JSONResponse(problem, ForeignOrigin.http_status, media_type="application/problem+json")
        )

    async def _let_in(self, socket: WebSocket) -> Tab:
        address = socket.headers.get("x-forwarded-for", "")  # only the front reaches our socket, and it says who came
        if not self._strangers.come(address):
            _log.warning("client refused", code=TooManyStrangers.code, source=address)
            raise Gone(wire.CLOSE_TOO_MANY, _error(TooManyStrangers()))
        try:
            return await self._sign_on(socket)
        finally:
            self._strangers.go(address)

    async def _sign_on(self, socket: WebSocket) -> Tab:
        company_id = socket.path_params["company_id"]
        allowance = Allowance(WEBSOCKET_MESSAGES_PER_SECOND, self._clock.monotonic())
        try:
            async with asyncio.timeout(CLIENT_HELLO_MAX_S):
                while True:
                    message = self._parsed(await self._receive(socket, allowance))
                    if isinstance(message, wire.Hello):
                        break
                    _log.warning("message before hello", company_id=company_id[:64])
                    await socket.send_text(_bad("Sign on first: send hello.").model_dump_json())
        except TimeoutError:
            _log.warning("nobody signed on", company_id=company_id[:64])
            detail = "Nobody signed on."
            raise Gone(
                wire.CLOSE_UNAUTHENTICATED, wire.Error(request_id=None, code="unauthenticated", detail=detail)
            ) from None
        principal, expires_at, company, rights = await self._verified(message, company_id)
        if self._stopping:
            raise Gone(wire.CLOSE_RESTART)
        client = self._resumed(message, principal, company_id)
        tabs = self._tabs.setdefault(company_id, {})
        if sum(tab.info.user_id == principal.user_id for tab in tabs.values()) >= CLIENTS_PER_USER_MAX:
            raise Gone(wire.CLOSE_TOO_MANY, _error(TooManyTabs()))
        sees, opens = rights.reach("stations.read"), rights.reach("doors.open")
        info = ClientInfo(client, company_id, principal.user_id, principal.name, message.on_duty, sees, opens)
        tab = Tab(info, expires_at, principal.session_id, rights.changes_at)
        tabs[client] = tab  # from here on nothing that changes is missed; it waits behind the welcome
        try:
            await self._welcome(socket, tab, company)
        except BaseException:
            self._forget(tab)
            raise
        _log.info("client signed on", company_id=company_id, user_id=principal.user_id, client_id=client)
        return tab

    async def _verified(
        self, hello: wire.Hello, company_id: str
    ) -> tuple[tenancy.Principal, datetime, str, tenancy.Rights]:
        """Who signs on, until when, and the company's name."""
        try:
            principal = self._keys.verify(hello.token, self._clock.now())
            if principal.company_id != company_id:
                raise WrongCompany
            now = self._clock.now()
            user, company, alive, rights = await self._database.read(
                lambda tx: (
                    tenancy.user(tx, PLATFORM, principal.user_id),
                    tenancy.company(tx, principal.company_id),
                    identity.session_alive(tx, principal.session_id, principal.user_id, now),
                    tenancy.rights_of_user(tx, principal.scope, principal.user_id, now),
                )
            )
            if not user.active:
                raise Unauthenticated
            if not alive:
                raise tenancy.SessionEnded
            if not rights.reach("stations.read"):
                raise tenancy.NotAllowed(permission="stations.read")
        except NotFound:
            _log.warning("client refused", code=Unauthenticated.code, company_id=company_id[:64])
            raise Gone(wire.CLOSE_UNAUTHENTICATED, _error(Unauthenticated())) from None
        except AntiphonError as error:
            _log.warning("client refused", code=error.code, company_id=company_id[:64])
            final = isinstance(error, Unauthenticated | tenancy.NotAllowed)
            code = wire.CLOSE_UNAUTHENTICATED if final else wire.CLOSE_RESTART
            raise Gone(code, _error(error)) from error
        return replace(principal, name=user.name), _end_of(hello.token), company.name, rights

    def _resumed(self, hello: wire.Hello, principal: tenancy.Principal, company_id: str) -> str:
        """The same client id for a tab that comes back, so that its conversation is still its own."""
        if hello.resume is not None:
            old = self._tabs.get(company_id, {}).get(hello.resume)
            if old is not None and old.info.user_id == principal.user_id:
                self._leave(old)  # its socket is dead and does not know it yet
                old.end(Gone(wire.CLOSE_RESTART))
                return hello.resume
            user, left_at = self._away.get(hello.resume, ("", 0.0))
            fresh = self._clock.monotonic() - left_at <= 2 * RECONNECT_GRACE_S
            if user == principal.user_id and fresh:
                return hello.resume
        return new_id("client")

    async def _welcome(self, socket: WebSocket, tab: Tab, company: str) -> None:
        stations = await self.events.stations_of(tab.info)
        welcome = wire.Welcome(
            client_id=tab.info.client,
            user_id=tab.info.user_id,
            user_name=tab.info.user_name,
            company_name=company,
            expires_at=tab.expires_at,
            stations=stations,
            ice_servers=self._turn.servers(tab.info.user_id, self._clock.now()),
        )
        async with asyncio.timeout(CLIENT_SEND_MAX_S):
            await socket.send_text(welcome.model_dump_json())

    # -- both directions ---------------------------------------------------------------------------------------------

    async def _serve(self, socket: WebSocket, tab: Tab) -> None:
        reading = asyncio.create_task(self._read(socket, tab))
        writing = asyncio.create_task(self._write(socket, tab))
        running: set[asyncio.Future[None] | asyncio.Future[Gone]] = {reading, writing, tab.ending}
        try:
            self.events.client_came(tab.info)
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, writing):
                task.cancel()
            outcomes = await asyncio.gather(reading, writing, return_exceptions=True)
            self._leave(tab)
            if any(isinstance(outcome, WebSocketDisconnect) and outcome.code in _NO_GOODBYE for outcome in outcomes):
                self._torn.pop(tab.info.user_id, None)
                self._torn[tab.info.user_id] = self._clock.monotonic()
                while len(self._torn) > _TORN_REMEMBERED:
                    del self._torn[next(iter(self._torn))]
        if tab.ending.done():
            raise tab.ending.result()
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    def _leave(self, tab: Tab) -> None:
        if self._forget(tab):
            self._away[tab.info.client] = tab.info.user_id, self._clock.monotonic()
            while len(self._away) > 1000:
                del self._away[next(iter(self._away))]
            _log.info("client gone", company_id=tab.info.company_id, client_id=tab.info.client)
            self.events.client_left(tab.info.client)

    def _forget(self, tab: Tab) -> bool:
        tabs = self._tabs.get(tab.info.company_id, {})
        if tabs.get(tab.info.client) is not tab:
            return False
        del tabs[tab.info.client]
        if not tabs:
            self._tabs.pop(tab.info.company_id, None)
        return True

    async def _write(self, socket: WebSocket, tab: Tab) -> None:
        while True:
            text = await tab.waiting.get()
            if isinstance(text, Gone):
                raise text
            try:
                async with asyncio.timeout(CLIENT_SEND_MAX_S):
                    await socket.send_text(text)
            except TimeoutError:
                _log.warning("client does not read", client_id=tab.info.client)
                raise Gone(POLICY_VIOLATION) from None

    async def _read(self, socket: WebSocket, tab: Tab) -> None:
        allowance = Allowance(2 * WEBSOCKET_MESSAGES_PER_SECOND, self._clock.monotonic())
        while True:
            now = self._clock.now()
            until = min(tab.expires_at, tab.rights_change_at or tab.expires_at)
            left_s = (until - now).total_seconds()
            try:
                async with asyncio.timeout(max(left_s, 0)):
                    text = await self._receive(socket, allowance)
            except TimeoutError:
                if until < tab.expires_at:  # a grant began or ended by itself
                    raise Gone(wire.CLOSE_RESTART) from None
                raise Gone(wire.CLOSE_UNAUTHENTICATED, _error(tenancy.TokenExpired())) from None
            message = self._parsed(text)
            match message:
                case None:
                    _log.warning("message outside the contract", client_id=tab.info.client, size=len(text or ""))
                    tab.send(_bad("This message is not understood. Reload the page.").model_dump_json())
                case wire.Hello():
                    self._pay(socket, allowance, WEBSOCKET_HELLO_COST)
                    await self._renew(socket, tab, message)
                case wire.SetDuty():
                    self._change_duty(tab, message.on_duty)
                case wire.Ping():
                    tab.send(wire.Pong().model_dump_json())
                case _:
                    self.events.received(tab.info, message)

    async def _renew(self, socket: WebSocket, tab: Tab, hello: wire.Hello) -> None:
        principal, expires_at, company, rights = await self._verified(hello, tab.info.company_id)
        if principal.user_id != tab.info.user_id:
            raise Gone(wire.CLOSE_UNAUTHENTICATED, _error(Unauthenticated()))
        tab.expires_at, tab.session_id = expires_at, principal.session_id
        tab.rights_change_at = rights.changes_at
        tab.info = replace(tab.info, sees=rights.reach("stations.read"), opens=rights.reach("doors.open"))
        await self._welcome(socket, tab, company)
        self._change_duty(tab, hello.on_duty)

    def _change_duty(self, tab: Tab, on_duty: bool) -> None:
        if tab.info.on_duty != on_duty:
            tab.info = replace(tab.info, on_duty=on_duty)
            self.events.duty_changed(tab.info)

    async def _receive(self, socket: WebSocket, allowance: Allowance) -> str | None:
        """The next text message; None for a binary one. Raises `Gone` for a flood or an oversized message."""
        received = await socket.receive()
        if received["type"] == "websocket.disconnect":
            if received.get("code") == _TOO_LARGE:  # the server closed: much larger than what we answer ourselves
                _log.warning("message too large", company_id=str(socket.path_params["company_id"])[:64])
            raise WebSocketDisconnect(received.get("code", 1006))
        text: str | None = received.get("text")
        size = len(text or received.get("bytes") or "")
        self._pay(socket, allowance, 1 + size // WEBSOCKET_BYTES_PER_MESSAGE)
        if size > WEBSOCKET_MESSAGE_MAX_BYTES:
            _log.warning("message too large", company_id=str(socket.path_params["company_id"])[:64], size=size)
            detail = "This message is too large. Reload the page."
            raise Gone(_TOO_LARGE, wire.Error(request_id=None, code="too_large", detail=detail))
        return text

    def _pay(self, socket: WebSocket, allowance: Allowance, cost: int) -> None:
        """Raises `Gone` when the client has used up what it may say."""
        if not allowance.take(self._clock.monotonic(), cost):
            _log.warning("client floods", company_id=str(socket.path_params["company_id"])[:64])
            detail = "Too many messages. Reload the page."
            raise Gone(wire.CLOSE_TOO_MANY, wire.Error(request_id=None, code="too_many_requests", detail=detail))

    @staticmethod
    def _parsed(text: str | None) -> wire.ClientMessage | None:
        """The message, or None when it is outside the contract."""
        try:
            return wire.client_message.validate_json(text) if text is not None else None
        except ValidationError:
            return None

    @staticmethod
    async def _close(socket: WebSocket, gone: Gone) -> None:
        try:
            async with asyncio.timeout(CLIENT_SEND_MAX_S):
                if gone.error is not None:
                    await socket.send_text(gone.error.model_dump_json())
                await socket.close(gone.code)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            _log.info("client was gone before it was told", code=gone.code)


def _without_doors(message: wire.ServerMessage) -> wire.ServerMessage:
    """The message for somebody who may not open the doors of its station."""
    if not isinstance(message, wire.Ring | wire.CallStarted | wire.StationChanged):
        return message
    doors = tuple(door.model_copy(update={"may_open": False}) for door in message.station.doors)
    return message.model_copy(update={"station": message.station.model_copy(update={"doors": doors})})


def _bad(detail: str) -> wire.Error:
    return wire.Error(request_id=None, code="bad_message", detail=detail)


def _error(error: AntiphonError) -> wire.Error:
    return wire.Error(request_id=None, code=error.code, detail=error.detail)


def _end_of(token: str) -> datetime:
    """When a token that was verified already ends: its `exp` (RFC 7519 4.1.4)."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=claims["exp"])
