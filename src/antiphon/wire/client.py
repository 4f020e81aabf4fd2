"""The client contract: JSON over one WebSocket per browser tab. The TypeScript types are generated from these models.

Path `/ws/{company_id}`. The first message is `Hello`; until then nothing is sent. Times are ISO 8601 in UTC, durations
seconds. Every request that can fail carries a `request_id`; its outcome comes back with the same one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Sdp = Annotated[str, Field(max_length=65_536)]
Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# -- shared parts ----------------------------------------------------------------------------------------------------

StationState = Literal["online", "offline", "ringing", "in_call"]

# Why a call is over: the closed vocabulary of the record, the client and the reports (R3).
EndCause = Literal[
    "answered",  # ended normally after a conversation
    "no_answer",
    "declined",
    "cancelled",  # the caller hung up before anybody answered
    "nobody_available",
    "unknown_button",
    "busy",
    "time_limit",
    "no_codec",
    "station_unreachable",
    "media_failed",
    "revoked",
    "platform_error",
]

LegCause = Literal[
    "answered",
    "answered_elsewhere",
    "declined",
    "cancelled",
    "no_answer",
    "passed_on",  # rang through its turn; the call rings at somebody else now
    "disconnected",
    "busy",
    "failed",
    "hung_up",
    "time_limit",
]


class DoorView(Message):
    door_id: Id
    name: str
    kind: Literal["door", "gate", "barrier"]
    may_open: bool
    pulse_s: float


class StationView(Message):
    station_id: Id
    name: str
    place: str  # site and folder in words
    time_zone: str
    kind: Literal["station", "account"] = "station"  # an account is a station or telephone of another maker
    state: StationState
    since: datetime | None
    snapshot_id: Id | None  # last picture, GET /api/v1/snapshots/{snapshot_id}
    snapshot_at: datetime | None
    doors: tuple[DoorView, ...]


class LegView(Message):
    """One end of a call: a station, a person's browser or a telephone, and how it ended there."""

    who: str
    kind: Literal["station", "client", "account"]
    cause: LegCause | None
    rang_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None


class MediaBreakView(Message):
    """The media engine was lost in the call; sound and picture were offered anew `after_s` later."""

    at: datetime
    after_s: float


class CallView(Message):
    """One line of the history."""

    call_id: Id
    station_id: Id
    station_name: str
    place: str
    direction: Literal["from_station", "to_station"]
    button: str = ""  # what was pressed, or the number that an account dialled; "" when the station was called
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    cause: EndCause | None
    answered_by: str | None
    placed_by: str | None  # whoever called the station; None when the station called
    snapshot_id: Id | None
    doors_opened: int
    legs: tuple[LegView, ...]
    media_breaks: tuple[MediaBreakView, ...] = ()


class IceServer(Message):
    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


# -- from the client -------------------------------------------------------------------------------------------------


class Hello(Message):
    """Sign the socket on; again with a fresh token before the old one expires."""

    type: Literal["hello"] = "hello"
    token: Annotated[str, Field(max_length=4096)]
    on_duty: bool = True  # rings only when true
    resume: Id | None = None  # the last Welcome's client_id, when a lost socket comes back: takes its conversation back


class SetDuty(Message):
    type: Literal["set_duty"] = "set_duty"
    on_duty: bool


class PreviewAnswer(Message):
    """The browser's SDP answer to `PreviewOffer`; ICE candidates included (no trickle)."""

    type: Literal["preview_answer"] = "preview_answer"
    call_id: Id
    sdp: Sdp


class PreviewConnected(Message):
    """The preview's peer connection stands (ICE and DTLS): a key frame sent from now on is seen."""

    type: Literal["preview_connected"] = "preview_connected"
    call_id: Id


class PreviewFailed(Message):
    """The browser can't show a preview; it goes on ringing without one."""

    type: Literal["preview_failed"] = "preview_failed"
    call_id: Id
    reason: Annotated[str, Field(max_length=200)]


class Answer(Message):
    type: Literal["answer"] = "answer"
    request_id: Id
    call_id: Id


class MediaAnswer(Message):
    """The browser's SDP answer to `MediaOffer`."""

    type: Literal["media_answer"] = "media_answer"
    call_id: Id
    sdp: Sdp


class Decline(Message):
    type: Literal["decline"] = "decline"
    request_id: Id
    call_id: Id


class HangUp(Message):
    type: Literal["hang_up"] = "hang_up"
    request_id: Id
    call_id: Id


class CallStation(Message):
    """Call a station. `sdp` is the browser's complete offer, audio and video sendrecv."""

    type: Literal["call_station"] = "call_station"
    request_id: Id
    station_id: Id
    sdp: Sdp


class OpenDoor(Message):
    """Open a door; the same `request_id` never opens twice. `call_id` when done from a call."""

    type: Literal["open_door"] = "open_door"
    request_id: Id
    door_id: Id
    call_id: Id | None = None


class Dtmf(Message):
    """One digit to the station's end during a call."""

    type: Literal["dtmf"] = "dtmf"
    request_id: Id
    call_id: Id
    digit: Annotated[str, Field(pattern=r"^[0-9*#A-D]$")]


