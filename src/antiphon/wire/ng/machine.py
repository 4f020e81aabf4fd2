"""The order of commands for one call's media: no order that crashes rtpengine 10.5 can leave this machine.

What crashes it (read in its source, seen in practice):
- `offer` from a party without an offer/answer peer to a tag that the engine does not know: it dereferences a missing
  dialogue. That is `offer` after `publish` without a subscribed to-tag.
- `offer` to a tag whose `subscribe request` failed half-way.
- the same with the roles turned: `answer` naming a tag that the engine does not know.

Therefore: `offer` goes to a tag that is subscribed and has answered, or to a new tag only while the offering party is
anchored (its offer/answer peer points back at it); a tag that failed once is never used again; after every error or
time-out the machine asks or deletes before anything else goes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from antiphon.errors import AntiphonError
from antiphon.wire.ng.bencode import Decoded
from antiphon.wire.ng.commands import (
    Answer,
    BlockMedia,
    Command,
    Delete,
    Offer,
    PlayDtmf,
    PlayMedia,
    Publish,
    Query,
    StopMedia,
    SubscribeAnswer,
    SubscribeRequest,
    UnblockMedia,
    Unsubscribe,
)

# Errors that the engine gives before it touches anything: the call is as it was.
_HARMLESS = frozenset({b"Failed to parse SDP", b"Incomplete SDP specification"})


class OutOfOrder(AntiphonError):
    """The command does not fit the media state of the call; it was not sent."""

    code = "media_failed"
    sip_status = 500
    title = "The media of this call is not ready for that."


class Phase(Enum):
    """What is known of the call at the engine."""

    EMPTY = auto()  # nothing there
    OPEN = auto()  # known
    DOUBTFUL = auto()  # a command failed: query or delete is under way
    GONE = auto()  # deleted, or lost


class Tag(Enum):
    """What is known of one party."""

    SOURCE = auto()  # published: never offers to a stranger
    ASKED = auto()  # subscribe request sent
    REQUESTED = auto()  # subscribe request answered by the engine, the subscriber's answer is awaited
    SUBSCRIBED = auto()
    PARTY = auto()  # in an offer/answer that the engine took
    LEFT = auto()  # unsubscribed
    POISONED = auto()  # a command about it failed: never used again


@dataclass(frozen=True, slots=True)
class Send:
    """Send this command next; nothing else until its reply."""

    command: Command


@dataclass(frozen=True, slots=True)
class Done:
    """The command succeeded."""

    reply: Mapping[str, Decoded]


@dataclass(frozen=True, slots=True)
class Failed:
    """The command failed; the call's state is known again. `gone`: nothing of the call is left at the engine."""

    reason: str
    gone: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """The engine does not know this call any more, or does not answer."""

    reason: str


Effect = Send | Done | Failed | Lost


