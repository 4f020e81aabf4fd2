"""The station's outputs and buttons: simulated relays, and real pins through gpiozero (extra `gpio`)."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol  # Any: gpiozero has no types

from antiphon.limits import DOOR_PULSE_MAX_S
from antiphon_station.errors import BadConfiguration, DeviceFailed

_log = logging.getLogger("station.relay")
_PULSES_KEPT = 50
ANY = "*"


class Relay(Protocol):
    def switch(self, on: bool) -> None:
        """Close or open the contact; raises DeviceFailed."""

    def close(self) -> None: ...


class SimulatedRelay:
    """A contact that exists in the status only."""

    def __init__(self) -> None:
        self.on = False

    def switch(self, on: bool) -> None:
        self.on = on

    def close(self) -> None:
        """Nothing to give back."""


class GpioRelay:
    """A contact on a pin of this board."""

    def __init__(self, pin: str) -> None:
        try:
            device: Any = importlib.import_module("gpiozero").OutputDevice
            self._device = device(pin, initial_value=False)
        except Exception as error:  # gpiozero raises its own kinds, and those of the pin library underneath
            raise DeviceFailed(f"The relay on pin {pin} cannot be used.") from error

    def switch(self, on: bool) -> None:
        try:
            self._device.on() if on else self._device.off()
        except Exception as error:
            raise DeviceFailed("The relay did not switch.") from error

    def close(self) -> None:
        self._device.close()


@dataclass(slots=True)
class _Output:
    relay: Relay
    active: bool = False
    pulses: deque[dict[str, object]] = field(default_factory=lambda: deque(maxlen=_PULSES_KEPT))
    timer: asyncio.TimerHandle | None = None


class Relays:
    """All outputs of one station. `changed` is told whenever one starts or ends a pulse."""

    def __init__(self, settings: dict[str, str], changed: Callable[[str, bool, str, float], None]) -> None:
        self._changed = changed
        self._wildcard = settings.get(ANY)
        self._outputs = {name: _Output(_open(spec)) for name, spec in settings.items() if name != ANY}
        if self._wildcard is not None and self._wildcard != "simulated":
            raise BadConfiguration('Only simulated relays can stand for every output: "*" = "simulated".')

    def has(self, output: str) -> bool:
        return output in self._outputs or self._wildcard is not None

    def expect(self, output: str) -> None:
        """Show this output from now on, also before its first pulse."""
        if output not in self._outputs and self._wildcard is not None:
            self._outputs[output] = _Output(SimulatedRelay())

    def pulse(self, output: str, pulse_s: float, command_id: str) -> None:
        """Close the contact for `pulse_s`; during a pulse the new one counts from now. Raises DeviceFailed."""
        self.expect(output)
        state = self._outputs.get(output)
        if state is None:
            raise DeviceFailed(f"This station has no output {output}.")
        seconds = min(pulse_s, DOOR_PULSE_MAX_S)
        state.relay.switch(True)
        if state.timer is not None:
            state.timer.cancel()
        state.active = True
        state.pulses.append({"command_id": command_id, "at": datetime.now(UTC).isoformat(), "pulse_s": seconds})
        state.timer = asyncio.get_running_loop().call_later(seconds, self._end, output, command_id)
        self._changed(output, True, command_id, seconds)

    def _end(self, output: str, command_id: str) -> None:
        state = self._outputs[output]
        state.timer, state.active = None, False
        try:
            state.relay.switch(False)
        except DeviceFailed:
            _log.exception("A relay did not open its contact")
        self._changed(output, False, command_id, 0.0)

    def states(self) -> dict[str, bool]:
        return {name: output.active for name, output in self._outputs.items()}

    def status(self) -> dict[str, dict[str, object]]:
        return {
            name: {"state": "active" if output.active else "idle", "pulses": list(output.pulses)}
            for name, output in self._outputs.items()
        }

    def close(self) -> None:
        """Open every contact: a station that stops leaves no door open."""
        for name, output in self._outputs.items():
            if output.timer is not None:
                output.timer.cancel()
            try:
                output.relay.switch(False)
            except DeviceFailed:
                _log.exception("A relay did not open its contact", extra={"output": name})
            output.relay.close()


def _open(spec: str) -> Relay:
    if spec == "simulated":
        return SimulatedRelay()
    if spec.startswith("gpio:"):
        return GpioRelay(spec.removeprefix("gpio:"))
    raise BadConfiguration(f"The relay {spec!r} is not known: use simulated or gpio:PIN.")


def open_buttons(settings: dict[str, str], pressed: Callable[[str], None]) -> list[Callable[[], None]]:
    """Watch the buttons on pins; `pressed` is called on a thread. Returns what gives each back. Raises DeviceFailed."""
    closers: list[Callable[[], None]] = []
    for name, spec in settings.items():
        if not spec.startswith("gpio:"):
            raise BadConfiguration(f"The button {name!r} is not known: use gpio:PIN.")
        try:
            button: Any = importlib.import_module("gpiozero").Button(spec.removeprefix("gpio:"), bounce_time=0.05)
        except Exception as error:  # as above
            raise DeviceFailed(f"The button {name} cannot be used.") from error
        button.when_pressed = lambda name=name: pressed(name)
        closers.append(button.close)
    return closers
