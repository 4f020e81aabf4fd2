"""A PostgreSQL server of one test session: many small databases, owned by a role that is bound by their policies."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

import antiphon.assembly.api
import antiphon.assembly.worker  # noqa: F401 - between them they load every room's tables
from antiphon.database import Database, metadata, migrate
from antiphon.settings import Settings

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
needs_postgresql = pytest.mark.xfail(not POSTGRES, reason="no PostgreSQL server on this machine", run=False)
ROLE = "antiphon"  # like in production: it may log in and owns its database, and nothing more
_TEMPLATE = "migrated"


class Server:
    """A running server. Addresses are given as settings take them."""

    def __init__(self, folder: Path, port: int) -> None:
        """`folder` holds its socket; it listens at `port` on loopback too."""
        self.folder, self.port = folder, port
        self._numbers = count(1)
        self._migrated = False
        self.carry_out(f"CREATE ROLE {ROLE} LOGIN")

    @contextmanager
    def empty(self) -> Iterator[str]:
        """A database without anything, dropped at the end."""
        with self._made("") as url:
            yield url

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """A database with the newest schema, dropped at the end; its copying costs some 30 ms."""
        if not self._migrated:
            self.carry_out(f"CREATE DATABASE {_TEMPLATE} OWNER {ROLE}")
            migrate.upgrade(Settings(data=self.folder, database_url=self._url(_TEMPLATE)))
            self._migrated = True
        with self._made(f"TEMPLATE {_TEMPLATE}") as url:
            yield url

    def carry_out(self, statement: str) -> None:
        """As the superuser."""
        superuser = {"host": str(self.folder), "port": self.port, "user": "postgres", "dbname": "postgres"}
        with psycopg.connect(**superuser, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://{ROLE}@/{name}?host={self.folder}&port={self.port}"

    @contextmanager
    def _made(self, like: str) -> Iterator[str]:
        name = f"test_{next(self._numbers)}"
        self.carry_out(f"CREATE DATABASE {name} OWNER {ROLE} {like}")
        yield self._url(name)
        self.carry_out(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def server() -> Iterator[Server]:
    """A PostgreSQL of its own, run by an unprivileged user."""
    folder = Path(tempfile.mkdtemp(prefix="antiphon-pg-", dir="/tmp"))  # a socket's path is at most 107 bytes
    folder.chmod(0o755)
    programs = POSTGRES[-1].parent
    as_user = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
    if as_user:
        os.chown(folder, 65534, 65534)
    data, environment = folder / "pg", {"LC_ALL": "C.UTF-8", "HOME": str(folder)}
    run = {"check": True, "cwd": folder, "env": environment, "stdout": subprocess.DEVNULL}
    subprocess.run([*as_user, programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N"], **run)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = (
        f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} "
        "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c shared_buffers=32MB -c autovacuum=off"
    )
    control = [*as_user, programs / "pg_ctl", "-D", data]
    subprocess.run([*control, "-l", folder / "log", "-w", "-o", options, "start"], **run)
    try:
        yield Server(folder, port)
    finally:
        subprocess.run([*control, "-w", "-m", "immediate", "stop"], **run)
        shutil.rmtree(folder)


def over_tcp(url: str) -> str:
    """The same database by its port on loopback."""
    address = sa.make_url(url)
    return address.set(host="127.0.0.1", port=int(str(address.query["port"])), query={}).render_as_string()


def unwalled(database: Database) -> list[str]:
    """Tables with rows of companies that PostgreSQL does not keep apart, also from their owner."""
    companies = {name for name, table in metadata.tables.items() if "company_id" in table.c} | {"companies"}
    held = (
        "SELECT relname FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid "
        "WHERE relrowsecurity AND relforcerowsecurity AND polcmd = '*' AND polwithcheck IS NOT NULL"
    )
    with database.engine.connect() as connection:
        return sorted(companies - set(connection.exec_driver_sql(held).scalars()))
