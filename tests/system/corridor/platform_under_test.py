"""A whole installation, started by `./antiphon up` the way a newcomer starts it, and stopped by `./antiphon down`."""

from __future__ import annotations

import os
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import httpx

from antiphon import identity, tenancy
from antiphon.assembly.engines import health, supervision
from antiphon.clock import SystemClock
from antiphon.database import PLATFORM, open_database
from antiphon.settings import Settings

CHECKOUT = Path(__file__).parents[3]
_LOGIN = re.compile(r"^\s+(?:Sign in)?\s+(\S+@\S+)\s+(\S+)\s+(owner|operator)\s*$", re.MULTILINE)


@dataclass
class Platform:
    """`settings_toml` goes into the settings file before the first start.

    `rtp` are its media ports: two engines that share ports on loopback would take each other's sound.
    With `disk_mb` the data folder is a small disk of its own where this user may mount one; `own_disk` says whether it is.
    """

    offset: int
    settings_toml: str = ""
    rtp: tuple[int, int] = (33_000, 34_999)
    disk_mb: int = 0
    own_disk: bool = False
    data: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="antiphon-corridor-", dir="/var/tmp")))
    logins: dict[str, str] = field(default_factory=dict)
    welcome: str = ""

    def command(self, *words: str, within_s: float = 150) -> subprocess.CompletedProcess[str]:
        """`./antiphon` with these words, on this data folder."""
        return subprocess.run(
            [str(CHECKOUT / "antiphon"), words[0], "--data", str(self.data), *words[1:]],
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def up(self) -> None:
        if self.disk_mb:
            small = ("-t", "tmpfs", "-o", f"size={self.disk_mb}m", "tmpfs", str(self.data))
            mounted = subprocess.run(["mount", *small], capture_output=True, check=False)
            self.own_disk = mounted.returncode == 0
        self.data.chmod(0o755)
        ports = f"[ports]\noffset = {self.offset}\nrtp_min = {self.rtp[0]}\nrtp_max = {self.rtp[1]}\n"
        prepared = f'advertised_address = "127.0.0.1"\n{self.settings_toml}\n{ports}'
        (self.data / "settings.toml").write_text(prepared)
        started = self.command("up", "--detach")
        assert started.returncode == 0, started.stdout[-3000:] + started.stderr[-3000:]
        self.welcome = started.stdout
        self.logins = {email: password for email, password, _role in _LOGIN.findall(started.stdout)}
        assert len(self.logins) == 3, started.stdout

    def down(self) -> None:
        stopped = self.command("down")
        assert stopped.returncode == 0, stopped.stderr
        left = self.processes()
        shutil.copytree(self.data / "log", CHECKOUT / ".build" / "corridor-logs" / str(self.offset), dirs_exist_ok=True)
        if self.own_disk:
            subprocess.run(["umount", str(self.data)], check=True)
        shutil.rmtree(self.data, ignore_errors=True)
        assert not left, f"still running: {left}"

    def processes(self) -> list[str]:
        """Processes of this installation that are running: their environment or command names its data folder."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                if (entry / "stat").read_text().split(") ")[1][0] == "Z":
                    continue
                words = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(self.data).encode() in words:
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:120])
        return found

    def parts(self) -> dict[str, tuple[str, int]]:
        """State and restarts of every part, as `status` shows them."""
        return {part.name: (part.state, part.restarts) for part in health.health(self.settings)}

    @property
    def settings(self) -> Settings:
        return Settings(data=self.data)

    @property
    def portal(self) -> str:
        return f"https://127.0.0.1:{self.settings.ports.https}"

    @property
    def people(self) -> list[str]:
        return list(self.logins)

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.data / "pki" / "root.crt"))

    @contextmanager
    def api(self, email: str) -> Iterator[httpx.Client]:
        """A signed-in HTTP client of one person."""
        with httpx.Client(base_url=self.portal, verify=self.trusting(), timeout=10) as client:
            answer = client.post("/api/v1/session", json={"email": email, "password": self.logins[email]})
            assert answer.status_code == 200, answer.text
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            yield client

    def password_link(self, email: str) -> str:
        """The link that a mail for somebody who forgot their password would have now."""
        database, key = open_database(self.settings), self.settings.secret("token.key")
        with database.transaction() as tx:
            row = tenancy.user_by_email(tx, email)
            assert row is not None
            made = identity.password_link(tx, PLATFORM, self.portal, key, row["id"], SystemClock().now())
        database.close()
        assert made is not None
        return made

    def process(self, part: str) -> int:
        """The process id of the part's own program."""
        found = supervision.main_process(self.settings, part)
        assert found is not None, f"{part} does not run"
        return found

    def kill(self, part: str) -> None:
        """SIGKILL, as the kernel does it when memory runs out: no goodbye."""
        os.kill(self.process(part), signal.SIGKILL)

    def has_run_for_a_while(self, part: str) -> None:
        """As if it had been started a minute ago: nothing that ends now counts as a failed start."""
        state = self.data / "run" / f"{part}.state"
        starts, _failed, since, process = state.read_text().split()
        state.write_text(f"{starts} 0 {int(since) - 60} {process}\n")

    def runs_again(self, part: str, after: int, within_s: float = 15) -> None:
        """Until the supervisor has started it anew."""
        wait = Event()
        for _ in range(int(within_s / 0.1)):
            if supervision.main_process(self.settings, part) not in (None, after):
                return
            wait.wait(0.1)
        raise AssertionError(f"{part} was not started again")

    def log(self, part: str) -> str:
        return (self.data / "log" / f"{part}.log").read_text()

    def newest_call(self, email: str) -> dict[str, Any]:
        """The newest line of the history as this person sees it."""
        with self.api(email) as client:
            answer = client.get("/api/v1/calls", params={"limit": 1})
            assert answer.status_code == 200, answer.text
            items = answer.json()["items"]
            assert items, "the history is empty"
            return dict(items[0])
