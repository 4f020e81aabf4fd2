"""Owns the carrying out of a call machine's orders: each becomes one call of a port, and media's answers become inputs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Protocol, TypeVar

from antiphon import access, log
from antiphon.calls import effects as e
from antiphon.calls import figures
from antiphon.calls import inputs as i
from antiphon.calls.live import LiveCall
from antiphon.calls.model import CallRecord, door_index_for_digit
from antiphon.calls.ports import ClientId, ClientPort, LegId, MediaPort, SipPort
from antiphon.clock import Clock
from antiphon.database import Scope
from antiphon.devices import DoorRefused, StationUnreachable
from antiphon.errors import AntiphonError
from antiphon.limits import KEY_FRAMES_BY_INFO_S
from antiphon.wire import client as wire

_log = log.get("calls")
# The edge's or the peer's word for a station that is not there, or knows this call no more. Any other answer is a sign of life.
_OUT_OF_REACH = (408, 477, 480, 481, 503)
T_Made = TypeVar("T_Made")


@dataclass(frozen=True, slots=True)
class TappedDoor:
    """A tab asked for a door."""

    client: ClientId
    request_id: str


class DoorOpener(Protocol):
    """What `access.Doors` does for calls."""

    async def open(
        self, scope: Scope, actor: access.Actor, door_id: str, request_id: str, call_id: str | None
    ) -> access.Opening: ...


class Desk(Protocol):
    """What orders need back from the service."""

    def feed(self, call: LiveCall, given: i.External) -> None: ...

    def ask_plan(self, call: LiveCall) -> None: ...

    def write_record(self, call: LiveCall, record: CallRecord) -> None: ...

    def opened_late(self, call: LiveCall) -> None: ...


def _must_reach(status: int) -> None:
    if status in _OUT_OF_REACH:
        raise StationUnreachable(sip_status=status)


class Orders:
    """Carries out orders of all calls. Sockets are never waited for; media runs in tasks, started in order."""

    def __init__(
        self, desk: Desk, sip: SipPort, media: MediaPort, clients: ClientPort, doors: DoorOpener, clock: Clock
    ) -> None:
        self._desk, self._sip, self._media, self._clients, self._doors = desk, sip, media, clients, doors
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def carry_out(self, call: LiveCall, order: e.Effect) -> None:
        """One order of one call."""
        match order:
            # -- clients
            case e.TellRing():
                self._tell_ring(call, order)
                figures.rang(call, self._clock.monotonic())
            case e.TellPreviewOffer():
                self._clients.send(order.client, wire.PreviewOffer(call_id=call.call_id, sdp=order.sdp))
            case e.TellRingEnded():
                message = wire.RingEnded(call_id=call.call_id, cause=order.cause, answered_by=order.answered_by)
                self._clients.send(order.client, message)
            case e.TellMediaOffer():
                self._clients.send(
                    order.client, wire.MediaOffer(call_id=call.call_id, sdp=order.sdp, renewed=order.renewed)
                )
            case e.TellStarted():
                if call.view is not None:
                    view = call.view.model_copy(update={"state": "ringing"})
                    started = wire.CallStarted(request_id=order.request_id, call_id=call.call_id, station=view)
                    self._clients.send(order.client, started, call.station.path if call.station else None)
            case e.TellRemoteSdp():
                self._clients.send(order.client, wire.RemoteSdp(call_id=call.call_id, sdp=order.sdp))
            case e.TellConnected():
                figures.connected(call, self._clock.monotonic())
                at, ends_at = call.moment(order.at), call.moment(order.ends_at)
                self._clients.send(order.client, wire.Connected(call_id=call.call_id, at=at, ends_at=ends_at))
            case e.TellWarning():
                warning = wire.LimitWarning(call_id=call.call_id, ends_at=call.moment(order.ends_at))
                self._clients.send(order.client, warning)
            case e.TellEnded():
                self._clients.send(order.client, wire.CallEnded(call_id=call.call_id, cause=order.cause, by=order.by))
            case e.TellDone():
                self._clients.send(order.client, wire.Done(request_id=order.request_id))
            case e.TellError():
                error = wire.Error(
                    request_id=order.request_id, code=order.code, detail=order.detail, call_id=call.call_id
                )
                self._clients.send(order.client, error)
            case e.TellDigit():
                self._clients.send(order.client, wire.DtmfReceived(call_id=call.call_id, digit=order.digit))
            case e.TellDoor():
                self._tell_door(order)
            # -- the station
            case e.Progress():
                self._sip.progress(order.leg, order.status, order.sdp)
            case e.OfferStation():
                self._sip.offer(order.leg, order.sdp)
            case e.AcceptStation():
                self._sip.accept(order.leg, order.sdp)
            case e.RefuseStation():
                _log.info("station refused", status=order.status, cause=order.cause, **call.log_fields())
                self._sip.refuse(order.leg, order.status, order.cause)
            case e.EndStation():
                self._sip.end(order.leg, order.cause)
            case e.InviteStation():
                self._invite(call, order)
            case e.AnswerOffer():
                self._sip.answer_offer(order.leg, order.sdp)
            case e.RefuseOffer():
                self._sip.refuse_offer(order.leg, order.status)
            # -- the plan, doors and the record
            case e.AskPlan():
                self._desk.ask_plan(call)
            case e.OpenDoorByDigit():
                self._open_by_digit(call, order)
            case e.MediaCameBack():
                _log.warning("media offered anew", after_s=round(order.after_s, 3), **call.log_fields())
            case e.WriteRecord():
                self._desk.write_record(call, order.record)
            case _:
                self._media_order(call, order)

    def _tell_ring(self, call: LiveCall, order: e.TellRing) -> None:
        if call.view is None:
            return
        self._clients.send(
            order.client,
            wire.Ring(
                call_id=call.call_id,
                station=call.view.model_copy(update={"state": "ringing"}),
                button=call.button,
                button_label=call.button_label,
                priority=call.priority,
                started_at=call.started_at,
                rings_until=call.moment(order.rings_until),
                video=order.previews,
            ),
            call.station.path if call.station else None,
        )

    def _tell_door(self, order: e.TellDoor) -> None:
        self._clients.send(
            order.client,
            wire.DoorResult(
                request_id=order.request_id,
                door_id=order.door_id,
                opened=order.opened,
                open_for_s=order.open_for_s,
                code=order.code,
                detail=order.detail,
            ),
        )

    def _invite(self, call: LiveCall, order: e.InviteStation) -> None:
        if call.station is not None:
            self._sip.invite(
                order.leg, call.station.sip_user, sdp=order.sdp, display_name=order.caller_name, call_id=call.call_id
            )

    # -- media -------------------------------------------------------------------------------------------------------

    def _media_order(self, call: LiveCall, order: e.Effect) -> None:
        media, call_id = self._media, call.call_id
        match order:
            case e.OpenCaller(leg, offer, reliable, early):
                opening = media.open_caller(call_id, leg, offer, reliable_preview=reliable, early=early)
                self._answered(call, leg, opening, i.CallerOpened)
            case e.MakePreviewOffer(leg):
                self._preview(call, leg, media.preview_offer(call_id, leg))
            case e.TakePreviewAnswer(leg, sdp):
                self._preview(call, leg, media.preview_answer(call_id, leg, sdp))
            case e.DropPreview(leg):
                if media.holds(call_id, leg):
                    self._quietly(call, "preview not dropped", media.drop_preview(call_id, leg))
            case e.MakeConnectOffer(leg):
                offering = media.connect_offer(call_id, leg)
                self._answered(call, leg, offering, lambda made: i.ConnectOfferMade(leg, made))
            case e.TakeConnectAnswer(leg, sdp):
                taking = media.connect_answer(call_id, leg, sdp)
                self._answered(call, leg, taking, lambda made: i.ConnectAnswerTaken(leg, made))
            case e.RenewMedia(leg, station_leg, session):
                renewing = media.renew(call_id, leg, station_leg, session, account=call.machine.rung_by_sip(leg))
                self._answered(call, leg, renewing, lambda made: i.ConnectOfferMade(leg, made))
            case e.OpenClient(leg, offer):
                opening = media.open_client(call_id, leg, offer, account=call.machine.station.kind == "account")
                self._answered(call, leg, opening, i.ClientOpened)
            case e.TakeStationAnswer(leg, sdp):
                self._answered(call, leg, media.client_answer(call_id, leg, sdp), i.StationAnswerTaken)
            case e.AskKeyFrame():
                self.ask_key_frame(call)
                if call.machine.station.kind == "account" and call.machine.talking_since is not None:
                    self._ask_by_info(call)
            case e.Play(leg, prompt):
                self._quietly(call, "prompt not played", media.play(call_id, leg, prompt, self._language(call)))
            case e.SendDigit(digit=digit):
                self._quietly(call, "digit not sent", self.send_digit(call, digit))
            case e.Announce():
                self._start(call, self._announce(call, order))
            case e.CloseMedia():
                self._quietly(call, "media not closed", media.close(call_id))
            case _:
                raise TypeError(f"an order that nobody carries out: {type(order).__name__}")

    def ask_key_frame(self, call: LiveCall) -> None:
        """A receiver can show the caller's picture from now on, and needs one that can be decoded alone."""
        self._quietly(call, "key frame not requested", self._media.request_key_frame(call.call_id))

    def _ask_by_info(self, call: LiveCall) -> None:
        """Other makers' stations hear no feedback in RTCP (RTP/SAVP): asked by SIP, until the browser must be there."""

        def ask() -> None:
            if call.machine.in_call:
                self._sip.request_key_frame(call.machine.station.leg_id)

        for wait_s in KEY_FRAMES_BY_INFO_S:
            asyncio.get_running_loop().call_later(wait_s, ask)

    async def send_digit(self, call: LiveCall, digit: str) -> None:
        """One digit to the station's end, in its sound where it takes it there, else by SIP INFO."""
        station = call.machine.station
        if station.kind == "account" and await self._media.send_dtmf(call.call_id, station.leg_id, digit):
            return
        # Our stations take digits by INFO; the engine can't put them into sound that it transcodes for the preview.
        self._sip.send_digit(station.leg_id, digit)

    async def deliver_digit(self, call: LiveCall, digit: str) -> None:
        """`send_digit` for a door of an account: raises where the digit did not reach it, or was not taken."""
        leg = call.machine.station.leg_id
        _must_reach(await self._sip.reach(leg))
        try:
            if await self._media.send_dtmf(call.call_id, leg, digit):
                return
        except AntiphonError as error:
            _log.warning("digit not sent", code=error.code, **call.log_fields())
            raise StationUnreachable from error
        _must_reach(status := await self._sip.deliver_digit(leg, digit))
        if status >= 300:
            raise DoorRefused(f"sip_{status}")

    @staticmethod
    def _language(call: LiveCall) -> str:
        return call.station.language if call.station else "en"

    def _answered(
        self, call: LiveCall, leg: LegId, doing: Awaitable[T_Made], then: Callable[[T_Made], i.External]
    ) -> None:
        async def run() -> None:
            try:
                made = await doing
            except AntiphonError as error:
                _log.warning("media step failed", code=error.code, leg_id=leg, **call.log_fields())
                self._desk.feed(call, i.MediaFailed(leg, error.code))
            else:
                self._desk.feed(call, then(made))

        self._start(call, run())

    def _preview(self, call: LiveCall, leg: LegId, doing: Awaitable[str | None]) -> None:
        async def run() -> None:
            try:
                made = await doing
            except AntiphonError as error:
                _log.warning("preview failed", code=error.code, leg_id=leg, **call.log_fields())
                self._desk.feed(call, i.PreviewBroke(leg))
            else:
                if made is None:
                    figures.previewed(call, self._clock.monotonic())
                self._desk.feed(call, i.PreviewUp(leg) if made is None else i.PreviewOfferMade(leg, made))

        self._start(call, run())

    def _quietly(self, call: LiveCall, message: str, doing: Awaitable[object]) -> None:
        async def run() -> None:
            try:
                await doing
            except AntiphonError as error:
                _log.warning(
                    message, code=error.code, why=str(error.fields.get("why", error.detail)), **call.log_fields()
                )

        self._start(call, run())

    async def _announce(self, call: LiveCall, order: e.Announce) -> None:
        """Early media runs under a name of its own: what the call's own media was doing does not matter any more."""
        media_id = call.call_id if order.offer is None else f"{call.call_id}-prompt"
        try:
            if order.offer is not None:
                call.prompted = True
                sdp = await self._media.open_caller(media_id, order.leg, order.offer, reliable_preview=True)
                if sdp is not None:
                    self._sip.progress(order.leg, 183, sdp)
            length_s = await self._media.play(media_id, order.leg, order.prompt, self._language(call))
        except AntiphonError as error:
            _log.warning("prompt not played", code=error.code, **call.log_fields())
            self._desk.feed(call, i.PromptOver())
        else:
            self._desk.feed(call, i.PromptStarted(length_s))

    def close(self, call: LiveCall) -> None:
        """Free the media of the call and of its prompt."""
        self._quietly(call, "media not closed", self._media.close(call.call_id))
        self.close_prompt(call)

    def close_prompt(self, call: LiveCall) -> None:
        """Free the media of the call's prompt, which run under a name of their own."""
        if call.prompted:
            self._quietly(call, "media not closed", self._media.close(f"{call.call_id}-prompt"))

    # -- doors -------------------------------------------------------------------------------------------------------

    def _open_by_digit(self, call: LiveCall, order: e.OpenDoorByDigit) -> None:
        index = door_index_for_digit(order.digit)
        doors = call.view.doors if call.view else ()
        if call.station is None or index is None or index >= len(doors):
            _log.info("digit opens no door", **call.log_fields())
            return
        actor = access.Actor("account" if order.account else "dtmf", order.user_id, order.user_name)
        self._start(call, self.open_door(call, Scope(call.station.company_id), actor, doors[index].door_id, order))

    async def open_door(
        self,
        call: LiveCall | None,
        scope: Scope,
        actor: access.Actor,
        door_id: str,
        order: e.OpenDoorByDigit | TappedDoor,
    ) -> None:
        """Open through `access`; whoever tapped hears the outcome, and so does everybody in the call."""
        client = order.client if isinstance(order, TappedDoor) else None
        opened, open_for_s, code, detail, repeated = False, None, None, None, False
        try:
            opening = await self._doors.open(scope, actor, door_id, order.request_id, call.call_id if call else None)
            opened, open_for_s, repeated = True, opening.open_for_s, opening.repeated
        except AntiphonError as error:
            code, detail = error.code, error.detail
        except Exception:  # noqa: BLE001  # one fault must not end the service; it is logged
            _log.exception("door not opened", door_id=door_id[:64], company_id=scope.company_id)
            code, detail = AntiphonError.code, "Not opened: something failed on our side. Tap again."
        if client is not None:
            self._tell_door(e.TellDoor(client, order.request_id, door_id, opened, open_for_s, code, detail))
        if call is not None and call.machine.over and opened and not repeated:
            self._desk.opened_late(call)
        elif call is not None and not repeated:
            answered = i.DoorAnswered(client, order.request_id, door_id, opened, open_for_s, code, detail)
            self._desk.feed(call, answered)

    # -- tasks -------------------------------------------------------------------------------------------------------

    def _start(self, call: LiveCall | None, doing: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._guarded(call, doing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def start(self, call: LiveCall | None, doing: Coroutine[object, object, None]) -> None:
        """Run this beside; its failure ends the call it belongs to, and nothing else."""
        self._start(call, doing)

    async def _guarded(self, call: LiveCall | None, doing: Coroutine[object, object, None]) -> None:
        try:
            await doing
        except Exception:  # noqa: BLE001  # one fault must not end the service; it is logged
            if call is None:
                _log.exception("request failed")
                return
            _log.exception("call failed", **call.log_fields())
            self._desk.feed(call, i.Failed())

    async def drain(self) -> None:
        """Until nothing is under way."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))
