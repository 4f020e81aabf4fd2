"""Owns the words of a call: legs, tabs, states, plan, record. Pure types, no behaviour that needs the outside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from antiphon import limits
from antiphon.calls.ports import CallId, ClientId, LegId, Prompt
from antiphon.wire.client import EndCause, LegCause
from antiphon.wire.station import VisitorCause

Direction = Literal["from_station", "to_station"]
EndedBy = Literal["station", "client", "platform"]
LegKind = Literal["station", "client", "account"]
ReceiverKind = Literal["user", "account", "station"]


class StationState(Enum):
    """Where the leg of the door station is."""

    NEW = "new"
    PLANNING = "planning"  # INVITE is in; who rings is being asked
    OPENING = "opening"  # receivers ring, the engine takes the caller's offer
    ANNOUNCED = "announced"  # the caller knows that it rings
    RESTORING = "restoring"  # the engine was lost while it rang: it takes the caller's offer anew
    UPDATING = "updating"  # the winner's session is on its way to the caller
    DIALLED = "dialled"  # a client calls this station
    TAKING = "taking"  # it answered; the engine takes its answer
    TALKING = "talking"
    LISTENING = "listening"  # hears the prompt that says why nobody comes
    ENDED = "ended"


class ClientState(Enum):
    """Where the leg of one browser tab is."""

    NEW = "new"
    RINGING = "ringing"  # without a picture: not yet, or it could not be had
    PREVIEW_ASKED = "preview_asked"  # the engine makes the offer
    PREVIEW_OFFERED = "preview_offered"  # the tab makes its answer
    PREVIEW_ANSWERED = "preview_answered"  # the engine takes the answer
    PREVIEWING = "previewing"
    SETTLING = "settling"  # won while its preview was half set up: that is finished first
    WINNING = "winning"  # the engine makes the two-way offer
    OFFERED = "offered"  # the tab makes its answer
    JOINING = "joining"  # the engine takes the answer
    JOINED = "joined"  # its media is there; the station is being told
    PLACING = "placing"  # calls a station: the engine takes its offer
    WAITING = "waiting"  # calls a station: the station rings
    TALKING = "talking"
    RENEWING = "renewing"  # the engine was lost while talking: it makes a new offer
    REOFFERED = "reoffered"  # the tab makes its answer to that
    REJOINING = "rejoining"  # the engine takes that answer
    AWAY = "away"  # its socket is lost; the conversation goes on for a while
    ENDED = "ended"


PREVIEW_STATES = frozenset(
    {
        ClientState.PREVIEW_ASKED,
        ClientState.PREVIEW_OFFERED,
        ClientState.PREVIEW_ANSWERED,
        ClientState.PREVIEWING,
    }
)
RINGING_STATES = PREVIEW_STATES | {ClientState.RINGING}
WINNER_STATES = frozenset(
    {ClientState.SETTLING, ClientState.WINNING, ClientState.OFFERED, ClientState.JOINING, ClientState.JOINED}
)


RENEWAL_STATES = frozenset({ClientState.RENEWING, ClientState.REOFFERED, ClientState.REJOINING})
TALKER_STATES = RENEWAL_STATES | {ClientState.TALKING, ClientState.AWAY}


@dataclass(frozen=True, slots=True)
class Tab:
    """One signed-on browser tab of a person who may be rung; or a SIP account or station, which rings like one."""

    client: ClientId
    user_id: str
    user_name: str
    kind: ReceiverKind = "user"

    @property
    def by_sip(self) -> bool:
        """It is no browser: rung by an INVITE, without a preview."""
        return self.kind != "user"


@dataclass(frozen=True, slots=True)
class Turn:
    """When somebody of the plan rings, in seconds since it began: a person at all their tabs, an account or a station.

    A person's turns do not overlap; who rings on from one step to the next has one turn.
    """

    user_id: str
    from_s: float
    to_s: float


def together(user_ids: Iterable[str], for_s: float) -> tuple[Turn, ...]:
    """All of them at once."""
    return tuple(Turn(user_id, 0.0, for_s) for user_id in user_ids)


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Durations of one call, in seconds; an installation may lower them. `ring_max_s`: what no ring plan gives a time."""

    ring_max_s: float = limits.RING_MAX_S
    conversation_max_s: float = limits.CONVERSATION_MAX_S
    warning_before_s: float = limits.CONVERSATION_WARNING_BEFORE_S
    winner_max_s: float = limits.WINNER_MEDIA_MAX_S
    away_max_s: float = limits.RECONNECT_GRACE_S
    plan_max_s: float = limits.CALL_STEP_MAX_S
    prompt_max_s: float = limits.PROMPT_MAX_S
    renewal_max_s: float = limits.MEDIA_RENEWAL_MAX_S
    receivers_max: int = limits.RINGING_RECEIVERS_MAX


