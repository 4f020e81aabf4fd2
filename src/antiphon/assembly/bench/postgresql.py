"""A PostgreSQL server of one's own for as long as it is needed: the packages' newest, run by an unprivileged user."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
ROLE = DATABASE = "antiphon"  # like in production: it may log in and owns its database, and nothing more
_NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its socket lies in `folder`, and it listens at `port` on loopback too. `ROLE` may log in."""

    folder: Path
    port: int

    @property
    def superuser(self) -> str:
        """What libpq takes to connect as the superuser."""
        return f"host={self.folder} port={self.port} user=postgres dbname=postgres"

    def count(self) -> None:
        """Let the planner know what the tables hold, as the server does by itself within some minutes."""
        words = ("--analyze-only", "--quiet", "-h", str(self.folder), "-p", str(self.port), "-U", "postgres", DATABASE)
        subprocess.run([PROGRAMS[-1].with_name("vacuumdb"), *words], check=True, cwd=self.folder)

    def url(self, name: str) -> str:
        """Where that database is, as settings take it."""
        return f"postgresql+psycopg://{ROLE}@/{name}?host={self.folder}&port={self.port}"


@contextmanager
def started(options: Mapping[str, str], parent: str = "/tmp") -> Iterator[Server]:  # noqa: S108 - a socket's path is at most 107 bytes
    """A server with one empty database and these settings, beside every other; gone with all it held at the end."""
    folder = Path(tempfile.mkdtemp(prefix="antiphon-pg-", dir=parent))
    folder.chmod(0o755)
    programs = PROGRAMS[-1].parent
    as_user: list[str] = []
    if os.getuid() == 0:
        as_user = ["/usr/bin/setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
        os.chown(folder, _NOBODY, _NOBODY)
    data = folder / "pg"

    def run(*words: str | Path) -> None:
        environment = {"LC_ALL": "C.UTF-8", "HOME": str(folder)}
        subprocess.run([*as_user, *words], check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)

    run(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": str(folder), **options}
    words = " ".join(f"-c {name}={value}" for name, value in given.items())
    run(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", words, "start")
    try:
        run(programs / "createuser", "-h", folder, "-p", str(port), "-U", "postgres", "--login", ROLE)
        run(programs / "createdb", "-h", folder, "-p", str(port), "-U", "postgres", "-O", ROLE, DATABASE)
        yield Server(folder, port)
    finally:
        run(programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def over_tcp(url: str) -> str:
    """The same database by its port on loopback."""
    address = sa.make_url(url)
    return address.set(host="127.0.0.1", port=int(str(address.query["port"])), query={}).render_as_string()
