"""Statements of the usual shape, compiled once for SQLite: building and compiling them anew costs ten times their running.

Usual: rows of one table whose columns compare with given values, are one of a few, or hold none. Everything else goes through SQLAlchemy as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import accumulate
from typing import Any  # values of every type that a column takes

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ClauseElement, Null

from antiphon.database.walks import On

_DIALECT = sqlite.dialect()
_PLAIN = frozenset((str, int, float, bool, bytes, type(None), datetime))
_COMPARISONS = frozenset((operators.eq, operators.ne, operators.lt, operators.le, operators.gt, operators.ge))

Shape = tuple[tuple[sa.Column[Any], Any, int], ...]  # column, operator, and how many values it compares with
_FEW = 32  # values of a list at most; a list is filled up to a power of two, so that there are six statements of it and no more
Process = Callable[[Any], Any] | None


class Prepared:
    """One compiled statement. `bound` puts the values in their places, `rows` gives what came back its types."""

    def __init__(
        self,
        statement: ClauseElement,
        places: Mapping[str, sa.Column[Any] | None],
        read: Iterable[sa.Column[Any]] = (),
    ) -> None:
        """`places` names what `bound` takes, in its order, each with the column that gives it its type."""
        compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self.text = str(compiled)
        at = {name: number for number, name in enumerate(places)}
        # which of the values; what the statement itself puts in, such as an offset of 0; how the driver wants it
        self._order: tuple[tuple[int | None, Any, Process], ...] = tuple(
            (at.get(name), compiled.params.get(name), _into(places.get(name)))
            for name in getattr(compiled, "positiontup", None) or ()
        )
        columns = tuple(read)
        self._keys = tuple(column.key for column in columns)
        processes = ((column.key, _out_of(column)) for column in columns)
        self._processes = tuple((key, process) for key, process in processes if process is not None)

    def bound(self, values: Sequence[Any]) -> list[Any]:
        """The values, given in the order of `places`, in the order of the statement's places."""
        made = []
        for at, fixed, process in self._order:
            value = fixed if at is None else values[at]
            made.append(value if process is None or value is None else process(value))
        return made

    def rows(self, found: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """Column name to value, for each row."""
        made = []
        for values in found:
            row = dict(zip(self._keys, values, strict=True))
            for key, process in self._processes:
                row[key] = process(row[key])
            made.append(row)
        return made


def comparisons(table: sa.Table, where: Iterable[sa.ColumnElement[bool]]) -> tuple[Shape, list[Any]] | None:
    """The conditions as shape and values; None when one of them is of another kind."""
    shape: list[tuple[sa.Column[Any], Any, int]] = []
    values: list[Any] = []
    for condition in where:
        if type(condition) is not BinaryExpression:
            return None
        left, right = condition.left, condition.right
        if not isinstance(left, sa.Column) or left.table is not table:
            return None
        compared = _compared(condition.operator, right)
        if compared is None:
            return None
        shape.append((left, condition.operator, len(compared)))
        values += compared
    return tuple(shape), values


def _compared(operator: Any, right: object) -> list[Any] | None:
    """The values that a column is compared with; None when it is something else."""
    if operator is operators.is_ and isinstance(right, Null):
        return []
    if type(right) is not BindParameter or right.callable is not None or right.value is None:
        return None
    if operator in _COMPARISONS and not right.expanding:
        return [right.value]
    if operator is operators.in_op and right.expanding:
        listed = list(right.value)
        if 0 < len(listed) <= _FEW and None not in listed:
            return listed + listed[-1:] * ((1 << (len(listed) - 1).bit_length()) - len(listed))
    return None


@cache
def equalities(table: sa.Table, owned: sa.Column[Any] | None, names: tuple[str, ...]) -> Shape:
    """The shape of "these columns have these values", whose rows they are first."""
    columns = [table.c[name] for name in names]
    return tuple((column, operators.eq, 1) for column in ([owned] if owned is not None else []) + columns)


def plain(values: Iterable[Any]) -> bool:
    """Whether these are values, none of them an expression that the database works out."""
    return all(
        type(value) in _PLAIN or not (isinstance(value, ClauseElement) or hasattr(value, "__clause_element__"))
        for value in values
    )


@cache
def selecting(table: sa.Table, shape: Shape, order_by: tuple[sa.Column[Any], ...], limited: bool) -> Prepared:
    """Rows that meet the conditions. Takes the values of the conditions, then the limit if there is one."""
    query = sa.select(table).where(*_conditions(shape)).order_by(*order_by)
    places: dict[str, sa.Column[Any] | None] = dict(_places(shape))
    if limited:
        query = query.limit(sa.bindparam("limit", type_=sa.Integer))
        places["limit"] = None
    return Prepared(query, places, table.columns)


class Joined:
    """One compiled question over several tables; `rows` gives each row as one row of every table."""

    def __init__(self, tables: Sequence[sa.Table], statement: sa.Select[Any], places: Mapping[str, Any]) -> None:
        self.statement = statement
        self._prepared = Prepared(statement, places)
        self.text, self.bound = self._prepared.text, self._prepared.bound
        self._columns = [
            tuple((at, column.key, _out_of(column)) for at, column in enumerate(table.columns, start))
            for table, start in zip(
                tables, accumulate((len(table.columns) for table in tables), initial=0), strict=False
            )
        ]

    def rows(self, found: Iterable[Sequence[Any]], *, typed: bool = False) -> list[tuple[dict[str, Any], ...]]:
        """`typed`: the values have their columns' types already."""
        return [
            tuple(
                {key: values[at] if typed or process is None else process(values[at]) for at, key, process in columns}
                for columns in self._columns
            )
            for values in found
        ]


@cache
def joining(
    table: sa.Table, ons: tuple[On, ...], owned: bool, names: tuple[str, ...], order_by: tuple[sa.Column[Any], ...]
) -> Joined:
    """Rows of `table` with these values, each with the rows of further tables that belong to it and to its company. Takes
    the company if `owned`, then the values."""
    joined: sa.FromClause = table
    for column, equals in ons:
        joined = joined.join(column.table, sa.and_(column == equals, column.table.c.company_id == table.c.company_id))
    shape = equalities(table, table.c.company_id if owned else None, names)
    tables = [table, *(column.table for column, _ in ons)]
    statement = sa.select(*tables).select_from(joined).where(*_conditions(shape)).order_by(*order_by)
    return Joined(tables, statement, _places(shape))


@cache
def inserting(table: sa.Table, names: tuple[str, ...]) -> Prepared | None:
    """One row with these columns, taken in this order; None where the table fills others by itself."""
    if any(column.default is not None and column.key not in names for column in table.columns):
        return None
    statement = sa.insert(table).values({name: sa.bindparam(f"set_{name}") for name in names}).inline()
    return Prepared(statement, {f"set_{name}": table.c[name] for name in names})


@cache
def updating(table: sa.Table, shape: Shape, names: tuple[str, ...]) -> Prepared | None:
    """These columns of the rows that meet the conditions: takes the conditions' values, then the columns'. None where the
    table changes others by itself."""
    if any(column.onupdate is not None for column in table.columns):
        return None
    changes: dict[str, Any] = {name: sa.bindparam(f"set_{name}") for name in names}
    statement = sa.update(table).where(*_conditions(shape)).values(changes)
    return Prepared(statement, {**_places(shape), **{f"set_{name}": table.c[name] for name in names}})


def _conditions(shape: Shape) -> list[sa.ColumnElement[bool]]:
    return [
        column.in_([_bound(at, which, column) for which in range(count)])
        if compare is operators.in_op
        else compare(column, _bound(at, 0, column) if count else None)
        for at, (column, compare, count) in enumerate(shape)
    ]


def _bound(at: int, which: int, column: sa.Column[Any]) -> sa.BindParameter[Any]:
    return sa.bindparam(_named(at, which), type_=column.type)


def _places(shape: Shape) -> dict[str, sa.Column[Any]]:
    return {_named(at, which): column for at, (column, _, count) in enumerate(shape) for which in range(count)}


def _named(at: int, which: int) -> str:
    return f"where_{at}_{which}" if which else f"where_{at}"


def _into(column: sa.Column[Any] | None) -> Process:
    return None if column is None else column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)


def _out_of(column: sa.Column[Any]) -> Process:
    return column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
