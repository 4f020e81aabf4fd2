"""Stations are counted below any place as far as somebody's reach goes, and no more often than the company's size allows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from antiphon import devices
from antiphon.database import Database
from antiphon.devices.counting import CompanyCounts, Counts, StationCounts
from antiphon.limits import COUNTS_KEPT_S, COUNTS_REST_FACTOR
from antiphon.tenancy import Reach
from antiphon.tenancy.rights import EVERYWHERE
from residents import StillClock, Tenant

_PATHS = st.lists(st.sampled_from("abc"), max_size=4).map(lambda steps: "/" + "".join(f"{step}/" for step in steps))
_STATES = st.dictionaries(st.sampled_from(Counts._fields), st.integers(1, 9))


@given(st.dictionaries(_PATHS, _STATES), _PATHS, st.lists(_PATHS, max_size=3))
def test_a_subtree_counts_what_is_below_it_and_within_reach(
    counted: dict[str, dict[str, int]], path: str, prefixes: list[str]
) -> None:
    reach = Reach.of(prefixes)
    there = [states for at, states in counted.items() if at.startswith(path) and reach.covers(at)]
    wanted = Counts(*(sum(states.get(state, 0) for states in there) for state in Counts._fields))
    assert CompanyCounts(counted).below(path, reach) == wanted


class SlowClock(StillClock):
    """Time passes while somebody counts: half of `takes_s` each time it is looked at."""

    takes_s = 0.0

    def monotonic(self) -> float:
        self.advance(self.takes_s / 2)
        return super().monotonic()


def known(counts: StationCounts, database: Database, tenant: Tenant) -> int:
    with database.transaction(read_only=True) as tx:
        return counts.of(tx, tenant.scope).below("/", EVERYWHERE).unclaimed


def add(database: Database, tenant: Tenant, clock: StillClock) -> None:
    with database.transaction() as tx:
        devices.create_station(tx, tenant.scope, name="Tor", place_id=tenant.site.id, now=clock.now())


def test_a_small_company_is_counted_again_at_once(database: Database, tenant: Tenant) -> None:
    clock = SlowClock()
    counts = StationCounts(clock)
    assert known(counts, database, tenant) == 0
    add(database, tenant, clock)
    assert known(counts, database, tenant) == 0, "nobody said so"
    counts.forget(tenant.company.id)
    assert known(counts, database, tenant) == 1


def test_what_nobody_told_of_is_found_with_time(database: Database, tenant: Tenant) -> None:
    clock = SlowClock()
    counts = StationCounts(clock)
    known(counts, database, tenant)
    add(database, tenant, clock)
    clock.advance(COUNTS_KEPT_S)
    assert known(counts, database, tenant) == 1


def test_counting_rests_for_many_times_as_long_as_it_took(database: Database, tenant: Tenant) -> None:
    clock = SlowClock()
    clock.takes_s = 2.0
    counts = StationCounts(clock)
    known(counts, database, tenant)
    clock.takes_s = 0.0
    add(database, tenant, clock)
    counts.forget(tenant.company.id)
    assert known(counts, database, tenant) == 0
    clock.advance(COUNTS_REST_FACTOR - 1)
    assert known(counts, database, tenant) == 0
    clock.advance(1)
    assert known(counts, database, tenant) == 1
