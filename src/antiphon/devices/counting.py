"""How many stations a company has below each place, and in which state: what its tree and its overview show."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from itertools import accumulate
from typing import NamedTuple

from antiphon import tenancy
from antiphon.clock import Clock
from antiphon.database import Scope, Tx
from antiphon.devices.tables import device_rows, reported_states
from antiphon.limits import COUNTS_KEPT_MAX, COUNTS_KEPT_S, COUNTS_REST_FACTOR
from antiphon.tenancy import Reach

_AFTER_EVERY_PATH = "\U0010ffff"


class Counts(NamedTuple):
    """Stations of our own by state. A `fault` works, but could not take over its settings."""

    online: int = 0
    offline: int = 0
    fault: int = 0
    unclaimed: int = 0
    revoked: int = 0


class CompanyCounts:
    """The stations of one company, added up along the paths of their places, so that any subtree costs two look-ups."""

    def __init__(self, counted: Mapping[str, Mapping[str, int]]) -> None:
        """`counted`: how many stations lie directly in the place at a path, by state."""
        self._paths = sorted(counted)
        there = {state: [0] * len(self._paths) for state in Counts._fields}
        for at, path in enumerate(self._paths):
            for state, number in counted[path].items():
                there[state][at] = number
        self._sums = [list(accumulate(numbers, initial=0)) for numbers in there.values()]

    def below(self, path: str, reach: Reach) -> Counts:
        """What lies at `path` and below it, as far as the reach goes."""
        ends = [
            (bisect_left(self._paths, prefix), bisect_left(self._paths, prefix + _AFTER_EVERY_PATH))
            for prefix in reach.inside(path).prefixes
        ]
        return Counts(*(sum(sums[end] - sums[first] for first, end in ends) for sums in self._sums))


class _Kept(NamedTuple):
    """Counts, until when they hold, and from when on they are counted again if something has changed."""

    counts: CompanyCounts
    until: float
    renewed_from: float


class StationCounts:
    """Counts of the companies that were asked for lately, counted again when a fact says that something has changed, and with
    time.

    Counting takes a small share of the time and no more: where it takes long, in a very large company, counts are kept for
    a while although something has changed.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._changed: set[str] = set()

    def of(self, tx: Tx, scope: Scope) -> CompanyCounts:
        """The company's counts."""
        company_id, began = scope.company_id, self._clock.monotonic()
        known = self._kept.get(company_id)
        if known is not None and began < (known.renewed_from if company_id in self._changed else known.until):
            return known.counts
        self._changed.discard(company_id)  # before, because what changes meanwhile may not be among what is counted
        counted = count_stations(tx, scope)
        now = self._clock.monotonic()
        rest = (now - began) * COUNTS_REST_FACTOR
        self._kept.pop(company_id, None)
        while len(self._kept) >= COUNTS_KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[company_id] = _Kept(counted, now + max(rest, COUNTS_KEPT_S), now + rest)
        return counted

    def forget(self, company_id: str) -> None:
        """A station or a place of that company has changed."""
        self._changed.add(company_id)


def count_stations(tx: Tx, scope: Scope) -> CompanyCounts:
    """Count the company's stations anew: three walks along indexes, however many places there are."""
    found: dict[str, dict[str, int]] = {}
    columns = device_rows.c.place_id, device_rows.c.status, device_rows.c.online
    for place_id, status, online, number in tx.grouped(
        scope, device_rows, *columns, where=(device_rows.c.kind == "station",)
    ):
        state = ("online" if online else "offline") if status == "claimed" else status
        there = found.setdefault(place_id, {})
        there[state] = there.get(state, 0) + number
    failed = reported_states.c.error >= ""  # SQLite walks along an index for this, and not for IS NOT NULL
    its_device = (device_rows.c.id, reported_states.c.device_id)
    order = (reported_states.c.device_id,)
    for _, device in tx.page(scope, reported_states, its_device, where=(failed,), order_by=order, limit=None):
        if device["status"] == "claimed" and device["online"]:
            there = found[device["place_id"]]
            there["online"] -= 1
            there["fault"] = there.get("fault", 0) + 1
    paths = tenancy.paths_of(tx, scope, found)
    return CompanyCounts({paths[place_id]: counts for place_id, counts in found.items()})
