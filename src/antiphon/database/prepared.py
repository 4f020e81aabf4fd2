"""Statements of the usual shape, compiled once for SQLite: building and compiling them anew costs ten times their running.

Usual: rows of one table whose columns compare with given values. Everything else goes through SQLAlchemy as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any  # values of every type that a column takes

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ClauseElement

_DIALECT = sqlite.dialect()
_COMPARISONS = frozenset((operators.eq, operators.ne, operators.lt, operators.le, operators.gt, operators.ge))

Shape = tuple[tuple[sa.Column[Any], Any], ...]  # column and operator
Process = Callable[[Any], Any] | None


class Prepared:
    """One compiled statement. `bound` puts the values in their places, `rows` gives what came back its types."""

    def __init__(
        self, statement: ClauseElement, places: Mapping[str, sa.Column[Any]], read: Iterable[sa.Column[Any]] = ()
    ) -> None:
        compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self.text = str(compiled)
        self._order: tuple[tuple[str, Process], ...] = tuple(
            (name, _into(places[name]) if name in places else None)
            for name in getattr(compiled, "positiontup", None) or ()
        )
        self._fixed: dict[str, Any] = dict(compiled.params)  # what the statement itself puts in, such as an offset of 0
        self._columns = tuple((column.key, _out_of(column)) for column in read)

    def bound(self, values: dict[str, Any]) -> list[Any]:
        """The values in the order of the statement's places."""
        given = self._fixed | values
        return [
            given[name] if process is None or given[name] is None else process(given[name])
            for name, process in self._order
        ]

    def rows(self, found: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """Column name to value, for each row."""
        return [
            {
                key: value if process is None else process(value)
                for (key, process), value in zip(self._columns, row, strict=True)
            }
            for row in found
        ]


def comparisons(
    table: sa.Table, where: Iterable[sa.ColumnElement[bool]], owned: tuple[sa.Column[Any], str] | None
) -> tuple[Shape, dict[str, Any]] | None:
    """The conditions, and whose rows they are, as shape and values; None when one of them is of another kind."""
    shape: list[tuple[sa.Column[Any], Any]] = []
    values: dict[str, Any] = {}
    if owned is not None:
        shape.append((owned[0], operators.eq))
        values["where_0"] = owned[1]
    for at, condition in enumerate(where, len(shape)):
        if type(condition) is not BinaryExpression or condition.operator not in _COMPARISONS:
            return None
        left, right = condition.left, condition.right
        if not isinstance(left, sa.Column) or left.table is not table or type(right) is not BindParameter:
            return None
        if right.expanding or right.value is None or right.callable is not None:
            return None
        shape.append((left, condition.operator))
        values[f"where_{at}"] = right.value
    return tuple(shape), values


def plain(values: Mapping[str, Any]) -> bool:
    """Whether these are values, none of them an expression that the database works out."""
    return not any(
        isinstance(value, ClauseElement) or hasattr(value, "__clause_element__") for value in values.values()
    )


@cache
def selecting(table: sa.Table, shape: Shape, order_by: tuple[sa.Column[Any], ...], limited: bool) -> Prepared:
    """Rows that meet the conditions; the limit's place is called `limit`."""
    query = sa.select(table).where(*_conditions(shape)).order_by(*order_by)
    if limited:
        query = query.limit(sa.bindparam("limit", type_=sa.Integer))
    return Prepared(query, _places(shape), table.columns)


@cache
def inserting(table: sa.Table, names: tuple[str, ...]) -> Prepared | None:
    """One row with these columns; None where the table fills others by itself."""
    if any(column.default is not None and column.key not in names for column in table.columns):
        return None
    statement = sa.insert(table).values({name: sa.bindparam(f"set_{name}") for name in names}).inline()
    return Prepared(statement, {f"set_{name}": table.c[name] for name in names})


@cache
def updating(table: sa.Table, shape: Shape, names: tuple[str, ...]) -> Prepared | None:
    """These columns of the rows that meet the conditions; None where the table changes others by itself."""
    if any(column.onupdate is not None for column in table.columns):
        return None
    changes: dict[str, Any] = {name: sa.bindparam(f"set_{name}") for name in names}
    statement = sa.update(table).where(*_conditions(shape)).values(changes)
    return Prepared(statement, _places(shape) | {f"set_{name}": table.c[name] for name in names})


def _conditions(shape: Shape) -> list[sa.ColumnElement[bool]]:
    return [
        compare(column, sa.bindparam(f"where_{at}", type_=column.type)) for at, (column, compare) in enumerate(shape)
    ]


def _places(shape: Shape) -> dict[str, sa.Column[Any]]:
    return {f"where_{at}": column for at, (column, _) in enumerate(shape)}


def _into(column: sa.Column[Any]) -> Process:
    return column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)


def _out_of(column: sa.Column[Any]) -> Process:
    return column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
