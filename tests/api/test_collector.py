"""The roles that somebody waits for keep Python's cyclic collector out of calls and answers."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from antiphon.assembly.serving import collect_rarely
from antiphon.limits import COLLECTOR_THRESHOLDS


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_stands_at_the_start_is_never_looked_at_again_and_the_rest_rarely(collector: None) -> None:
    gc.unfreeze()
    collect_rarely()
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold() == COLLECTOR_THRESHOLDS
    assert gc.get_threshold()[0] >= 10_000
