"""The one scoped helper: every question and change of a transaction names whose rows it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPICursor

from antiphon.database import prepared as statements
from antiphon.database import walks
from antiphon.database.row_security import name_company
from antiphon.database.scope import AnyScope, Scope

Row = Mapping[Any, Any]  # Any: columns of every type; a column's name leads to its value


class Tx:
    """One open transaction. Services take it and never commit; the boundary that opened it does.

    `name=value` means that this column has this value (never None); whatever else is asked goes into `where`.
    """

    def __init__(self, connection: Connection, *, read_only: bool = False) -> None:
        self._connection = connection
        self._read_only = read_only
        # SQLite: the driver's own connection, for statements that are prepared
        self._driver: Any = (
            driver_of(connection) if connection.dialect.name == "sqlite" else None
        )  # Any: it has no type
        self._walled = connection.dialect.name == "postgresql"
        self._named: AnyScope | None = None  # whose rows it lets through
        self.facts_written = False  # set by the outbox: whoever delivers facts is woken after the commit

    def all(
        self,
        scope: AnyScope,
        table: sa.Table,
        *where: sa.ColumnElement[bool],
        order_by: Sequence[Any] = (),
        limit: int | None = None,
        **equal: Any,
    ) -> Sequence[Row]:
        """Rows of `table` in `scope` that meet every condition."""
        usual = self._usual(scope, table, where, equal)
        if usual is not None and all(isinstance(column, sa.Column) for column in order_by):
            shape, values = usual
            prepared = statements.selecting(table, shape, tuple(order_by), limit is not None)
            if limit is not None:
                values.append(limit)
            return prepared.rows(self._perform(prepared, values).fetchall())
        query = sa.select(table).where(*self._where(scope, table, where, equal)).order_by(*order_by)
        return self._execute(scope, query.limit(limit) if limit is not None else query).mappings().all()

    def first(
        self,
        scope: AnyScope,
        table: sa.Table,
        *where: sa.ColumnElement[bool],
        order_by: Sequence[Any] = (),
        **equal: Any,
    ) -> Row | None:
        """The first such row, or None."""
        rows = self.all(scope, table, *where, order_by=order_by, limit=1, **equal)
        return rows[0] if rows else None

    def joined(
        self,
        scope: AnyScope,
        table: sa.Table,
        *ons: walks.On,
        order_by: tuple[sa.Column[Any], ...] = (),
        **equal: Any,
    ) -> list[tuple[dict[str, Any], ...]]:
        """Rows of `table` in `scope`, each with its row of every further table: `(column there, column that it equals)`.

        All are tenant tables, and a row is joined to rows of its own company alone; without one it is left out.
        """
        if None in equal.values():
            raise ValueError("a column that equals nothing: ask with is_(None)")
        asked = statements.joining(table, ons, isinstance(scope, Scope), tuple(equal), order_by)
        values = [scope.company_id, *equal.values()] if isinstance(scope, Scope) else [*equal.values()]
        if self._driver is not None:
            return asked.rows(self._driver.execute(asked.text, asked.bound(values)).fetchall())
        named = {f"where_{at}": value for at, value in enumerate(values)}
        return asked.rows(self._execute(scope, asked.statement, named), typed=True)

    def page(
        self,
        scope: AnyScope,
        table: sa.Table,
        *ons: walks.On,
        where: Sequence[sa.ColumnElement[bool]] = (),
        order_by: Sequence[sa.Column[Any]],
        after: Sequence[Any] | None = None,
        limit: int | None,
        descending: bool = False,
    ) -> walks.Rows:
        """At most `limit` rows (None: all) in that order, those after the given values of the ordering columns; each with its rows of
        further tables, as in `joined`."""
        page = walks.page_of(table, ons)
        matching = self._where(scope, table, tuple(where), {})
        query = page.asked(matching, order_by, after, limit, descending=descending, chosen_first=self._walled)
        return page.rows(self._execute(scope, walks.planned_each_time(query)).fetchall())

    def grouped(
        self, scope: AnyScope, table: sa.Table, *columns: sa.Column[Any], where: Sequence[sa.ColumnElement[bool]] = ()
    ) -> list[tuple[Any, ...]]:
        """Each combination of these columns' values that occurs, followed by how many rows have it."""
        query = sa.select(*columns, sa.func.count()).where(*self._where(scope, table, tuple(where), {}))
        found = self._execute(scope, walks.planned_each_time(query.group_by(*columns)))
        return [tuple(row) for row in found.fetchall()]

    def few(
        self, scope: AnyScope, column: sa.Column[Any], *where: sa.ColumnElement[bool], most: int
    ) -> list[Any] | None:
        """The column's value in every row that meets the conditions; None when there are more than `most` of them."""
        found = self.values(scope, column, *where, limit=most + 1)
        return found if len(found) <= most else None

    def values(
        self, scope: AnyScope, column: sa.Column[Any], *where: sa.ColumnElement[bool], limit: int | None = None
    ) -> list[Any]:
        """The column's value in every row that meets the conditions."""
        query = sa.select(column).where(*self._where(scope, column.table, where, {})).limit(limit)
        return [value for (value,) in self._execute(scope, walks.planned_each_time(query)).fetchall()]

    def move_prefix(
        self,
        scope: Scope,
        table: sa.Table,
        column: sa.Column[str],
        old: str,
        new: str,
        *where: sa.ColumnElement[bool],
    ) -> int:
        """Replace the beginning `old` of that column by `new` in every matching row; returns how many there were."""
        self._refuse_when_read_only()
        rest = sa.func.substr(column, len(old) + 1)
        values = {column.key: sa.literal(new, column.type).concat(rest)}
        matching = self._where(scope, table, where, {})
        return self._execute(scope, sa.update(table).where(*matching).values(values)).rowcount

    def count(self, scope: AnyScope, table: sa.Table, *where: sa.ColumnElement[bool], **equal: Any) -> int:
        """How many rows meet every condition."""
        query = sa.select(sa.func.count()).select_from(table).where(*self._where(scope, table, where, equal))
        return int(self._execute(scope, walks.planned_each_time(query)).scalar_one())

    def insert(self, scope: AnyScope, table: sa.Table, values: Mapping[str, Any]) -> None:
        """Add one row; a company scope fills and checks `company_id`."""
        self._refuse_when_read_only()
        row = dict(values)
        if isinstance(scope, Scope) and "company_id" in table.c:
            row.setdefault("company_id", scope.company_id)
            self._refuse_other_company(scope, row)
        if self._driver is not None and statements.plain(row.values()):
            prepared = statements.inserting(table, tuple(row))
            if prepared is not None:
                self._perform(prepared, tuple(row.values()))
                return
        self._execute(scope, sa.insert(table).values(row))

    def insert_many(self, scope: Scope, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows that all have the same columns, in one go: ten times as fast as one by one."""
        self._refuse_when_read_only()
        self._execute(scope, sa.insert(table), [{**row, "company_id": scope.company_id} for row in rows])

    def update(
        self,
        scope: AnyScope,
        table: sa.Table,
        *where: sa.ColumnElement[bool],
        values: Mapping[str, Any],
        **equal: Any,
    ) -> int:
        """Change the rows that match; returns how many there were. A row never changes its company."""
        self._refuse_when_read_only()
        if isinstance(scope, Scope) and "company_id" in values:
            self._refuse_other_company(scope, values)
        usual = self._usual(scope, table, where, equal)
        if usual is not None and statements.plain(values.values()):
            shape, compared = usual
            prepared = statements.updating(table, shape, tuple(values))
            if prepared is not None:
                return int(self._perform(prepared, [*compared, *values.values()]).rowcount)
        return self._execute(
            scope, sa.update(table).where(*self._where(scope, table, where, equal)).values(dict(values))
        ).rowcount

    def delete(self, scope: AnyScope, table: sa.Table, *where: sa.ColumnElement[bool], **equal: Any) -> int:
        """Remove the rows that match; returns how many there were."""
        self._refuse_when_read_only()
        return self._execute(scope, sa.delete(table).where(*self._where(scope, table, where, equal))).rowcount

    def lock(self, scope: Scope) -> None:
        """Let nobody else write for this company until the end; the first question of a writing transaction about it does."""
        if self._walled:
            name_company(self._connection, scope, alone=True)
            self._named = scope

    def revision(self) -> str | None:
        """The schema's revision, or None before the first migration."""
        return MigrationContext.configure(self._connection).get_current_revision()

    def _usual(
        self, scope: AnyScope, table: sa.Table, where: tuple[sa.ColumnElement[bool], ...], equal: dict[str, Any]
    ) -> tuple[statements.Shape, list[Any]] | None:
        """The conditions, the scope's included, as a prepared statement takes them; None when there is none for them."""
        if self._driver is None or None in equal.values():
            return None
        owned = _owned(scope, table)
        shape = statements.equalities(table, owned[0] if owned else None, tuple(equal))
        values = [owned[1], *equal.values()] if owned else [*equal.values()]
        if not where:
            return shape, values
        compared = statements.comparisons(table, where)
        return (shape + compared[0], values + compared[1]) if compared is not None else None

    def _perform(self, prepared: statements.Prepared, values: Sequence[Any]) -> DBAPICursor:
        cursor: DBAPICursor = self._driver.execute(prepared.text, prepared.bound(values))
        return cursor

    def _execute(
        self,
        scope: AnyScope,
        statement: sa.Executable,
        values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> sa.CursorResult[Any]:
        if self._walled and scope != self._named:
            name_company(self._connection, scope, alone=not self._read_only)
            self._named = scope
        return self._connection.execute(statement, values)

    def _refuse_when_read_only(self) -> None:
        if self._read_only:
            raise RuntimeError("a write in a reading transaction")

    @staticmethod
    def _refuse_other_company(scope: Scope, row: Mapping[str, Any]) -> None:
        if row["company_id"] != scope.company_id:
            raise ValueError("row of another company")

    def _where(
        self, scope: AnyScope, table: sa.Table, where: tuple[sa.ColumnElement[bool], ...], equal: dict[str, Any]
    ) -> tuple[sa.ColumnElement[bool], ...]:
        """Every condition, the scope's first."""
        if None in equal.values():
            raise ValueError("a column that equals nothing: ask with is_(None)")
        owned = _owned(scope, table)
        named = tuple(table.c[name] == value for name, value in equal.items())
        asked = tuple(map(walks.arrayed, where)) if self._walled else where
        return ((owned[0] == owned[1],) if owned else ()) + named + asked


def driver_of(connection: Connection) -> Any:  # Any: the DB-API connection has no public type
    """The driver's connection under SQLAlchemy's."""
    return connection.connection.dbapi_connection


def _owned(scope: AnyScope, table: sa.Table) -> tuple[sa.Column[Any], str] | None:
    """The column that says whose row it is, and whose it has to be; None where the scope is every company."""
    if not isinstance(scope, Scope):
        return None
    return table.c.id if table.name == "companies" else table.c.company_id, scope.company_id
