"""What the visitor hears: announcements for every cause in both languages, tones, the speaker's recording."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from antiphon.wire.station import VisitorCause
from antiphon_station.errors import DeviceFailed
from antiphon_station.media.devices import FileSpeaker, open_microphone, open_speaker
from antiphon_station.media.scene import HEIGHT, WIDTH, scene
from antiphon_station.media.tones import RATE_HZ, level_db, mix, peak_hz, tone
from antiphon_station.prompts import TEXTS, Language, Prompts, fallback, find_program


@pytest.mark.parametrize("language", get_args(Language))
def test_every_cause_has_words_of_its_own(language: Language) -> None:
    assert set(TEXTS[language]) == set(get_args(VisitorCause))
    assert len(set(TEXTS[language].values())) == len(TEXTS[language])


def test_every_announcement_is_spoken(tmp_path: Path) -> None:
    prompts = Prompts(tmp_path, find_program())
    assert prompts.prepare(), "espeak-ng is on the list of what tests need"
    for language in get_args(Language):
        for cause in get_args(VisitorCause):
            speech = prompts.sound(cause, language)
            assert len(speech) > 0.8 * RATE_HZ, (language, cause)
            assert level_db(speech) > -40, (language, cause)
    assert not np.array_equal(prompts.sound("busy", "de"), prompts.sound("busy", "en"))


def test_an_announcement_is_made_once(tmp_path: Path) -> None:
    Prompts(tmp_path, find_program()).sound("busy", "en")
    without_program = Prompts(tmp_path, None)
    assert len(without_program.sound("busy", "en")) > RATE_HZ // 2


@pytest.mark.parametrize("program", [None, "/bin/false", "/nonexistent"])
def test_without_speech_there_are_tones(tmp_path: Path, program: str | None) -> None:
    prompts = Prompts(tmp_path, program)
    assert not prompts.prepare()
    assert np.array_equal(prompts.sound("no_answer", "de"), fallback())
    assert level_db(fallback()) > -30


def test_a_damaged_announcement_is_made_anew(tmp_path: Path) -> None:
    Prompts(tmp_path, find_program()).sound("busy", "en")
    file = next(tmp_path.glob("en/busy-*.wav"))
    file.write_bytes(b"noise")
    assert np.array_equal(Prompts(tmp_path, find_program()).sound("busy", "en"), fallback())
    assert len(Prompts(tmp_path, find_program()).sound("busy", "en")) != len(fallback())


def test_ringback_is_425_hertz_one_second_in_five() -> None:
    sound = tone("ringback", 0, 5 * RATE_HZ)
    assert peak_hz(sound[:RATE_HZ]) == pytest.approx(425, abs=1)
    assert level_db(sound[RATE_HZ:]) == -120


def test_tones_continue_without_a_step_from_beat_to_beat() -> None:
    whole = tone("test", 0, 4800)
    parts = np.concatenate([tone("test", at, 960) for at in range(0, 4800, 960)])
    assert np.array_equal(whole, parts)


def test_a_mix_is_limited() -> None:
    loud = np.full(4, 30_000, dtype=np.int16)
    assert mix(loud, loud).tolist() == [32_767] * 4


def test_the_file_speaker_records_what_is_heard(tmp_path: Path) -> None:
    speaker = FileSpeaker(tmp_path / "heard.wav")
    speaker.write(tone("test", 0, 9600))
    with wave.open(str(tmp_path / "heard.wav")) as recording:  # readable while it is being written
        assert (recording.getnchannels(), recording.getframerate()) == (1, RATE_HZ)
    speaker.close()
    microphone = open_microphone(f"file:{tmp_path}/heard.wav")
    assert peak_hz(microphone.read(9600)) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("spec", ["magic", "file:/nonexistent/a.wav", ""])
def test_a_microphone_that_is_none_is_named(spec: str) -> None:
    with pytest.raises(DeviceFailed):
        open_microphone(spec)


def test_a_speaker_that_is_none_is_named() -> None:
    with pytest.raises(DeviceFailed):
        open_speaker("magic")


def test_the_test_picture_moves_and_shows_the_time() -> None:
    first, later = scene().picture(0.0, "12:00:00"), scene().picture(1.0, "12:00:01")
    assert first.shape == (HEIGHT * 3 // 2, WIDTH)
    changed = (first != later)[:HEIGHT]
    assert changed[:400].mean() > 0.01
    assert changed[HEIGHT - 26 :].any()
