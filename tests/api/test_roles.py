"""The roles `api` and `worker` as processes: they serve their sockets, say what is missing, and end when told to."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from antiphon import devices
from antiphon.assembly.worker import Expiry
from antiphon.database import PLATFORM, Database
from antiphon.devices import ClaimCodes
from antiphon.devices.tables import claim_codes
from antiphon.identity.keys import Keys
from antiphon.identity.sessions import Client, Sessions
from antiphon.identity.store import user_sessions
from antiphon.limits import CLAIM_CODE_KEPT_DAYS, CLAIM_CODE_VALID_DAYS, REFRESH_TOKEN_S
from antiphon.settings import Settings
from residents import PASSWORD, StillClock, Tenant


def ask(path: Path, target: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("localhost", timeout=20)
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.connect(str(path))
    connection.request("GET", target)
    answer = connection.getresponse()
    status, body = answer.status, json.loads(answer.read())
    connection.close()
    return status, body


@pytest.mark.parametrize("role", ["api", "worker"])
def test_a_role_serves_says_what_is_missing_and_ends(settings: Settings, tmp_path: Path, role: str) -> None:
    (settings.secrets / "mqtt.password").write_text("unused")
    command = [sys.executable, "-m", "antiphon", "role", role, "--data", str(settings.data)]
    source = str(Path(__file__).parents[2] / "src")
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": source})
    assert process.stderr is not None
    try:
        lines = []
        for line in process.stderr:
            lines.append(json.loads(line))
            if lines[-1]["event"] == "role started":
                break
        assert lines[-1]["role"] == role
        path = settings.run / f"{role}.sock"
        assert path.stat().st_mode & 0o777 == 0o600
        assert ask(path, "/health/live")[0] == 200
        status, body = ask(path, "/health/ready")
        assert (status, body["ready"]) == (503, False)
        assert body["checks"] == {"database": None, "broker": "not connected"}
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert process.wait(20) == 0
    assert json.loads(rest.splitlines()[-1])["event"] == "role stopped"
    assert not path.exists()


async def test_the_worker_removes_what_has_run_out(
    settings: Settings, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    await Sessions(database, clock, Keys(settings.secrets)).sign_in(tenant.operator.email, PASSWORD, Client(""), None)
    with database.transaction() as tx:
        station = devices.create_station(tx, tenant.scope, name="Tor", place_id=tenant.site.id, now=clock.now())
        devices.new_claim_code(tx, tenant.scope, ClaimCodes(b"key"), station.id, clock.now())
    worker = Expiry(database, clock)
    await worker.sweep()
    assert left(database) == (1, 1)
    clock.at += timedelta(seconds=REFRESH_TOKEN_S + 1)
    await worker.sweep()
    assert left(database) == (0, 1)
    clock.at += timedelta(days=CLAIM_CODE_VALID_DAYS + CLAIM_CODE_KEPT_DAYS)
    await worker.sweep()
    assert left(database) == (0, 0)


def left(database: Database) -> tuple[int, int]:
    with database.transaction() as tx:
        return len(tx.all(PLATFORM, user_sessions)), len(tx.all(PLATFORM, claim_codes))
