"""The engines that must forget a revoked station: the broker by signal, the front and Kamailio on their own sockets."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from itertools import count
from pathlib import Path
from typing import Any

from antiphon import limits, log
from antiphon.errors import Unavailable
from antiphon.settings import Settings

_log = log.get("edge")

_STATIONS, _ACCOUNTS = "devices", "accounts"  # Kamailio's tables of who is registered


class EdgeAway(Unavailable):
    """The SIP edge or the broker does not take orders."""

    code = "edge_unavailable"


class EngineEdge:
    """Implements `devices.Edge` and `devices.Registrar` on the engines of this installation."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._numbers = count(1)

    async def reload_revocations(self) -> None:
        """Broker and front judge new connections by the lists on disk; raises `EdgeAway` when the broker does not run."""
        self._hang_up_broker()
        await self._tell_front()

    async def _tell_front(self) -> None:
        """HAProxy takes the lists from its administrative socket; connections and worker stay (`commit ssl crl-file`).

        Nothing waits for it: a front that is away reads them at its start, and the devices role judges every request.
        """
        name = self._settings.pki / "crl.pem"
        # an empty line would end what is handed over
        lists = "\n".join(line for line in name.read_text().splitlines() if line)
        try:
            async with asyncio.timeout(limits.EDGE_RPC_MAX_S):
                handed = await self._front(f"set ssl crl-file {name} <<\n{lists}\n\n")
                committed = await self._front(f"commit ssl crl-file {name}\n")
        except (OSError, TimeoutError) as error:
            _log.warning("front not told of the revocation list", error=type(error).__name__)
            return
        if "Success" not in committed:
            _log.error("front refused the revocation list", handed=handed.strip()[:200], answer=committed.strip()[:200])

    async def _front(self, command: str) -> str:
        reader, writer = await asyncio.open_unix_connection(str(self._settings.front_socket))
        try:
            writer.write(command.encode())
            writer.write_eof()
            return (await reader.read(65_536)).decode(errors="replace")
        finally:
            writer.close()

    def _hang_up_broker(self) -> None:
        try:
            process = int(self._settings.mqtt_pid.read_text())
            # The file may outlive its process, and the number may belong to somebody else by now.
            if Path(f"/proc/{process}/comm").read_text().strip() != "mosquitto":
                raise EdgeAway(reason="broker not running")
            os.kill(process, signal.SIGHUP)
        except (OSError, ValueError) as error:
            raise EdgeAway(reason=type(error).__name__) from error

    async def drop_registration(self, device_id: str) -> None:
        """Kamailio forgets the station's contacts; one that it does not know is fine."""
        await self._asked("ul.rm", _STATIONS, device_id)

    async def drop_account(self, number: str) -> None:
        """Kamailio forgets the account's contacts; one that it does not know is fine."""
        await self._asked("ul.rm", _ACCOUNTS, number)

    async def reload_certificates(self) -> None:
        """Kamailio shows its certificate as it is on disk now; connections that stand are not touched."""
        answer = await self._call("tls.reload")
        if "error" in answer:
            raise EdgeAway(reason="refused", rpc_code=answer["error"].get("code"))

    async def registered(self, device_id: str) -> bool:
        """Whether Kamailio knows where the station is."""
        return await self._asked("ul.lookup", _STATIONS, device_id)

    async def account_registered(self, number: str) -> bool:
        """Whether Kamailio knows where the account is."""
        return await self._asked("ul.lookup", _ACCOUNTS, number)

    async def _asked(self, method: str, table: str, who: str) -> bool:
        """False when Kamailio does not know them."""
        answer = await self._call(method, table, who)
        if "error" in answer and not _unknown(answer):
            raise EdgeAway(reason="refused", rpc_code=answer["error"].get("code"))
        return "result" in answer

    async def statistics(self) -> dict[str, int]:
        """Kamailio's own counters as `group:name`."""
        told = (await self._call("stats.get_statistics", "all")).get("result")
        lines = (str(line).split(" = ") for line in told) if isinstance(told, list) else ()
        return {line[0]: int(line[1]) for line in lines if len(line) == 2 and line[1].isdigit()}

    async def _call(self, method: str, *parameters: str) -> dict[str, Any]:  # Any: JSON-RPC, checked by the caller
        number = next(self._numbers)
        request = {"jsonrpc": "2.0", "method": method, "params": parameters, "id": number}
        own = self._settings.run / f"devices_rpc.{os.getpid()}.{number}"
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.setblocking(False)
            try:
                channel.bind(str(own))
                own.chmod(0o660)
                channel.connect(str(self._settings.edge_rpc))
                async with asyncio.timeout(limits.EDGE_RPC_MAX_S):
                    await loop.sock_sendall(channel, json.dumps(request).encode())
                    answer = json.loads(await loop.sock_recv(channel, 65_536))
            except (OSError, TimeoutError, ValueError) as error:
                raise EdgeAway(reason=type(error).__name__) from error
            finally:
                own.unlink(missing_ok=True)
        if not isinstance(answer, dict):
            raise EdgeAway(reason="malformed")
        return answer


def _unknown(answer: dict[str, Any]) -> bool:  # Any: JSON-RPC
    """Kamailio's way of saying that there is no such registration."""
    error = answer["error"]
    return error.get("code") == 404 or "not found" in str(error.get("message", "")).lower()
