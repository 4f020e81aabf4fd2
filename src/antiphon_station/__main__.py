"""The station's command line: run, claim, press, answer, hang-up, dtmf, status."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from antiphon.errors import AntiphonError
from antiphon.limits import STATION_THREAD_TURN_S
from antiphon_station import SOFTWARE, control
from antiphon_station.errors import NotRunning


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it was done, 1 with the reason on standard error when not, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except AntiphonError as error:
        sys.stderr.write(f"{error.detail}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="antiphon-station", description="Software of a door station.")
    parser.add_argument("--version", action="version", version=SOFTWARE)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, text: str, function: object) -> argparse.ArgumentParser:
        part = commands.add_parser(name, help=text, description=text)
        part.add_argument("--data", type=Path, required=True, help="the station's data folder")
        part.set_defaults(command=function)
        return part

    command("run", "Run the station until it is stopped.", _run)
    part = command("claim", "Claim the station with a claim code.", _claim)
    part.add_argument("--platform", required=True, help="address of the platform, https://host:port")
    part.add_argument("--code", required=True, help="claim code")
    part.add_argument("--trust", type=Path, help="root certificate (PEM) when the platform uses a CA of its own")
    part = command("press", "Press a call button.", _press)
    part.add_argument("button", nargs="?", default="main")
    command("answer", "Take the call that rings here.", _answer)
    command("hang-up", "End the call, or decline the one that rings.", _hang_up)
    part = command("dtmf", "Send one digit in the call.", _dtmf)
    part.add_argument("digit")
    command("status", "Print the station's state as JSON.", _status)
    return parser


def _run(options: argparse.Namespace) -> int:
    from antiphon_station.station import run

    sys.setswitchinterval(STATION_THREAD_TURN_S)
    run(options.data)
    return 0


def _claim(options: argparse.Namespace) -> int:
    from antiphon_station.claim import claim

    identity = claim(options.data, platform=options.platform, code=options.code, trust=options.trust)
    sys.stdout.write(f"Claimed. This station is {identity.device_id}.\n")
    try:
        control.ask(options.data, {"do": "reload"})
    except NotRunning:
        sys.stdout.write(f"Start it with: antiphon-station run --data {options.data}\n")
    return 0


def _press(options: argparse.Namespace) -> int:
    return _ask(options, {"do": "press", "button": options.button})


def _answer(options: argparse.Namespace) -> int:
    return _ask(options, {"do": "answer"})


def _hang_up(options: argparse.Namespace) -> int:
    return _ask(options, {"do": "hang_up"})


def _dtmf(options: argparse.Namespace) -> int:
    return _ask(options, {"do": "dtmf", "digit": options.digit})


def _status(options: argparse.Namespace) -> int:
    return _ask(options, {"do": "status"})


def _ask(options: argparse.Namespace, request: control.Json) -> int:
    answer = control.ask(options.data, request)
    if not answer.pop("ok"):
        sys.stderr.write(f"{answer['detail']}\n")
        return 1
    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
