"""The MQTT client of a role: facts between our processes (Bus), messages to and from stations (Messaging)."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pydantic import TypeAdapter, ValidationError

from antiphon import events, limits, log, metrics
from antiphon.devices import MessageEvents, StationUnreachable, Topic
from antiphon.events import Fact
from antiphon.settings import Settings
from antiphon.wire.station import Command, Desired, commands_topic, desired_topic

_log = log.get("mqtt")

USER = "platform"
F = TypeVar("F", bound=Fact)

_DEVICE_TOPIC = re.compile(r"v1/devices/([A-Za-z0-9_-]{1,64})/(connection|reported|acks)")
_FACT_TOPIC = re.compile(r"v1/facts/([A-Za-z0-9_-]{1,64})/([A-Za-z]{1,60})")
_KINDS: dict[str, type[Fact]] = {
    kind.__name__: kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Fact)
}

_ADAPTERS: dict[str, TypeAdapter[Fact]] = {name: TypeAdapter(kind) for name, kind in _KINDS.items()}


class FactMalformed(ValueError):
    """Bytes on a fact's topic that are no fact of this software."""


def fact_topic(fact: Fact) -> str:
    """`v1/facts/{company_id}/{kind}`."""
    return f"v1/facts/{fact.company_id}/{type(fact).__name__}"


def write_fact(fact: Fact) -> bytes:
    """One fact as a JSON object."""
    return _ADAPTERS[type(fact).__name__].dump_json(fact)


def read_fact(topic: str, payload: bytes) -> Fact:
    """The fact on that topic, fields that are new to us left aside; raises `FactMalformed`."""
    named = _FACT_TOPIC.fullmatch(topic)
    kind = _KINDS.get(named.group(2)) if named else None
    if named is None or kind is None:
        raise FactMalformed(topic)
    try:
        fact = _ADAPTERS[kind.__name__].validate_json(payload)
    except ValidationError as error:
        raise FactMalformed(topic) from error
    if fact.company_id != named.group(1):
        raise FactMalformed(topic)
    return fact


@dataclass(slots=True)
class Dropped:
    """What did not get through, counted since the start."""

    facts: int = 0
    messages: int = 0


