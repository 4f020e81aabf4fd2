"""What all verbs share: the installation that is meant, commands to type, and lines to the person who typed."""

from __future__ import annotations

import sys
from pathlib import Path

from antiphon import settings as settings_room
from antiphon.assembly import installation
from antiphon.errors import BadInput, NotFound
from antiphon.settings import Settings


class NotSetUp(NotFound):
    """`up` has not been run for this data folder."""

    code = "not_set_up"


def installed(data: Path) -> Settings:
    """The settings of the installation in `data`; raises `NotSetUp`, or that it belongs to another user."""
    try:
        there = (data / "settings.toml").exists()
    except PermissionError as error:
        raise foreign(data) from error
    if not there:
        raise NotSetUp(f"There is no installation in {data} yet. Start with: {command(data, 'up')}")
    return installation.load(data)


def foreign(data: Path) -> BadInput:
    return BadInput(f"The data folder {data} belongs to another user. Start as that user.")


def command(data: Path, *words: str) -> str:
    """A command to type, with the data folder where it is not the one used without saying so."""
    usual = settings_room.usual_data_folder()
    return " ".join(("./antiphon", *words, *(() if data == usual else ("--data", str(data)))))


def say(words: str) -> None:
    """A line on standard error: what is going on."""
    sys.stderr.write(f"antiphon: {words}\n")
    sys.stderr.flush()
