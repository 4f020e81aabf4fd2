"""Ends tasks for certain."""

from __future__ import annotations

import asyncio
import logging

_log = logging.getLogger("station")
AGAIN_S = 2.0
TIMES = 5


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel and wait until they are over. Up to Python 3.11 wait_for can swallow a cancellation: then it is repeated."""
    pending = set(tasks)
    for _ in range(TIMES):
        if not pending:
            break
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_S)
    if pending:
        _log.error("A connection did not end", extra={"tasks": len(pending)})
    for task in set(tasks) - pending:
        if not task.cancelled() and task.exception() is not None:
            _log.warning("A connection did not end cleanly", extra={"reason": type(task.exception()).__name__})
