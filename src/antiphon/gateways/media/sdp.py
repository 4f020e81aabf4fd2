"""Session descriptions as they pass between stations, rtpengine, browsers and the anchor: chosen, cleaned, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal

from antiphon.errors import AntiphonError, BadInput
from antiphon.limits import SDP_FORMATS_MAX, SDP_LINES_MAX, SDP_MAX_BYTES, SDP_MEDIA_MAX

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_STATIC = {"0": "PCMU", "8": "PCMA", "9": "G722"}
_AUDIO = frozenset({"OPUS", "G722", "PCMA", "PCMU"})
_EVENTS = "TELEPHONE-EVENT"
H264 = "H264"
# A bare CR inside would be another line to some readers.
_LINE = re.compile(r"[a-z]=[^\r\n\0]*\Z")
_PORT = re.compile(r"[0-9]{1,5}\Z")
_SUITE = "AES_CM_128_HMAC_SHA1_80"  # what every SDES station has; weaker ones and NULL are not taken
# What a station reads; everything else of a browser's description stays with the browser.
_STATION_ATTRIBUTES = frozenset(
    [
        "rtpmap",
        "fmtp",
        "rtcp-fb",
        "crypto",
        "rtcp",
        "rtcp-mux",
        "ptime",
        "maxptime",
        "candidate",
        "ice-ufrag",
        "ice-pwd",
        "ice-lite",
        "setup",
        "fingerprint",
    ]
) | frozenset(_DIRECTIONS)


class NoCodec(AntiphonError):
    """Nothing in the description that both sides can speak."""

    code = "no_codec"
    http_status = 415
    sip_status = 488
    title = "The two devices share no sound or picture format."


class Unencrypted(NoCodec):
    """The device would send sound or picture in the clear (P8)."""

    title = "This device does not encrypt its sound and picture."


class BadDescription(BadInput):
    """Not a session description that can be used."""

    code = "bad_sdp"
    sip_status = 488
    title = "The device described its sound and picture in a way that is not understood."


@dataclass(frozen=True, slots=True)
class Media:
    """One m= section; `lines` are those after the m= line."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    lines: tuple[str, ...]

    def codec(self, payload: str) -> str:
        """The codec's name in capitals; empty when the description does not say."""
        for line in self.lines:
            if line.startswith(f"a=rtpmap:{payload} "):
                return line.split(" ", 1)[1].split("/", 1)[0].strip().upper()
        return _STATIC.get(payload, "")

    def format_parameters(self, payload: str) -> str:
        prefix = f"a=fmtp:{payload} "
        return next((line[len(prefix) :] for line in self.lines if line.startswith(prefix)), "")

    def has(self, attribute: str) -> bool:
        return any(line == f"a={attribute}" or line.startswith(f"a={attribute}:") for line in self.lines)

    @property
    def direction(self) -> Direction:
        for direction in _DIRECTIONS:
            if f"a={direction}" in self.lines:
                return direction  # type: ignore[return-value] # one of the four by construction
        return "sendrecv"

    def text(self) -> list[str]:
        return [f"m={self.kind} {self.port} {self.protocol} {' '.join(self.formats)}", *self.lines]


@dataclass(frozen=True, slots=True)
class Description:
    """A session description in parts."""

    session: tuple[str, ...]
    media: tuple[Media, ...] = field(default=())

    @property
    def text(self) -> str:
        lines = [*self.session]
        for media in self.media:
            lines += media.text()
        return "\r\n".join(lines) + "\r\n"

    def first(self, kind: str) -> Media | None:
        """The first section of this kind that is not refused."""
        return next((media for media in self.media if media.kind == kind and media.port), None)


def parse(text: str) -> Description:
    """The description in parts; raises BadDescription for what rtpengine should never see."""
    if len(text.encode()) > SDP_MAX_BYTES:
        raise BadDescription(size=len(text))
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line]
    if len(lines) > SDP_LINES_MAX:
        raise BadDescription(lines=len(lines))
    if not lines or lines[0] != "v=0" or not all(_LINE.match(line) for line in lines):
        raise BadDescription()
    starts = [at for at, line in enumerate(lines) if line.startswith("m=")]
    if not 1 <= len(starts) <= SDP_MEDIA_MAX:
        raise BadDescription(media=len(starts))
    media = tuple(_media(lines[start:end]) for start, end in zip(starts, [*starts[1:], len(lines)], strict=True))
    session = tuple(lines[: starts[0]])
    if not any(line.startswith("o=") for line in session):
        raise BadDescription()
    return Description(session, media)


def _media(lines: list[str]) -> Media:
    parts = lines[0][2:].split()
    if not 4 <= len(parts) <= 3 + SDP_FORMATS_MAX or not _PORT.match(parts[1]) or int(parts[1]) > 65_535:
        raise BadDescription()
    return Media(parts[0], int(parts[1]), parts[2], tuple(parts[3:]), tuple(lines[1:]))


