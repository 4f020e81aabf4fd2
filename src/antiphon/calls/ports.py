"""What the call service needs from the outside: SIP legs, media, clients. The gateways implement these.

Ids are opaque strings. A `LegId` names one leg of one call for its whole life, chosen by the call service for legs it
starts and by the SIP gateway for legs that arrive. Events come back on the event loop, one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from antiphon.tenancy.rights import EVERYWHERE, Reach
from antiphon.wire.client import ClientMessage, ServerMessage, StationView

CallId = str
LegId = str
ClientId = str


# -- SIP legs --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StationInvite:
    """A station or account calls. `device_id` or `account` was proven by the edge, never taken from From."""

    leg: LegId
    device_id: str | None
    account: str | None
    target: str  # user part of the request URI: the button
    sdp: str
    sip_call_id: str  # for logs


class SipEvents(Protocol):
    """What the SIP gateway tells the call service."""

    def invited(self, invite: StationInvite) -> None: ...

    def progressed(self, leg: LegId, status: int, sdp: str | None) -> None:
        """A provisional answer to our INVITE (PRACKed already where it was reliable)."""

    def answered(self, leg: LegId, sdp: str) -> None:
        """A 2xx to our INVITE (ACKed already)."""

    def refused(self, leg: LegId, status: int, reason: str) -> None:
        """A final refusal of our INVITE, or it timed out (408) or could not be sent (503). The leg is gone."""

    def offered(self, leg: LegId, sdp: str) -> None:
        """The peer offers anew in the dialog (UPDATE or re-INVITE): answer with `answer_offer` or `refuse_offer`."""

    def offer_answered(self, leg: LegId, sdp: str) -> None:
        """The peer's answer to our `offer`."""

    def offer_refused(self, leg: LegId, status: int) -> None: ...

    def dtmf(self, leg: LegId, digit: str) -> None:
        """A digit by SIP INFO."""

    def ended(self, leg: LegId, cause: Literal["cancelled", "hung_up", "lost"], reason: str) -> None:
        """CANCEL, BYE, or the dialog is lost (no ACK, no PRACK, session timer). The leg is gone."""


class SipPort(Protocol):
    """Orders to SIP legs. Each returns at once; an order to a leg that is gone is ignored and logged."""

    def invite(
        self, leg: LegId, device_id: str, *, sdp: str, display_name: str, call_id: CallId, rings: bool = False
    ) -> None:
        """Call a station or account through the edge. `rings`: a station waits until a person answers (RFC 5373), instead
        of putting the call through at once."""

    def name(self, leg: LegId, call_id: CallId) -> None:
        """Which call an incoming leg became, for the logs of whoever carries its messages."""

    def progress(self, leg: LegId, status: int, sdp: str | None = None) -> None:
        """180/183 to an incoming leg; with SDP it is sent reliably (RFC 3262) when the peer supports it."""

    def accept(self, leg: LegId, sdp: str) -> None:
        """200 OK. `sdp` must equal the session as last agreed when a reliable 183 carried it before."""

    def refuse(self, leg: LegId, status: int, cause: str) -> None:
        """A final refusal of an incoming leg with `Reason: Antiphon;text="<cause>"` (VisitorCause)."""

    def offer(self, leg: LegId, sdp: str) -> None:
        """Offer anew: UPDATE before the answer (after a PRACKed 183) and after it where allowed, else re-INVITE."""

    def answer_offer(self, leg: LegId, sdp: str) -> None: ...

    def refuse_offer(self, leg: LegId, status: int) -> None: ...

    def request_key_frame(self, leg: LegId) -> None:
        """SIP INFO picture_fast_update (RFC 5168)."""

    def send_digit(self, leg: LegId, digit: str) -> None:
        """A digit by SIP INFO (application/dtmf-relay), for peers that take it so: our own stations do."""

    async def deliver_digit(self, leg: LegId, digit: str) -> int:
        """`send_digit`, and the status of the peer's answer: 481 for a leg that is gone, 408 without an answer in time."""

    async def reach(self, leg: LegId) -> int:
        """Ask the peer of an answered leg whether it is there; the status as above."""

    def end(self, leg: LegId, cause: str) -> None:
        """CANCEL, BYE or a final refusal, whatever the leg's state asks for, with the cause in Reason."""


# -- media -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """One complete H.264 key frame, Annex B, parameter sets included. Undecoded: it may be hostile."""

    data: bytes


Prompt = Literal[
    "no_answer", "declined", "nobody_available", "limit_warning", "limit_reached", "platform_error", "hold"
]


class MediaEvents(Protocol):
    """What the media gateway tells the call service."""

    def key_frame(self, call: CallId, frame: KeyFrame) -> None:
        """The first clean key frame of the caller; once per call."""

    def dtmf(self, call: CallId, leg: LegId, digit: str) -> None:
        """An RFC 4733 digit from that leg."""

    def media_lost(self, calls: tuple[CallId, ...], since: float) -> None:
        """The media engine lost these calls: it died, and answers again, or forgot them. Noticed at `since`, monotonic."""


