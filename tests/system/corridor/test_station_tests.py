"""Test calls through every engine: the demo's station calls, sound is counted both ways, nobody rings; without media it says so."""

from __future__ import annotations

import os
import signal
from typing import Any

import httpx
import pytest

from corridor.platform_under_test import Platform
from corridor.stranger import until
from corridor.visitor import Visitor

pytestmark = pytest.mark.system
ANNA = "anna@salzach.example"


def placed(api: httpx.Client) -> dict[str, Any]:
    """A test call of the demo's station, when it is over."""
    station = next(one for one in api.get("/api/v1/stations").json()["items"] if one["name"] == "Haupteingang")
    path = f"/api/v1/stations/{station['id']}/test-calls"
    answer = api.post(path)
    assert answer.status_code == 201, answer.text

    def over() -> bool:
        return newest()["outcome"] is not None

    def newest() -> dict[str, Any]:
        found: dict[str, Any] = api.get(path, params={"limit": 1}).json()["items"][0]
        return found

    until("the test call is over", over, 30)
    return newest()


def failing(api: httpx.Client) -> list[str]:
    return [one["outcome"] for one in api.get("/api/v1/failing-test-calls").json()["items"]]


def test_a_test_call_passes_and_without_media_it_fails_in_words_until_the_next_good_one(
    platform: Platform, visitor: Visitor
) -> None:
    visitor.is_idle()
    with platform.api(ANNA) as api:
        calls_before = api.get("/api/v1/calls").json()["items"]
        test = placed(api)
        assert (test["outcome"], test["heard"], failing(api)) == ("passed", True, [])
        assert test["packets"] > 100
        held = platform.process("rtpengine")
        os.kill(held, signal.SIGSTOP)
        try:
            assert placed(api)["outcome"] == "no_media"
        finally:
            os.kill(held, signal.SIGCONT)
        assert failing(api) == ["no_media"]
        assert placed(api)["outcome"] == "passed"
        assert failing(api) == []
        assert api.get("/api/v1/calls").json()["items"] == calls_before
