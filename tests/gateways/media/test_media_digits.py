"""Digit reports of rtpengine: JSON in UDP datagrams."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.gateways.media.digits import read_report
from antiphon.limits import DIGIT_REPORT_MAX_BYTES

REPORT = {"callid": "call_1", "source_tag": "leg_1", "tags": ["leg_1", "x"], "type": "DTMF", "event": 11, "volume": 10}


def test_a_report_names_call_party_and_digit() -> None:
    assert read_report(json.dumps(REPORT).encode()) == ("call_1", "leg_1", "#")


@pytest.mark.parametrize(
    "change", [{"event": 16}, {"event": -1}, {"event": "5"}, {"type": "X"}, {"callid": 1}, {"source_tag": None}]
)
def test_other_reports_are_refused(change: dict[str, object]) -> None:
    assert read_report(json.dumps({**REPORT, **change}).encode()) is None


@given(st.binary(max_size=200))
def test_any_datagram_is_a_report_or_refused(data: bytes) -> None:
    assert read_report(data) is None


def test_long_and_deep_datagrams_are_refused() -> None:
    assert read_report(b"[" * 10_000) is None
    assert read_report(json.dumps({**REPORT, "x": "y" * DIGIT_REPORT_MAX_BYTES}).encode()) is None
