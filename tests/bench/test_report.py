"""Figures, aims and their telling: what is missed is said, in every form that a result takes."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.assembly.bench import plot
from antiphon.assembly.bench.report import Aim, Result, Spread, Value


def result() -> Result:
    found = Result("sip", notes=["Measured on a quiet afternoon."])
    found.add("delay", Spread.of("ms", [1.0, 2.0, 3.0, 40.0]), "INVITE to 180", Aim(at_most=5))
    found.add("rate", Value("calls/s", 1_500), "Highest clean rate", Aim(at_least=1_000))
    found.add("memory", Value("kB", 8.1), "Memory per call")
    return found


def test_a_spread_takes_its_percentiles_by_the_nearest_rank() -> None:
    spread = Spread.of("ms", [float(value) for value in range(1, 101)])
    assert (spread.n, spread.p50, spread.p95, spread.max) == (100, 50, 95, 100)


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=1))
def test_percentiles_are_measured_values_in_order(values: list[float]) -> None:
    spread = Spread.of("ms", values)
    assert {spread.p50, spread.p95, spread.max} <= set(values)
    assert spread.p50 <= spread.p95 <= spread.max == max(values)


def test_nothing_measured_is_no_result() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        Spread.of("ms", [])


def test_several_runs_become_their_medians_and_the_worst_maximum() -> None:
    runs = [Spread("ms", 10, 1, 2, 9), Spread("ms", 10, 2, 8, 8), Spread("ms", 10, 3, 3, 3)]
    assert Spread.median(runs) == Spread("ms", 30, 2, 3, 9)
    assert Value.median("ms", [5, 1, 2]).value == 2


def test_the_json_has_the_form_that_other_programs_read() -> None:
    assert json.loads(json.dumps(result().as_json())) == {
        "bench": "sip",
        "figures": {
            "delay": {"unit": "ms", "n": 4, "p50": 2.0, "p95": 40.0, "max": 40.0},
            "rate": {"unit": "calls/s", "value": 1500},
            "memory": {"unit": "kB", "value": 8.1},
        },
        "aims": {
            "delay": {"at_most": 5, "got": 40.0, "met": False},
            "rate": {"at_least": 1000, "got": 1500, "met": True},
        },
    }


def test_a_missed_aim_is_said_in_the_table_and_in_the_drawing() -> None:
    found = result()
    assert found.missed == ["delay"]
    (line,) = [line for line in found.table().splitlines() if "INVITE to 180" in line]
    assert line.endswith("MISSED")
    drawing = ElementTree.fromstring(plot.svg(found, "two cores"))
    words = [text.text or "" for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in words if "MISSED" in text] == ["p50 2, p95 40, max 40 ms (at most 5, MISSED)"]


@given(st.floats(min_value=0.001, max_value=1e6), st.floats(min_value=0, max_value=1e6))
def test_an_aim_is_met_on_its_own_side_only(bound: float, got: float) -> None:
    assert Aim(at_most=bound).met(got) == (got <= bound)
    assert Aim(at_least=bound).met(got) == (got >= bound)
