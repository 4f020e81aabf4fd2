"""MQTT: what stations say to the platform, what the platform says to stations, and facts between our own processes."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, datetime
from random import Random

from antiphon.devices import Commander
from antiphon.devices.inbox import Inbox
from antiphon.events import CallEnded, DoorOpened, SessionsEnded, StationPresenceChanged
from antiphon.gateways.mqtt import _KINDS, FactMalformed, MqttGateway, fact_topic, read_fact, write_fact
from antiphon.wire.station import (
    Ack,
    Button,
    Connection,
    Desired,
    OpenDoor,
    Output,
    RefreshCertificate,
    Reported,
)
from antiphon_station.config import Folder
from antiphon_station.orders import Orders
from antiphon_station.relay import Relays
from tests.fuzz import house
from tests.fuzz.mutation import change_json
from tests.fuzz.script import ScriptMutator, Step, read, write
from tests.fuzz.target import ByteMutator, Stopwatch, Target, hold

CONNECTION, REPORTED, ACKS, FACT, DESIRED, COMMAND, ANY_TOPIC = range(7)
KINDS = 7
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WORDS = (
    "online",
    "offline",
    "door.open",
    "certificate.renew",
    "door-1",
    "idle",
    "active",
    "de",
    "en",
    "unknown_output",
    "c-1",
    600,
    600.1,
)
FACTS_FORGOTTEN_AFTER = 2_000
THOROUGH_EVERY = 16


class Mqtt(Target):
    name = "mqtt"

    def __init__(self) -> None:
        self._house = house.build()
        self._loop = asyncio.new_event_loop()
        self._inputs = 0
        self._seeds = self._messages()
        self._mutator = ScriptMutator(self._seeds, KINDS, _change)

    def _messages(self) -> list[bytes]:
        company, device = self._house.tenant.company.id, self._house.station.id
        facts = (
            StationPresenceChanged("fact_1", company, NOW, device, True),
            DoorOpened("fact_2", company, NOW, "door_1", device, "user", None),
            CallEnded("fact_3", company, NOW, "call_1", device, "answered"),
            SessionsEnded("fact_4", company, NOW, "user_1", ("session_1",)),
        )
        said = [
            *(Step(CONNECTION, Connection(state=state, at=NOW).model_dump_json().encode()) for state in ("online", "offline")),
            Step(REPORTED, _json(Reported(version=3, error="no output", software="1", model="SIM", outputs={"door-1": "idle"}))),
            Step(ACKS, _json(Ack(command_id="c-1", ok=False, error="expired"))),
            Step(DESIRED, _json(Desired(version=2, buttons=(Button(name="main", label="Müller"),), outputs=(Output(name="door-1"),)))),
            Step(COMMAND, _json(OpenDoor(command_id="c-1", output="door-1", pulse_s=3, expires_at=datetime(2026, 3, 2, 8, 1, tzinfo=UTC)))),
            Step(COMMAND, _json(RefreshCertificate(command_id="c-2", expires_at=datetime(2026, 3, 2, 8, 1, tzinfo=UTC)))),
            *(Step(FACT, fact_topic(fact).encode() + b"\0" + write_fact(fact)) for fact in facts),
            Step(ANY_TOPIC, f"v1/devices/{device}/reported".encode() + b"\0{}"),
        ]  # fmt: skip
        return [write(said), *(write([step]) for step in said), write([said[5], said[5], said[6], said[4]])]

    def seeds(self) -> list[bytes]:
        return self._seeds

    def mutate(self, data: bytes, random: Random, mutate_bytes: ByteMutator) -> bytes:
        return self._mutator.mutate(data, random, mutate_bytes)

    def run(self, data: bytes) -> int:
        steps = read(data, KINDS)
        # What follows a script takes longer than the script: not after every one.
        self._loop.run_until_complete(_Broker(self._house).deliver(steps, thorough=self._inputs % THOROUGH_EVERY == 0))
        self._inputs += 1
        if self._inputs % FACTS_FORGOTTEN_AFTER == 0:
            self._house.forget_facts()
        return max(1, len(steps))


def _json(payload: object) -> bytes:
    return payload.model_dump_json().encode()  # type: ignore[attr-defined,no-any-return]


def _change(kind: int, data: bytes, random: Random) -> bytes:
    if kind in (FACT, ANY_TOPIC):
        topic, _, payload = data.partition(b"\0")
        if random.random() < 0.3:
            place = random.randint(0, len(topic))
            topic = (
                topic[:place] + random.choice((b"/", b"+", b"#", b"x", b"\xff", b"$SYS/", b"A" * 70)) + topic[place:]
            )
        return topic + b"\0" + change_json(payload, random, WORDS)
    return change_json(data, random, WORDS)


class _Messaging:
    """Commands go nowhere; their acknowledgements are the script's."""

    async def send_command(self, device_id: str, command: object) -> None:
        return None


