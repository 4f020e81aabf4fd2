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
from av.video.frame import VideoFrame

from antiphon.wire.sdp import Codec
from antiphon_station.media.cameras import Camera
from antiphon_station.media.codecs import VIDEO_CLOCK_HZ, PictureEncoder, SoundDecoder, SoundEncoder
from antiphon_station.media.description import AgreedStream, Description, Kind, LocalStream
from antiphon_station.media.devices import Screen
from antiphon_station.media.dtmf import DigitDetector, event_payloads
from antiphon_station.media.h264 import Depacketizer, packetize
from antiphon_station.media.jitter import Gap, JitterBuffer, Nothing, Sound
from antiphon_station.media.keyframes import KeyFrameClock
from antiphon_station.media.rtp import (
    KeyFrameRequest,
    ReceptionStatistics,
    RtpPacket,
    SenderReport,
    encode_bye,
    encode_key_frame_request,
    encode_report,
    ntp_time,
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
class _Sending:
    """One outgoing RTP stream's counters; `timestamp` is that of the last packet."""

    sequence: int = field(default_factory=lambda: secrets.randbits(15))
    timestamp: int = field(default_factory=lambda: secrets.randbits(31))
    packets: int = 0
    octets: int = 0


@dataclass(slots=True)
class MediaCounts:
    """What the status tells about the media of a call."""

    audio_codec: str | None = None
    video_codec: str | None = None
    pictures_sent: int = 0
    key_frames_sent: int = 0
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
        self._camera = camera
        self._encoder_name = encoder
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
        self._lock = threading.Lock()
        self._out: dict[Kind, _Sending] = {"audio": _Sending(), "video": _Sending()}
        self._encoder: tuple[str, SoundEncoder] | None = None
        self._decoder: tuple[str, SoundDecoder] | None = None
        self._jitter = JitterBuffer(RATE_HZ)
        self._jitter_clock = RATE_HZ
        self._held: Samples = np.zeros(0, dtype=np.int16)
        self._last_sound: Samples | None = None
        self._concealed = 0
        self._detector = DigitDetector()
        self._digit_packets: deque[tuple[bytes, bool]] = deque()
        self._digit_timestamp = 0
        # picture
        self._key_frames = KeyFrameClock()
        self._picture_thread: threading.Thread | None = None
        self._stop_picture = threading.Event()
        self._depacketizer = Depacketizer()
        self._fir_seen: dict[int, int] = {}
        self._asked_at = 0.0
        self.screen = Screen(self._ask_from_thread, lambda w, h: self._call_soon(on_picture, w, h))
        # reports
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
        with self._lock:
            if self._encoder is None or self._encoder[0] != audio.codec.name:
                self._encoder = (audio.codec.name, SoundEncoder(audio.codec.name))
        if video is not None and video.sending:
            self._key_frames.request()  # whoever listens from now on needs one
            if self._picture_thread is None:
                self._picture_thread = threading.Thread(target=self._send_pictures, name="picture", daemon=True)
                self._picture_thread.start()
        if self._report_timer is None:
            self._report()

    # -- orders ------------------------------------------------------------------------------------------------------

    def talk(self) -> None:
        """Let the microphone through. Before, silence is sent: nobody hears the visitor before answering."""
        self._talking = True
        self._key_frames.request()

    def key_frame(self) -> None:
        """The far end needs a picture that can be decoded alone."""
        self.counts.key_frames_asked += 1
        self._key_frames.request()

    def send_digit(self, digit: str) -> bool:
        """Send a telephone event; False when the far end did not agree to them."""
        audio = self._agreed.get("audio")
        if audio is None or audio.digits is None:
            return False
        with self._lock:
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
        self._stop_picture.set()
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
        with self._lock:
            while len(self._held) < FRAME_SAMPLES:
                match self._jitter.take(now):
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
        with self._lock:
            out = self._out["audio"]
            step = audio.codec.clock_hz // 50
            out.timestamp = (out.timestamp + step) & 0xFFFFFFFF
            if self._digit_packets and audio.digits is not None:
                payload, marker = self._digit_packets.popleft()
                if marker:
                    self._digit_timestamp = out.timestamp
                self._send_audio(audio.digits, payload, self._digit_timestamp, marker=marker)
                return
            encoder = self._encoder
            if encoder is None:
                return
            for payload in encoder[1].encode(samples if self._talking else SILENCE):
                self._send_audio(audio.codec, payload, out.timestamp, marker=out.packets == 0)

    def _send_audio(self, codec: Codec, payload: bytes, timestamp: int, *, marker: bool) -> None:
        out = self._out["audio"]
        out.sequence = (out.sequence + 1) & 0xFFFF
        out.packets += 1
        out.octets += len(payload)
        packet = RtpPacket(codec.payload, out.sequence, timestamp, self._audio.ssrc, payload, marker)
        self._audio.send_rtp(packet.encode())

    # -- picture out, on its thread ----------------------------------------------------------------------------------

    def _send_pictures(self) -> None:
        encoder = PictureEncoder(self._encoder_name)
        started = time.monotonic()
        base = self._out["video"].timestamp
        try:
            for picture in self._camera.pictures(self._stop_picture):
                if self._stop_picture.is_set():
                    return
                video = self._agreed.get("video")
                if video is not None and video.sending:
                    self._send_picture(encoder, picture, video.codec, base, started)
        except Exception:  # noqa: BLE001  # a thread's end: whatever it was, the sound goes on
            _log.exception("The picture failed")

    def _send_picture(
        self, encoder: PictureEncoder, picture: VideoFrame, codec: Codec, base: int, started: float
    ) -> None:
        now = time.monotonic()
        elapsed = round((now - started) * VIDEO_CLOCK_HZ)
        key = self._key_frames.due(now)
        units = encoder.encode(picture, elapsed, key=key)
        if not units:
            return
        out = self._out["video"]
        payloads = packetize(units)
        with self._lock:
            out.timestamp = (base + elapsed) & 0xFFFFFFFF
        for index, payload in enumerate(payloads):
            out.sequence = (out.sequence + 1) & 0xFFFF
            out.packets += 1
            out.octets += len(payload)
            marker = index == len(payloads) - 1
            packet = RtpPacket(codec.payload, out.sequence, out.timestamp, self._video.ssrc, payload, marker)
            self._video.send_rtp(packet.encode())
        self.counts.pictures_sent += 1
        if any(unit[0] & 0x1F == 5 for unit in units):
            self.counts.key_frames_sent += 1
            self._key_frames.sent(now)

    # -- what arrives, on the event loop -----------------------------------------------------------------------------

    def _audio_packet(self, data: bytes) -> None:
        packet, audio = read_rtp(data), self._agreed.get("audio")
        if packet is None or audio is None or (codec := audio.receives.get(packet.payload_type)) is None:
            return
        now = time.monotonic()
        self._statistic("audio", packet, codec.clock_hz, now)
        if codec.name == "telephone-event":
            digit = self._detector.push(packet.timestamp, packet.payload)
            if digit is not None:
                self.counts.digits.append(digit)
                self._on_digit(digit)
            return
        with self._lock:
            if codec.clock_hz != self._jitter_clock:
                self._jitter, self._jitter_clock = JitterBuffer(codec.clock_hz), codec.clock_hz
            self._jitter.put(packet.sequence, packet.timestamp, packet.payload, packet.payload_type, now)

    def _video_packet(self, data: bytes) -> None:
        packet, video = read_rtp(data), self._agreed.get("video")
        if packet is None or video is None or packet.payload_type not in video.receives:
            return
        self._statistic("video", packet, VIDEO_CLOCK_HZ, time.monotonic())
        for unit in self._depacketizer.push(packet.sequence, packet.timestamp, packet.payload, packet.marker):
            self.screen.show(unit)
        if self._depacketizer.broken:
            self._ask_key_frame()

    def _statistic(self, kind: Kind, packet: RtpPacket, clock_hz: int, now: float) -> None:
        statistics = self._statistics.get(kind)
        if statistics is None or statistics.ssrc != packet.ssrc:
            statistics = self._statistics[kind] = ReceptionStatistics(packet.ssrc, clock_hz)
            if kind == "video":
                self._depacketizer = Depacketizer()
        statistics.packet(packet.sequence, packet.timestamp, now)

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
            out = self._out[kind]
            statistics = self._statistics.get(kind)
            blocks = (statistics.block(now),) if statistics else ()
            sender = None
            if out.packets:
                sender = SenderReport(transport.ssrc, ntp_time(time.time()), out.timestamp, out.packets, out.octets)
            transport.send_rtcp(encode_report(transport.ssrc, self._cname, blocks, sender))
        self._report_timer = self._loop.call_later(REPORT_INTERVAL_S, self._report)
