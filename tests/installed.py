"""A running installation as people, stations and strangers meet it from outside."""

from __future__ import annotations

import asyncio
import json
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import aiomqtt
import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from antiphon.settings import Settings
from antiphon.wire.station import (
    Ack,
    ClaimReply,
    Connection,
    acks_topic,
    commands_topic,
    connection_topic,
    desired_topic,
)
from hardware import certificate_request, key_pem, new_key
from residents import PASSWORD, Tenant

PATIENCE_S = 10.0


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask again and again until it holds, for what nobody announces; fails after `PATIENCE_S`."""
    for _ in range(int(PATIENCE_S / 0.05)):
        if await holds():
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.05)
    raise AssertionError("it never came to hold")


class Switches(Protocol):
    """Stops and starts single parts by name."""

    def off(self, name: str) -> None: ...
    def on(self, name: str) -> None: ...


@dataclass
class Installed:
    """Where everything is, and the switches of its parts."""

    settings: Settings
    switches: Switches

    @property
    def portal(self) -> str:
        return f"https://127.0.0.1:{self.settings.ports.https}"

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.settings.pki / "root.crt"))

    @asynccontextmanager
    async def administrator(self, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
        """A signed-in browser."""
        async with httpx.AsyncClient(base_url=self.portal, verify=self.trusting()) as client:
            body = {"email": tenant.owner.email, "password": PASSWORD}
            answer = await client.post("/api/v1/session", json=body)
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            yield client

    async def claim(self, code: str, key: ec.EllipticCurvePrivateKey) -> httpx.Response:
        """What a station does with a claim code; it trusts nobody yet but the platform's root."""
        body = {
            "claim_code": code,
            "certificate_request": certificate_request(key),
            "model": "TEST-1",
            "software": "1.0",
        }
        async with httpx.AsyncClient(base_url=self.portal, verify=self.trusting()) as client:
            return await client.post("/device/v1/claim", json=body)

    async def station(self, tenant: Tenant, name: str = "Haupteingang") -> Hardware:
        """A new station, claimed the way stations are claimed."""
        async with self.administrator(tenant) as anna:
            answer = await anna.post("/api/v1/stations", json={"name": name, "place_id": tenant.site.id})
        assert answer.status_code == 201, answer.text
        key = new_key()
        claimed = await self.claim(answer.json()["claim_code"], key)
        assert claimed.status_code == 200, claimed.text
        return Hardware(self, key, ClaimReply.model_validate_json(claimed.content))

    @asynccontextmanager
    async def facts(self) -> AsyncIterator[Messages]:
        """What the roles tell each other."""
        async with aiomqtt.Client(
            str(self.settings.mqtt_socket),
            transport="unix",
            username="platform",
            password=self.settings.secret("mqtt.password"),
        ) as client:
            await client.subscribe("v1/facts/#", qos=1)
            yield Messages(client)


@dataclass
class Messages:
    """What arrives on one session, waited for with an end."""

    client: aiomqtt.Client
    seen: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def wait_for(self, end_of_topic: str, within_s: float = PATIENCE_S, **fields: object) -> dict[str, Any]:
        """The next message whose topic ends so and whose fields are these."""
        async with asyncio.timeout(within_s):
            async for message in self.client.messages:
                assert isinstance(message.payload, bytes)
                topic, body = str(message.topic), json.loads(message.payload)
                self.seen.append((topic, body))
                if topic.endswith(end_of_topic) and all(body.get(name) == value for name, value in fields.items()):
                    return dict(body)
        raise AssertionError("the session ended")


@dataclass
class Hardware:
    """A claimed station that speaks MQTT and HTTPS with its certificate."""

    installed: Installed
    key: ec.EllipticCurvePrivateKey
    reply: ClaimReply

    @property
    def id(self) -> str:
        return self.reply.device_id

    def tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.reply.trust)
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "crt").write_text(self.reply.certificate)
            (Path(folder) / "key").write_bytes(key_pem(self.key))
            context.load_cert_chain(Path(folder) / "crt", Path(folder) / "key")
        return context

    def session(self, identifier: str | None = None) -> aiomqtt.Client:
        return aiomqtt.Client(
            self.reply.mqtt_host,
            self.reply.mqtt_port,
            identifier=identifier,
            tls_context=self.tls(),
            timeout=3,
            will=aiomqtt.Will(connection_topic(self.id), Connection(state="offline").model_dump_json(), 1, True),
        )

    @asynccontextmanager
    async def online(self) -> AsyncIterator[Messages]:
        """In session, presence told, commands and desired state subscribed."""
        async with self.session() as client:
            await client.subscribe([(desired_topic(self.id), 1), (commands_topic(self.id), 1)])
            await client.publish(connection_topic(self.id), Connection(state="online").model_dump_json(), 1, True)
            yield Messages(client)

    async def obey(self, messages: Messages, answer: bool = True) -> list[str]:
        """Acknowledge every command until cancelled; returns the commands' ids."""
        carried_out: list[str] = []
        try:
            async for message in messages.client.messages:
                if str(message.topic) == commands_topic(self.id):
                    assert isinstance(message.payload, bytes)
                    command_id = json.loads(message.payload)["command_id"]
                    carried_out.append(command_id)
                    if answer:
                        ack = Ack(command_id=command_id, ok=True)
                        await messages.client.publish(acks_topic(self.id), ack.model_dump_json(), 1)
        except asyncio.CancelledError:
            pass
        return carried_out
