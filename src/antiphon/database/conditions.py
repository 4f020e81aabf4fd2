"""Conditions that rooms need beyond comparing a column: within a place, beginning with a word; and text that sorts alike everywhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from antiphon.limits import NAMED_IDS_MAX


def binary_text(length: int) -> sa.types.TypeEngine[str]:
    """Text compared byte by byte on both databases, so that ranges of it mean the same."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def among(column: sa.Column[Any], ids: Collection[str]) -> tuple[sa.ColumnElement[bool], ...]:  # Any: of every type
    """Conditions that hold for rows with one of these ids. Of very many none: whoever asks leaves out what is too much."""
    return (column.in_(tuple(ids)),) if len(ids) <= NAMED_IDS_MAX else ()


def folded(text: str) -> str:
    """The text without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def sort_key(text: str) -> str:
    """What a name is sorted by."""
    return folded(text)[:120]


def beginning(column: Any, prefix: str) -> sa.ColumnElement[bool]:  # Any: a column or one of an alias
    """The column begins with `prefix`, which is not empty; a range, so that an index serves it."""
    return sa.and_(column >= prefix, column < prefix[:-1] + chr(ord(prefix[-1]) + 1))


def below(path: Any, prefixes: Sequence[str]) -> sa.ColumnElement[bool]:  # Any: a column or one of an alias
    """The path lies at one of these prefixes or below it; no prefix: nothing does; `/`: everything."""
    if "/" in prefixes:
        return sa.true()
    return sa.or_(sa.false(), *(beginning(path, prefix) for prefix in prefixes))


def placed(place_id: Any, places: sa.Table, prefixes: Sequence[str]) -> sa.ColumnElement[bool]:  # Any: as above
    """The place of that id lies below one of these prefixes."""
    if "/" in prefixes:
        return sa.true()
    return in_rows(place_id, places.c.id, below(places.c.path, prefixes))


def in_rows(column: Any, ids: Any, *where: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:  # Any: as above
    """The column names one of the rows of `ids`' table that meet the conditions."""
    named: sa.ColumnElement[bool] = column.in_(sa.select(ids).where(*where).scalar_subquery())
    return named


def has_row(table: sa.FromClause, *where: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Some row of the table meets the conditions, which name the outer table's company themselves."""
    return sa.exists().where(*where).select_from(table)
