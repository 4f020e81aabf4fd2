"""Starting, watching and stopping the parts: supervisord as the keeper, one guard and one process group a part."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from supervisor.xmlrpc import SupervisorTransport

from antiphon.assembly.engines import marks
from antiphon.assembly.engines.parts import Part
from antiphon.database.row_security import ALL_ROWS
from antiphon.errors import Unavailable
from antiphon.settings import Settings

_GUARD = Path(__file__).with_name("guard")
_KEEPER = "antiphon.assembly.engines.keeper"
_SOURCES = Path(__file__).resolve().parents[3]
_OPEN_FILES = 65_536
_ANSWERS_WITHIN_S = 10.0
_STOPS_WITHIN_S = 60.0


class SupervisorFailed(Unavailable):
    """supervisord ended or does not answer."""

    code = "supervisor_failed"
    title = "The supervisor did not start. Its reason is in log/supervisor.log in the data folder."


@dataclass(frozen=True, slots=True)
class Kept:
    """What the supervisor and the guard know of one part."""

    state: str  # RUNNING, STARTING, BACKOFF, STOPPED, ... as supervisord says it
    since: float | None  # Unix time of the last start
    restarts: int
    failing: int  # starts in a row that ended within seconds


def write_configuration(settings: Settings, parts: list[Part], address: str) -> None:
    """`conf/supervisord.conf` for these parts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    lines = [
        "[supervisord]",
        "nodaemon=true",
        "silent=true",
        f"logfile={_text(settings.logs / 'supervisor.log')}",
        "logfile_maxbytes=5MB",
        "logfile_backups=3",
        f"pidfile={_text(settings.run / 'supervisord.pid')}",
        f"childlogdir={_text(settings.logs)}",
        f"directory={_text(settings.data)}",
        f"minfds={files}",
        "",
        "[unix_http_server]",
        f"file={_text(settings.run / 'supervisor.sock')}",
        "chmod=0600",
        "",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
    ]
    for part in parts:
        guarded = ("/usr/bin/setpriv", "--pdeathsig", "TERM", "--", "/bin/bash", str(_GUARD), part.name, *part.command)
        lines += [
            "",
            f"[program:{part.name}]",
            "command=" + " ".join(_quoted(word) for word in guarded),
            f"priority={part.order}",
            "autostart=true",
            "autorestart=true",
            "startsecs=1",
            "startretries=1000000",  # a part is never given up; the guard holds the back-off
            "stopsignal=TERM",
            f"stopwaitsecs={part.stop_within_s}",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={_text(settings.logs / (part.name + '.log'))}",
            "stdout_logfile_maxbytes=10MB",
            "stdout_logfile_backups=5",
            "environment=" + environment_of(settings, part, address),
        ]
    roles = [part for part in parts if part.kind == "role"]
    if roles:  # one group: all are told to stop at the same time, where supervisord would wait for one after another
        order = min(part.order for part in roles)
        lines += ["", "[group:roles]", "programs=" + ",".join(part.name for part in roles), f"priority={order}"]
    (settings.conf / "supervisord.conf").write_text("\n".join(lines) + "\n")


def environment_of(settings: Settings, part: Part, address: str) -> str:
    """What the part finds in its environment, as supervisord's file wants it."""
    values = {"ANTIPHON_PART": f"{settings.data}:{part.name}", "ANTIPHON_DATA": str(settings.data)}
    if part.kind == "role":
        values["ANTIPHON_ADVERTISED_ADDRESS"] = address
    if part.kind == "engine":
        values["OPENSSL_CONF"] = str(settings.conf / "openssl.cnf")
    if part.name == "kamailio":  # with PostgreSQL: it looks among all companies, and writes nothing
        values["PGOPTIONS"] = f"{ALL_ROWS} -c default_transaction_read_only=on"
    return ",".join(f'{name}="{_text(value)}"' for name, value in values.items())


def _text(value: object) -> str:
    return str(value).replace("%", "%%")


def _quoted(word: str) -> str:
    return '"' + _text(word).replace("\\", "\\\\").replace('"', '\\"') + '"'