def hears_digits(text: str) -> bool:
    """Digits were agreed at the clock of the sound in use (RFC 4733 2.1): only those can be put into it."""
    audio = parse(text).first("audio")
    if audio is None:
        return False
    spoken = next((payload for payload in audio.formats if audio.codec(payload) != _EVENTS), "")
    events = (payload for payload in audio.formats if audio.codec(payload) == _EVENTS)
    return any(_clock(audio, payload) == _clock(audio, spoken) for payload in events)


# -- what a station and a browser may speak with each other -----------------------------------------------------------


def usable(text: str) -> Description:
    """The description with only the codecs that calls use; raises NoCodec when no sound is left."""
    description = parse(text)
    description = replace(description, media=tuple(_usable_media(media) for media in description.media))
    if description.first("audio") is None:
        raise NoCodec()
    fingerprint = any(line.startswith("a=fingerprint:") for line in description.session)
    if not all(not media.port or fingerprint or _encrypted(media) for media in description.media):
        raise Unencrypted()
    return description


def _encrypted(media: Media) -> bool:
    return "SAVP" in media.protocol and (media.has("crypto") or media.has("fingerprint"))


def _usable_media(media: Media) -> Media:
    kept = tuple(payload for payload in media.formats if _usable_payload(media, payload))
    spoken = [payload for payload in kept if media.codec(payload) != _EVENTS]
    if not media.port or not spoken:
        return Media(media.kind, 0, media.protocol, media.formats[:1], ("a=inactive",))
    return replace(media, formats=kept, lines=tuple(line for line in media.lines if _line_kept(line, set(kept))))


def _usable_payload(media: Media, payload: str) -> bool:
    name = media.codec(payload)
    if media.kind == "audio":
        return name in _AUDIO or name == _EVENTS
    if media.kind != "video":
        return False
    if name != H264:
        return name == "VP8"  # passed through where both ends have it
    # Constrained baseline in packetization mode 1: what every station and every browser shares.
    parameters = media.format_parameters(payload).replace(" ", "").lower()
    return (
        "packetization-mode=1" in parameters
        and "profile-level-id=4d" not in parameters
        and ("profile-level-id=42" in parameters or "profile-level-id" not in parameters)
    )


def _line_kept(line: str, payloads: set[str]) -> bool:
    for prefix in ("a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"):
        if line.startswith(prefix):
            about = line[len(prefix) :].split(" ", 1)[0]
            return about in payloads or about == "*"
    if line.startswith("a=crypto:"):
        return line.split(" ")[1:2] == [_SUITE]
    return not line.startswith(("a=extmap", "a=ssrc", "a=rid", "a=simulcast"))


def decided(description: Description) -> Description:
    """The description with the first codec of each section alone (and its digits): nothing is left to be agreed later."""
    return replace(description, media=tuple(_decided_media(media) for media in description.media))


def _decided_media(media: Media) -> Media:
    spoken = [payload for payload in media.formats if media.codec(payload) != _EVENTS]
    if not media.port or not spoken:
        return media
    clock = _clock(media, spoken[0])
    events = [payload for payload in media.formats if media.codec(payload) == _EVENTS]
    # RFC 4733 2.1 wants digits at the clock of the sound; many telephones know only those at 8000 beside any codec.
    digits = [payload for payload in events if _clock(media, payload) == clock] or events
    kept = (spoken[0], *digits[:1])
    return replace(media, formats=kept, lines=tuple(line for line in media.lines if _line_kept(line, set(kept))))


def _clock(media: Media, payload: str) -> str:
    """Samples per second; the statics of RFC 3551 run at 8000."""
    prefix = f"a=rtpmap:{payload} "
    return next((line.split("/")[1].strip() for line in media.lines if line.startswith(prefix)), "8000")


# -- shaping for one receiver of the text -----------------------------------------------------------------------------


def _origin(session: tuple[str, ...], number: int, version: int) -> tuple[str, ...]:
    """One session id with rising versions per peer (RFC 3264 8), whoever wrote the description."""
    address = next((line.split()[-1] for line in session if line.startswith("c=")), "127.0.0.1")
    kept: list[str] = []
    for line in session:
        if line.startswith("o="):
            parts = line.split()
            address = parts[5] if len(parts) == 6 else address
            kept.append(f"o=- {number} {version} IN IP4 {address}")
        elif line.startswith("s="):
            kept.append("s=-")
        elif line[:2] in ("v=", "c=", "t="):
            kept.append(line)
    return tuple(kept)


def for_station(text: str, number: int, version: int) -> str:
    """A description for a station: nothing of browsers in it."""
    description = parse(text)
    media = tuple(
        replace(
            part,
            lines=tuple(
                line
                for line in part.lines
                if line.startswith(("c=", "b=")) or line[2:].split(":", 1)[0] in _STATION_ATTRIBUTES
            ),
        )
        for part in description.media
    )
    return Description(_origin(description.session, number, version), media).text


def both_ways(text: str) -> str:
    """The same session with every section that is not refused open in both directions."""
    description = parse(text)
    media = tuple(
        replace(part, lines=(*(line for line in part.lines if line[2:] not in _DIRECTIONS), "a=sendrecv"))
        if part.port
        else part
        for part in description.media
    )
    return Description(description.session, media).text


