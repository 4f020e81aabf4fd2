"""Owns what browser tabs ask of calls: each message becomes an input of the right call, a new call, or a door."""

from __future__ import annotations

from typing import Protocol

from antiphon import access, log
from antiphon.calls import figures
from antiphon.calls import inputs as i
from antiphon.calls.admission import Admissions
from antiphon.calls.live import LiveCall
from antiphon.calls.model import Direction, Tab
from antiphon.calls.orders import Orders, TappedDoor
from antiphon.calls.ports import CallId, ClientId, ClientInfo, ClientPort, LegId, StationInvite
from antiphon.clock import Clock, new_id
from antiphon.database import Scope
from antiphon.errors import AntiphonError
from antiphon.wire import client as wire

_log = log.get("calls")


class Switchboard(Protocol):
    """What requests need of the service."""

    def call(self, call_id: CallId) -> LiveCall | None: ...

    def calls_of(self, company_id: str) -> list[LiveCall]: ...

    def signed_on(self, client: ClientId) -> bool: ...

    def begin(
        self,
        direction: Direction,
        leg: LegId,
        *,
        invite: StationInvite | None = None,
        call_id: CallId | None = None,
        account: bool = False,
    ) -> LiveCall: ...

    def feed(self, call: LiveCall, given: i.External) -> None: ...


class Requests:
    """Takes clients' messages. A request that fits no call is answered in words; nothing here waits."""

    def __init__(
        self, desk: Switchboard, orders: Orders, admissions: Admissions, clients: ClientPort, clock: Clock
    ) -> None:
        self._desk, self._orders, self._admissions = desk, orders, admissions
        self._clients, self._clock = clients, clock

    def received(self, client: ClientInfo, message: wire.ClientMessage) -> None:
        """One message of a signed-on tab."""
        match message:
            case wire.OpenDoor():
                self._open_door(client, message)
            case wire.CallStation():
                self._place(client, message)
            case wire.PreviewAnswer():
                self._feed_client(client, message.call_id, None, i.PreviewAnswered(client.client, message.sdp))
            case wire.PreviewConnected():
                self._show_at_once(client, message)
            case wire.PreviewFailed():
                self._feed_client(client, message.call_id, None, i.PreviewGivenUp(client.client))
            case wire.MediaAnswer():
                self._feed_client(client, message.call_id, None, i.MediaAnswered(client.client, message.sdp))
            case wire.Answer():
                if self._talks_elsewhere(client, message.call_id):
                    detail = "End your conversation first, then answer."
                    self._error(client, message.request_id, "in_conversation", detail, message.call_id)
                    return
                tapped = i.AnswerTapped(client.client, message.request_id)
                self._feed_client(client, message.call_id, message.request_id, tapped)
            case wire.Decline():
                declined = i.DeclineTapped(client.client, message.request_id)
                self._feed_client(client, message.call_id, message.request_id, declined)
            case wire.HangUp():
                hung_up = i.HangUpTapped(client.client, message.request_id)
                self._feed_client(client, message.call_id, message.request_id, hung_up)
            case wire.Dtmf():
                self._digit(client, message)
            case _:
                _log.warning("message not for calls", kind=type(message).__name__)

    def _open_door(self, client: ClientInfo, message: wire.OpenDoor) -> None:
        call = self._desk.call(message.call_id) if message.call_id else None
        if call is not None and (call.company_id != client.company_id or call.machine.leg_of(client.client) is None):
            call = None
        actor = access.Actor("user", client.user_id, client.user_name)
        tapped = TappedDoor(client.client, message.request_id)
        scope = Scope(client.company_id)
        self._orders.start(call, self._orders.open_door(call, scope, actor, message.door_id, tapped))

    def _show_at_once(self, client: ClientInfo, message: wire.PreviewConnected) -> None:
        call = self._desk.call(message.call_id)
        if call is not None and call.company_id == client.company_id and call.machine.leg_of(client.client):
            self._orders.ask_key_frame(call)

    def _digit(self, client: ClientInfo, message: wire.Dtmf) -> None:
        call = self._desk.call(message.call_id)
        leg = call.machine.leg_of(client.client) if call else None
        if call is None or leg is None or leg is not call.machine.talker:
            detail = "This call is not connected here."
            self._error(client, message.request_id, "call_over", detail, message.call_id)
            return
        self._desk.feed(call, i.ClientDigit(leg.leg_id, message.digit, message.request_id))

    def _place(self, client: ClientInfo, message: wire.CallStation) -> None:
        if self._talks_elsewhere(client, None):
            detail = "End your conversation first, then call."
            self._error(client, message.request_id, "in_conversation", detail, None)
            return
        self._orders.start(None, self._place_now(client, message))

    async def _place_now(self, client: ClientInfo, message: wire.CallStation) -> None:
        call_id, now = new_id("call"), self._clock.now()
        try:
            admission = await self._admissions.client_call(call_id, client, message.station_id, now)
        except AntiphonError as error:
            self._error(client, message.request_id, error.code, error.detail, None)
            return
        of = admission.station
        if of is None:
            return
        refusal: i.PlaceRefusal | None = None
        if of.status != "claimed":
            detail = "This station is not in service. Claim it first."
            refusal = i.PlaceRefusal("station_unreachable", "station_unreachable", detail)
        elif any(call.station and call.station.id == of.id for call in self._desk.calls_of(client.company_id)):
            refusal = i.PlaceRefusal("busy", "busy", "This station is in a call. Try again when it is free.")
        call = self._desk.begin("to_station", new_id("leg"), call_id=call_id, account=of.kind == "account")
        call.sees(of, admission.view)
        call.placed_by = client.user_name
        _log.info("call placed", **call.log_fields())
        tab = Tab(client.client, client.user_id, client.user_name)
        self._desk.feed(call, i.Placed(tab, message.request_id, message.sdp, refusal))
        if not self._desk.signed_on(client.client):  # gone while the question was out
            self._desk.feed(call, i.TabLeft(client.client))

    def _talks_elsewhere(self, client: ClientInfo, but: CallId | None) -> bool:
        for call in self._desk.calls_of(client.company_id):
            if call.call_id == but:
                continue
            leg = call.machine.leg_of(client.client)
            if leg is not None and (leg.answered_at is not None or call.machine.direction == "to_station"):
                return True
        return False

    def _feed_client(self, client: ClientInfo, call_id: CallId, request_id: str | None, given: i.External) -> None:
        call = self._desk.call(call_id)
        if call is not None and call.company_id == client.company_id:
            if isinstance(given, i.AnswerTapped):
                figures.tapped(call, self._clock.monotonic())
            self._desk.feed(call, given)
        elif request_id is not None and isinstance(given, i.AnswerTapped):
            self._error(client, request_id, "call_over", "This call is over.", call_id)
        elif request_id is not None:
            self._clients.send(client.client, wire.Done(request_id=request_id))

    def _error(
        self, client: ClientInfo, request_id: str | None, code: str, detail: str, call_id: CallId | None
    ) -> None:
        self._clients.send(client.client, wire.Error(request_id=request_id, code=code, detail=detail, call_id=call_id))
