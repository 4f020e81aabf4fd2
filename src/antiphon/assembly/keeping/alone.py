"""One at a time in a data folder: an upgrade, the way back, or a restore."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from antiphon.errors import Conflict


class UpgradeRuns(Conflict):
    """Another upgrade, rollback or restore is at work in this data folder."""

    code = "upgrade_runs"


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Hold the data folder for oneself; raises `UpgradeRuns` at once while somebody else does.

    The folder itself is locked, so nothing is left behind, and the kernel lets go when the process ends in whatever way.
    """
    folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UpgradeRuns(
                f"Another upgrade, rollback or restore is running in {data}. Nothing was changed. Wait until it is done."
            ) from error
        yield
    finally:
        os.close(folder)
