"""Session descriptions (RFC 8866): lines kept as they are, media, codecs, direction and keys read from them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from antiphon.limits import SDP_FORMATS_MAX, SDP_LINES_MAX, SDP_MAX_BYTES, SDP_MEDIA_MAX
from antiphon.wire.sdp.errors import SdpSyntaxError

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")
_LINE = re.compile(r"[a-z]=[^\r\n\0]*\Z")
_TOKEN = re.compile(r"[!#$%&'*+.^_`{|}~A-Za-z0-9-]+\Z")
_RTPMAP = re.compile(r"([0-9]{1,3})\s+([^\s/]+)/([0-9]{1,7})(?:/([0-9]{1,2}))?\s*\Z")
# RFC 3551: payload types that need no rtpmap.
_STATIC = {
    0: ("PCMU", 8000, 1),
    3: ("GSM", 8000, 1),
    8: ("PCMA", 8000, 1),
    9: ("G722", 8000, 1),
    13: ("CN", 8000, 1),
    18: ("G729", 8000, 1),
    26: ("JPEG", 90000, 1),
    34: ("H263", 90000, 1),
}


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type of a media line. `name` as written; compare with `is_named`."""

    payload: int
    name: str
    clock_hz: int
    channels: int = 1
    fmtp: str = ""
    feedback: tuple[str, ...] = ()  # rtcp-fb values, those for every payload type included

    def is_named(self, name: str) -> bool:
        """Codec names are compared without case (RFC 8866 6.6)."""
        return self.name.lower() == name.lower()

    def parameter(self, name: str) -> str | None:
        """A value of fmtp by its name in any case, None if absent."""
        for part in self.fmtp.split(";"):
            key, _, value = part.partition("=")
            if key.strip().lower() == name.lower():
                return value.strip()
        return None


@dataclass(frozen=True, slots=True)
class Crypto:
    """One SDES key (RFC 4568): `key` is the inline base64 text without lifetime and MKI."""

    tag: int
    suite: str
    key: str
    rest: str = ""  # lifetime, MKI and session parameters as written

    def __str__(self) -> str:
        return f"{self.tag} {self.suite} inline:{self.key}{self.rest}"


