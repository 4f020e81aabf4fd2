"""Whole installations by the command line: up, status, logs, two side by side, killed supervisors, down."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest

from antiphon import settings as settings_room
from antiphon.assembly.engines import marks, ports
from antiphon.settings import Ports
from ops import engines

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("installations")]
ROOT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    return {**settings_room.everything(), "PYTHONPATH": str(ROOT / "src")}


def antiphon(data: Path, *words: str, within_s: float = 110) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "antiphon", *words, "--data", str(data)],
        env=environment(),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )


def up(data: Path, offset: int) -> None:
    started = antiphon(data, "up", "--detach", "--no-demo", "--port-offset", str(offset), "--address", "127.0.0.1")
    assert started.returncode == 0, started.stderr


def free(offset: int) -> bool:
    return not ports.occupied(ports.listeners(Ports(offset=offset).model_dump()))


def states(data: Path) -> dict[str, str]:
    told = json.loads(antiphon(data, "status", "--json").stdout)
    return {part["name"]: part["state"] for part in told["parts"] if part["detail"] != "not part of this build"}


def gone(data: Path, within_s: float = 20) -> bool:
    wait = Event()
    for _ in range(int(within_s / 0.1)):
        if not marks.processes(data):
            return True
        wait.wait(0.1)
    return False


def test_two_installations_run_side_by_side_and_leave_nothing() -> None:
    offsets = (engines.free_offset(4000), engines.free_offset(4500))
    with engines.data_folder() as one, engines.data_folder() as other:
        for data, offset in zip((one, other), offsets, strict=True):
            up(data, offset)
        for data in (one, other):
            assert set(states(data).values()) == {"up"}
            groups = {os.getpgid(pid) for pid in marks.processes(data)}
            assert len(groups) == len(states(data)) + 1, "each part in a process group of its own, and the supervisor"
        assert antiphon(one, "down").returncode == 0
        assert marks.processes(one) == []
        assert free(offsets[0])
        assert set(states(other).values()) == {"up"}
        assert antiphon(other, "down").returncode == 0
        assert marks.processes(other) == []
        assert free(offsets[1])


def test_a_killed_supervisor_takes_everything_along_and_up_works_again() -> None:
    offset = engines.free_offset()
    with engines.data_folder() as data:
        up(data, offset)
        os.kill(int((data / "run" / "supervisord.pid").read_text()), signal.SIGKILL)
        assert gone(data), "parts outlived their supervisor"
        up(data, offset)
        assert set(states(data).values()) == {"up"}
        again = antiphon(data, "up", "--detach")
        assert again.returncode == 0
        assert "already running" in again.stderr
        assert antiphon(data, "logs", "kamailio").returncode == 0
        assert antiphon(data, "logs", "nonsense").returncode == 1
        assert antiphon(data, "ca", "show").stdout.count(":") > 31
        assert antiphon(data, "station", "press", "main").returncode == 1


def test_what_a_killed_guard_and_supervisor_left_does_not_stop_the_next_up() -> None:
    offset = engines.free_offset()
    with engines.data_folder() as data:
        up(data, offset)
        everything = marks.processes(data)
        engine = int((data / "run" / "kamailio.state").read_text().split()[3])
        children = [pid for pid in everything if pid != engine and os.getpgid(pid) == os.getpgid(engine)]
        assert len(children) > 3
        # first the edge's guard and the supervisor, at once: nobody is left who would kill Kamailio's children
        first = [os.getpgid(engine), int((data / "run" / "supervisord.pid").read_text())]
        for pid in (*first, *(pid for pid in everything if pid not in (*first, *children))):
            with suppress(ProcessLookupError):  # gone with its guard
                os.kill(pid, signal.SIGKILL)
        assert any(marks.marked(pid, data) for pid in children), "the children hold the port"
        up(data, offset)
        assert states(data)["kamailio"] == "up"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_in_the_foreground_ends_everything_when_interrupted(number: signal.Signals) -> None:
    offset = engines.free_offset()
    words = ["up", "--no-demo", "--port-offset", str(offset), "--address", "127.0.0.1"]
    with engines.data_folder() as data:
        with subprocess.Popen(
            [sys.executable, "-m", "antiphon", *words, "--data", str(data)],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as running:
            assert running.stdout is not None
            assert any("Antiphon is running." in line for line in running.stdout)
            running.send_signal(number)
            assert running.wait(timeout=60) == 0
        assert marks.processes(data) == []
        assert free(offset)


def test_an_occupied_port_is_said_clearly_and_nothing_is_changed() -> None:
    offset = engines.free_offset()
    with engines.data_folder() as data, socket.socket() as other:
        other.bind(("0.0.0.0", Ports(offset=offset).sips))
        other.listen()
        refused = antiphon(data, "up", "--detach", "--port-offset", str(offset))
        assert refused.returncode == 1
        assert f"TCP {Ports(offset=offset).sips} (stations, SIPS; `sips`)" in refused.stderr
        assert list(data.iterdir()) == []


def test_verbs_without_an_installation_say_how_to_start_one() -> None:
    with engines.data_folder() as data:
        for words in (("status",), ("logs",), ("ca", "show")):
            refused = antiphon(data, *words)
            assert refused.returncode == 1
            assert "./antiphon up" in refused.stderr
        assert antiphon(data, "down").returncode == 0
