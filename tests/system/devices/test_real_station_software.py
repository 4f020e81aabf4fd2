"""The real station software against the real platform: claimed, registered, obeying, renewed, locked out."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from antiphon.gateways.edge import EngineEdge
from antiphon_station.claim import renew
from antiphon_station.config import Folder, read_identity
from installed import Installed, until
from residents import Tenant

pytestmark = pytest.mark.system

SOURCE = Path(__file__).parents[3] / "src"


async def software(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "antiphon_station", *arguments),
        env={"PATH": os.defpath, "PYTHONPATH": str(SOURCE)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[None]:
    process = await software("run", "--data", str(folder))
    try:
        yield
    finally:
        process.terminate()
        await asyncio.wait_for(process.communicate(), 15)


async def item(anna: httpx.AsyncClient, station_id: str) -> dict[str, object]:
    return dict((await anna.get(f"/api/v1/stations/{station_id}")).json())


async def test_the_station_software_from_its_claim_to_its_revocation(installed: Installed, company: Tenant) -> None:
    edge = EngineEdge(installed.settings)
    with tempfile.TemporaryDirectory(prefix="station-", dir="/tmp") as name:
        folder = Path(name)
        async with installed.administrator(company) as anna, installed.facts() as facts:
            body = {"name": "Hof", "place_id": company.site.id}
            created = (await anna.post("/api/v1/stations", json=body)).json()
            where = ("--platform", installed.portal, "--trust", str(installed.settings.pki / "root.crt"))
            claiming = await software("claim", "--data", name, "--code", created["claim_code"], *where)
            _, complaint = await asyncio.wait_for(claiming.communicate(), 30)
            assert claiming.returncode == 0, complaint.decode()
            door = {"station_id": created["id"], "name": "Haustür"}
            door_id = (await anna.post("/api/v1/doors", json=door)).json()["id"]
            async with running(folder):
                await facts.wait_for("StationPresenceChanged", 30, device_id=created["id"], online=True)

                async def registered() -> bool:
                    return await edge.registered(created["id"])

                await until(registered)

                async def in_sync() -> bool:
                    key = {"Idempotency-Key": f"tap-{os.urandom(4).hex()}"}
                    answer = await anna.post(f"/api/v1/doors/{door_id}/open", headers=key)
                    return answer.status_code == 200

                await until(in_sync)
                before = read_identity(Folder(folder))
                renewed = await asyncio.to_thread(renew, folder, before)
                assert renewed.device_id == created["id"]
                assert (await item(anna, created["id"]))["online"] is True
                await anna.post(f"/api/v1/stations/{created['id']}/revoke")
                await facts.wait_for("StationPresenceChanged", device_id=created["id"], online=False)

                async def forgotten() -> bool:
                    return not await edge.registered(created["id"])

                await until(forgotten)
                assert (await item(anna, created["id"]))["status"] == "revoked"
