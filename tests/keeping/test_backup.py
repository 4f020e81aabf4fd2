"""Backup and restore of an installation: consistent while everybody writes, whole, private, and never over another."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from antiphon.assembly.keeping import backup
from antiphon.assembly.keeping.alone import UpgradeRuns, alone
from antiphon.assembly.keeping.archive import BackupDamaged
from antiphon.assembly.keeping.backup import BackupNotWritten, DataFolderUsed, FileThere, ReleaseTooOld
from antiphon.database import PLATFORM, Database, metadata, migrate
from antiphon.database.copying import DatabaseUsed
from antiphon.errors import BadInput
from antiphon.settings import Settings
from antiphon.tenancy import users
from postgresql import needs_postgresql, unwalled
from residents import StillClock, make_tenant


def made(settings: Settings, folder: Path, passphrase: str | None = None) -> Path:
    file = folder / "backup"
    backup.to_file(settings, file, passphrase, lambda _: None)
    return file


def restored(file: Path, data: Path, passphrase: str | None = None, **options: object) -> backup.Restored:
    with file.open("rb") as source:
        return backup.restore(source, data, passphrase, lambda _: None, **options)  # type: ignore[arg-type]


def people(settings: Settings) -> list[str]:
    database = Database(settings.sqlalchemy_url)
    try:
        with database.transaction(read_only=True) as tx:
            return sorted(row["email"] for row in tx.all(PLATFORM, metadata.tables["users"]))
    finally:
        database.close()


def test_everything_is_there_again(installed: Settings, tmp_path: Path, clock: StillClock) -> None:
    database = Database(installed.sqlalchemy_url)
    make_tenant(database, clock, "Salzach")
    database.close()
    (installed.snapshots / "snapshot_1.jpg").write_bytes(b"picture")
    restored(made(installed, tmp_path), tmp_path / "two")
    other = Settings(data=tmp_path / "two")
    assert people(other) == ["anna@salzach.example", "bernd@salzach.example"]
    assert migrate.current(other) == migrate.head()
    for name in ("pki/root.key", "pki/issuing.key", "secrets/jwt.key", "snapshots/snapshot_1.jpg", "settings.toml"):
        assert (other.data / name).read_bytes() == (installed.data / name).read_bytes()
    assert not (other.data / "conf").exists()


def test_only_the_owner_may_read_it(installed: Settings, tmp_path: Path) -> None:
    file = made(installed, tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    restored(file, tmp_path / "two")
    assert (tmp_path / "two" / "secrets" / "jwt.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "two" / "pki" / "root.key").stat().st_mode & 0o777 == 0o600


def test_a_backup_overwrites_nothing(installed: Settings, tmp_path: Path) -> None:
    file = made(installed, tmp_path)
    with pytest.raises(FileThere):
        made(installed, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [file.name]


def test_a_backup_is_one_moment_while_others_write(installed: Settings, tmp_path: Path) -> None:
    """Two tables are always written together; in the copy they agree, and no writer failed."""
    path = installed.data / "db" / "antiphon.sqlite"
    with sqlite3.connect(path) as live:
        live.execute("CREATE TABLE one (n INTEGER)")
        live.execute("CREATE TABLE two (n INTEGER)")
    enough, failed = Event(), []

    def write() -> None:
        connection = sqlite3.connect(path, isolation_level=None, timeout=5)
        while not enough.is_set():
            try:
                connection.execute("BEGIN IMMEDIATE")
                for table in ("one", "two"):
                    connection.execute(f"INSERT INTO {table} VALUES (1)")
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                failed.append(error)
        connection.close()

    writers = [Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        files = [tmp_path / f"backup-{number}" for number in range(3)]
        for file in files:
            backup.to_file(installed, file, None, lambda _: None)
    finally:
        enough.set()
        for writer in writers:
            writer.join()
    assert failed == []
    for number, file in enumerate(files):
        data = tmp_path / f"data-{number}"
        restored(file, data)
        with sqlite3.connect(data / "db" / "antiphon.sqlite") as copy:
            counts = [copy.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("one", "two")]
            assert counts[0] == counts[1]
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_an_installation_is_never_overwritten(installed: Settings, tmp_path: Path) -> None:
    file = made(installed, tmp_path)
    before = (installed.data / "secrets" / "jwt.key").read_bytes()
    with pytest.raises(DataFolderUsed):
        restored(file, installed.data)
    (installed.data / "secrets" / "jwt.key").write_bytes(b"newer")
    done = restored(file, installed.data, force=True)
    assert (installed.data / "secrets" / "jwt.key").read_bytes() == before
    assert done.aside is not None
    assert (done.aside / "secrets" / "jwt.key").read_bytes() == b"newer"


def test_a_damaged_backup_changes_nothing(installed: Settings, tmp_path: Path) -> None:
    file = made(installed, tmp_path)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    with pytest.raises(BackupDamaged):
        restored(file, tmp_path / "two")
    assert not (tmp_path / "two").exists()
    with pytest.raises(BackupDamaged):
        restored(file, installed.data, force=True)
    assert (installed.data / "secrets" / "jwt.key").exists()


def test_a_backup_of_a_newer_release_is_refused(
    installed: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "current", lambda _settings: "9999_future")
    file = made(installed, tmp_path)
    with pytest.raises(ReleaseTooOld, match="9999_future"):
        restored(file, tmp_path / "two")


def test_it_listens_and_is_dialled_elsewhere(installed: Settings, tmp_path: Path) -> None:
    station = installed.stations / "demo"
    station.mkdir(parents=True)
    told = {
        "device_id": "station_1",
        "sip_host": "127.0.0.1",
        "sip_port": installed.ports.sips,
        "sip_domain": "antiphon.local",
        "mqtt_host": "127.0.0.1",
        "mqtt_port": installed.ports.mqtts,
        "device_https": f"https://127.0.0.1:{installed.ports.device_https}",
    }
    (station / "platform.json").write_text(json.dumps(told))
    (station / "control.sock").write_text("")
    restored(made(installed, tmp_path), tmp_path / "two", offset=installed.ports.offset + 30, address="192.0.2.7")
    other = Settings(data=tmp_path / "two")
    assert other.ports.https == installed.ports.https + 30
    assert other.advertised_address == "192.0.2.7"
    now = json.loads((other.stations / "demo" / "platform.json").read_text())
    assert now["sip_port"] == other.ports.sips
    assert now["mqtt_host"] == "192.0.2.7"
    assert now["device_https"] == f"https://192.0.2.7:{other.ports.device_https}"
    assert not (other.stations / "demo" / "control.sock").exists()


def test_what_cannot_be_dialled_or_listened_on_is_refused(installed: Settings, tmp_path: Path) -> None:
    file, new = made(installed, tmp_path), tmp_path / "new"
    for address in ("not an address!", "::1", 'a"b'):
        with pytest.raises(BadInput, match="IPv4"):
            restored(file, new / "data", address=address)
    with pytest.raises(BadInput, match="--port-offset 999999") as refusal:
        restored(file, new / "data", offset=999_999)
    assert ".restoring" not in refusal.value.detail
    assert not new.exists()


def test_a_restore_waits_for_nobody(installed: Settings, tmp_path: Path) -> None:
    file = made(installed, tmp_path)
    with alone(installed.data), pytest.raises(UpgradeRuns, match="Nothing was changed"):
        restored(file, installed.data, force=True)
    assert restored(file, installed.data, force=True).aside


def test_a_backup_into_a_folder_that_is_not_there(installed: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupNotWritten, match="There is no folder"):
        made(installed, tmp_path / "nowhere")


def test_the_age_of_the_last_backup_is_known(installed: Settings) -> None:
    now = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    assert backup.ages(installed, now) == {}
    (installed.data / "backups").mkdir()
    backup.remember(installed, now)
    assert backup.ages(installed, datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) == {(): 3600.0}


def test_a_path_that_cannot_be_used_is_refused(installed: Settings, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        restored(made(installed, tmp_path), tmp_path / ("x" * 120))


@needs_postgresql
def test_everything_comes_back_on_postgresql(
    installed: Settings, empty_postgresql: str, tmp_path: Path, clock: StillClock
) -> None:
    written = installed.data / "settings.toml"
    written.write_text(written.read_text().replace('database_url = ""', f'database_url = "{empty_postgresql}"'))
    settings = Settings(data=installed.data)
    migrate.upgrade(settings)
    database = Database(empty_postgresql)
    tenant, other = make_tenant(database, clock, "Salzach"), make_tenant(database, clock, "Inn")
    database.close()
    file = made(settings, tmp_path, "otters")
    with pytest.raises(DatabaseUsed):
        restored(file, tmp_path / "two", "otters")
    database = Database(empty_postgresql)
    with database.transaction() as tx:
        tx.delete(tenant.scope, metadata.tables["grants"], user_id=tenant.operator.id)
        tx.delete(tenant.scope, metadata.tables["users"], id=tenant.operator.id)
    database.close()
    restored(file, tmp_path / "three", "otters", force=True)
    database = Database(empty_postgresql)
    with database.transaction(read_only=True) as tx:
        for company in (tenant, other):
            assert [user.name for user in users(tx, company.scope)] == ["Anna", "Bernd"]
    assert unwalled(database) == []
    database.close()
