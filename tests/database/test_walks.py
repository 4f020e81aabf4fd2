"""Pages of lists: the right rows with what belongs to them; and on PostgreSQL never a walk through a company for a few of its places."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from antiphon import devices, tenancy
from antiphon.database import Database, Tx
from antiphon.devices import store
from antiphon.devices.counting import count_stations
from antiphon.devices.tables import device_rows
from antiphon.tenancy import Reach
from antiphon.tenancy.rights import EVERYWHERE
from antiphon.tenancy.store import place_rows
from postgresql import Server, needs_postgresql
from residents import StillClock, Tenant, make_tenant

ORDER = (device_rows.c.sort_key, device_rows.c.id)
ITS_PLACE = (place_rows.c.id, device_rows.c.place_id)


@pytest.fixture
def doors(database: Database, tenant: Tenant, other: Tenant, clock: StillClock) -> list[str]:
    """Names of stations in two companies, those of the first."""
    names = [f"Tor {number}" for number in range(1, 8)]
    with database.transaction() as tx:
        for owner in (tenant, other):
            for name in reversed(names):
                devices.create_station(tx, owner.scope, name=name, place_id=owner.site.id, now=clock.now())
    return names


def turned(database: Database, tenant: Tenant, *, joined: bool, descending: bool) -> list[tuple[str, str | None]]:
    """Every station's name and its place's, read in pages of three."""
    found: list[tuple[str, str | None]] = []
    after: tuple[str, str] | None = None
    with database.transaction(read_only=True) as tx:
        while rows := tx.page(
            tenant.scope,
            device_rows,
            *([ITS_PLACE] if joined else []),
            where=[device_rows.c.place_id.in_([tenant.site.id, "site_gone"])],
            order_by=ORDER,
            after=after,
            limit=3,
            descending=descending,
        ):
            assert len(rows) <= 3
            found += [(row["name"], rest[0]["name"] if rest else None) for row, *rest in rows]
            after = (rows[-1][0]["sort_key"], rows[-1][0]["id"])
    return found


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("joined", [False, True])
def test_pages_together_are_the_whole_list_in_its_order(
    database: Database, tenant: Tenant, doors: list[str], joined: bool, descending: bool
) -> None:
    place = tenant.site.name if joined else None
    wanted = [(name, place) for name in (reversed(doors) if descending else doors)]
    assert turned(database, tenant, joined=joined, descending=descending) == wanted


def test_a_list_of_no_ids_names_nothing(database: Database, tenant: Tenant, doors: list[str]) -> None:
    with database.transaction(read_only=True) as tx:
        assert tx.page(tenant.scope, device_rows, where=[device_rows.c.id.in_([])], order_by=ORDER, limit=3) == []
        named = sa.or_(device_rows.c.id.in_([]), device_rows.c.name.in_(doors[:2]))
        assert len(tx.page(tenant.scope, device_rows, ITS_PLACE, where=[named], order_by=ORDER, limit=9)) == 2
        assert tx.count(tenant.scope, device_rows, named) == 2


# -- on PostgreSQL, in a large company ---------------------------------------------------------------------------------

SITES, PER_SITE, OFTEN = (
    12_000,
    4,
    8,
)  # a statement is prepared from its sixth use on, and planned for every value a little later
_SITES = """
    INSERT INTO places (company_id, id, kind, parent_id, site_id, name, sort_key, path, trail, time_zone, language, created_at)
    SELECT company_id, 'site_' || n, 'site', id, 'site_' || n, 'Haus ' || n, 'haus ' || n, path || 'site_' || n || '/', '',
           time_zone, language, created_at
    FROM places, generate_series(100001, 100000 + %s) n WHERE kind = 'project'
"""
_STATIONS = """
    INSERT INTO devices (company_id, id, place_id, name, sort_key, spot, status, online, created_at, kind)
    SELECT company_id, 'station_' || (random() * 1e12)::bigint || '_' || n, id, 'Tor', 'tor ' || (n * 7919 %% 1000), '', 'claimed', n = 1,
           created_at, 'station'
    FROM places, generate_series(1, %s) n WHERE kind = 'site'