class _Broker:
    """The platform's gateway, inbox and commander, and one station's orders."""

    def __init__(self, built: house.House) -> None:
        self._house = built
        self._device = built.station.id
        self._gateway = MqttGateway(built.settings, "fuzz")
        self._inbox = Inbox(built.database, built.clock)
        self._commander = Commander(_Messaging(), built.clock, ack_max_s=60)  # type: ignore[arg-type]
        self._gateway.listen(self._inbox, ("connection", "reported"))
        self._gateway.listen(self._commander, ("acks",))
        self._facts: list[object] = []
        for kind in _KINDS.values():
            self._gateway.subscribe(kind, self._facts.append)
        data = built.settings.data / "station"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        self._relays = Relays({"door-1": "simulated"}, lambda *pulse: None)
        self._orders = Orders(Folder(data), self._relays, lambda: None)

    async def deliver(self, steps: list[Step], *, thorough: bool) -> None:
        watch = Stopwatch()
        waiting = asyncio.ensure_future(self._commander.open_door(self._device, "door-1", 3, "c-1"))
        await asyncio.wait({waiting}, timeout=0)
        for kind, data in steps:
            if kind == DESIRED:
                self._desired(data)
            elif kind == COMMAND:
                self._command(data)
            else:
                await self._from_the_broker(*self._addressed(kind, data))
            watch.lap()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        if thorough:
            await self._still_works()
        self._relays.close()

    def _addressed(self, kind: int, data: bytes) -> tuple[str, bytes]:
        if kind in (FACT, ANY_TOPIC):
            topic, _, payload = data.partition(b"\0")
            return topic.decode("utf-8", "replace"), payload
        name = {CONNECTION: "connection", REPORTED: "reported", ACKS: "acks"}[kind]
        return f"v1/devices/{self._device}/{name}", data

    async def _from_the_broker(self, topic: str, payload: bytes) -> None:
        self._gateway._take(topic, payload)
        await self._inbox.digest()
        house.raise_unexpected()
        try:
            fact = read_fact(topic, payload)
        except FactMalformed:
            return
        hold(read_fact(fact_topic(fact), write_fact(fact)) == fact, "a fact reads differently the second time")

    def _desired(self, payload: bytes) -> None:
        before = self._orders.desired
        taken = self._orders.take_desired(payload)
        desired = self._orders.desired
        hold(taken or desired is before, "what was refused is in force")
        if taken and desired is not None:
            hold(
                Desired.model_validate_json(desired.model_dump_json()) == desired,
                "it reads differently the second time",
            )

    def _command(self, payload: bytes) -> None:
        ack = self._orders.take_command(payload, NOW)
        if ack is not None:
            hold(Ack.model_validate_json(ack.model_dump_json()) == ack, "an acknowledgement that cannot be read")
            hold(len(json.dumps(ack.model_dump())) < 100_000, "an acknowledgement without bounds")

    async def _still_works(self) -> None:
        """Presence of the station is taken, and the door opens."""
        device = self._device
        for state in ("offline", "online"):
            await self._from_the_broker(f"v1/devices/{device}/connection", _json(Connection(state=state)))  # type: ignore[arg-type]
        found = self._house.database.run_sync(lambda tx: house.devices.station_for_call(tx, device), read_only=True)
        hold(found.online, "a station that says it is online is not")
        command = OpenDoor(
            command_id="well", output="door-1", pulse_s=1, expires_at=datetime(2026, 3, 2, 8, 1, tzinfo=UTC)
        )
        ack = self._orders.take_command(_json(command), NOW)
        hold(ack is not None and ack.ok, "the door does not open any more")


TARGET = Mqtt
