"""The table and its picture say the same; every row names a method that exists and can be reached."""

from __future__ import annotations

from pathlib import Path

from antiphon.calls.diagram import diagram
from antiphon.calls.machine import CallMachine
from antiphon.calls.table import CLIENT, STATION, TRANSITIONS

DOCUMENT = Path(__file__).parents[2] / "docs" / "flows" / "door-call.md"


def test_the_document_holds_exactly_the_diagram_of_the_table() -> None:
    assert diagram() in DOCUMENT.read_text()


def test_no_state_has_two_rows_for_one_input() -> None:
    assert len(TRANSITIONS) == len(STATION) + len(CLIENT)


def test_every_row_names_a_method_of_the_machine() -> None:
    assert [row.do for row in TRANSITIONS.values() if not callable(getattr(CallMachine, row.do, None))] == []


def test_every_state_can_be_reached_and_left() -> None:
    for rows in (STATION, CLIENT):
        left = {row.state for row in rows}
        reached = {state for row in rows for state in row.to if state is not row.state}
        assert {state.value for state in left - reached} == {"new"}
        assert {state.value for state in reached - left} == {"ended"}
