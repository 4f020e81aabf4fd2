"""Whole door calls under load: sipp as stations of ours, previews and all, to tabs on the client contract that answer."""

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
from antiphon.assembly.bench import ground
from antiphon.assembly.bench.ground import Tenants
from antiphon.assembly.bench.parts_cpu import cpu_of_parts
from antiphon.assembly.bench.report import Aim, Result, Spread, Value
from antiphon.assembly.bench.sipp import Sipp, SippFailed, first_answers_ms
from antiphon.limits import RINGING_RECEIVERS_MAX
from antiphon.settings import Settings

_SOURCES = Path(__file__).resolve().parents[3]
_RATE = 50  # two cores carry no more of them beside what plays stations and tabs
_FORKS_PER_S = 4


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured. The edge takes twenty rings of one station in ten seconds: so many stations are needed."""

    runs: int
    calls: int
    companies: int
    stations: int
    forks: int


FULL = Sizes(runs=3, calls=400, companies=40, stations=4, forks=20)
QUICK = Sizes(runs=1, calls=50, companies=20, stations=4, forks=4)


class DoorLoad:
    """Measures on a running installation."""

    def __init__(self, settings: Settings, folder: Path, sizes: Sizes) -> None:
        self._settings, self._folder, self._sizes = settings, folder, sizes
        self._tenants = ground.settle(settings, companies=sizes.companies, stations=sizes.stations, desks=1)
        self._crowd = ground.settle(settings, companies=1, stations=8, desks=RINGING_RECEIVERS_MAX)
        self._runs = 0

    def measure(self, result: Result) -> None:
        """CPU of the call service and of everything, delays, thirty-two tabs."""
        runs = [self._door_calls() for _ in range(self._sizes.runs)]
        result.add(
            "door_cpu_per_call",
            Value.median("ms", [run.service_ms for run in runs]),
            f"Door calls with previews to tabs at {_RATE} calls/s: CPU per call of the call service",
        )
        result.add(
            "door_chain_cpu_per_call",
            Value.median("ms", [run.all_ms for run in runs]),
            f"Door calls with previews to tabs at {_RATE} calls/s: CPU per call, all processes together",
        )
        result.add(
            "door_invite_to_183",
            Spread.median([run.progress for run in runs]),
            f"Door calls with previews to tabs at {_RATE} calls/s: INVITE to 183",
        )
        result.add(
            "door_failed_calls",
            Value("calls", sum(run.failed for run in runs)),
            f"Door calls with previews to tabs at {_RATE} calls/s: calls that did not succeed",
            Aim(at_most=0),
        )
        forked = [self._rings() for _ in range(self._sizes.runs)]
        result.add(
            "door_ring32_cpu_per_call",
            Value.median("ms", [cpu for cpu, _ in forked]),
            f"Door call to {RINGING_RECEIVERS_MAX} tabs: CPU per call of the call service",
        )
        result.add(
            "door_ring32_last_ring",
            Spread.median([last for _, last in forked]),
            f"Door call to {RINGING_RECEIVERS_MAX} tabs: station's INVITE to the last tab's ring",
        )

    def _door_calls(self) -> _Run:
        calls = self._sizes.calls
        with self._receivers(self._tenants, 1) as receivers:
            self._call(self._tenants, min(calls // 2, 2 * _RATE), _RATE // 2).outcome(60)  # what is slow only once
            before = cpu_of_parts(self._settings)
            caller = self._call(self._tenants, calls, _RATE, messages=True)
            counts = caller.outcome(calls / _RATE + 30)
            after = cpu_of_parts(self._settings)
        if not counts.succeeded:
            raise SippFailed(f"none of {calls} door calls succeeded: {receivers['errors']}")
        by_part = {name: (after[name] - before.get(name, 0.0)) * 1000 / counts.succeeded for name in after}
        progress = Spread.of("ms", first_answers_ms(caller.messages(), "183"))
        return _Run(by_part["calls"], sum(by_part.values()), progress, calls - counts.succeeded)

    def _rings(self) -> tuple[float, Spread]:
        """CPU milliseconds of the call service per call, and from the caller's INVITE to the last ring."""
        calls = self._sizes.forks
        with self._receivers(self._crowd, RINGING_RECEIVERS_MAX) as seen:
            before = cpu_of_parts(self._settings)["calls"]
            caller = self._call(self._crowd, calls, _FORKS_PER_S, messages=True)
            counts = caller.finish(calls / _FORKS_PER_S + 60)
            cpu = (cpu_of_parts(self._settings)["calls"] - before) * 1000 / calls
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
        folder = self._folder / f"door-{self._runs}"
        folder.mkdir()
        names = folder / "stations.csv"
        names.write_text("SEQUENTIAL\n" + "".join(f"{station};\n" for station in who.stations))
        words = ("-r", str(rate), "-m", str(calls), "-l", str(max(calls, 10)), "-inf", str(names), *extra)
        port, *_ = ground.bench_ports(self._settings, 1)
        to = ground.bench_port(self._settings)
        return Sipp("station", folder / "caller", port=port, to=to, messages=messages, extra=words)

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
    progress: Spread
    failed: int
