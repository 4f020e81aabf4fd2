"""Statements that are compiled once: which conditions they take, and that they read and write what SQLAlchemy would."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from antiphon.database import PLATFORM, AlreadyThere, Database, Scope, Tx, UtcTime, prepared

metadata = sa.MetaData()
lamps = sa.Table(
    "lamps",
    metadata,
    sa.Column("company_id", sa.String(40), nullable=False),
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("lit", sa.Boolean, nullable=False),
    sa.Column("watts", sa.Integer, nullable=True),
    sa.Column("since", UtcTime, nullable=True),
)
bulbs = sa.Table(
    "bulbs",
    metadata,
    sa.Column("company_id", sa.String(40), nullable=False),
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("lamp_id", sa.String(40), nullable=False),
    sa.Column("warm", sa.Boolean, nullable=False),
)
others = sa.Table("others", metadata, sa.Column("id", sa.String(40), primary_key=True))
HERE, THERE = Scope("company_here"), Scope("company_there")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def tx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tx]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('lamps')}/lamps.sqlite")
    metadata.create_all(database.engine)
    with database.transaction() as tx:
        for scope, name, watts in ((HERE, "hall", 40), (HERE, "stairs", None), (THERE, "gate", 60)):
            tx.insert(scope, lamps, {"id": name, "lit": watts is not None, "watts": watts, "since": NOON})
        yield tx
    database.close()


def test_rows_come_back_with_the_types_of_their_columns(tx: Tx) -> None:
    row = tx.first(HERE, lamps, lamps.c.id == "hall")
    assert row == {"company_id": "company_here", "id": "hall", "lit": True, "watts": 40, "since": NOON}
    assert type(row["lit"]) is bool


def test_a_moment_of_another_zone_is_found_as_the_same_moment(tx: Tx) -> None:
    in_vienna = NOON.astimezone(timezone(timedelta(hours=2)))
    found = tx.all(HERE, lamps, lamps.c.since == in_vienna, order_by=(lamps.c.id,))
    assert [row["id"] for row in found] == ["hall", "stairs"]


def test_another_companys_rows_are_neither_read_nor_changed(tx: Tx) -> None:
    assert tx.first(HERE, lamps, lamps.c.id == "gate") is None
    assert tx.update(HERE, lamps, lamps.c.id == "gate", values={"watts": 1}) == 0
    gate = tx.first(THERE, lamps)
    assert gate is not None
    assert gate["watts"] == 60


def test_columns_named_with_their_values_are_asked_together_with_other_conditions(tx: Tx) -> None:
    assert tx.first(HERE, lamps, id="gate") is None
    found = tx.all(HERE, lamps, lamps.c.watts.is_(None), lit=False, order_by=(lamps.c.id,))
    assert [row["id"] for row in found] == ["stairs"]
    assert tx.update(HERE, lamps, lamps.c.watts > 30, values={"watts": 41}, id="hall") == 1
    assert tx.count(HERE, lamps, watts=41) == 1
    assert tx.delete(HERE, lamps, id="gate") == 0


def test_a_column_is_never_asked_for_no_value_by_name(tx: Tx) -> None:
    """What equals nothing is a mistake of whoever asks: a lost id would find rows without one."""
    with pytest.raises(ValueError, match="is_"):
        tx.all(HERE, lamps, watts=None)


def test_a_row_comes_with_the_rows_that_belong_to_it_each_with_its_types(tx: Tx) -> None:
    tx.insert(HERE, bulbs, {"id": "bulb", "lamp_id": "hall", "warm": True})
    ((bulb, lamp),) = tx.joined(HERE, bulbs, (lamps.c.id, bulbs.c.lamp_id), id="bulb")
    assert bulb == {"company_id": "company_here", "id": "bulb", "lamp_id": "hall", "warm": True}
    assert lamp == tx.first(HERE, lamps, id="hall")
    assert tx.joined(PLATFORM, bulbs, (lamps.c.id, bulbs.c.lamp_id), id="bulb") == [(bulb, lamp)]


def test_joined_rows_are_the_same_the_long_way(tx: Tx) -> None:
    """PostgreSQL takes that way."""
    for name, lamp_id in (("second", "hall"), ("first", "stairs")):
        tx.insert(HERE, bulbs, {"id": name, "lamp_id": lamp_id, "warm": name == "first"})
    asked = {"order_by": (bulbs.c.id,), "warm": True}
    prepared_rows = tx.joined(HERE, bulbs, (lamps.c.id, bulbs.c.lamp_id), **asked)
    tx._driver = None
    assert tx.joined(HERE, bulbs, (lamps.c.id, bulbs.c.lamp_id), **asked) == prepared_rows
    assert [bulb["id"] for bulb, _ in prepared_rows] == ["first"]


def test_no_scope_joins_rows_of_two_companies(tx: Tx) -> None:
    """A planted row: it names another company's lamp."""
    tx.insert(HERE, bulbs, {"id": "astray", "lamp_id": "gate", "warm": True})
    for scope in (HERE, THERE, PLATFORM):
        assert tx.joined(scope, bulbs, (lamps.c.id, bulbs.c.lamp_id), id="astray") == []


