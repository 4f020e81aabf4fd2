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

from antiphon import limits, log
from antiphon import settings as settings_room
from antiphon.assembly import account_commands, checks, demo, installation, people
from antiphon.assembly.engines import health, parts, supervision
from antiphon.assembly.engines.outages import outages
from antiphon.assembly.keeping import software
from antiphon.assembly.verbs import docs, doctor, keeping, logs
from antiphon.assembly.verbs.words import command as _command
from antiphon.assembly.verbs.words import foreign as _foreign
from antiphon.assembly.verbs.words import installed as _installed
from antiphon.assembly.verbs.words import say as _say
from antiphon.errors import BadInput, Conflict, NotFound, Unavailable
from antiphon.settings import Settings

_READY_WITHIN_S = 60


class RunsOtherwise(Conflict):
    """The installation runs with another port offset or address than asked for."""

    code = "runs_otherwise"


class NotReady(Unavailable):
    """Some part did not come up in time."""

    code = "not_ready"


def run(asked: argparse.Namespace) -> int:
    """Carry out one parsed verb; the exit status."""
    verbs: dict[str, Callable[[argparse.Namespace, Path], int]] = {
        "up": up,
        "down": down,
        "status": status,
        "logs": logs.logs,
        "backup": keeping.backup,
        "restore": keeping.restore,
        "upgrade": keeping.upgrade,
        "rollback": keeping.rollback,
        "docs": docs.docs,
        "doctor": doctor.doctor,
        "company": company,
        "station": station,
        "account": account,
        "ca": authority,
        "user": user,
        "test": test,
        "bench": bench,
    }
    return verbs[asked.verb](asked, settings_room.data_folder(asked.data))


def up(asked: argparse.Namespace, data: Path) -> int:
    """Set up, start, wait until ready, make the demo, print the way in; in the foreground until Ctrl-C."""
    if supervision.running(data):
        _as_it_runs(asked, data)
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
            _keep_software(settings)
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
    try:
        killed = supervision.stop_in(data)
    except PermissionError as error:
        raise _foreign(data) from error
    if killed:
        _say(f"{killed} processes did not end by themselves and were killed")
    _say("stopped" if was_running or killed else f"nothing is running in {data}")
    return 0


def status(asked: argparse.Namespace, data: Path) -> int:
    """0 when every part is up."""
    found = health.health(_installed(data))
    if asked.json:
        state = "up" if all(part.state == "up" for part in found) else "down"
        told = {
            "state": state,
            "data": str(data),
            "parts": [part.as_json() for part in found],
            "outages": [outage.as_json() for outage in outages(data)],
        }
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        for part in found:
            again = f", restarted {part.restarts} times" if part.restarts else ""
            since = f" since {part.since}" if part.since else ""
            sys.stdout.write(f"{part.state:<9} {part.name:<10} {part.words:<18} {part.detail}{since}{again}\n")
        last = {outage.part: outage for outage in outages(data)}
        if last:
            sys.stdout.write("\nLast outage of each part\n")
        for name, outage in last.items():
            sys.stdout.write(f"  {name:<10} {outage}\n")
    return 0 if all(part.state == "up" for part in found) else 1


def company(asked: argparse.Namespace, data: Path) -> int:
    """Companies: a new one with its first site and owner, all of them, or a new owner for one that has none."""
    match asked.what, asked.name, asked.owner:
        case "list", None, None:
            for one, owners in people.every_company(_installed(data)):
                owned = ", ".join(owner.email for owner in owners) or "has no owner"
                sys.stdout.write(f"{one.id}   {one.name}   {owned}\n")
            return 0
        case "recover", str(company_id), str(owner):
            recovered = people.recover_company(_administering(data), company_id, owner)
            password = recovered.password or "their own password"
            sys.stdout.write(
                f"{recovered.company.name} has an owner again, as its audit trail says.\n"
                f"Sign in   {recovered.email}   {password}   owner\n"
            )
            return 0
        case "add", str(), str():
            pass
        case _:
            raise BadInput("It is: company add NAME --owner E-MAIL | company list | company recover ID --owner E-MAIL")
    settings = _administering(data)
    made = people.found_company(settings, asked.name, asked.owner, asked.time_zone, asked.language)
    sys.stdout.write(
        f"{made.company.name} is there, with one site ({made.site.id}).\n"
        f"Sign in   {made.email}   {made.password}   owner\n"
        f"Shown this once. A new password: {_command(data, 'user set-password', made.email)}\n"
        f"Its first station: {_command(data, 'station add NAME --site', made.site.id)}\n"
    )
    return 0


def station(asked: argparse.Namespace, data: Path) -> int:
    """Add a station or make it a new claim code; hand all other words to the demo station's own command line."""
    match asked.words:
        case ["add", name]:
            return _claimable(people.add_station(_administering(data), name, asked.site), data)
        case ["code", device_id]:
            return _claimable(people.new_station_code(_administering(data), device_id), data)
        case ["list"]:
            for owner, one in people.every_station(_installed(data)):
                sys.stdout.write(f"{one.id}   {one.status:<9} {owner.name}, {one.place}: {one.name}\n")
            return 0
        case ["add" | "code" | "list", *_]:
            raise BadInput("It is: station add NAME [--site ID] | station code ID | station list")
    folder = _installed(data).stations / "demo"
    if not folder.is_dir():
        raise NotFound("There is no demo station here: it was started with --no-demo.")
    words = asked.words
    command = [sys.executable, "-m", "antiphon_station", words[0], "--data", str(folder), *words[1:]]
    return subprocess.run(command, check=False).returncode


