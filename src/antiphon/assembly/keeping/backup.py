"""Backup and restore of an installation: what goes in, in which order, and how it is put in place on a new machine."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import BinaryIO

from antiphon.assembly import installation
from antiphon.assembly.engines import place, supervision
from antiphon.assembly.keeping import archive
from antiphon.assembly.keeping.alone import alone
from antiphon.assembly.keeping.archive import About, Progress
from antiphon.database import copying, migrate
from antiphon.errors import AntiphonError, BadInput, Conflict
from antiphon.settings import Settings

_FOLDERS = ("pki", "secrets", "snapshots", "portraits", "stations")
# What a station says and does from hour to hour is not part of who it is.
_LEFT_OUT = (".sock", ".jsonl", ".1", ".new")
_LAST = "last.json"


class DataFolderUsed(Conflict):
    """There is an installation where the backup should go."""

    code = "data_folder_used"


class FileThere(Conflict):
    """A backup never overwrites a file."""

    code = "file_there"


class BackupNotWritten(AntiphonError):
    """The disk does not take the backup."""

    code = "backup_not_written"


class StillRunning(Conflict):
    """The installation has to be stopped first."""

    code = "still_running"


class ReleaseTooOld(BadInput):
    """The data were written by a newer release."""

    code = "release_too_old"


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup."""

    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Restored:
    """A finished restore; `aside` is where the data that were there before lie now."""

    about: About
    files_mb: float
    aside: Path | None


def make(settings: Settings, into: BinaryIO, passphrase: str | None, progress: Progress) -> Made:
    """Write a backup of the installation as it is now, whether it runs or not."""
    (settings.data / "backups").mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=settings.data / "backups") as folder:
        kind = copying.kind(settings)
        name = "database.sqlite" if kind == "sqlite" else "database.pgdump"
        copy = Path(folder) / name
        try:
            # The database first: pictures are written before their rows, so every row's picture is there to follow.
            copying.copy_out(settings, copy)
            schema = migrate.current(settings)
            files = [(name, copy), ("settings.toml", settings.data / "settings.toml"), *_files(settings)]
            about = About(datetime.now(UTC).isoformat(timespec="seconds"), release(), schema, kind)
            size = archive.write(into, about, files, passphrase, progress)
        except OSError as error:
            raise BackupNotWritten(f"The backup could not be written: {error.strerror or error}.") from error
    return Made(len(files), size)


