"""Every step of the schema up and down, on data, on both databases: what should survive does, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from antiphon.database import PLATFORM, migrate
from antiphon.database.migrate import NoWayDown
from antiphon.database.row_security import name_company
from antiphon.settings import Settings
from keeping.filled import LONG_PLACE, Contents, add_what_only_the_newest_knows, contents, fill, shape
from keeping.older import FIRST_RELEASE
from postgresql import Server, needs_postgresql

_STEPS = list(ScriptDirectory(str(Path(migrate.__file__).parent / "migrations")).walk_revisions())[::-1]
_LATER = [one for one in _STEPS if one.revision > FIRST_RELEASE]
Fresh = Callable[[], Settings]


def ways() -> list[tuple[str, str]]:
    """Each revision since the first release, with the newest that migrations alone lead back from."""
    found = []
    for at, step in enumerate(_STEPS):
        above = []
        for later in _STEPS[at + 1 :]:
            if not hasattr(later.module, "downgrade"):
                break
            above.append(later.revision)
        if above and step.revision >= FIRST_RELEASE:
            found.append((step.revision, above[-1]))
    return found


_TO_HEAD = [revision for revision, top in ways() if top == migrate.head()]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_postgresql)])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Fresh:
    """Makes settings of databases with nothing in them, of one kind."""
    made: list[Settings] = []

    def one() -> Settings:
        data = tmp_path / str(len(made))
        data.mkdir()
        if request.param == "sqlite":
            made.append(Settings(data=data))
        else:
            server: Server = request.getfixturevalue("postgresql_server")
            database = server.empty()
            url = database.__enter__()
            request.addfinalizer(lambda: database.__exit__(None, None, None))
            made.append(Settings(data=data, database_url=url))
        return made[-1]

    return one


def filled(settings: Settings, revision: str) -> Settings:
    migrate.upgrade(settings, revision)
    fill(settings)
    return settings


def without(found: Contents, *tables: str) -> Contents:
    return {name: rows for name, rows in found.items() if name not in tables}


def test_every_migration_after_the_first_release_has_a_way_back_or_says_why_not() -> None:
    assert _LATER
    for one in _LATER:
        undone = hasattr(one.module, "downgrade") and getattr(one.module, "lost_on_the_way_back", "").endswith(".")
        assert undone or getattr(one.module, "no_way_back", "").endswith("."), one.revision


def test_every_migration_with_a_way_back_is_walked_below() -> None:
    walked = {one.revision for one in _LATER if any(low < one.revision <= top for low, top in ways())}
    assert walked == {one.revision for one in _LATER if hasattr(one.module, "downgrade")}


@pytest.mark.parametrize(("revision", "top"), ways())
def test_up_and_down_is_the_same_schema(fresh: Fresh, revision: str, top: str) -> None:
    walked, before, after = fresh(), fresh(), fresh()
    migrate.upgrade(before, revision)
    migrate.upgrade(after, top)
    filled(walked, revision)
    migrate.upgrade(walked, top)
    assert shape(walked) == shape(after)
    migrate.downgrade(walked, revision)
    assert migrate.current(walked) == revision
    assert shape(walked) == shape(before)
    migrate.upgrade(walked, top)
    assert shape(walked) == shape(after)


def test_the_comparison_sees_what_a_downgrade_forgets(fresh: Fresh) -> None:
    """A planted fault: an index and a column that were left behind."""

    settings = fresh()
    migrate.upgrade(settings)
    before = shape(settings)
    engine = sa.create_engine(settings.sqlalchemy_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE INDEX ix_forgotten ON calls (place)")
        connection.exec_driver_sql("ALTER TABLE calls ADD COLUMN forgotten VARCHAR(250)")
    engine.dispose()
    assert {name for name, _ in shape(settings).items() ^ before.items()} == {
        "calls: index ix_forgotten",
        "calls.forgotten",
    }


@pytest.mark.parametrize(("revision", "top"), ways())
def test_what_was_written_before_is_there_after_up_and_down(fresh: Fresh, revision: str, top: str) -> None:
    settings = filled(fresh(), revision)
    before = contents(settings)
    assert len(before["calls"]) == 4
    migrate.upgrade(settings, top)
    migrate.downgrade(settings, revision)
    anew = ("user_sessions",) if "projects" in before and top >= "0008_places_and_rights" else ()
    after = contents(settings)
    assert without(after, *anew) == without(before, *anew)
    assert not [row for table in anew for row in after[table]]


@pytest.mark.parametrize("revision", [one.revision for one in _STEPS if one.revision >= FIRST_RELEASE][:-1])
def test_what_was_written_at_any_release_is_the_same_here(fresh: Fresh, revision: str) -> None:
    """Every row and column that both schemas have."""
    settings = filled(fresh(), revision)
    before = contents(settings)
    migrate.upgrade(settings)
    after = contents(settings)
    for table in (before.keys() & after.keys()) - {"user_sessions"}:
        rows = known_before(after[table]) if table == "search_words" else after[table]
        assert len(rows) == len(before[table]), table
        for old, new in zip(before[table], rows, strict=True):
            assert {name: new[name] for name in old.keys() & new.keys()} == {
                name: value for name, value in old.items() if name in new
            }, table


@pytest.mark.parametrize("revision", ["0006_accounts", "0007_media_breaks"])
def test_old_places_and_roles_become_what_a_new_company_has(fresh: Fresh, revision: str) -> None:
    older, newest = filled(fresh(), revision), filled(fresh(), "head")
    migrate.upgrade(older)
    after, straight = contents(older), contents(newest)
    after["search_words"] = known_before(after["search_words"])
    for table in ("grants", "search_words"):
        assert nameless(after, table) == nameless(straight, table)
    for table in ("places", "users", "devices"):
        assert after[table] == straight[table], table
    assert [row["place_id"] for row in after["calls"]] == [row["place_id"] for row in straight["calls"]]


def test_people_are_found_by_their_address_and_doors_by_their_name_from_then_on(fresh: Fresh) -> None:
    settings = filled(fresh(), "0012_indexes_name_the_company")
    migrate.upgrade(settings)
    made = [
        row
        for row in contents(settings)["search_words"]
        if row["company_id"] == "inn" and row not in known_before([row])
    ]
    assert sorted((row["kind"], row["word"], row["thing_id"], row["place_id"], row["title"]) for row in made) == [
        ("door", "haustor", "door_inn", "site_inn", "Haustor"),
        *(("email", "@inn.example", f"{name}_inn", "inn", name.title()) for name in ("anna", "bernd")),
        *(
            ("email", word, f"{name}_inn", "inn", name.title())
            for name in ("anna", "bernd")
            for word in (name, f"{name}@inn.example")
        ),
    ]


@pytest.mark.parametrize("revision", _TO_HEAD)
def test_what_is_written_here_survives_the_way_back(fresh: Fresh, revision: str) -> None:
    settings = filled(fresh(), "head")
    before = contents(settings)
    add_what_only_the_newest_knows(settings)
    migrate.downgrade(settings, revision)
    migrate.upgrade(settings)
    after = contents(settings)
    places_of_calls = [row["place"] for row in after["calls"] if row["id"] == "long"]
    homes = [row["place_id"] for row in after["devices"] if row["id"] == "cellar"]
    assert (after["mails"] == []) == (revision < "0010_mails")
    assert (after["call_traces"] == []) == (revision < "0016_call_traces")
    for table in ("contacts", "ring_groups", "ring_plans", "ring_plan_members", "do_not_disturb", "ring_settings"):
        assert (after[table] == []) == (revision < "0015_ring_plans"), table
    if revision >= "0015_ring_plans":
        return
    assert after["button_members"] == before["button_members"]
    assert not [row for row in after["search_words"] if row["kind"] in ("contact", "group")]
    if revision >= "0008_places_and_rights":
        assert (places_of_calls, homes) == ([LONG_PLACE], ["inner_inn"])
        assert after["audit"] != []
        return
    assert (places_of_calls, homes) == ([LONG_PLACE[:250]], ["site_inn"])
    for table in ("roles", "audit", "invitations", "api_keys", "idempotency_keys", "user_sessions"):
        assert after[table] == [], table
    (guest,) = [row for row in after["users"] if row["id"] == "guest"]
    assert not guest["active"]
    gone = {"user_sessions", "grants", "search_words"}  # the latter two are made anew
    for table in before.keys() - gone:
        added = ("guest", "cellar", "long")
        kept = [row | {"media_breaks": None} if table == "calls" else row for row in before[table]]
        found = [row for row in after[table] if row.get("id") not in added]
        assert found == (kept if revision < "0007_media_breaks" else before[table]), table


def known_before(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what search knows since `0014_found_by_more`."""
    return [row for row in rows if row["kind"] not in ("email", "door")]


def nameless(found: Contents, table: str) -> list[str]:
    """Rows that get a new id at each making, without it."""
    return sorted(
        str(sorted((name, str(value)) for name, value in row.items() if name != "id")) for row in found[table]
    )


def test_no_way_down_changes_nothing(fresh: Fresh) -> None:
    settings = filled(fresh(), "head")
    before = contents(settings)
    with pytest.raises(NoWayDown):
        migrate.downgrade(settings, "0001_tenancy")
    assert migrate.current(settings) == migrate.head()
    assert contents(settings) == before


def test_a_place_keeps_the_zone_that_differs_from_its_parents_as_its_own(fresh: Fresh) -> None:
    settings = filled(fresh(), "0017_portraits")
    engine = sa.create_engine(settings.sqlalchemy_url)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            name_company(connection, PLATFORM)
        connection.exec_driver_sql("UPDATE places SET time_zone = 'Asia/Tokyo' WHERE kind IN ('site', 'folder')")
    engine.dispose()
    migrate.upgrade(settings)
    own = {(row["kind"], row["own_time_zone"], row["own_language"]) for row in contents(settings)["places"]}
    assert own == {("company", 1, 1), ("project", 0, 0), ("site", 1, 0), ("folder", 0, 0)}
