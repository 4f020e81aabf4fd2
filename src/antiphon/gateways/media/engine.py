"""Media of every call of this process: one order after another per call, on rtpengine."""

from __future__ import annotations

from antiphon.calls.ports import CallId, LegId, MediaEvents, MediaPort, Prompt
from antiphon.clock import Clock
from antiphon.settings import Settings


class MediaEngine(MediaPort):
    """The `MediaPort` on the rtpengine at `settings.ports.ng`. `start` before use, `close_engine` at the end."""

    def __init__(self, events: MediaEvents, settings: Settings, clock: Clock) -> None:
        self._events = events
        self._settings = settings
        self._clock = clock

    async def start(self) -> None:
        """Open the sockets, render missing prompts; raises `media_unavailable` only for our own sockets' errors."""

    async def stop(self) -> None:
        """Delete every call and close the sockets."""

    async def ready(self) -> bool:
        """Whether rtpengine answers a ping now."""
        return False

    async def open_caller(self, call: CallId, leg: LegId, offer: str, *, reliable_preview: bool) -> str | None:
        raise NotImplementedError

    async def preview_offer(self, call: CallId, leg: LegId) -> str:
        raise NotImplementedError

    async def preview_answer(self, call: CallId, leg: LegId, answer: str) -> None:
        raise NotImplementedError

    async def drop_preview(self, call: CallId, leg: LegId) -> None:
        raise NotImplementedError

    async def connect_offer(self, call: CallId, leg: LegId) -> str:
        raise NotImplementedError

    async def connect_answer(self, call: CallId, leg: LegId, answer: str) -> str:
        raise NotImplementedError

    async def open_client(self, call: CallId, leg: LegId, offer: str) -> str:
        raise NotImplementedError

    async def client_answer(self, call: CallId, station_leg: LegId, answer: str) -> str:
        raise NotImplementedError

    async def request_key_frame(self, call: CallId) -> None:
        raise NotImplementedError

    async def play(self, call: CallId, leg: LegId, prompt: Prompt, language: str) -> float:
        raise NotImplementedError

    async def send_dtmf(self, call: CallId, leg: LegId, digit: str) -> None:
        raise NotImplementedError

    async def close(self, call: CallId) -> None:
        raise NotImplementedError
