"""SIP (RFC 3261 and friends), sans-IO: messages, transactions, dialogs, user agent."""

from antiphon.wire.sip.agent import UserAgent
from antiphon.wire.sip.effects import (
    Answered,
    Discarded,
    Effect,
    Ended,
    Flow,
    InfoReceived,
    Invited,
    LegId,
    OfferAnswered,
    Offered,
    OfferRefused,
    Progressed,
    Refused,
    Registered,
    RegistrationFailed,
    Replied,
    Send,
    UserAgentConfig,
)
from antiphon.wire.sip.errors import SipSyntaxError
from antiphon.wire.sip.framer import PING, PONG, StreamFramer
from antiphon.wire.sip.message import SipMessage

__all__ = [
    "PING",
    "PONG",
    "Answered",
    "Discarded",
    "Effect",
    "Ended",
    "Flow",
    "InfoReceived",
    "Invited",
    "LegId",
    "OfferAnswered",
    "OfferRefused",
    "Offered",
    "Progressed",
    "Refused",
    "Registered",
    "RegistrationFailed",
    "Replied",
    "Send",
    "SipMessage",
    "SipSyntaxError",
    "StreamFramer",
    "UserAgent",
    "UserAgentConfig",
]
