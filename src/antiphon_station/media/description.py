"""The station's session descriptions: offers, answers, and what both ends agreed on (RFC 8866, 3264, 4568, 4585).

SDES-SRTP only (AES_CM_128_HMAC_SHA1_80). Sound: the first common codec of the far end's list. Picture: H.264 constrained
baseline, packetization-mode 1.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Literal

from antiphon.wire.sdp import (
    Codec,
    Direction,
    Media,
    SdpSyntaxError,
    Session,
    audio_codecs,
    h264_codecs,
    mirrored,
    parse,
    telephone_event,
)
from antiphon_station.errors import NoCodec

Kind = Literal["audio", "video"]
SUITE = "AES_CM_128_HMAC_SHA1_80"
KEY_BYTES = 30
H264_FMTP = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
VIDEO_KBIT_S = 600
_PORT = re.compile(r"[0-9]{1,5}\Z")
OUR_AUDIO = (
    Codec(96, "opus", 48_000, 2, "minptime=10;useinbandfec=0;stereo=0;sprop-stereo=0"),
    Codec(9, "G722", 8_000),
    Codec(8, "PCMA", 8_000),
    Codec(0, "PCMU", 8_000),
    Codec(101, "telephone-event", 48_000, 1, "0-15"),
    Codec(102, "telephone-event", 8_000, 1, "0-15"),
)
OUR_VIDEO = (Codec(97, "H264", 90_000, 1, H264_FMTP),)


@dataclass(frozen=True, slots=True)
class LocalStream:
    """Our end of one stream: ports, the key we send with, and our SSRC."""

    kind: Kind
    port: int
    rtcp_port: int
    key: bytes
    ssrc: int


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

    def offer(self) -> str:
        """A complete offer of everything that this station has."""
        lines: list[str] = []
        for kind, stream in self.streams.items():
            codecs = OUR_AUDIO if kind == "audio" else OUR_VIDEO
            lines += self._section(stream, "RTP/SAVPF", codecs, 1, "sendrecv", rtcp_mux=True, mid=None)
        return self._whole(lines)

    def agree(self, answer: str) -> dict[Kind, AgreedStream]:
        """Read the answer to our offer. Raises NoCodec when no sound is possible."""
        session = _read(answer)
        agreed: dict[Kind, AgreedStream] = {}
        for kind, media in zip(self.streams, session.media, strict=False):
            if media.kind == kind and (stream := _agreement(kind, session, media, offered=False)) is not None:
                agreed[kind] = stream[0]
        if "audio" not in agreed:
            raise NoCodec
        return agreed

    def answer(self, offer: str) -> tuple[str, dict[Kind, AgreedStream]]:
        """Answer the far end's offer; media lines that this station cannot use are refused by port 0. Raises NoCodec."""
        session = _read(offer)
        lines: list[str] = []
        agreed: dict[Kind, AgreedStream] = {}
        for media in session.media:
            kind: Kind | None = "audio" if media.kind == "audio" else "video" if media.kind == "video" else None
            usable = None
            if kind is not None and kind in self.streams and kind not in agreed:
                usable = _agreement(kind, session, media, offered=True)
            if usable is None:
                refused = media.rejected()
                lines.append(f"m={refused.kind} 0 {refused.protocol} {' '.join(refused.formats)}")
                lines += [f"{name}={value}" for name, value in refused.lines]
                continue
            stream, tag = usable
            agreed[stream.kind] = stream
            codecs = (stream.codec, *(codec for codec in stream.receives.values() if codec != stream.codec))
            lines += self._section(
                self.streams[stream.kind],
                media.protocol,
                codecs,
                tag,
                mirrored(session.direction_of(media)),
                rtcp_mux=stream.rtcp_mux,
                mid=media.attribute("mid"),
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
        lines = [f"m={stream.kind} {stream.port} {protocol} {' '.join(str(codec.payload) for codec in codecs)}"]
        if stream.kind == "video":
            lines.append(f"b=AS:{VIDEO_KBIT_S}")
        if mid is not None:
            lines.append(f"a=mid:{mid}")
        lines.append(f"a={direction}")
        for codec in codecs:
            channels = f"/{codec.channels}" if codec.channels > 1 else ""
            lines.append(f"a=rtpmap:{codec.payload} {codec.name}/{codec.clock_hz}{channels}")
            if codec.fmtp:
                lines.append(f"a=fmtp:{codec.payload} {codec.fmtp}")
        if stream.kind == "audio":
            lines.append("a=ptime:20")
        else:
            for codec in codecs:
                lines += [f"a=rtcp-fb:{codec.payload} {what}" for what in ("nack pli", "ccm fir")]
        lines.append(f"a=rtcp:{stream.rtcp_port}")
        if rtcp_mux:
            lines.append("a=rtcp-mux")
        lines.append(f"a=crypto:{tag} {SUITE} inline:{base64.b64encode(stream.key).decode()}")
        lines.append(f"a=ssrc:{stream.ssrc} cname:{self.cname}")
        return lines


def _read(sdp: str) -> Session:
    try:
        return parse(sdp)
    except SdpSyntaxError as error:
        raise NoCodec("The session description is malformed.") from error


def _agreement(kind: Kind, session: Session, media: Media, *, offered: bool) -> tuple[AgreedStream, int] | None:
    """What we make of the far end's media line, and the tag of the key that we took; None when it is unusable."""
    address = session.address_of(media)
    found = _key(media)
    if media.is_rejected or not media.is_secure or address is None or found is None:
        return None
    voices = audio_codecs(media) if kind == "audio" else h264_codecs(media)
    if kind == "audio" and not offered:  # X3 was ours to offer; the answer's order says what suits the far end
        voices = tuple(codec for codec in media.codecs if codec in voices)
    if not voices:
        return None
    chosen = voices[0]
    digits = telephone_event(media, chosen.clock_hz) if kind == "audio" else None
    events = tuple(codec for codec in media.codecs if codec.is_named("telephone-event"))
    muxed = media.attribute("rtcp-mux") is not None
    remote = (address, media.port)
    tag, key = found
    direction = session.direction_of(media)
    stream = AgreedStream(
        kind=kind,
        remote=remote,
        remote_rtcp=remote if muxed else _rtcp(media, remote),
        codec=chosen,
        receives={codec.payload: codec for codec in (*voices, *events)},
        digits=digits,
        remote_key=key,
        sending=direction in ("sendrecv", "recvonly"),
        receiving=direction in ("sendrecv", "sendonly"),
        rtcp_mux=muxed,
    )
    return stream, tag


def _key(media: Media) -> tuple[int, bytes] | None:
    """Tag and master key with salt of the first key for our suite."""
    for crypto in media.cryptos:
        if crypto.suite != SUITE:
            continue
        try:
            key = base64.b64decode(crypto.key, validate=True)
        except ValueError:  # binascii.Error, and its parent for letters beyond ASCII
            continue
        if len(key) == KEY_BYTES:
            return crypto.tag, key
    return None


def _rtcp(media: Media, remote: tuple[str, int]) -> tuple[str, int]:
    """RFC 3605, else the port after RTP's."""
    words = (media.attribute("rtcp") or "").split()
    if words and _PORT.match(words[0]) and 0 < int(words[0]) < 65_536:
        return (words[3] if len(words) == 4 else remote[0], int(words[0]))
    return (remote[0], min(remote[1] + 1, 65_535))
