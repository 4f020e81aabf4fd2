"""The way to a newer release and back: backup, migration, start, and by itself back to what ran before when that fails."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from antiphon import limits
from antiphon.assembly.engines import supervision
from antiphon.assembly.keeping import backup, software
from antiphon.assembly.keeping.alone import alone
from antiphon.assembly.keeping.software import Kept
from antiphon.database import copying, migrate
from antiphon.errors import AntiphonError, BadInput, Conflict, NotFound
from antiphon.settings import Settings

Say = Callable[[str], None]


class UpgradeRefused(Conflict):
    """Something stands in the way of an upgrade; nothing was changed."""

    code = "upgrade_refused"


class UpgradeFailed(AntiphonError):
    """The upgrade did not work; what ran before runs again."""

    code = "upgrade_failed"


class NothingBefore(NotFound):
    """There is no release to go back to."""

    code = "nothing_before"


class LossNotAccepted(BadInput):
    """Going back takes something away, and nobody said yes to it."""

    code = "loss_not_accepted"


def upgrade(settings: Settings, say: Say) -> None:
    """Bring the installation to this release; raises `UpgradeFailed` after going back by itself."""
    with alone(settings.data):
        _upgrade(settings, say)


def _upgrade(settings: Settings, say: Say) -> None:
    _possible(settings)
    before, running = migrate.current(settings), supervision.running(settings.data)
    if before == migrate.head():
        say("the schema is up to date" + ("; the parts are started anew" if running else ""))
    say("making a backup of everything")
    stamp = _stamp()
    folder = settings.data / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    backup.to_file(settings, folder / f"before-upgrade-{stamp}.tar.gz", None, lambda _: None)
    backup.remember(settings, datetime.now(UTC))
    _prune(folder)
    if running:
        say("stopping")
        supervision.stop(settings)
    copy = _copy(settings, stamp)
    try:
        if before != migrate.head():
            say(f"migrating the schema from {before} to {migrate.head()}")
        _migrate(settings)
        if running:
            say("starting this release, one part after another")
            if not software.this_up(settings):
                raise UpgradeFailed("This release did not come up.")
    except AntiphonError as error:
        _go_back(settings, copy, running, error, say)


def rollback(settings: Settings, say: Say, *, accept_losses: bool, from_copy: bool) -> None:
    """Run the release before this one, its schema brought back; what that takes away is said, and done only if accepted."""
    with alone(settings.data):
        _rollback(settings, say, accept_losses=accept_losses, from_copy=from_copy)


def _rollback(settings: Settings, say: Say, *, accept_losses: bool, from_copy: bool) -> None:
    before = software.kept(settings, "previous")
    now = software.kept(settings, "current")
    if before is None or now is None:
        raise NothingBefore(
            "No release before this one is kept here. Check it out, restore its backup from DATA/backups into a new data "
            "folder (./antiphon restore), and start it there."
        )
    losses = migrate.losses(settings, before.schema)
    older = _copies(settings, before.schema)
    if losses is None and not from_copy:
        raise LossNotAccepted(_no_way_down(before, older))
    if from_copy and not older:
        raise NothingBefore("There is no copy of the database from before the upgrade. Nothing was changed.")
    if losses and not from_copy and not accept_losses:
        raise LossNotAccepted(
            "Going back takes this away:\n  "
            + "\n  ".join(losses)
            + "\nEverything else stays. If that is fine, add --yes."
        )
    running = supervision.running(settings.data)
    if running:
        say("stopping")
        supervision.stop(settings)
    copy = _copy(settings, _stamp())
    say(f"bringing the schema back to {before.schema}")
    try:
        if from_copy:
            _put_back(settings, older[-1])
        else:
            migrate.downgrade(settings, before.schema)
        say("starting the release before")
        if not before.up(settings):
            raise UpgradeFailed("The release before did not come up.")
    except AntiphonError as error:
        supervision.stop(settings)
        _put_back(settings, copy)
        if running:
            now.up(settings)
        raise UpgradeFailed(f"{error.detail} Nothing was changed: what ran before runs again.") from error
    software.exchange(settings)


def _stamp() -> str:
    """Part of file names, in order of time and never twice."""
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")


def _possible(settings: Settings) -> None:
    """Raise `UpgradeRefused` before anything is changed."""
    wrong = migrate.unfitting(settings)
    if wrong:
        raise UpgradeRefused(wrong)
    if copying.kind(settings) != "sqlite":
        return
    file = copying.file_of(settings)
    broken = copying.problem(file)
    if broken:
        raise UpgradeRefused(f"The database is damaged ({broken}). Restore a backup first. Nothing was changed.")
    needed, free = 3 * file.stat().st_size + limits.UPGRADE_SPARE_BYTES, shutil.disk_usage(settings.data).free
    if free < needed:
        raise UpgradeRefused(
            f"The disk has {free // 2**20} MB left, an upgrade needs {needed // 2**20} MB. Nothing was changed."
        )


def _migrate(settings: Settings) -> None:
    try:
        migrate.upgrade(settings)
    except AntiphonError:
        raise
    except Exception as error:  # a migration's own fault may be of any kind
        raise UpgradeFailed(f"The migration failed ({type(error).__name__}).") from error


def _go_back(settings: Settings, copy: Path, running: bool, error: AntiphonError, say: Say) -> None:
    say(f"{error.detail} Going back to what was there before")
    supervision.stop(settings)
    _put_back(settings, copy)
    if not running:
        raise UpgradeFailed(f"{error.detail} The data are as they were before.") from error
    old = software.kept(settings, "current")
    if old is not None and old.up(settings):
        raise UpgradeFailed(f"{error.detail} The release before runs again, with the data as they were.") from error
    raise UpgradeFailed(
        f"{error.detail} The data are as they were before, but the release before did not start by itself: "
        "check it out and start it with ./antiphon up."
    ) from error


def _copy(settings: Settings, stamp: str) -> Path:
    """The database alone, while nothing runs: what the way back puts in its place again."""
    folder = settings.data / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    copy = folder / f"database-{migrate.current(settings)}-{stamp}.copy"
    copying.copy_out(settings, copy)
    return copy


def _copies(settings: Settings, schema: str) -> list[Path]:
    """Copies of the database at that schema, oldest first."""
    return sorted((settings.data / "backups").glob(f"database-{schema}-*.copy"))


def _put_back(settings: Settings, copy: Path) -> None:
    if copying.kind(settings) != "sqlite":
        copying.copy_in(settings, copy, replace=True)
        return
    file = copying.file_of(settings)
    fresh = file.with_name(f".{file.name}.new")
    shutil.copyfile(copy, fresh)
    fresh.chmod(0o600)
    for left in ("-wal", "-shm"):
        file.with_name(file.name + left).unlink(missing_ok=True)
    os.replace(fresh, file)


def _prune(folder: Path) -> None:
    """The newest few are kept: each is as large as the installation."""
    for kind in ("before-upgrade-*.tar.gz", "database-*.copy"):
        for old in sorted(folder.glob(kind), key=lambda path: path.stat().st_mtime)[: -limits.UPGRADE_COPIES_KEPT]:
            old.unlink()


def _no_way_down(before: Kept, older: list[Path]) -> str:
    if not older:
        return (
            f"The schema has no way back to {before.schema} by itself, and no copy of the database from then is here. "
            "Restore a backup of that time into a new data folder: ./antiphon restore. Nothing was changed."
        )
    made = datetime.fromtimestamp(older[-1].stat().st_mtime, UTC)
    return (
        f"The schema has no way back to {before.schema} by itself. The copy made before the upgrade, at "
        f"{made:%Y-%m-%d %H:%M} UTC, can take its place: everything written since is lost then (calls, people, stations "
        "claimed). If that is fine, add --from-copy. Nothing was changed."
    )
