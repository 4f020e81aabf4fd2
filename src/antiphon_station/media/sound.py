"""The station's sound: one thread with a 20 ms beat that mixes far end, tone and announcement into the loudspeaker and
hands the microphone to the call. It runs only while there is something to hear or to say."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

import numpy as np

from antiphon_station.media.devices import Microphone, Speaker
from antiphon_station.media.tones import FRAME_SAMPLES, RATE_HZ, SILENCE, Samples, Tone, level_db, mix, peak_hz, tone

_log = logging.getLogger("station.sound")
BEAT_S = FRAME_SAMPLES / RATE_HZ
_CATCH_UP_S = 0.2  # after a stall longer than this the beat starts anew instead of running faster
_MEASURED_BEATS = 25  # half a second
_AUDIBLE = 100  # of 32768: louder than what a codec makes of silence


class SoundCall(Protocol):
    """The call's part: where received sound comes from and the microphone's goes to. Called on the sound thread."""

    def received(self) -> Samples | None:
        """20 ms from the far end; None while nothing came."""

    def captured(self, samples: Samples) -> None:
        """20 ms for the far end."""


class SoundSystem:
    """Owns microphone and loudspeaker. Orders may come from any thread; `prompt_ended` is called on the sound thread."""

    def __init__(self, microphone: Microphone, speaker: Speaker) -> None:
        self._microphone = microphone
        self._speaker = speaker
        self._lock = threading.Condition()
        self._call: SoundCall | None = None
        self._tone: Tone | None = None
        self._tone_at = 0
        self._prompt: Samples | None = None
        self._prompt_at = 0
        self._prompt_ended: Callable[[], None] | None = None
        self._stopping = False
        self._heard: deque[Samples] = deque(maxlen=_MEASURED_BEATS)
        self._heard_frames = 0
        self._first_heard_at: float | None = None
        self._thread = threading.Thread(target=self._run, name="sound", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._lock:
            self._stopping = True
            self._lock.notify()
        if self._thread.is_alive():
            self._thread.join(2.0)
        self._microphone.close()
        self._speaker.close()

    def connect(self, call: SoundCall | None) -> None:
        """Carry this call's sound; None for no call."""
        with self._lock:
            if self._call is not call:
                self._heard.clear()
                if call is not None:
                    self._heard_frames, self._first_heard_at = 0, None
            self._call = call
            self._lock.notify()

    def play_tone(self, name: Tone | None) -> None:
        """Repeat this tone from its beginning; None ends it at once."""
        with self._lock:
            if name != self._tone:
                self._tone, self._tone_at = name, 0
            self._lock.notify()

    def say(self, samples: Samples, ended: Callable[[], None]) -> None:
        """Play the announcement once, then call `ended`; an announcement under way is replaced and not reported."""
        with self._lock:
            self._prompt, self._prompt_at, self._prompt_ended = samples, 0, ended
            self._lock.notify()

    def stop_saying(self) -> None:
        with self._lock:
            self._prompt, self._prompt_ended = None, None

    def heard(self) -> tuple[float, float | None, int]:
        """Level in dB, strongest frequency and frames played of the far end's sound in the last half second."""
        with self._lock:
            frames, count = list(self._heard), self._heard_frames
        samples = np.concatenate(frames) if frames else SILENCE
        return level_db(samples), peak_hz(samples), count

    @property
    def first_heard_at(self) -> float | None:
        """Unix time at which the newest call's far end was heard first; None while there was only silence."""
        return self._first_heard_at

    @property
    def tone(self) -> Tone | None:
        return self._tone

    @property
    def saying(self) -> bool:
        return self._prompt is not None

    def _run(self) -> None:
        due = time.monotonic()
        while True:
            with self._lock:
                while not self._stopping and self._call is None and self._tone is None and self._prompt is None:
                    self._lock.wait()
                    due = time.monotonic()
                if self._stopping:
                    return
                call = self._call
            try:
                self._beat(call)
            except Exception:  # noqa: BLE001  # one bad beat must not silence the station
                _log.exception("Sound failed for a moment")
            due += BEAT_S
            late = time.monotonic() - due
            if late > _CATCH_UP_S:
                due += late
            elif late < 0:
                with self._lock:
                    if not self._stopping:
                        self._pause(-late)

    def _pause(self, seconds: float) -> None:
        """Wait for the next beat; orders that arrive meanwhile take effect with it."""
        end = time.monotonic() + seconds
        while not self._stopping and (left := end - time.monotonic()) > 0:
            self._lock.wait(left)

    def _beat(self, call: SoundCall | None) -> None:
        parts: list[Samples] = []
        if call is not None:
            far = call.received()
            with self._lock:
                self._heard.append(SILENCE if far is None else far)
                self._heard_frames += far is not None
            if far is not None:
                if self._first_heard_at is None and np.abs(far).max(initial=0) > _AUDIBLE:
                    self._first_heard_at = time.time()
                parts.append(far)
            call.captured(self._microphone.read(FRAME_SAMPLES))
        ended: Callable[[], None] | None = None
        with self._lock:
            if self._tone is not None:
                parts.append(tone(self._tone, self._tone_at, FRAME_SAMPLES))
                self._tone_at += FRAME_SAMPLES
            if self._prompt is not None:
                part = self._prompt[self._prompt_at : self._prompt_at + FRAME_SAMPLES]
                self._prompt_at += FRAME_SAMPLES
                parts.append(np.pad(part, (0, FRAME_SAMPLES - len(part))))
                if self._prompt_at >= len(self._prompt):
                    ended, self._prompt, self._prompt_ended = self._prompt_ended, None, None
        self._speaker.write(mix(*parts) if len(parts) > 1 else parts[0] if parts else SILENCE)
        if ended is not None:
            ended()
