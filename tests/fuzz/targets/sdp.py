"""SDP: reading, choosing codecs, answering; at the platform (wire.sdp, gateways.media.sdp) and in the station."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from random import Random

from antiphon.errors import AntiphonError
from antiphon.gateways.media import sdp as passing
from antiphon.limits import SDP_MAX_BYTES
from antiphon.wire import sdp
from antiphon_station.errors import NoCodec
from antiphon_station.media.description import Description, LocalStream
from tests.fuzz.mutation import SPECIALS, change_lines
from tests.fuzz.script import ScriptMutator, Step, read, write
from tests.fuzz.target import ByteMutator, Stopwatch, Target, hold

PLATFORM, STATION_ANSWERS, STATION_AGREES, PASSED_ON = range(4)
KINDS = 4
_KEY = base64.b64encode(bytes(range(30))).decode()
_LINE = re.compile(r"[a-z]=[^\r\n\0]*\Z")

STATION = (
    "v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/SAVPF 96 9 8 0 101\r\n"
    "a=sendrecv\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 minptime=10;useinbandfec=0\r\na=rtpmap:9 G722/8000\r\n"
    "a=rtpmap:101 telephone-event/48000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=rtcp:4001 IN IP4 192.0.2.1\r\na=rtcp-mux\r\n"
    f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{_KEY}|2^31|1:1 UNENCRYPTED_SRTCP\r\na=ssrc:1 cname:x\r\n"
    "m=video 4002 RTP/SAVPF 97\r\nb=AS:600\r\na=sendonly\r\na=rtpmap:97 H264/90000\r\n"
    "a=fmtp:97 packetization-mode=1;profile-level-id=42e01f\r\na=rtcp-fb:97 nack pli\r\na=rtcp-fb:* ccm fir\r\na=rtcp:4003\r\n"
    f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{_KEY}\r\n"
)
BROWSER = (
    "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=extmap-allow-mixed\r\n"
    "a=msid-semantic: WMS stream\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
    "a=candidate:1 1 udp 2122260223 192.0.2.3 50000 typ host generation 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
    "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
    "a=setup:actpass\r\na=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendrecv\r\na=msid:stream track\r\na=rtcp-mux\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\n"
    "a=rtpmap:126 telephone-event/8000\r\na=ssrc:42 cname:x\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103\r\nc=IN IP4 0.0.0.0\r\n"
    "a=mid:1\r\na=bundle-only\r\na=recvonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
    "a=rtpmap:102 H264/90000\r\na=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n"
    "a=rtcp-fb:102 nack pli\r\n"
)
STRANGER = (
    "v=0\no=root 1 1 IN IP6 2001:db8::1\ns=call\nc=IN IP6 2001:db8::1\nt=0 0\nm=audio 17000/2 RTP/SAVP 0 8 18 101\n"
    "a=rtpmap:0 PCMU/8000\na=rtpmap:18 G729/8000\na=rtpmap:101 telephone-event/8000\na=inactive\n"
    f"a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:{_KEY}\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{_KEY}\nm=image 0 udptl t38\n"
)
# As long as it may get: what is looked up for each format in every line adds up.
CROWDED = STATION.replace(" 96 9 8 0 101", " 96" * 20_000) + "a=rtpmap:1 opus/48000\r\n" * 150
WORDS = (
    *SPECIALS,
    b"0", b"9", b"96", b"127", b"128", b"255", b"65535", b"65536", b"audio", b"video", b"RTP/AVP", b"RTP/SAVPF", b"UDP/TLS/RTP/SAVPF",
    b"opus/48000/2", b"H264/90000", b"telephone-event/8000", b"packetization-mode=1", b"profile-level-id=4_2e01", b"profile-level-id=42e01f",
    b"inline:" + _KEY.encode(), b"inline:", b"|2^20|1:4", b"IN IP4 192.0.2.1", b"IN IP6 ::1", b"IN IP4 192.0.2.1/127", b"192.0.2.1", b"*",
)  # fmt: skip
LINES = (
    *(line.encode() for text in (STATION, BROWSER, STRANGER) for line in text.split("\n")),
    b"a=inactive", b"a=sendonly", b"m=audio 0 RTP/SAVPF 0", b"m=application 9 UDP/DTLS/SCTP webrtc-datachannel", b"m=audio 1 RTP/AVP", b"a=",
    b"a=rtpmap:", b"a=fmtp:96", b"a=crypto:", b"a=mid:", b"a=mid:x y", b"=", b"m=", b"o=", b"v=1", b"a=rtcp:", b"c=IN IP4", b"a=rtcp:99999",
)  # fmt: skip


class Sdp(Target):
    name = "sdp"

    def __init__(self) -> None:
        texts = (STATION, BROWSER, STRANGER)
        self._seeds = [
            *(write([Step(kind, text.encode())]) for text in texts for kind in range(KINDS)),
            *(write([Step(kind, CROWDED.encode())]) for kind in range(KINDS)),
            write([Step(STATION_ANSWERS, STATION.encode()), Step(STATION_AGREES, STATION.encode())]),
        ]
        self._mutator = ScriptMutator(
            self._seeds, KINDS, lambda kind, data, random: change_lines(data, random, WORDS, LINES)
        )

    def seeds(self) -> list[bytes]:
        return self._seeds

    def mutate(self, data: bytes, random: Random, mutate_bytes: ByteMutator) -> bytes:
        return self._mutator.mutate(data, random, mutate_bytes)

    def run(self, data: bytes) -> int:
        watch, steps, ours = Stopwatch(), read(data, KINDS), _station()
        for kind, body in steps:
            text = body.decode("utf-8", "replace")
            (_read, _answer, _agree, _pass_on)[kind](text, ours)
            watch.lap()
        return max(1, len(steps))


def _station() -> Description:
    audio, video = LocalStream("audio", 4000, 4001, b"a" * 30, 11), LocalStream("video", 4002, 4003, b"v" * 30, 12)
    return Description("192.0.2.7", 1, {"audio": audio, "video": video}, "station")


def _read(text: str, ours: Description) -> None:
    try:
        session = sdp.parse(text)
    except sdp.SdpSyntaxError:
        return
    hold(sdp.parse(str(session)) == session, "it reads differently the second time")
    _sound(str(session))
    _ = session.version, sdp.has_usable_audio(session), sdp.has_h264(session), sdp.accepts_key_frame_requests(session)
    for media in session.media:
        _ = (
            media.cryptos,
            session.direction_of(media),
            session.address_of(media),
            sdp.audio_codecs(media),
            sdp.h264_codecs(media),
        )
        codecs = [codec.payload for codec in media.codecs]
        hold(all(0 <= payload <= 127 for payload in codecs), "a payload type beyond seven bits")
        hold(sdp.common_codec(media, ("opus", "H264")) in (None, *media.codecs), "a codec from nowhere")
        _sound(str(session.with_media(0, media.with_formats(codecs[:1] or [0]).with_direction("sendonly"))))
        _sound(str(session.with_media(0, media.rejected()).with_version(7)))


def _answer(text: str, ours: Description) -> None:
    try:
        answer, agreed = ours.answer(text)
    except NoCodec:
        return
    _sound(answer)
    offered, answered = sdp.parse(text), sdp.parse(answer)
    hold(len(offered.media) == len(answered.media), "an answer has as many media lines as its offer")
    for stream in agreed.values():
        hold(len(stream.remote_key) == 30, "a key of another length")
        hold(
            0 < stream.remote[1] < 65_536 and 0 < stream.remote_rtcp[1] < 65_536,
            f"ports {stream.remote} {stream.remote_rtcp}",
        )


def _agree(text: str, ours: Description) -> None:
    ours.offer()
    try:
        agreed = ours.agree(text)
    except NoCodec:
        return
    hold("audio" in agreed, "agreed without sound")


_SHAPES: tuple[Callable[[str], str], ...] = (
    lambda text: passing.parse(text).text,
    lambda text: passing.usable(text).text,
    lambda text: passing.for_station(text, 1, 2),
    lambda text: passing.for_browser(text, 1, 2, picture_only=True),
    lambda text: passing.for_browser(text, 1, 2, picture_only=False),
    lambda text: passing.browser_answer(text, 2),
    lambda text: passing.browser_offer(text, account=False),
    lambda text: passing.browser_offer(text, account=True),
    lambda text: passing.anchor_answer(text, 40000),
)


def _pass_on(text: str, ours: Description) -> None:
    """From a station or browser through our hands to rtpengine, and from it to the others."""
    # all of them for one text would make a run eight times as long
    for shape in (_SHAPES[len(text) % len(_SHAPES)], _SHAPES[sum(text.encode()[-64:]) % len(_SHAPES)]):
        try:
            shaped = shape(text)
        except AntiphonError as error:
            hold(error.http_status < 500, f"not our fault: {error.code}")
            continue
        _sound(shaped)
        hold(len(shaped) <= 2 * SDP_MAX_BYTES, "it grew")
        again = passing.parse(shaped)
        hold(passing.parse(again.text) == again, "it reads differently the second time")
        for media in again.media:
            passing.rtcp_port(media)


def _sound(text: str) -> None:
    """Lines of one letter and a value, each ended by CRLF: nothing slipped in."""
    *lines, last = text.split("\r\n")
    hold(last == "", "the last line is not ended")
    for line in lines:
        hold(_LINE.match(line), f"line {line!r}")


TARGET = Sdp
