"""How long to wait before the next try: doubling, with jitter, so that stations do not all come back at once."""

from __future__ import annotations

from collections.abc import Callable


class BackOff:
    """`random()` gives 0 to 1."""

    def __init__(self, random: Callable[[], float], first_s: float = 0.5, longest_s: float = 30.0) -> None:
        self._random = random
        self._first_s = first_s
        self._longest_s = longest_s
        self._tries = 0

    def next_s(self) -> float:
        """Between half of the doubled time and all of it."""
        full = min(self._longest_s, self._first_s * 2.0 ** min(self._tries, 16))
        self._tries += 1
        return full * (0.5 + 0.5 * self._random())

    def succeeded(self) -> None:
        self._tries = 0
