"""Shows one role's figures on a Unix socket of its own, which no front leads to, and samples how late its event loop is."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from antiphon import log, metrics
from antiphon.errors import AntiphonError
from antiphon.gateways.mqtt import MqttGateway
from antiphon.limits import LOOP_SAMPLE_S

_log = log.get("figures")
SUFFIX = ".metrics"


@dataclass(frozen=True, slots=True)
class Figures:
    """`look` brings the role's readings up to date before they are shown."""

    role: metrics.Role
    look: Callable[[], Awaitable[None]]

    async def show(self, listener: socket.socket) -> None:
        """Until cancelled: whoever connects reads everything and is let go."""
        server = await asyncio.start_unix_server(self._tell, sock=listener)
        async with server:
            await server.serve_forever()

    async def _tell(self, _asked: asyncio.StreamReader, told: asyncio.StreamWriter) -> None:
        try:
            try:
                await self.look()
            except AntiphonError as error:
                _log.warning("figures not complete", code=error.code)
            told.write(metrics.exposition(self.role).encode())
            await told.drain()
        except ConnectionError:
            return
        finally:
            told.close()

    async def watch_loop(self) -> None:
        """Until cancelled: how much later than asked for this loop runs what is due."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOP_SAMPLE_S
            await asyncio.sleep(LOOP_SAMPLE_S)
            metrics.LOOP_LAG.observe(max(0.0, loop.time() - due))


def tell_broker(broker: MqttGateway) -> None:
    """What every role knows of its session with the broker."""
    metrics.BROKER_CONNECTED.put(float(broker.connected))
    metrics.BROKER_DROPPED.put({("facts",): broker.dropped.facts, ("messages",): broker.dropped.messages})
