"""Transactions and the one scoped helper through which every tenant query goes."""

from antiphon.database.conditions import (
    among,
    beginning,
    below,
    binary_text,
    folded,
    has_row,
    in_rows,
    placed,
    sort_key,
)
from antiphon.database.database import Database
from antiphon.database.failures import AlreadyThere, DatabaseAway, StorageFull
from antiphon.database.meaning import explain, meaning
from antiphon.database.opening import OUTBOX_SOCKET, open_database
from antiphon.database.scope import PLATFORM, AnyScope, Scope
from antiphon.database.tables import UtcTime, metadata, tenant_table
from antiphon.database.transaction import Tx

__all__ = [
    "OUTBOX_SOCKET",
    "PLATFORM",
    "AlreadyThere",
    "AnyScope",
    "Database",
    "DatabaseAway",
    "Scope",
    "StorageFull",
    "Tx",
    "UtcTime",
    "among",
    "beginning",
    "below",
    "binary_text",
    "explain",
    "folded",
    "has_row",
    "in_rows",
    "meaning",
    "metadata",
    "open_database",
    "placed",
    "sort_key",
    "tenant_table",
]
