"""The machine under the figures: what it is, how busy it was, and the CPU time that processes took."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Machine:
    """What a figure was measured on."""

    cpu: str
    cores: int
    memory_gb: float
    kernel: str

    def __str__(self) -> str:
        return f"{self.cpu}, {self.cores} cores, {self.memory_gb:.0f} GB, Linux {self.kernel}"


def this_machine() -> Machine:
    """As the kernel tells it; `cores` are those this process may use."""
    models = [
        line.split(":", 1)[1].strip()
        for line in _lines(Path("/proc/cpuinfo"))
        if line.startswith(("model name", "Model"))
    ]
    memory_kb = next(int(line.split()[1]) for line in _lines(Path("/proc/meminfo")) if line.startswith("MemTotal"))
    model = models[0] if models else platform.machine()
    return Machine(model, len(cores()), memory_kb / 1024 / 1024, platform.release())


def cores() -> list[int]:
    """Numbers of the cores that this process may use."""
    return sorted(os.sched_getaffinity(0))


def load() -> float:
    """Processes that ran or wanted to, averaged over the last minute."""
    return os.getloadavg()[0]


def busy_s() -> tuple[float, float]:
    """CPU seconds that all cores have worked and have had since the machine's start; differences give a share."""
    numbers = [int(number) for number in _lines(Path("/proc/stat"))[0].split()[1:9]]
    every, idle = sum(numbers), numbers[3] + numbers[4]
    return (every - idle) / _TICKS, every / _TICKS


def cpu_s(processes: Iterable[int]) -> float:
    """CPU seconds, user and system, that these processes have taken; those that ended meanwhile count nothing."""
    total = 0
    for pid in processes:
        try:
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        total += int(words[11]) + int(words[12])
    return total / _TICKS


def memory_kb(pid: int) -> float:
    """Memory that this process alone holds."""
    kept = 0
    for line in _lines(Path(f"/proc/{pid}/smaps_rollup")):
        if line.startswith(("Private_Clean", "Private_Dirty")):
            kept += int(line.split()[1])
    return float(kept)


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines()
