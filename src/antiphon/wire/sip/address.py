"""SIP addresses: URIs (sip, sips, tel and unknown schemes), name-addr values, tags, the top Via, comma lists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, unquote

from antiphon.wire.sip.errors import SipSyntaxError

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+(?:%[0-9A-Za-z]+)?\]|[A-Za-z0-9._-]+)\Z")
_USER_SAFE = "-_.!~*'()&=+$,;?/"
_TAG = re.compile(r";\s*tag\s*=\s*([^\s;,>]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Uri:
    """A URI. For sip and sips `user` is unescaped and `host` is set; for any other scheme all of it is in `user`."""

    scheme: str
    user: str
    host: str = ""
    port: int | None = None
    params: tuple[tuple[str, str | None], ...] = ()
    headers: str = ""

    def param(self, name: str) -> str | None:
        """The value of a parameter, "" for one without a value, None if absent."""
        for key, value in self.params:
            if key == name:
                return value or ""
        return None

    def __str__(self) -> str:
        if self.scheme not in ("sip", "sips"):
            return f"{self.scheme}:{self.user}"
        user = quote(self.user, safe=_USER_SAFE, errors="surrogateescape") + "@" if self.user else ""
        port = f":{self.port}" if self.port is not None else ""
        params = "".join(f";{key}" if value is None else f";{key}={value}" for key, value in self.params)
        return f"{self.scheme}:{user}{self.host}{port}{params}{'?' + self.headers if self.headers else ''}"


def parse_uri(text: str) -> Uri:
    """Read a URI. Raises SipSyntaxError where a sip or sips URI has no sound host or port, or there is no scheme."""
    scheme, colon, rest = text.strip().partition(":")
    if not colon or not rest or not _SCHEME.match(scheme):
        raise SipSyntaxError("This is not a URI.")
    scheme = scheme.lower()
    if scheme not in ("sip", "sips"):
        return Uri(scheme, rest)
    user, at, hostpart = rest.rpartition("@")
    if not at:
        user, hostpart = "", rest
    hostpart, _, headers = hostpart.partition("?")
    hostport, *parameters = hostpart.split(";")
    host, port = _host_and_port(hostport)
    user = unquote(user.partition(":")[0], errors="surrogateescape")  # a password in a URI is never used
    params = []
    for parameter in parameters:
        key, equals, value = parameter.partition("=")
        if key.strip():
            params.append((key.strip().lower(), value.strip() if equals else None))
    return Uri(scheme, user, host, port, tuple(params), headers)


def _host_and_port(text: str) -> tuple[str, int | None]:
    host, port = text.strip(), ""
    if host.startswith("["):
        bracket = host.find("]") + 1
        host, rest = host[:bracket], host[bracket:]
        if rest and rest[0] != ":":
            raise SipSyntaxError("The host of the URI is not sound.")
        port = rest[1:]
    elif ":" in host:
        host, _, port = host.partition(":")
    if not _HOST.match(host):
        raise SipSyntaxError("The host of the URI is not sound.")
    if not port:
        return host.lower(), None
    if not (port.isascii() and port.isdigit()) or len(port) > 5 or not 0 < int(port) < 65536:
        raise SipSyntaxError("The port of the URI is not sound.")
    return host.lower(), int(port)


def uri_of(value: str) -> str:
    """The URI text inside a From, To, Contact, Route or Record-Route value."""
    start = 0
    if value.startswith('"'):
        start = _closing_quote(value) + 1
    opening = value.find("<", start)
    if opening >= 0:
        closing = value.find(">", opening)
        return value[opening + 1 : closing if closing >= 0 else None].strip()
    return value.partition(";")[0].strip()


def parameters_of(value: str) -> dict[str, str]:
    """The parameters behind the URI of a name-addr value, names in lower case, quotes taken off."""
    start = _closing_quote(value) + 1 if value.startswith('"') else 0
    opening = value.find("<", start)
    rest = value[value.find(">", opening) + 1 :] if opening >= 0 else value[value.find(";") :] if ";" in value else ""
    found = {}
    for parameter in split_outside(rest, ";"):
        key, _, text = parameter.partition("=")
        if key.strip():
            found[key.strip().lower()] = _unquoted(text.strip())
    return found


def display_name_of(value: str) -> str:
    """The display name of a name-addr value, unquoted; "" without one."""
    if value.startswith('"'):
        return _unquoted(value[: _closing_quote(value) + 1])
    return value.partition("<")[0].strip() if "<" in value else ""


def tag_of(value: str) -> str:
    """The tag of a From or To value, "" without one."""
    if value.startswith('"'):
        value = value[_closing_quote(value) :]
    plain = value.rpartition(">")[2].partition(";tag=")[2]
    if plain.isalnum():  # as nearly everybody writes it
        return plain
    found = _TAG.search(value, value.rfind(">") + 1)
    return found.group(1) if found else ""


def quoted(text: str) -> str:
    """A quoted-string of any text; control characters become spaces."""
    clean = text
    if not text.isprintable():
        clean = "".join(character if character.isprintable() else " " for character in text)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def readable(text: str) -> str:
    """Text that can leave for logs and JSON: bytes that were not UTF-8 become replacement characters."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def user_of(uri: str) -> str:
    """The readable user part of a URI, the number of a tel URI, "" where there is none."""
    try:
        parsed = parse_uri(uri)
    except SipSyntaxError:
        return ""
    return readable(parsed.user.partition(";")[0] if parsed.scheme == "tel" else parsed.user)


