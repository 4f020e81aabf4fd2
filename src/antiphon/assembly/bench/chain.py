"""The whole chain measured: sipp stations -> Kamailio -> call service with rtpengine, records and all -> receivers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # what the receivers tell, as JSON

from antiphon import settings as settings_room
from antiphon.assembly.bench import ground, machine
from antiphon.assembly.bench.ground import Tenants
from antiphon.assembly.bench.report import Aim, Result, Spread, Value
from antiphon.assembly.bench.sipp import Sipp, SippFailed, first_answers_ms
from antiphon.assembly.engines import marks, supervision
from antiphon.limits import RINGING_RECEIVERS_MAX
from antiphon.settings import Settings

_SOURCES = Path(__file__).resolve().parents[3]
_RATE = 200
_FORKS_PER_S = 4
_HOLD_MS = 120_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured. The edge takes twenty rings of one station in ten seconds: so many stations are needed."""

    runs: int
    calls: int
    companies: int
    stations: int
    forks: int
    held: int


FULL = Sizes(runs=3, calls=1_200, companies=80, stations=4, forks=30, held=400)
QUICK = Sizes(runs=1, calls=100, companies=40, stations=4, forks=4, held=40)


class Chain:
    """Measures on a running installation."""

    def __init__(self, settings: Settings, folder: Path, sizes: Sizes) -> None:
        self._settings, self._folder, self._sizes = settings, folder, sizes
        self._tenants = ground.settle(settings, companies=sizes.companies, stations=sizes.stations, desks=1)
        self._crowd = ground.settle(settings, companies=1, stations=8, desks=RINGING_RECEIVERS_MAX)
        self._runs = 0

    def measure(self, result: Result) -> None:
        """CPU of the call service and of everything, delays, thirty-two receivers, memory."""
        runs = [self._door_calls() for _ in range(self._sizes.runs)]
        result.add(
            "full_cpu_per_call",
            Value.median("ms", [run.service_ms for run in runs]),
            f"Full machine with records at {_RATE} calls/s: CPU per call of the call service",
            Aim(at_most=0.8),
        )
        result.add(
            "chain_cpu_per_call",
            Value.median("ms", [run.all_ms for run in runs]),
            f"Whole chain at {_RATE} calls/s: CPU per call, all processes together",
            Aim(at_most=1.6),
        )
        for name in sorted(runs[0].by_part):
            shares = [run.by_part.get(name, 0.0) for run in runs]
            result.add(f"chain_cpu_{name}", Value.median("ms", shares), f"Whole chain: CPU per call, {name}")
        result.add(
            "chain_invite_to_183",
            Spread.median([run.progress for run in runs]),
            f"Whole chain at {_RATE} calls/s: INVITE to 183",
        )
        result.add(
            "chain_failed_calls",
            Value("calls", sum(run.failed for run in runs)),
            f"Whole chain at {_RATE} calls/s: calls that did not succeed (CPU is per call that did)",
            Aim(at_most=0),
        )
        forked = [self._rings() for _ in range(self._sizes.runs)]
        result.add(
            "full_ring32_cpu_per_call",
            Value.median("ms", [cpu for cpu, _ in forked]),
            f"Full machine, {RINGING_RECEIVERS_MAX} receivers ring at once: CPU per call of the call service",
            Aim(at_most=5),
        )
        result.add(
            "full_ring32_last_ring",
            Spread.median([last for _, last in forked]),
            f"Whole chain, {RINGING_RECEIVERS_MAX} receivers: caller's INVITE to the last receiver's ring",
            Aim(at_most=5),
        )
        result.add(
            "full_memory_per_held_call",
            Value("kB", self._held()),
            "Full machine: memory of the call service per held call",
            Aim(at_most=15),
        )

    def _door_calls(self) -> _Run:
        calls = self._sizes.calls
        with self._receivers(self._tenants, 1) as receivers:
            self._call(self._tenants, min(calls // 2, 2 * _RATE), _RATE // 4).outcome(60)  # what is slow only once
            before = self._cpu()
            caller = self._call(self._tenants, calls, _RATE, messages=True)
            counts = caller.outcome(calls / _RATE + 30)
            after = self._cpu()
        if not counts.succeeded:
            raise SippFailed(f"none of {calls} door calls succeeded: {receivers['errors']}")
        by_part = {name: (after[name] - before.get(name, 0.0)) * 1000 / counts.succeeded for name in after}
        progress = Spread.of("ms", first_answers_ms(caller.messages(), "183"))
        return _Run(by_part["calls"], sum(by_part.values()), by_part, progress, calls - counts.succeeded)

    def _rings(self) -> tuple[float, Spread]:
        """CPU milliseconds of the call service per call, and from the caller's INVITE to the last ring."""
        calls = self._sizes.forks
        with self._receivers(self._crowd, RINGING_RECEIVERS_MAX) as seen:
            before = self._cpu()["calls"]
            caller = self._call(self._crowd, calls, _FORKS_PER_S, messages=True)
            counts = caller.finish(calls / _FORKS_PER_S + 60)
            cpu = (self._cpu()["calls"] - before) * 1000 / calls
        if counts.succeeded != calls:
            raise SippFailed(
                f"{counts.failed} of {calls} calls to {RINGING_RECEIVERS_MAX} receivers failed: {seen['errors']}"
            )
        asked = [line.at for line in caller.messages() if line.sent and line.first.startswith("INVITE ")]
        rings = [at for at, _ in seen["rings"]]
        last = []
        for at, until in zip(asked, [*asked[1:], float("inf")], strict=True):
            of_this = [ring for ring in rings if at <= ring < until]
            if len(of_this) != RINGING_RECEIVERS_MAX:
                raise SippFailed(f"{len(of_this)} receivers rang within a call's time, not {RINGING_RECEIVERS_MAX}")
            last.append((max(of_this) - at) * 1000)
        return cpu, Spread.of("ms", last)

    def _held(self) -> float:
        """Kilobytes that one more answered call keeps in the call service."""
        held = self._sizes.held
        pid = self._process("calls")
        with self._receivers(self._tenants, 1):
            before = machine.memory_kb(pid)
            caller = self._call(self._tenants, held, _RATE // 2, extra=("-d", str(_HOLD_MS), "-aa"))
            caller.until_standing(held)
            kept = machine.memory_kb(pid) - before
            caller.process.kill()
            caller.process.wait()
        return kept / held

    def _call(
        self,
        who: Tenants,
        calls: int,
        rate: int,
        *,
        messages: bool = False,
        extra: tuple[str, ...] = ("-d", "0", "-aa"),
    ) -> Sipp:
        self._runs += 1
        folder = self._folder / str(self._runs)
        folder.mkdir()
        names = folder / "stations.csv"
        names.write_text("SEQUENTIAL\n" + "".join(f"{station};\n" for station in who.stations))
        words = ("-r", str(rate), "-m", str(calls), "-l", str(max(calls, 10)), "-inf", str(names), *extra)
        port, *_ = ground.bench_ports(self._settings, 1)
        to = ground.bench_port(self._settings)
        return Sipp("station", folder / "caller", port=port, to=to, messages=messages, extra=words)

    def _cpu(self) -> dict[str, float]:
        """CPU seconds so far of every part; what belongs to none of them as `supervisor`."""
        parts = ("calls", "kamailio", "rtpengine", "haproxy", "mosquitto", "worker", "devices", "api", "coturn")
        every = set(marks.processes(self._settings.data))
        found: dict[str, float] = {}
        for name in parts:
            main = supervision.main_process(self._settings, name)
            family = _family(main, every) if main is not None else set()
            found[name] = machine.cpu_s(family)
            every -= family
        found["supervisor"] = machine.cpu_s(every)
        return found

    def _process(self, part: str) -> int:
        found = supervision.main_process(self._settings, part)
        if found is None:
            raise ground.GroundNotReady(f"{part} does not run")
        return found

    @contextmanager
    def _receivers(self, who: Tenants, answer_after: int) -> Iterator[dict[str, Any]]:
        """Tabs of every desk; what they saw is in the yielded dictionary afterwards."""
        desks = self._folder / "desks.json"
        desks.write_text(json.dumps(who.as_json()))
        portal = f"https://127.0.0.1:{self._settings.ports.https}"
        words = (portal, str(self._settings.pki / "root.crt"), str(desks), str(answer_after))
        process = subprocess.Popen(
            [sys.executable, "-m", "antiphon.assembly.bench.receivers", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=settings_room.everything() | {"PYTHONPATH": str(_SOURCES)},
        )
        seen: dict[str, Any] = {}
        try:
            if process.stdout is None or process.stdout.readline() != "ready\n":
                raise ground.GroundNotReady("the receivers did not sign on")
            yield seen
            told, _ = process.communicate("\n", timeout=20)
            seen.update(json.loads(told))
        finally:
            process.kill()
            process.wait()


@dataclass(frozen=True, slots=True)
class _Run:
    service_ms: float
    all_ms: float
    by_part: dict[str, float]
    progress: Spread
    failed: int


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
