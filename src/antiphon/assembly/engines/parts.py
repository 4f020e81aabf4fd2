"""The parts of one installation: which programs run, how they are started and in which order."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from typing import Literal

from antiphon import limits
from antiphon.settings import Settings

ROLES = ("devices", "worker", "api", "calls")
STATION = "station"


@dataclass(frozen=True, slots=True)
class Part:
    """One supervised program. Lower `order` starts first and stops last."""

    name: str
    words: str
    kind: Literal["engine", "role", "station"]
    order: int
    command: tuple[str, ...]
    stop_within_s: int = 10


def parts(settings: Settings) -> list[Part]:
    """Engines first, then the roles this build has, then the demo station where one is claimed or about to be."""
    conf, run = settings.conf, settings.run
    engines = [
        Part("mosquitto", "device messaging", "engine", 100, ("/usr/sbin/mosquitto", "-c", f"{conf}/mosquitto.conf")),
        Part(
            "rtpengine",
            "media",
            "engine",
            100,
            ("/usr/bin/rtpengine", "--config-file", f"{conf}/rtpengine.conf", "--foreground", "--log-stderr"),
        ),
        Part("coturn", "STUN and TURN", "engine", 100, ("/usr/bin/turnserver", "-c", f"{conf}/turnserver.conf")),
        Part(
            "kamailio",
            "SIP edge",
            "engine",
            200,
            (
                "/usr/sbin/kamailio",
                *("-X", "fm"),  # its checking allocator takes a tenth of what a call costs the edge
                *("-DD", "-E", "-f", f"{conf}/kamailio.cfg"),
                *("-w", str(run), "-Y", str(run), "-P", f"{run}/kamailio.pid"),
                *("-m", str(limits.SIP_EDGE_MEMORY_MB), "-M", "16"),
            ),
            stop_within_s=1,  # waits for its children for seconds, and has nothing to put away: all it holds is in memory
        ),
        Part(
            "haproxy",
            "HTTPS front",
            "engine",
            300,
            ("/usr/sbin/haproxy", "-W", "-db", "-f", f"{conf}/haproxy.cfg", "-p", f"{run}/haproxy.pid"),
        ),
    ]
    roles = [
        Part(name, f"role {name}", "role", 250, (sys.executable, "-m", "antiphon", "role", name))
        for name in ROLES
        if present(f"antiphon.assembly.{name}")
    ]
    return [*engines, *roles, *_demo_station(settings)]


def absent(settings: Settings) -> list[str]:
    """Roles that this build does not have: `status` shows them as down."""
    return [name for name in ROLES if not present(f"antiphon.assembly.{name}")]


def present(module: str) -> bool:
    """Whether the module can be found, without running it."""
    return importlib.util.find_spec(module) is not None


def _demo_station(settings: Settings) -> list[Part]:
    if not (settings.stations / "demo").is_dir():
        return []
    command = (sys.executable, "-m", "antiphon_station", "run", "--data", str(settings.stations / "demo"))
    return [Part(STATION, "demo station", "station", 400, command)]
