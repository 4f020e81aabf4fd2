"""Owns what the legs of one call tell each other, and what its timers tell them: made by the machine alone."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon.calls.ports import Prompt
from antiphon.wire.client import LegCause
from antiphon.wire.station import VisitorCause


@dataclass(frozen=True, slots=True)
class RingWanted:
    pass


@dataclass(frozen=True, slots=True)
class CallerReady:
    """The engine holds the caller: a preview can be made, if `previews`, and a winner connected."""

    previews: bool


@dataclass(frozen=True, slots=True)
class StopWanted:
    cause: LegCause
    answered_by: str | None = None


@dataclass(frozen=True, slots=True)
class DialWanted:
    sdp: str


@dataclass(frozen=True, slots=True)
class WinnerReady:
    sdp: str


@dataclass(frozen=True, slots=True)
class TalkWanted:
    """The other end is there. `sdp` for a tab that placed the call."""

    sdp: str | None = None


@dataclass(frozen=True, slots=True)
class CloseWanted:
    """The station's leg is to end, with the cause of the call; `status` is the SIP status where it is a refusal."""

    leg_cause: LegCause
    visitor: VisitorCause
    status: int
    prompt: Prompt | None  # said by us where the station has no prompts of its own


@dataclass(frozen=True, slots=True)
class TurnOver:
    """Somebody's turn to ring begins or is over."""


@dataclass(frozen=True, slots=True)
class RingTimeOver:
    pass


@dataclass(frozen=True, slots=True)
class AloneTooLong:
    """Nobody rings any more, and nobody came back."""


@dataclass(frozen=True, slots=True)
class StepTooSlow:
    pass


@dataclass(frozen=True, slots=True)
class WinnerTooSlow:
    pass


@dataclass(frozen=True, slots=True)
class WarningDue:
    pass


@dataclass(frozen=True, slots=True)
class LimitDue:
    pass


@dataclass(frozen=True, slots=True)
class TabBack:
    """The tab whose socket was lost while talking signed on again."""


@dataclass(frozen=True, slots=True)
class AwayTooLong:
    pass


@dataclass(frozen=True, slots=True)
class MediaGone:
    """The media engine lost the call."""


@dataclass(frozen=True, slots=True)
class SessionRenewed:
    """The engine carries the talk again; `sdp` is for the station."""

    sdp: str


@dataclass(frozen=True, slots=True)
class RenewalTooSlow:
    pass


Internal = (
    RingWanted
    | CallerReady
    | StopWanted
    | DialWanted
    | WinnerReady
    | TalkWanted
    | CloseWanted
    | TurnOver
    | RingTimeOver
    | AloneTooLong
    | StepTooSlow
    | WinnerTooSlow
    | WarningDue
    | LimitDue
    | AwayTooLong
    | TabBack
    | MediaGone
    | SessionRenewed
    | RenewalTooSlow
)
