"""The station's session with a real broker: presence, desired and reported state, commands and their acknowledgement."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiomqtt
import pytest

from antiphon.wire.station import (
    Ack,
    Connection,
    Desired,
    OpenDoor,
    Output,
    Reported,
    acks_topic,
    commands_topic,
    connection_topic,
    desired_topic,
    reported_topic,
)
from antiphon_station.config import Folder, read_identity
from antiphon_station.mqtt import Messaging
from antiphon_station.orders import Orders
from antiphon_station.relay import Relays
from antiphon_station.tasks import end
from tests.station.edge import DEVICE_ID, WITHIN_S, Authority, write_identity

pytestmark = pytest.mark.system


class Broker:
    """Mosquitto with mutual TLS, every device under its own name."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.port = _free_port()
        self.authority = authority
        self._folder = folder
        pair = authority.write_pair(folder / "broker.pem", "broker")
        (folder / "ca.pem").write_text(authority.trust)
        (folder / "acl").write_text("user platform\ntopic readwrite #\npattern readwrite v1/devices/%u/#\n")
        (folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\ncafile {folder}/ca.pem\ncertfile {pair}\nkeyfile {pair}\n"
            f"require_certificate true\nuse_identity_as_username true\nacl_file {folder}/acl\npersistence false\n"
            "user root\n"
        )
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.process = await asyncio.create_subprocess_exec(
            program, "-v", "-c", str(self._folder / "mosquitto.conf"), stderr=asyncio.subprocess.PIPE
        )
        assert self.process.stderr is not None
        async with asyncio.timeout(WITHIN_S):
            while b"running" not in await self.process.stderr.readline():
                continue
        self._drain = asyncio.create_task(self.process.stderr.read())

    async def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        await self.process.wait()

    def platform(self) -> aiomqtt.Client:
        """A client that may see everything."""
        pair = self.authority.write_pair(self._folder / "platform.pem", "platform")
        context = ssl.create_default_context(cadata=self.authority.trust)
        context.load_cert_chain(pair)
        return aiomqtt.Client("127.0.0.1", self.port, tls_context=context)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Device:
    def __init__(self, folder: Folder, relays: Relays) -> None:
        self.orders = Orders(folder, relays, renew=lambda: None)
        self.messaging = Messaging(
            read_identity(folder),
            self.orders,
            lambda: Reported(version=self.orders.version, error=self.orders.error, software="s", model="m"),
            on_state=lambda _: None,
            on_desired=lambda: None,
            on_command=lambda *_: None,
        )
        self.task = asyncio.create_task(self.messaging.run())


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    broker = Broker(tmp_path, Authority())
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
async def platform(broker: Broker) -> AsyncIterator[aiomqtt.Client]:
    async with broker.platform() as client:
        await client.subscribe("v1/devices/+/+", qos=1)
        yield client


@pytest.fixture
async def device(broker: Broker, platform: aiomqtt.Client, tmp_path: Path) -> AsyncIterator[Device]:
    data = tmp_path / "station"
    write_identity(data, broker.authority, sip_port=1, mqtt_port=broker.port)
    device = Device(Folder(data), Relays({"door-1": "simulated"}, lambda *_: None))
    yield device
    await end(device.task)


async def said(platform: aiomqtt.Client, topic: str) -> bytes:
    """The next message on this topic."""
    async with asyncio.timeout(WITHIN_S):
        async for message in platform.messages:
            if str(message.topic) == topic:
                assert isinstance(message.payload, bytes)
                return message.payload
    raise AssertionError


async def online(platform: aiomqtt.Client) -> None:
    connection = Connection.model_validate_json(await said(platform, connection_topic(DEVICE_ID)))
    assert connection.state == "online"


async def test_the_station_says_that_it_is_there_and_what_it_is(platform: aiomqtt.Client, device: Device) -> None:
    await online(platform)
    reported = Reported.model_validate_json(await said(platform, reported_topic(DEVICE_ID)))
    assert (reported.version, reported.error) == (0, None)


async def test_a_station_that_stops_says_goodbye(platform: aiomqtt.Client, device: Device) -> None:
    await online(platform)
    await end(device.task)
    gone = Connection.model_validate_json(await said(platform, connection_topic(DEVICE_ID)))
    assert gone.state == "offline"


async def test_desired_state_is_taken_over_and_reported_with_its_version(
    platform: aiomqtt.Client, device: Device
) -> None:
    await online(platform)
    desired = Desired(version=7, outputs=(Output(name="door-1"),), language="de")
    await platform.publish(desired_topic(DEVICE_ID), desired.model_dump_json(), qos=1, retain=True)
    reported = Reported(version=0, software="", model="")
    while reported.version != 7:
        reported = Reported.model_validate_json(await said(platform, reported_topic(DEVICE_ID)))
    assert reported.error is None


async def test_a_desired_output_that_is_not_there_is_reported_with_its_reason(
    platform: aiomqtt.Client, device: Device
) -> None:
    await online(platform)
    desired = Desired(version=8, outputs=(Output(name="gate-9"),))
    await platform.publish(desired_topic(DEVICE_ID), desired.model_dump_json(), qos=1, retain=True)
    reported = Reported(version=0, software="", model="")
    while reported.error is None:
        reported = Reported.model_validate_json(await said(platform, reported_topic(DEVICE_ID)))
    assert reported.version == 0
    assert reported.error == "This station has no output gate-9."


async def test_a_door_command_is_acknowledged_in_time(platform: aiomqtt.Client, device: Device) -> None:
    await online(platform)
    soon = datetime.now(UTC) + timedelta(seconds=5)
    command = OpenDoor(command_id="c-1", output="door-1", pulse_s=3, expires_at=soon)
    await platform.publish(commands_topic(DEVICE_ID), command.model_dump_json(), qos=1)
    ack = Ack.model_validate_json(await said(platform, acks_topic(DEVICE_ID)))
    assert (ack.command_id, ack.ok) == ("c-1", True)


async def test_the_station_comes_back_after_the_broker_was_away(
    broker: Broker, device: Device, platform: aiomqtt.Client
) -> None:
    await online(platform)
    await broker.stop()
    await broker.start()
    async with broker.platform() as again:
        await again.subscribe(connection_topic(DEVICE_ID), qos=1)
        await online(again)
