"""Cuts a TCP or TLS byte stream into SIP messages (RFC 3261 18.3) and takes out keep-alives (RFC 5626 3.5.1)."""

from __future__ import annotations

import re

from antiphon.limits import SIP_MESSAGE_MAX_BYTES
from antiphon.wire.sip.errors import SipSyntaxError

PING = b"\r\n\r\n"
PONG = b"\r\n"
_LENGTH = re.compile(rb"^(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


class StreamFramer:
    """One per connection. `keep_alives` counts the bare CRLFs seen between messages, pongs of the peer among them."""

    __slots__ = ("_buffer", "_scanned", "keep_alives")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0
        self.keep_alives = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The complete messages so far. Raises SipSyntaxError on garbage or oversize: close the connection then."""
        buffer = self._buffer
        buffer += data
        messages: list[bytes] = []
        while buffer:
            while buffer[:2] == b"\r\n":
                del buffer[:2]
                self.keep_alives += 1
                self._scanned = 0
            if not buffer or buffer == b"\r":
                break
            end = buffer.find(b"\r\n\r\n", self._scanned)
            if end < 0:
                if len(buffer) > SIP_MESSAGE_MAX_BYTES:
                    raise SipSyntaxError("The head of the message is too large.", size=len(buffer))
                _check_start(buffer)
                self._scanned = max(0, len(buffer) - 3)
                break
            total = end + 4 + _content_length(bytes(buffer[: end + 2]))
            if total > SIP_MESSAGE_MAX_BYTES:
                raise SipSyntaxError("The message is too large.", size=total)
            if len(buffer) < total:
                self._scanned = end
                break
            messages.append(bytes(buffer[:total]))
            del buffer[:total]
            self._scanned = 0
        return messages


def _check_start(buffer: bytearray) -> None:
    """Refuse early what cannot become SIP: a start line begins with a method token or SIP/2.0."""
    first = buffer[0]
    if not (65 <= first <= 90 or 97 <= first <= 122 or first in b"-.!%*_+`'~0123456789"):
        raise SipSyntaxError("The stream does not carry SIP.")


def _content_length(head: bytes) -> int:
    found = set(_LENGTH.findall(head))
    if len(found) != 1:
        raise SipSyntaxError("A message on a stream needs one Content-Length.")
    text = found.pop()
    if not text.isdigit() or len(text) > 9:
        raise SipSyntaxError("Content-Length is not a number.")
    return int(text)
