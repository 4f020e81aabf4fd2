"""The station's call machine: what a press, an answer or a lost connection does, and what the visitor hears.

Sans-IO: `handle(input, now)` and `tick(now)` return effects in the order in which they are to be carried out. One call at a time.

A press while a call is under way changes nothing: visitors press again when they wait, and that must never end the ring.
The one exception is a station that is being called and does not answer by itself, or rings: there a press answers. After a call, a
press interrupts the spoken announcement and rings anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from antiphon.limits import CONVERSATION_MAX_S, RING_CONFIGURED_MAX_S, RING_MAX_S
from antiphon.wire.station import VisitorCause

State = Literal["idle", "connecting", "calling", "ringing", "being_called", "talking", "announcing"]
ToneName = Literal["connecting", "ringback", "being_called"]
Link = Literal["unclaimed", "refused", "down", "up"]

CONNECT_MAX_S = 5.0  # a press during an outage waits this long for the connection before it gives up
INVITE_MAX_S = 12.0  # nothing rings by then: the platform is not there
GRACE_S = 10.0  # the platform ends rings and conversations at their limits; the station only when it did not
ANNOUNCING_MAX_S = 30.0

_CAUSES: frozenset[str] = frozenset(get_args(VisitorCause))
_CAUSE_OF_STATUS: dict[int, VisitorCause] = {
    403: "unclaimed",
    404: "unknown_button",
    408: "platform_unreachable",
    480: "nobody_available",
    486: "busy",
    487: "cancelled",
    488: "no_codec",
    503: "platform_unreachable",
    600: "busy",
    603: "declined",
    606: "no_codec",
}

# -- inputs ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pressed:
    """A visitor presses a call button; `leg` names the call if this starts one."""

    button: str
    leg: str


@dataclass(frozen=True, slots=True)
class AnswerPressed:
    """Whoever lives or works here takes the call that rings."""


@dataclass(frozen=True, slots=True)
class HangUpPressed:
    pass


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The way to the platform: no identity, locked out, not registered, registered."""

    link: Link


@dataclass(frozen=True, slots=True)
class Progressed:
    leg: str
    status: int


@dataclass(frozen=True, slots=True)
class Answered:
    leg: str


@dataclass(frozen=True, slots=True)
class Refused:
    leg: str
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody calls the station, to look and talk at once; or it `rings`, and waits for somebody who answers."""

    leg: str
    auto_answer: bool
    rings: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """The far end hung up or cancelled, or the dialog is lost."""

    leg: str
    cause: Literal["cancelled", "hung_up", "lost"]
    reason: str


@dataclass(frozen=True, slots=True)
class MediaFailed:
    """The call's session description cannot be used."""

    leg: str
    cause: VisitorCause


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """The announcement has been spoken to its end."""


Input = (
    Pressed
    | AnswerPressed
    | HangUpPressed
    | LinkChanged
    | Progressed
    | Answered
    | Refused
    | Invited
    | Ended
    | MediaFailed
    | PromptEnded
)

# -- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Try the connection now, not after the back-off."""


@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Open media, offer it, send the INVITE for this button."""

    leg: str
    button: str


@dataclass(frozen=True, slots=True)
class AcceptCall:
    """Open media for the incoming leg's offer and answer 200."""

    leg: str


@dataclass(frozen=True, slots=True)
class AlertCaller:
    """180 to the incoming leg."""

    leg: str


@dataclass(frozen=True, slots=True)
class RefuseCall:
    leg: str
    status: int
    cause: VisitorCause


@dataclass(frozen=True, slots=True)
class EndCall:
    """CANCEL or BYE, whatever the leg needs."""

    leg: str
    cause: VisitorCause


@dataclass(frozen=True, slots=True)
class Talk:
    """Open microphone and loudspeaker to the far end."""

    leg: str


@dataclass(frozen=True, slots=True)
class CloseMedia:
    leg: str


