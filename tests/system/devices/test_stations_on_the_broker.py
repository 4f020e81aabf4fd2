"""Stations on the real broker, front and edge: each under its own name, known to be there, and gone when locked out."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

import aiomqtt
import httpx
import pytest

from antiphon.devices.authority import ensure_authority, issue_device_certificate
from antiphon.wire.station import (
    Ack,
    Reported,
    acks_topic,
    commands_topic,
    connection_topic,
    desired_topic,
    reported_topic,
)
from hardware import certificate_request, new_key
from installed import Hardware, Installed, until
from residents import Tenant

pytestmark = pytest.mark.system


async def revoke(installed: Installed, company: Tenant, station_id: str) -> httpx.Response:
    async with installed.administrator(company) as anna:
        return await anna.post(f"/api/v1/stations/{station_id}/revoke")


async def add_door(installed: Installed, company: Tenant, station: Hardware) -> str:
    async with installed.administrator(company) as anna:
        answer = await anna.post("/api/v1/doors", json={"station_id": station.id, "name": "Haustür"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_claimed_station_finds_its_desired_state_and_is_known_to_be_online(
    installed: Installed, company: Tenant
) -> None:
    async with installed.facts() as facts:
        station = await installed.station(company)
        await facts.wait_for("DeviceClaimed", device_id=station.id)
        async with station.online() as messages:
            desired = await messages.wait_for("/desired")
            assert [button["name"] for button in desired["buttons"]] == ["main"]
            assert desired["language"] == "de"
            await facts.wait_for("StationPresenceChanged", device_id=station.id, online=True)
            async with installed.administrator(company) as anna:
                item = (await anna.get(f"/api/v1/stations/{station.id}")).json()
            assert (item["online"], item["status"], item["model"]) == (True, "claimed", "TEST-1")


async def test_a_change_in_the_portal_reaches_the_station(installed: Installed, company: Tenant) -> None:
    station = await installed.station(company)
    async with station.online() as messages:
        first = await messages.wait_for("/desired")
        await add_door(installed, company, station)
        second = await messages.wait_for("/desired", version=first["version"] + 1)
        assert [output["name"] for output in second["outputs"]] == ["door"]
        report = Reported(version=second["version"], software="2.0", model="TEST-2", error="relay missing")
        await messages.client.publish(reported_topic(station.id), report.model_dump_json(), 1, True)
        await messages.client.publish(reported_topic(station.id), b"\xff not a report", 1)
        await messages.client.publish(reported_topic(station.id), report.model_dump_json(), 1, True)
        async with installed.administrator(company) as anna:

            async def shown() -> bool:
                item = (await anna.get(f"/api/v1/stations/{station.id}")).json()
                return bool(item["error"] == "relay missing")

            await until(shown)


async def test_a_lost_connection_is_told_by_the_last_will(installed: Installed, company: Tenant) -> None:
    station = await installed.station(company)
    async with installed.facts() as facts:

        async def until_cut_off() -> None:
            async with station.online() as messages:
                await facts.wait_for("StationPresenceChanged", device_id=station.id, online=True)
                socket = messages.client._client.socket()
                assert socket is not None
                socket.shutdown(2)  # no farewell to the broker
                await messages.wait_for("/never")

        with pytest.raises(aiomqtt.MqttError):
            await until_cut_off()
        await facts.wait_for("StationPresenceChanged", device_id=station.id, online=False)


async def test_a_station_hears_and_says_nothing_under_another_name(installed: Installed, company: Tenant) -> None:
    one, two = await installed.station(company), await installed.station(company)
    async with installed.facts() as platform, one.online() as own, two.online() as victim:
        await own.wait_for("/desired")
        await victim.wait_for("/desired")
        everywhere = [desired_topic(two.id), commands_topic(two.id), "v1/devices/+/commands", "v1/facts/#", "#"]
        for topic in everywhere:
            await own.client.subscribe(topic, 1)
        await platform.client.subscribe("v1/devices/#", 1)
        forged = Ack(command_id="forged", ok=True).model_dump_json()
        for topic in (acks_topic(two.id), connection_topic(two.id), desired_topic(one.id), "v1/facts/x/DeviceRevoked"):
            await own.client.publish(topic, forged, 1)
        # What is allowed comes after what is not: when it has arrived, the rest would have too.
        await platform.client.publish(commands_topic(two.id), '{"marker": 1}', 1)
        await victim.wait_for("/commands", marker=1)
        await platform.client.publish(commands_topic(one.id), '{"marker": 2}', 1)
        await own.wait_for("/commands", marker=2)
        await own.client.publish(acks_topic(one.id), '{"command_id": "last", "ok": true}', 1)
        await platform.wait_for("/acks", command_id="last")
        heard = {topic for topic, _ in own.seen}
        assert heard == {desired_topic(one.id), commands_topic(one.id)}
        assert not [topic for topic, body in platform.seen if body.get("command_id") == "forged"]
        assert all(topic.startswith(f"v1/devices/{two.id}/") for topic, _ in victim.seen)


async def test_a_client_name_of_ones_own_choice_throws_nobody_out(installed: Installed, company: Tenant) -> None:
    one, two = await installed.station(company), await installed.station(company)
    async with one.online() as messages:
        await messages.wait_for("/desired")
        async with two.session(identifier=one.id):
            await mark(installed, one)
            await messages.wait_for("/commands", marker=1)


async def mark(installed: Installed, station: Hardware) -> None:
    async with installed.facts() as platform:
        await platform.client.publish(commands_topic(station.id), '{"marker": 1}', 1)


async def test_a_certificate_of_a_foreign_authority_is_refused(
    installed: Installed, company: Tenant, tmp_path: Path
) -> None:
    station = await installed.station(company)
    now = datetime.now(UTC)
    ensure_authority(tmp_path, now)
    key = new_key()
    issued = issue_device_certificate(tmp_path, certificate_request(key), station.id, now)
    foreign = Hardware(installed, key, station.reply.model_copy(update={"certificate": issued.chain_pem}))
    with pytest.raises(aiomqtt.MqttError):
        async with foreign.session():
            pytest.fail("the broker let a stranger in")
    async with httpx.AsyncClient(verify=foreign.tls()) as client:
        with pytest.raises((httpx.TransportError, ssl.SSLError)):
            await client.get(f"{station.reply.device_https}/device/v1/me")
    async with station.session():
        pass


async def test_a_revoked_station_is_thrown_out_and_never_comes_back(installed: Installed, company: Tenant) -> None:
    station, neighbour = await installed.station(company), await installed.station(company)
    async with installed.facts() as facts, neighbour.online() as undisturbed:
        await undisturbed.wait_for("/desired")

        async def until_thrown_out() -> None:
            async with station.online() as messages:
                await facts.wait_for("StationPresenceChanged", device_id=station.id, online=True)
                assert (await revoke(installed, company, station.id)).json()["status"] == "revoked"
                await messages.wait_for("/never")

        with pytest.raises(aiomqtt.MqttError):
            await until_thrown_out()
        await facts.wait_for("StationPresenceChanged", device_id=station.id, online=False)
        with pytest.raises(aiomqtt.MqttError):
            async with station.session():
                pytest.fail("the broker let a revoked station in")
        await facts.client.publish(commands_topic(neighbour.id), '{"marker": 1}', 1)
        await undisturbed.wait_for("/commands", marker=1)
    async with httpx.AsyncClient(verify=station.tls()) as client:
        with pytest.raises(ssl.SSLError, match="REVOKED"):  # the front has the list by now
            await client.get(f"{station.reply.device_https}/device/v1/me")


async def test_a_station_is_known_and_renewed_by_its_certificate(installed: Installed, company: Tenant) -> None:
    station = await installed.station(company)
    headers = {"X-Client-Certificate-CN": "station_other", "X-Client-Certificate-Serial": "01"}
    async with httpx.AsyncClient(verify=station.tls(), base_url=station.reply.device_https, headers=headers) as client:
        assert (await client.get("/device/v1/me")).json()["device_id"] == station.id, "the front's word counts"
        key = new_key()
        answer = await client.post("/device/v1/renew", json={"certificate_request": certificate_request(key)})
    renewed = Hardware(installed, key, station.reply.model_copy(update={"certificate": answer.json()["certificate"]}))
    async with renewed.online() as messages:
        await messages.wait_for("/desired")
    async with httpx.AsyncClient(base_url=installed.portal, verify=installed.trusting(), headers=headers) as client:
        assert (await client.get("/device/v1/me")).status_code == 404
        assert (await client.post("/device/v1/renew", json={})).status_code == 404


async def test_a_used_a_wrong_and_a_mistyped_code_are_told_apart(installed: Installed, company: Tenant) -> None:
    async with installed.administrator(company) as anna:
        answer = await anna.post("/api/v1/stations", json={"name": "Hof", "place_id": company.site.id})
    code = answer.json()["claim_code"]
    mistyped = code[:-1] + ("0" if code[-1] != "0" else "1")
    tries = (mistyped, code, code)
    answers = [await installed.claim(one, new_key()) for one in tries]
    assert [answer.json().get("code") for answer in answers] == ["claim_code_malformed", None, "claim_code_used"]
    assert [answer.status_code for answer in answers] == [422, 200, 409]


async def test_a_door_opens_when_the_station_acknowledges_and_two_taps_are_one_pulse(
    installed: Installed, company: Tenant
) -> None:
    station = await installed.station(company)
    door_id = await add_door(installed, company, station)
    async with installed.facts() as facts, station.online() as messages, installed.administrator(company) as anna:
        obeying = asyncio.create_task(station.obey(messages))
        tap = {"Idempotency-Key": "tap-00000001"}
        url = f"/api/v1/doors/{door_id}/open"
        answers = await asyncio.gather(*(anna.post(url, headers=tap) for _ in range(3)))
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert sorted(answer.json()["repeated"] for answer in answers) == [False, True, True]
        assert all(answer.elapsed.total_seconds() < 2 for answer in answers)
        await facts.wait_for("DoorOpened", door_id=door_id, actor_kind="user")
        obeying.cancel()
        assert len(await obeying) == 1
        log = (await anna.get("/api/v1/door-log")).json()["items"]
    outcomes = [(item["outcome"], item["repeated"]) for item in log if item["door_id"] == door_id]
    assert sorted(outcomes) == [("opened", False), ("opened", True), ("opened", True)]


async def test_a_station_that_does_not_acknowledge_is_a_clear_error_after_two_seconds(
    installed: Installed, company: Tenant
) -> None:
    station = await installed.station(company)
    door_id = await add_door(installed, company, station)
    async with station.online() as messages, installed.administrator(company) as anna:
        deaf = asyncio.create_task(station.obey(messages, answer=False))
        answer = await anna.post(f"/api/v1/doors/{door_id}/open", headers={"Idempotency-Key": "tap-00000002"})
        deaf.cancel()
        assert len(await deaf) == 1
    assert (answer.status_code, answer.json()["code"]) == (504, "station_unreachable")
    assert 1.9 < answer.elapsed.total_seconds() < 3.5
