"""The cage in which hostile pictures are decoded: what a process gives up before it looks at one."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource

from antiphon import limits

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_DUMPABLE = 4
_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000


def cage() -> None:
    """Give up what decoding does not need: privileges, network (where the kernel lets us), memory, time, files."""
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_PR_SET_NO_NEW_PRIVS, 1), (_PR_SET_DUMPABLE, 0)):
        if libc.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    # As root a network namespace of its own; as a user together with a user namespace, where that is allowed. No rule
    # of the house depends on it: the process holds no descriptor but its three.
    with contextlib.suppress(OSError):
        flags = _CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWUSER | _CLONE_NEWNET
        if libc.unshare(flags) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
    memory, cpu = limits.SNAPSHOT_DECODE_MEMORY_BYTES, limits.SNAPSHOT_DECODE_MAX_S
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, 0),  # stdout is a pipe; no file is ever written
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 16),
    ):
        resource.setrlimit(what, (most, most))