def start(settings: Settings, environment: dict[str, str], *, attached: bool) -> subprocess.Popen[bytes]:
    """Start supervisord in a session of its own; `attached` ends it with this process. Returns once it answers."""
    for left in settings.run.glob("*.state"):
        left.unlink()
    command = [sys.executable, "-m", _KEEPER, "-c", str(settings.conf / "supervisord.conf")]
    if attached:
        command = ["/usr/bin/setpriv", "--pdeathsig", "TERM", "--", *command]
    environment = environment | {"PYTHONPATH": str(_SOURCES), "PYTHONSAFEPATH": "1", "HOME": str(settings.data)}
    with (settings.logs / "supervisor.err").open("wb") as complaints:
        keeper = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=complaints,
            stderr=complaints,
            start_new_session=True,
            cwd=settings.data,
            umask=0o077,
            env={**environment, marks.MARK: str(settings.data)},
        )
    waited = Event()
    for _ in range(int(_ANSWERS_WITHIN_S / 0.05)):
        if keeper.poll() is not None:
            break
        if answers(settings):
            return keeper
        waited.wait(0.05)
    reason = (settings.logs / "supervisor.err").read_text(errors="replace").strip()
    raise SupervisorFailed(f"{SupervisorFailed.title} {reason[-400:]}".strip())


def answers(settings: Settings) -> bool:
    """Whether the installation is running."""
    try:
        _ask(settings).supervisor.getState()
    except (OSError, xmlrpc.client.Error):
        return False
    return True


def kept(settings: Settings) -> dict[str, Kept]:
    """What is known of each supervised part; empty while the installation is down."""
    try:
        told = _ask(settings).supervisor.getAllProcessInfo()
    except (OSError, xmlrpc.client.Error):
        return {}
    found: dict[str, Kept] = {}
    for entry in told if isinstance(told, list) else []:
        name = str(entry["name"])
        starts, failing, since = _guard_state(settings.run / f"{name}.state")
        found[name] = Kept(str(entry["statename"]), since, max(0, starts - 1), failing)
    return found


def adopt(settings: Settings) -> None:
    """Start what the configuration has gained since the supervisor started."""
    keeper = _ask(settings)
    changes = keeper.supervisor.reloadConfig()
    added = changes[0][0] if isinstance(changes, list) else []
    for name in added:
        keeper.supervisor.addProcessGroup(name)


def stop(settings: Settings) -> int:
    """Stop everything and wait for it; returns how many processes had to be killed. Safe when nothing runs."""
    return stop_in(settings.data)


def stop_in(data: Path) -> int:
    """The same by data folder alone: works with a settings file that can no longer be read."""
    keeper = [pid for pid in marks.processes(data) if _is_supervisor(pid)]
    marks.end(keeper, data, ((signal.SIGTERM, _STOPS_WITHIN_S), (signal.SIGKILL, 2.0)))
    left = marks.processes(data)
    marks.end(left, data, ((signal.SIGKILL, 5.0),))
    for name in ("supervisor.sock", "supervisord.pid"):
        (data / "run" / name).unlink(missing_ok=True)
    return len(left)


def running(data: Path) -> bool:
    """Whether a supervisor of this installation is alive."""
    return any(_is_supervisor(pid) for pid in marks.processes(data))


def _is_supervisor(pid: int) -> bool:
    try:
        return _KEEPER.encode() in (Path("/proc") / str(pid) / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False


def _guard_state(path: Path) -> tuple[int, int, float | None]:
    try:
        starts, failing, since, _ = path.read_text().split()
    except (FileNotFoundError, ValueError):
        return 0, 0, None
    return int(starts), int(failing), float(since)


def main_process(settings: Settings, name: str) -> int | None:
    """The process id of the part's own program, or None while it is not running."""
    try:
        pid = int((settings.run / f"{name}.state").read_text().split()[3])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    return pid if marks.marked(pid, settings.data) else None


def reread_revocations(settings: Settings) -> None:
    """Make broker and front read `pki/crl.pem` anew; certificates of the front too. New connections are judged by it."""
    for name, number in (("mosquitto", signal.SIGHUP), ("haproxy", signal.SIGUSR2)):
        pid = main_process(settings, name)
        if pid is not None:
            os.kill(pid, number)


def _ask(settings: Settings) -> xmlrpc.client.ServerProxy:
    transport = SupervisorTransport(None, None, f"unix://{settings.run / 'supervisor.sock'}")
    return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
