"""Where the station's picture comes from: the test scene, a file again and again, V4L2, or an RTSP camera."""

from __future__ import annotations

import datetime
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import av
from av.container import InputContainer
from av.video.frame import VideoFrame

from antiphon_station.errors import DeviceFailed
from antiphon_station.media.codecs import HEIGHT, PICTURES_PER_S, WIDTH
from antiphon_station.media.scene import scene

_log = logging.getLogger("station.devices")
_RETRY_S = 2.0
_OPEN_MAX_S = 5
_INTERVAL_S = 1 / PICTURES_PER_S


class Camera(Protocol):
    def pictures(self, stop: threading.Event) -> Iterator[VideoFrame]:
        """Pictures at their own pace, at most PICTURES_PER_S, until `stop`. Blocks between them; never ends by itself."""


def open_camera(spec: str) -> Camera:
    """`test`, `file:PATH`, `v4l2:/dev/video0` or `rtsp://...`; raises DeviceFailed for what is none of these."""
    if spec == "test":
        return TestCamera()
    if spec.startswith("file:"):
        path = Path(spec.removeprefix("file:"))
        if not path.is_file():
            raise DeviceFailed(f"The picture file {path} is not there.")
        return StreamCamera(str(path), None, {}, paced=True)
    if spec.startswith("v4l2:"):
        options = {"video_size": f"{WIDTH}x{HEIGHT}", "framerate": str(PICTURES_PER_S)}
        return StreamCamera(spec.removeprefix("v4l2:"), "v4l2", options, paced=False)
    if spec.startswith(("rtsp://", "rtsps://")):
        return StreamCamera(spec, None, {"rtsp_transport": "tcp", "fflags": "nobuffer"}, paced=False)
    raise DeviceFailed("The camera is not known: use test, file:PATH, v4l2:DEVICE or rtsp://ADDRESS.")


class TestCamera:
    """The scene with the local time in it."""

    def __init__(self) -> None:
        self._scene = scene()

    def pictures(self, stop: threading.Event) -> Iterator[VideoFrame]:
        due = started = time.monotonic()
        while not stop.is_set():
            caption = f"{datetime.datetime.now().astimezone():%Y-%m-%d %H:%M:%S}"
            yield VideoFrame.from_ndarray(self._scene.picture(due - started, caption), format="yuv420p")
            due = max(due + _INTERVAL_S, time.monotonic() - _INTERVAL_S)
            stop.wait(max(0.0, due - time.monotonic()))


class StreamCamera:
    """Anything FFmpeg opens. While it gives no picture, a dark one with the clock is sent and opening is tried again."""

    def __init__(self, address: str, format_name: str | None, options: dict[str, str], *, paced: bool) -> None:
        self._address = address
        self._format = format_name
        self._options = options
        self._paced = paced

    def pictures(self, stop: threading.Event) -> Iterator[VideoFrame]:
        while not stop.is_set():
            try:
                with av.open(self._address, format=self._format, options=self._options, timeout=_OPEN_MAX_S) as source:
                    yield from self._stream(source, stop)
            except (av.FFmpegError, OSError, ValueError, IndexError) as error:
                _log.error("The camera gives no picture", extra={"reason": type(error).__name__})
                yield from self._nothing(stop)

    def _stream(self, source: InputContainer, stop: threading.Event) -> Iterator[VideoFrame]:
        started = time.monotonic()
        last = -1.0
        first: float | None = None
        source.streams.video[0].thread_count = 1
        for frame in source.decode(video=0):
            if stop.is_set():
                return
            now = time.monotonic() - started
            if self._paced:
                at = frame.time or 0.0
                first = at if first is None else first
                stop.wait(max(0.0, at - first - now))
                now = time.monotonic() - started
            if now - last < 0.75 * _INTERVAL_S:
                continue
            last = now
            yield frame.reformat(width=WIDTH, height=HEIGHT, format="yuv420p")

    def _nothing(self, stop: threading.Event) -> Iterator[VideoFrame]:
        dark = scene()
        until = time.monotonic() + _RETRY_S
        while not stop.is_set() and time.monotonic() < until:
            caption = f"{datetime.datetime.now().astimezone():%H:%M:%S}"
            yield VideoFrame.from_ndarray(dark.nothing(caption), format="yuv420p")
            stop.wait(0.2)