class CallMedia:
    """One call at the engine. `issue` a command, feed `replied` or `timed_out`, and so on: one at a time."""

    def __init__(self, call_id: str) -> None:
        self.call_id = call_id
        self.phase = Phase.EMPTY
        self.tags: dict[str, Tag] = {}
        self._talks: dict[str, str] = {}  # the two parties of the latest offer/answer
        self._hears: dict[str, dict[str, bool]] = {}  # subscriber -> source -> by offer/answer
        self._offered: tuple[str, str] | None = None  # an offer that the engine took and nobody answered yet
        self._sent: Command | None = None
        self._failed: str | None = None  # why the state is doubtful

    @property
    def busy(self) -> bool:
        """A reply is awaited."""
        return self._sent is not None

    @property
    def offered(self) -> tuple[str, str] | None:
        """From whom to whom the latest offer went that nobody answered yet."""
        return self._offered

    def tag(self, name: str) -> Tag | None:
        return self.tags.get(name)

    # -- commands ------------------------------------------------------------------------------------------------

    def issue(self, command: Command) -> list[Effect]:
        """Send `command` if it is safe now; raises OutOfOrder otherwise, with nothing sent."""
        if self._sent is not None:
            raise OutOfOrder("One media command at a time.", command=type(command).__name__)
        if command.call_id != self.call_id or not self._allowed(command):
            raise OutOfOrder(command=type(command).__name__, phase=self.phase.name)
        match command:
            case SubscribeRequest():
                self.tags[command.to_tag] = Tag.ASKED
            case Offer():
                self._offered = None
        return self._send(command)

    def _send(self, command: Command) -> list[Effect]:
        self._sent = command
        return [Send(command)]

    def _allowed(self, command: Command) -> bool:
        if isinstance(command, Delete):
            return True  # harmless whatever the state
        if self.phase is Phase.EMPTY:
            match command:
                case Publish():
                    return bool(command.from_tag)
                case Offer():
                    return bool(command.from_tag and command.to_tag) and command.from_tag != command.to_tag
            return False
        if self.phase is not Phase.OPEN:
            return False
        match command:
            case Query():
                return not command.tag or command.tag in self.tags
            case SubscribeRequest():
                return self._sound(command.from_tag) and bool(command.to_tag) and command.to_tag not in self.tags
            case SubscribeAnswer():
                return self.tags.get(command.to_tag) is Tag.REQUESTED
            case Unsubscribe():
                return self.tags.get(command.to_tag) in (Tag.REQUESTED, Tag.SUBSCRIBED, Tag.PARTY)
            case Offer():
                return self._may_offer(command.from_tag, command.to_tag)
            case Answer():
                return self._offered == (command.from_tag, command.to_tag)
            case PlayMedia() | StopMedia() | PlayDtmf() | BlockMedia() | UnblockMedia():
                return self.tags.get(command.tag) is Tag.PARTY
        return False

    def _sound(self, tag: str) -> bool:
        return self.tags.get(tag) in (Tag.SOURCE, Tag.PARTY)

    def _may_offer(self, from_tag: str, to_tag: str) -> bool:
        if not self._sound(from_tag) or from_tag == to_tag:
            return False
        known = self.tags.get(to_tag)
        if known is None:
            # A stranger: only while the engine finds the way through an offer/answer peer that points back.
            return bool(to_tag) and self.anchored(from_tag)
        return known in (Tag.SUBSCRIBED, Tag.PARTY)

    # -- replies -------------------------------------------------------------------------------------------------

    def replied(self, reply: Mapping[str, Decoded]) -> list[Effect]:
        """The engine's reply to the command that was sent last."""
        sent, self._sent = self._sent, None
        if sent is None:
            return []
        if reply.get("result") not in (b"ok", b"pong"):
            reason = reply.get("error-reason")
            return self._refused(sent, reason if isinstance(reason, bytes) else b"no reason given")
        if self._failed is not None:
            return self._settled(sent, reply)
        self._took(sent)
        return [Done(reply)]

    def timed_out(self) -> list[Effect]:
        """Nobody answered the command that was sent last: it may have been carried out or not."""
        sent, self._sent = self._sent, None
        if sent is None:
            return []
        if isinstance(sent, Query) or (isinstance(sent, Delete) and self._failed is not None):
            return self._lose("the media engine does not answer")
        if isinstance(sent, Delete):
            self.phase = Phase.GONE
            return [Failed("the media engine does not answer", gone=True)]
        return self._doubt(sent, "the media engine does not answer", delete=isinstance(sent, Publish | Offer | Answer))

    def _refused(self, sent: Command, reason: bytes) -> list[Effect]:
        text = reason.decode(errors="replace")
        match sent:
            case Query():
                return self._lose(text)
            case Delete():
                self.phase = Phase.GONE
                return [Failed(self._failed or text, gone=True)]
            case Offer() | Answer() if reason in _HARMLESS and self.phase is not Phase.EMPTY:
                if isinstance(sent, Answer):
                    self._offered = (sent.from_tag, sent.to_tag)
                return self._doubt(None, text, delete=False)
            case Publish() | Offer() | Answer():
                return self._doubt(sent, text, delete=True)
        return self._doubt(sent, text, delete=False)

    def _doubt(self, sent: Command | None, reason: str, *, delete: bool) -> list[Effect]:
        match sent:
            case SubscribeRequest() | SubscribeAnswer() | Unsubscribe():
                self.tags[sent.to_tag] = Tag.POISONED
                self._forget(sent.to_tag)
        self.phase = Phase.DOUBTFUL
        self._failed = reason
        if delete:
            return self._send(Delete(self.call_id))
        source = next((name for name, tag in self.tags.items() if tag in (Tag.SOURCE, Tag.PARTY)), "")
        return self._send(Query(self.call_id, source))

    def _settled(self, sent: Command, reply: Mapping[str, Decoded]) -> list[Effect]:
        """The query or delete after a failure succeeded."""
        reason, self._failed = self._failed or "", None
        if isinstance(sent, Delete):
            self.phase = Phase.GONE
            return [Failed(reason, gone=True)]
        assert isinstance(sent, Query)
        there = reply.get("tags")
        if sent.tag and not (isinstance(there, dict) and sent.tag in there):
            return self._lose("the media engine forgot the caller")
        self.phase = Phase.OPEN
        return [Failed(reason, gone=False)]

    def _lose(self, reason: str) -> list[Effect]:
        self.phase = Phase.GONE
        self._failed = None
        return [Lost(reason)]

    def _took(self, sent: Command) -> None:
        match sent:
            case Publish():
                self.phase = Phase.OPEN
                self.tags[sent.from_tag] = Tag.SOURCE
            case SubscribeRequest():
                self.tags[sent.to_tag] = Tag.REQUESTED
                self._hears[sent.to_tag] = {sent.from_tag: False}
            case SubscribeAnswer():
                self.tags[sent.to_tag] = Tag.SUBSCRIBED
            case Unsubscribe():
                self.tags[sent.to_tag] = Tag.LEFT
                self._forget(sent.to_tag)
            case Offer():
                self.phase = Phase.OPEN
                self.tags[sent.from_tag] = self.tags[sent.to_tag] = Tag.PARTY
                self._associate(sent.from_tag, sent.to_tag)
                self._offered = (sent.from_tag, sent.to_tag)
            case Answer():
                self._offered = None
                self._talks = {sent.from_tag: sent.to_tag, sent.to_tag: sent.from_tag}
            case Delete():
                self.phase = Phase.GONE

    # -- who hears whom, as the engine keeps it ------------------------------------------------------------------

    def _associate(self, a: str, b: str) -> None:
        """An offer makes both hear each other; an older subscription stays and does not count as an offer/answer."""
        for source in (a, b):
            for subscriptions in self._hears.values():
                if subscriptions.get(source):
                    del subscriptions[source]
        for subscriber, source in ((a, b), (b, a)):
            self._hears.setdefault(subscriber, {}).setdefault(source, True)

    def _forget(self, tag: str) -> None:
        """It hears nobody any more."""
        self._hears.pop(tag, None)
        if self._offered is not None and tag in self._offered:
            self._offered = None

    def anchored(self, tag: str) -> bool:
        """Whether the engine finds a way from `tag` to a stranger: somebody hears it by offer/answer."""
        return any(subscriptions.get(tag) for subscriptions in self._hears.values())

    def peer(self, tag: str) -> str | None:
        """Whom `tag` hears by its latest offer/answer."""
        return self._talks.get(tag)
