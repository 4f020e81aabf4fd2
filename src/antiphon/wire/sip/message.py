"""SIP messages as they arrive: split into header lines, everything else parsed only when asked for."""

from __future__ import annotations

from functools import lru_cache

from antiphon.limits import SIP_HEADERS_MAX, SIP_MESSAGE_MAX_BYTES
from antiphon.wire.sip.errors import SipSyntaxError

_COMPACT = {
    "a": "accept-contact",
    "b": "referred-by",
    "c": "content-type",
    "d": "request-disposition",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "j": "reject-contact",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
}

# Header names as peers write them, and what they mean: the same few hundred over and over.
_NAMES: dict[str, str] = {}
_NAMES_MAX = 512

_SINGLE = frozenset(("from", "to", "call-id", "cseq"))

# Status lines as they were read: a few dozen over and over.
_STATUS_LINES: dict[str, tuple[int, str]] = {}


class SipMessage:
    """One request (`method`, `uri`) or response (`status`, `phrase`).

    Text is UTF-8; bytes that are not survive as surrogates, so that what is echoed is echoed exactly. `fault` is the
    status and the reason with which a request that cannot be used is refused, None for a sound message.
    """

    __slots__ = ("_fields", "body", "fault", "method", "phrase", "status", "uri")

    def __init__(
        self,
        method: str,
        uri: str,
        status: int,
        phrase: str,
        fields: dict[str, list[str]],
        body: bytes,
        fault: tuple[int, str] | None = None,
    ) -> None:
        self.method = method
        self.uri = uri
        self.status = status
        self.phrase = phrase
        self.body = body
        self.fault = fault
        self._fields = fields

    def spent(self) -> SipMessage:
        """What is still asked of a request that has its final answer: its method and CSeq. The rest is let go."""
        fields = {"cseq": self._fields["cseq"]} if "cseq" in self._fields else {}
        return SipMessage(self.method, "", 0, "", fields, b"")

    def header(self, name: str) -> str | None:
        """The first value of a header by its full name in any case, None if absent."""
        values = self._fields.get(name)
        if values is None and not name.islower():
            values = self._fields.get(name.lower())
        return values[0] if values else None

    def headers(self, name: str) -> list[str]:
        """Every value of a header, one per header line, in order."""
        values = self._fields.get(name)
        if values is None and not name.islower():
            values = self._fields.get(name.lower())
        return values or []

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def options(self, name: str) -> tuple[str, ...]:
        """The comma-separated tokens of a header, lower case (Supported, Require) as they must be compared."""
        lines = self.headers(name)
        if not lines:
            return ()
        return _tokens(lines[0]) if len(lines) == 1 else tuple(token for line in lines for token in _tokens(line))

    @property
    def content_type(self) -> str:
        """Lower case without parameters, "" if absent."""
        value = self.header("content-type")
        return value.partition(";")[0].strip().lower() if value else ""


def parse(data: bytes) -> SipMessage:
    """Read one message. Raises SipSyntaxError without a start line; every other defect is told in `fault`."""
    fault: tuple[int, str] | None = None
    if len(data) > SIP_MESSAGE_MAX_BYTES:
        fault = 513, "too large"
        data = data[:SIP_MESSAGE_MAX_BYTES]
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator or head.count(b"\n") != head.count(b"\r\n"):
        head, body = _split_loosely(data)
    lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    if head.count(b"\r") != len(lines) - 1 or b"\0" in head:
        raise SipSyntaxError("A control character stands in the head.")
    if len(lines) > SIP_HEADERS_MAX + 1:
        fault = fault or (400, "too many headers")
    method, uri, status, phrase = _start_line(lines[0])
    fields: dict[str, list[str]] = {}
    last: list[str] | None = None
    names, twice = _NAMES, False
    del lines[0]
    for line in lines:
        written, colon, value = line.partition(":")
        name = names.get(written)  # never a line that goes on: those begin with white space, and no known name does
        if name is None:
            if line[:1] in (" ", "\t"):
                if last is None:
                    fault = fault or (400, "continuation of nothing")
                else:
                    last[-1] = f"{last[-1]} {line.strip()}".strip()
                continue
            name = _name(written)
        if not colon or not name:
            fault = fault or (400, "header line without name or colon")
            last = None
            continue
        known = fields.get(name)
        if known is None:
            last = fields[name] = [value.strip(" \t")]
        else:
            last = known
            last.append(value.strip(" \t"))
            twice = twice or name in _SINGLE
    lengths = fields.get("content-length")
    if lengths is not None:
        length = lengths[0]
        if (
            (len(lengths) > 1 and len(set(lengths)) > 1)
            or not length.isascii()
            or not length.isdigit()
            or len(length) > 9
        ):
            fault = fault or (400, "Content-Length is not a number")
        elif int(length) > len(body):
            fault = fault or (400, "shorter than Content-Length")
        else:
            body = body[: int(length)]
    if twice:
        fault = fault or (400, "a header that may come once came twice")
    return SipMessage(method, uri, status, phrase, fields, body, fault)


@lru_cache(maxsize=256)
def _tokens(line: str) -> tuple[str, ...]:
    return tuple(token.strip().lower() for token in line.split(",") if token.strip())


def _name(written: str) -> str:
    name = written.rstrip(" \t").lower()
    name = _COMPACT.get(name, name)
    if len(_NAMES) < _NAMES_MAX and len(written) < 32:
        _NAMES[written] = name
    return name


def _split_loosely(data: bytes) -> tuple[bytes, bytes]:
    """Head and body of a message whose lines end in LF, or whose empty line is missing."""
    lines: list[bytes] = []
    position = 0
    while position < len(data):
        end = data.find(b"\n", position)
        line, position = (data[position:], len(data)) if end < 0 else (data[position:end], end + 1)
        line = line.removesuffix(b"\r")
        if not line:
            break
        lines.append(line)
    if not lines:
        raise SipSyntaxError("The message is empty.")
    return b"\r\n".join(lines), data[position:]


def _start_line(line: str) -> tuple[str, str, int, str]:
    known = _STATUS_LINES.get(line)
    if known is not None:
        return "", "", *known
    if line[:4].upper() == "SIP/":
        version, _, rest = line.partition(" ")
        code, _, phrase = rest.partition(" ")
        if version.upper() != "SIP/2.0" or len(code) != 3 or not (code.isascii() and code.isdigit()):
            raise SipSyntaxError("The status line is not SIP/2.0.")
        status = int(code)
        if not 100 <= status <= 699:
            raise SipSyntaxError("The status is outside 100 to 699.")
        if len(_STATUS_LINES) < _NAMES_MAX and len(line) < 64:
            _STATUS_LINES[line] = status, phrase
        return "", "", status, phrase
    method, _, rest = line.partition(" ")
    uri, _, version = rest.rpartition(" ")
    if not method or not uri or version.upper() != "SIP/2.0":
        raise SipSyntaxError("The request line is not SIP/2.0.")
    return method, uri.strip(), 0, ""
