"""The software that ran here: each release that came up is kept in the data folder, so that the one before can run again."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from antiphon import settings as settings_room
from antiphon.database import migrate
from antiphon.settings import Settings

_SOURCES = Path(__file__).resolve().parents[3]
_PACKAGES = ("antiphon", "antiphon_station")
_NOTE = "release.json"
_UP_WITHIN_S = 240


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy of the software; `schema` is the newest that it knows."""

    folder: Path
    schema: str

    def up(self, settings: Settings) -> bool:
        """Start the installation with this software; False when it did not come up."""
        return _up(settings, self.folder / "src", self.folder / "web")


def this_up(settings: Settings) -> bool:
    """Start the installation with the software of this checkout; False when it did not come up."""
    return _up(settings, _SOURCES, settings.web)


def kept(settings: Settings, which: str) -> Kept | None:
    """`current` or `previous`, or None where there is no such copy."""
    folder = settings.data / "software" / which
    try:
        return Kept(folder, str(json.loads((folder / _NOTE).read_text())["schema"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(settings: Settings) -> None:
    """This software came up: keep a copy of it, and the one that ran before as `previous`. Does nothing when it is kept."""
    if settings.data in _SOURCES.parents:
        return  # this is the copy
    home = settings.data / "software"
    print_ = _fingerprint(settings.web)
    current = home / "current"
    try:
        if json.loads((current / _NOTE).read_text()).get("fingerprint") == print_:
            return
    except (OSError, ValueError):
        home.mkdir(mode=0o700, exist_ok=True)
    fresh = home / ".new"
    shutil.rmtree(fresh, ignore_errors=True)
    for package in _PACKAGES:
        shutil.copytree(_SOURCES / package, fresh / "src" / package, ignore=shutil.ignore_patterns("__pycache__"))
    if settings.web.is_dir():
        shutil.copytree(settings.web, fresh / "web")
    (fresh / _NOTE).write_text(json.dumps({"schema": migrate.head(), "fingerprint": print_}))
    if current.exists():
        shutil.rmtree(home / "previous", ignore_errors=True)
        current.rename(home / "previous")
    fresh.rename(current)


def exchange(settings: Settings) -> None:
    """What was `previous` is `current` now, and the other way round."""
    home = settings.data / "software"
    (home / "current").rename(home / ".other")
    (home / "previous").rename(home / "current")
    (home / ".other").rename(home / "previous")


def _up(settings: Settings, sources: Path, web: Path) -> bool:
    demo = () if (settings.stations / "demo").is_dir() else ("--no-demo",)
    environment = settings_room.inherited() | {
        "PYTHONPATH": str(sources),
        "ANTIPHON_WEB": str(web),
        "ANTIPHON_DATA": str(settings.data),
        "HOME": str(settings.data),
    }
    command = (sys.executable, "-m", "antiphon", "up", "--detach", *demo)
    try:
        finished = subprocess.run(
            command, env=environment, cwd=settings.data, stdout=subprocess.DEVNULL, timeout=_UP_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return finished.returncode == 0


def _fingerprint(web: Path) -> str:
    """Changes whenever a file of the software does: names, sizes and times, nothing is read."""
    digest = hashlib.sha256()
    for root in (*(_SOURCES / package for package in _PACKAGES), web):
        for path in sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                told = path.stat()
                digest.update(f"{path.relative_to(root)} {told.st_size} {told.st_mtime_ns}\n".encode())
    return digest.hexdigest()
