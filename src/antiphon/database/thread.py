"""Owns the one thread that runs a process's transactions: work goes in one by one, what came of it goes back in bunches."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeVar

from antiphon.limits import DATABASE_BUNCH_MAX

T = TypeVar("T")


class _Job(NamedTuple):
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]  # Any: whatever the work gives
    context: Context  # the caller's, so that log lines of the work carry the same fields
    work: Callable[[], Any]


class _Outcome(NamedTuple):
    job: _Job
    result: Any
    error: BaseException | None


class WorkThread:
    """Runs work in the order in which it was handed over. Started by the first; `close` ends it after what it has."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` gives or raises. Work that nobody waits for any more is carried out all the same."""
        if self._thread is None:
            if self._closed:
                raise RuntimeError("the thread is closed")
            self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(loop, future, copy_context(), work))
        return await future

    def close(self) -> None:
        """Wait until everything handed over is done."""
        thread, self._thread, self._closed = self._thread, None, True
        if thread is not None:
            self._jobs.put(None)
            thread.join()

    def _serve(self) -> None:
        job = self._jobs.get()
        while job is not None:
            done: list[_Outcome] = []
            try:
                while job is not None and len(done) < DATABASE_BUNCH_MAX:
                    done.append(_outcome(job))
                    job = self._jobs.get_nowait()
            except Empty:
                _give_back(done)
                job = self._jobs.get()
            else:
                _give_back(done)


def _outcome(job: _Job) -> _Outcome:
    try:
        return _Outcome(job, job.context.run(job.work), None)
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
        return _Outcome(job, None, error)


def _give_back(done: list[_Outcome]) -> None:
    """Wake each event loop once."""
    for loop in {outcome.job.loop for outcome in done}:
        mine = [outcome for outcome in done if outcome.job.loop is loop]
        with contextlib.suppress(RuntimeError):  # that loop is closed: nobody waits there
            loop.call_soon_threadsafe(_settle, mine)


def _settle(outcomes: list[_Outcome]) -> None:
    for job, result, error in outcomes:
        if job.future.done():  # cancelled
            continue
        if error is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(error)
