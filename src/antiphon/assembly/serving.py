"""Runs one role: an ASGI application on a unix socket and what goes on beside it, until SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from antiphon import log
from antiphon.assembly.figures import SUFFIX, Figures
from antiphon.limits import COLLECTOR_THRESHOLDS, WEBSOCKET_MESSAGE_MAX_BYTES, WEBSOCKET_PING_S, WEBSOCKET_PONG_MAX_S

_log = log.get("role")

Task = Callable[[], Coroutine[Any, Any, None]]  # Any: what a coroutine takes and gives between its steps
_GRACE_S = 5
_WAITING_MAX = 2048


class Server(uvicorn.Server):
    """Uvicorn without its signal handling, which ends the process before the rest of the role could close."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def collect_rarely() -> None:
    """Keep the cyclic collector out of calls and answers: what stands now is never looked at again, the rest rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


async def serve(
    app: FastAPI,
    path: Path,
    tasks: Sequence[Task],
    figures: Figures,
    *,
    websockets: bool = False,
    closing: Task | None = None,
) -> None:
    """Serve `app` at `path` and run `tasks` until SIGTERM or SIGINT; a task that ends or fails takes the role down.

    The role's figures are shown beside it, at `path` with another ending.

    `closing` runs first when the end has come, while the sockets still stand.
    Raises what a task raised, so that the supervisor starts the role anew.
    """
    config = uvicorn.Config(
        app,
        loop="none",
        lifespan="off",
        ws="websockets-sansio" if websockets else "none",
        ws_max_size=2 * WEBSOCKET_MESSAGE_MAX_BYTES,  # what is only a little too large, the gateway refuses in words
        ws_per_message_deflate=False,  # messages of a few hundred bytes: costs CPU and a window of memory for each tab
        ws_ping_interval=WEBSOCKET_PING_S,
        ws_ping_timeout=WEBSOCKET_PONG_MAX_S,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = Server(config)
    loop = asyncio.get_running_loop()

    async def close() -> None:
        try:
            if closing is not None:
                await closing()
        finally:
            server.should_exit = True

    ending: list[asyncio.Task[None]] = []

    def stop() -> None:
        if not ending:
            app.state.stopping = True  # `/health/ready` says so
            ending.append(asyncio.create_task(close()))

    def task_ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            error = task.exception()
            _log.error("part of the role ended", part=task.get_name(), error=type(error).__name__)
            stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    with _listening(path) as listener, _listening(path.with_suffix(SUFFIX)) as shown:
        running = [asyncio.create_task(task(), name=task.__qualname__) for task in (*tasks, figures.watch_loop)]
        running.append(asyncio.create_task(figures.show(shown), name="figures"))
        for task in running:
            task.add_done_callback(task_ended)
        try:
            _log.info("role started")
            await server.serve(sockets=[listener])
            await asyncio.gather(*ending)
        finally:
            for task in running:
                task.cancel()
            outcomes = await asyncio.gather(*running, return_exceptions=True)
    _log.info("role stopped")
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


@contextlib.contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(_WAITING_MAX)  # whoever connects from now on waits until the application runs
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)
