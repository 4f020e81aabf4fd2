"""What a contract under fuzz offers: seeds, how its input may be changed, and one run that must hold every promise."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from random import Random
from typing import ClassVar

# One message on a machine that is busy with other work: a hundred times what the slowest sound one takes.
MESSAGE_MAX_S = 0.5

ByteMutator = Callable[[bytes, int], bytes]


class PromiseBroken(AssertionError):
    """The code under fuzz did what it promises not to do, without raising."""


class Target(ABC):
    """`run` lets every exception out that the contract does not declare; the fuzzer takes it for a finding."""

    name: ClassVar[str]
    instruments: ClassVar[tuple[str, ...]] = ("antiphon", "antiphon_station")

    @abstractmethod
    def seeds(self) -> list[bytes]:
        """Inputs that reach deep states, from sound messages."""

    @abstractmethod
    def run(self, data: bytes) -> int:
        """Feed one input; how many messages it held. Deterministic."""

    @abstractmethod
    def mutate(self, data: bytes, random: Random, mutate_bytes: ByteMutator) -> bytes:
        """Another input from this one, likely to be read as a message still."""


def hold(promise: object, words: str) -> None:
    """A promise beyond "no exception"."""
    if not promise:
        raise PromiseBroken(words)


class Stopwatch:
    """Processor time of one message at a time."""

    def __init__(self) -> None:
        self._began = time.process_time()

    def lap(self) -> None:
        now = time.process_time()
        hold(now - self._began <= MESSAGE_MAX_S, f"one message took {now - self._began:.2f} s")
        self._began = now
