"""Prompts and tones: complete in every language, rendered once, audible."""

from __future__ import annotations

import shutil
import typing
import wave
from pathlib import Path

import numpy as np
import pytest

from antiphon.calls.ports import Prompt
from antiphon.gateways.media.prompts import SENTENCES, TONES, NoSpeech, ensure_prompts, prompt_file, seconds

PROMPTS = typing.get_args(Prompt)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rendered = tmp_path_factory.mktemp("prompts")
    ensure_prompts(rendered)
    return rendered


@pytest.mark.parametrize("language", ["en", "de", "de-AT", "fr"])
@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_prompt_can_be_heard_in_every_language(folder: Path, prompt: Prompt, language: str) -> None:
    file = prompt_file(folder, prompt, language)
    assert 0.5 < seconds(file) < 10
    with wave.open(str(file), "rb") as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16) / 32_768
    assert float(np.sqrt(np.mean(samples**2))) > 0.01


def test_every_prompt_is_a_tone_or_spoken_in_all_languages() -> None:
    for prompt in PROMPTS:
        assert prompt in TONES or all(prompt in sentences for sentences in SENTENCES.values())


def test_a_language_that_is_missing_falls_back_to_english(folder: Path) -> None:
    assert prompt_file(folder, "no_answer", "fr") == prompt_file(folder, "no_answer", "en")
    assert prompt_file(folder, "no_answer", "de-CH") != prompt_file(folder, "no_answer", "en")


def test_what_is_there_is_not_rendered_again(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "prompts"
    shutil.copytree(folder, copy)
    own = prompt_file(copy, "no_answer", "en")
    own.write_bytes(b"the operator's own recording")
    prompt_file(copy, "declined", "en").unlink()
    ensure_prompts(copy)
    assert own.read_bytes() == b"the operator's own recording"
    assert seconds(prompt_file(copy, "declined", "en")) > 0.5
    assert not list(copy.glob("*.part"))


def test_without_a_voice_the_reason_is_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoSpeech, match="espeak-ng"):
        ensure_prompts(tmp_path / "prompts")
