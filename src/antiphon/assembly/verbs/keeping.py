"""`backup`, `restore`, `upgrade` and `rollback`, as somebody types them."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from antiphon import log
from antiphon.assembly.keeping import backup as backup_room
from antiphon.assembly.keeping import upgrade as upgrade_room
from antiphon.assembly.keeping.archive import Progress
from antiphon.assembly.verbs.words import command, installed, say
from antiphon.errors import BadInput

_STEP_BYTES = 64 * 1024 * 1024
_THROUGH_PIPE = "-"  # the script opens files that the user antiphon may not reach


def backup(asked: argparse.Namespace, data: Path) -> int:
    """Everything into one file, while the installation runs or not."""
    settings = installed(data)
    passphrase = _passphrase(asked, new=True)
    if asked.file == _THROUGH_PIPE:
        made = backup_room.make(settings, sys.stdout.buffer, passphrase, _telling())
        sys.stdout.buffer.flush()
    else:
        made = backup_room.to_file(settings, Path(asked.file).absolute(), passphrase, _telling())
    backup_room.remember(settings, datetime.now(UTC))
    say(f"backup complete: {made.files} files, {made.size_bytes / 1e6:.1f} MB before compression")
    if not passphrase:
        say("it holds every key of this installation, and no passphrase seals it: keep it where only you can read it")
    return 0


def restore(asked: argparse.Namespace, data: Path) -> int:
    """A backup into a data folder that is not used yet; with --force what is there is kept aside."""
    os.umask(0o077)  # nothing of it is for others
    passphrase = _passphrase(asked, new=False)
    options = {"force": asked.force, "offset": asked.port_offset, "address": asked.address}
    if asked.file == _THROUGH_PIPE:
        done = backup_room.restore(sys.stdin.buffer, data, passphrase, _telling(), **options)
    else:
        try:
            with Path(asked.file).open("rb") as file:
                done = backup_room.restore(file, data, passphrase, _telling(), **options)
        except FileNotFoundError as error:
            raise BadInput(f"There is no file {asked.file}. Nothing was changed.") from error
    say(f"restored the backup of {done.about.made_at} ({done.files_mb:.1f} MB) into {data}")
    if done.aside is not None:
        say(f"what was there before is in {done.aside}")
    say(f"start it: {command(data, 'up')}")
    return 0


def upgrade(asked: argparse.Namespace, data: Path) -> int:
    """To this checkout's release, or back to what ran before."""
    log.configure("upgrade", "warning")
    upgrade_room.upgrade(installed(data), say)
    say("upgraded")
    return 0


def rollback(asked: argparse.Namespace, data: Path) -> int:
    """The release that ran before this one."""
    log.configure("upgrade", "warning")
    upgrade_room.rollback(installed(data), say, accept_losses=asked.yes, from_copy=asked.from_copy)
    say(f"the release before runs again, from {data / 'software' / 'current'}")
    say("check it out before the next ./antiphon up: this checkout would bring the schema forward again")
    return 0


def _passphrase(asked: argparse.Namespace, *, new: bool) -> str | None:
    """From the file named, or asked for at the terminal; None without one."""
    if asked.passphrase_fd is not None:
        with os.fdopen(asked.passphrase_fd, encoding="utf-8") as file:
            told = file.read()
    elif asked.passphrase_file is not None:
        try:
            told = Path(asked.passphrase_file).read_text(encoding="utf-8")
        except OSError as error:
            raise BadInput(f"The passphrase file cannot be read ({error.strerror}). Nothing was changed.") from error
    elif asked.ask_passphrase:
        told = getpass.getpass("Passphrase: ")
        if new and getpass.getpass("Once more: ") != told:
            raise BadInput("The two passphrases differ. Nothing was written.")
    else:
        return None
    told = told.strip("\r\n")
    if not told:
        raise BadInput("The passphrase is empty. Nothing was changed.")
    return told


def _telling() -> Progress:
    """Says every now and then how far it is."""
    told = 0

    def progress(done: int) -> None:
        nonlocal told
        if done - told >= _STEP_BYTES:
            told = done
            say(f"{done / 1e6:.0f} MB")

    return progress
