"""Facts as they travel, and a gateway without a broker."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon import events
from antiphon.devices import StationUnreachable
from antiphon.events import DeviceRevoked, DoorOpened, Fact, StationPresenceChanged
from antiphon.gateways.mqtt import FactMalformed, MqttGateway, fact_topic, read_fact, write_fact
from antiphon.settings import Settings
from antiphon.wire.station import Desired, OpenDoor

KINDS = [
    kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Fact) and kind is not Fact
]
AT = datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)
ONLINE = StationPresenceChanged("fact_1", "company_1", AT, "station_1", True)


@given(
    st.sampled_from(KINDS).flatmap(
        lambda kind: st.builds(
            kind, at=st.datetimes(timezones=st.just(UTC)), company_id=st.from_regex(r"\A[a-z0-9_]{1,40}\Z")
        )
    )
)
def test_every_kind_of_fact_arrives_as_it_left(fact: Fact) -> None:
    assert read_fact(fact_topic(fact), write_fact(fact)) == fact


def test_a_fact_lies_below_its_company() -> None:
    assert fact_topic(ONLINE) == "v1/facts/company_1/StationPresenceChanged"


def test_a_field_that_a_newer_sender_added_is_left_aside() -> None:
    document = json.loads(write_fact(ONLINE)) | {"colour": "red"}
    assert read_fact(fact_topic(ONLINE), json.dumps(document).encode()) == ONLINE


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("v1/facts/company_2/StationPresenceChanged", write_fact(ONLINE)),
        ("v1/facts/company_1/NeverHeardOf", write_fact(ONLINE)),
        ("v1/facts/company_1/DeviceRevoked", write_fact(ONLINE)),
        ("v1/facts/company_1", write_fact(ONLINE)),
        ("v1/facts/company_1/StationPresenceChanged", b""),
        ("v1/facts/company_1/StationPresenceChanged", b"[]"),
        ("v1/facts/company_1/StationPresenceChanged", b"\xff"),
    ],
)
def test_what_is_no_fact_is_malformed(topic: str, payload: bytes) -> None:
    with pytest.raises(FactMalformed):
        read_fact(topic, payload)


@given(st.sampled_from(KINDS), st.binary(max_size=200))
def test_whatever_arrives_is_a_fact_or_malformed(kind: type[Fact], payload: bytes) -> None:
    with pytest.raises(FactMalformed):
        read_fact(f"v1/facts/company_1/{kind.__name__}", payload)


@pytest.fixture
def gateway(settings: Settings) -> MqttGateway:
    return MqttGateway(settings, "test")


async def test_while_the_broker_is_away_commands_fail_at_once_and_facts_are_counted(gateway: MqttGateway) -> None:
    command = OpenDoor(command_id="c", output="door", pulse_s=1, expires_at=AT)
    with pytest.raises(StationUnreachable):
        await gateway.send_command("station_1", command)
    with pytest.raises(StationUnreachable):
        await gateway.send_desired("station_1", Desired(version=1))
    gateway.publish(ONLINE)
    assert gateway.dropped.facts == 1
    assert not gateway.connected


class Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[str, str, bytes]] = []

    def message(self, device_id: str, topic: str, payload: bytes) -> None:
        if payload == b"poison":
            raise RuntimeError("cannot take this")
        self.heard.append((device_id, topic, payload))

    def broker_connected(self) -> None: ...
    def broker_lost(self) -> None: ...


def test_each_listener_hears_its_topics_and_survives_what_it_cannot_take(gateway: MqttGateway) -> None:
    presence, acks = Listener(), Listener()
    gateway.listen(presence, ("connection", "reported"))
    gateway.listen(acks, ("acks",))
    gateway._take("v1/devices/station_1/connection", b"poison")
    gateway._take("v1/devices/station_1/connection", b"{}")
    gateway._take("v1/devices/station_1/acks", b"[]")
    assert presence.heard == [("station_1", "connection", b"{}")]
    assert acks.heard == [("station_1", "acks", b"[]")]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("v1/devices/station_1/connection", b"x" * 70_000),
        ("v1/devices/sta/tion/connection", b"{}"),
        ("v1/devices/station_1/desired", b"{}"),
        ("v1/devices//acks", b"{}"),
        ("v2/whatever", b"{}"),
    ],
)
def test_what_belongs_to_nobody_is_refused_and_counted(gateway: MqttGateway, topic: str, payload: bytes) -> None:
    listener = Listener()
    gateway.listen(listener, ("connection", "reported", "acks"))
    gateway._take(topic, payload)
    assert listener.heard == []
    assert gateway.dropped.messages == 1


def test_a_subscriber_gets_its_kind_of_fact_only(gateway: MqttGateway) -> None:
    doors: list[DoorOpened] = []
    presence: list[StationPresenceChanged] = []
    gateway.subscribe(DoorOpened, doors.append)
    gateway.subscribe(StationPresenceChanged, presence.append)
    revoked = DeviceRevoked("fact_2", "company_1", AT, "station_1", "abc")
    for fact in (ONLINE, revoked):
        gateway._take(fact_topic(fact), write_fact(fact))
    assert (doors, presence) == ([], [ONLINE])
    assert {field.name for field in fields(ONLINE)} == {"fact_id", "company_id", "at", "device_id", "online"}
