"""What goes into the SIP user agent and what comes out of it: flows, configuration and effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from antiphon.limits import SIP_T1_S, SIP_T2_S, SIP_T4_S
from antiphon.wire.sip.message import SipMessage
from antiphon.wire.station import REASON_PROTOCOL

LegId = str
Token = Callable[[], str]


class Flow(NamedTuple):
    """One way to a peer: a TCP or TLS connection, or a UDP remote address. Everything of a leg stays on its flow.

    `local` is what we write into Via and Contact. Over TCP and TLS nothing is retransmitted.
    """

    id: str
    transport: Literal["udp", "tcp", "tls"]
    local: tuple[str, int]
    remote: tuple[str, int]


@dataclass(frozen=True, slots=True)
class UserAgentConfig:
    """`contact_user` is the user part of our Contact (a station: its device id). `probe_s`: an answered leg is probed
    this often by OPTIONS inside the dialog, so that a vanished peer is noticed; `ringing_probe_s`: likewise a leg
    that rings under a reliable provisional answer. None never probes. `flow_grace_s`: an answered leg whose connection
    is lost waits so long for `flow_found`. `unreachable_grace_s`: an answered leg whose peer the edge cannot reach is
    asked again for so long. At 0 such a leg ends at once."""

    product: str = "Antiphon"
    contact_user: str = "antiphon"
    t1_s: float = SIP_T1_S
    t2_s: float = SIP_T2_S
    t4_s: float = SIP_T4_S
    probe_s: float | None = None
    ringing_probe_s: float | None = None
    flow_grace_s: float = 0.0
    unreachable_grace_s: float = 0.0
    reason_protocol: str = REASON_PROTOCOL
    extensions: tuple[str, ...] = ()  # option tags that whoever takes `Invited` understands, beside this agent's own


class Send(NamedTuple):
    """Write `data` to `flow`, whole and at once."""

    flow: Flow
    data: bytes


@dataclass(frozen=True, slots=True)
class Invited:
    """A peer calls. Answer with `progress`, `accept` or `refuse`. `sdp` is "" when the INVITE carries no offer."""

    leg: LegId
    flow: Flow
    target_user: str  # user part of the request URI
    from_user: str  # user part of From; proves nothing
    request: SipMessage
    sdp: str
    call_id: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """A provisional answer above 100 to our INVITE; PRACKed already where it was reliable."""

    leg: LegId
    status: int
    sdp: str | None


@dataclass(frozen=True, slots=True)
class Answered:
    """A 2xx to our INVITE, ACKed already. `sdp` is the peer's session in force (from a reliable 183 if that had it)."""

    leg: LegId
    sdp: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Our INVITE failed: a final refusal, 408 (nobody answered) or 503 (flow lost). The leg is gone.

    `reason` is the text of the Reason header, our own protocol first; "" without one.
    """

    leg: LegId
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Offered:
    """The peer offers anew: answer with `answer_offer` or `refuse_offer`."""

    leg: LegId
    sdp: str


@dataclass(frozen=True, slots=True)
class OfferAnswered:
    """The peer's answer to our `offer`."""

    leg: LegId
    sdp: str


@dataclass(frozen=True, slots=True)
class OfferRefused:
    """The peer keeps the session as it was."""

    leg: LegId
    status: int


@dataclass(frozen=True, slots=True)
class InfoReceived:
    """A SIP INFO inside the dialog, answered already. `content_type` is lower case without parameters."""

    leg: LegId
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Replied:
    """The peer's final answer to an `info` or `reach` that carried an `ask`; none comes once the leg is gone."""

    leg: LegId
    ask: str
    status: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The peer cancelled or hung up, or the dialog is lost (no ACK, no PRACK, flow lost, no answer to a probe).

    The leg is gone. Never reported for a leg that we ended ourselves.
    """

    leg: LegId
    cause: Literal["cancelled", "hung_up", "lost"]
    reason: str


@dataclass(frozen=True, slots=True)
class Registered:
    """The registrar has us for `expires_s`; the agent refreshes by itself. 0 after `unregister`."""

    expires_s: float


@dataclass(frozen=True, slots=True)
class RegistrationFailed:
    """Not registered: the registrar's status, 408 (no answer) or 503 (flow lost). When to try again is the caller's."""

    status: int


@dataclass(frozen=True, slots=True)
class Discarded:
    """Something was thrown away or refused as malformed; for the log. `why` holds nothing of the peer's text."""

    flow: Flow
    why: str


Effect = (
    Send
    | Invited
    | Progressed
    | Answered
    | Refused
    | Offered
    | OfferAnswered
    | OfferRefused
    | InfoReceived
    | Replied
    | Ended
    | Registered
    | RegistrationFailed
    | Discarded
)