class Ping(Message):
    type: Literal["ping"] = "ping"


ClientMessage = Annotated[
    Hello
    | SetDuty
    | PreviewAnswer
    | PreviewConnected
    | PreviewFailed
    | Answer
    | MediaAnswer
    | Decline
    | HangUp
    | CallStation
    | OpenDoor
    | Dtmf
    | Ping,
    Field(discriminator="type"),
]

# -- from the platform -----------------------------------------------------------------------------------------------


class Welcome(Message):
    """The whole picture after `Hello`; later messages change it. Calls that ring already follow as `Ring`."""

    type: Literal["welcome"] = "welcome"
    client_id: Id
    user_id: Id
    user_name: str
    company_name: str
    expires_at: datetime  # when the token ends
    stations: tuple[StationView, ...]
    ice_servers: tuple[IceServer, ...]


class StationChanged(Message):
    type: Literal["station_changed"] = "station_changed"
    station: StationView


class StationRemoved(Message):
    """The station is no longer one of the company's."""

    type: Literal["station_removed"] = "station_removed"
    station_id: Id


class Ring(Message):
    """A station rings for this client. `video`: its picture is on the way before the answer. A call of higher `priority` is
    shown before others."""

    type: Literal["ring"] = "ring"
    call_id: Id
    station: StationView
    button: str
    button_label: str  # what stands on it; "" when nobody named it
    priority: Literal["alarm", "high", "normal", "low"] = "normal"
    started_at: datetime
    rings_until: datetime
    video: bool


class PreviewOffer(Message):
    """recvonly picture for a ringing call; answer with `PreviewAnswer`. Keep the peer connection: it is upgraded later."""

    type: Literal["preview_offer"] = "preview_offer"
    call_id: Id
    sdp: Sdp


class RingEnded(Message):
    """This client rings no longer for that call."""

    type: Literal["ring_ended"] = "ring_ended"
    call_id: Id
    cause: LegCause
    answered_by: str | None = None


class MediaOffer(Message):
    """sendrecv offer on the preview's peer connection after `Answer`.

    `renewed`: the media engine was lost; answer on a new peer connection, also in the middle of a talk.
    """

    type: Literal["media_offer"] = "media_offer"
    call_id: Id
    sdp: Sdp
    renewed: bool = False


class RemoteSdp(Message):
    """The platform's SDP answer to `CallStation`."""

    type: Literal["remote_sdp"] = "remote_sdp"
    call_id: Id
    sdp: Sdp


class CallStarted(Message):
    """`CallStation` was accepted; the station is being called."""

    type: Literal["call_started"] = "call_started"
    request_id: Id
    call_id: Id
    station: StationView


class Connected(Message):
    """Talking. `ends_at` is the time limit (X1)."""

    type: Literal["connected"] = "connected"
    call_id: Id
    at: datetime
    ends_at: datetime


class LimitWarning(Message):
    """The conversation ends soon; a tone sounds at both ends."""

    type: Literal["limit_warning"] = "limit_warning"
    call_id: Id
    ends_at: datetime


class CallEnded(Message):
    """A call this client was connected to, or had placed, is over."""

    type: Literal["call_ended"] = "call_ended"
    call_id: Id
    cause: EndCause
    by: Literal["station", "client", "platform"]


class DoorResult(Message):
    """Outcome of `OpenDoor`, and of an opening by DTMF in a call this client is in (`request_id` null).

    `opened` without `open_for_s`: digits were sent to another maker's station, which does not tell what it did.
    """

    type: Literal["door_result"] = "door_result"
    request_id: Id | None
    door_id: Id
    opened: bool
    open_for_s: float | None = None
    code: str | None = None  # error code when not opened
    detail: str | None = None


class DtmfReceived(Message):
    type: Literal["dtmf_received"] = "dtmf_received"
    call_id: Id
    digit: str


class HistoryChanged(Message):
    """A record was written; GET /api/v1/calls has it."""

    type: Literal["history_changed"] = "history_changed"
    call_id: Id


class Done(Message):
    """A request without another answer succeeded."""

    type: Literal["done"] = "done"
    request_id: Id


class Error(Message):
    """A request failed, or (`request_id` null) a message was outside the contract. `code` is stable."""

    type: Literal["error"] = "error"
    request_id: Id | None
    code: str
    detail: str
    call_id: Id | None = None


class Pong(Message):
    type: Literal["pong"] = "pong"


ServerMessage = Annotated[
    Welcome
    | StationChanged
    | StationRemoved
    | Ring
    | PreviewOffer
    | RingEnded
    | MediaOffer
    | RemoteSdp
    | CallStarted
    | Connected
    | LimitWarning
    | CallEnded
    | DoorResult
    | DtmfReceived
    | HistoryChanged
    | Done
    | Error
    | Pong,
    Field(discriminator="type"),
]

client_message: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)
server_message: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)

# WebSocket close codes beside RFC 6455's own.
CLOSE_UNAUTHENTICATED = 4401  # no or expired token: sign in again
CLOSE_TOO_MANY = 4429  # flood, or too many tabs
CLOSE_RESTART = 4503  # the service restarts: connect again
