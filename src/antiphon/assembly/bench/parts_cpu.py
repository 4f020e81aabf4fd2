"""What every part of an installation has taken of the CPU, told apart by process."""

from __future__ import annotations

from pathlib import Path

from antiphon.assembly.bench import ground, machine
from antiphon.assembly.engines import marks, supervision
from antiphon.settings import Settings

_PARTS = ("calls", "kamailio", "rtpengine", "haproxy", "mosquitto", "worker", "devices", "api", "coturn")


def cpu_of_parts(settings: Settings) -> dict[str, float]:
    """CPU seconds so far of every part; what belongs to none of them as `supervisor`."""
    every = set(marks.processes(settings.data))
    found: dict[str, float] = {}
    for name in _PARTS:
        main = supervision.main_process(settings, name)
        family = _family(main, every) if main is not None else set()
        found[name] = machine.cpu_s(family)
        every -= family
    found["supervisor"] = machine.cpu_s(every)
    return found


def process_of(settings: Settings, part: str) -> int:
    """The part's main process; raises `GroundNotReady` when it does not run."""
    found = supervision.main_process(settings, part)
    if found is None:
        raise ground.GroundNotReady(f"{part} does not run")
    return found


def _family(pid: int, among: set[int]) -> set[int]:
    """The process and its descendants."""
    parents: dict[int, int] = {}
    for one in among:
        try:
            parents[one] = int(Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2].split()[1])
        except OSError:
            continue
    found = {pid}
    grown = True
    while grown:
        more = {one for one, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found
