"""Owns what a call machine orders: frozen orders to SIP, media, tabs, the plan and the record."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon.calls.model import CallRecord, EndedBy
from antiphon.calls.ports import ClientId, LegId, Prompt
from antiphon.wire.client import EndCause, LegCause
from antiphon.wire.station import VisitorCause

# -- plan and record -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskPlan:
    """Who rings? The row of the call is written with the question."""


@dataclass(frozen=True, slots=True)
class WriteRecord:
    """The call is over: complete its row, with its legs. Always the last order of a call, given once."""

    record: CallRecord


# -- the station's leg -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    leg: LegId
    status: int
    sdp: str | None


@dataclass(frozen=True, slots=True)
class OfferStation:
    leg: LegId
    sdp: str


@dataclass(frozen=True, slots=True)
class AcceptStation:
    leg: LegId
    sdp: str


@dataclass(frozen=True, slots=True)
class RefuseStation:
    leg: LegId
    status: int
    cause: VisitorCause


@dataclass(frozen=True, slots=True)
class EndStation:
    leg: LegId
    cause: VisitorCause


@dataclass(frozen=True, slots=True)
class InviteStation:
    leg: LegId
    sdp: str
    caller_name: str


@dataclass(frozen=True, slots=True)
class AnswerOffer:
    leg: LegId
    sdp: str


@dataclass(frozen=True, slots=True)
class RefuseOffer:
    leg: LegId
    status: int


# -- media: each is answered by an input, `MediaFailed` or `PreviewBroke` when it did not work ------------------------


@dataclass(frozen=True, slots=True)
class OpenCaller:
    """Answered by `CallerOpened`."""

    leg: LegId
    offer: str
    reliable_preview: bool
    early: bool = False  # an account whose picture is shown before the answer


@dataclass(frozen=True, slots=True)
class MakePreviewOffer:
    """Answered by `PreviewOfferMade`."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class TakePreviewAnswer:
    """Answered by `PreviewUp`."""

    leg: LegId
    sdp: str


@dataclass(frozen=True, slots=True)
class DropPreview:
    leg: LegId


@dataclass(frozen=True, slots=True)
class MakeConnectOffer:
    """Answered by `ConnectOfferMade`."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class TakeConnectAnswer:
    """Answered by `ConnectAnswerTaken`."""

    leg: LegId
    sdp: str


@dataclass(frozen=True, slots=True)
class OpenClient:
    """Answered by `ClientOpened`."""

    leg: LegId
    offer: str


@dataclass(frozen=True, slots=True)
class TakeStationAnswer:
    """Answered by `StationAnswerTaken`."""

    leg: LegId
    sdp: str


@dataclass(frozen=True, slots=True)
class RenewMedia:
    """The engine lost the talk: take the station's session again, offer it to the tab anew. Answered by `ConnectOfferMade`."""

    leg: LegId
    station_leg: LegId
    session: str


@dataclass(frozen=True, slots=True)
class AskKeyFrame:
    pass


@dataclass(frozen=True, slots=True)
class Play:
    """A sound while talking; nothing waits for it."""

    leg: LegId
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Announce:
    """Say why the call ends to a caller that has no prompts of its own; answered by `PromptStarted` or `PromptOver`.

    `offer` None: the caller is talking already; else its offer, and the prompt goes out as early media with a 183.
    """

    leg: LegId
    prompt: Prompt
    offer: str | None


@dataclass(frozen=True, slots=True)
class SendDigit:
    leg: LegId
    digit: str


@dataclass(frozen=True, slots=True)
class CloseMedia:
    pass


# -- tabs ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TellRing:
    client: ClientId
    leg: LegId
    rings_until: float
    previews: bool  # the caller's picture comes before the answer


@dataclass(frozen=True, slots=True)
class TellPreviewOffer:
    client: ClientId
    sdp: str


@dataclass(frozen=True, slots=True)
class TellRingEnded:
    client: ClientId
    cause: LegCause
    answered_by: str | None


@dataclass(frozen=True, slots=True)
class TellMediaOffer:
    """`renewed`: the engine that the tab's connection led to is gone; it needs a new one."""

    client: ClientId
    sdp: str
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class TellStarted:
    client: ClientId
    request_id: str


@dataclass(frozen=True, slots=True)
class TellRemoteSdp:
    client: ClientId
    sdp: str


@dataclass(frozen=True, slots=True)
class TellConnected:
    client: ClientId
    at: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class TellWarning:
    client: ClientId
    ends_at: float


@dataclass(frozen=True, slots=True)
class TellEnded:
    client: ClientId
    cause: EndCause
    by: EndedBy


@dataclass(frozen=True, slots=True)
class TellDone:
    client: ClientId
    request_id: str


@dataclass(frozen=True, slots=True)
class TellError:
    client: ClientId
    request_id: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class TellDigit:
    client: ClientId
    digit: str


@dataclass(frozen=True, slots=True)
class TellDoor:
    """Outcome of an opening; `request_id` only for the tab that asked."""

    client: ClientId
    request_id: str | None
    door_id: str
    opened: bool
    open_for_s: float | None
    code: str | None
    detail: str | None


# -- doors and state -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenDoorByDigit:
    """The talking person pressed a digit; the service looks which door it opens. Answered by `DoorAnswered`."""

    user_id: str
    user_name: str
    digit: str
    request_id: str
    account: bool = False  # pressed at a telephone, not in a browser


@dataclass(frozen=True, slots=True)
class MediaCameBack:
    """The engine was lost and carries the call again, so long after."""

    after_s: float


@dataclass(frozen=True, slots=True)
class StationLooksDifferent:
    """The station's public state may have changed: ringing, in call, or neither."""


Effect = (
    AskPlan
    | WriteRecord
    | Progress
    | OfferStation
    | AcceptStation
    | RefuseStation
    | EndStation
    | InviteStation
    | AnswerOffer
    | RefuseOffer
    | OpenCaller
    | MakePreviewOffer
    | TakePreviewAnswer
    | DropPreview
    | MakeConnectOffer
    | TakeConnectAnswer
    | OpenClient
    | TakeStationAnswer
    | RenewMedia
    | AskKeyFrame
    | Play
    | Announce
    | SendDigit
    | CloseMedia
    | TellRing
    | TellPreviewOffer
    | TellRingEnded
    | TellMediaOffer
    | TellStarted
    | TellRemoteSdp
    | TellConnected
    | TellWarning
    | TellEnded
    | TellDone
    | TellError
    | TellDigit
    | TellDoor
    | OpenDoorByDigit
    | MediaCameBack
    | StationLooksDifferent
)
