"""The schema: brings a database to the newest revision, and tells which one it is at."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from antiphon.database.database import begin_immediate
from antiphon.database.failures import translated
from antiphon.database.row_security import name_company
from antiphon.database.scope import PLATFORM
from antiphon.database.statistics import tell_planner
from antiphon.errors import Conflict
from antiphon.settings import Settings

_SCRIPTS = Path(__file__).parent / "migrations"


class NoWayDown(Conflict):
    """A migration in between cannot be undone."""

    code = "no_way_down"
    title = "This step of the schema has no way back by itself; the backup made before it has."


_LOCK = 0x616E7469  # PostgreSQL advisory lock: two processes never migrate at once


def upgrade(settings: Settings, revision: str = "head") -> None:
    """Bring the schema to head, or to a revision before it, in one transaction; does nothing when it is there."""
    url = sa.make_url(settings.sqlalchemy_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = _engine(url)
    try:
        with translated(), engine.begin() as connection:
            config = _prepared(connection)
            command.upgrade(config, revision)
            tell_planner(connection)
    finally:
        engine.dispose()


def current(settings: Settings) -> str | None:
    """The revision the database is at, or None before the first migration; raises `DatabaseAway` when it can't be read."""
    engine = _engine(sa.make_url(settings.sqlalchemy_url))
    try:
        # read only: whoever merely asks does not wait for a writer
        with translated(), engine.connect().execution_options(antiphon_read_only=True) as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str:
    """The newest revision this software knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise RuntimeError("no migrations are packaged")
    return revision


def known(revision: str) -> bool:
    """Whether this software has that revision among its own."""
    return revision in _chain()


def unfitting(settings: Settings) -> str | None:
    """Why this software cannot work on the database, in a sentence, or None; an older schema is no reason."""
    found = current(settings)
    if found is None or known(found):
        return None
    return (
        f"The database was written by a newer release (schema {found}, this one knows up to {head()}). "
        "Start that release or a later one, or go back with it: ./antiphon rollback. Nothing was changed."
    )


def downgrade(settings: Settings, revision: str) -> None:
    """Take the schema back to `revision` in one transaction; raises `NoWayDown` before anything is changed."""
    if losses(settings, revision) is None:
        raise NoWayDown(revision=revision)
    engine = _engine(sa.make_url(settings.sqlalchemy_url))
    try:
        with translated(), engine.begin() as connection:
            config = _prepared(connection)
            command.downgrade(config, revision)
            tell_planner(connection)
    finally:
        engine.dispose()


def losses(settings: Settings, revision: str) -> list[str] | None:
    """What going back to `revision` takes away, a sentence a step; None when some step has no way down."""
    chain, now = _chain(), current(settings)
    if now not in chain or revision not in chain or chain.index(revision) > chain.index(now):
        return None
    told: list[str] = []
    script = ScriptDirectory.from_config(_config())
    for step in reversed(chain[chain.index(revision) + 1 : chain.index(now) + 1]):
        module = script.get_revision(step).module
        lost = getattr(module, "lost_on_the_way_back", None)
        if lost is None or not hasattr(module, "downgrade"):
            return None
        told.append(str(lost))
    return told


def _chain() -> list[str]:
    """Every revision this software knows, oldest first."""
    return [one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()][::-1]


def _engine(url: sa.URL) -> sa.Engine:
    """An engine whose foreign keys are not enforced on SQLite: rebuilding a table must not empty those that refer to it."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    if engine.dialect.name == "sqlite":
        begin_immediate(engine, foreign_keys=False)
    return engine


def _prepared(connection: sa.Connection) -> Config:
    """For steps on this connection, alone and on every company's rows."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.func.pg_advisory_xact_lock(_LOCK).select())
        name_company(connection, PLATFORM)
    config = _config()
    config.attributes["connection"] = connection
    return config


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    return config
