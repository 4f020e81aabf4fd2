"""The media of one call: offers and answers, sound and picture out and in over SRTP, reports, key frames, digits."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from antiphon_station.media.cameras import Camera
from antiphon_station.media.codecs import VIDEO_CLOCK_HZ, SoundDecoder, SoundEncoder
from antiphon_station.media.description import AgreedStream, Description, Kind, LocalStream
from antiphon_station.media.devices import Screen
from antiphon_station.media.dtmf import DigitDetector, event_payloads
from antiphon_station.media.h264 import Depacketizer
from antiphon_station.media.jitter import Gap, JitterBuffer, Nothing, Sound
from antiphon_station.media.picture import PictureSender
from antiphon_station.media.rtp import (
    KeyFrameRequest,
    ReceptionStatistics,
    RtpPacket,
    SenderReport,
    SourceChoice,
    encode_bye,
    encode_key_frame_request,
    encode_report,
    read_rtcp,
    read_rtp,
)
from antiphon_station.media.tones import FRAME_SAMPLES, RATE_HZ, SILENCE, Samples
from antiphon_station.media.transport import SecureTransport

_log = logging.getLogger("station.media")
REPORT_INTERVAL_S = 1.0
ASK_KEY_FRAME_INTERVAL_S = 0.5
_CONCEALED_MAX = 3  # frames of a loss that are covered; then silence


@dataclass(slots=True)
class MediaCounts:
    """What the status tells about the media of a call."""

    audio_codec: str | None = None
    video_codec: str | None = None
    key_frames_asked: int = 0
    switches: int = 0
    digits: list[str] = field(default_factory=list)


class MediaSession:
    """Opened for one call and closed with it. Made and ordered on the event loop; sound and picture run on threads.

    `address` is the local address that the far end shall send to. `on_digit`, `on_picture` are called on the loop.
    """

    def __init__(
        self,
        address: str,
        camera: Camera,
        *,
        encoder: str = "auto",
        on_digit: Callable[[str], None] = lambda _: None,
        on_picture: Callable[[int, int], None] = lambda _width, _height: None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_digit = on_digit
        self.counts = MediaCounts()
        self._audio = SecureTransport(address)
        self._video = SecureTransport(address)
        self._transports: dict[Kind, SecureTransport] = {"audio": self._audio, "video": self._video}
        cname = secrets.token_hex(6)
        self._cname = cname
        self._description = Description(
            address,
            secrets.randbits(31),
            {
                "audio": LocalStream(
                    "audio", self._audio.port, self._audio.rtcp_port, self._audio.key, self._audio.ssrc
                ),
                "video": LocalStream(
                    "video", self._video.port, self._video.rtcp_port, self._video.key, self._video.ssrc
                ),
            },
            cname,
        )
        self._agreed: dict[Kind, AgreedStream] = {}
        self._talking = False
        self._closed = False
        # sound
        self._sending = threading.Lock()  # encoder and digits
        self._arriving = threading.Lock()  # the jitter buffer: never held while something is encoded or decoded
        self._encoder: tuple[str, SoundEncoder] | None = None
        self._decoder: tuple[str, SoundDecoder] | None = None
        self._jitter = JitterBuffer(RATE_HZ)
        self._jitter_clock = RATE_HZ
        self._jitter_source: int | None = None
        self._held: Samples = np.zeros(0, dtype=np.int16)
        self._last_sound: Samples | None = None
        self._concealed = 0
        self._detector = DigitDetector()
        self._digit_packets: deque[tuple[bytes, bool]] = deque()
        self._digit_timestamp = 0
        # picture
        self.picture = PictureSender(camera, encoder, self._video, lambda: self._agreed.get("video"))
        self._depacketizer = Depacketizer()
        self._fir_seen: dict[int, int] = {}
        self._asked_at = 0.0
        self.screen = Screen(self._ask_from_thread, lambda w, h: self._call_soon(on_picture, w, h))
        # reports
        self._sources: dict[Kind, SourceChoice] = {"audio": SourceChoice(), "video": SourceChoice()}
        self._statistics: dict[Kind, ReceptionStatistics] = {}
        self._report_timer: asyncio.TimerHandle | None = None
        self._audio.on_rtp, self._audio.on_rtcp = self._audio_packet, self._audio_control
        self._video.on_rtp, self._video.on_rtcp = self._video_packet, self._video_control
        self._audio.start(self._loop)
        self._video.start(self._loop)

    # -- session descriptions ----------------------------------------------------------------------------------------

    def offer(self) -> str:
        """Everything that this station has."""
        return self._description.offer()

    def take_answer(self, sdp: str) -> None:
        """Use the far end's answer to our offer; raises NoCodec."""
        self._use(self._description.agree(sdp))

    def answer(self, offer: str) -> str:
        """Answer the far end's offer and switch to it at once; raises NoCodec, and then nothing has changed."""
        sdp, agreed = self._description.answer(offer)
        self._use(agreed)
        return sdp

    def _use(self, agreed: dict[Kind, AgreedStream]) -> None:
        before = self._agreed
        self._agreed = agreed
        switched = False
        for kind, transport in self._transports.items():
            stream = agreed.get(kind)
            if stream is not None:
                changed = transport.direct(stream.remote, stream.remote_rtcp, stream.remote_key, muxed=stream.rtcp_mux)
                switched = switched or (changed and kind in before)
        if switched:
            self.counts.switches += 1
        audio = agreed["audio"]
        self.counts.audio_codec = audio.codec.name
        video = agreed.get("video")
        self.counts.video_codec = None if video is None else video.codec.name
        if self._encoder is None or self._encoder[0] != audio.codec.name:
            encoder = audio.codec.name, SoundEncoder(audio.codec.name)
            with self._sending:
                self._encoder = encoder
        if video is not None and video.sending:
            self.picture.key_frame()  # whoever listens from now on needs one
            self.picture.start()
        if self._report_timer is None:
            self._report()

    # -- orders ------------------------------------------------------------------------------------------------------

    def talk(self) -> None:
        """Let the microphone through. Before, silence is sent: nobody hears the visitor before answering."""
        self._talking = True
        self.picture.key_frame()

    def key_frame(self) -> None:
        """The far end needs a picture that can be decoded alone."""
        self.counts.key_frames_asked += 1
        self.picture.key_frame()

    def send_digit(self, digit: str) -> bool:
        """Send a telephone event; False when the far end did not agree to them."""
        audio = self._agreed.get("audio")
        if audio is None or audio.digits is None:
            return False
        with self._sending:
            self._digit_packets.extend(event_payloads(digit, audio.digits.clock_hz))
        return True

    def close(self) -> None:
        """Say goodbye and give ports and threads back."""
        if self._closed:
            return
        for kind, transport in self._transports.items():
            if kind in self._agreed:
                transport.send_rtcp(encode_report(transport.ssrc, self._cname, ()) + encode_bye(transport.ssrc))
        self._closed = True
        self.picture.stop()
        if self._report_timer is not None:
            self._report_timer.cancel()
        self.screen.close()
        self._audio.close()
        self._video.close()

    def quality(self) -> dict[str, float | int | str | None]:
        """The `media` part of the status."""
        audio = self._statistics.get("audio")
        return {
            "audio_codec": self.counts.audio_codec,
            "video_codec": self.counts.video_codec,
            "packets_lost": sum(max(0, statistics.lost) for statistics in self._statistics.values()),
            "jitter_ms": round(audio.jitter * 1000 / self._jitter_clock, 1) if audio else 0.0,
            "delay_ms": round(self._jitter.delay_s * 1000),
            "switches": self.counts.switches,
            "rejected": self._audio.rejected + self._video.rejected,
        }

    # -- sound, on the sound thread ----------------------------------------------------------------------------------

    def received(self) -> Samples | None:
        """20 ms from the far end; None while nothing came."""
        now = time.monotonic()
        while len(self._held) < FRAME_SAMPLES:
            with self._arriving:
                taken = self._jitter.take(now)
            match taken:
                case Sound(payload, payload_type):
                    samples = self._decode(payload, payload_type)
                case Gap():
                    samples = self._conceal()
                case Nothing():
                    if not len(self._held):
                        return None
                    samples = np.zeros(FRAME_SAMPLES - len(self._held), dtype=np.int16)
            if not len(samples):
                continue
            self._held = np.concatenate((self._held, samples))
        frame, self._held = self._held[:FRAME_SAMPLES], self._held[FRAME_SAMPLES:]
        return frame

    def _decode(self, payload: bytes, payload_type: int) -> Samples:
        audio = self._agreed.get("audio")
        codec = audio.receives.get(payload_type) if audio else None
        if codec is None:
            return SILENCE
        if self._decoder is None or self._decoder[0] != codec.name:
            self._decoder = (codec.name, SoundDecoder(codec.name))
        samples = self._decoder[1].decode(payload)
        if len(samples):
            self._last_sound, self._concealed = samples, 0
        return samples

    def _conceal(self) -> Samples:
        """The last sound again, fading."""
        self._concealed += 1
        if self._last_sound is None or self._concealed > _CONCEALED_MAX:
            return SILENCE
        fade = (
            np.linspace(1.0, 0.0, len(self._last_sound)) if self._concealed == _CONCEALED_MAX else 0.7**self._concealed
        )
        return np.asarray(self._last_sound * fade, dtype=np.int16)

    def captured(self, samples: Samples) -> None:
        """20 ms for the far end."""
        audio = self._agreed.get("audio")
        if audio is None or not audio.sending or self._closed:
            return
        with self._sending:
            out = self._audio.out
            out.timestamp = (out.timestamp + audio.codec.clock_hz // 50) & 0xFFFFFFFF
            if self._digit_packets and audio.digits is not None:
                payload, marker = self._digit_packets.popleft()
                if marker:
                    self._digit_timestamp = out.timestamp
                packet = out.packet(audio.digits.payload, self._digit_timestamp, payload, marker=marker)
                self._audio.send_rtp(packet)
            elif self._encoder is not None:
                for payload in self._encoder[1].encode(samples if self._talking else SILENCE):
                    first = out.packets == 0
                    self._audio.send_rtp(out.packet(audio.codec.payload, out.timestamp, payload, marker=first))

    # -- what arrives, on the event loop -----------------------------------------------------------------------------

    def _audio_packet(self, data: bytes) -> None:
        packet, audio = read_rtp(data), self._agreed.get("audio")
        if packet is None or audio is None or (codec := audio.receives.get(packet.payload_type)) is None:
            return
        now = time.monotonic()
        if not self._counts("audio", packet, codec.clock_hz, now):
            return
        if codec.name == "telephone-event":
            digit = self._detector.push(packet.timestamp, packet.payload)
            if digit is not None:
                self.counts.digits.append(digit)
                self._on_digit(digit)
            return
        with self._arriving:
            if codec.clock_hz != self._jitter_clock or packet.ssrc != self._jitter_source:
                self._jitter, self._jitter_clock = JitterBuffer(codec.clock_hz), codec.clock_hz
                self._jitter_source = packet.ssrc
            self._jitter.put(packet.sequence, packet.timestamp, packet.payload, packet.payload_type, now)

    def _video_packet(self, data: bytes) -> None:
        packet, video = read_rtp(data), self._agreed.get("video")
        if packet is None or video is None or packet.payload_type not in video.receives:
            return
        if not self._counts("video", packet, VIDEO_CLOCK_HZ, time.monotonic()):
            return
        for unit in self._depacketizer.push(packet.sequence, packet.timestamp, packet.payload, packet.marker):
            self.screen.show(unit)
        if self._depacketizer.broken:
            self._ask_key_frame()

    def _counts(self, kind: Kind, packet: RtpPacket, clock_hz: int, now: float) -> bool:
        """Whether this packet is of the source that is played; then it is in the statistics."""
        if not self._sources[kind].plays(packet.ssrc, now):
            return False
        statistics = self._statistics.get(kind)
        if statistics is None or statistics.ssrc != packet.ssrc:
            statistics = self._statistics[kind] = ReceptionStatistics(packet.ssrc, clock_hz)
            if kind == "video":
                self._depacketizer = Depacketizer()
        statistics.packet(packet.sequence, packet.timestamp, now)
        return True

    def _audio_control(self, data: bytes) -> None:
        self._control("audio", data)

    def _video_control(self, data: bytes) -> None:
        self._control("video", data)

    def _control(self, kind: Kind, data: bytes) -> None:
        for part in read_rtcp(data):
            if isinstance(part, SenderReport) and (statistics := self._statistics.get(kind)) is not None:
                statistics.sender_report(part, time.monotonic())
            elif isinstance(part, KeyFrameRequest) and kind == "video":
                if part.sequence is not None:  # a FIR is repeated until the key frame arrives: count each once
                    if self._fir_seen.get(part.media_ssrc) == part.sequence:
                        continue
                    self._fir_seen = {part.media_ssrc: part.sequence}
                self.key_frame()

    def _ask_from_thread(self) -> None:
        self._call_soon(self._ask_key_frame)

    def _call_soon(self, function: Callable[..., None], *arguments: object) -> None:
        if not self._closed and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)

    def _ask_key_frame(self) -> None:
        now = time.monotonic()
        statistics = self._statistics.get("video")
        if self._closed or statistics is None or now - self._asked_at < ASK_KEY_FRAME_INTERVAL_S:
            return
        self._asked_at = now
        report = encode_report(self._video.ssrc, self._cname, (statistics.block(now),))
        self._video.send_rtcp(report + encode_key_frame_request(self._video.ssrc, statistics.ssrc))

    def _report(self) -> None:
        if self._closed:
            return
        now = time.monotonic()
        for kind, transport in self._transports.items():
            if kind not in self._agreed:
                continue
            statistics = self._statistics.get(kind)
            blocks = (statistics.block(now),) if statistics else ()
            sender = transport.out.report(time.time())
            transport.send_rtcp(encode_report(transport.ssrc, self._cname, blocks, sender))
        self._report_timer = self._loop.call_later(REPORT_INTERVAL_S, self._report)
