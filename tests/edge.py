"""The database as the SIP edge reads it: by its views, and with the environment that the supervisor gives Kamailio."""

from __future__ import annotations

import shlex
import sqlite3
from contextlib import closing

import psycopg
import sqlalchemy as sa

from antiphon.assembly.engines import supervision
from antiphon.assembly.engines.parts import parts
from antiphon.settings import Settings


def at_the_edge(settings: Settings, query: str) -> list[tuple[object, ...]]:
    """What the edge gets for this query."""
    url = sa.make_url(settings.sqlalchemy_url)
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database))) as connection:
            return connection.execute(query).fetchall()
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(), options=_options(settings)) as connection:
        return connection.execute(query.encode()).fetchall()


def _options(settings: Settings) -> str:
    (kamailio,) = (part for part in parts(settings) if part.name == "kamailio")
    given = supervision.environment_of(settings, kamailio, "127.0.0.1").split(",")
    return dict(word.split("=", 1) for assignment in given for word in shlex.split(assignment))["PGOPTIONS"]
