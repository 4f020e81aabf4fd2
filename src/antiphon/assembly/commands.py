"""The verbs of the command line, in the words of the person who typed them."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from antiphon import log
from antiphon import settings as settings_room
from antiphon.assembly import checks, demo, installation, people
from antiphon.assembly.engines import health, parts, supervision
from antiphon.errors import BadInput, NotFound, Unavailable
from antiphon.settings import Settings

_READY_WITHIN_S = 60
_LAST_LINES = 50


class NotSetUp(NotFound):
    """`up` has not been run for this data folder."""

    code = "not_set_up"


class NotReady(Unavailable):
    """Some part did not come up in time."""

    code = "not_ready"


def run(asked: argparse.Namespace) -> int:
    """Carry out one parsed verb; the exit status."""
    verbs: dict[str, Callable[[argparse.Namespace, Path], int]] = {
        "up": up,
        "down": down,
        "status": status,
        "logs": logs,
        "station": station,
        "ca": authority,
        "user": user,
        "test": test,
    }
    return verbs[asked.verb](asked, settings_room.data_folder(asked.data))


def up(asked: argparse.Namespace, data: Path) -> int:
    """Set up, start, wait until ready, make the demo, print the way in; in the foreground until Ctrl-C."""
    if supervision.running(data):
        _say("already running")
        sys.stdout.write(_welcome(_installed(data), None, ""))
        return 0
    log.configure("up", "warning")
    interrupted = _Interruption()
    with interrupted:
        supervision.stop_in(data)  # what a crashed supervisor left behind, and would hold the ports
        _say("preparing folders, keys, certificates and database")
        settings, found = installation.prepare(data, offset=asked.port_offset, address=asked.address)
        with_demo = not asked.no_demo
        wanted = [part for part in parts.parts(settings) if with_demo or part.kind != "station"]
        supervision.write_configuration(settings, wanted, found.address)
        _say(f"starting {', '.join(part.name for part in wanted)}")
        environment = settings_room.inherited() | {"ANTIPHON_ADVERTISED_ADDRESS": found.address}
        keeper = supervision.start(settings, environment, attached=not asked.detach)
        try:
            _await_ready(settings, interrupted, {part.name for part in wanted if part.kind != "station"})
            logins = ""
            if with_demo and not interrupted.is_set():
                logins = _demo(settings, found.address)
                _await_ready(settings, interrupted, {parts.STATION})
            _say("ready")
            if not interrupted.is_set():
                sys.stdout.write(_welcome(settings, found.warning, logins))
                sys.stdout.flush()
        except BaseException:
            supervision.stop(settings)
            raise
        if asked.detach and not interrupted.is_set():
            return 0
        while not interrupted.is_set() and keeper.poll() is None:
            interrupted.wait(0.5)
        _say("stopping")
        ended_by_itself = keeper.poll() is not None and not interrupted.is_set()
        supervision.stop(settings)
        keeper.wait()
        return 1 if ended_by_itself else 0


def down(asked: argparse.Namespace, data: Path) -> int:
    """Stop everything; says so, and says when nothing ran."""
    was_running = supervision.running(data)
    killed = supervision.stop_in(data)
    if killed:
        _say(f"{killed} processes did not end by themselves and were killed")
    _say("stopped" if was_running or killed else f"nothing is running in {data}")
    return 0


def status(asked: argparse.Namespace, data: Path) -> int:
    """0 when every part is up."""
    found = health.health(_installed(data))
    if asked.json:
        state = "up" if all(part.state == "up" for part in found) else "down"
        told = {"state": state, "data": str(data), "parts": [part.as_json() for part in found]}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        for part in found:
            again = f", restarted {part.restarts} times" if part.restarts else ""
            since = f" since {part.since}" if part.since else ""
            sys.stdout.write(f"{part.state:<9} {part.name:<10} {part.words:<18} {part.detail}{since}{again}\n")
    return 0 if all(part.state == "up" for part in found) else 1


def logs(asked: argparse.Namespace, data: Path) -> int:
    """The last lines of one part or of all; `-f` follows until Ctrl-C."""
    settings = _installed(data)
    known = sorted(path.stem for path in settings.logs.glob("*.log"))
    if asked.part and asked.part not in known:
        raise NotFound(f"There is no part {asked.part}. Parts that wrote something: {', '.join(known) or 'none yet'}.")
    files = [str(settings.logs / f"{name}.log") for name in ([asked.part] if asked.part else known)]
    if not files:
        raise NotFound("Nothing was written yet.")
    sys.stdout.flush()
    command = ["tail", "-n", str(_LAST_LINES), *(["-F"] if asked.follow else []), "--", *files]
    return subprocess.run(command, check=False).returncode


def station(asked: argparse.Namespace, data: Path) -> int:
    """Hand the words to the demo station's own command line."""
    folder = _installed(data).stations / "demo"
    if not folder.is_dir():
        raise NotFound("There is no demo station here: it was started with --no-demo.")
    words = asked.words
    command = [sys.executable, "-m", "antiphon_station", words[0], "--data", str(folder), *words[1:]]
    return subprocess.run(command, check=False).returncode


