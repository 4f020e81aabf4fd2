"""Owns the calls that are going on: what SIP, media and clients tell goes to the right call, its orders are carried out."""

from __future__ import annotations

import asyncio
from functools import partial

from antiphon import directory, events, log, metrics
from antiphon.access import DoorNeedsCall
from antiphon.bus import Bus
from antiphon.calls import effects as e
from antiphon.calls import figures
from antiphon.calls import inputs as i
from antiphon.calls.admission import Admissions
from antiphon.calls.board import StationBoard
from antiphon.calls.house import House
from antiphon.calls.leg_events import LegListener
from antiphon.calls.live import LiveCall
from antiphon.calls.machine import CallMachine
from antiphon.calls.model import CallLimits, CallRecord, Direction, Tab
from antiphon.calls.orders import DoorOpener, Orders
from antiphon.calls.ports import (
    CallId,
    ClientId,
    ClientInfo,
    ClientPort,
    KeyFrame,
    LegId,
    MediaPort,
    SipPort,
    StationInvite,
)
from antiphon.calls.receivers import Receivers, as_tab
from antiphon.calls.records import Records
from antiphon.calls.requests import Requests
from antiphon.calls.ring_plans import RingPlans
from antiphon.calls.snapshots import Snapshots
from antiphon.calls.wheel import Alarm, LoopAlarm, Wheel
from antiphon.clock import Clock, new_id
from antiphon.database import Database, Scope
from antiphon.directory import rings
from antiphon.limits import CALLS_STOP_MAX_S, DOOR_DIGIT_GAP_S, TILE_AFTER_S
from antiphon.wire import client as wire

_log = log.get("calls")
_TILE = "tile:"  # before a call's id: when its station's tile is told, on the same wheel


class MediaListener:
    """Implements `MediaEvents` for the service's calls."""

    def __init__(self, service: CallService) -> None:
        self._service = service

    def key_frame(self, call: CallId, frame: KeyFrame) -> None:
        self._service.take_picture(call, frame)

    def dtmf(self, call: CallId, leg: LegId, digit: str) -> None:
        live = self._service.call(call)
        if live is None:
            return
        of_station = live.machine.station.leg_id == leg
        self._service.feed(live, i.StationDigit(digit) if of_station else i.ClientDigit(leg, digit, None))

    def media_lost(self, calls: tuple[CallId, ...], since: float) -> None:
        _log.error("media lost", calls=len(calls))
        metrics.CALLS_LOST.inc(len(calls))
        for call_id in calls:
            live = self._service.call(call_id)
            if live is not None:
                self._service.feed(live, i.MediaLost(since))


