"""The station's session descriptions: offers, answers, and what both ends agreed on (RFC 8866, 3264, 4568, 4585).

SDES-SRTP only (AES_CM_128_HMAC_SHA1_80). Sound: the first common codec of the far end's list. Picture: H.264 constrained
baseline, packetization-mode 1.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field, replace
from typing import Literal

from antiphon_station.errors import NoCodec

Kind = Literal["audio", "video"]
Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
SUITE = "AES_CM_128_HMAC_SHA1_80"
KEY_BYTES = 30
H264_FMTP = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
VIDEO_KBIT_S = 600
_SDP_MAX_CHARS = 65_536
_SAVP = {"RTP/SAVP", "RTP/SAVPF"}


@dataclass(frozen=True, slots=True)
class Codec:
    payload_type: int
    name: str  # opus, G722, PCMA, PCMU, telephone-event, H264
    clock_hz: int
    channels: int = 1
    fmtp: str = ""


OUR_AUDIO = (
    Codec(96, "opus", 48_000, 2, "minptime=10;useinbandfec=0;stereo=0;sprop-stereo=0"),
    Codec(9, "G722", 8_000),
    Codec(8, "PCMA", 8_000),
    Codec(0, "PCMU", 8_000),
    Codec(101, "telephone-event", 48_000, 1, "0-15"),
    Codec(102, "telephone-event", 8_000, 1, "0-15"),
)
OUR_VIDEO = (Codec(97, "H264", 90_000, 1, H264_FMTP),)
_STATIC = {0: Codec(0, "PCMU", 8_000), 8: Codec(8, "PCMA", 8_000), 9: Codec(9, "G722", 8_000)}


@dataclass(frozen=True, slots=True)
class LocalStream:
    """Our end of one stream: ports, the key we send with, and our SSRC."""

    kind: Kind
    port: int
    rtcp_port: int
    key: bytes
    ssrc: int


@dataclass(frozen=True, slots=True)
class RemoteStream:
    """One media section of the far end."""

    kind: str
    protocol: str
    address: str
    port: int
    rtcp: tuple[str, int]
    codecs: tuple[Codec, ...]
    keys: tuple[tuple[int, bytes], ...]  # (tag, master key and salt) of our suite
    direction: Direction
    rtcp_mux: bool
    mid: str | None
    formats: str


@dataclass(frozen=True, slots=True)
class AgreedStream:
    """What both ends use for one stream."""

    kind: Kind
    remote: tuple[str, int]
    remote_rtcp: tuple[str, int]
    codec: Codec  # what we send
    receives: dict[int, Codec]  # what may arrive, by payload type
    digits: Codec | None
    remote_key: bytes
    sending: bool
    receiving: bool
    rtcp_mux: bool


@dataclass(slots=True)
class Description:
    """The station's end of one session: makes offers and answers; the version counts with every one that differs."""

    address: str
    session_id: int
    streams: dict[Kind, LocalStream]
    cname: str
    _version: int = 1
    _last: str = ""
    _layout: list[tuple[Kind, str | None]] = field(default_factory=list)

    def offer(self) -> str:
        """A complete offer of everything that this station has."""
        lines: list[str] = []
        for kind, stream in self.streams.items():
            codecs = OUR_AUDIO if kind == "audio" else OUR_VIDEO
            lines += self._section(stream, "RTP/SAVPF", codecs, 1, "sendrecv", rtcp_mux=True, mid=None)
        return self._whole(lines)

    def agree(self, answer: str) -> dict[Kind, AgreedStream]:
        """Read the answer to our offer. Raises NoCodec when no sound is possible."""
        remote = read(answer)
        agreed: dict[Kind, AgreedStream] = {}
        for kind, section in zip(self.streams, remote, strict=False):
            if section.kind == kind and (stream := _agreement(kind, section, offered=False)) is not None:
                agreed[kind] = stream[0]
        if "audio" not in agreed:
            raise NoCodec
        return agreed

    def answer(self, offer: str) -> tuple[str, dict[Kind, AgreedStream]]:
        """Answer the far end's offer; sections that this station cannot use are refused by port 0. Raises NoCodec."""
        lines: list[str] = []
        agreed: dict[Kind, AgreedStream] = {}
        for section in read(offer):
            kind = section.kind
            usable = (
                _agreement("audio" if kind == "audio" else "video", section, offered=True)
                if kind in ("audio", "video") and kind in self.streams and kind not in agreed
                else None
            )
            if usable is None:
                lines.append(f"m={kind} 0 {section.protocol} {section.formats}")
                if section.mid is not None:
                    lines.append(f"a=mid:{section.mid}")
                continue
            stream, tag = usable
            agreed[stream.kind] = stream
            direction: Direction = (
                "sendrecv"
                if stream.sending and stream.receiving
                else "sendonly"
                if stream.sending
                else "recvonly"
                if stream.receiving
                else "inactive"
            )
            codecs = (stream.codec, *(codec for codec in stream.receives.values() if codec != stream.codec))
            lines += self._section(
                self.streams[stream.kind],
                section.protocol,
                codecs,
                tag,
                direction,
                rtcp_mux=stream.rtcp_mux,
                mid=section.mid,
            )
        if "audio" not in agreed:
            raise NoCodec
        return self._whole(lines), agreed

    def _whole(self, lines: list[str]) -> str:
        body = "\r\n".join(lines)
        if self._last and body != self._last:
            self._version += 1
        self._last = body
        family = "IP6" if ":" in self.address else "IP4"
        head = [
            "v=0",
            f"o=- {self.session_id} {self._version} IN {family} {self.address}",
            "s=-",
            f"c=IN {family} {self.address}",
            "t=0 0",
        ]
        return "\r\n".join(head) + "\r\n" + body + "\r\n"

    def _section(
        self,
        stream: LocalStream,
        protocol: str,
        codecs: tuple[Codec, ...],
        tag: int,
        direction: Direction,
        *,
        rtcp_mux: bool,
        mid: str | None,
    ) -> list[str]:
        lines = [f"m={stream.kind} {stream.port} {protocol} {' '.join(str(codec.payload_type) for codec in codecs)}"]
        if stream.kind == "video":
            lines.append(f"b=AS:{VIDEO_KBIT_S}")
        if mid is not None:
            lines.append(f"a=mid:{mid}")
        lines.append(f"a={direction}")
        for codec in codecs:
            channels = f"/{codec.channels}" if codec.channels > 1 else ""
            lines.append(f"a=rtpmap:{codec.payload_type} {codec.name}/{codec.clock_hz}{channels}")
            if codec.fmtp:
                lines.append(f"a=fmtp:{codec.payload_type} {codec.fmtp}")
        if stream.kind == "audio":
            lines.append("a=ptime:20")
        else:
            for codec in codecs:
                lines += [f"a=rtcp-fb:{codec.payload_type} {what}" for what in ("nack pli", "ccm fir")]
        lines.append(f"a=rtcp:{stream.rtcp_port}")
        if rtcp_mux:
            lines.append("a=rtcp-mux")
        lines.append(f"a=crypto:{tag} {SUITE} inline:{base64.b64encode(stream.key).decode()}")
        lines.append(f"a=ssrc:{stream.ssrc} cname:{self.cname}")
        return lines