@dataclass(frozen=True, slots=True)
class PlayTone:
    """Repeat this tone until another one, or None, replaces it."""

    tone: ToneName | None


@dataclass(frozen=True, slots=True)
class Say:
    """Speak the announcement for this cause; `PromptEnded` comes when it is over. Replaces one that is being spoken."""

    cause: VisitorCause


@dataclass(frozen=True, slots=True)
class StopSaying:
    """Break the announcement off."""


Effect = (
    Reconnect
    | PlaceCall
    | AcceptCall
    | AlertCaller
    | RefuseCall
    | EndCall
    | Talk
    | CloseMedia
    | PlayTone
    | Say
    | StopSaying
)


def visitor_cause(status: int, reason: str) -> VisitorCause:
    """What a final refusal means for the visitor: the platform's own word, else the SIP status."""
    for cause in get_args(VisitorCause):
        if cause == reason:
            return cause  # type: ignore[no-any-return]  # get_args is untyped
    return _CAUSE_OF_STATUS.get(status, "platform_unreachable" if status == 0 else "platform_error")


class StationMachine:
    """One station's calls. `state`, `leg`, `button`, `direction`, `since` and `cause` may be read at any time."""

    def __init__(self, link: Link = "unclaimed") -> None:
        self.state: State = "idle"
        self.leg: str | None = None
        self.button: str | None = None
        self.direction: Literal["out", "in"] | None = None
        self.since: float = 0.0
        self.cause: VisitorCause | None = None  # of the last call
        self.link: Link = link
        self._deadline: float | None = None

    def next_deadline(self) -> float | None:
        return self._deadline

    def tick(self, now: float) -> list[Effect]:
        """What has come due."""
        if self._deadline is None or now < self._deadline:
            return []
        self._deadline = None
        match self.state:
            case "connecting":
                return self._over("platform_unreachable", now)
            case "calling":
                return self._give_up("platform_unreachable", now)
            case "ringing" | "being_called":
                return self._give_up("no_answer", now)
            case "talking":
                return self._give_up("time_limit", now)
            case "announcing":
                return self._rest(now)
            case _:
                return []

    def handle(self, event: Input, now: float) -> list[Effect]:
        """Take one input; input about a leg that is gone does nothing."""
        match event:
            case Pressed(button, leg):
                return self._pressed(button, leg, now)
            case AnswerPressed():
                return self._answer(now)
            case HangUpPressed():
                return self._hang_up(now)
            case LinkChanged(link):
                return self._link_changed(link, now)
            case Invited():
                return self._invited(event, now)
            case PromptEnded():
                return self._rest(now) if self.state == "announcing" else []
            case Progressed(leg, status) if leg == self.leg:
                return self._progressed(status, now)
            case Answered(leg) if leg == self.leg and self.state in ("calling", "ringing"):
                return self._talk(now)
            case Refused(leg, status, reason) if leg == self.leg:
                return self._over(visitor_cause(status, reason), now)
            case Ended(leg, cause, reason) if leg == self.leg:
                return self._ended(cause, reason, now)
            case MediaFailed(leg, cause) if leg == self.leg:
                return self._give_up(cause, now)
            case _:
                return []

    # -- ways through a call -----------------------------------------------------------------------------------------

    def _pressed(self, button: str, leg: str, now: float) -> list[Effect]:
        if self.state == "being_called":
            return self._answer(now)
        if self.state not in ("idle", "announcing"):
            return []
        before: list[Effect] = [StopSaying()] if self.state == "announcing" else []
        self.button, self.direction, self.cause, self.leg = button, "out", None, leg
        if self.link == "unclaimed":
            return before + self._over("unclaimed", now)
        if self.link == "refused":
            return before + self._over("revoked", now)
        if self.link == "down":
            self._enter("connecting", now, CONNECT_MAX_S)
            return [*before, PlayTone("connecting"), Reconnect()]
        return before + self._place(now)

    def _answer(self, now: float) -> list[Effect]:
        leg = self.leg if self.state == "being_called" else None
        return [] if leg is None else [AcceptCall(leg), *self._talk(now)]

    def _place(self, now: float) -> list[Effect]:
        assert self.leg is not None  # a press named it
        assert self.button is not None
        self._enter("calling", now, INVITE_MAX_S)
        return [PlayTone("connecting"), PlaceCall(self.leg, self.button)]

    def _link_changed(self, link: Link, now: float) -> list[Effect]:
        self.link = link
        if self.state == "connecting":
            if link == "up":
                return self._place(now)
            if link in ("unclaimed", "refused"):
                return self._over("unclaimed" if link == "unclaimed" else "revoked", now)
        return []  # legs report for themselves when their connection goes

    def _progressed(self, status: int, now: float) -> list[Effect]:
        if self.state != "calling" or status < 180:
            return []
        self._enter("ringing", now, RING_CONFIGURED_MAX_S + GRACE_S)
        return [PlayTone("ringback")]

    def _talk(self, now: float) -> list[Effect]:
        assert self.leg is not None  # the caller checked it
        self._enter("talking", now, CONVERSATION_MAX_S + GRACE_S)
        return [PlayTone(None), Talk(self.leg)]

    def _invited(self, event: Invited, now: float) -> list[Effect]:
        if self.state not in ("idle", "announcing"):
            return [RefuseCall(event.leg, 486, "busy")]
        before: list[Effect] = [StopSaying()] if self.state == "announcing" else []
        self.leg, self.button, self.direction, self.cause = event.leg, None, "in", None
        if event.auto_answer and not event.rings:
            return [*before, AcceptCall(event.leg), *self._talk(now)]
        self._enter("being_called", now, RING_CONFIGURED_MAX_S + GRACE_S if event.rings else RING_MAX_S)
        return [*before, AlertCaller(event.leg), PlayTone("being_called")]

    def _hang_up(self, now: float) -> list[Effect]:
        match self.state:
            case "idle":
                return []
            case "announcing":
                return [StopSaying(), *self._rest(now)]
            case "connecting":
                return self._over("cancelled", now)
            case "being_called":
                return self._give_up("declined", now)
            case "talking":
                return self._give_up("hung_up", now)
            case _:
                return self._give_up("cancelled", now)

    def _ended(self, cause: str, reason: str, now: float) -> list[Effect]:
        if reason in _CAUSES:
            return self._over(visitor_cause(0, reason), now)
        if cause == "lost":
            return self._over("platform_unreachable", now)
        return self._over("cancelled" if cause == "cancelled" else "hung_up", now)

    # -- ends --------------------------------------------------------------------------------------------------------

    def _give_up(self, cause: VisitorCause, now: float) -> list[Effect]:
        """End the leg from here, then tell the visitor."""
        assert self.leg is not None  # there is a call
        return [EndCall(self.leg, cause), *self._over(cause, now)]

    def _over(self, cause: VisitorCause, now: float) -> list[Effect]:
        """The leg is gone: silence the call and say why; not when the station was called in vain: nobody stands there."""
        effects: list[Effect] = [PlayTone(None)]
        if self.leg is not None and self.state in ("calling", "ringing", "talking"):
            effects.append(CloseMedia(self.leg))
        unattended = self.state == "being_called" or (self.direction == "in" and cause == "no_codec")
        self.leg, self.cause = None, cause
        if unattended:
            return effects + self._rest(now)
        self._enter("announcing", now, ANNOUNCING_MAX_S)
        return [*effects, Say(cause)]

    def _rest(self, now: float) -> list[Effect]:
        self._enter("idle", now, None)
        return []

    def _enter(self, state: State, now: float, within_s: float | None) -> None:
        self.state, self.since = state, now
        self._deadline = None if within_s is None else now + within_s
