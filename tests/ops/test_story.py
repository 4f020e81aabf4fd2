"""Lines of every part's own format become entries, and the story of one call is found by ids that other lines tie to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from antiphon.assembly import story

CALL, OTHER = "call_01m83801cesm7xn1rrz7w7wg7c", "call_01m837hw2m9gz027efyn8v4es0"
LOGS = {
    "kamailio.log": f""" 0(15487) WARNING: tls [tls_init.c:807]: tls_h_mod_init_f(): openssl bug
 8(15599) NOTICE: at=1795405383.051101 <script>: call let in device=station_1 source=127.0.0.1 sip_call_id=a5707c
 1(15592) NOTICE: at=1795405383.067823 <script>: call service says status=183 sip_call_id=a5707c call_id={CALL}
 1(15592) NOTICE: at=1795405390.1 <script>: hung up from=127.0.0.1:5061 sip_call_id=ffffff call_id={OTHER}
""",
    "rtpengine.log": f"""[1795405383.064000] NOTICE: [ID="{CALL}"]: [core] Creating new call
[1795405383.078000] ERR: [ID="{CALL}" port="10012"]: [rtcp] SRTCP output wanted
[1795405384.000000] NOTICE: [ID="{CALL}-prompt"]: [core] Creating new call
""",
    "calls.log": "\n".join(
        json.dumps(line)
        for line in (
            {
                "event": "call arrived",
                "call_id": CALL,
                "sip_call_id": "a5707c",
                "level": "info",
                "room": "calls",
                "role": "calls",
                "timestamp": "2026-11-23T03:43:03.054000Z",
            },
            {
                "event": "door command sent",
                "call_id": CALL,
                "command_id": "command_1",
                "level": "info",
                "timestamp": "2026-11-23T03:43:03.073000Z",
            },
            {
                "event": "call arrived",
                "call_id": OTHER,
                "sip_call_id": "ffffff",
                "level": "info",
                "timestamp": "2026-11-23T03:43:09.000000Z",
            },
        )
    ),
    "station.log": json.dumps(
        {
            "event": "A door command is carried out",
            "command_id": "command_1",
            "level": "info",
            "timestamp": "2026-11-23T03:43:03.081000+00:00",
        }
    ),
    "mosquitto.log": "2026-11-23T03:43:00: mosquitto version 2 starting\n",
    "coturn.log": "0: : IO method: epoll\n",
}


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    for name, text in LOGS.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_story_of_a_call_comes_from_every_part_in_order(logs: Path) -> None:
    told = story.of_call(story.everything(logs), CALL)
    assert [(entry.part, entry.event) for entry in told] == [
        ("kamailio", "call let in"),
        ("calls", "call arrived"),
        ("rtpengine", "[core] Creating new call"),
        ("kamailio", "call service says"),
        ("calls", "door command sent"),
        ("rtpengine", "[rtcp] SRTCP output wanted"),
        ("station", "A door command is carried out"),
        ("rtpengine", "[core] Creating new call"),
    ]
    assert told[0].at == datetime(2026, 11, 23, 3, 43, 3, 51101, tzinfo=UTC)
    assert told[0].fields["device_id"] == "station_1"
    assert told[5].level == "error"


def test_another_calls_lines_are_left_out(logs: Path) -> None:
    told = story.of_call(story.everything(logs), OTHER)
    assert [entry.event for entry in told] == ["call arrived", "hung up"]


def test_every_line_is_one_json_object(logs: Path) -> None:
    entries = story.everything(logs)
    assert len(entries) == sum(len(text.strip().splitlines()) for text in LOGS.values())
    for entry in entries:
        told = json.loads(entry.as_json())
        assert {"at", "part", "level", "event"} <= told.keys()


def test_rotated_files_come_first(logs: Path) -> None:
    (logs / "calls.log.1").write_text(
        json.dumps({"event": "older", "call_id": CALL, "timestamp": "2026-11-23T03:43:03.054000Z"})
    )
    told = [entry.event for entry in story.of_call(story.everything(logs, ["calls"]), CALL)]
    assert told[0] == "older"


@pytest.mark.parametrize("line", ["{", '{"event": 1}', "[1] x", "\x00\xff", "[]", "9(9) X: "])
def test_any_line_is_read(line: str) -> None:
    (entry,) = story.read("calls", [line])
    assert json.loads(entry.as_json())["part"] == "calls"


def test_a_call_id_that_a_caller_chose_ties_nothing_else(tmp_path: Path) -> None:
    """A station names its own SIP dialogs; it cannot pull another call's lines into the story of its own."""
    (tmp_path / "kamailio.log").write_text(
        f" 1(1) NOTICE: at=1.0 <script>: call let in device=station_1 sip_call_id=x={CALL} \n"
    )
    assert story.of_call(story.everything(tmp_path), CALL) == []
