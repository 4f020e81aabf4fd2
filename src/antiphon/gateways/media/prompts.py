"""The spoken prompts and tones that callers hear, rendered once with espeak-ng into `data/prompts/`."""

from __future__ import annotations

import math
import os
import struct
import subprocess
import wave
from pathlib import Path

from antiphon import log
from antiphon.calls.ports import Prompt
from antiphon.errors import Unavailable

_log = log.get("media")
_RATE_HZ = 22_050
_FALLBACK = "en"
_VOICE_SPEED_WPM = "150"
_RENDER_MAX_S = 20
# The station may still be taking up its early session when a prompt begins: the first word must not be lost.
_PAUSE = bytes(2 * int(_RATE_HZ * 0.35))

# What visitors hear, in their words: what happened, and what to do next.
SENTENCES: dict[str, dict[str, str]] = {
    "en": {
        "no_answer": "Nobody answered. Please try again later.",
        "declined": "Nobody can take your call right now. Please try again later.",
        "nobody_available": "Nobody is available right now. Please try again later.",
        "limit_reached": "The longest call time is over. Please press the button again.",
        "platform_error": "Something went wrong on our side. Please press the button again.",
    },
    "de": {
        "no_answer": "Es hat niemand geantwortet. Bitte versuchen Sie es später noch einmal.",
        "declined": "Gerade kann niemand Ihren Ruf annehmen. Bitte versuchen Sie es später noch einmal.",
        "nobody_available": "Im Moment ist niemand erreichbar. Bitte versuchen Sie es später noch einmal.",
        "limit_reached": "Die längste Gesprächsdauer ist erreicht. Bitte drücken Sie die Taste noch einmal.",
        "platform_error": "Bei uns ist etwas schiefgegangen. Bitte drücken Sie die Taste noch einmal.",
    },
}
# Tones are the same in every language: (frequency in Hz, or 0 for silence; seconds).
TONES: dict[str, tuple[tuple[float, float], ...]] = {
    "limit_warning": ((880.0, 0.18), (0.0, 0.12), (880.0, 0.18), (0.0, 0.12), (660.0, 0.3)),
    "hold": ((523.25, 0.4), (659.25, 0.4), (783.99, 0.6), (0.0, 2.6)),
}


class NoSpeech(Unavailable):
    """espeak-ng is missing or failed."""

    code = "no_speech"
    title = "The spoken messages could not be made: the package espeak-ng is missing or broken."


def prompt_file(folder: Path, prompt: Prompt, language: str) -> Path:
    """The file of `prompt` in `language` (`de`, `de-AT`, ...), or in English where there is none."""
    if prompt in TONES:
        return folder / f"{prompt}.wav"
    spoken = language.split("-", 1)[0].lower()
    return folder / f"{prompt}.{spoken if spoken in SENTENCES else _FALLBACK}.wav"


def seconds(file: Path) -> float:
    """The length of a WAV file."""
    with wave.open(str(file), "rb") as sound:
        return sound.getnframes() / sound.getframerate()


def ensure_prompts(folder: Path) -> None:
    """Render what is missing in `folder`; blocking, about a second. Raises NoSpeech without espeak-ng."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, notes in TONES.items():
        file = folder / f"{name}.wav"
        if not file.exists():
            _in_place(file, _tone(notes))
    for language, sentences in SENTENCES.items():
        for name, sentence in sentences.items():
            file = folder / f"{name}.{language}.wav"
            if not file.exists():
                _in_place(file, _speech(language, sentence))


def _in_place(file: Path, sound: bytes) -> None:
    """Whole or not at all: another process may read the folder now."""
    draft = file.with_suffix(f".{os.getpid()}.part")
    draft.write_bytes(sound)
    draft.replace(file)
    _log.info("prompt rendered", file=file.name)


def _speech(language: str, sentence: str) -> bytes:
    command = ["espeak-ng", "-v", language, "-s", _VOICE_SPEED_WPM, "--stdout", "--", sentence]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=_RENDER_MAX_S)  # noqa: S603 # fixed words
    except (OSError, subprocess.SubprocessError) as error:
        raise NoSpeech(error=type(error).__name__) from error
    return _with_true_length(done.stdout)


def _with_true_length(sound: bytes) -> bytes:
    """A stream's WAV header claims an endless length; readers want the true one. A pause before and after."""
    start = sound.find(b"data")
    if not sound.startswith(b"RIFF") or start < 0:
        raise NoSpeech(size=len(sound))
    samples = _PAUSE + sound[start + 8 :] + _PAUSE
    riff = struct.pack("<4sI", b"RIFF", start + len(samples))
    return riff + sound[8:start] + struct.pack("<4sI", b"data", len(samples)) + samples


def _tone(notes: tuple[tuple[float, float], ...]) -> bytes:
    samples = bytearray()
    for frequency, length_s in notes:
        count = int(_RATE_HZ * length_s)
        for at in range(count):
            # Soft edges: no clicks.
            edge = min(1.0, at / 220, (count - at) / 220)
            level = 0.35 * edge * math.sin(2 * math.pi * frequency * at / _RATE_HZ) if frequency else 0.0
            samples += struct.pack("<h", int(32_767 * level))
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16, 1, 1, _RATE_HZ, 2 * _RATE_HZ, 2, 16
    )
    return head + struct.pack("<4sI", b"data", len(samples)) + bytes(samples)
