"""The schema: brings a database to the newest revision, and tells which one it is at."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from antiphon.database.core import begin_immediate
from antiphon.database.failures import translated
from antiphon.settings import Settings

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x616E7469  # PostgreSQL advisory lock: two processes never migrate at once


def upgrade(settings: Settings) -> None:
    """Bring the schema to head in one transaction; does nothing when it is there."""
    url = sa.make_url(settings.sqlalchemy_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = _engine(url)
    try:
        with translated(), engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.func.pg_advisory_xact_lock(_LOCK).select())
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def current(settings: Settings) -> str | None:
    """The revision the database is at, or None before the first migration; raises `DatabaseAway` when it can't be read."""
    engine = _engine(sa.make_url(settings.sqlalchemy_url))
    try:
        with translated(), engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str:
    """The newest revision this software knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise RuntimeError("no migrations are packaged")
    return revision


def _engine(url: sa.URL) -> sa.Engine:
    """An engine whose foreign keys are not enforced on SQLite: rebuilding a table must not empty those that refer to it."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    if engine.dialect.name == "sqlite":
        begin_immediate(engine, foreign_keys=False)
    return engine


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    return config
