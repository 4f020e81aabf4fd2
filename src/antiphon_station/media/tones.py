"""Tones that the station makes itself: European ringback, connecting pips, the alert of a call, the test microphone. Pure."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
RATE_HZ = 48_000
FRAME_SAMPLES = 960  # 20 ms
SILENCE: Samples = np.zeros(FRAME_SAMPLES, dtype=np.int16)

# (frequency, on, off) repeated; ETSI EN 300 001: 425 Hz, one second in five (Austria, Germany, most of Europe).
_CADENCES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "connecting": ((425.0, 0.08, 0.42),),
    "ringback": ((425.0, 1.0, 4.0),),
    "being_called": ((660.0, 0.4, 0.1), (880.0, 0.4, 2.0)),
    "test": ((440.0, 0.9, 0.1),),
    "attention": ((425.0, 0.2, 0.2), (425.0, 0.2, 0.2), (425.0, 0.2, 0.6)),
}
_PEAK = 8000
_RAMP_S = 0.005  # no clicks


Tone = Literal["connecting", "ringback", "being_called", "test", "attention"]


def tone(name: Tone, start: int, count: int) -> Samples:
    """`count` samples at 48 kHz of the repeating tone, from sample `start` of it on."""
    cadence = _CADENCES[name]
    period_s = sum(on + off for _, on, off in cadence)
    seconds = (np.arange(start, start + count, dtype=np.float64) / RATE_HZ) % period_s
    sound = np.zeros(count)
    at = 0.0
    for frequency, on, off in cadence:
        inside = seconds - at
        envelope = np.clip(np.minimum(inside, on - inside) / _RAMP_S, 0.0, 1.0)
        sound += envelope * np.sin(2 * np.pi * frequency * inside)
        at += on + off
    return np.asarray(np.rint(sound * _PEAK), dtype=np.int16)


def mix(*parts: Samples) -> Samples:
    """The sum, limited."""
    total = np.sum([part.astype(np.int32) for part in parts], axis=0)
    return np.asarray(np.clip(total, -32768, 32767), dtype=np.int16)


def level_db(samples: Samples) -> float:
    """RMS level in dB below full scale; -120 for silence."""
    if not len(samples):
        return -120.0
    rms = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    return max(-120.0, 20 * float(np.log10(rms / 32768))) if rms > 0 else -120.0


def peak_hz(samples: Samples) -> float | None:
    """The strongest frequency, None when there is next to no sound."""
    if len(samples) < 256 or level_db(samples) < -70:
        return None
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    spectrum[0] = 0
    return float(np.argmax(spectrum) * RATE_HZ / len(samples))
