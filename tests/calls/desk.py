"""The call service's surroundings, played by the test: what was ordered is kept, what was asked is answered at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from script import OFFER

from antiphon import access
from antiphon.calls import CallService, ClientInfo, StationInvite
from antiphon.calls.ports import Prompt
from antiphon.database import Database, Scope
from antiphon.devices import Station
from antiphon.errors import AntiphonError
from antiphon.events import Fact
from antiphon.wire import client as wire
from antiphon.wire.client import CallView
from residents import StillClock, Tenant

M = TypeVar("M", bound=wire.Message)


class FakeSip:
    """Keeps every order as (name, leg, ...)."""

    def __init__(self) -> None:
        self.orders: list[tuple[Any, ...]] = []
        self.ringing: set[str] = set()  # legs that wait for somebody who answers
        self.refuses_with: AssertionError | None = None
        self.answers_options = self.answers_info = 200

    def _keep(self, *order: Any) -> None:
        self.orders.append(order)
        if self.refuses_with is not None and order[0] == "progress":
            raise self.refuses_with

    def invite(
        self, leg: str, device_id: str, *, sdp: str, display_name: str, call_id: str, rings: bool = False
    ) -> None:
        self._keep("invite", leg, device_id, sdp, display_name)
        if rings:
            self.ringing.add(leg)

    def name(self, leg: str, call_id: str) -> None:
        """Only the edge's logs know it."""

    def progress(self, leg: str, status: int, sdp: str | None = None) -> None:
        self._keep("progress", leg, status, sdp)

    def accept(self, leg: str, sdp: str) -> None:
        self._keep("accept", leg, sdp)

    def refuse(self, leg: str, status: int, cause: str) -> None:
        self._keep("refuse", leg, status, cause)

    def offer(self, leg: str, sdp: str) -> None:
        self._keep("offer", leg, sdp)

    def answer_offer(self, leg: str, sdp: str) -> None:
        self._keep("answer_offer", leg, sdp)

    def refuse_offer(self, leg: str, status: int) -> None:
        self._keep("refuse_offer", leg, status)

    def request_key_frame(self, leg: str) -> None:
        self._keep("request_key_frame", leg)

    def send_digit(self, leg: str, digit: str) -> None:
        self._keep("send_digit", leg, digit)

    async def deliver_digit(self, leg: str, digit: str) -> int:
        self._keep("deliver_digit", leg, digit)
        return self.answers_info

    async def reach(self, leg: str) -> int:
        return self.answers_options

    def end(self, leg: str, cause: str) -> None:
        self._keep("end", leg, cause)

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [order for order in self.orders if order[0] == name]


class FakeMedia:
    """An engine that does everything at once; `failing` names the orders it refuses."""

    def __init__(self) -> None:
        self.orders: list[tuple[str, str]] = []
        self.open: set[str] = set()
        self.failing: dict[str, AntiphonError] = {}
        self.cleared: tuple[str, ...] = ()
        self.digits_in_sound = True
        self.packets = 150

    async def _do(self, name: str, call: str, made: str) -> str:
        self.orders.append((name, call))
        await asyncio.sleep(0)
        if name in self.failing:
            raise self.failing[name]
        return made

    async def open_caller(
        self, call: str, leg: str, offer: str, *, reliable_preview: bool, early: bool = False
    ) -> str | None:
        made = await self._do("open_caller", call, "early sdp" if early else "anchor sdp")
        self.open.add(call)
        return made if reliable_preview or early else None

    async def preview_offer(self, call: str, leg: str) -> str:
        return await self._do("preview_offer", call, "preview offer")

    async def preview_answer(self, call: str, leg: str, answer: str) -> None:
        await self._do("preview_answer", call, "")

    def holds(self, call: str, leg: str) -> bool:
        return True

    async def drop_preview(self, call: str, leg: str) -> None:
        await self._do("drop_preview", call, "")

    async def connect_offer(self, call: str, leg: str) -> str:
        return await self._do("connect_offer", call, "two-way offer")

    async def connect_answer(self, call: str, leg: str, answer: str) -> str:
        return await self._do("connect_answer", call, "winner sdp")

    async def renew(self, call: str, leg: str, station_leg: str, session: str, *, account: bool) -> str:
        return await self._do("renew", call, "renewed offer")

    async def receiver_offer(self, call: str, leg: str) -> str:
        return await self._do("receiver_offer", call, "offer for the telephone")

    async def receiver_answer(self, call: str, leg: str, answer: str) -> None:
        await self._do("receiver_answer", call, "")

    async def open_client(self, call: str, leg: str, offer: str, *, account: bool) -> str:
        self.open.add(call)
        return await self._do("open_client", call, "offer for the station")

    async def client_answer(self, call: str, station_leg: str, answer: str) -> str:
        return await self._do("client_answer", call, "answer for the browser")

    async def open_test(self, call: str, leg: str, offer: str) -> str:
        self.open.add(call)
        return await self._do("open_test", call, "test answer")

    async def sound_packets(self, call: str, leg: str) -> int:
        await self._do("sound_packets", call, "")
        return self.packets

    async def request_key_frame(self, call: str) -> None:
        await self._do("request_key_frame", call, "")

    async def play(self, call: str, leg: str, prompt: Prompt, language: str) -> float:
        await self._do(f"play {prompt} {language}", call, "")
        return 3.0

    async def send_dtmf(self, call: str, leg: str, digit: str) -> bool:
        await self._do(f"send_dtmf {digit}", call, "")
        return self.digits_in_sound

    def clear(self, calls: tuple[str, ...]) -> None:
        self.cleared = calls

    async def close(self, call: str) -> None:
        self.open.discard(call)
        await self._do("close", call, "")


