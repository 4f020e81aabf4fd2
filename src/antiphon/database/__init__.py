"""Transactions and the one scoped helper through which every tenant query goes."""

from antiphon.database.core import Database, Tx, metadata, tenant_table
from antiphon.database.scope import PLATFORM, Scope

__all__ = ["PLATFORM", "Database", "Scope", "Tx", "metadata", "tenant_table"]