class MediaPort(Protocol):
    """Media of calls on the media engine. Raises `antiphon.errors.AntiphonError` (`no_codec`, `media_failed`).

    Commands for one call run one after another. After any error the call's media state is known before the next
    command goes out; sequences that crash the engine cannot be produced.
    """

    async def open_caller(
        self, call: CallId, leg: LegId, offer: str, *, reliable_preview: bool, early: bool = False
    ) -> str | None:
        """Take the calling station's offer. Returns the SDP for the reliable 183 (own stations), or None.

        `early`: an account shows its picture before the answer; the SDP returned is that of its 183 and of its 200.
        """

    async def preview_offer(self, call: CallId, leg: LegId) -> str:
        """A recvonly offer (DTLS, ICE, BUNDLE, rtcp-mux) for one browser receiver: picture only."""

    async def preview_answer(self, call: CallId, leg: LegId, answer: str) -> None: ...

    def holds(self, call: CallId, leg: LegId) -> bool:
        """Whether there is anything to drop of this receiver; most of those that rang have nothing left."""

    async def drop_preview(self, call: CallId, leg: LegId) -> None:
        """Forget one receiver; harmless when it is unknown."""

    async def connect_offer(self, call: CallId, leg: LegId) -> str:
        """The sendrecv offer that upgrades the winner's peer connection."""

    async def connect_answer(self, call: CallId, leg: LegId, answer: str) -> str:
        """Take the winner's answer; returns the SDP answer for the calling station."""

    async def renew(self, call: CallId, leg: LegId, station_leg: LegId, session: str, *, account: bool) -> str:
        """The engine lost the talk: take the station's `session` again; the offer for a new peer connection of that tab.

        `connect_answer` follows as after `connect_offer`; its description is offered to the station anew.
        """

    async def receiver_offer(self, call: CallId, leg: LegId) -> str:
        """The offer for a SIP account that rings, sound and picture both ways; nothing flows before the answer."""

    async def receiver_answer(self, call: CallId, leg: LegId, answer: str) -> None:
        """Take its answer; `connect_offer` and `connect_answer` follow when it wins."""

    async def open_client(self, call: CallId, leg: LegId, offer: str, *, account: bool) -> str:
        """A browser calls a station or account: takes its offer, returns the offer for the other end."""

    async def client_answer(self, call: CallId, station_leg: LegId, answer: str) -> str:
        """Take the station's answer; returns the SDP answer for the browser."""

    async def request_key_frame(self, call: CallId) -> None:
        """Ask the caller for a key frame through the anchor leg."""

    async def play(self, call: CallId, leg: LegId, prompt: Prompt, language: str) -> float:
        """Play a prompt to one leg; returns its length in seconds."""

    async def send_dtmf(self, call: CallId, leg: LegId, digit: str) -> bool:
        """Send a digit to that leg in its sound (RFC 4733); False when it agreed to no digits there."""

    async def open_test(self, call: CallId, leg: LegId, offer: str) -> str:
        """Answer a station's test call ourselves, sound both ways; returns the SDP for its 200."""

    async def sound_packets(self, call: CallId, leg: LegId) -> int:
        """How many packets of sound came from that leg so far."""

    async def close(self, call: CallId) -> None:
        """Free everything of this call; harmless when there is nothing."""

    def clear(self, calls: tuple[CallId, ...]) -> None:
        """Free what a process that died left of these calls, in the background."""


# -- clients ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """One signed-on browser tab."""

    client: ClientId
    company_id: str
    user_id: str
    user_name: str
    on_duty: bool
    sees: Reach = EVERYWHERE  # stations of which this person knows
    opens: Reach = EVERYWHERE  # stations whose doors they may open


class ClientPort(Protocol):
    """Messages to browser tabs; sending to a tab that has gone is ignored."""

    def send(self, client: ClientId, message: ServerMessage, path: str | None = None) -> None:
        """To one tab. `path`: where the station in the message is, whose doors are shown as this person may open them."""

    def on_duty(self, company_id: str, user_ids: frozenset[str]) -> tuple[ClientInfo, ...]:
        """Tabs of these users that ring, oldest first."""

    def may_return_s(self, user_ids: frozenset[str]) -> float:
        """How long to wait for tabs of these users that lost their connection, or may have lost it, a moment ago."""

    def broadcast(self, company_id: str, message: ServerMessage, path: str | None = None) -> None:
        """To every signed-on tab of a company, on duty or not; with `path` only to those who know what is there."""

    def watched(self, company_id: str) -> bool:
        """Whether any tab of the company is signed on."""


class ClientEvents(Protocol):
    """What the client gateway tells the call service."""

    async def stations_of(self, client: ClientInfo) -> tuple[StationView, ...]:
        """Every station this person knows with its state now, for `Welcome`."""

    def client_came(self, client: ClientInfo) -> None:
        """A tab signed on, or came back under the same id after a lost socket; it has had its `Welcome`."""

    def duty_changed(self, client: ClientInfo) -> None: ...

    def client_left(self, client: ClientId) -> None: ...

    def received(self, client: ClientInfo, message: ClientMessage) -> None:
        """A message inside the contract; never `Hello`, `SetDuty` or `Ping`."""
