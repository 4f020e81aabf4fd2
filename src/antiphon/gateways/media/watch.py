"""Watches the media engine: whether it is there, whether it still knows its calls, and when it is back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping

from antiphon import log
from antiphon.calls.ports import CallId
from antiphon.clock import Clock
from antiphon.gateways.media.call import CallOnEngine
from antiphon.gateways.media.ng_client import NgClient
from antiphon.limits import MEDIA_AWAY_ASK_S, MEDIA_QUERY_S, MEDIA_WATCH_S

_log = log.get("media")


class EngineWatch:
    """`run` until cancelled. `lost(calls, since)` is told of calls that the engine no longer knows."""

    def __init__(
        self,
        client: NgClient,
        clock: Clock,
        calls: Mapping[CallId, CallOnEngine],
        lost: Callable[[list[CallOnEngine], float], None],
        spawn: Callable[[Coroutine[object, object, None]], object],
    ) -> None:
        self._ng, self._clock, self._calls = client, clock, calls
        self._lost, self._spawn = lost, spawn
        self._turn = 0

    async def run(self) -> None:
        """Knock while there are calls: the kernel says at once when nobody listens. Ask for one call after the other, too."""
        asked_at = self._clock.monotonic()
        while True:
            away = self._ng.away_since is not None
            await asyncio.sleep(MEDIA_AWAY_ASK_S if away else MEDIA_WATCH_S)
            calls = list(self._calls.values())
            if calls or self._ng.away_since is not None:
                self._ng.knock()
            now = self._clock.monotonic()
            if calls and self._ng.away_since is None and now - asked_at >= MEDIA_QUERY_S:
                asked_at = now
                self._turn += 1
                self._spawn(self._check([calls[self._turn % len(calls)]], now))

    def is_back(self, since: float) -> None:
        """Nobody listened for a while: what answers now is another process, and knows none of the calls."""
        _log.warning("media engine is back", after_s=round(self._clock.monotonic() - since, 3), calls=len(self._calls))
        self._spawn(self._check(list(self._calls.values()), since))

    async def _check(self, suspects: list[CallOnEngine], since: float) -> None:
        """A lost call makes all of them suspicious at once."""
        lost = await missing(suspects)
        if lost:
            everyone = [held for held in self._calls.values() if held not in lost]
            self._lost([*lost, *await missing(everyone)], since)


async def missing(suspects: list[CallOnEngine]) -> list[CallOnEngine]:
    """Which of these the engine no longer knows; asks it for each, after the orders that are under way."""

    async def ask(held: CallOnEngine) -> bool:
        async with held.lock:
            return await held.is_gone()

    answers = await asyncio.gather(*(ask(held) for held in suspects))
    return [held for held, gone in zip(suspects, answers, strict=True) if gone]
