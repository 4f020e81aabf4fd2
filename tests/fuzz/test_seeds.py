"""The seeds reach the states that a fuzzer would need days to find."""

from __future__ import annotations

from typing import get_args

import pytest

from antiphon.wire import sip as wire
from tests.fuzz.script import read
from tests.fuzz.targets import sip
from tests.fuzz.targets.sip_seeds import scenarios


@pytest.fixture(scope="module")
def told() -> set[type]:
    """Every kind of effect that the seeds bring about."""
    seen: set[type] = set()
    for script in scenarios():
        end = sip._End()
        carry_out = end._carry_out

        def watched(effects: list[wire.Effect], most: int, carry_out: object = carry_out) -> None:
            seen.update(type(each) for each in effects)
            carry_out(effects, most)  # type: ignore[operator]

        end._carry_out = watched  # type: ignore[method-assign]
        for step in read(script, sip.KINDS):
            end.take(step)
        end.finish()
    return seen


def kinds() -> list[type]:
    return sorted(get_args(wire.Effect), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_a_seed_brings_about_every_effect_of_the_user_agent(told: set[type], kind: type) -> None:
    assert kind in told
