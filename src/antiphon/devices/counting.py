"""How many stations a company has below each place, and in which state: what its tree and its overview show."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from itertools import accumulate

from antiphon import tenancy
from antiphon.clock import Clock
from antiphon.database import Scope, Tx
from antiphon.devices.tables import device_rows, reported_states
from antiphon.limits import COUNTS_KEPT_MAX, COUNTS_KEPT_S
from antiphon.tenancy import Reach

_AFTER_EVERY_PATH = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Counts:
    """Stations of our own by state. A `fault` works, but could not take over its settings."""

    online: int = 0
    offline: int = 0
    fault: int = 0
    unclaimed: int = 0
    revoked: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: Counts) -> Counts:
        return Counts(*(one - two for one, two in zip(astuple(self), astuple(other), strict=True)))


class CompanyCounts:
    """The stations of one company, added up along the paths of their places, so that any subtree costs two look-ups."""

    def __init__(self, counted: Iterable[tuple[str, Counts]]) -> None:
        """`counted`: the path of a place, and what lies directly in it."""
        ordered = sorted(counted, key=lambda one: one[0])
        self._paths = [path for path, _ in ordered]
        self._sums = list(accumulate((counts for _, counts in ordered), initial=Counts()))

    def below(self, path: str, reach: Reach) -> Counts:
        """What lies at `path` and below it, as far as the reach goes."""
        if reach.covers(path):
            return self._within(path)
        return sum((self._within(prefix) for prefix in reach.prefixes if prefix.startswith(path)), Counts())

    def _within(self, prefix: str) -> Counts:
        first = bisect_left(self._paths, prefix)
        return self._sums[bisect_left(self._paths, prefix + _AFTER_EVERY_PATH)] - self._sums[first]


class StationCounts:
    """Counts of the companies that were asked for lately. Forgets one when a fact says that it has changed, and all with time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, CompanyCounts]] = {}

    def of(self, tx: Tx, scope: Scope) -> CompanyCounts:
        """The company's counts, at most `COUNTS_KEPT_S` old."""
        now = self._clock.monotonic()
        known = self._kept.get(scope.company_id)
        if known is not None and now - known[0] < COUNTS_KEPT_S:
            return known[1]
        counted = count_stations(tx, scope)
        self._kept.pop(scope.company_id, None)
        while len(self._kept) >= COUNTS_KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[scope.company_id] = now, counted
        return counted

    def forget(self, company_id: str) -> None:
        """A station or a place of that company has changed."""
        self._kept.pop(company_id, None)


def count_stations(tx: Tx, scope: Scope) -> CompanyCounts:
    """Count the company's stations anew: three walks along indexes, however many places there are."""
    found: dict[str, Counts] = {}
    columns = device_rows.c.place_id, device_rows.c.status, device_rows.c.online
    for place_id, status, online, number in tx.grouped(
        scope, device_rows, *columns, where=(device_rows.c.kind == "station",)
    ):
        state = ("online" if online else "offline") if status == "claimed" else status
        found[place_id] = found.get(place_id, Counts()) + Counts(**{state: number})
    failed = reported_states.c.error.is_not(None)
    its_device = (device_rows.c.id, reported_states.c.device_id)
    order = (reported_states.c.device_id,)
    for _, device in tx.page(scope, reported_states, its_device, where=(failed,), order_by=order, limit=None):
        if device["status"] == "claimed" and device["online"]:
            found[device["place_id"]] += Counts(online=-1, fault=1)
    paths = tenancy.paths_of(tx, scope, found)
    return CompanyCounts((paths[place_id], counts) for place_id, counts in found.items())
