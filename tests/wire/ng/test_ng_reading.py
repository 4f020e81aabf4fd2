"""What is read of the engine's answers: packets of sound, and nothing of answers that are strange."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.wire import ng


def answer(*medias: Any) -> Any:
    return {"result": b"ok", "tags": {"leg": {"medias": list(medias)}}}


SOUND = {"type": b"audio", "streams": [{"stats": {"packets": 150}}, {"stats": {"packets": 4}}]}
PICTURE = {"type": b"video", "streams": [{"stats": {"packets": 900}}]}


def test_packets_of_sound_are_those_of_its_first_stream() -> None:
    assert ng.sound_packets(answer(PICTURE, SOUND), "leg") == 150


@pytest.mark.parametrize(
    "strange",
    [
        {},
        {"tags": []},
        {"tags": {"other": {}}},
        answer(),
        answer({"type": b"audio"}),
        answer({"type": b"audio", "streams": [7]}),
        answer({"type": b"audio", "streams": [{"stats": {"packets": b"many"}}]}),
    ],
)
def test_strange_answers_say_nothing(strange: Any) -> None:
    assert ng.sound_packets(strange, "leg") == 0
