"""Inputs that are a sequence of steps: a kind, and bytes. Any bytes are a script, so that every mutation is one."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import NamedTuple

from tests.fuzz.target import ByteMutator

STEPS_MAX = 24
STEP_MAX_BYTES = 10_000


class Step(NamedTuple):
    kind: int
    data: bytes


def write(steps: Iterable[Step]) -> bytes:
    """Kind, length in two bytes, data; step after step."""
    return b"".join(bytes([kind]) + len(data).to_bytes(2, "big") + data for kind, data in steps)


def read(script: bytes, kinds: int) -> list[Step]:
    """The steps, kinds below `kinds`; a last step that is cut short counts as far as it goes."""
    steps, at = [], 0
    while at + 3 <= len(script) and len(steps) < STEPS_MAX:
        end = at + 3 + int.from_bytes(script[at + 1 : at + 3], "big")
        steps.append(Step(script[at] % kinds, script[at + 3 : end]))
        at = end
    return steps


class ScriptMutator:
    """Changes whole steps or one step's inside. `change(kind, data, random)` is the contract's own way with one step."""

    def __init__(self, seeds: list[bytes], kinds: int, change: object) -> None:
        self._kinds = kinds
        self._pool = [step for seed in seeds for step in read(seed, kinds)]
        self._change = change

    def mutate(self, script: bytes, random: Random, mutate_bytes: ByteMutator) -> bytes:
        steps = read(script, self._kinds)
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            steps = self._once(steps, random, mutate_bytes)
        return write(Step(kind, data[:STEP_MAX_BYTES]) for kind, data in steps[:STEPS_MAX])

    def _once(self, steps: list[Step], random: Random, mutate_bytes: ByteMutator) -> list[Step]:
        steps = list(steps)
        what = random.random()
        if not steps or what < 0.1:
            steps.insert(random.randint(0, len(steps)), random.choice(self._pool))
            return steps
        at = random.randrange(len(steps))
        step = steps[at]
        if what < 0.15:
            del steps[at]
        elif what < 0.2:
            steps.insert(random.randint(0, len(steps)), step)
        elif what < 0.25:
            other = random.randrange(len(steps))
            steps[at], steps[other] = steps[other], steps[at]
        elif what < 0.3:
            steps[at] = Step(random.randrange(self._kinds), step.data)
        elif what < 0.4:
            steps[at] = Step(step.kind, mutate_bytes(step.data, STEP_MAX_BYTES))
        else:
            steps[at] = Step(step.kind, self._change(step.kind, step.data, random))  # type: ignore[operator]
        return steps
