"""The NG commands that Antiphon uses, typed, and how each stands on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field

from antiphon.wire.ng.bencode import Encodable

Options = tuple[tuple[str, Encodable], ...]


@dataclass(frozen=True, slots=True)
class Command:
    """One command about one call."""

    call_id: str

    def body(self) -> dict[str, Encodable]:
        """The dictionary for the wire."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Publish(Command):
    """A source without a peer: it can be subscribed to, and offered only to a tag that is subscribed."""

    from_tag: str
    sdp: str
    options: Options = ()

    def body(self) -> dict[str, Encodable]:
        head: dict[str, Encodable] = {"command": "publish", "from-tag": self.from_tag}
        return {**dict(self.options), **head, "call-id": self.call_id, "sdp": self.sdp}


@dataclass(frozen=True, slots=True)
class SubscribeRequest(Command):
    """An offer of the source's media for a new tag."""

    from_tag: str
    to_tag: str
    options: Options = ()

    def body(self) -> dict[str, Encodable]:
        head: dict[str, Encodable] = {"command": "subscribe request", "from-tag": self.from_tag}
        return {**dict(self.options), **head, "call-id": self.call_id, "to-tag": self.to_tag}


@dataclass(frozen=True, slots=True)
class SubscribeAnswer(Command):
    """The subscriber's answer."""

    to_tag: str
    sdp: str
    options: Options = ()

    def body(self) -> dict[str, Encodable]:
        head: dict[str, Encodable] = {"command": "subscribe answer", "to-tag": self.to_tag}
        return {**dict(self.options), **head, "call-id": self.call_id, "sdp": self.sdp}


@dataclass(frozen=True, slots=True)
class Unsubscribe(Command):
    """This subscriber receives nothing any more."""

    to_tag: str

    def body(self) -> dict[str, Encodable]:
        return {"command": "unsubscribe", "call-id": self.call_id, "to-tag": self.to_tag}


@dataclass(frozen=True, slots=True)
class Offer(Command):
    """`from_tag` offers to `to_tag`."""

    from_tag: str
    to_tag: str
    sdp: str
    options: Options = ()

    def body(self) -> dict[str, Encodable]:
        head: dict[str, Encodable] = {"command": "offer", "from-tag": self.from_tag, "to-tag": self.to_tag}
        return {**dict(self.options), **head, "call-id": self.call_id, "sdp": self.sdp}


@dataclass(frozen=True, slots=True)
class Answer(Command):
    """`to_tag` answers what `from_tag` offered."""

    from_tag: str
    to_tag: str
    sdp: str
    options: Options = ()

    def body(self) -> dict[str, Encodable]:
        head: dict[str, Encodable] = {"command": "answer", "from-tag": self.from_tag, "to-tag": self.to_tag}
        return {**dict(self.options), **head, "call-id": self.call_id, "sdp": self.sdp}


@dataclass(frozen=True, slots=True)
class Query(Command):
    """What the engine knows of this call; with a tag, of that party alone (32 receivers do not fit a datagram)."""

    tag: str = ""

    def body(self) -> dict[str, Encodable]:
        tag: dict[str, Encodable] = {"from-tag": self.tag} if self.tag else {}
        return {"command": "query", "call-id": self.call_id, **tag}


@dataclass(frozen=True, slots=True)
class Delete(Command):
    """Forget the whole call, now."""

    def body(self) -> dict[str, Encodable]:
        return {"command": "delete", "call-id": self.call_id, "delete-delay": 0}


@dataclass(frozen=True, slots=True)
class PlayMedia(Command):
    """Play a file to this party."""

    tag: str
    file: str
    repeat: int = 1

    def body(self) -> dict[str, Encodable]:
        head: dict[str, Encodable] = {"command": "play media", "from-tag": self.tag, "file": self.file}
        return {**head, "call-id": self.call_id, "repeat-times": self.repeat}


@dataclass(frozen=True, slots=True)
class StopMedia(Command):
    """Stop what is being played to this party."""

    tag: str

    def body(self) -> dict[str, Encodable]:
        return {"command": "stop media", "call-id": self.call_id, "from-tag": self.tag}


@dataclass(frozen=True, slots=True)
class BlockMedia(Command):
    """What this party sends reaches nobody until it is let through again."""

    tag: str

    def body(self) -> dict[str, Encodable]:
        return {"command": "block media", "call-id": self.call_id, "from-tag": self.tag}


@dataclass(frozen=True, slots=True)
class UnblockMedia(Command):
    """Let this party through again."""

    tag: str

    def body(self) -> dict[str, Encodable]:
        return {"command": "unblock media", "call-id": self.call_id, "from-tag": self.tag}


@dataclass(frozen=True, slots=True)
class PlayDtmf(Command):
    """Inject a digit into what this party sends, so that its peer hears it."""

    tag: str
    digit: str

    def body(self) -> dict[str, Encodable]:
        return {"command": "play DTMF", "call-id": self.call_id, "from-tag": self.tag, "digit": self.digit}


PING: dict[str, Encodable] = {"command": "ping"}


@dataclass(frozen=True, slots=True)
class ListCalls:
    """The ids of the engine's calls."""

    limit: int = field(default=32)

    def body(self) -> dict[str, Encodable]:
        return {"command": "list", "limit": self.limit}