class CallService(LegListener):
    """Implements `SipEvents` and `ClientEvents`, and `MediaEvents` as `media_events`. `connect` before the first event."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        snapshots: Snapshots,
        *,
        call_limits: CallLimits | None = None,
        alarm: Alarm | None = None,
    ) -> None:
        self._database, self._clock, self._snapshots = database, clock, snapshots
        self._limits = call_limits or CallLimits()
        self._admissions = Admissions(database)
        self._records = Records(database, clock)
        self._calls: dict[CallId, LiveCall] = {}
        self._by_station_leg: dict[LegId, LiveCall] = {}
        self._wheel = Wheel(alarm or LoopAlarm(clock), self._time_passed, clock.monotonic)
        self._tabs: dict[ClientId, ClientInfo] = {}
        self.media_events = MediaListener(self)

    def connect(self, sip: SipPort, media: MediaPort, clients: ClientPort, doors: DoorOpener, bus: Bus) -> None:
        """Wire the ports, which in turn were given this service as their listener."""
        self._sip, self._media, self._clients, self._bus = sip, media, clients, bus
        self._house = House(self._records, bus, self._clock)
        self._orders = Orders(self, sip, media, clients, doors, self._clock)
        self._receivers = Receivers(self, self._orders, sip, media)
        self._board = StationBoard(self._database, clients, self._orders, self._calls.values)
        self._ring_plans = RingPlans(clients, self.calls_of, self._limits.ring_max_s)
        self._requests = Requests(self, self._orders, self._admissions, clients, self._clock)
        bus.subscribe(events.DeviceRevoked, self._device_revoked)
        bus.subscribe(events.AccountRemoved, self._account_removed)
        bus.subscribe(events.StationPresenceChanged, self._presence_changed)

    async def start(self) -> None:
        """Close what a process that died left open: records here, media at the engine. Stations notice by themselves."""
        self._media.clear(await self._records.close_left_over())
        calendars = await self._database.read(directory.every_calendar)
        await asyncio.to_thread(rings.warm, calendars, self._clock.now().date())

    async def stop(self) -> None:
        """End every call with words, and write its record."""
        for call in list(self._calls.values()):
            self.feed(call, i.Failed())
        try:
            async with asyncio.timeout(CALLS_STOP_MAX_S):
                await self.drain()
        except TimeoutError:
            _log.error("calls not wound up in time", calls=len(self._calls))

    async def drain(self) -> None:
        """Until nothing is under way."""
        await self._orders.drain()
        await self._snapshots.drain()
        await self._records.drain()
        await self._orders.drain()

    @property
    def live(self) -> int:
        """How many calls are going on."""
        return len(self._calls)

    def look(self) -> None:
        """Bring the readings of what goes on up to date."""
        figures.look(self._calls.values())

    # -- SipEvents ---------------------------------------------------------------------------------------------------

    def called(self, invite: StationInvite) -> None:
        device = invite.device_id or invite.account
        if not device:
            _log.warning("call without a proven caller refused", sip_call_id=invite.sip_call_id)
            self._sip.refuse(invite.leg, 403, "unclaimed")
            return
        call = self.begin("from_station", invite.leg, invite=invite, account=invite.device_id is None)
        call.button = invite.target
        self._sip.name(invite.leg, call.call_id)
        _log.info("call arrived", button=invite.target[:64], **call.log_fields())
        self.feed(call, i.Arrived(invite.sdp, previews=invite.device_id is not None))

    # -- ClientEvents ------------------------------------------------------------------------------------------------

    async def stations_of(self, client: ClientInfo) -> tuple[wire.StationView, ...]:
        return await self._board.of_client(client)

    def client_came(self, client: ClientInfo) -> None:
        self._tabs[client.client] = client
        self._tab_came(client)

    def duty_changed(self, client: ClientInfo) -> None:
        self._tabs[client.client] = client
        if client.on_duty:
            self._tab_came(client)
        else:
            self._feed_company(client.company_id, i.TabOffDuty(client.client))

    def client_left(self, client: ClientId) -> None:
        info = self._tabs.pop(client, None)
        if info is not None:
            self._feed_company(info.company_id, i.TabLeft(client))

    def received(self, client: ClientInfo, message: wire.ClientMessage) -> None:
        self._requests.received(client, message)

    def _tab_came(self, client: ClientInfo) -> None:
        tab = Tab(client.client, client.user_id, client.user_name)
        for call in list(self._calls.values()):
            # A tab off duty still takes back the conversation that it lost.
            if call.company_id == client.company_id and (client.on_duty or call.machine.leg_of(client.client)):
                self.feed(call, i.TabCame(tab))

    def _feed_company(self, company_id: str, given: i.External) -> None:
        for call in list(self._calls.values()):
            if call.company_id == company_id:
                self.feed(call, given)

    # -- calls -------------------------------------------------------------------------------------------------------

    def calls_of(self, company_id: str) -> list[LiveCall]:
        """The company's calls that are going on."""
        return [call for call in self._calls.values() if call.company_id == company_id]

    def signed_on(self, client: ClientId) -> bool:
        return client in self._tabs

    def call(self, call_id: CallId) -> LiveCall | None:
        """A call that is going on."""
        return self._calls.get(call_id)

    def take_picture(self, call_id: CallId, frame: KeyFrame) -> None:
        """Keep the caller's first picture; later ones are left aside."""
        live = self._calls.get(call_id)
        if live is None or live.station is None or live.key_frame_taken:
            return
        live.key_frame_taken = True
        of, company = live.station, live.station.company_id
        self._snapshots.take(of, call_id, frame, lambda: self._board.push(company, of.id))

    def begin(
        self,
        direction: Direction,
        leg: LegId,
        *,
        invite: StationInvite | None = None,
        call_id: CallId | None = None,
        account: bool = False,
    ) -> LiveCall:
        """A call that knows nothing yet; feed it its first input."""
        call_id = call_id or new_id("call")
        machine = CallMachine(call_id, direction, leg, account=account, call_limits=self._limits)
        call = LiveCall(call_id, machine, self._clock.monotonic(), self._clock.now(), invite)
        self._calls[call_id] = call
        self._by_station_leg[leg] = call
        return call

    def feed(self, call: LiveCall, given: i.External) -> None:
        """One input to one call; a fault in it ends that call with words and is logged, nothing else is touched."""
        try:
            self._feed(call, given)
        except Exception:  # noqa: BLE001  # the service lives on
            _log.exception("call failed", input=type(given).__name__, **call.log_fields())
            try:
                self._feed(call, i.Failed())
            except Exception:  # noqa: BLE001
                _log.exception("call could not be wound up", **call.log_fields())
                self._drop(call)

    def _feed(self, call: LiveCall, given: i.External) -> None:
        looks_different, now = False, self._clock.monotonic()
        orders = call.machine.handle(given, now)
        news = call.notes.noted(call.machine, given, orders, now)
        for order in orders:
            if isinstance(order, e.StationLooksDifferent):
                looks_different = True  # later: a tab that draws its list anew shows the ring and its picture later
            elif not self._receivers.told(call, order):
                self._orders.carry_out(call, order)
        if looks_different and call.machine.over:
            self._board.tell(call)
        elif looks_different:
            self._wheel.set(_TILE + call.call_id, self._clock.monotonic() + TILE_AFTER_S)
        self._wheel.set(call.call_id, call.machine.next_deadline())
        if call.machine.over:
            self._forget(call)
        elif news:
            self._house.news(call)

    def _forget(self, call: LiveCall) -> None:
        self._calls.pop(call.call_id, None)
        self._by_station_leg.pop(call.machine.station.leg_id, None)
        self._wheel.set(call.call_id, None)
        self._wheel.set(_TILE + call.call_id, None)

    def _drop(self, call: LiveCall) -> None:
        """The machine itself is broken: let go of everything by hand, with words and a record."""
        self._forget(call)
        self._sip.end(call.machine.station.leg_id, "platform_error")
        for leg in call.machine.clients:
            if leg.tab is not None and leg.ended_at is None:
                ended = wire.CallEnded(call_id=call.call_id, cause="platform_error", by="platform")
                self._clients.send(leg.tab.client, ended)
        self._orders.close(call)
        if call.station is not None:
            record = CallRecord(
                call_id=call.call_id,
                direction=call.machine.direction,
                started_at=call.started_mono,
                answered_at=call.machine.talking_since,
                ended_at=self._clock.monotonic(),
                cause="platform_error",
                ended_by="platform",
                answered_by=None,
                doors_opened=call.machine.doors_opened,
                legs=(),
            )
            self.write_record(call, record)

    def _time_passed(self, name: str) -> None:
        call = self._calls.get(name.removeprefix(_TILE))
        if call is not None and name.startswith(_TILE):
            self._board.tell(call)
            self._house.tell(call)
        elif call is not None:
            self.feed(call, i.TimePassed())

    def turn(self) -> None:
        """Look at the clock now; the alarm does it by itself."""
        self._wheel.turn()

    # -- what orders need --------------------------------------------------------------------------------------------

    def ask_plan(self, call: LiveCall) -> None:
        self._orders.start(call, self._plan(call))

    async def _plan(self, call: LiveCall) -> None:
        if call.invite is None:
            return
        admission = await self._admissions.door_call(call.call_id, call.invite, call.started_at)
        call.sees(admission.station, admission.view)
        if call.machine.over:  # the caller hung up while the question was out: only now it is known whose call it was
            self._write_late(call)
            return
        of, press = admission.station, admission.press
        if admission.refusal is not None or press is None or of is None:
            refusal = admission.refusal or i.PlanRefused("platform_error", "platform_error", 500)
            _log.warning("call refused", code=admission.code, status=refusal.status, **call.log_fields())
            self.feed(call, refusal)
            return
        self._end_older(call)
        now = self._clock.monotonic()
        self.feed(call, self._ring_plans.planned(call, of, press, admission.devices, now))

    def _end_older(self, call: LiveCall) -> None:
        """A station that presses again rings once: it restarted, or gave the older press up without telling."""
        if call.invite is None or call.invite.device_id is None:
            return
        for other in list(self._calls.values()):
            if (
                other is not call
                and call.station is not None
                and other.invite is not None
                and other.invite.device_id == call.invite.device_id
                and other.machine.ringing
            ):
                _log.info("older press ended", **other.log_fields())
                self._sip.end(other.machine.station.leg_id, "cancelled")
                self.feed(other, i.StationLeft("cancelled"))

    def write_record(self, call: LiveCall, record: CallRecord) -> None:
        _log.info("call ended", cause=record.cause, by=record.ended_by, legs=len(record.legs), **call.log_fields())
        figures.ended(record)
        self._orders.close_prompt(call)
        call.record = record
        self._write_late(call)

    def opened_late(self, call: LiveCall) -> None:
        """A door's acknowledgement came after the call's end."""
        if call.station is None:
            return
        company, path = call.station.company_id, call.station.path
        changed = wire.HistoryChanged(call_id=call.call_id)
        tell = partial(self._clients.broadcast, company, changed, path)
        self._records.count_opening(Scope(company), call.call_id, tell)

    def _write_late(self, call: LiveCall) -> None:
        record, of = call.record, call.station
        if record is None or of is None:
            return
        changed = wire.HistoryChanged(call_id=call.call_id)
        self._records.complete(
            of, call.ended(record), partial(self._clients.broadcast, of.company_id, changed, of.path)
        )

    async def send_digits(self, device_id: str, digits: str) -> None:
        """Implements `access.CallDigits`: one after another, to the station that somebody talks with."""
        for number, digit in enumerate(digits):
            if number:
                await asyncio.sleep(DOOR_DIGIT_GAP_S)
            call = next((call for call in self._calls.values() if call.talks_with(device_id)), None)
            if call is None:
                raise DoorNeedsCall(device_id=device_id)
            await self._orders.deliver_digit(call, digit)

    def _account_removed(self, fact: events.AccountRemoved) -> None:
        for call in list(self._calls.values()):
            if call.station is not None and call.station.id == fact.device_id:
                self.feed(call, i.DeviceRevoked())
            self._receivers.gone(call, fact.device_id)
        self._clients.broadcast(fact.company_id, wire.StationRemoved(station_id=fact.device_id))

    def _presence_changed(self, fact: events.StationPresenceChanged) -> None:
        self._board.push(fact.company_id, fact.device_id)
        for call in self.calls_of(fact.company_id) if fact.online else ():
            if fact.device_id in call.devices:  # a telephone or station that is back joins what rings
                self.feed(call, i.TabCame(as_tab(call.devices[fact.device_id])))

    def _device_revoked(self, fact: events.DeviceRevoked) -> None:
        # A call begun later is of hardware that was claimed since: the fact may come late.
        for call in [call for call in self._calls.values() if call.started_at <= fact.at]:
            if call.station is not None and call.station.id == fact.device_id:
                self.feed(call, i.DeviceRevoked())
            self._receivers.gone(call, fact.device_id)