def split_outside(text: str, separator: str = ",") -> list[str]:
    """Split at a separator that stands neither in quotes nor in angle brackets; empty pieces are left out."""
    if separator not in text:
        piece = text.strip()
        return [piece] if piece else []
    if '"' not in text:
        return _split_unquoted(text, separator)
    pieces, start, quote_open, depth, index = [], 0, False, 0, 0
    while index < len(text):
        character = text[index]
        if quote_open:
            if character == "\\":
                index += 1
            elif character == '"':
                quote_open = False
        elif character == '"':
            quote_open = True
        elif character == "<":
            depth += 1
        elif character == ">":
            depth = max(0, depth - 1)
        elif character == separator and not depth:
            pieces.append(text[start:index].strip())
            start = index + 1
        index += 1
    pieces.append(text[start:].strip())
    return [piece for piece in pieces if piece]


def _split_unquoted(text: str, separator: str) -> list[str]:
    pieces: list[str] = []
    held, depth = "", 0
    for part in text.split(separator):
        opened = part.count("<")
        if opened or depth:
            depth = max(0, depth + opened - part.count(">"))
        held = f"{held}{separator}{part}" if held else part
        if not depth:
            if piece := held.strip():
                pieces.append(piece)
            held = ""
    if piece := held.strip():
        pieces.append(piece)
    return pieces


def _unquoted(text: str) -> str:
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _closing_quote(value: str) -> int:
    index = 1
    while index < len(value):
        if value[index] == "\\":
            index += 1
        elif value[index] == '"':
            return index
        index += 1
    return len(value) - 1


class Via(NamedTuple):
    """What a transaction needs of the top Via."""

    sent_by: str
    branch: str
    value: str  # the whole first value


def branch_of(value: str) -> str:
    """The branch of the first Via value of a header line, "" without one."""
    branch = value.partition(",")[0].partition(";branch=")[2].partition(";")[0]
    return branch if branch.isalnum() else top_via(value).branch


def top_via(value: str) -> Via:
    """Read the first Via value of a header line. Raises SipSyntaxError without protocol or sent-by."""
    if "," in value:
        value = split_outside(value)[0] if value.strip(", ") else ""
    head, _, params = value.partition(";")
    protocol, _, sent_by = head.strip().rpartition(" ")
    if not sent_by or not protocol.replace(" ", "").upper().startswith("SIP/2.0/"):
        raise SipSyntaxError("The top Via is not sound.")
    branch = ""
    for parameter in params.split(";"):
        if parameter[:7].lower() == "branch=":
            branch = parameter[7:].strip()
            break
    return Via(sent_by.lower(), branch, value)
