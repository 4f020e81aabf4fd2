"""The bus: facts of one company, delivered to every process that asked. A port; the MQTT client is a gateway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from antiphon.events import Fact

F = TypeVar("F", bound=Fact)


class Bus(Protocol):
    """At-least-once delivery of facts. Never carries the control of a call."""

    def publish(self, fact: Fact) -> None:
        """Hand over one fact; returns at once, never raises when the broker is away."""

    def subscribe(self, kind: type[F], handler: Callable[[F], None]) -> None:
        """Call `handler` on the event loop for every fact of this kind, own ones included."""