"""


@pytest.fixture(scope="module")
def large(postgresql_server: Server) -> Iterator[tuple[Database, Tenant]]:
    """A company with twelve thousand sites and four stations at each."""
    with postgresql_server.migrated() as url:
        database = Database(url)
        tenant = make_tenant(database, StillClock(), "Salzach")
        with database.engine.begin() as connection:
            connection.exec_driver_sql("SELECT set_config('antiphon.company', '*', true)")
            connection.exec_driver_sql(_SITES, (SITES,))
            connection.exec_driver_sql(_STATIONS, (PER_SITE,))
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE places, devices, grants, users, reported_states")
        yield database, tenant
        database.close()


def read(tx: Tx, table: str) -> int:
    """How many rows of the table this connection has read, by walking through it or along an index: for differences."""
    question = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = %s"
    return int(tx._connection.exec_driver_sql(question, (table,)).scalar_one())


@needs_postgresql
def test_a_page_deep_inside_reads_what_lies_at_a_few_places_however_often_it_is_asked_for(
    large: tuple[Database, Tenant],
) -> None:
    database, tenant = large
    base = f"/{tenant.site.path.strip('/').split('/')[0]}"
    for sites in (40, 300):
        step = SITES // sites
        reach = Reach.of(f"{base}/site_{100_001 + at * step}/" for at in range(sites))
        with database.transaction(read_only=True) as tx:
            first = store.stations_page(tx, tenant.scope, reach, limit=101)
            assert len(first) == 101
            after = ("tor 7", first[-1].id)
            before = read(tx, "places"), read(tx, "devices")
            for _ in range(OFTEN):
                assert store.stations_page(tx, tenant.scope, reach, after=after, limit=101)
            places, stations = (
                (read(tx, table) - had) / OFTEN for table, had in zip(("places", "devices"), before, strict=True)
            )
        # the places within reach and those of the page, the stations there; planning looks at a few rows besides
        assert places <= 101 + sites + 20
        assert stations <= PER_SITE * sites + 20


@needs_postgresql
def test_what_walks_is_never_prepared_and_a_look_at_one_thing_is(large: tuple[Database, Tenant]) -> None:
    database, tenant = large
    with database.transaction(read_only=True) as tx:
        for _ in range(OFTEN):
            store.stations_page(tx, tenant.scope, EVERYWHERE, limit=3)
            tenancy.place(tx, tenant.scope, tenant.site.id)
        prepared = tx._connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements").scalars().all()
    assert any("FROM places" in one for one in prepared)
    assert not any("ORDER BY devices.sort_key" in one for one in prepared)


@needs_postgresql
def test_a_question_is_the_same_text_however_many_ids_it_names(large: tuple[Database, Tenant]) -> None:
    database, tenant = large
    said: set[str] = set()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.add(statement)

    with database.transaction(read_only=True) as tx:
        sa.event.listen(tx._connection, "before_cursor_execute", note)
        for number in (1, 2, 77, 500):
            ids = [f"site_{100_000 + at}" for at in range(number)]
            tx.all(tenant.scope, place_rows, sa.and_(place_rows.c.kind == "site", place_rows.c.id.in_(ids)))
    assert len([one for one in said if "FROM places" in one]) == 1


@needs_postgresql
def test_a_count_of_the_company_reads_every_place_and_station_once(large: tuple[Database, Tenant]) -> None:
    database, tenant = large
    with database.transaction(read_only=True) as tx:
        before = read(tx, "places"), read(tx, "devices")
        counts = count_stations(tx, tenant.scope)
        assert read(tx, "places") - before[0] <= SITES + 20
        assert read(tx, "devices") - before[1] <= (SITES + 1) * PER_SITE + 20
    whole = counts.below("/", EVERYWHERE)
    assert (whole.online, whole.offline) == (SITES + 1, (SITES + 1) * (PER_SITE - 1))
