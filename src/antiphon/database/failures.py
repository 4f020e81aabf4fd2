"""What a failing database becomes for the rest of the house: errors with a stable code instead of a driver's exception."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy.exc

from antiphon.errors import AntiphonError, BadInput, Conflict, Unavailable


class StorageFull(AntiphonError):
    """The disk under the database takes nothing more."""

    code = "storage_full"
    http_status = 507
    sip_status = 503
    title = "The platform's disk is full. Nothing was changed; tell whoever runs it."


class DatabaseAway(Unavailable):
    """The database is locked for too long, unreachable or damaged."""

    code = "database_unavailable"
    title = "The platform's database does not answer. Nothing was changed; try again."


class AlreadyThere(Conflict):
    """A row with the same unique value exists, or a row it refers to does not."""

    code = "already_there"
    title = "This contradicts what is already there. Nothing was changed."


class NotStorable(BadInput):
    """A value that no column takes: a number beyond 64 bits (32 on PostgreSQL), a NUL in a text."""

    code = "not_storable"
    title = "This holds a number that is too large or a character that is no text. Nothing was changed; correct it."


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's failures inside the block into `StorageFull`, `DatabaseAway`, `AlreadyThere` or `NotStorable`."""
    try:
        yield
    except (sqlalchemy.exc.DataError, sqlite3.DataError, OverflowError) as error:  # the latter is SQLite's driver's own
        raise NotStorable from error
    except (sqlalchemy.exc.IntegrityError, sqlite3.IntegrityError) as error:
        raise AlreadyThere from error
    except (sqlalchemy.exc.OperationalError, sqlite3.OperationalError) as error:
        cause = error.orig if isinstance(error, sqlalchemy.exc.OperationalError) else error
        reason = str(cause).lower()
        if "disk is full" in reason or "no space left" in reason:
            raise StorageFull from error
        raise DatabaseAway(reason=type(cause).__name__) from error
