"""What the platform tells the station over MQTT: the desired state taken over or refused, commands carried out once. Pure
but for the two files that remember both across restarts."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from pydantic import Field, TypeAdapter, ValidationError

from antiphon.limits import MQTT_PAYLOAD_MAX_BYTES
from antiphon.wire.station import Ack, AckError, Command, Desired, OpenDoor, Payload, PlaceTestCall
from antiphon_station.config import Folder, write_file
from antiphon_station.errors import DeviceFailed
from antiphon_station.relay import Relays

_log = logging.getLogger("station.orders")
_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)
_REMEMBERED_MAX = 500
_REMEMBERED_AFTER_END = timedelta(minutes=10)  # clocks differ


class _Named(Payload):
    """What every command has, also one that a later platform invents."""

    command_id: str = Field(min_length=1)


class Orders:
    """`renew` starts a renewal of the certificate, `place_test` a test call, or says why not."""

    def __init__(
        self,
        folder: Folder,
        relays: Relays,
        renew: Callable[[], None],
        place_test: Callable[[str], AckError | None] = lambda _: "unknown_command",
    ) -> None:
        self._place_test = place_test
        self._folder = folder
        self._relays = relays
        self._renew = renew
        self.desired: Desired | None = None
        self.error: str | None = None
        self._acks: dict[str, tuple[Ack, datetime]] = {}
        self._recall()

    # -- desired state -----------------------------------------------------------------------------------------------

    def take_desired(self, payload: bytes) -> bool:
        """Take a desired state over; False when it cannot be in force, with the reason in `error`."""
        if not payload:
            return False  # the retained message was deleted: nothing is wanted, what is in force stays
        try:
            desired = _parsed_desired(payload)
        except ValueError:
            self.error = "The desired state is not understood."
            return False
        missing = [output.name for output in desired.outputs if not self._relays.has(output.name)]
        if missing:
            self.error = f"This station has no output {', '.join(missing)}."
            return False
        for output in desired.outputs:
            self._relays.expect(output.name)
        self.desired, self.error = desired, None
        write_file(self._folder.desired, desired.model_dump_json().encode(), secret=False)
        return True

    @property
    def version(self) -> int:
        return self.desired.version if self.desired else 0

    # -- commands ----------------------------------------------------------------------------------------------------

    def take_command(self, payload: bytes, now: datetime) -> Ack | None:
        """Carry one command out and say how it went; None when it cannot even be named."""
        try:
            command = _COMMAND.validate_json(payload[:MQTT_PAYLOAD_MAX_BYTES])
        except ValidationError:
            return _unknown(payload)
        before = self._acks.get(command.command_id)
        if before is not None:
            return before[0]
        expires_at = command.expires_at if command.expires_at.tzinfo else command.expires_at.replace(tzinfo=UTC)
        if now >= expires_at:
            return Ack(command_id=command.command_id, ok=False, error="expired")
        if isinstance(command, PlaceTestCall):
            refused = self._place_test(command.test_id)
            return self._remember(
                Ack(command_id=command.command_id, ok=refused is None, error=refused), expires_at, now
            )
        if not isinstance(command, OpenDoor):
            self._renew()
            return self._remember(Ack(command_id=command.command_id, ok=True), expires_at, now)
        if not self._relays.has(command.output):
            return Ack(command_id=command.command_id, ok=False, error="unknown_output")
        named = {"command_id": command.command_id, "call_id": command.call_id, "output": command.output}
        _log.info("A door command is carried out", extra=named)
        done = Ack(command_id=command.command_id, ok=True)
        self._remember(done, expires_at, now)  # first remembered, then done: never twice, whatever happens in between
        try:
            self._relays.pulse(command.output, command.pulse_s, command.command_id)
        except DeviceFailed:
            _log.exception("A relay failed", extra={"output": command.output})
            failed = Ack(command_id=command.command_id, ok=False, error="relay_failed")
            return self._remember(failed, expires_at, now)
        return done

    def _remember(self, ack: Ack, expires_at: datetime, now: datetime) -> Ack:
        self._acks[ack.command_id] = (ack, _remembered_until(expires_at))
        for command_id in [name for name, (_, until) in self._acks.items() if until < now]:
            del self._acks[command_id]
        while len(self._acks) > _REMEMBERED_MAX:
            del self._acks[next(iter(self._acks))]
        kept = [{"ack": ack.model_dump(), "until": until.isoformat()} for ack, until in self._acks.values()]
        try:
            write_file(self._folder.commands, json.dumps(kept).encode(), secret=False)
        except OSError as error:  # a full disk must not keep the door shut
            _log.error("A command could not be written down", extra={"reason": error.strerror})
        return ack

    def _recall(self) -> None:
        try:
            self.take_desired(self._folder.desired.read_bytes())
        except OSError:
            _log.debug("There is no desired state yet")
        try:
            for entry in json.loads(self._folder.commands.read_bytes()):
                ack = Ack.model_validate(entry["ack"])
                self._acks[ack.command_id] = (ack, datetime.fromisoformat(entry["until"]))
        except OSError:
            _log.debug("There are no commands yet")
        except (ValueError, KeyError, TypeError):
            _log.error("The remembered commands cannot be read")


def _remembered_until(expires_at: datetime) -> datetime:
    try:
        return expires_at.astimezone(UTC) + _REMEMBERED_AFTER_END
    except OverflowError:  # the last days of the calendar
        return datetime.max.replace(tzinfo=UTC)


def _parsed_desired(payload: bytes) -> Desired:
    if len(payload) > MQTT_PAYLOAD_MAX_BYTES:
        raise ValueError("too long")
    return Desired.model_validate_json(payload)


def _unknown(payload: bytes) -> Ack | None:
    try:
        command_id = _Named.model_validate_json(payload[:MQTT_PAYLOAD_MAX_BYTES]).command_id
    except ValidationError:
        return None
    return Ack(command_id=command_id[:128], ok=False, error="unknown_command")