def early(published: str, offer: Description) -> str:
    """The engine's answer to a published source, as the session of the whole call: both ways, with the offer's formats."""
    taken = parse(both_ways(published))
    sections: list[Media] = []
    for of, to in zip(offer.media, taken.media, strict=True):
        if not to.port:
            sections.append(to)
            continue
        formats = tuple(line for line in of.lines if line.startswith(("a=rtpmap:", "a=fmtp:")))
        others = tuple(line for line in to.lines if not line.startswith(("a=rtpmap:", "a=fmtp:")))
        sections.append(replace(to, formats=of.formats, lines=(*formats, *others)))
    return Description(taken.session, tuple(sections)).text


def subscribed(offer: str, answer: str) -> str:
    """What the engine takes as the answer of a subscriber: where the telephone is and its keys, with every format offered.

    It refuses a subscriber that takes fewer formats; the true answer follows when the telephone wins.
    """
    asked, given = parse(offer), parse(answer)
    if len(asked.media) != len(given.media):
        raise BadDescription(sections=len(given.media))
    sections: list[Media] = []
    for of, to in zip(asked.media, given.media, strict=True):
        formats = tuple(line for line in of.lines if line.startswith(("a=rtpmap:", "a=fmtp:")))
        where = tuple(line for line in to.lines if line.startswith(("c=", "a=crypto:", "a=rtcp:")))
        sections.append(Media(of.kind, to.port, to.protocol, of.formats, (*where, *formats, "a=recvonly")))
    return Description(_origin(given.session, 1, 1), tuple(sections)).text


def for_browser(text: str, number: int, version: int, *, picture_only: bool) -> str:
    """A description for a browser: named sections, and before the answer no sound (`inactive`)."""
    description = parse(text)
    sections: list[Media] = []
    for at, part in enumerate(description.media):
        lines = [line for line in part.lines if not line.startswith(("a=mid:", "a=msid:", "a=extmap", "a=ssrc"))]
        if picture_only:
            direction = "inactive" if part.kind != "video" else "sendonly"
            lines = [line for line in lines if line[2:] not in _DIRECTIONS] + [f"a={direction}"]
        lines += [f"a=mid:{at}", f"a=msid:station {part.kind}"]
        sections.append(replace(part, lines=tuple(lines)))
    return Description((*_origin(description.session, number, version), "a=msid-semantic:WMS *"), tuple(sections)).text


def browser_answer(text: str, sections: int) -> str:
    """A browser's answer, checked against the number of sections that it was offered."""
    description = parse(text)
    if len(description.media) != sections:
        raise BadDescription(sections=len(description.media))
    session = tuple(line for line in description.session if not line.startswith(("a=group", "a=extmap")))
    return Description(session, description.media).text


def _without_vp8(media: Media) -> Media:
    kept = tuple(payload for payload in media.formats if media.codec(payload) != "VP8")
    if not kept:
        return Media(media.kind, 0, media.protocol, media.formats[:1], ("a=inactive",))
    return replace(media, formats=kept, lines=tuple(line for line in media.lines if _line_kept(line, set(kept))))


def browser_offer(text: str, *, account: bool) -> str:
    """A browser's offer as a station may see it: shared codecs, every section with a transport of its own.

    Our own stations show H.264 alone; another maker's `account` may have VP8.
    """
    description = usable(text)
    if not account:
        description = replace(description, media=tuple(_without_vp8(part) for part in description.media))
    session = tuple(line for line in description.session if not line.startswith(("a=group", "a=extmap")))
    media = tuple(
        replace(part, lines=tuple(line for line in part.lines if not line.startswith(("a=bundle-only",))))
        for part in description.media
    )
    return Description(session, media).text


def anchor_answer(text: str, port: int, *, hears: bool = False) -> str:
    """The anchor's answer to rtpengine: takes the picture on `port`, and would speak prompts but hears nothing unless it `hears`."""
    offer = parse(text)
    sections: list[Media] = []
    for part in offer.media:
        if not part.port or part.kind not in ("audio", "video"):
            sections.append(Media(part.kind, 0, part.protocol, part.formats, ("a=inactive",)))
            continue
        direction = "recvonly" if part.kind == "video" else "sendrecv" if hears else "sendonly"
        if part.direction in ("recvonly", "inactive"):
            direction = "sendonly" if part.kind == "audio" and part.direction == "recvonly" else "inactive"
        kept = tuple(line for line in part.lines if line.startswith(("a=rtpmap:", "a=fmtp:", "a=rtcp-fb:")))
        mux = ("a=rtcp-mux",) if part.has("rtcp-mux") else (f"a=rtcp:{port}",)
        sections.append(Media(part.kind, port, part.protocol, part.formats, (*kept, *mux, f"a={direction}")))
    head = ("v=0", "o=anchor 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0")
    return Description(head, tuple(sections)).text


def rtcp_port(media: Media) -> int:
    """Where the peer of this section takes RTCP."""
    if media.has("rtcp-mux"):
        return media.port
    for line in media.lines:
        if line.startswith("a=rtcp:"):
            number = line[len("a=rtcp:") :].split(" ", 1)[0]
            return int(number) if _PORT.match(number) else media.port + 1
    return media.port + 1
