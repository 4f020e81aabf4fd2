"""A whole installation with its demo, started by `./antiphon up` as a newcomer starts it, in a folder of its own."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any  # the station's status is JSON

import httpx

from antiphon.assembly.bench.ground import GroundNotReady, free_offset
from antiphon.settings import Settings
from antiphon_station.control import ask

CHECKOUT = Path(__file__).resolve().parents[4]
_LOGIN = re.compile(r"^\s+(?:Sign in)?\s+(\S+@\S+)\s+(\S+)\s+(administrator|operator)\s*$", re.MULTILINE)
_COMMAND_MAX_S = 600.0
_PATIENCE_S = 20.0
Json = dict[str, Any]


@dataclass(slots=True)
class Platform:
    """Its command line, logins and demo station; `checkout` is where `./antiphon` is taken from."""

    data: Path
    offset: int
    checkout: Path = CHECKOUT
    logins: dict[str, str] = field(default_factory=dict)

    def command(self, *words: str) -> str:
        """What `./antiphon` with these words printed; raises `GroundNotReady`."""
        done = subprocess.run(
            [str(self.checkout / "antiphon"), words[0], "--data", str(self.data), *words[1:]],
            capture_output=True,
            text=True,
            timeout=_COMMAND_MAX_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            raise GroundNotReady(f"./antiphon {words[0]} failed:\n{done.stdout[-800:]}{done.stderr[-1500:]}")
        return done.stdout

    def up(self) -> float:
        """Seconds until `up` said that everything is ready."""
        began = time.monotonic()
        said = self.command("up", "--detach")
        took_s = time.monotonic() - began
        self.logins = {email: password for email, password, _ in _LOGIN.findall(said)} or self.logins
        return took_s

    def down(self) -> None:
        self.command("down")

    @property
    def settings(self) -> Settings:
        return Settings(data=self.data)

    @property
    def portal(self) -> str:
        return f"https://127.0.0.1:{self.settings.ports.https}"

    def token(self, email: str) -> tuple[str, str]:
        """Sign in: the company and an access token."""
        trusted = ssl.create_default_context(cafile=str(self.data / "pki" / "root.crt"))
        with httpx.Client(base_url=self.portal, verify=trusted, timeout=10) as client:
            answer = client.post("/api/v1/session", json={"email": email, "password": self.logins[email]})
            answer.raise_for_status()
            body = answer.json()
            return str(body["company"]["id"]), str(body["access_token"])

    # -- the visitor at the demo station -----------------------------------------------------------------------------

    def press(self) -> float:
        """Press the button; the moment before, in milliseconds of Unix time."""
        at = time.time() * 1000
        self._ask(do="press", button="main")
        return at

    def hang_up(self) -> None:
        self._ask(do="hang_up")

    def status(self) -> Json:
        return self._ask(do="status")

    def until(self, what: str, holds: Any) -> Json:
        """The station's status once it is so; looked at every 20 ms."""
        wait = Event()
        for _ in range(int(_PATIENCE_S / 0.02)):
            status = self.status()
            if holds(status):
                return status
            wait.wait(0.02)
        raise GroundNotReady(f"The demo station: waited in vain until {what}.")

    def _ask(self, **request: object) -> Json:
        answer = ask(self.data / "stations" / "demo", dict(request))
        if not answer.get("ok"):
            raise GroundNotReady(f"The demo station refuses {request['do']}: {answer}")
        return answer


@contextmanager
def prepared(checkout: Path = CHECKOUT) -> Iterator[Platform]:
    """Settings in a fresh data folder, nothing started yet; stopped and removed at the end."""
    platform = Platform(Path(tempfile.mkdtemp(prefix="antiphon-bench-", dir="/var/tmp")), free_offset(), checkout)
    platform.data.chmod(0o755)
    settings = f'advertised_address = "127.0.0.1"\n\n[ports]\noffset = {platform.offset}\n'
    (platform.data / "settings.toml").write_text(settings)
    try:
        yield platform
    finally:
        try:
            platform.down()
        finally:
            shutil.rmtree(platform.data, ignore_errors=True)