def _agreement(kind: Kind, section: RemoteStream, *, offered: bool) -> tuple[AgreedStream, int] | None:
    """What we make of the far end's section, and the tag of the key that we took; None when it is unusable."""
    if section.port == 0 or section.protocol not in _SAVP or not section.keys:
        return None
    if offered:  # their list, their payload types; ours decides what is usable
        usable = tuple(codec for codec in section.codecs if _ours(kind, codec) is not None)
    else:  # an answer to our offer uses our payload types
        ours = {codec.payload_type: codec for codec in (OUR_AUDIO if kind == "audio" else OUR_VIDEO)}
        usable = tuple(
            ours[codec.payload_type]
            for codec in section.codecs
            if codec.payload_type in ours and ours[codec.payload_type].name.lower() == codec.name.lower()
        )
    media = [codec for codec in usable if codec.name != "telephone-event"]
    if not media:
        return None
    chosen = media[0]
    digits = next(
        (codec for codec in usable if codec.name == "telephone-event" and codec.clock_hz == chosen.clock_hz), None
    )
    tag, key = section.keys[0]
    stream = AgreedStream(
        kind=kind,
        remote=(section.address, section.port),
        remote_rtcp=(section.address, section.port) if section.rtcp_mux else section.rtcp,
        codec=chosen,
        receives={codec.payload_type: codec for codec in usable},
        digits=digits,
        remote_key=key,
        sending=section.direction in ("sendrecv", "recvonly"),
        receiving=section.direction in ("sendrecv", "sendonly"),
        rtcp_mux=section.rtcp_mux,
    )
    return stream, tag


