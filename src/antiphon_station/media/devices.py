"""Microphones, loudspeakers and screens: simulated, files, ALSA. All sound is 48 kHz mono; simulated devices have no echo."""

from __future__ import annotations

import logging
import queue
import threading
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer, OutputContainer

from antiphon_station.errors import DeviceFailed
from antiphon_station.media.codecs import PictureDecoder, samples_of
from antiphon_station.media.h264 import AccessUnit
from antiphon_station.media.tones import RATE_HZ, Samples, tone

_log = logging.getLogger("station.devices")
_FILE_MAX_S = 600
_HELD_BEATS = 10  # at most this much waits between a device and us: late sound is worse than a gap
_RETRY_S = 2.0


class Microphone(Protocol):
    def read(self, count: int) -> Samples:
        """The next `count` samples; silence when the device gives none. Never blocks."""

    def close(self) -> None: ...


class Speaker(Protocol):
    def write(self, samples: Samples) -> None:
        """Play; never blocks."""

    def close(self) -> None: ...


def open_microphone(spec: str) -> Microphone:
    """`test`, `file:PATH` or `alsa:DEVICE`; raises DeviceFailed."""
    kind, _, where = spec.partition(":")
    match kind:
        case "test":
            return TestMicrophone()
        case "file":
            return FileMicrophone(Path(where))
        case "alsa":
            return AlsaMicrophone(where or "default")
        case _:
            raise DeviceFailed(f"The microphone {spec!r} is not known: use test, file:PATH or alsa:DEVICE.")


def open_speaker(spec: str) -> Speaker:
    """`null`, `file:PATH` (a WAV of everything that is heard) or `alsa:DEVICE`; raises DeviceFailed."""
    kind, _, where = spec.partition(":")
    match kind:
        case "null":
            return NullSpeaker()
        case "file":
            return FileSpeaker(Path(where))
        case "alsa":
            return AlsaSpeaker(where or "default")
        case _:
            raise DeviceFailed(f"The speaker {spec!r} is not known: use null, file:PATH or alsa:DEVICE.")


class TestMicrophone:
    """A 440 Hz beep, nine tenths of every second."""

    def __init__(self) -> None:
        self._at = 0

    def read(self, count: int) -> Samples:
        samples = tone("test", self._at, count)
        self._at += count
        return samples

    def close(self) -> None:
        """Nothing to give back."""


class FileMicrophone:
    """The sound of a file, again and again."""

    def __init__(self, path: Path) -> None:
        self._samples = read_sound(path)
        self._at = 0

    def read(self, count: int) -> Samples:
        picked = self._samples[(self._at + np.arange(count)) % len(self._samples)]
        self._at = (self._at + count) % len(self._samples)
        return picked

    def close(self) -> None:
        """Nothing to give back."""


class AlsaMicrophone:
    """An ALSA capture device, read on a thread of its own; opened again after a failure."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._samples: Samples = np.zeros(0, dtype=np.int16)
        self._thread = threading.Thread(target=self._run, name="microphone", daemon=True)
        self._thread.start()

    def read(self, count: int) -> Samples:
        with self._lock:
            picked, self._samples = self._samples[:count], self._samples[count:]
        return np.pad(picked, (0, count - len(picked)))

    def close(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                container = av.open(self._device, format="alsa", options={"sample_rate": str(RATE_HZ), "channels": "1"})
                with container:
                    self._capture(container)
            except (av.FFmpegError, OSError, ValueError) as error:
                _log.error("The microphone cannot be used", extra={"reason": type(error).__name__})
                self._stop.wait(_RETRY_S)

    def _capture(self, container: InputContainer) -> None:
        resampler = AudioResampler("s16", "mono", RATE_HZ)
        for frame in container.decode(audio=0):
            if self._stop.is_set():
                return
            for part in resampler.resample(frame):
                with self._lock:
                    self._samples = np.concatenate((self._samples, samples_of(part)))[-RATE_HZ // 5 :]


class NullSpeaker:
    """Nobody listens."""

    def write(self, samples: Samples) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to give back."""