def test_another_companys_rows_are_not_joined(tx: Tx) -> None:
    tx.insert(THERE, bulbs, {"id": "theirs", "lamp_id": "gate", "warm": True})
    assert tx.joined(HERE, bulbs, (lamps.c.id, bulbs.c.lamp_id), id="theirs") == []
    with pytest.raises(ValueError, match="is_"):
        tx.joined(HERE, bulbs, (lamps.c.id, bulbs.c.lamp_id), id=None)


def test_changes_count_their_rows_and_can_set_nothing(tx: Tx) -> None:
    assert tx.update(HERE, lamps, values={"watts": None, "lit": False}) == 2
    assert [row["watts"] for row in tx.all(HERE, lamps, lamps.c.lit.is_(False))] == [None, None]


def test_conditions_of_another_kind_go_the_long_way_to_the_same_rows(tx: Tx) -> None:
    names = {row["id"] for row in tx.all(HERE, lamps, lamps.c.id.in_(["hall", "gate"]))}
    assert names == {"hall"}
    assert [row["id"] for row in tx.all(HERE, lamps, lamps.c.watts.is_(None))] == ["stairs"]
    assert [row["id"] for row in tx.all(HERE, lamps, order_by=(lamps.c.id.desc(),), limit=1)] == ["stairs"]
    assert tx.update(HERE, lamps, lamps.c.id == "hall", values={"watts": lamps.c.watts + 2}) == 1
    hall = tx.first(HERE, lamps, lamps.c.id == "hall")
    assert hall is not None
    assert hall["watts"] == 42


@pytest.mark.parametrize("count", range(1, 33))
def test_a_few_values_are_asked_for_together(tx: Tx, count: int) -> None:
    names = ["hall", "gate", "stairs", *(str(number) for number in range(29))][:count]
    found = tx.all(HERE, lamps, lamps.c.id.in_(names), lit=True)
    assert [row["id"] for row in found] == ["hall"]
    assert tx.update(HERE, lamps, lamps.c.id.in_(names), values={"watts": 1}) == (2 if count > 2 else 1)


def test_lists_of_any_length_take_six_statements(tx: Tx) -> None:
    before = prepared.selecting.cache_info().misses
    for count in range(1, 33):
        tx.all(HERE, lamps, lamps.c.watts.in_(range(count)), order_by=(lamps.c.since,))
    assert prepared.selecting.cache_info().misses == before + 6


def test_a_row_that_is_there_already_is_refused_in_the_houses_words(tx: Tx) -> None:
    with pytest.raises(AlreadyThere):  # noqa: PT012 the error is translated where the transaction ends
        database = Database("sqlite://")
        metadata.create_all(database.engine)
        with database.transaction() as twice:
            for _ in range(2):
                twice.insert(HERE, lamps, {"id": "hall", "lit": True, "watts": 1, "since": NOON})


@pytest.mark.parametrize(
    "condition",
    [
        lamps.c.id.in_([]),
        lamps.c.id.in_([str(number) for number in range(33)]),
        lamps.c.id.in_(["hall", None]),
        lamps.c.id.not_in(["hall"]),
        lamps.c.id == others.c.id,
        others.c.id == "x",
        lamps.c.id.is_not(None),
    ],
    ids=[
        "empty list",
        "long list",
        "list with nothing in it",
        "not in a list",
        "another column",
        "another table",
        "not nothing",
    ],
)
def test_only_comparisons_of_this_tables_columns_with_values_are_prepared(condition: sa.ColumnElement[bool]) -> None:
    assert prepared.comparisons(lamps, (condition,)) is None


def test_the_same_shape_is_compiled_once(tx: Tx) -> None:
    before = prepared.selecting.cache_info().misses
    for name in ("hall", "stairs", "cellar"):
        tx.first(HERE, lamps, lamps.c.id == name, order_by=(lamps.c.watts,))
    assert prepared.selecting.cache_info().misses == before + 1