def _claimable(made: people.Waiting, data: Path) -> int:
    """The claim code, and the commands that make this checkout's station software that station."""
    settings = _installed(data)
    name = made.station.name
    trust = "" if settings.portal_certificate else f" --trust {settings.pki / 'root.crt'}"
    sys.stdout.write(
        f"{name} waits for its claim ({made.station.id}).\n"
        f"Claim code   {made.claim_code}   shown this once, valid for {limits.CLAIM_CODE_VALID_DAYS} days\n"
        "\n"
        "As a simulated station on this machine:\n"
        f"  ./antiphon-station claim --data DIR --platform {_portal(settings)} --code {made.claim_code}{trust}\n"
        "  ./antiphon-station run --data DIR\n"
        "  ./antiphon-station press --data DIR main\n"
    )
    return 0


def account(asked: argparse.Namespace, data: Path) -> int:
    """Stations of other makers; what to type there is printed once."""
    looking = asked.words[:1] == ["list"]
    return account_commands.run(asked, _installed(data) if looking else _administering(data))


def authority(asked: argparse.Namespace, data: Path) -> int:
    sys.stdout.write(_trust(_installed(data)))
    return 0


def user(asked: argparse.Namespace, data: Path) -> int:
    """A new random password for one person, printed once; or the password alone is enough for them again."""
    if asked.what == "remove-second-factor":
        people.remove_second_factor(_administering(data), asked.email)
        sys.stdout.write(f"{asked.email} signs in with the password alone until they set a second factor up again.\n")
        return 0
    password = people.reset_password(_administering(data), asked.email)
    sys.stdout.write(f"{asked.email}   {password}\nShown this once. Every session of this person has ended.\n")
    return 0


def test(asked: argparse.Namespace, data: Path) -> int:
    return checks.run(long=asked.long, pytest=asked.pytest)


def bench(asked: argparse.Namespace, data: Path) -> int:
    """Never on the data folder asked for: benchmarks make installations of their own."""
    from antiphon.assembly.bench import command  # its tools are of no use to any other verb

    return command.run(asked.name, asked.json, quick=asked.quick)


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
    reasons = "\n".join(
        f"  {part.name}: {part.detail} ({_command(settings.data, 'logs', part.name)})" for part in found
    )
    raise NotReady(f"Not ready after {_READY_WITHIN_S} s:\n{reasons}")


def _keep_software(settings: Settings) -> None:
    """For the way back after an upgrade; a disk that does not take it costs that way and nothing else."""
    try:
        software.keep(settings)
    except OSError as error:
        _say(f"this release could not be kept for the way back after an upgrade ({error.strerror or error})")


def _demo(settings: Settings, address: str) -> str:
    """Make the demo where it is missing and start its station; logins in words, empty when they were printed before."""
    _say("making the demo company and its station")
    made = demo.ensure_demo(settings)
    supervision.write_configuration(settings, parts.parts(settings), address)
    supervision.adopt(settings)
    return str(made or "")


def _welcome(settings: Settings, warning: str | None, logins: str) -> str:
    data = settings.data
    lines = ["", "Antiphon is running.", "", f"  Portal    {_portal(settings)}"]
    if settings.portal_certificate is None:
        lines += ["", *(f"  {line}".rstrip() for line in _trust(settings).splitlines())]
    if logins:
        lines += ["", *(f"  {line}".rstrip() for line in logins.strip().splitlines())]
    if warning:
        lines += ["", f"  Attention: {warning}"]
    with_demo = (settings.stations / "demo").is_dir()
    steps = ["open the portal, sign in, and allow the microphone"] if logins else ["open the portal and sign in"]
    if with_demo:
        steps.append(f"press the demo station's button:  {_command(data, 'station press main')}")
    elif not people.anybody(settings):
        steps.insert(0, f"make a company and its administrator:  {_command(data, 'company add NAME --owner E-MAIL')}")
        steps.append(f"add a station:  {_command(data, 'station add NAME')}")
    if logins:
        steps.append(f"a new password for somebody:  {_command(data, 'user set-password E-MAIL')}")
    steps += [f"health of every part:  {_command(data, 'status')}", f"stop everything:  {_command(data, 'down')}"]
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


def _as_it_runs(asked: argparse.Namespace, data: Path) -> None:
    """Raise `RunsOtherwise` when the running installation was asked to listen or be dialled elsewhere."""
    settings = _installed(data)
    differs = []
    if asked.port_offset not in (None, settings.ports.offset):
        differs.append(f"--port-offset {settings.ports.offset}")
    if asked.address not in (None, settings.advertised_address):
        differs.append(f"--address {settings.advertised_address}")
    if differs:
        raise RunsOtherwise(
            f"It is running already, with {' and '.join(differs)}; nothing was changed. "
            f"Stop it first, then start it anew: {_command(data, 'down')}"
        )


def _administering(data: Path) -> Settings:
    """The settings, once what administrators do on this machine is written to `log/administration.log`."""
    settings = _installed(data)
    log.configure("administration", "info", settings.logs / "administration.log")
    return settings


def _portal(settings: Settings) -> str:
    return f"https://{settings.public_name or settings.advertised_address}:{settings.ports.https}"
