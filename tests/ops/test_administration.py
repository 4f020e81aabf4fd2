"""From nothing to a second station: the commands of docs/start.md, run as they stand there."""

from __future__ import annotations

import json
import re
import shlex
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import httpx
import pytest

from antiphon import settings as settings_room
from antiphon.assembly.engines import supervision
from antiphon.settings import Settings
from ops import engines

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("installations")]
ROOT = Path(__file__).resolve().parents[2]


def documented() -> list[list[str]]:
    """The commands below the heading in docs/start.md, one list of words each."""
    section = (
        (ROOT / "docs" / "start.md").read_text().split("## A company and stations of your own")[1].split("\n## ")[0]
    )
    return [shlex.split(line, comments=True) for line in re.findall(r"(?m)^    (\./.+)$", section)]


@dataclass
class Newcomer:
    """Somebody who types what the page says, with what earlier commands printed in place of CODE and the like."""

    data: Path
    station: Path
    said: dict[str, str] = field(default_factory=dict)

    def words(self, command: list[str]) -> list[str]:
        known = {"/tmp/back-door": str(self.station), **self.said}
        return [known.get(word, word) for word in command]

    def type(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        program, *words = self.words(command)
        return subprocess.run(
            self.program(program, words), env=self.environment(), cwd=ROOT, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip

    def program(self, program: str, words: list[str]) -> list[str]:
        if program == "./antiphon-station":
            return [str(ROOT / "antiphon-station"), *words]
        assert program == "./antiphon"
        return [sys.executable, "-m", "antiphon", *words, "--data", str(self.data)]

    def environment(self) -> dict[str, str]:
        return {**settings_room.everything(), "PYTHONPATH": str(ROOT / "src")}

    @contextmanager
    def leaving_running(self, command: list[str]) -> Iterator[None]:
        program, *words = self.words(command)
        running = subprocess.Popen(self.program(program, words), env=self.environment(), cwd=ROOT)
        try:
            yield
        finally:
            running.terminate()
            assert running.wait(20) == 0


@contextmanager
def installation() -> Iterator[tuple[Settings, str]]:
    """One that was started with --no-demo, and what it printed."""
    with engines.data_folder() as data:
        words = [
            "up",
            "--detach",
            "--no-demo",
            "--port-offset",
            str(engines.free_offset(4200)),
            "--address",
            "127.0.0.1",
        ]
        started = subprocess.run(
            [sys.executable, "-m", "antiphon", *words, "--data", str(data)],
            env={**settings_room.everything(), "PYTHONPATH": str(ROOT / "src")},
            capture_output=True, text=True, timeout=110, check=False,
        )  # fmt: skip
        assert started.returncode == 0, started.stderr
        yield settings_room.load(data), started.stdout


def signed_in(settings: Settings, email: str, password: str) -> httpx.Response:
    trust = ssl.create_default_context(cafile=str(settings.pki / "root.crt"))
    with httpx.Client(base_url=f"https://127.0.0.1:{settings.ports.https}", verify=trust) as browser:
        return browser.post("/api/v1/session", json={"email": email, "password": password})


def test_the_documented_way_leads_from_nothing_to_a_ringing_second_station(tmp_path: Path) -> None:
    company, add, claim, run, press = documented()
    with installation() as (settings, welcome):
        newcomer = Newcomer(settings.data, tmp_path / "door")
        assert f"./antiphon company add NAME --owner E-MAIL --data {settings.data}" in welcome
        assert f"./antiphon down --data {settings.data}" in welcome

        refused = newcomer.type(add)
        assert refused.returncode == 1
        assert "./antiphon company add" in refused.stderr

        founded = newcomer.type(company)
        assert founded.returncode == 0, founded.stderr
        password = re.findall(r"Sign in   \S+   (\S+)   owner", founded.stdout)[0]
        assert signed_in(settings, company[company.index("--owner") + 1], password).status_code == 200
        assert newcomer.type(company).returncode == 1, "an address signs in to one company only"

        added = newcomer.type(add)
        assert added.returncode == 0, added.stderr
        printed = shlex.split(next(line for line in added.stdout.splitlines() if "claim --data" in line))
        assert [word for word in printed if word.startswith("-")] == [word for word in claim if word.startswith("-")]
        values = {name: printed[printed.index(name) + 1] for name in ("--platform", "--code", "--trust")}
        newcomer.said = {claim[claim.index(name) + 1]: value for name, value in values.items()}

        claimed = newcomer.type(claim)
        assert claimed.returncode == 0, claimed.stderr
        with newcomer.leaving_running(run):
            wait = Event()
            for _ in range(150):
                state = newcomer.type(["./antiphon-station", "status", "--data", "/tmp/back-door"])
                if state.returncode == 0 and json.loads(state.stdout)["registration"] == "registered":
                    break
                wait.wait(0.2)
            else:
                raise AssertionError(f"never registered: {state.stdout}{state.stderr}")
            assert newcomer.type(press).returncode == 0
        listed = newcomer.type(["./antiphon", "station", "list"]).stdout
        device_id = re.findall(r"(?m)^(\S+)   claimed ", listed)[0]
        assert "Claim code" in newcomer.type(["./antiphon", "station", "code", device_id]).stdout
        written = (settings.logs / "administration.log").read_text()
        assert "company added" in written
        assert device_id in written
        for secret in (password, values["--code"], "@"):
            assert secret not in written

        other = newcomer.type(["./antiphon", "up", "--detach", "--port-offset", "9999"])
        assert other.returncode == 1
        assert f"--port-offset {settings.ports.offset}" in other.stderr
        assert supervision.running(settings.data)
