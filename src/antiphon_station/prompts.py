"""What the visitor is told: one spoken announcement for every cause, German and English, made by espeak-ng at first start.

Without espeak-ng, or when it fails, three short tones stand for every announcement: there is never silence.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import subprocess
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from antiphon.wire.station import VisitorCause
from antiphon_station.errors import DeviceFailed
from antiphon_station.media.devices import read_sound
from antiphon_station.media.tones import RATE_HZ, Samples, tone

_log = logging.getLogger("station.prompts")
Language = Literal["de", "en"]
_RENDER_MAX_S = 20
_WORDS_PER_MINUTE = 150
_FALLBACK_S = 1.4
_LEAD_S = 0.15

TEXTS: dict[Language, dict[VisitorCause, str]] = {
    "en": {
        "no_answer": "Nobody answers at the moment. Please try again later.",
        "declined": "Your call was declined.",
        "nobody_available": "Nobody is available at the moment. Please try again later.",
        "unknown_button": "This button is not assigned yet. Please use another one.",
        "unclaimed": "This station is not in service yet.",
        "revoked": "This station is out of service.",
        "busy": "The line is busy. Please try again in a moment.",
        "no_codec": "The call cannot be put through. Please inform the building management.",
        "platform_unreachable": "There is no connection at the moment. Please try again in a minute.",
        "platform_error": "The call failed because of a fault. Please try again.",
        "time_limit": "The maximum duration of the call has been reached. Please ring again if you need more time.",
        "hung_up": "The call has ended.",
        "cancelled": "The call was cancelled.",
    },
    "de": {
        "no_answer": "Zurzeit meldet sich niemand. Bitte versuchen Sie es später noch einmal.",
        "declined": "Ihr Ruf wurde abgelehnt.",
        "nobody_available": "Zurzeit ist niemand erreichbar. Bitte versuchen Sie es später noch einmal.",
        "unknown_button": "Diese Taste ist noch nicht zugeordnet. Bitte verwenden Sie eine andere.",
        "unclaimed": "Diese Sprechstelle ist noch nicht in Betrieb.",
        "revoked": "Diese Sprechstelle ist außer Betrieb.",
        "busy": "Es wird gerade gesprochen. Bitte versuchen Sie es gleich noch einmal.",
        "no_codec": "Der Ruf kann nicht verbunden werden. Bitte verständigen Sie die Hausverwaltung.",
        "platform_unreachable": "Zurzeit besteht keine Verbindung. Bitte versuchen Sie es in einer Minute noch einmal.",
        "platform_error": "Der Ruf ist wegen einer Störung fehlgeschlagen. Bitte versuchen Sie es noch einmal.",
        "time_limit": "Die höchste Gesprächsdauer ist erreicht. Bitte läuten Sie noch einmal, wenn Sie mehr Zeit brauchen.",
        "hung_up": "Das Gespräch ist beendet.",
        "cancelled": "Der Ruf wurde abgebrochen.",
    },
}
_VOICES: dict[Language, str] = {"en": "en", "de": "de"}


class Prompts:
    """The announcements of one station, kept as WAV files in `folder`. `program` is the speech program's path or None."""

    def __init__(self, folder: Path, program: str | None = None) -> None:
        self._folder = folder
        self._program = program
        self._loaded: dict[tuple[Language, VisitorCause], Samples] = {}

    def prepare(self) -> bool:
        """Make what is missing; takes a second or two. False when announcements are tones."""
        if self._program is None:
            _log.warning("Announcements are tones: espeak-ng is not installed")
            return False
        made = [self._make(language, cause) for language in get_args(Language) for cause in get_args(VisitorCause)]
        return all(made)

    def sound(self, cause: VisitorCause, language: Language) -> Samples:
        """The announcement; three tones when it could not be made."""
        key = (language, cause)
        if key not in self._loaded:
            if not self._make(language, cause):
                return fallback()
            try:
                speech = read_sound(self._path(language, cause))
            except DeviceFailed:
                _log.error("An announcement cannot be read", extra={"cause": cause, "language": language})
                self._path(language, cause).unlink(missing_ok=True)  # made anew next time
                return fallback()
            self._loaded[key] = np.pad(speech, (round(_LEAD_S * RATE_HZ), 0))
        return self._loaded[key]

    def _path(self, language: Language, cause: VisitorCause) -> Path:
        """Named after the text, so that a new text is a new file."""
        digest = hashlib.sha256(TEXTS[language][cause].encode()).hexdigest()[:8]
        return self._folder / language / f"{cause}-{digest}.wav"

    def _make(self, language: Language, cause: VisitorCause) -> bool:
        path = self._path(language, cause)
        if path.exists():
            return True
        if self._program is None:
            return False
        temporary = path.with_suffix(".new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            command = [self._program, "-v", _VOICES[language], "-s", str(_WORDS_PER_MINUTE), "-w", str(temporary)]
            subprocess.run(  # noqa: S603  # our own words, a program found at start
                [*command, TEXTS[language][cause]], check=True, timeout=_RENDER_MAX_S, capture_output=True
            )
            temporary.replace(path)
        except (OSError, subprocess.SubprocessError) as error:
            _log.error("An announcement could not be made", extra={"cause": cause, "reason": type(error).__name__})
            return False
        return True


def find_program() -> str | None:
    """Where espeak-ng is, None without it."""
    return shutil.which("espeak-ng")


def fallback() -> Samples:
    """Three short tones."""
    return tone("attention", 0, round(_FALLBACK_S * RATE_HZ))
