"""Requests and their replies over UDP: matched by cookie, repeated until answered, given up in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from antiphon.errors import Unavailable
from antiphon.limits import NG_PENDING_MAX, NG_WAITS_S
from antiphon.wire.ng.bencode import BencodeError, Decoded, Encodable, decode, encode


@dataclass(frozen=True, slots=True)
class Datagram:
    """Send these bytes to the engine."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Replied:
    """The engine's reply to the request `key`."""

    key: int
    reply: Mapping[str, Decoded]


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Nobody answered the request `key`."""

    key: int


@dataclass(frozen=True, slots=True)
class Ignored:
    """A datagram that answers nothing; `why` for the log."""

    why: str


Effect = Datagram | Replied | TimedOut | Ignored


class TooManyPending(Unavailable):
    """The engine has not answered for so long that no further request is kept."""

    code = "media_unavailable"
    title = "The media engine does not answer. Try again."


@dataclass(slots=True)
class _Pending:
    key: int
    data: bytes
    sent: int
    due: float


class Exchange:
    """Sans-IO. `token()` gives the random part of cookies: the engine answers a repeated cookie from its cache."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._prefix = token()
        self._count = 0
        self._pending: dict[bytes, _Pending] = {}

    def request(self, body: Mapping[str, Encodable], now: float) -> tuple[int, list[Effect]]:
        """Send one command; the key names it in `Replied` and `TimedOut`."""
        if len(self._pending) >= NG_PENDING_MAX:
            raise TooManyPending(pending=len(self._pending))
        self._count += 1
        cookie = self._cookie(self._count)
        data = cookie + b" " + encode(body)
        self._pending[cookie] = _Pending(self._count, data, 1, now + NG_WAITS_S[0])
        return self._count, [Datagram(data)]

    def receive(self, data: bytes, now: float) -> list[Effect]:
        """One datagram from the engine."""
        cookie, space, body = data.partition(b" ")
        if not space or cookie not in self._pending:
            return [Ignored("no request has this cookie")]
        try:
            reply = decode(body)
        except BencodeError as error:
            # The request stays pending: its repetition may be answered better, or it times out.
            return [Ignored(error.detail)]
        if not isinstance(reply, dict):
            return [Ignored("a reply is a dictionary")]
        return [Replied(self._pending.pop(cookie).key, reply)]

    def forget(self, key: int) -> None:
        """Nobody waits for this request any more."""
        self._pending.pop(self._cookie(key), None)

    def _cookie(self, key: int) -> bytes:
        return f"{self._prefix}_{key}".encode()

    def again(self) -> list[Effect]:
        """Repeat everything that waits, now: the engine was away and is back. Its regular repetitions stay as they are."""
        return [Datagram(pending.data) for pending in self._pending.values()]

    def next_deadline(self) -> float | None:
        return min((pending.due for pending in self._pending.values()), default=None)

    def tick(self, now: float) -> list[Effect]:
        """Repeat or give up what is due."""
        effects: list[Effect] = []
        for cookie, pending in list(self._pending.items()):
            if pending.due > now:
                continue
            if pending.sent < len(NG_WAITS_S):
                pending.due = now + NG_WAITS_S[pending.sent]
                pending.sent += 1
                effects.append(Datagram(pending.data))
            else:
                del self._pending[cookie]
                effects.append(TimedOut(pending.key))
        return effects
