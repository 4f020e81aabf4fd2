"""A PostgreSQL server of one test, for what has to work on both databases."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL of its own on a unix socket, run by an unprivileged user; gives its URL."""
    programs = POSTGRES[-1].parent
    as_user = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
    if as_user:
        os.chown(folder, 65534, 65534)
    data, environment = folder / "pg", {"LC_ALL": "C.UTF-8", "HOME": str(folder)}
    run = {"check": True, "cwd": folder, "env": environment, "stdout": subprocess.DEVNULL}
    subprocess.run([*as_user, programs / "initdb", "-D", data, "-U", "antiphon", "-A", "trust", "-N"], **run)
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    control = [*as_user, programs / "pg_ctl", "-D", data]
    subprocess.run([*control, "-l", folder / "log", "-w", "-o", options, "start"], **run)
    try:
        yield f"postgresql+psycopg://antiphon@/postgres?host={folder}"
    finally:
        subprocess.run([*control, "-w", "-m", "immediate", "stop"], **run)
