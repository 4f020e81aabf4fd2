"""How often one person or key may ask: a pure bucket for each, filled evenly."""

from __future__ import annotations

from collections import OrderedDict

from antiphon.errors import TooMany
from antiphon.limits import LOGIN_ATTEMPTS_REMEMBERED, REQUESTS_AT_ONCE, REQUESTS_PER_MINUTE


class Allowances:
    """One bucket a holder; holders who have not asked for long are forgotten, which is as good as a full bucket."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # holder -> requests left, and as of when

    def spend(self, holder: str, now: float) -> None:
        """One request; raises `TooMany` when there is none left. `now` in monotonic seconds."""
        left, then = self._left.pop(holder, (float(REQUESTS_AT_ONCE), now))
        left = min(float(REQUESTS_AT_ONCE), left + (now - then) * REQUESTS_PER_MINUTE / 60)
        self._left[holder] = max(0.0, left - 1), now
        while len(self._left) > LOGIN_ATTEMPTS_REMEMBERED:
            self._left.popitem(last=False)
        if left < 1:
            raise TooMany("Too many requests. Wait a moment and try again.")
