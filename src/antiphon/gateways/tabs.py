"""One signed-on browser tab: its person, what waits to be sent to it, how much it may say, and how it ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from antiphon.calls import ClientInfo
from antiphon.limits import CLIENT_QUEUE_MAX, WEBSOCKET_MESSAGES_PER_SECOND
from antiphon.wire import client as wire

POLICY_VIOLATION = 1008  # RFC 6455 7.4.1


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

    def take(self, now: float) -> bool:
        most = float(2 * WEBSOCKET_MESSAGES_PER_SECOND)
        self.left = min(most, self.left + (now - self.at) * WEBSOCKET_MESSAGES_PER_SECOND)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Tab:
    """One signed-on socket: its person, the end of its token, and what waits to be sent."""

    def __init__(self, info: ClientInfo, expires_at: datetime, session_id: str) -> None:
        self.info = info
        self.session_id = session_id
        self.expires_at = expires_at
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
