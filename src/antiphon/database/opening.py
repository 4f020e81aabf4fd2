"""Opens the database of an installation the way every role does."""

from __future__ import annotations

from antiphon.database.database import Database
from antiphon.database.outbox import Waker
from antiphon.settings import Settings

OUTBOX_SOCKET = "outbox.sock"


def open_database(settings: Settings) -> Database:
    """The installation's database; after a commit with facts in the outbox, the worker that delivers them is woken."""
    return Database(settings.sqlalchemy_url, on_facts=Waker(settings.run / OUTBOX_SOCKET))
