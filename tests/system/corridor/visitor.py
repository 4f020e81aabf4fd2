"""The visitor at a station: presses, hears, speaks; told through the station's control socket."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from antiphon_station.control import ask

PATIENCE_S = 15.0
Json = dict[str, Any]


def told_since(status: Json, since: str) -> list[str]:
    """The causes of the prompts after that moment; a station keeps only its newest ones."""
    return [str(prompt["cause"]) for prompt in status["prompts"] if prompt["at"] > since]


class Visitor:
    """Stands at the station whose data folder this is."""

    def __init__(self, station: Path) -> None:
        self._station = station

    def _do(self, **request: object) -> Json:
        answer = ask(self._station, dict(request))
        assert answer["ok"], answer
        return answer

    def press(self, button: str = "main") -> Json:
        return self._do(do="press", button=button)

    def answers(self) -> None:
        """Whoever is at a station that rings takes the call."""
        self._do(do="answer")

    def hang_up(self) -> None:
        self._do(do="hang_up")

    def keys(self, digit: str) -> None:
        self._do(do="dtmf", digit=digit)

    @property
    def status(self) -> Json:
        return self._do(do="status")

    def waits_until(self, what: str, holds: Callable[[Json], bool], within_s: float = PATIENCE_S) -> Json:
        """Wait until the station's status meets the condition; looked at on every event and every 100 ms."""
        deadline = time.monotonic() + within_s
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as events:
            events.connect(str(self._station / "control.sock"))
            events.sendall(json.dumps({"do": "watch"}).encode() + b"\n")
            events.settimeout(0.1)
            while True:
                status = self.status
                if holds(status):
                    return status
                assert time.monotonic() < deadline, f"waited in vain until {what}: {json.dumps(status)}"
                try:
                    events.recv(65_536)
                except TimeoutError:
                    continue

    def is_told(self, cause: str, since: str, within_s: float = PATIENCE_S) -> None:
        """A spoken prompt with this cause was played after `since`, a moment that `prompts` gave."""
        self.waits_until(
            f"the visitor is told {cause}",
            lambda status: cause in told_since(status, since),
            within_s,
        )

    def is_idle(self, within_s: float = PATIENCE_S) -> Json:
        return self.waits_until("the station is idle", lambda status: status["call"]["state"] == "idle", within_s)

    def talks(self, within_s: float = PATIENCE_S) -> Json:
        return self.waits_until("the visitor talks", lambda status: status["call"]["state"] == "talking", within_s)

    def hears_somebody(self, within_s: float = PATIENCE_S) -> Json:
        """Sound from the other end, decoded, louder than a whisper."""
        return self.waits_until("the visitor hears", lambda status: status["heard"]["level_db"] > -50, within_s)

    @property
    def prompts(self) -> str:
        """When the newest prompt was played, "" before the first."""
        return max((str(prompt["at"]) for prompt in self.status["prompts"]), default="")

    def pulses(self, output: str = "door") -> list[Json]:
        return list(self.status["outputs"][output]["pulses"])
