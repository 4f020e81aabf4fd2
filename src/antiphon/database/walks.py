"""Questions over many rows: a page of a list with what belongs to each row, and what lies below some places.

On PostgreSQL they are planned for the values that they come with, each time. A plan made once for every value (which the server
takes for a statement that it has prepared, from its sixth use on) knows neither how deep inside a list a page is nor how many
places are named, and walks through a large company where a look at a few places would do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList, Grouping

On = tuple[sa.Column[Any], sa.Column[Any]]  # a further table's column, and the column named before that it equals
Condition = sa.ColumnElement[bool]
Rows = list[tuple[dict[str, Any], ...]]  # Any: values of every type; each row as one row of every table

_EACH_TIME = "antiphon_planned_each_time"


def planned_each_time(statement: sa.Select[Any]) -> sa.Select[Any]:
    """The statement, never prepared: planned for its values."""
    return statement.execution_options(**{_EACH_TIME: True})


def heed(engine: sa.Engine) -> None:
    """Let this PostgreSQL engine carry out `planned_each_time`."""

    def execute(
        cursor: Any, statement: str, values: Any, context: Any
    ) -> bool | None:  # Any: SQLAlchemy's and psycopg's
        if context is None or not context.execution_options.get(_EACH_TIME):
            return None  # as ever
        cursor.execute(statement, values, prepare=False)
        return True

    sa.event.listen(engine, "do_execute", execute)


def arrayed(condition: Any) -> Any:  # Any: a condition, or what SQLAlchemy puts around one
    """The condition with one array in place of a list of values: PostgreSQL reads and plans one value instead of hundreds."""
    if isinstance(condition, Grouping):
        return arrayed(condition.element)
    if isinstance(condition, BooleanClauseList):
        joined = sa.and_ if condition.operator is operators.and_ else sa.or_
        return joined(*(arrayed(one) for one in condition.clauses))
    if type(condition) is BinaryExpression and condition.operator is operators.in_op:
        column, listed = condition.left, condition.right
        if type(listed) is BindParameter and listed.expanding and isinstance(column.type, sa.String):
            return column == sa.any_(sa.literal(list(listed.value or ()), ARRAY(column.type)))
    return condition


class Page:
    """The question for at most `limit` rows of `table`; each with its row of every further table.

    On PostgreSQL the rows are chosen first and joined then: where they lie at many places, it would read every place there is
    to join those few. SQLite looks each one up in any case, and finds better ways where the question is one piece.
    """

    def __init__(self, table: sa.Table, ons: tuple[On, ...]) -> None:
        self._table, self._ons = table, ons
        self._tables = [table, *(column.table for column, _ in ons)]
        ends = list(accumulate((len(one.columns) for one in self._tables), initial=0))
        self._parts = [
            (slice(first, end), [column.key for column in one.columns])
            for one, first, end in zip(self._tables, ends, ends[1:], strict=False)
        ]

    def asked(
        self,
        where: Sequence[Condition],
        order_by: Sequence[sa.Column[Any]],
        after: Sequence[Any] | None,
        limit: int | None,
        *,
        descending: bool,
        chosen_first: bool,
    ) -> sa.Select[Any]:
        """`where` and `order_by` are about the first table; `after`: values of the ordering columns, which lie before the page."""
        if after is not None:
            given = sa.tuple_(*(sa.literal(v, c.type) for v, c in zip(after, order_by, strict=True)))
            place = sa.tuple_(*order_by)
            where = [*where, place < given if descending else place > given]
        order = _ordered(order_by, descending)
        if not chosen_first or not self._ons:
            return self._joined(self._table).where(*where).order_by(*order).limit(limit)
        page = sa.select(self._table).where(*where).order_by(*order).limit(limit).subquery("page")
        return self._joined(page).order_by(*_ordered([page.c[column.key] for column in order_by], descending))

    def _joined(self, first: sa.FromClause) -> sa.Select[Any]:
        """All columns of `first`, which has those of the table, and of what is joined to it."""
        joined, columns = first, list(first.c)
        for column, equals in self._ons:
            other = column.table
            its = first.c[equals.key] if equals.table is self._table else equals
            joined = joined.join(other, sa.and_(column == its, other.c.company_id == first.c.company_id))
            columns += (one.label(f"{other.name}_{one.key}") for one in other.c)
        return sa.select(*columns).select_from(joined)

    def rows(self, found: Iterable[Sequence[Any]]) -> Rows:
        """What came of it, each row as one row of every table."""
        return [
            tuple(dict(zip(keys, values[part], strict=True)) for part, keys in self._parts)
            for values in map(tuple, found)
        ]


@cache
def page_of(table: sa.Table, ons: tuple[On, ...]) -> Page:
    """The one `Page` of these tables."""
    return Page(table, ons)


def _ordered(columns: Sequence[Any], descending: bool) -> list[Any]:
    return [column.desc() for column in columns] if descending else list(columns)