def authority(asked: argparse.Namespace, data: Path) -> int:
    sys.stdout.write(_trust(_installed(data)))
    return 0


def user(asked: argparse.Namespace, data: Path) -> int:
    """A new random password for one person, printed once."""
    log.configure("user", "warning")
    password = people.reset_password(_installed(data), asked.email)
    sys.stdout.write(f"{asked.email}   {password}\nShown this once. Every session of this person has ended.\n")
    return 0


def test(asked: argparse.Namespace, data: Path) -> int:
    return checks.run(long=asked.long, pytest=asked.pytest)


# -- what up needs ---------------------------------------------------------------------------------------------------


class _Interruption(Event):
    """Set by Ctrl-C, by termination and when the terminal goes away."""

    def __enter__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.set())

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)


def _await_ready(settings: Settings, interrupted: Event, wanted: set[str]) -> None:
    found: list[health.Health] = []
    for _ in range(_READY_WITHIN_S * 4):
        found = [part for part in health.health(settings) if part.name in wanted and part.state != "up"]
        if not found or interrupted.is_set():
            return
        interrupted.wait(0.25)
    reasons = "\n".join(f"  {part.name}: {part.detail} (./antiphon logs {part.name})" for part in found)
    raise NotReady(f"Not ready after {_READY_WITHIN_S} s:\n{reasons}")


def _demo(settings: Settings, address: str) -> str:
    """Make the demo where it is missing and start its station; logins in words, empty when they were printed before."""
    _say("making the demo company and its station")
    made = demo.ensure_demo(settings)
    supervision.write_configuration(settings, parts.parts(settings), address)
    supervision.adopt(settings)
    return str(made or "")


def _welcome(settings: Settings, warning: str | None, logins: str) -> str:
    host = settings.public_name or settings.advertised_address
    lines = ["", "Antiphon is running.", "", f"  Portal    https://{host}:{settings.ports.https}"]
    if settings.portal_certificate is None:
        lines += ["", *(f"  {line}".rstrip() for line in _trust(settings).splitlines())]
    if logins:
        lines += ["", *(f"  {line}".rstrip() for line in logins.strip().splitlines())]
    if warning:
        lines += ["", f"  Attention: {warning}"]
    steps = ["open the portal, sign in, and allow the microphone"] if logins else ["open the portal and sign in"]
    if (settings.stations / "demo").is_dir():
        steps.append("press the demo station's button:  ./antiphon station press main")
    steps += ["health of every part:  ./antiphon status", "stop everything:  ./antiphon down"]
    lines += ["", "  Next", *(f"    {number}. {step}" for number, step in enumerate(steps, 1)), "", ""]
    return "\n".join(lines)


def _trust(settings: Settings) -> str:
    root = settings.pki / "root.crt"
    certificate = x509.load_pem_x509_certificate(root.read_bytes())
    print_ = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    return (
        "Trust     The portal's certificate comes from this installation's own authority. Make it known once:\n"
        f"          certificate  {root}\n"
        f"          SHA-256      {print_}\n"
        "          1. Copy that file to your computer or phone and compare the fingerprint.\n"
        "          2. Chrome: Settings, Privacy and security, Security, Manage certificates, import under Authorities.\n"
        "             Firefox: Settings, Certificates, Authorities, Import. Phone: open the file and install it as a CA.\n"
        "          3. Reload the portal: the warning is gone.\n"
    )


def _installed(data: Path) -> Settings:
    try:
        there = (data / "settings.toml").exists()
    except PermissionError as error:
        raise BadInput(f"The data folder {data} belongs to another user. Start as that user or as root.") from error
    if not there:
        raise NotSetUp(f"There is no installation in {data} yet. Start with: ./antiphon up")
    return installation.load(data)


def _say(words: str) -> None:
    sys.stderr.write(f"antiphon: {words}\n")
    sys.stderr.flush()
