"""Processes of one installation, recognised by the marker that the supervisor puts into their environment."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

MARK = "ANTIPHON_INSTALLATION"  # =data folder; every process below the supervisor inherits it


def processes(data: Path) -> list[int]:
    """Process ids of this installation, the supervisor's included; other users' processes cannot be looked into."""
    wanted = f"{MARK}={data}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and wanted in _environment(entry):
            found.append(int(entry.name))
    return found


def marked(pid: int, data: Path) -> bool:
    """Whether this process id still belongs to the installation."""
    return f"{MARK}={data}".encode() in _environment(Path("/proc") / str(pid))


def end(pids: Iterable[int], data: Path, signals: tuple[tuple[signal.Signals, float], ...]) -> None:
    """Send each signal in turn, wait until they are gone or its time is over; a reused id is never hit."""
    with ExitStack() as stack:
        handles: dict[int, int] = {}
        for pid in pids:
            try:
                handle = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            stack.callback(os.close, handle)
            if marked(pid, data):  # looked at after the handle was taken: the handle is of the process we mean
                handles[handle] = pid
        for number, patience_s in signals:
            for handle in handles:
                try:
                    signal.pidfd_send_signal(handle, number)
                except ProcessLookupError:
                    continue
            _await_end(handles, patience_s)
            if not handles:
                return


def _await_end(handles: dict[int, int], patience_s: float) -> None:
    watch = select.poll()
    for handle in handles:
        watch.register(handle, select.POLLIN)
    left_ms = int(patience_s * 1000)
    while handles and left_ms > 0:
        gone = watch.poll(min(left_ms, 100))
        left_ms -= 100
        for handle, _ in gone:
            watch.unregister(handle)
            del handles[handle]


def _environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return []
