"""Doors, who wants to open them, and the refusals of this room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from antiphon.errors import BadInput, Conflict, Forbidden, NotFound
from antiphon.tenancy import Reach

DoorKind = Literal["door", "gate", "barrier"]
Outcome = Literal[
    "opened",
    "door_not_found",
    "door_not_allowed",
    "station_unreachable",
    "door_refused",
    "door_needs_call",
    "request_reused",
    "failed",
]
ActorKind = Literal["user", "key", "dtmf", "account", "assistant"]


@dataclass(frozen=True, slots=True)
class Door:
    """One door, gate or barrier behind an output of a station; behind the digits in `output` at another maker's station."""

    id: str
    company_id: str
    station_id: str
    name: str
    kind: DoorKind
    output: str
    pulse_s: float


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a signed-in user, a user a SIP account by a digit in a call, a program with an API key, or the assistant.

    `user_id` is the account's id where an account asks. `name` is for people, never for logs.
    """

    kind: ActorKind
    user_id: str | None
    name: str
    opens: Reach | None = None  # a key's: where it may open doors
    sees: Reach | None = None  # over HTTP: which stations they know of; doors of others do not exist for them


@dataclass(frozen=True, slots=True)
class Opening:
    """A station acknowledged. `repeated`: the same request was carried out before, nothing was sent again.

    `open_for_s` is None where digits were sent: another maker's station does not tell whether or how long it opens.
    """

    door_id: str
    open_for_s: float | None
    repeated: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One row of the door log."""

    id: str
    at: datetime
    door_id: str
    station_id: str | None
    actor_kind: ActorKind
    user_id: str | None
    call_id: str | None
    request_id: str
    repeated: bool
    outcome: Outcome
    error: str | None  # the station's own word for why


class DoorNotFound(NotFound):
    """No such door in this company."""

    code = "door_not_found"
    title = "This door does not exist (any more). Reload the page."


class DoorNotAllowed(Forbidden):
    """The actor has no right to this door."""

    code = "door_not_allowed"
    title = "You may not open this door. Ask an administrator of your company."


class RequestReused(Conflict):
    """One request id for two different doors or people."""

    code = "request_reused"
    http_status = 422
    title = "This request was used for another opening already. Tap again."


class DoorNeedsCall(Conflict):
    """Another maker's station opens by digits, which reach it only in a call."""

    code = "door_needs_call"
    title = "This door opens only during a call with its station. Call the station, then open."


class OutputInvalid(BadInput):
    """The output does not fit the station."""

    code = "output_invalid"
    title = "A station of another maker opens by digits: enter the digits that it expects, such as 5 or 12#."


class OutputTaken(Conflict):
    """Another door hangs on this output."""

    code = "output_taken"
    title = "Another door uses this output of the station already. Choose another output."
