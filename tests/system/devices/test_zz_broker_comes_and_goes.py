"""A broker that dies and comes back: errors at once meanwhile, everything as before afterwards."""

from __future__ import annotations

from itertools import count

import aiomqtt
import httpx
import pytest

from installed import Hardware, Installed, until
from residents import Tenant

pytestmark = pytest.mark.system


async def state(anna: httpx.AsyncClient, station: Hardware) -> bool:
    return bool((await anna.get(f"/api/v1/stations/{station.id}")).json()["online"])


async def test_doors_fail_at_once_without_a_broker_and_open_again_when_it_is_back(
    installed: Installed, company: Tenant
) -> None:
    station = await installed.station(company)
    async with installed.administrator(company) as anna:
        body = {"station_id": station.id, "name": "Haustür"}
        door_id = (await anna.post("/api/v1/doors", json=body)).json()["id"]

        async def online() -> bool:
            return await state(anna, station)

        async def tap(number: int) -> httpx.Response:
            key = {"Idempotency-Key": f"tap-{station.id[-8:]}-{number}"}
            return await anna.post(f"/api/v1/doors/{door_id}/open", headers=key)

        async def until_the_broker_goes() -> None:
            async with station.online() as messages:
                await until(online)
                installed.switches.off("mosquitto")
                await messages.wait_for("/never")

        with pytest.raises(aiomqtt.MqttError):
            await until_the_broker_goes()

        taps = count()

        async def fails_at_once() -> bool:
            answer = await tap(next(taps))
            assert answer.status_code == 504
            return answer.elapsed.total_seconds() < 0.5

        await until(fails_at_once)
        added = await anna.post("/api/v1/doors", json=body | {"name": "Tor", "output": "gate"})
        assert added.status_code == 201, "what concerns the database alone goes on"
        installed.switches.on("mosquitto")

        async def reachable() -> bool:
            try:
                async with station.session():
                    return True
            except aiomqtt.MqttError:
                return False

        await until(reachable)
        async with station.online() as messages:
            desired = await messages.wait_for("/desired", version=3)
            assert [output["name"] for output in desired["outputs"]] == ["door", "gate"]
            await until(online)