class FileSpeaker:
    """Records what is heard, while something is."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = wave.open(str(path), "wb")  # noqa: SIM115  # closed by `close`
        except OSError as error:
            raise DeviceFailed(f"The sound file {path} cannot be written.") from error
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE_HZ)
        self._failed = False

    def write(self, samples: Samples) -> None:
        try:
            self._file.writeframes(samples.astype("<i2").tobytes())  # keeps the header right at every moment
        except OSError as error:
            if not self._failed:
                _log.error("The sound file cannot be written", extra={"reason": error.strerror})
            self._failed = True

    def close(self) -> None:
        self._file.close()


class AlsaSpeaker:
    """An ALSA playback device, written on a thread of its own; opened again after a failure."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._waiting: queue.Queue[Samples | None] = queue.Queue(maxsize=_HELD_BEATS)
        self._thread = threading.Thread(target=self._run, name="speaker", daemon=True)
        self._thread.start()

    def write(self, samples: Samples) -> None:
        try:
            self._waiting.put_nowait(samples)
        except queue.Full:
            _log.debug("The speaker is behind")

    def close(self) -> None:
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            _log.debug("The speaker is behind")

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            try:
                with av.open(self._device, "w", format="alsa") as container:
                    if self._play(container, first):
                        return
            except (av.FFmpegError, OSError, ValueError) as error:
                _log.error("The speaker cannot be used", extra={"reason": type(error).__name__})
                threading.Event().wait(_RETRY_S)

    def _play(self, container: OutputContainer, first: Samples) -> bool:
        stream = container.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        samples: Samples | None = first
        at = 0
        while samples is not None:
            frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE_HZ, at
            at += len(samples)
            container.mux(stream.encode(frame))
            samples = self._waiting.get()
        return True


def read_sound(path: Path) -> Samples:
    """A sound file as 48 kHz mono, at most ten minutes of it; raises DeviceFailed."""
    resampler = AudioResampler("s16", "mono", RATE_HZ)
    parts: list[Samples] = []
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(audio=0):
                parts += [samples_of(part) for part in resampler.resample(frame)]
                if sum(map(len, parts)) > _FILE_MAX_S * RATE_HZ:
                    break
        parts += [samples_of(part) for part in resampler.resample(None)]
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise DeviceFailed(f"The sound file {path} cannot be read.") from error
    samples = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int16)
    if not len(samples):
        raise DeviceFailed(f"The sound file {path} holds no sound.")
    return np.asarray(samples, dtype=np.int16)


class Screen:
    """Shows the far end's picture. Simulated: decodes every frame on a thread of its own and counts."""

    def __init__(self, broken: Callable[[], None], first_picture: Callable[[int, int], None]) -> None:
        self.frames = 0
        self.key_frames = 0
        self.width = 0
        self.height = 0
        self._broken = broken
        self._first_picture = first_picture
        self._waiting: queue.Queue[AccessUnit | None] = queue.Queue(maxsize=90)
        self._thread = threading.Thread(target=self._run, name="screen", daemon=True)
        self._thread.start()

    def show(self, unit: AccessUnit) -> None:
        """Decode and show; too much at once is dropped and a key frame asked for."""
        try:
            self._waiting.put_nowait(unit)
        except queue.Full:
            self._broken()

    def close(self) -> None:
        while True:
            try:
                self._waiting.put_nowait(None)
            except queue.Full:
                self._waiting.get()
            else:
                return

    def _run(self) -> None:
        decoder = PictureDecoder()
        while (unit := self._waiting.get()) is not None:
            pictures = decoder.decode(unit.data)
            if pictures is None:
                self._broken()
                continue
            self.key_frames += unit.key
            for picture in pictures:
                self.frames += 1
                if (picture.width, picture.height) != (self.width, self.height):
                    self.width, self.height = picture.width, picture.height
                    self._first_picture(self.width, self.height)
