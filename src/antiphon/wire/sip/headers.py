"""Headers the agent reads: CSeq, RAck, RSeq, Reason, Retry-After, numbers; and what we say we can do."""

from __future__ import annotations

import re

from antiphon.wire.sip.address import parameters_of, quoted, readable, split_outside
from antiphon.wire.sip.errors import SipSyntaxError
from antiphon.wire.sip.message import SipMessage

ALLOWED = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO")
KNOWN = frozenset((*ALLOWED, "REGISTER", "SUBSCRIBE", "NOTIFY", "PUBLISH", "MESSAGE", "REFER"))
ALLOW_LINE = f"Allow: {', '.join(ALLOWED)}"
SUPPORTED = frozenset(("100rel",))
SUPPORTED_LINE = "Supported: 100rel"
SDP = "application/sdp"
CSEQ_MAX = 2**31 - 1

PHRASES = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    182: "Queued",
    183: "Session Progress",
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    410: "Gone",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    484: "Address Incomplete",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Server Time-out",
    513: "Message Too Large",
    600: "Busy Everywhere",
    603: "Decline",
    606: "Not Acceptable",
}
_NUMBER = re.compile(r"[0-9]{1,10}\Z")


def phrase(status: int) -> str:
    """The reason phrase of a status."""
    return PHRASES.get(status) or PHRASES.get(status // 100 * 100, "Unknown")


def cseq_of(message: SipMessage) -> tuple[int, str]:
    """Number and method of CSeq. Raises SipSyntaxError."""
    number, _, method = (message.header("cseq") or "").partition(" ")
    method = method.strip()
    if not (number.isascii() and number.isdigit()) or len(number) > 10 or not method or int(number) > CSEQ_MAX:
        raise SipSyntaxError("CSeq is not sound.")
    return int(number), method


def number_of(message: SipMessage, name: str) -> int | None:
    """The leading number of a header such as Expires, RSeq or Retry-After; None if absent or not a number."""
    text = re.split(r"[;( ]", message.header(name) or "", maxsplit=1)[0]
    return int(text) if _NUMBER.match(text) else None


def rack_of(message: SipMessage) -> tuple[int, int, str] | None:
    """RSeq, CSeq number and method of a PRACK; None if RAck is not sound."""
    parts = (message.header("rack") or "").split()
    if len(parts) != 3 or not _NUMBER.match(parts[0]) or not _NUMBER.match(parts[1]):
        return None
    return int(parts[0]), int(parts[1]), parts[2]


def reason_of(message: SipMessage, protocol: str) -> str:
    """The text of the Reason header (RFC 3326), that of `protocol` first; "" without one."""
    fallback = ""
    for line in message.headers("reason"):
        for value in split_outside(line):
            text = readable(parameters_of("<>" + value[value.find(";") :] if ";" in value else "").get("text", ""))
            if value.partition(";")[0].strip().lower() == protocol.lower():
                return text
            fallback = fallback or text
    return fallback


def reason_line(protocol: str, text: str) -> str:
    """The Reason header line that carries our cause."""
    return f"Reason: {protocol};cause=0;text={quoted(text)}"