@dataclass(frozen=True, slots=True)
class Media:
    """One media line with the lines under it. `formats` are the texts of the m line, in order of preference."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    lines: tuple[tuple[str, str], ...] = ()
    ports: int = 1

    def attributes(self, name: str) -> list[str]:
        """Every value of an attribute; "" for a flag."""
        return _attributes(self.lines, name)

    def attribute(self, name: str) -> str | None:
        """The first value of an attribute, "" for a flag, None if absent."""
        found = self.attributes(name)
        return found[0] if found else None

    @property
    def is_rejected(self) -> bool:
        """Port 0 and no bundle: the other side does not want this media line."""
        return self.port == 0 and self.attribute("bundle-only") is None

    @property
    def is_secure(self) -> bool:
        """SRTP in its profile."""
        return "SAVP" in self.protocol.upper()

    @property
    def has_feedback(self) -> bool:
        """RTCP feedback profile (RFC 4585): key-frame requests may be sent."""
        return self.protocol.upper().endswith("AVPF")

    @property
    def codecs(self) -> tuple[Codec, ...]:
        """The payload types that can be named, in order of preference."""
        rtpmaps: dict[int, tuple[str, int, int]] = {}
        for value in self.attributes("rtpmap"):
            if found := _RTPMAP.match(value):
                payload, name, clock, channels = found.groups()
                rtpmaps.setdefault(int(payload), (name, int(clock), int(channels or 1)))
        fmtps = _by_payload(self.attributes("fmtp"))
        feedback = _by_payload(self.attributes("rtcp-fb"))
        codecs = []
        for text in self.formats:
            if not (text.isascii() and text.isdigit()) or len(text) > 3 or int(text) > 127:
                continue
            payload = int(text)
            known = rtpmaps.get(payload) or _STATIC.get(payload)
            if known:
                fmtp = "; ".join(fmtps.get(text, ()))
                codecs.append(Codec(payload, *known, fmtp, (*feedback.get("*", ()), *feedback.get(text, ()))))
        return tuple(codecs)

    @property
    def direction(self) -> Direction | None:
        """The direction on this media line, None where it does not say (the session's counts then)."""
        return _direction(self.lines)

    @property
    def cryptos(self) -> tuple[Crypto, ...]:
        """The SDES keys that can be read."""
        found = []
        for value in self.attributes("crypto"):
            tag, suite, keys = [*value.split(None, 2), "", "", ""][:3]
            first, _, session = keys.partition(" ")
            key, bar, lifetime = first.removeprefix("inline:").partition("|")
            if tag.isascii() and tag.isdigit() and len(tag) < 10 and first.startswith("inline:") and key:
                found.append(Crypto(int(tag), suite, key, bar + lifetime + (f" {session}" if session else "")))
        return tuple(found)

    @property
    def address(self) -> str | None:
        """The address of its own connection line."""
        return _address(self.lines)

    def with_attribute(self, name: str, *values: str | None) -> Media:
        """A copy whose attribute has exactly these values; None makes a flag."""
        kept = [line for line in self.lines if line[0] != "a" or line[1].partition(":")[0] != name]
        added = [("a", name if value is None else f"{name}:{value}") for value in values]
        return replace(self, lines=(*kept, *added))

    def with_direction(self, direction: Direction) -> Media:
        """A copy with this direction."""
        kept = tuple(line for line in self.lines if line[0] != "a" or line[1] not in DIRECTIONS)
        return replace(self, lines=(*kept, ("a", direction)))

    def with_formats(self, payloads: Iterable[int]) -> Media:
        """A copy with these payload types only, in this order; what described the others is gone."""
        chosen = tuple(str(payload) for payload in payloads)

        def is_kept(line: tuple[str, str]) -> bool:
            name, colon, value = line[1].partition(":")
            if line[0] != "a" or not colon or name not in ("rtpmap", "fmtp", "rtcp-fb"):
                return True
            payload = value.split(None, 1)[0] if value.strip() else ""
            return payload in chosen or payload == "*"

        return replace(self, formats=chosen, lines=tuple(line for line in self.lines if is_kept(line)))

    def rejected(self) -> Media:
        """The answer that declines this media line (RFC 3264 6)."""
        return Media(self.kind, 0, self.protocol, self.formats[:1], tuple(x for x in self.lines if x[1][:4] == "mid:"))


@dataclass(frozen=True, slots=True)
class Session:
    """A session description: the lines above the first media line, and the media."""

    lines: tuple[tuple[str, str], ...]
    media: tuple[Media, ...]

    def __str__(self) -> str:
        out = [f"{kind}={value}" for kind, value in self.lines]
        for media in self.media:
            port = f"{media.port}/{media.ports}" if media.ports != 1 else str(media.port)
            out.append(" ".join([f"m={media.kind}", port, media.protocol, *media.formats]))
            out.extend(f"{kind}={value}" for kind, value in media.lines)
        return "\r\n".join(out) + "\r\n"

    def attribute(self, name: str) -> str | None:
        """The first value of a session attribute."""
        found = _attributes(self.lines, name)
        return found[0] if found else None

    def first(self, kind: str) -> Media | None:
        """The first media line of this kind that is not rejected."""
        return next((media for media in self.media if media.kind == kind and not media.is_rejected), None)

    def direction_of(self, media: Media) -> Direction:
        """The direction in force (RFC 8866 6.7): the media line's, else the session's, else sendrecv."""
        return media.direction or _direction(self.lines) or "sendrecv"

    def address_of(self, media: Media) -> str | None:
        """Where this media goes."""
        return media.address or _address(self.lines)

    @property
    def version(self) -> int:
        """The version in the o line, which counts up with every change (RFC 3264 8)."""
        return int(_origin(self.lines)[2])

    def with_version(self, version: int) -> Session:
        """A copy with another version in the o line."""
        parts = _origin(self.lines)
        parts[2] = str(version)
        return replace(self, lines=tuple(("o", " ".join(parts)) if x[0] == "o" else x for x in self.lines))

    def with_media(self, index: int, media: Media) -> Session:
        """A copy with another media line at `index`."""
        return replace(self, media=(*self.media[:index], media, *self.media[index + 1 :]))

    def with_direction(self, direction: Direction, kind: str | None = None) -> Session:
        """A copy with this direction on every media line, or on those of one kind."""
        return replace(
            self, media=tuple(m.with_direction(direction) if kind in (None, m.kind) else m for m in self.media)
        )

    def without(self, kind: str) -> Session:
        """A copy without the media lines of one kind (in an offer; an answer must reject instead)."""
        return replace(self, media=tuple(media for media in self.media if media.kind != kind))


def parse(text: str | bytes) -> Session:
    """Read a session description; LF alone is taken as a line end. Raises SdpSyntaxError."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if len(text) > SDP_MAX_BYTES:
        raise SdpSyntaxError("The session description is too large.", size=len(text))
    rows = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    if len(rows) > SDP_LINES_MAX:
        raise SdpSyntaxError("The session description has too many lines.", lines=len(rows))
    if rows[0].strip() != "v=0":
        raise SdpSyntaxError("The session description does not begin with v=0.")
    session: list[tuple[str, str]] = []
    media: list[tuple[Media, list[tuple[str, str]]]] = []
    for row in rows:
        if not _LINE.match(row):
            raise SdpSyntaxError("A line of the session description is not sound.")
        kind, value = row[0], row[2:].strip()
        if kind == "m":
            media.append((_media(value), []))
            if len(media) > SDP_MEDIA_MAX:
                raise SdpSyntaxError("The session description has too many media lines.")
        else:
            (media[-1][1] if media else session).append((kind, value))
    _origin(tuple(session))
    return Session(tuple(session), tuple(replace(each, lines=tuple(lines)) for each, lines in media))


def _media(value: str) -> Media:
    kind, port, protocol, *formats = [*value.split(), "", "", ""][: max(3, len(value.split()))]
    number, slash, count = port.partition("/")
    sound = number.isascii() and number.isdigit() and len(number) < 6 and int(number) < 65536
    if slash:
        sound = sound and count.isascii() and count.isdigit() and len(count) < 6 and int(count) > 0
    if not sound or not _TOKEN.match(kind) or not protocol or not 0 < len(formats) <= SDP_FORMATS_MAX:
        raise SdpSyntaxError("A media line is not sound.")
    return Media(kind.lower(), int(number), protocol, tuple(formats), (), int(count) if slash else 1)


def _origin(lines: tuple[tuple[str, str], ...]) -> list[str]:
    origins = [value.split() for kind, value in lines if kind == "o"]
    if len(origins) != 1 or len(origins[0]) != 6:
        raise SdpSyntaxError("The session description has no sound o line.")
    version = origins[0][2]
    if not (version.isascii() and version.isdigit()) or len(version) > 20:
        raise SdpSyntaxError("The session version is not a number.")
    return origins[0]


def _attributes(lines: tuple[tuple[str, str], ...], name: str) -> list[str]:
    found = []
    for kind, value in lines:
        if kind == "a":
            key, _, text = value.partition(":")
            if key == name:
                found.append(text)
    return found


def _by_payload(values: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for value in values:
        payload, _, text = value.strip().partition(" ")
        if text.strip():
            found.setdefault(payload, []).append(text.strip())
    return found


def _direction(lines: tuple[tuple[str, str], ...]) -> Direction | None:
    for kind, value in lines:
        if kind == "a" and value in DIRECTIONS:
            return value
    return None


def _address(lines: tuple[tuple[str, str], ...]) -> str | None:
    for kind, value in lines:
        parts = value.split()
        if kind == "c" and len(parts) == 3:
            return parts[2].partition("/")[0]
    return None
