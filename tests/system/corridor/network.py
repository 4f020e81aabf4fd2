"""The network between the platform and one of its ends, cut by the kernel's packet filter and joined again."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from corridor.platform_under_test import Platform

_FILTER = "iptables"


def may_be_cut() -> bool:
    """Whether this user may drop packets here."""
    if shutil.which(_FILTER) is None:
        return False
    return subprocess.run([_FILTER, "-w", "-S", "INPUT"], capture_output=True, check=False).returncode == 0


def udp_ports(process: int) -> list[int]:
    """The UDP ports that this process listens on: its media."""
    sockets = set()
    for entry in Path(f"/proc/{process}/fd").iterdir():
        target = str(entry.readlink()) if entry.is_symlink() else ""
        if target.startswith("socket:["):
            sockets.add(target.removeprefix("socket:[").rstrip("]"))
    lines = (line.split() for line in Path(f"/proc/{process}/net/udp").read_text().splitlines()[1:])
    return sorted(int(line[1].split(":")[1], 16) for line in lines if line[9] in sockets)


@contextmanager
def cut_from_the_station(platform: Platform) -> Iterator[None]:
    """Nothing passes between the demo station and the platform: signalling, messaging, sound, picture, both ways."""
    ports = platform.settings.ports
    media = udp_ports(platform.process("station"))
    assert media, "the station has no media to cut"
    with dropped(("tcp", [ports.sips, ports.mqtts, ports.device_https]), ("udp", media)):
        yield


@contextmanager
def cut_from_the_browsers(platform: Platform) -> Iterator[None]:
    """Nothing passes between any browser and the platform; the station notices nothing."""
    ports = platform.settings.ports
    station = udp_ports(platform.process("station"))
    engine = [port for port in udp_ports(platform.process("rtpengine")) if port != ports.ng]
    with dropped(("tcp", [ports.https]), ("udp", engine)), ExitStack() as stack:
        if station:  # stands before the rules above
            stack.enter_context(_rules("udp", "--ports", ",".join(map(str, station)), "ACCEPT"))
        yield


@contextmanager
def dropped(*streams: tuple[str, list[int]]) -> Iterator[None]:
    """Packets from and to these ports vanish on the loopback interface."""
    with ExitStack() as stack:
        for protocol, ports in streams:
            for start in range(0, len(ports), 15):  # what one rule takes
                stack.enter_context(_rules(protocol, "--ports", ",".join(map(str, ports[start : start + 15])), "DROP"))
        yield


@contextmanager
def _rules(protocol: str, *words: str) -> Iterator[None]:
    *match, verdict = words
    rule = ["INPUT", "-i", "lo", "-p", protocol, "-m", "multiport", *match, "-j", verdict]
    subprocess.run([_FILTER, "-w", "-I", *rule], check=True)
    try:
        yield
    finally:
        subprocess.run([_FILTER, "-w", "-D", *rule], check=True)
