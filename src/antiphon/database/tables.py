"""What tables are made of: names of their constraints, moments in UTC, and the company that each row belongs to."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(sa.types.TypeDecorator[datetime]):
    """A moment. Takes aware datetimes only, gives them back in UTC, on SQLite as well."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def tenant_table(name: str, *items: sa.schema.SchemaItem) -> sa.Table:
    """A table whose rows each belong to a company: `company_id` is added, and every query on it is scoped by it.

    The index of an id names the company too. Where one company has nearly all rows, an index of the company alone leads
    nowhere, and SQLite would take it as readily as that of the id; so there is one only where no other begins with the company.
    """
    indexes = []
    for column in items:
        if isinstance(column, sa.Column) and column.index and column.name.endswith("_id"):
            column.index = None
            indexes.append(sa.Index(f"ix_{name}_{column.name}", column.name, "company_id"))
    company = sa.Column("company_id", sa.String(40), sa.ForeignKey("companies.id"), nullable=False)
    company.index = not any(isinstance(one, sa.Index) and one._pending_colargs[0] == "company_id" for one in items)
    return sa.Table(name, metadata, company, *items, *indexes)
