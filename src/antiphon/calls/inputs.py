"""Owns what a call machine is told: past-tense facts from the station, tabs, media, plan, and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from antiphon.calls.leg_messages import Internal
from antiphon.calls.model import Tab, Turn
from antiphon.calls.ports import ClientId, LegId
from antiphon.wire.client import EndCause, LegCause
from antiphon.wire.station import VisitorCause

# -- the station's leg -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrived:
    """A station pressed its button. `previews`: it takes a reliable 183 and may be previewed."""

    sdp: str
    previews: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """Who rings when: the turns of everybody of the plan, and their tabs that are on duty now, oldest first.

    `returns_s`: tabs lost their connection a moment ago, and are waited for so long before nobody is there.
    """

    turns: tuple[Turn, ...]
    tabs: tuple[Tab, ...]
    returns_s: float = 0.0
    early: bool = False  # the calling account's picture may be shown before the answer


@dataclass(frozen=True, slots=True)
class PlanRefused:
    """This call may not ring anybody: its cause on record, what the visitor is told, and the SIP status."""

    cause: EndCause
    visitor: VisitorCause
    status: int


@dataclass(frozen=True, slots=True)
class CallerOpened:
    """The engine took the caller's offer; `sdp` for the reliable 183, None for a plain 180."""

    sdp: str | None


@dataclass(frozen=True, slots=True)
class MediaFailed:
    """The engine refused a step of this leg."""

    leg: LegId
    code: str  # no_codec, bad_sdp, media_failed


@dataclass(frozen=True, slots=True)
class StationProgressed:
    status: int


@dataclass(frozen=True, slots=True)
class StationAnswered:
    sdp: str


@dataclass(frozen=True, slots=True)
class StationRefused:
    status: int


@dataclass(frozen=True, slots=True)
class StationOffered:
    """It offers anew within the dialog."""

    sdp: str


@dataclass(frozen=True, slots=True)
class OfferAnswered:
    """The station agreed to the winner's session."""


@dataclass(frozen=True, slots=True)
class OfferRefused:
    status: int


@dataclass(frozen=True, slots=True)
class StationLeft:
    """CANCEL, BYE, or its dialog is lost."""

    how: Literal["cancelled", "hung_up", "lost"]


@dataclass(frozen=True, slots=True)
class PromptStarted:
    """The spoken prompt plays, for so long."""

    length_s: float


@dataclass(frozen=True, slots=True)
class PromptOver:
    """The spoken prompt was heard to its end, or can't be played."""


# -- a tab's leg -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TabCame:
    """A tab signed on or went on duty."""

    tab: Tab


@dataclass(frozen=True, slots=True)
class TabLeft:
    """A tab's socket is gone."""

    client: ClientId


@dataclass(frozen=True, slots=True)
class TabOffDuty:
    """A tab no longer wants to ring; a conversation is not touched."""

    client: ClientId


@dataclass(frozen=True, slots=True)
class PlaceRefusal:
    """Why a call that a tab placed can't be put through."""

    cause: EndCause
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A tab calls the station of this call."""

    tab: Tab
    request_id: str
    sdp: str
    refusal: PlaceRefusal | None = None


@dataclass(frozen=True, slots=True)
class PreviewOfferMade:
    leg: LegId
    sdp: str


@dataclass(frozen=True, slots=True)
class PreviewAnswered:
    client: ClientId
    sdp: str


@dataclass(frozen=True, slots=True)
class PreviewUp:
    leg: LegId


@dataclass(frozen=True, slots=True)
class PreviewBroke:
    """The engine or the browser can't preview; the tab goes on ringing without a picture."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class PreviewGivenUp:
    """The browser says that it can't preview."""

    client: ClientId


@dataclass(frozen=True, slots=True)
class AnswerTapped:
    client: ClientId
    request_id: str


@dataclass(frozen=True, slots=True)
class DeclineTapped:
    client: ClientId
    request_id: str


@dataclass(frozen=True, slots=True)
class ReceiverRefused:
    """An account that rang is busy, declined, or cannot be reached."""

    client: ClientId
    cause: LegCause


@dataclass(frozen=True, slots=True)
class HangUpTapped:
    client: ClientId
    request_id: str


@dataclass(frozen=True, slots=True)
class ConnectOfferMade:
    leg: LegId
    sdp: str


@dataclass(frozen=True, slots=True)
class MediaAnswered:
    client: ClientId
    sdp: str


@dataclass(frozen=True, slots=True)
class ConnectAnswerTaken:
    """The engine has the winner's media; `sdp` is for the station."""

    leg: LegId
    sdp: str


@dataclass(frozen=True, slots=True)
class ClientOpened:
    """The engine took the placing tab's offer; `sdp` is for the station."""

    sdp: str


@dataclass(frozen=True, slots=True)
class StationAnswerTaken:
    """The engine took the station's answer; `sdp` is for the placing tab."""

    sdp: str


@dataclass(frozen=True, slots=True)
class ClientDigit:
    """A digit of the talking tab: by message (with its request) or as RFC 4733 in its sound."""

    leg: LegId
    digit: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class StationDigit:
    digit: str


# -- the call as a whole ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DoorAnswered:
    """A door was opened, or not, from this call. `client` tapped it; None for a digit."""

    client: ClientId | None
    request_id: str | None
    door_id: str
    opened: bool
    open_for_s: float | None
    code: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class MediaLost:
    """The engine died, or forgot this call: its media is gone, since `since` as far as anybody noticed."""

    since: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceRevoked:
    """The station's certificate is no longer accepted."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Our own fault, or the service stops: the call ends as platform_error."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """A deadline may be due."""


External = (
    Arrived
    | Planned
    | PlanRefused
    | CallerOpened
    | MediaFailed
    | StationProgressed
    | StationAnswered
    | StationRefused
    | StationOffered
    | OfferAnswered
    | OfferRefused
    | StationLeft
    | PromptStarted
    | PromptOver
    | TabCame
    | TabLeft
    | TabOffDuty
    | Placed
    | PreviewOfferMade
    | PreviewAnswered
    | PreviewUp
    | PreviewBroke
    | PreviewGivenUp
    | AnswerTapped
    | DeclineTapped
    | ReceiverRefused
    | HangUpTapped
    | ConnectOfferMade
    | MediaAnswered
    | ConnectAnswerTaken
    | ClientOpened
    | StationAnswerTaken
    | ClientDigit
    | StationDigit
    | DoorAnswered
    | MediaLost
    | DeviceRevoked
    | Failed
    | TimePassed
)
Input = External | Internal
