"""Door commands are acknowledged in time or fail (D4). Virtual time: nothing here waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from antiphon import limits
from antiphon.devices import Commander, DoorRefused, StationUnreachable
from antiphon.wire.station import Ack, Command, Desired, OpenDoor
from residents import StillClock
from virtual_time import run

DOOR = ("station_1", "door", 4.0, "command_1")


@dataclass
class Station:
    """A station behind a broker, as far as commands go."""

    away: bool = False
    sent: list[tuple[str, OpenDoor]] = field(default_factory=list)

    async def send_command(self, device_id: str, command: Command) -> None:
        if self.away:
            raise StationUnreachable
        assert isinstance(command, OpenDoor)
        self.sent.append((device_id, command))

    async def send_desired(self, device_id: str, desired: Desired) -> None: ...
    async def end_session(self, device_id: str) -> None: ...


def answer(commander: Commander, after_s: float, ack: Ack, device_id: str = "station_1") -> None:
    payload = ack.model_dump_json().encode()
    asyncio.get_running_loop().call_later(after_s, commander.message, device_id, "acks", payload)


def test_an_acknowledged_command_returns_the_acknowledgement() -> None:
    async def scenario() -> Ack:
        commander = Commander(station, StillClock())
        answer(commander, limits.DOOR_ACK_MAX_S - 0.01, Ack(command_id="command_1", ok=True))
        return await commander.open_door(*DOOR)

    station = Station()
    assert run(scenario()).ok
    ((device_id, command),) = station.sent
    assert (device_id, command.output, command.pulse_s) == ("station_1", "door", 4.0)
    assert (command.expires_at - StillClock().now()).total_seconds() == limits.DOOR_ACK_MAX_S


def test_no_acknowledgement_is_an_error_after_two_seconds() -> None:
    async def scenario() -> float:
        commander = Commander(Station(), StillClock())
        started = asyncio.get_running_loop().time()
        with pytest.raises(StationUnreachable):
            await commander.open_door(*DOOR)
        return asyncio.get_running_loop().time() - started

    assert run(scenario()) == pytest.approx(2.0)


def test_a_broker_that_is_away_is_an_error_at_once() -> None:
    async def scenario() -> float:
        commander = Commander(Station(away=True), StillClock())
        with pytest.raises(StationUnreachable):
            await commander.open_door(*DOOR)
        return asyncio.get_running_loop().time()

    assert run(scenario()) == 0


def test_a_refusal_carries_the_stations_reason() -> None:
    async def scenario() -> None:
        commander = Commander(Station(), StillClock())
        answer(commander, 0.1, Ack(command_id="command_1", ok=False, error="unknown_output"))
        with pytest.raises(DoorRefused) as refused:
            await commander.open_door(*DOOR)
        assert refused.value.error == "unknown_output"

    run(scenario())


@pytest.mark.parametrize(
    ("device_id", "payload"),
    [
        ("station_2", b'{"command_id": "command_1", "ok": true}'),
        ("station_1", b'{"command_id": "command_2", "ok": true}'),
        ("station_1", b'{"command_id": "command_1"}'),
        ("station_1", b"\xff"),
        ("station_1", b""),
    ],
)
def test_another_stations_unknown_and_malformed_acknowledgements_do_not_count(device_id: str, payload: bytes) -> None:
    async def scenario() -> None:
        commander = Commander(Station(), StillClock())
        asyncio.get_running_loop().call_later(0.1, commander.message, device_id, "acks", payload)
        with pytest.raises(StationUnreachable):
            await commander.open_door(*DOOR)

    run(scenario())


def test_two_commands_at_once_get_their_own_acknowledgements() -> None:
    async def scenario() -> list[object]:
        commander = Commander(Station(), StillClock())
        answer(commander, 0.2, Ack(command_id="one", ok=True))
        answer(commander, 0.1, Ack(command_id="two", ok=False, error="relay_failed"), "station_2")
        return list(
            await asyncio.gather(
                commander.open_door("station_1", "door", 4.0, "one"),
                commander.open_door("station_2", "door", 4.0, "two"),
                return_exceptions=True,
            )
        )

    first, second = run(scenario())
    assert isinstance(first, Ack)
    assert isinstance(second, DoorRefused)


def test_a_late_acknowledgement_is_harmless() -> None:
    async def scenario() -> None:
        commander = Commander(Station(), StillClock())
        with pytest.raises(StationUnreachable):
            await commander.open_door(*DOOR)
        commander.message("station_1", "acks", b'{"command_id": "command_1", "ok": true}')

    run(scenario())
