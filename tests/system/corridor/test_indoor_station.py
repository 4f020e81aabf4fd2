"""An indoor station: the demo's door station is pressed, a second station rings, somebody answers there, and each hears the other."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from corridor.platform_under_test import CHECKOUT, Platform
from corridor.visitor import PATIENCE_S, Visitor

pytestmark = pytest.mark.system


def software(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "antiphon_station", *words],
        env={"PATH": os.defpath, "PYTHONPATH": str(CHECKOUT / "src")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def running(folder: Path) -> Iterator[Visitor]:
    process = software("run", "--data", str(folder))
    try:
        # Its announcements are made at the first start, before it is asked anything.
        for _ in range(int(PATIENCE_S * 10)):
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                if (folder / "control.sock").exists():
                    break
        inside = Visitor(folder)
        inside.waits_until("the station is registered", lambda status: status["registration"] == "registered", 30)
        inside.waits_until("the station is online", lambda status: status["messaging"] == "online")
        yield inside
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.fixture
def indoor(platform: Platform) -> Iterator[Visitor]:
    """A second station, claimed and running; the demo station's button rings it alone."""
    with tempfile.TemporaryDirectory(prefix="indoor-", dir="/tmp") as name, platform.api(platform.people[0]) as api:
        door = next(one for one in api.get("/api/v1/stations").json()["items"] if one["name"] == "Haupteingang")
        made = api.post("/api/v1/stations", json={"name": "Top 4", "place_id": door["place_id"]}).json()
        where = ("--platform", platform.portal, "--trust", str(platform.data / "pki" / "root.crt"))
        claiming = software("claim", "--data", name, "--code", made["claim_code"], *where)
        assert claiming.wait(30) == 0
        buttons = f"/api/v1/stations/{door['id']}/buttons"
        before = {"items": api.get(buttons).json()["items"]}
        bound = {"name": "main", "label": "Top 4", "user_ids": [], "station_ids": [made["id"]]}
        assert api.put(buttons, json={"items": [bound]}).status_code == 200
        try:
            with running(Path(name)) as inside:
                yield inside
        finally:
            assert api.put(buttons, json=before).status_code == 200
            api.post(f"/api/v1/stations/{made['id']}/revoke")


def test_an_indoor_station_rings_answers_and_both_hear_each_other(
    platform: Platform, visitor: Visitor, indoor: Visitor
) -> None:
    visitor.press()
    rung = indoor.waits_until("it rings inside", lambda status: status["call"]["state"] == "being_called")
    assert rung["playing"] == "being_called"
    visitor.waits_until("the visitor hears that it rings", lambda status: status["call"]["state"] == "ringing")
    indoor.answers()
    visitor.talks()
    indoor.talks()
    visitor.hears_somebody()
    indoor.hears_somebody()
    indoor.hang_up()
    visitor.is_idle()
    call = platform.newest_call(platform.people[0])
    assert (call["answered_by"], call["cause"]) == ("Top 4", "answered")

    indoor.is_idle()
    told = visitor.prompts
    visitor.press()
    indoor.waits_until("it rings inside", lambda status: status["call"]["state"] == "being_called")
    indoor.hang_up()
    visitor.is_told("declined", told)