@dataclass(slots=True)
class Leg:
    """One end of a call. Times are monotonic seconds of the machine's `now`."""

    leg_id: LegId
    kind: LegKind
    state: StationState | ClientState
    tab: Tab | None = None
    rang_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    cause: LegCause | None = None


@dataclass(frozen=True, slots=True)
class LegRecord:
    leg_id: LegId
    kind: LegKind
    user_id: str | None
    user_name: str | None
    cause: LegCause
    rang_at: float | None
    answered_at: float | None
    ended_at: float


@dataclass(frozen=True, slots=True)
class MediaBreak:
    """The media engine lost the call at `at` and carried it again `after_s` later."""

    at: float
    after_s: float


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What is written once when a call is over. Times are monotonic seconds; the service turns them into dates."""

    call_id: CallId
    direction: Direction
    started_at: float
    answered_at: float | None
    ended_at: float
    cause: EndCause
    ended_by: EndedBy
    answered_by: Tab | None
    doors_opened: int
    legs: tuple[LegRecord, ...]
    media_breaks: tuple[MediaBreak, ...] = ()


# What the visitor is told, and the SIP status of a refusal, for every cause.
VISITOR: dict[EndCause, tuple[VisitorCause, int]] = {
    "answered": ("hung_up", 480),
    "no_answer": ("no_answer", 480),
    "declined": ("declined", 603),
    "cancelled": ("cancelled", 487),
    "nobody_available": ("nobody_available", 480),
    "unknown_button": ("unknown_button", 404),
    "busy": ("busy", 486),
    "time_limit": ("time_limit", 480),
    "no_codec": ("no_codec", 488),
    "station_unreachable": ("platform_error", 500),
    "media_failed": ("platform_error", 500),
    "revoked": ("revoked", 403),
    "platform_error": ("platform_error", 500),
}

# What the leg's line of the record says when the call as a whole ends with this cause.
LEG_CAUSE: dict[EndCause, LegCause] = {
    "answered": "answered",
    "no_answer": "no_answer",
    "declined": "declined",
    "cancelled": "cancelled",
    "nobody_available": "no_answer",
    "unknown_button": "failed",
    "busy": "busy",
    "time_limit": "time_limit",
    "no_codec": "failed",
    "station_unreachable": "failed",
    "media_failed": "failed",
    "revoked": "failed",
    "platform_error": "failed",
}

# What is spoken to a caller that has no prompts of its own. Nothing where it hung up itself or a phone's own tone says it.
PROMPTS: dict[EndCause, Prompt] = {
    "no_answer": "no_answer",
    "declined": "declined",
    "nobody_available": "nobody_available",
    "time_limit": "limit_reached",
    "platform_error": "platform_error",
}

# Codes of the media engine's gateway: this end and we have nothing in common; or its description is no description.
NO_CODEC, BAD_SDP = "no_codec", "bad_sdp"

# D4: the digit that opens a door during a call. The first door also opens with `#`.
FIRST_DOOR_DIGIT = "#"


def door_index_for_digit(digit: str) -> int | None:
    """Which door of the station a digit opens (0 is the first): `1` to `9` by order, `#` the first; else None."""
    if digit == FIRST_DOOR_DIGIT:
        return 0
    return int(digit) - 1 if digit in "123456789" else None