class MqttGateway:
    """One session with the broker, renewed for ever. Implements `Bus` and `Messaging`; everything on one event loop."""

    def __init__(self, settings: Settings, role: str) -> None:
        self._settings, self._role = settings, role
        self._client: aiomqtt.Client | None = None
        self._handlers: dict[type[Fact], list[Callable[[Fact], None]]] = {}
        self._listeners: list[tuple[MessageEvents, frozenset[Topic]]] = []
        self._watchers: list[tuple[str, Callable[[str, bytes], None]]] = []
        self._sending: set[asyncio.Task[None]] = set()
        self.dropped = Dropped()

    @property
    def connected(self) -> bool:
        """Whether the session stands."""
        return self._client is not None

    # -- Bus ---------------------------------------------------------------------------------------------------------

    def publish(self, fact: Fact) -> None:
        """Hand over one fact; while the broker is away it is dropped, counted and logged."""
        client = self._client
        if client is None:
            self._drop(fact)
            return
        task = asyncio.get_running_loop().create_task(self._publish(client, fact))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def deliver(self, fact: Fact) -> None:
        """Hand over one fact and wait until the broker has it; raises `StationUnreachable` when it does not take it."""
        await self._send(fact_topic(fact), write_fact(fact).decode())

    def subscribe(self, kind: type[F], handler: Callable[[F], None]) -> None:
        """Call `handler` for every fact of this kind, own ones included. Subscribe before `run`."""

        def typed(fact: Fact) -> None:
            if isinstance(fact, kind):
                handler(fact)

        self._handlers.setdefault(kind, []).append(typed)

    # -- Messaging ---------------------------------------------------------------------------------------------------

    def listen(self, listener: MessageEvents, topics: Iterable[Topic]) -> None:
        """Tell `listener` what comes from stations on these topics. Before `run`."""
        self._listeners.append((listener, frozenset(topics)))

    async def send_desired(self, device_id: str, desired: Desired) -> None:
        """Retained, QoS 1; raises `StationUnreachable` when the broker does not take it."""
        await self._send(desired_topic(device_id), desired.model_dump_json(), retain=True)

    async def send_command(self, device_id: str, command: Command) -> None:
        """QoS 1, dropped by the broker after `DOOR_ACK_MAX_S`; raises `StationUnreachable` while the broker is away."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        properties.MessageExpiryInterval = max(1, round(limits.DOOR_ACK_MAX_S))
        await self._send(commands_topic(device_id), command.model_dump_json(), properties=properties)

    async def end_session(self, device_id: str) -> None:
        """Take the station's session over with its own name: the broker ends the old connection (a live one too).

        The broker names each station's session after its certificate, so the names are equal. The retained desired state
        goes as well. Raises `StationUnreachable` when the broker is away.
        """
        try:
            async with self._open(device_id):
                pass
        except aiomqtt.MqttError as error:
            raise StationUnreachable(device_id=device_id) from error
        await self._send(desired_topic(device_id), "", retain=True)

    def watch(self, topics: str, told: Callable[[str, bytes], None]) -> None:
        """Call `told` for what comes on the broker's own topics (`$SYS/...`). Before `run`."""
        self._watchers.append((topics, told))

    # -- the session -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the session until cancelled: reconnects for ever, later each time, up to `MQTT_RETRY_MAX_S`."""
        delay_s = limits.MQTT_RETRY_MIN_S
        while True:
            try:
                async with self._open(f"antiphon-{self._role}-{os.getpid()}") as client:
                    delay_s = limits.MQTT_RETRY_MIN_S
                    await self._serve(client)
            except (aiomqtt.MqttError, OSError) as error:
                _log.warning("broker not reached", error=type(error).__name__, retry_s=delay_s)
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, limits.MQTT_RETRY_MAX_S)

    async def _serve(self, client: aiomqtt.Client) -> None:
        topics = [(f"v1/facts/+/{kind.__name__}", 1) for kind in self._handlers]
        heard = sorted({name for _, names in self._listeners for name in names})
        topics += [(f"v1/devices/+/{name}", 1) for name in heard]
        topics += [(topic, 0) for topic, _ in self._watchers]
        for topic, qos in topics:
            await client.subscribe(topic, qos)
        self._client = client
        _log.info("broker connected", subscriptions=len(topics))
        try:
            for listener, _ in self._listeners:
                listener.broker_connected()
            async for message in client.messages:
                self._take(str(message.topic), message.payload)
        finally:
            self._client = None
            _log.warning("broker lost")
            for listener, _ in self._listeners:
                listener.broker_lost()

    def _take(self, topic: str, payload: object) -> None:
        if not isinstance(payload, bytes) or len(payload) > limits.MQTT_PAYLOAD_MAX_BYTES:
            self._refuse(topic, "too large")
            return
        if topic.startswith("$SYS/"):
            for _, told in self._watchers:
                _shielded(topic, told, topic, payload)
            return
        device = _DEVICE_TOPIC.fullmatch(topic)
        if device is not None:
            name: Topic = device.group(2)  # type: ignore[assignment]  # the pattern names nothing else
            for listener, topics in self._listeners:
                if name in topics:
                    _shielded(topic, listener.message, device.group(1), name, payload)
            return
        try:
            fact = read_fact(topic, payload)
        except FactMalformed:
            self._refuse(topic, "malformed")
            return
        metrics.FACT_SECONDS.observe(max(0.0, (datetime.now(UTC) - fact.at).total_seconds()))
        for handler in self._handlers.get(type(fact), ()):
            _shielded(topic, handler, fact)

    def _open(self, identifier: str) -> aiomqtt.Client:
        return aiomqtt.Client(
            str(self._settings.mqtt_socket),
            transport="unix",
            identifier=identifier,
            username=USER,
            password=self._settings.secret("mqtt.password"),
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=True,
            keepalive=limits.MQTT_KEEPALIVE_S,
            timeout=limits.MQTT_TIMEOUT_S,
            max_concurrent_outgoing_calls=None,
        )

    async def _send(
        self, topic: str, payload: str, *, retain: bool = False, properties: Properties | None = None
    ) -> None:
        client = self._client
        if client is None:
            raise StationUnreachable(reason="broker away")
        try:
            await client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        except aiomqtt.MqttError as error:
            raise StationUnreachable(reason="broker away") from error

    async def _publish(self, client: aiomqtt.Client, fact: Fact) -> None:
        try:
            await client.publish(fact_topic(fact), write_fact(fact), qos=1)
        except aiomqtt.MqttError:
            self._drop(fact)

    def _drop(self, fact: Fact) -> None:
        self.dropped.facts += 1
        kind = type(fact).__name__
        _log.warning("fact dropped", company_id=fact.company_id, kind=kind, dropped=self.dropped.facts)

    def _refuse(self, topic: str, reason: str) -> None:
        self.dropped.messages += 1
        _log.warning("message refused", topic=topic[:200], reason=reason)


def _shielded(topic: str, take: Callable[..., None], *arguments: object) -> None:
    """One message that somebody cannot take must not end the session for all the others."""
    try:
        take(*arguments)
    except Exception:  # noqa: BLE001 - whatever it was, it is logged with its trace
        _log.exception("message not taken", topic=topic[:200])
