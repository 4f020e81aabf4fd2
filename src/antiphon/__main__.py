"""The command line: `./antiphon VERB`; every verb is one function of `antiphon.assembly`."""

from __future__ import annotations

import argparse
import importlib
import os
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from antiphon import settings as settings_room
from antiphon.assembly import commands
from antiphon.errors import AntiphonError

_READER_GONE = 128 + signal.SIGPIPE  # what the shell says of programs that end by it
ROLES = ("api", "calls", "devices", "worker")


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    top = argparse.ArgumentParser(prog="antiphon", description="An open intercom cloud.")
    top.add_argument("--data", type=Path, default=None, metavar="DIR", help="data folder of the installation")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")

    def verb(name: str, about: str) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=about, description=about)
        one.add_argument("--data", type=Path, default=argparse.SUPPRESS, metavar="DIR", help=argparse.SUPPRESS)
        return one

    up = verb("up", "set everything up, start everything, print addresses and the demo login")
    up.add_argument("--detach", action="store_true", help="leave everything running and return")
    up.add_argument("--no-demo", action="store_true", help="make no demo company, station and users")
    up.add_argument("--port-offset", type=int, default=None, metavar="N", help="added to every port (kept in settings)")
    up.add_argument("--address", default=None, metavar="A", help="address that phones and stations dial (kept)")
    verb("down", "stop everything")
    status = verb("status", "health of every part")
    status.add_argument("--json", action="store_true", help="for programs")
    logs = verb("logs", "what the parts wrote")
    logs.add_argument("part", nargs="?", default=None, metavar="PART")
    logs.add_argument("-f", "--follow", action="store_true", help="keep following")
    logs.add_argument(
        "--call", default=None, metavar="ID", help="the story of one call, from all parts, in order of time"
    )
    logs.add_argument(
        "--json", action="store_true", help="every line of every part as one JSON object, in order of time"
    )
    _keeping(verb)
    doctor = verb("doctor", "what is wrong here, in words, and what to do")
    doctor.add_argument("--json", action="store_true", help="for programs")
    docs = verb("docs", "references of this release, written from its code, as Markdown")
    docs.add_argument("what", choices=("schema",))
    company = verb("company", "companies of this installation")
    company.add_argument("what", choices=("add", "list", "recover"))
    company.add_argument(
        "name", nargs="?", metavar="NAME", help="add: its name, and its first site's; recover: its ID, from the list"
    )
    company.add_argument("--owner", metavar="E-MAIL", help="who owns it")
    company.add_argument("--time-zone", default="Europe/Vienna", metavar="ZONE", help="of the first site")
    company.add_argument("--language", default="en", choices=("de", "en"), help="what stations of the site say")
    station = verb("station", "add a station, make a new claim code, or talk to the demo station")
    station.add_argument(
        "words",
        nargs="+",
        metavar="add NAME | code ID | list | press main",
        help="add: a station that waits for its claim; code: a new claim code; anything else goes to the demo station",
    )
    station.add_argument(
        "--site", default=None, metavar="ID", help="where a station is added, when there are several sites"
    )
    account = verb("account", "stations of other makers: add, list, a new password, remove")
    account.add_argument("words", nargs="+", metavar="add NAME | list | password NUMBER | remove NUMBER")
    account.add_argument("--site", default=None, metavar="ID", help="where it is added, when there are several sites")
    account.add_argument("--early-video", action="store_true", help="it sends its picture before the answer")
    account.add_argument(
        "--door", default=None, metavar="DIGITS", help="the digits that open the door behind it, sent in a call"
    )
    account.add_argument("--opens-no-doors", action="store_true", help="digits pressed there open no doors")
    user = verb("user", "people who sign in")
    user.add_argument("what", choices=("set-password", "remove-second-factor"))
    user.add_argument("email", metavar="E-MAIL", help="gets a new random password, printed once")
    role = verb("role", "run one role in the foreground (the supervisor does this)")
    role.add_argument("name", choices=ROLES)
    test = verb("test", "run every check and every test")
    test.add_argument("--long", action="store_true", help="the long runs too")
    test.add_argument("pytest", nargs=argparse.REMAINDER, metavar="...", help="only pytest, with these arguments")
    bench = verb("bench", "measure: door-call, sip, start or all; without a name, what each measures")
    bench.add_argument("name", nargs="?", default=None, metavar="NAME")
    bench.add_argument(
        "--json", type=Path, default=None, metavar="FILE", help="where the result goes; its plot beside it"
    )
    bench.add_argument("--quick", action="store_true", help="only a few of each: shows that it works, not how fast")
    ca = verb("ca", "how to trust the platform's own certificate authority")
    ca.add_argument("what", choices=("show",))
    return top


def _keeping(verb: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Verbs that keep an installation's data whole."""
    backup = verb("backup", "everything into one file, while it runs or not")
    restore = verb("restore", "a backup into a data folder that is not used yet")
    for one in (backup, restore):
        one.add_argument("file", metavar="FILE", help="the backup; - for a pipe")
        one.add_argument("--passphrase-file", default=None, metavar="FILE", help="seals or opens the backup")
        one.add_argument("--passphrase-fd", type=int, default=None, help=argparse.SUPPRESS)
        one.add_argument("--ask-passphrase", action="store_true", help="the same, typed at the terminal")
    restore.add_argument("--force", action="store_true", help="keep what is in the data folder aside")
    restore.add_argument("--port-offset", type=int, default=None, metavar="N", help="added to every port from now on")
    restore.add_argument(
        "--address", default=None, metavar="A", help="address that phones and stations dial from now on"
    )
    verb("upgrade", "bring the data to this release and start it; back by itself when that fails")
    rollback = verb("rollback", "run the release before this one again")
    rollback.add_argument("--yes", action="store_true", help="what is said to be lost may be lost")
    rollback.add_argument("--from-copy", action="store_true", help="with the database as it was before the upgrade")


def _reader_gone() -> bool:
    """Whether nobody reads what is printed any more, as after `| head`; then nothing more is printed at all."""
    look = select.poll()
    look.register(sys.stdout.fileno(), 0)
    gone = any(event & select.POLLERR for _, event in look.poll(0))
    if gone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return gone


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; returns the exit status: 0 done, 1 refused or failed, 2 not understood."""
    asked = parser().parse_args(arguments)
    try:
        if asked.verb == "role":
            module = importlib.import_module(f"antiphon.assembly.{asked.name}")
            module.run(settings_room.load(asked.data))
            return 0
        status = commands.run(asked)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        if not _reader_gone():
            raise
        return _READER_GONE
    except AntiphonError as refusal:
        print(f"antiphon: {refusal.detail}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
