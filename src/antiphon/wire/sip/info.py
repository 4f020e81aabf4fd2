"""What SIP INFO carries between intercoms: digits (dtmf-relay, dtmf) and key-frame requests (RFC 5168)."""

from __future__ import annotations

import re

DTMF_RELAY = "application/dtmf-relay"
DTMF = "application/dtmf"
MEDIA_CONTROL = "application/media_control+xml"
PICTURE_FAST_UPDATE = (
    b'<?xml version="1.0" encoding="utf-8"?>\r\n'
    b"<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>\r\n"
)
_SIGNAL = re.compile(rb"^\s*signal\s*=\s*([0-9A-Da-d*#]|1[0-5])\s*$", re.IGNORECASE | re.MULTILINE)
_PLAIN = re.compile(rb"\s*([0-9A-Da-d*#]|1[0-5])\s*\Z")
_NUMBERED = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}


def is_understood(content_type: str) -> bool:
    """True for the INFO bodies that mean something here; others are answered 415."""
    return content_type in (DTMF_RELAY, DTMF, MEDIA_CONTROL)


def dtmf_digit(content_type: str, body: bytes) -> str | None:
    """The digit 0-9, *, #, A-D that an INFO carries, None if it carries none."""
    if content_type == DTMF_RELAY:
        found = _SIGNAL.search(body.replace(b"\r", b""))
    elif content_type == DTMF:
        found = _PLAIN.match(body)
    else:
        return None
    if found is None:
        return None
    digit = found.group(1).decode("ascii").upper()
    return _NUMBERED.get(digit, digit)


def dtmf_relay(digit: str, duration_ms: int = 160) -> bytes:
    """The dtmf-relay body of one digit."""
    return f"Signal={digit}\r\nDuration={duration_ms}\r\n".encode("ascii")


def wants_key_frame(content_type: str, body: bytes) -> bool:
    """True for a picture_fast_update (RFC 5168)."""
    return content_type == MEDIA_CONTROL and b"picture_fast_update" in body
