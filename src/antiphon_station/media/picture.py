"""The outgoing picture of a call: camera, encoder and packets on a thread of their own, key frames when they are due."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from av.video.frame import VideoFrame

from antiphon_station.media.cameras import Camera
from antiphon_station.media.codecs import VIDEO_CLOCK_HZ, PictureEncoder
from antiphon_station.media.description import AgreedStream
from antiphon_station.media.h264 import packetize
from antiphon_station.media.keyframes import KeyFrameClock
from antiphon_station.media.transport import SecureTransport

_log = logging.getLogger("station.media")
_IDR = 5


class PictureSender:
    """Sends while `stream` says so; started once, stopped once. `key_frame` may be called from any thread."""

    def __init__(
        self, camera: Camera, encoder: str, transport: SecureTransport, stream: Callable[[], AgreedStream | None]
    ) -> None:
        self.sent = 0
        self.key_frames = 0
        self._camera = camera
        self._encoder_name = encoder
        self._transport = transport
        self._stream = stream
        self._clock = KeyFrameClock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Harmless when it runs already."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="picture", daemon=True)
            self._thread.start()

    def key_frame(self) -> None:
        """The next picture shall be one that can be decoded alone."""
        self._clock.request()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        try:
            encoder = PictureEncoder(self._encoder_name)
            started = time.monotonic()
            base = self._transport.out.timestamp
            for picture in self._camera.pictures(self._stop):
                if self._stop.is_set():
                    return
                stream = self._stream()
                if stream is not None and stream.sending:
                    self._send(encoder, picture, stream.codec.payload, base, started)
        except Exception:  # noqa: BLE001  # a thread's end: whatever it was, the sound goes on
            _log.exception("The picture failed")

    def _send(self, encoder: PictureEncoder, picture: VideoFrame, payload_type: int, base: int, started: float) -> None:
        now = time.monotonic()
        elapsed = round((now - started) * VIDEO_CLOCK_HZ)
        key = self._clock.due(now)
        units = encoder.encode(picture, elapsed, key=key)
        is_key = any(unit[0] & 0x1F == _IDR for unit in units)
        if key and not is_key:
            self._clock.request()
        if not units:
            return
        out = self._transport.out
        out.timestamp = (base + elapsed) & 0xFFFFFFFF
        payloads = packetize(units)
        for index, payload in enumerate(payloads):
            marker = index == len(payloads) - 1
            self._transport.send_rtp(out.packet(payload_type, out.timestamp, payload, marker=marker))
        self.sent += 1
        if is_key:
            self.key_frames += 1
            self._clock.sent(now)
