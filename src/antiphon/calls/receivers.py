"""Owns the SIP legs of accounts and stations that ring: to the call machine each is a receiver like a tab, its messages become
SIP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from antiphon import log
from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls.live import LiveCall
from antiphon.calls.model import Tab
from antiphon.calls.orders import Desk, Orders
from antiphon.calls.ports import ClientId, LegId, MediaPort, SipPort
from antiphon.devices import Station
from antiphon.errors import AntiphonError
from antiphon.wire.client import LegCause

_log = log.get("calls")
_PREFIX = "sip:"  # no browser tab's id has a colon

# What a telephone's refusal means for its line of the record; whatever is not in here, it could not be reached.
_CAUSE: dict[int, LegCause] = {486: "busy", 600: "busy", 603: "declined", 415: "failed", 488: "failed", 606: "failed"}


def as_tab(device: Station) -> Tab:
    """The account or station as the call machine sees a receiver."""
    return Tab(_PREFIX + device.id, device.id, device.name, kind=device.kind)


@dataclass(slots=True)
class _Ringing:
    """One INVITE to an account or station and what came of it."""

    call: LiveCall
    client: ClientId
    leg: LegId
    offer: str = ""
    answer: str = ""


class Receivers:
    """Stands between the machine's messages to `sip:` clients and the SIP gateway."""

    def __init__(self, desk: Desk, orders: Orders, sip: SipPort, media: MediaPort) -> None:
        self._desk, self._orders, self._sip, self._media = desk, orders, sip, media
        self._legs: dict[LegId, _Ringing] = {}
        self._to_ring: dict[str, list[_Ringing]] = {}  # by call
        self._newest: dict[tuple[str, ClientId], _Ringing] = {}  # by call and device

    # -- what the machine tells --------------------------------------------------------------------------------------

    def told(self, call: LiveCall, order: e.Effect) -> bool:
        """Carry the order out when it is for a device; False when it is for a tab or for nobody."""
        client: object = getattr(order, "client", None)
        if not isinstance(client, str) or not client.startswith(_PREFIX):
            return False
        match order:
            case e.TellRing(leg=leg):
                ringing = self._legs[leg] = self._newest[call.call_id, client] = _Ringing(call, client, leg)
                together = self._to_ring.get(call.call_id)
                if together is None:
                    self._to_ring[call.call_id] = [ringing]
                    self._orders.start(call, self._ring_all(call.call_id))
                else:
                    together.append(ringing)
            case e.TellMediaOffer(sdp=sdp):
                self._settle(call, client, sdp)
            case e.TellRingEnded(cause=cause):
                self._end(call, client, cause)
            case e.TellEnded():
                self._end(call, client, "hung_up")
            case _:
                pass  # seconds, digits and doors have no place on a telephone
        return True

    async def _ring_all(self, call_id: str) -> None:
        """Everybody whom this turn of the call rings, one after another: they mostly share what they are offered."""
        for ringing in self._to_ring.pop(call_id):
            await self._ring(ringing)

    async def _ring(self, ringing: _Ringing) -> None:
        call, device = ringing.call, ringing.call.devices.get(ringing.client.removeprefix(_PREFIX))
        if device is None:
            self._refused(ringing, "failed")
            return
        try:
            ringing.offer = await self._media.receiver_offer(call.call_id, ringing.leg)
        except AntiphonError as error:
            _log.warning("receiver not rung", code=error.code, leg_id=ringing.leg, **call.log_fields())
            self._refused(ringing, "failed")
            return
        if ringing.leg in self._legs:
            self._sip.invite(
                ringing.leg,
                device.sip_user,
                sdp=ringing.offer,
                display_name=call.station.name if call.station else "",
                call_id=call.call_id,
                rings=device.kind == "station",
            )

    def _settle(self, call: LiveCall, client: ClientId, sdp: str) -> None:
        """The engine's two-way offer: nearly always what the device answered to already."""
        ringing = self._of(call, client)
        if ringing is None:
            return
        if _session(sdp) == _session(ringing.offer):
            self._desk.feed(call, i.MediaAnswered(client, ringing.answer))
        else:
            ringing.offer = sdp
            self._sip.offer(ringing.leg, sdp)

    def _end(self, call: LiveCall, client: ClientId, cause: str) -> None:
        ringing = self._of(call, client)
        if ringing is not None:
            self._forget(ringing.leg)
            self._sip.end(ringing.leg, cause)

    def gone(self, call: LiveCall, device_id: str) -> None:
        """The device is no longer in service: it neither rings nor talks on."""
        ringing = self._of(call, _PREFIX + device_id)
        if ringing is None:
            return
        self._sip.end(ringing.leg, "revoked")
        if ringing.answer:
            self.ended(ringing.leg, "hung_up")
        else:
            self._refused(ringing, "failed")

    def _of(self, call: LiveCall, client: ClientId) -> _Ringing | None:
        return self._newest.get((call.call_id, client))

    def _forget(self, leg: LegId) -> _Ringing | None:
        ringing = self._legs.pop(leg, None)
        if ringing is not None and self._newest.get((ringing.call.call_id, ringing.client)) is ringing:
            del self._newest[ringing.call.call_id, ringing.client]
        return ringing

    # -- what the device does: SipEvents of its leg, each False for a leg that is none of these ----------------------

    def answered(self, leg: LegId, sdp: str) -> bool:
        ringing = self._legs.get(leg)
        if ringing is None:
            return False
        ringing.answer = sdp
        self._orders.start(ringing.call, self._answered(ringing))
        return True

    async def _answered(self, ringing: _Ringing) -> None:
        try:
            await self._media.receiver_answer(ringing.call.call_id, ringing.leg, ringing.answer)
        except AntiphonError as error:
            _log.warning("receiver not connected", code=error.code, leg_id=ringing.leg, **ringing.call.log_fields())
            self._sip.end(ringing.leg, "no_codec")
            self._refused(ringing, "failed")
            return
        self._desk.feed(ringing.call, i.AnswerTapped(ringing.client, f"{ringing.leg}-answer"))

    def refused(self, leg: LegId, status: int) -> bool:
        ringing = self._legs.get(leg)
        if ringing is None:
            return False
        _log.info("receiver does not answer", status=status, leg_id=leg, **ringing.call.log_fields())
        ringing.call.notes.statuses[leg] = status
        self._refused(ringing, _CAUSE.get(status, "no_answer"))
        return True

    def _refused(self, ringing: _Ringing, cause: LegCause) -> None:
        if self._forget(ringing.leg) is not None:
            self._desk.feed(ringing.call, i.ReceiverRefused(ringing.client, cause))

    def offered(self, leg: LegId) -> bool:
        """A refresh, or hold: the session stays as agreed."""
        ringing = self._legs.get(leg)
        if ringing is None:
            return False
        self._sip.answer_offer(leg, ringing.offer)
        return True

    def offer_answered(self, leg: LegId, sdp: str) -> bool:
        ringing = self._legs.get(leg)
        if ringing is None:
            return False
        ringing.answer = sdp
        self._desk.feed(ringing.call, i.MediaAnswered(ringing.client, sdp))
        return True

    def offer_refused(self, leg: LegId, status: int) -> bool:
        """It took the call and not the session: it is hung up, and the call rings on."""
        ringing = self._legs.get(leg)
        if ringing is None:
            return False
        _log.warning("receiver refuses the session", status=status, leg_id=leg, **ringing.call.log_fields())
        self._sip.end(leg, "no_codec")
        return self.ended(leg, "hung_up")

    def digit(self, leg: LegId, digit: str) -> bool:
        ringing = self._legs.get(leg)
        if ringing is None:
            return False
        self._desk.feed(ringing.call, i.ClientDigit(leg, digit, None))
        return True

    def ended(self, leg: LegId, cause: Literal["cancelled", "hung_up", "lost"]) -> bool:
        ringing = self._forget(leg)
        if ringing is None:
            return False
        _log.info("receiver hung up", how=cause, leg_id=leg, **ringing.call.log_fields())
        self._desk.feed(ringing.call, i.HangUpTapped(ringing.client, f"{leg}-end"))
        return True


def _session(sdp: str) -> tuple[str, ...]:
    """What makes two descriptions one session: everything but the version in the origin."""
    return tuple(line for line in sdp.splitlines() if not line.startswith("o="))