class FakeClients:
    """Browser tabs that keep what they were sent."""

    def __init__(self) -> None:
        self.tabs: dict[str, ClientInfo] = {}
        self.inbox: dict[str, list[wire.ServerMessage]] = {}
        self.returns_s = 0.0

    def send(self, client: str, message: wire.ServerMessage, path: str | None = None) -> None:
        self.inbox.setdefault(client, []).append(message)

    def on_duty(self, company_id: str, user_ids: frozenset[str]) -> tuple[ClientInfo, ...]:
        return tuple(
            tab
            for tab in self.tabs.values()
            if tab.on_duty and tab.company_id == company_id and tab.user_id in user_ids
        )

    def may_return_s(self, user_ids: frozenset[str]) -> float:
        return self.returns_s

    def watched(self, company_id: str) -> bool:
        return any(tab.company_id == company_id for tab in self.tabs.values())

    def broadcast(self, company_id: str, message: wire.ServerMessage, path: str | None = None) -> None:
        for tab in self.tabs.values():
            if tab.company_id == company_id and (path is None or tab.sees.covers(path)):
                self.send(tab.client, message)


@dataclass
class FakeDoors:
    """Doors that open, unless `failure` is set."""

    failure: Exception | None = None
    opened: list[tuple[str, str, str, str | None]] = field(default_factory=list)

    async def open(
        self, scope: Scope, actor: access.Actor, door_id: str, request_id: str, call_id: str | None
    ) -> access.Opening:
        self.opened.append((actor.kind, door_id, request_id, call_id))
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return access.Opening(door_id, 4.0, repeated=False)


class FakeBus:
    """Hands facts to whoever subscribed."""

    def __init__(self) -> None:
        self.handlers: dict[type[Fact], list[Callable[[Any], None]]] = {}

    def publish(self, fact: Fact) -> None:
        for handler in self.handlers.get(type(fact), ()):
            handler(fact)

    def subscribe(self, kind: type[Any], handler: Callable[[Any], None]) -> None:
        self.handlers.setdefault(kind, []).append(handler)


class FakeAlarm:
    """A timer that the test rings."""

    def __init__(self) -> None:
        self.at: float | None = None
        self.ring: Callable[[], None] | None = None

    def set(self, at: float, ring: Callable[[], None]) -> None:
        self.at, self.ring = at, ring


@dataclass
class Desk:
    """The service and everything around it."""

    service: CallService
    database: Database
    clock: StillClock
    tenant: Tenant
    station: Station
    account: Station
    sip: FakeSip
    media: FakeMedia
    clients: FakeClients
    doors: FakeDoors
    bus: FakeBus
    alarm: FakeAlarm

    def tab(self, name: str, user_id: str | None = None, *, company_id: str | None = None) -> ClientInfo:
        """A browser tab signs on."""
        user = user_id or self.tenant.owner.id
        info = ClientInfo(name, company_id or self.tenant.company.id, user, user[-4:], True)
        self.clients.tabs[name] = info
        self.service.client_came(info)
        return info

    def goes(self, tab: ClientInfo) -> None:
        del self.clients.tabs[tab.client]
        self.service.client_left(tab.client)

    async def presses(
        self, button: str = "main", *, leg: str = "leg-1", account: bool = False, sdp: str = OFFER
    ) -> None:
        device = None if account else self.station.id
        owner = self.account.number if account else None
        self.service.invited(StationInvite(leg, device, owner, button, sdp, f"sip-{leg}"))
        await self.service.drain()

    async def says(self, tab: ClientInfo, message: wire.ClientMessage) -> None:
        self.service.received(tab, message)
        await self.service.drain()

    async def talks(self, tab: ClientInfo, *, account: bool = False) -> str:
        """From the press to talking; returns the call id."""
        await self.presses(account=account)
        return await self.answers(tab, account=account)

    async def answers(self, tab: ClientInfo, *, account: bool = False) -> str:
        """From the ring to talking; returns the call id."""
        call_id = self.last(tab, wire.Ring).call_id
        if not account:
            await self.says(tab, wire.PreviewAnswer(call_id=call_id, sdp="preview answer"))
        await self.says(tab, wire.Answer(request_id="r1", call_id=call_id))
        await self.says(tab, wire.MediaAnswer(call_id=call_id, sdp="two-way answer"))
        self.service.offer_answered("leg-1", "ok")
        await self.service.drain()
        return call_id

    async def passes(self, seconds: float) -> None:
        end = self.clock.monotonic() + seconds
        while self.alarm.at is not None and self.alarm.at <= end and self.alarm.ring is not None:
            at, ring = self.alarm.at, self.alarm.ring
            self.alarm.at = None
            self.clock.advance(max(0.0, at - self.clock.monotonic()))
            ring()
            await self.service.drain()
        self.clock.advance(max(0.0, end - self.clock.monotonic()))

    def all(self, tab: ClientInfo, kind: type[M]) -> list[M]:
        return [message for message in self.clients.inbox.get(tab.client, ()) if isinstance(message, kind)]

    def last(self, tab: ClientInfo, kind: type[M]) -> M:
        return self.all(tab, kind)[-1]

    def history(self) -> tuple[CallView, ...]:
        from antiphon.calls import store

        return self.database.run_sync(lambda tx: store.calls_page(tx, self.tenant.scope, limit=50, before=None))
