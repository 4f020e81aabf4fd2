"""Encoders and decoders on PyAV: 48 kHz mono sound in and out whatever the codec, H.264 pictures in and out."""

from __future__ import annotations

import logging
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from antiphon_station.errors import DeviceFailed
from antiphon_station.media.h264 import split_annex_b
from antiphon_station.media.tones import RATE_HZ, Samples

_log = logging.getLogger("station.media")
VIDEO_CLOCK_HZ = 90_000
WIDTH, HEIGHT, PICTURES_PER_S = 640, 480, 15
VIDEO_BIT_RATE = 500_000
OPUS_BIT_RATE = 32_000
# Encoders by name, the preferred first; what they mean for the licence: docs/decisions/0004.
H264_ENCODERS = ("libx264", "libopenh264", "h264_v4l2m2m")
_SOUND = {  # name in small letters -> (encoder, decoder, sample rate)
    "opus": ("libopus", "libopus", 48_000),
    "g722": ("g722", "g722", 16_000),
    "pcma": ("pcm_alaw", "pcm_alaw", 8_000),
    "pcmu": ("pcm_mulaw", "pcm_mulaw", 8_000),
}
_EMPTY: Samples = np.zeros(0, dtype=np.int16)


class SoundEncoder:
    """20 ms of 48 kHz mono in, RTP payloads out."""

    def __init__(self, name: str) -> None:
        encoder, _, self._rate = _SOUND[name.lower()]
        context = cast(AudioCodecContext, av.CodecContext.create(encoder, "w"))
        context.sample_rate = self._rate
        context.layout = "mono"
        context.format = "s16"
        context.time_base = Fraction(1, self._rate)
        if name.lower() == "opus":
            context.bit_rate = OPUS_BIT_RATE
            context.options = {"application": "voip", "frame_duration": "20", "compression_level": "3"}
        self._context = context
        self._frame = self._rate // 50
        self._resampler = None if self._rate == RATE_HZ else AudioResampler("s16", "mono", self._rate)
        self._rest = _EMPTY
        self._pts = 0

    def encode(self, samples: Samples) -> list[bytes]:
        self._rest = np.concatenate((self._rest, _resample(self._resampler, samples, RATE_HZ)))
        payloads = []
        while len(self._rest) >= self._frame:
            frame = _frame(self._rest[: self._frame], self._rate)
            frame.pts = self._pts
            self._pts += self._frame
            self._rest = self._rest[self._frame :]
            payloads += [bytes(packet) for packet in self._context.encode(frame)]
        return payloads


class SoundDecoder:
    """RTP payloads in, 48 kHz mono out; a payload that cannot be decoded is silence."""

    def __init__(self, name: str) -> None:
        _, decoder, rate = _SOUND[name.lower()]
        context = cast(AudioCodecContext, av.CodecContext.create(decoder, "r"))
        context.sample_rate = rate
        context.layout = "mono"
        context.format = "s16"
        self._context = context
        self._rate = rate
        self._resampler = None if rate == RATE_HZ else AudioResampler("s16", "mono", RATE_HZ)

    def decode(self, payload: bytes) -> Samples:
        try:
            frames = self._context.decode(av.Packet(payload)) if payload else []
        except av.FFmpegError:
            return np.zeros(RATE_HZ // 50, dtype=np.int16)
        parts = [_resample(self._resampler, samples_of(frame), self._rate) for frame in frames]
        return np.concatenate(parts) if parts else _EMPTY


def _frame(samples: Samples, rate: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    return frame


def samples_of(frame: AudioFrame) -> Samples:
    """The samples of a mono 16-bit frame."""
    return np.asarray(frame.to_ndarray().reshape(-1), dtype=np.int16)


def _resample(resampler: AudioResampler | None, samples: Samples, rate: int) -> Samples:
    if resampler is None:
        return samples
    parts = [samples_of(frame) for frame in resampler.resample(_frame(samples, rate))]
    return np.concatenate(parts) if parts else _EMPTY


class PictureEncoder:
    """YUV 4:2:0 pictures in, NAL units out: constrained baseline, parameter sets before every key frame."""

    def __init__(self, encoder: str | None = None) -> None:
        names = H264_ENCODERS if encoder in (None, "auto") else (encoder,)
        self.name, self._context = _open_h264(names)

    def encode(self, picture: VideoFrame, timestamp: int, *, key: bool) -> list[bytes]:
        """NAL units of one picture; `timestamp` counts 90 kHz."""
        if (picture.width, picture.height, picture.format.name) != (WIDTH, HEIGHT, "yuv420p"):
            picture = picture.reformat(width=WIDTH, height=HEIGHT, format="yuv420p")
        picture.pts = timestamp
        picture.time_base = Fraction(1, VIDEO_CLOCK_HZ)
        picture.pict_type = PictureType.I if key else PictureType.NONE
        return [unit for packet in self._context.encode(picture) for unit in split_annex_b(bytes(packet))]


def _open_h264(names: tuple[str | None, ...]) -> tuple[str, VideoCodecContext]:
    for name in names:
        try:
            context = cast(VideoCodecContext, av.CodecContext.create(str(name), "w"))
            context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            context.framerate = Fraction(PICTURES_PER_S, 1)
            context.time_base = Fraction(1, VIDEO_CLOCK_HZ)
            context.bit_rate = VIDEO_BIT_RATE
            context.gop_size = PICTURES_PER_S * 3600  # key frames come when they are asked for
            context.thread_count = 1
            if name == "libx264":
                context.options = {
                    "preset": "superfast",
                    "tune": "zerolatency",
                    "profile": "baseline",
                    "level": "3.1",
                    "forced-idr": "1",
                    "x264-params": f"vbv-maxrate={VIDEO_BIT_RATE // 1000}:vbv-bufsize={VIDEO_BIT_RATE // 2000}:scenecut=0",
                }
            elif name == "libopenh264":
                context.options = {"profile": "constrained_baseline", "allow_skip_frames": "0"}
            context.open()
        except (av.FFmpegError, ValueError) as error:
            _log.info("An H.264 encoder is not here", extra={"encoder": name, "reason": type(error).__name__})
            continue
        return str(name), context
    raise DeviceFailed("No H.264 encoder is installed.")


class PictureDecoder:
    """Annex B access units in, pictures out; None for one that cannot be decoded."""

    def __init__(self) -> None:
        self._context = VideoCodecContext.create("h264", "r")
        self._context.thread_count = 1

    def decode(self, data: bytes) -> list[VideoFrame] | None:
        try:
            return list(self._context.decode(av.Packet(data)))
        except av.FFmpegError:
            return None