def to_file(settings: Settings, file: Path, passphrase: str | None, progress: Progress) -> Made:
    """The same into a new file with mode 0600, which is there whole or not at all."""
    if file.exists():
        raise FileThere(f"{file} is there already, and a backup overwrites nothing. Name another file.")
    if not file.parent.is_dir():
        raise BackupNotWritten(f"There is no folder {file.parent}. Make it, or name another file. Nothing was written.")
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            made = make(settings, target, passphrase, progress)
            target.flush()
            os.fsync(target.fileno())
        unfinished.rename(file)
    except OSError as error:
        raise BackupNotWritten(f"{file} could not be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return made


def remember(settings: Settings, now: datetime) -> None:
    """Note that a backup is complete: `doctor` and the figures say how old the last one is."""
    note = settings.data / "backups" / _LAST
    note.write_text(json.dumps({"at": now.isoformat(timespec="seconds")}))


def last_made(settings: Settings) -> datetime | None:
    """When the last backup was complete, or None."""
    try:
        return datetime.fromisoformat(json.loads((settings.data / "backups" / _LAST).read_text())["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def ages(settings: Settings, now: datetime) -> Mapping[tuple[str, ...], float]:
    """For the figures: seconds since the last backup, nothing while there never was one."""
    last = last_made(settings)
    return {(): max(0.0, (now - last).total_seconds())} if last else {}


def restore(
    source: BinaryIO,
    data: Path,
    passphrase: str | None,
    progress: Progress,
    *,
    force: bool = False,
    offset: int | None = None,
    address: str | None = None,
) -> Restored:
    """Put a backup into `data`. Everything is checked before anything is changed; with `force` what was there is kept aside."""
    why = place.unusable(data)
    if why:
        raise BadInput(why)
    if supervision.running(data):
        raise StillRunning(
            f"The installation in {data} is running. Stop it first: ./antiphon down. Nothing was changed."
        )
    if address is not None:
        installation.dialable(address)
    missing = [folder for folder in (data, *data.parents) if not folder.exists()]
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with alone(data):
            return _restore(source, data, passphrase, progress, force=force, offset=offset, address=address)
    except BaseException:
        for folder in missing:  # a refused restore leaves nothing behind
            with suppress(OSError):
                folder.rmdir()
        raise


def release() -> str:
    """The version of this software."""
    try:
        return metadata.version("antiphon")
    except metadata.PackageNotFoundError:
        return "checkout"


def _restore(
    source: BinaryIO,
    data: Path,
    passphrase: str | None,
    progress: Progress,
    *,
    force: bool,
    offset: int | None,
    address: str | None,
) -> Restored:
    used = any(item.name not in (".restoring",) for item in data.iterdir())
    if used and not force:
        raise DataFolderUsed(
            f"There is something in {data} already. Name another folder with --data, or give --force: "
            "then what is there is kept aside. Nothing was changed."
        )
    staged = data / ".restoring"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700)
    done = 0

    def count(size: int) -> None:
        nonlocal done
        done = size
        progress(size)

    try:
        about = archive.unpack(source, staged, passphrase, count)
        _readable(about)
        _readdress(staged, offset, address)
        _take_database(staged, data, about, force=force)
        aside = _set_aside(data) if used else None
        for item in staged.iterdir():
            item.rename(data / item.name)
    except OSError as error:
        raise BackupNotWritten(f"The data folder could not be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return Restored(about, done / 1e6, aside)


def _files(settings: Settings) -> Iterator[tuple[str, Path]]:
    for folder in _FOLDERS:
        for path in sorted((settings.data / folder).rglob("*")):
            inside = path.relative_to(settings.data)
            made_anew = "prompts" in inside.parts or any(part.startswith(".") for part in inside.parts)
            if path.is_file() and not path.is_symlink() and not made_anew and not path.name.endswith(_LEFT_OUT):
                yield str(inside), path


def _readable(about: About) -> None:
    """This release has to know the backup's schema: an older one is migrated by `up`, a newer one cannot be."""
    if about.schema is not None and not migrate.known(about.schema):
        raise ReleaseTooOld(
            f"This backup was made by a newer release (schema {about.schema}, this one knows up to {migrate.head()}). "
            "Use that release or a later one. Nothing was changed."
        )


def _readdress(staged: Path, offset: int | None, address: str | None) -> None:
    """The restored installation listens and is dialled elsewhere: so do the stations that live in its data folder."""
    file = staged / "settings.toml"
    try:
        before = installation.checked(staged, None)
        text = installation.settings_text(file, offset, address)
        after = installation.checked(staged, text)
    except installation.SettingsNotUnderstood as error:
        why = error.detail.removeprefix(f"{file}: ").removeprefix(f"{file} ")
        asked = "" if offset is None else f", with --port-offset {offset}"
        raise BadInput(f"The settings in the backup{asked}, cannot be used: {why}. Nothing was changed.") from error
    file.write_text(text)
    moved = after.ports.offset - before.ports.offset
    for platform in (staged / "stations").glob("*/platform.json"):
        told = json.loads(platform.read_text())
        for port in ("sip_port", "mqtt_port"):
            told[port] += moved
        host, colon, port_text = told["device_https"].rpartition(":")
        told["device_https"] = f"{host}{colon}{int(port_text) + moved}"
        if address is not None:
            old = told["sip_host"]
            told = {
                key: value.replace(old, address) if isinstance(value, str) else value for key, value in told.items()
            }
        platform.write_text(json.dumps(told, indent=2))


def _take_database(staged: Path, data: Path, about: About, *, force: bool) -> None:
    settings = installation.checked(data, (staged / "settings.toml").read_text())
    if copying.kind(settings) != about.database:
        raise BadInput(
            f"The backup holds a {about.database} database, and the settings name {copying.kind(settings)}. Nothing was changed."
        )
    if about.database == "postgresql":
        copying.copy_in(settings, staged / "database.pgdump", replace=force)
        (staged / "database.pgdump").unlink()
        return
    wrong = copying.problem(staged / "database.sqlite")
    if wrong:
        raise archive.BackupDamaged(f"The database in the backup is not sound: {wrong}. Nothing was changed.")
    (staged / "db").mkdir(mode=0o700)
    (staged / "database.sqlite").rename(staged / "db" / copying.file_of(settings).name)


def _set_aside(data: Path) -> Path:
    """Move what is there into a folder of its own, in the data folder: beside it this user may not be allowed to write."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    aside = data / f"before-restore-{stamp}"
    aside.mkdir(mode=0o700)
    for item in data.iterdir():
        if item.name != ".restoring" and not item.name.startswith("before-restore-"):
            item.rename(aside / item.name)
    return aside
