"""Whole copies of the database while everybody works with it: one consistent state, taken out and put back."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from antiphon.database.row_security import ALL_ROWS
from antiphon.database.tables import metadata
from antiphon.errors import AntiphonError, Conflict, Unavailable
from antiphon.settings import Settings


class CopyFailed(AntiphonError):
    """The database could not be read or written as a whole."""

    code = "database_copy_failed"


class ToolMissing(Unavailable):
    """PostgreSQL's own tools are not on this machine."""

    code = "database_tool_missing"
    title = "pg_dump and pg_restore are missing. Install the Debian package postgresql-client, then start again."


class DatabaseUsed(Conflict):
    """The database that is to be filled holds something already."""

    code = "database_used"


def kind(settings: Settings) -> str:
    """`sqlite` or `postgresql`."""
    return sa.make_url(settings.sqlalchemy_url).get_backend_name()


def file_of(settings: Settings) -> Path:
    """SQLite's file."""
    return Path(str(sa.make_url(settings.sqlalchemy_url).database))


def copy_out(settings: Settings, into: Path) -> None:
    """The database as it is at one moment; writers go on meanwhile. Raises `CopyFailed` or `ToolMissing`."""
    if kind(settings) == "postgresql":
        # Without it pg_dump asks for rows past the policies, which a user that is no superuser may not.
        words = ("--format=custom", "--no-owner", "--no-privileges", "--enable-row-security", f"--file={into}")
        _run(settings, "pg_dump", *words)
        return
    source = file_of(settings)
    if not source.exists():
        raise CopyFailed("There is no database yet.")
    try:
        with closing(_open(source, read_only=True)) as live, closing(_open(into)) as copy:
            live.backup(copy)  # in one step: readers of a write-ahead log hold no writer up
            copy.execute("PRAGMA journal_mode=DELETE")
            into.chmod(0o600)
    except sqlite3.Error as error:
        raise CopyFailed(f"The database could not be copied ({error}).") from error


def copy_in(settings: Settings, source: Path, *, replace: bool = False) -> None:
    """Fill the PostgreSQL database from such a copy, in one transaction; what is there goes only with `replace`."""
    if not replace and _used(settings):
        raise DatabaseUsed(
            "The PostgreSQL database holds tables already. Give an empty one, or --force. Nothing was changed."
        )
    clean = ("--clean", "--if-exists") if replace else ()
    _run(settings, "pg_restore", "--no-owner", "--no-privileges", "--single-transaction", *clean, str(source))


def problem(path: Path) -> str | None:
    """What SQLite's own check says against this file, or None when it is sound."""
    try:
        with closing(_open(path, read_only=True)) as database:
            (told,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return None if told == "ok" else str(told)


def _open(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode={'ro' if read_only else 'rwc'}", uri=True, timeout=10)


def _used(settings: Settings) -> bool:
    engine = sa.create_engine(settings.sqlalchemy_url, poolclass=sa.pool.NullPool)
    try:
        return bool(set(sa.inspect(engine).get_table_names()) & {*metadata.tables, "alembic_version"})
    finally:
        engine.dispose()


def _run(settings: Settings, program: str, *words: str) -> None:
    found = shutil.which(program) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)), None
    )
    if found is None:
        raise ToolMissing
    url = sa.make_url(settings.sqlalchemy_url)
    password = {"PGPASSWORD": url.password} if url.password else {}
    address = url.set(drivername="postgresql", password=None).render_as_string()
    finished = subprocess.run(  # noqa: S603 the program is PostgreSQL's own
        [found, f"--dbname={address}", *words],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PGOPTIONS": ALL_ROWS, **password},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        reason = finished.stderr.strip().splitlines()[-1:] or ["no reason told"]
        raise CopyFailed(f"{program} failed: {reason[0]}")
