"""The station's session with the broker over TLS: presence with a last will, desired and reported state, commands and acks."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable
from datetime import UTC, datetime

import aiomqtt

from antiphon.limits import STATION_KEEPALIVE_S
from antiphon.wire.station import (
    Connection,
    Payload,
    Reported,
    acks_topic,
    commands_topic,
    connection_topic,
    desired_topic,
    reported_topic,
)
from antiphon_station.backoff import BackOff
from antiphon_station.config import Identity
from antiphon_station.orders import Orders

_log = logging.getLogger("station.mqtt")
CONNECT_MAX_S = 10.0
_CALM_S = 0.05  # changes this close together become one report


class Messaging:
    """Runs until cancelled, connecting again after every loss. `reported` gives the state as it is now."""

    def __init__(
        self,
        identity: Identity,
        orders: Orders,
        reported: Callable[[], Reported],
        *,
        on_state: Callable[[bool], None],
        on_desired: Callable[[], None],
        on_command: Callable[[str | None, bool, str | None], None],
    ) -> None:
        self._identity = identity
        self._orders = orders
        self._reported = reported
        self._on_state = on_state
        self._on_desired = on_desired
        self._on_command = on_command
        self._changed = asyncio.Event()
        self._back_off = BackOff(lambda: secrets.randbelow(1000) / 1000)

    def report(self) -> None:
        """The reported state has changed: tell the platform."""
        self._changed.set()

    async def run(self) -> None:
        while True:
            try:
                await self._session()
            except (aiomqtt.MqttError, OSError, ValueError) as error:
                _log.warning("No connection to the broker", extra={"reason": type(error).__name__})
            finally:
                self._on_state(False)
            await asyncio.sleep(self._back_off.next_s())

    async def _session(self) -> None:
        device_id = self._identity.device_id
        platform = self._identity.platform
        client = aiomqtt.Client(
            platform.mqtt_host,
            platform.mqtt_port,
            identifier=device_id,
            protocol=aiomqtt.ProtocolVersion.V5,
            tls_context=self._identity.tls(),
            keepalive=STATION_KEEPALIVE_S,
            timeout=CONNECT_MAX_S,
            # an acknowledgement is several small packets: without this the second waits 40 ms for the first (Nagle)
            socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
            will=aiomqtt.Will(connection_topic(device_id), _json(Connection(state="offline")), qos=1, retain=True),
        )
        async with client:
            try:
                await self._talk(client)
            except asyncio.CancelledError:
                # A session that ends in order leaves no last will behind.
                gone = Connection(state="offline", at=datetime.now(UTC))
                await client.publish(connection_topic(device_id), _json(gone), qos=1, retain=True)
                raise

    async def _talk(self, client: aiomqtt.Client) -> None:
        device_id = self._identity.device_id
        # Subscribed before it says online: whoever sees it online may send commands.
        await client.subscribe([(desired_topic(device_id), 1), (commands_topic(device_id), 1)])
        online = Connection(state="online", at=datetime.now(UTC))
        await client.publish(connection_topic(device_id), _json(online), qos=1, retain=True)
        self._back_off.succeeded()
        self._on_state(True)
        self._changed.set()
        reporting = asyncio.create_task(self._report_changes(client))
        try:
            async for message in client.messages:
                await self._take(client, message)
        finally:
            reporting.cancel()

    async def _take(self, client: aiomqtt.Client, message: aiomqtt.Message) -> None:
        payload = message.payload if isinstance(message.payload, bytes) else b""
        topic = str(message.topic)
        device_id = self._identity.device_id
        if topic == desired_topic(device_id):
            self._orders.take_desired(payload)
            self._on_desired()
            self._changed.set()
        elif topic == commands_topic(device_id):
            ack = self._orders.take_command(payload, datetime.now(UTC))
            if ack is None:
                _log.warning("A command is not understood", extra={"size": len(payload)})
                self._on_command(None, False, "unknown_command")
                return
            await client.publish(acks_topic(device_id), _json(ack), qos=1)
            self._on_command(ack.command_id, ack.ok, ack.error)

    async def _report_changes(self, client: aiomqtt.Client) -> None:
        try:
            while True:
                await self._changed.wait()
                await asyncio.sleep(_CALM_S)
                self._changed.clear()
                await client.publish(
                    reported_topic(self._identity.device_id), _json(self._reported()), qos=1, retain=True
                )
        except aiomqtt.MqttError as error:
            _log.warning("The state could not be reported", extra={"reason": type(error).__name__})


def _json(payload: Payload) -> str:
    return payload.model_dump_json()
