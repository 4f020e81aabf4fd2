"""What the engines and the supervisor say about themselves, as readings; and the front's own exporter, handed on."""

from __future__ import annotations

import asyncio
import http.client
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from antiphon import log, metrics
from antiphon.assembly.engines import health
from antiphon.assembly.engines.outages import outages
from antiphon.errors import AntiphonError
from antiphon.gateways.edge import EngineEdge
from antiphon.limits import FIGURES_MAX_S
from antiphon.settings import Settings
from antiphon.wire.ng.bencode import BencodeError, decode, encode

_log = log.get("figures")
BROKER_FIGURES = "$SYS/broker/#"
FRONT_SOCKET = "haproxy.metrics"


class BrokerFigures:
    """Keeps what Mosquitto tells about itself under `$SYS`."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def told(self, topic: str, payload: bytes) -> None:
        """One figure; what is no number is left aside."""
        with suppress(ValueError):
            self._told[topic.removeprefix("$SYS/broker/")] = float(payload)

    def look(self) -> None:
        """Bring the readings up to date."""
        told = self._told
        if "clients/connected" in told:
            metrics.BROKER_CLIENTS.put(told["clients/connected"])
        ways = {"received": "messages/received", "sent": "messages/sent", "dropped": "publish/messages/dropped"}
        metrics.BROKER_MESSAGES.put({(way,): told[topic] for way, topic in ways.items() if topic in told})


class EngineFigures:
    """Asks every engine at a look; what does not answer is not shown, and the others are."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._edge = EngineEdge(settings)

    async def look(self) -> None:
        """Bring the readings up to date."""
        await asyncio.gather(self._parts(), self._sip_edge(), self._media())

    async def _parts(self) -> None:
        found = await asyncio.to_thread(health.health, self._settings)
        metrics.PART_UP.put({(part.name,): float(part.state == "up") for part in found})
        metrics.PART_RESTARTS.put({(part.name,): part.restarts for part in found})
        started: dict[tuple[str, ...], float] = {
            (part.name,): datetime.fromisoformat(part.since).timestamp() for part in found if part.since
        }
        metrics.PART_STARTED.put(started)
        remembered = outages(self._settings.data)
        metrics.PART_DOWN_SINCE.put({(one.part,): one.since.timestamp() for one in remembered if one.until is None})
        metrics.PART_LAST_OUTAGE.put(
            {(one.part,): (one.until - one.since).total_seconds() for one in remembered if one.until is not None}
        )

    async def _sip_edge(self) -> None:
        readings = (
            metrics.REGISTRATIONS,
            metrics.EDGE_REQUESTS,
            metrics.EDGE_CONNECTIONS,
            metrics.EDGE_TRANSACTIONS,
            metrics.EDGE_MEMORY_FREE,
        )
        try:
            told = await self._edge.statistics()
        except AntiphonError as error:
            _log.warning("edge told no figures", code=error.code)
            for one in readings:
                one.forget()
            return
        metrics.REGISTRATIONS.put(
            {
                ("stations",): told.get("usrloc:devices_contacts", 0),
                ("accounts",): told.get("usrloc:accounts_contacts", 0),
            }
        )
        metrics.EDGE_REQUESTS.put(told.get("core:rcv_requests", 0))
        metrics.EDGE_CONNECTIONS.put(told.get("tcp:current_opened_connections", 0))
        metrics.EDGE_TRANSACTIONS.put(told.get("tmx:active_transactions", 0))
        metrics.EDGE_MEMORY_FREE.put(told.get("shmem:free_size", 0))

    async def _media(self) -> None:
        readings = metrics.MEDIA_SESSIONS, metrics.MEDIA_PACKETS, metrics.MEDIA_ERRORS
        try:
            told = await asyncio.to_thread(statistics_of_media, self._settings.ports.ng)
        except (OSError, BencodeError) as error:
            _log.warning("media engine told no figures", error=type(error).__name__)
            for one in readings:
                one.forget()
            return
        now, total = _part(told, "currentstatistics"), _part(told, "totalstatistics")
        metrics.MEDIA_SESSIONS.put(_number(now, "sessionstotal"))
        metrics.MEDIA_PACKETS.put(_number(total, "relayedpackets"))
        metrics.MEDIA_ERRORS.put(_number(total, "relayedpacketerrors"))


def statistics_of_media(port: int) -> Mapping[str, Any]:  # Any: whatever the engine tells, looked up by name
    """The answer to the NG command `statistics`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.settimeout(FIGURES_MAX_S)
        asked.connect((health.LOOPBACK, port))
        cookie = secrets.token_hex(6).encode()
        asked.send(cookie + b" " + encode({"command": "statistics"}))
        answer = decode(asked.recv(65_536).partition(b" ")[2])
    return _part(answer, "statistics")


def front_exposition(settings: Settings) -> str:
    """HAProxy's own figures in Prometheus' text format; raises OSError or HTTPException when it does not answer."""
    connection = health.UnixConnection(settings.run / FRONT_SOCKET)
    try:
        connection.request("GET", "/metrics?scope=global&scope=frontend&scope=backend&no-maint")
        answer = connection.getresponse()
        return answer.read().decode() if answer.status == http.client.OK else ""
    finally:
        connection.close()


def _part(told: object, name: str) -> Mapping[str, Any]:  # Any: as above
    found = told.get(name) if isinstance(told, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _number(told: Mapping[str, Any], name: str) -> float:  # Any: as above
    found = told.get(name)
    return float(found) if isinstance(found, int | float | bytes) else 0.0
