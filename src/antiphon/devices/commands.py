"""Commands to stations: sent, acknowledged within `DOOR_ACK_MAX_S` or failed (D4)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from pydantic import ValidationError

from antiphon import limits, log, metrics
from antiphon.clock import Clock
from antiphon.devices.model import DoorRefused, StationUnreachable
from antiphon.devices.ports import Messaging, Topic
from antiphon.wire.station import Ack, Command, OpenDoor, PlaceTestCall

_log = log.get("devices")


class Commander:
    """Sends commands and matches acknowledgements by command id and device. One per process, on its event loop."""

    def __init__(self, messaging: Messaging, clock: Clock, *, ack_max_s: float = limits.DOOR_ACK_MAX_S) -> None:
        self._messaging = messaging
        self._clock = clock
        self._ack_max_s = ack_max_s
        self._waiting: dict[str, tuple[str, asyncio.Future[Ack]]] = {}

    async def open_door(
        self, device_id: str, output: str, pulse_s: float, command_id: str, call_id: str | None = None
    ) -> Ack:
        """Pulse an output; returns the station's acknowledgement. Raises `StationUnreachable` or `DoorRefused`."""
        command = OpenDoor(
            command_id=command_id,
            output=output,
            pulse_s=pulse_s,
            expires_at=self._clock.now() + timedelta(seconds=self._ack_max_s),
            call_id=call_id,
        )
        began = self._clock.monotonic()
        ack = await self._acknowledged(device_id, command, "door", call_id=call_id)
        metrics.OPEN_TO_ACKNOWLEDGED.observe(self._clock.monotonic() - began)
        if not ack.ok:
            raise DoorRefused(ack.error or "relay_failed")
        return ack

    async def place_test_call(self, device_id: str, test_id: str, command_id: str) -> Ack:
        """Let the station place a test call; its acknowledgement may be a refusal. Raises `StationUnreachable`."""
        expires_at = self._clock.now() + timedelta(seconds=self._ack_max_s)
        command = PlaceTestCall(command_id=command_id, test_id=test_id, expires_at=expires_at)
        return await self._acknowledged(device_id, command, "test call", test_id=test_id)

    async def _acknowledged(self, device_id: str, command: Command, what: str, **named: str | None) -> Ack:
        acknowledged: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._waiting[command.command_id] = device_id, acknowledged
        told = {"device_id": device_id, "command_id": command.command_id, **named}
        _log.info(f"{what} command sent", **told)
        try:
            async with asyncio.timeout(self._ack_max_s):
                await self._messaging.send_command(device_id, command)
                ack = await acknowledged
        except TimeoutError as error:
            _log.warning("command not acknowledged", **told)
            raise StationUnreachable(device_id=device_id, command_id=command.command_id) from error
        finally:
            del self._waiting[command.command_id]
        _log.info(f"{what} command acknowledged", ok=ack.ok, **told)
        return ack

    def message(self, device_id: str, topic: Topic, payload: bytes) -> None:
        """Take an acknowledgement; those of other processes' commands are none of ours."""
        if topic != "acks":
            return
        try:
            ack = Ack.model_validate_json(payload)
        except ValidationError as error:
            _log.warning("message refused", device_id=device_id, topic=topic, errors=error.error_count())
            return
        expected, acknowledged = self._waiting.get(ack.command_id, (None, None))
        if acknowledged is None:
            return
        if device_id != expected:
            _log.warning("acknowledgement of another station refused", device_id=device_id, command_id=ack.command_id)
        elif not acknowledged.done():
            acknowledged.set_result(ack)

    def broker_connected(self) -> None:
        """Nothing to do: commands do not outlive their moment."""

    def broker_lost(self) -> None:
        """Commands under way run into their time limit."""
