"""The calls' SIP legs: one UDP socket on loopback to the SIP edge, one user agent, one timer (docs/decisions/0008)."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable

from antiphon import log, metrics
from antiphon.calls.ports import CallId, LegId, SipEvents, StationInvite
from antiphon.clock import Clock, tokens
from antiphon.limits import (
    DOOR_ACK_MAX_S,
    SIP_PROBE_S,
    SIP_RINGING_PROBE_S,
    SIP_SOCKET_BUFFER_BYTES,
    SIP_UNREACHABLE_GRACE_S,
)
from antiphon.settings import Settings
from antiphon.wire.sip import (
    Answered,
    Discarded,
    Effect,
    Ended,
    Flow,
    InfoReceived,
    Invited,
    OfferAnswered,
    Offered,
    OfferRefused,
    Progressed,
    Refused,
    Replied,
    Send,
    UserAgent,
    UserAgentConfig,
)
from antiphon.wire.sip.info import DTMF_RELAY, MEDIA_CONTROL, PICTURE_FAST_UPDATE, dtmf_digit, dtmf_relay
from antiphon.wire.station import (
    ACCOUNT_HEADER,
    ANSWER_HEADER,
    ANSWER_MANUAL,
    ANSWER_OPTION,
    CALL_HEADER,
    DEVICE_HEADER,
)

_LOOPBACK = "127.0.0.1"
_USER = "antiphon"  # how the platform names itself in From and Contact
# What an unanswered caller is refused with when the call ends for this cause.
_RINGS = ((ANSWER_HEADER, ANSWER_MANUAL), ("Require", ANSWER_OPTION))
_STATUS_OF_CAUSE = {
    "no_answer": 480,
    "declined": 603,
    "nobody_available": 480,
    "unknown_button": 404,
    "unclaimed": 403,
    "revoked": 403,
    "busy": 486,
    "no_codec": 488,
    "platform_unreachable": 503,
    "platform_error": 500,
}
_REFUSED_STATUS = 480

_log = log.get("gateways.sip")


class SipGateway:
    """Implements `calls.ports.SipPort`. Who calls is taken from the edge's headers alone, never from From.

    The socket is connected to the edge: the kernel drops what anybody else sends. `events` may be set after building,
    before `start`.
    """

    def __init__(self, events: SipEvents, settings: Settings, clock: Clock) -> None:
        self.events = events
        self._clock = clock
        self._realm = settings.realm
        ports = settings.ports
        self._flow = Flow("edge", "udp", (_LOOPBACK, ports.sip_calls), (_LOOPBACK, ports.sip_edge))
        config = UserAgentConfig(
            contact_user=_USER,
            probe_s=SIP_PROBE_S,
            ringing_probe_s=SIP_RINGING_PROBE_S,
            unreachable_grace_s=SIP_UNREACHABLE_GRACE_S,
        )
        self._agent = UserAgent(config, tokens())
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._edge_away = False
        self._asked: dict[str, asyncio.Future[int]] = {}  # what somebody waits for the peer's answer to

    async def start(self) -> None:
        """Open the socket. Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Socket(self._received, self._failed), local_addr=self._flow.local, remote_addr=self._flow.remote
        )
        self._transport = transport
        opened = transport.get_extra_info("socket")
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            opened.setsockopt(socket.SOL_SOCKET, option, SIP_SOCKET_BUFFER_BYTES)

    async def close(self) -> None:
        """Close the socket; legs that still live end by their time-outs at the other side."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def look(self) -> None:
        """Bring the readings of the SIP side up to date."""
        counts = self._agent.counts
        metrics.SIP_TRANSACTIONS.put({("client",): counts.clients, ("server",): counts.servers})
        metrics.SIP_RETRANSMISSIONS.put(counts.retransmissions)
        metrics.SIP_TIMEOUTS.put(counts.timeouts)

    # -- orders ------------------------------------------------------------------------------------------------------

    def invite(
        self, leg: LegId, device_id: str, *, sdp: str, display_name: str, call_id: CallId, rings: bool = False
    ) -> None:
        """Call a station through the edge; one that `rings` waits for somebody who answers."""
        station = f"sip:{device_id}@{self._realm}"
        _log.debug("station called", leg=leg, call_id=call_id, device_id=device_id)
        self._carry_out(
            self._agent.invite(
                leg,
                self._flow,
                target_uri=station,
                from_uri=f"sip:{_USER}@{self._realm}",
                to_uri=station,
                display_name=display_name,
                sdp=sdp,
                headers=((CALL_HEADER, call_id), *(_RINGS if rings else ())),
                now=self._clock.monotonic(),
            )
        )

    def name(self, leg: LegId, call_id: CallId) -> None:
        """Tell the edge in every answer which call this is; it keeps the name to itself."""
        self._agent.mark(leg, CALL_HEADER, call_id)

    def progress(self, leg: LegId, status: int, sdp: str | None = None) -> None:
        """180/183 to an incoming leg; with SDP reliable where the peer can."""
        if self._knows(leg, "progress"):
            self._carry_out(self._agent.progress(leg, status, sdp, self._clock.monotonic()))

    def accept(self, leg: LegId, sdp: str) -> None:
        """200 OK."""
        if self._knows(leg, "accept"):
            self._carry_out(self._agent.accept(leg, sdp, self._clock.monotonic()))

    def refuse(self, leg: LegId, status: int, cause: str) -> None:
        """A final refusal that names the cause."""
        if self._knows(leg, "refuse"):
            self._carry_out(self._agent.refuse(leg, status, cause, self._clock.monotonic()))

    def offer(self, leg: LegId, sdp: str) -> None:
        """Offer anew by UPDATE or re-INVITE."""
        if self._knows(leg, "offer"):
            self._carry_out(self._agent.offer(leg, sdp, self._clock.monotonic()))

    def answer_offer(self, leg: LegId, sdp: str) -> None:
        """Answer the peer's offer."""
        if self._knows(leg, "answer_offer"):
            self._carry_out(self._agent.answer_offer(leg, sdp, self._clock.monotonic()))

    def refuse_offer(self, leg: LegId, status: int) -> None:
        """Keep the session as it was."""
        if self._knows(leg, "refuse_offer"):
            self._carry_out(self._agent.refuse_offer(leg, status, self._clock.monotonic()))

    def request_key_frame(self, leg: LegId) -> None:
        """SIP INFO picture_fast_update (RFC 5168)."""
        if self._knows(leg, "request_key_frame"):
            self._carry_out(self._agent.info(leg, MEDIA_CONTROL, PICTURE_FAST_UPDATE, self._clock.monotonic()))

    def send_digit(self, leg: LegId, digit: str) -> None:
        """SIP INFO with one digit."""
        if self._knows(leg, "send_digit"):
            self._carry_out(self._agent.info(leg, DTMF_RELAY, dtmf_relay(digit), self._clock.monotonic()))

    async def deliver_digit(self, leg: LegId, digit: str) -> int:
        """SIP INFO with one digit, and the status of its answer."""
        now, body = self._clock.monotonic, dtmf_relay(digit)
        return await self._reply(leg, lambda ask: self._agent.info(leg, DTMF_RELAY, body, now(), ask=ask))

    async def reach(self, leg: LegId) -> int:
        """OPTIONS in the dialog, and the status of its answer."""
        return await self._reply(leg, lambda ask: self._agent.reach(leg, ask, self._clock.monotonic()))

    async def _reply(self, leg: LegId, send: Callable[[str], list[Effect]]) -> int:
        if not self._knows(leg, "ask"):
            return 481
        ask = secrets.token_hex(8)
        replied = self._asked[ask] = asyncio.get_running_loop().create_future()
        try:
            self._carry_out(send(ask))
            return await asyncio.wait_for(replied, DOOR_ACK_MAX_S)
        except TimeoutError:
            return 408
        finally:
            del self._asked[ask]

    def end(self, leg: LegId, cause: str) -> None:
        """CANCEL, BYE or a final refusal with the cause."""
        if self._knows(leg, "end"):
            status = _STATUS_OF_CAUSE.get(cause, _REFUSED_STATUS)
            self._carry_out(self._agent.end(leg, cause, self._clock.monotonic(), status=status))

    def _knows(self, leg: LegId, order: str) -> bool:
        if self._agent.has(leg):
            return True
        _log.info("order to a leg that is gone", leg=leg, order=order)
        return False

    # -- what happens ------------------------------------------------------------------------------------------------

    def _received(self, data: bytes) -> None:
        self._edge_away = False
        self._carry_out(self._agent.receive(self._flow, data, self._clock.monotonic()))

    def _failed(self, error: OSError) -> None:
        if not self._edge_away:
            self._edge_away = True
            _log.warning("sip edge does not listen", error=error.errno)

    def _tick(self) -> None:
        self._timer = None
        self._carry_out(self._agent.tick(self._clock.monotonic()))

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                if self._transport is not None:
                    self._transport.sendto(effect.data)
            else:
                try:
                    self._tell(effect)
                except Exception:  # noqa: BLE001 - the fault of one call must not take the others' events along
                    _log.exception("event of a leg failed", leg=getattr(effect, "leg", None))
                    if isinstance(effect, Invited):
                        self.end(effect.leg, "platform_error")
        self._arm()

    def _arm(self) -> None:
        deadline = self._agent.next_deadline()
        if deadline is None or self._transport is None:
            return
        if self._timer is not None:
            if self._timer_at <= deadline:
                return  # it fires earlier than needed at worst, and is armed anew then
            self._timer.cancel()
        self._timer_at = deadline
        delay_s = max(0.001, deadline - self._clock.monotonic())
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._tick)

    def _tell(self, effect: Effect) -> None:
        events = self.events
        match effect:
            case Invited():
                self._invited(effect)
            case Progressed(leg, status, sdp):
                events.progressed(leg, status, sdp)
            case Answered(leg, answer):
                events.answered(leg, answer)
            case Refused(leg, status, reason):
                events.refused(leg, status, reason)
            case Offered(leg, offer):
                events.offered(leg, offer)
            case OfferAnswered(leg, answer):
                events.offer_answered(leg, answer)
            case OfferRefused(leg, status):
                events.offer_refused(leg, status)
            case InfoReceived(leg, content_type, body):
                digit = dtmf_digit(content_type, body)
                if digit is not None:
                    events.dtmf(leg, digit)
            case Replied(_, ask, status):
                asked = self._asked.get(ask)
                if asked is not None and not asked.done():
                    asked.set_result(status)
            case Ended(leg, cause, reason):
                events.ended(leg, cause, reason)
            case Discarded(_, why):
                _log.warning("sip message refused", why=why)
            case _:
                _log.error("unexpected effect", effect=type(effect).__name__)

    def _invited(self, invited: Invited) -> None:
        devices = invited.request.headers(DEVICE_HEADER)
        accounts = invited.request.headers(ACCOUNT_HEADER)
        if len(devices) + len(accounts) != 1 or not (devices or accounts)[0]:
            _log.warning("caller without identity refused", sip_call_id=invited.call_id)
            self.refuse(invited.leg, 403, "platform_error")
            return
        self.events.invited(
            StationInvite(
                leg=invited.leg,
                device_id=devices[0] if devices else None,
                account=accounts[0] if accounts else None,
                target=invited.target_user,
                sdp=invited.sdp,
                sip_call_id=invited.call_id,
            )
        )


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, received: Callable[[bytes], None], failed: Callable[[OSError], None]) -> None:
        self._received = received
        self._failed = failed

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        self._received(data)

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, OSError):
            self._failed(exc)
