"""A real installation without media: broker, SIP edge, front, and the roles api, devices and worker."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from antiphon.assembly import installation
from antiphon.assembly.engines.parts import parts
from antiphon.database import Database
from antiphon.settings import Settings
from installed import Installed
from residents import StillClock, Tenant, make_tenant

ENGINES = ("mosquitto", "kamailio", "haproxy")
ROLES = ("devices", "worker", "api")
READY_S = 30.0


@dataclass
class Process:
    """One part, its log in a file."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path


def start(settings: Settings, name: str) -> Process:
    (part,) = (one for one in parts(settings) if one.name == name)
    log = settings.logs / f"{name}.log"
    environment = {
        "PATH": os.defpath,
        "ANTIPHON_DATA": str(settings.data),
        "ANTIPHON_ADVERTISED_ADDRESS": "127.0.0.1",
        "PYTHONPATH": str(Path(__file__).parents[3] / "src"),
    }
    with log.open("ab") as file:
        popen = subprocess.Popen(part.command, stdout=file, stderr=file, env=environment, start_new_session=True)
    return Process(name, popen, log)


def stop(process: Process) -> None:
    process.popen.terminate()
    try:
        process.popen.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.popen.pid, 9)
        process.popen.wait()


def wait_ready(settings: Settings, running: list[Process]) -> None:
    """Every role says that it is ready."""
    waiting, pause, tries = {*ROLES}, threading.Event(), int(READY_S / 0.1)
    for _ in range(tries):
        for role in sorted(waiting):
            transport = httpx.HTTPTransport(uds=str(settings.run / f"{role}.sock"))
            try:
                with httpx.Client(transport=transport, base_url="http://role", timeout=2) as client:
                    if client.get("/health/ready").status_code == 200:
                        waiting.discard(role)
            except httpx.TransportError:
                pass
        ended = [process for process in running if process.popen.poll() is not None]
        if ended:
            pytest.fail(f"{ended[0].name} ended: {ended[0].log.read_text()[-3000:]}")
        if not waiting:
            return
        pause.wait(0.1)
    tails = "\n".join(f"{process.name}: {process.log.read_text()[-1500:]}" for process in running)
    pytest.fail(f"not ready: {sorted(waiting)}\n{tails}")


@dataclass
class _Switches:
    """Stops and starts single parts."""

    settings: Settings
    running: list[Process]

    def off(self, name: str) -> None:
        (process,) = (one for one in self.running if one.name == name)
        stop(process)
        self.running.remove(process)

    def on(self, name: str) -> None:
        self.running.append(start(self.settings, name))


@pytest.fixture(scope="session")
def installed() -> Iterator[Installed]:
    """One installation for all tests of this folder, gone afterwards without a process left."""
    data = Path(tempfile.mkdtemp(prefix="antiphon-", dir="/tmp"))
    running: list[Process] = []
    try:
        settings = _prepare(data)
        running = [start(settings, name) for name in (*ENGINES, *ROLES)]
        wait_ready(settings, running)
        yield Installed(settings, _Switches(settings, running))
    finally:
        for process in reversed(running):
            stop(process)
        shutil.rmtree(data)


@pytest.fixture(scope="session")
def company(installed: Installed) -> Tenant:
    database = Database(installed.settings.sqlalchemy_url)
    try:
        return make_tenant(database, StillClock(), "Salzach")
    finally:
        database.close()


def _prepare(data: Path) -> Settings:
    """On the first free block of ports."""
    for offset in range(6000, 6500, 50):
        try:
            return installation.prepare(data, offset=offset, address="127.0.0.1")[0]
        except installation.PortsTaken:
            continue
    pytest.fail("no free block of ports")
