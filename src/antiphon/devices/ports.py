"""What this room needs from the outside: messages to stations, and the engines that must forget a revoked one."""

from __future__ import annotations

from typing import Literal, Protocol

from antiphon.wire.station import Command, Desired

Topic = Literal["connection", "reported", "acks"]


class Messaging(Protocol):
    """Messages to stations. Raises `StationUnreachable` at once while the broker is away."""

    async def send_desired(self, device_id: str, desired: Desired) -> None:
        """Leave the desired state on the station's topic, where it finds it whenever it comes."""

    async def send_command(self, device_id: str, command: Command) -> None:
        """Send a command now; the broker drops it when it can't be delivered before it expires."""

    async def end_session(self, device_id: str) -> None:
        """Throw the station out of its running session and clear what waits for it."""


class Registrar(Protocol):
    """Where the SIP edge knows other makers' stations to be. Failures are raised as `Unavailable`."""

    async def account_registered(self, number: str) -> bool: ...

    async def drop_account(self, number: str) -> None:
        """The SIP edge forgets where it is; one that it does not know is fine."""


class MessageEvents(Protocol):
    """What comes from stations, undecoded: the payload may be hostile."""

    def message(self, device_id: str, topic: Topic, payload: bytes) -> None: ...

    def broker_connected(self) -> None:
        """The session with the broker stands (again), and every retained message is about to arrive."""

    def broker_lost(self) -> None: ...


class Edge(Protocol):
    """The SIP edge and the broker, as far as revocation goes. Failures are raised as `Unavailable`."""

    async def reload_revocations(self) -> None:
        """Broker and front read `crl.pem` again."""

    async def drop_registration(self, device_id: str) -> None:
        """The SIP edge forgets where the station is."""
