"""One signed-on browser tab: its person, what waits to be sent to it, how much it may say, and how it ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from antiphon.calls import ClientInfo
from antiphon.errors import AntiphonError
from antiphon.limits import (
    CLIENT_QUEUE_MAX,
    WEBSOCKET_MESSAGES_PER_SECOND,
    WEBSOCKETS_UNSIGNED_MAX,
    WEBSOCKETS_UNSIGNED_PER_SOURCE,
)
from antiphon.wire import client as wire

POLICY_VIOLATION = 1008  # RFC 6455 7.4.1


class TooManyTabs(AntiphonError):
    """One person has too many tabs open."""

    code = "too_many_tabs"
    http_status = 429
    title = "Too many windows are open. Close some of them, then reload this one."


class TooManyStrangers(AntiphonError):
    """Sockets wait for somebody to sign on, more than one network may have open."""

    code = "too_many_sockets"
    http_status = 429
    title = "Too many connections from your network wait to sign in. This page tries again by itself."


class Gone(Exception):
    """This socket is to be closed with that code."""

    def __init__(self, code: int, error: wire.Error | None = None) -> None:
        super().__init__(code)
        self.code, self.error = code, error


@dataclass(slots=True)
class Allowance:
    """A bucket of messages: full at first, refilled by the second; `take` is False when it is empty."""

    left: float
    at: float

    def take(self, now: float, cost: int = 1) -> bool:
        most = float(2 * WEBSOCKET_MESSAGES_PER_SECOND)
        self.left = min(most, self.left + (now - self.at) * WEBSOCKET_MESSAGES_PER_SECOND)
        self.at = now
        if self.left < cost:
            return False
        self.left -= cost
        return True


class Strangers:
    """How many sockets wait for somebody to sign on, of each address and in all."""

    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()

    def come(self, address: str) -> bool:
        """False when there are too many; then `go` is not called."""
        if self._waiting[address] >= WEBSOCKETS_UNSIGNED_PER_SOURCE or self._waiting.total() >= WEBSOCKETS_UNSIGNED_MAX:
            return False
        self._waiting[address] += 1
        return True

    def go(self, address: str) -> None:
        """Signed on, or gone."""
        self._waiting[address] -= 1
        if not self._waiting[address]:
            del self._waiting[address]


class Tab:
    """One signed-on socket: its person, the end of its token, and what waits to be sent."""

    def __init__(
        self, info: ClientInfo, expires_at: datetime, session_id: str, rights_change_at: datetime | None = None
    ) -> None:
        """`rights_change_at`: when what its person may see and do changes by itself."""
        self.info = info
        self.session_id = session_id
        self.expires_at = expires_at
        self.rights_change_at = rights_change_at
        self.waiting: asyncio.Queue[str | Gone] = asyncio.Queue(CLIENT_QUEUE_MAX)
        self.ending: asyncio.Future[Gone] = asyncio.get_running_loop().create_future()

    def send(self, text: str) -> None:
        """Queue a message; a tab that does not read is dropped, nobody waits for it."""
        try:
            self.waiting.put_nowait(text)
        except asyncio.QueueFull:
            self.end(Gone(POLICY_VIOLATION))

    def end(self, gone: Gone) -> None:
        if not self.ending.done():
            self.ending.set_result(gone)
