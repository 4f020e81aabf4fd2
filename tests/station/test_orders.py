"""Desired state and commands, without a broker."""

from __future__ import annotations

import asyncio
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antiphon.wire.station import Ack, AckError, Desired, OpenDoor, Output, PlaceTestCall, RefreshCertificate
from antiphon_station.config import Folder
from antiphon_station.errors import BadConfiguration, DeviceFailed
from antiphon_station.orders import Orders
from antiphon_station.relay import Relays, SimulatedRelay

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
Pulses = list[tuple[str, bool, str, float]]


class Desk:
    """Orders with simulated relays, and what the relays did."""

    def __init__(self, data: Path, relays: dict[str, str] | None = None) -> None:
        self.pulses: Pulses = []
        self.renewals = 0
        settings = {"door-1": "simulated"} if relays is None else relays
        self.relays = Relays(settings, lambda *pulse: self.pulses.append(pulse))
        self.orders = Orders(Folder(data), self.relays, self._renew)

    def _renew(self) -> None:
        self.renewals += 1

    def started(self) -> int:
        return sum(active for _, active, _, _ in self.pulses)


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def open_door(command_id: str = "c-1", output: str = "door-1", expires_in_s: float = 5) -> bytes:
    expires_at = NOW + timedelta(seconds=expires_in_s)
    command = OpenDoor(command_id=command_id, output=output, pulse_s=3, expires_at=expires_at)
    return command.model_dump_json().encode()


async def test_a_door_command_pulses_its_relay(desk: Desk) -> None:
    ack = desk.orders.take_command(open_door(), NOW)
    assert ack is not None
    assert (ack.ok, desk.pulses) == (True, [("door-1", True, "c-1", 3.0)])
    assert desk.relays.states() == {"door-1": True}


async def test_a_test_call_is_placed_once_or_says_why_not(tmp_path: Path) -> None:
    placed: list[str] = []
    answers: list[AckError | None] = [None, "busy"]

    def place(test_id: str) -> AckError | None:
        placed.append(test_id)
        return answers.pop(0)

    orders = Orders(Folder(tmp_path), Relays({}, lambda *_: None), lambda: None, place)

    def command(command_id: str, test_id: str = "test_1") -> bytes:
        said = PlaceTestCall(command_id=command_id, test_id=test_id, expires_at=NOW + timedelta(seconds=5))
        return said.model_dump_json().encode()

    assert orders.take_command(command("c-1"), NOW) == Ack(command_id="c-1", ok=True)
    assert orders.take_command(command("c-1"), NOW) == Ack(command_id="c-1", ok=True)
    assert orders.take_command(command("c-2", "test_2"), NOW) == Ack(command_id="c-2", ok=False, error="busy")
    assert placed == ["test_1", "test_2"]


async def test_a_repeated_command_is_acknowledged_again_and_not_carried_out(desk: Desk) -> None:
    first = desk.orders.take_command(open_door(), NOW)
    assert desk.orders.take_command(open_door(), NOW + timedelta(seconds=60)) == first
    assert desk.started() == 1


async def test_a_repeated_command_is_known_after_a_restart(desk: Desk, tmp_path: Path) -> None:
    first = desk.orders.take_command(open_door(), NOW)
    again = Desk(tmp_path)
    assert again.orders.take_command(open_door(), NOW) == first
    assert again.started() == 0


async def test_an_expired_command_is_refused(desk: Desk) -> None:
    ack = desk.orders.take_command(open_door(expires_in_s=0), NOW)
    assert ack is not None
    assert (ack.ok, ack.error, desk.started()) == (False, "expired", 0)


async def test_an_unknown_output_is_refused(desk: Desk) -> None:
    ack = desk.orders.take_command(open_door(output="gate-9"), NOW)
    assert ack is not None
    assert (ack.error, desk.started()) == ("unknown_output", 0)


async def test_a_relay_that_fails_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_relay: SimulatedRelay, on: bool) -> None:
        raise DeviceFailed

    monkeypatch.setattr(SimulatedRelay, "switch", fails)
    ack = desk.orders.take_command(open_door(), NOW)
    assert ack is not None
    assert (ack.ok, ack.error) == (False, "relay_failed")


async def test_an_unknown_command_is_refused_by_its_name(desk: Desk) -> None:
    ack = desk.orders.take_command(b'{"name": "make.coffee", "command_id": "c-2"}', NOW)
    assert ack is not None
    assert (ack.command_id, ack.error) == ("c-2", "unknown_command")


async def test_a_renewal_is_started_once(desk: Desk) -> None:
    command = RefreshCertificate(command_id="c-3", expires_at=NOW + timedelta(seconds=5)).model_dump_json().encode()
    for _ in range(2):
        ack = desk.orders.take_command(command, NOW)
        assert ack is not None
        assert ack.ok
    assert desk.renewals == 1


async def test_a_pulse_ends_by_itself_and_a_second_one_prolongs_it(desk: Desk) -> None:
    ended = asyncio.Event()
    relays = Relays({"door-1": "simulated"}, lambda _output, active, *_: None if active else ended.set())
    relays.pulse("door-1", 0.05, "a")
    relays.pulse("door-1", 0.1, "b")
    async with asyncio.timeout(5):
        await ended.wait()
    assert relays.states() == {"door-1": False}
    assert [pulse["command_id"] for pulse in relays.status()["door-1"]["pulses"]] == ["a", "b"]  # type: ignore[attr-defined]


async def test_a_simulated_station_has_every_output_that_is_asked_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {"*": "simulated"})
    assert desk.orders.take_desired(Desired(version=1, outputs=(Output(name="gate"),)).model_dump_json().encode())
    assert desk.relays.states() == {"gate": False}


async def test_desired_state_is_remembered_and_a_missing_output_keeps_the_old_one(desk: Desk, tmp_path: Path) -> None:
    assert desk.orders.take_desired(Desired(version=3, language="de").model_dump_json().encode())
    assert not desk.orders.take_desired(Desired(version=4, outputs=(Output(name="gate"),)).model_dump_json().encode())
    assert (desk.orders.version, desk.orders.error) == (3, "This station has no output gate.")
    again = Desk(tmp_path).orders
    assert again.desired is not None
    assert (again.version, again.desired.language) == (3, "de")
    assert stat.S_IMODE((tmp_path / "desired.json").stat().st_mode) == 0o644


async def test_a_relay_that_is_none_is_named() -> None:
    with pytest.raises(BadConfiguration, match="use simulated or gpio"):
        Relays({"door-1": "magic"}, lambda *_: None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode) | st.just(b"[" * 5000))
def test_any_payload_is_an_answer_or_none(tmp_path: Path, payload: bytes) -> None:
    orders = Orders(Folder(tmp_path), Relays({}, lambda *_: None), lambda: None)
    orders.take_command(payload, NOW)
    orders.take_desired(payload)
    assert orders.version == 0
