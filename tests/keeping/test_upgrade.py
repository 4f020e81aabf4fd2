"""To a newer release and back: data stay, what is lost is said before, and a failure leaves what was there before."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from antiphon.assembly import installation
from antiphon.assembly.engines import supervision
from antiphon.assembly.installation import SchemaNewer
from antiphon.assembly.keeping import software, upgrade
from antiphon.assembly.keeping.alone import UpgradeRuns
from antiphon.assembly.keeping.upgrade import LossNotAccepted, NothingBefore, UpgradeFailed, UpgradeRefused
from antiphon.database import copying, migrate
from antiphon.settings import Settings
from keeping.older import FIRST_RELEASE, installation_at, rows

SCRIPTS = Path(migrate.__file__).parent / "migrations"
BROKEN = '''"""Changes something, then fails."""

import sqlalchemy as sa
from alembic import op

revision = "0999_broken"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("companies", sa.Column("half_done", sa.Text, nullable=True))
    op.execute("UPDATE companies SET name = 'spoilt'")
    raise RuntimeError("half way")
'''


def quiet(_words: str) -> None:
    """Nobody listens."""


@pytest.fixture
def old(tmp_path: Path) -> Settings:
    return installation_at(tmp_path / "old", "0004_placed_by")


@pytest.fixture
def broken_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This release has one more migration, which fails half way."""
    shutil.copytree(SCRIPTS, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    script = tmp_path / "migrations" / "versions" / "0999_broken.py"
    script.write_text(BROKEN.replace("{before}", migrate.head()))
    monkeypatch.setattr(migrate, "_SCRIPTS", tmp_path / "migrations")


def names_and_calls(settings: Settings) -> list[object]:
    return [
        [row["name"] for row in rows(settings, "companies")],
        [(row["id"], row["email"], row["language"]) for row in rows(settings, "users")],
        [(row["id"], row["direction"], row["cause"], row["answered_by"]) for row in rows(settings, "calls")],
        [(row["id"], row["call_id"], row["who"]) for row in rows(settings, "call_legs")],
    ]


@pytest.mark.parametrize("revision", [FIRST_RELEASE, "0004_placed_by", "0005_browsers_language"])
def test_an_older_installation_is_brought_here_with_its_data(tmp_path: Path, revision: str) -> None:
    settings = installation_at(tmp_path / "old", revision)
    before = names_and_calls(settings)
    upgrade.upgrade(settings, quiet)
    assert migrate.current(settings) == migrate.head()
    assert names_and_calls(settings) == before
    backups = settings.data / "backups"
    assert len(list(backups.glob("before-upgrade-*.tar.gz"))) == 1
    assert len(list(backups.glob(f"database-{revision}-*.copy"))) == 1


def test_up_keeps_a_copy_before_it_migrates(tmp_path: Path, free_ports: int) -> None:
    settings = installation_at(tmp_path / "old", "0004_placed_by")
    before = names_and_calls(settings)
    settings, _ = installation.prepare(settings.data, offset=free_ports)
    assert names_and_calls(settings) == before
    (copy,) = (settings.data / "backups").glob("database-0004_placed_by-*.copy")
    with sqlite3.connect(copy) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == ("0004_placed_by",)


def test_a_second_upgrade_is_refused_while_one_runs(old: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one starts in the middle of the first one's migration, and neither it nor a rollback touches anything."""
    refused: list[str] = []
    migration = migrate.upgrade

    def interrupted(settings: Settings) -> None:
        for second in (
            lambda: upgrade.upgrade(settings, quiet),
            lambda: upgrade.rollback(settings, quiet, accept_losses=True, from_copy=True),
        ):
            with pytest.raises(UpgradeRuns) as refusal:
                second()
            refused.append(refusal.value.code)
        migration(settings)

    monkeypatch.setattr(migrate, "upgrade", interrupted)
    before = names_and_calls(old)
    upgrade.upgrade(old, quiet)
    assert refused == ["upgrade_runs", "upgrade_runs"]
    assert migrate.current(old) == migrate.head()
    assert names_and_calls(old) == before
    assert len(list((old.data / "backups").glob("before-upgrade-*"))) == 1


def test_the_lock_ends_with_the_process_that_held_it(old: Settings) -> None:
    holder = (
        f"from pathlib import Path; from antiphon.assembly.keeping.alone import alone\n"
        f"with alone(Path({str(old.data)!r})): print('held', flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(UpgradeRuns):
            upgrade.upgrade(old, quiet)
        assert migrate.current(old) == "0004_placed_by"
        process.kill()
    upgrade.upgrade(old, quiet)
    assert migrate.current(old) == migrate.head()


def test_an_upgrade_without_a_step_of_the_schema_does_not_speak_of_one(old: Settings) -> None:
    upgrade.upgrade(old, quiet)
    said: list[str] = []
    upgrade.upgrade(old, said.append)
    upgrade.upgrade(old, said.append)
    assert "the schema is up to date" in said
    assert not any("migrating" in words for words in said)


@pytest.mark.usefixtures("broken_release")
def test_a_migration_that_fails_leaves_everything_as_it_was(old: Settings) -> None:
    before = names_and_calls(old)
    with pytest.raises(UpgradeFailed, match="as they were"):
        upgrade.upgrade(old, quiet)
    assert migrate.current(old) == "0004_placed_by"
    assert names_and_calls(old) == before


def test_a_release_that_does_not_come_up_makes_room_for_the_one_before(
    old: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engines are not started here: what counts is the order of things and the data."""
    done: list[str] = []
    monkeypatch.setattr(supervision, "running", lambda _data: True)
    monkeypatch.setattr(supervision, "stop", lambda _settings: done.append("stop"))
    monkeypatch.setattr(
        software, "this_up", lambda settings: bool(done.append(f"new up at {migrate.current(settings)}"))
    )
    monkeypatch.setattr(
        software, "_up", lambda settings, _sources, _web: not done.append(f"old up at {migrate.current(settings)}")
    )
    kept = old.data / "software" / "current"
    kept.mkdir(parents=True)
    (kept / "release.json").write_text('{"schema": "0004_placed_by"}')
    before = names_and_calls(old)
    with pytest.raises(UpgradeFailed, match="runs again"):
        upgrade.upgrade(old, quiet)
    assert done == ["stop", f"new up at {migrate.head()}", "stop", "old up at 0004_placed_by"]
    assert names_and_calls(old) == before


def test_a_database_of_a_newer_release_is_left_alone(old: Settings, free_ports: int) -> None:
    with sqlite3.connect(copying.file_of(old)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999_future'")
    for attempt in (
        lambda: upgrade.upgrade(old, quiet),
        lambda: installation.prepare(old.data, offset=free_ports),
    ):
        with pytest.raises((UpgradeRefused, SchemaNewer), match="9999_future"):
            attempt()


def test_a_damaged_database_is_not_upgraded(old: Settings) -> None:
    file = copying.file_of(old)
    data = bytearray(file.read_bytes())
    data[8192:40_960] = b"\xff" * 32_768
    file.write_bytes(data)
    with pytest.raises(UpgradeRefused, match="damaged"):
        upgrade.upgrade(old, quiet)


def test_no_room_on_the_disk(old: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade.limits, "UPGRADE_SPARE_BYTES", 1 << 60)
    with pytest.raises(UpgradeRefused, match="MB left"):
        upgrade.upgrade(old, quiet)
    assert migrate.current(old) == "0004_placed_by"


# -- the way back ----------------------------------------------------------------------------------------------------


def ran_before(settings: Settings, schema: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A release with that schema ran before this one; what is started is kept in the list."""
    started: list[str] = []
    for which, newest in (("current", migrate.current(settings)), ("previous", schema)):
        folder = settings.data / "software" / which
        folder.mkdir(parents=True)
        (folder / "release.json").write_text(f'{{"schema": "{newest}"}}')
    monkeypatch.setattr(
        software,
        "_up",
        lambda settings, sources, _web: not started.append(f"{sources.parent.name} at {migrate.current(settings)}"),
    )
    return started


def test_the_way_back_says_what_is_lost_and_keeps_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = installation_at(tmp_path / "old", "0005_browsers_language")
    with sqlite3.connect(copying.file_of(settings)) as database:
        database.execute("UPDATE users SET language = NULL WHERE id = 'user_bernd'")
    started = ran_before(settings, "0004_placed_by", monkeypatch)
    with pytest.raises(LossNotAccepted, match="English"):
        upgrade.rollback(settings, quiet, accept_losses=False, from_copy=False)
    assert (migrate.current(settings), started) == ("0005_browsers_language", [])
    upgrade.rollback(settings, quiet, accept_losses=True, from_copy=False)
    assert started == ["previous at 0004_placed_by"]
    assert [row["language"] for row in rows(settings, "users")] == ["de", "en"]
    assert len(rows(settings, "calls")) == 2
    kept = software.kept(settings, "current")
    assert kept is not None
    assert kept.schema == "0004_placed_by"


def test_a_step_without_a_way_back_asks_for_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = installation_at(tmp_path / "old", "0005_browsers_language")
    before = names_and_calls(settings)
    upgrade.upgrade(settings, quiet)
    with sqlite3.connect(copying.file_of(settings)) as database:
        database.execute("UPDATE companies SET name = 'since then'")
    ran_before(settings, "0005_browsers_language", monkeypatch)
    with pytest.raises(LossNotAccepted, match="everything written since is lost"):
        upgrade.rollback(settings, quiet, accept_losses=True, from_copy=False)
    upgrade.rollback(settings, quiet, accept_losses=False, from_copy=True)
    assert migrate.current(settings) == "0005_browsers_language"
    assert names_and_calls(settings) == before


def test_a_release_before_that_does_not_start_leaves_this_one_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = installation_at(tmp_path / "old", "0005_browsers_language")
    ran_before(settings, "0004_placed_by", monkeypatch)
    monkeypatch.setattr(software, "_up", lambda *_: False)
    before = names_and_calls(settings)
    with pytest.raises(UpgradeFailed, match="Nothing was changed"):
        upgrade.rollback(settings, quiet, accept_losses=True, from_copy=False)
    assert migrate.current(settings) == "0005_browsers_language"
    assert names_and_calls(settings) == before


def test_without_a_release_before_there_is_no_way_back(old: Settings) -> None:
    with pytest.raises(NothingBefore):
        upgrade.rollback(old, quiet, accept_losses=True, from_copy=True)


def test_the_release_that_ran_before_is_kept(old: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = tmp_path / "checkout" / "src"
    for package in ("antiphon", "antiphon_station"):
        (sources / package).mkdir(parents=True)
        (sources / package / "__init__.py").write_text('"""One."""\n')
    monkeypatch.setattr(software, "_SOURCES", sources)
    software.keep(old)
    software.keep(old)
    assert software.kept(old, "previous") is None
    (sources / "antiphon" / "__init__.py").write_text('"""The next one."""\n')
    software.keep(old)
    home = old.data / "software"
    assert "The next one" in (home / "current" / "src" / "antiphon" / "__init__.py").read_text()
    assert "One." in (home / "previous" / "src" / "antiphon" / "__init__.py").read_text()
    software.exchange(old)
    assert "One." in (home / "current" / "src" / "antiphon" / "__init__.py").read_text()