def _ours(kind: Kind, codec: Codec) -> Codec | None:
    for own in OUR_AUDIO if kind == "audio" else OUR_VIDEO:
        if own.name.lower() != codec.name.lower() or own.clock_hz != codec.clock_hz:
            continue
        if own.name != "H264":
            return own
        parameters = dict(part.strip().partition("=")[::2] for part in codec.fmtp.lower().split(";"))
        baseline = parameters.get("profile-level-id", "42").startswith("42")
        if baseline and parameters.get("packetization-mode", "0") == "1":
            return own
    return None


# -- reading ---------------------------------------------------------------------------------------------------------

_RTPMAP = re.compile(r"(\d{1,3}) ([A-Za-z0-9.-]{1,40})/(\d{1,6})(?:/(\d{1,2}))?")
_FMTP = re.compile(r"(\d{1,3}) (.{0,400})")
_CRYPTO = re.compile(r"(\d{1,9}) ([A-Za-z0-9_]+) inline:([A-Za-z0-9+/=]+)(?:\|.*)?")
_MEDIA = re.compile(r"([a-z]{1,20}) (\d{1,5})(?:/\d+)? ([A-Z/]{1,30}) ([0-9A-Za-z ._-]{1,400})")


def read(sdp: str) -> list[RemoteStream]:
    """The media sections of a session description; lines that it does not know are left aside. Raises NoCodec."""
    if len(sdp) > _SDP_MAX_CHARS:
        raise NoCodec("The session description is too long.")
    sections: list[list[str]] = [[]]
    for line in sdp.splitlines():
        if line.startswith("m="):
            sections.append([])
        sections[-1].append(line)
    head, *media = sections
    if not media or len(media) > 8:
        raise NoCodec("The session description has no usable media.")
    default_address = _address(head)
    default_direction = _direction(head)
    return [_read_section(lines, default_address, default_direction) for lines in media]


def _read_section(lines: list[str], default_address: str | None, default_direction: Direction | None) -> RemoteStream:
    match = _MEDIA.fullmatch(lines[0][2:].strip())
    if match is None:
        raise NoCodec("The session description is malformed.")
    kind, port, protocol, formats = match[1], int(match[2]), match[3], match[4]
    address = _address(lines) or default_address
    if port > 65_535 or (address is None and port):
        raise NoCodec("The session description is malformed.")
    address = address or ""
    attributes = [line[2:] for line in lines if line.startswith("a=")]
    codecs: dict[int, Codec] = {}
    for text in formats.split():
        if text.isdigit() and int(text) < 128:
            number = int(text)
            codecs[number] = _STATIC.get(number, Codec(number, "", 0))
    keys: list[tuple[int, bytes]] = []
    rtcp = (address, port + 1)
    mid: str | None = None
    for name, _, value in (attribute.partition(":") for attribute in attributes):
        if name == "rtpmap" and (found := _RTPMAP.fullmatch(value)) and int(found[1]) in codecs:
            number = int(found[1])
            codecs[number] = Codec(number, found[2], int(found[3]), int(found[4] or 1), codecs[number].fmtp)
        elif name == "fmtp" and (found := _FMTP.fullmatch(value)) and int(found[1]) in codecs:
            codecs[int(found[1])] = replace(codecs[int(found[1])], fmtp=found[2])
        elif name == "crypto" and (found := _CRYPTO.fullmatch(value)) and found[2] == SUITE:
            key = _key(found[3])
            if key is not None:
                keys.append((int(found[1]), key))
        elif name == "rtcp":
            words = value.split()
            if words and words[0].isdigit() and int(words[0]) <= 65_535:
                rtcp = (words[3] if len(words) == 4 else address, int(words[0]))
        elif name == "mid":
            mid = value[:32]
    return RemoteStream(
        kind=kind,
        protocol=protocol,
        address=address,
        port=port,
        rtcp=rtcp,
        codecs=tuple(codec for codec in codecs.values() if codec.name),
        keys=tuple(keys),
        direction=_direction(lines) or default_direction or "sendrecv",
        rtcp_mux="rtcp-mux" in attributes,
        mid=mid,
        formats=formats,
    )


def _key(text: str) -> bytes | None:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    return key if len(key) == KEY_BYTES else None


def _address(lines: list[str]) -> str | None:
    for line in lines:
        words = line[2:].split()
        if line.startswith("c=") and len(words) == 3 and words[0] == "IN":
            return words[2].partition("/")[0]
    return None


def _direction(lines: list[str]) -> Direction | None:
    for line in lines:
        match line[2:].strip() if line.startswith("a=") else "":
            case "sendrecv" | "sendonly" | "recvonly" | "inactive" as direction:
                return direction
    return None
