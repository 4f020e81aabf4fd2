"""The whole chain measured: sipp caller -> Kamailio -> call service with rtpengine, records and all -> sipp receiver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from antiphon.assembly.bench import ground, machine, telephones
from antiphon.assembly.bench.parts_cpu import cpu_of_parts, process_of
from antiphon.assembly.bench.report import Aim, Result, Spread, Value
from antiphon.assembly.bench.sipp import Sipp, SippFailed, first_answers_ms
from antiphon.assembly.bench.telephones import Telephones
from antiphon.limits import RINGING_RECEIVERS_MAX
from antiphon.settings import Settings

_RATE = 200
_FORKS_PER_S = 4
_ANSWERED_AFTER_MS = 120  # everybody has to ring before one of them answers, and the next call comes after that
_HOLD_MS = 120_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured. The edge takes twenty rings of one account in ten seconds: so many callers are needed."""

    runs: int
    calls: int
    companies: int
    callers: int
    forks: int
    held: int


FULL = Sizes(runs=3, calls=1_200, companies=40, callers=8, forks=30, held=400)
QUICK = Sizes(runs=1, calls=100, companies=10, callers=8, forks=4, held=40)


class Chain:
    """Measures on a running installation."""

    def __init__(self, settings: Settings, folder: Path, sizes: Sizes) -> None:
        self._settings, self._folder, self._sizes = settings, folder, sizes
        self._caller, self._answering, self._ringing = ground.bench_ports(settings, 3)
        self._pairs = telephones.settle(settings, companies=sizes.companies, callers=sizes.callers, receivers=1)
        telephones.register(settings, self._pairs.receivers, self._answering)
        self._crowd = telephones.settle(settings, companies=1, callers=8, receivers=RINGING_RECEIVERS_MAX)
        answering, *ringing = self._crowd.receivers
        telephones.register(settings, (answering,), self._answering)
        telephones.register(settings, tuple(ringing), self._ringing)
        self._runs = 0

    def measure(self, result: Result) -> None:
        """CPU of the call service and of everything, delays, thirty-two receivers, memory."""
        runs = [self._plain() for _ in range(self._sizes.runs)]
        result.add(
            "full_cpu_per_call",
            Value.median("ms", [run.by_part["calls"] for run in runs]),
            f"Full machine with records at {_RATE} calls/s: CPU per call of the call service",
            Aim(at_most=0.8),
        )
        result.add(
            "chain_cpu_per_call",
            Value.median("ms", [sum(run.by_part.values()) for run in runs]),
            f"Whole chain at {_RATE} calls/s: CPU per call, all processes together",
            Aim(at_most=1.6),
        )
        for name in sorted(runs[0].by_part):
            shares = [run.by_part[name] for run in runs]
            result.add(f"chain_cpu_{name}", Value.median("ms", shares), f"Whole chain: CPU per call, {name}")
        result.add(
            "chain_invite_to_180",
            Spread.median([run.rang for run in runs]),
            f"Whole chain at {_RATE} calls/s: INVITE to 180",
        )
        result.add(
            "chain_failed_calls",
            Value("calls", sum(run.failed for run in runs)),
            f"Whole chain at {_RATE} calls/s: calls that did not succeed (CPU is per call that did)",
            Aim(at_most=0),
        )
        forked = [self._forked() for _ in range(self._sizes.runs)]
        result.add(
            "full_ring32_cpu_per_call",
            Value.median("ms", [run.cpu_ms for run in forked]),
            f"Full machine, {RINGING_RECEIVERS_MAX} receivers ring at once: CPU per call of the call service",
            Aim(at_most=5),
        )
        result.add(
            "full_ring32_last_invite",
            Spread.median([run.last for run in forked]),
            f"Whole chain, {RINGING_RECEIVERS_MAX} receivers: caller's INVITE to the last receiver's",
            Aim(at_most=5),
        )
        result.add(
            "full_ring32_failed_calls",
            Value("calls", sum(run.failed for run in forked)),
            f"Whole chain, {RINGING_RECEIVERS_MAX} receivers: calls that did not ring everywhere in time, or did not succeed",
            Aim(at_most=0),
        )
        result.add(
            "full_memory_per_held_call",
            Value("kB", self._held()),
            "Full machine: memory of the call service per held call",
            Aim(at_most=15),
        )

    def _plain(self) -> _Run:
        calls = self._sizes.calls
        with self._folder_of_a_run() as folder, self._receiver(folder):
            self._call(folder / "warm", self._pairs, min(calls // 2, _RATE), _RATE // 4).outcome(30)  # slow only once
            before = cpu_of_parts(self._settings)
            caller = self._call(folder, self._pairs, calls, _RATE, messages=True)
            counts = caller.outcome(calls / _RATE + 20)
            after = cpu_of_parts(self._settings)
        if not counts.succeeded:
            raise SippFailed(f"none of {calls} calls succeeded at {_RATE} calls/s")
        by_part = {name: (after[name] - before[name]) * 1000 / counts.succeeded for name in after}
        rang = Spread.of("ms", first_answers_ms(caller.messages(), "180"))
        return _Run(by_part, rang, calls - counts.succeeded)

    def _forked(self) -> _Forked:
        """CPU milliseconds of the call service per call, and from the caller's INVITE to the last receiver's."""
        calls = self._sizes.forks
        with (
            self._folder_of_a_run() as folder,
            self._receiver(folder, after_ms=_ANSWERED_AFTER_MS, messages=True) as answering,
            self._serving("ringing_telephone", folder, self._ringing, "-nd", messages=True) as ringing,
        ):
            before = cpu_of_parts(self._settings)["calls"]
            caller = self._call(folder, self._crowd, calls, _FORKS_PER_S, messages=True)
            counts = caller.outcome(calls / _FORKS_PER_S + 20)
            cpu = (cpu_of_parts(self._settings)["calls"] - before) * 1000 / calls
        asked = sorted(line.at for line in caller.messages() if line.sent and line.first.startswith("INVITE "))
        rang: dict[str, float] = {}  # the first INVITE of each dialog
        for line in (*answering.messages(), *ringing.messages()):
            if not line.sent and line.first.startswith("INVITE "):
                rang[line.call_id] = min(line.at, rang.get(line.call_id, line.at))
        last = []
        for at, until in zip(asked, [*asked[1:], float("inf")], strict=True):
            of_this = [ring for ring in rang.values() if at <= ring < until]
            if len(of_this) == RINGING_RECEIVERS_MAX:
                last.append((max(of_this) - at) * 1000)
        if not last:
            raise SippFailed(f"none of {calls} calls rang {RINGING_RECEIVERS_MAX} receivers")
        return _Forked(cpu, Spread.of("ms", last), calls - min(len(last), counts.succeeded))

    def _held(self) -> float:
        """Kilobytes that one more answered call keeps in the call service."""
        held = self._sizes.held
        pid = process_of(self._settings, "calls")
        with self._folder_of_a_run() as folder, self._receiver(folder):
            before = machine.memory_kb(pid)
            caller = self._call(folder, self._pairs, held, _RATE // 2, hold_ms=_HOLD_MS)
            caller.until_standing(held)
            kept = machine.memory_kb(pid) - before
            caller.process.kill()
            caller.process.wait()
        return kept / held

    # -- sipp on both sides ------------------------------------------------------------------------------------------

    @contextmanager
    def _folder_of_a_run(self) -> Iterator[Path]:
        self._runs += 1
        yield self._folder / f"chain-{self._runs}"

    @contextmanager
    def _receiver(self, folder: Path, *, after_ms: int = 0, messages: bool = False) -> Iterator[Sipp]:
        with self._serving(
            "telephone", folder, self._answering, "-d", str(after_ms), "-aa", messages=messages
        ) as serving:
            yield serving

    @contextmanager
    def _serving(self, scenario: str, folder: Path, port: int, *words: str, messages: bool = False) -> Iterator[Sipp]:
        to = ground.bench_port(self._settings)
        serving = Sipp(scenario, folder / scenario, port=port, to=to, messages=messages, extra=words)
        try:
            yield serving
        finally:
            serving.stop()

    def _call(
        self,
        folder: Path,
        who: Telephones,
        calls: int,
        rate: int,
        *,
        hold_ms: int = 0,
        messages: bool = False,
    ) -> Sipp:
        folder.mkdir(parents=True, exist_ok=True)
        names = folder / "callers.csv"
        names.write_text("SEQUENTIAL\n" + "".join(f"{number};\n" for number in who.callers))
        words: tuple[str, ...] = ("-r", str(rate), "-m", str(calls), "-l", str(max(calls, 10)), "-inf", str(names))
        words += ("-d", str(hold_ms), "-aa")
        to = ground.bench_port(self._settings)
        return Sipp("account", folder / "caller", port=self._caller, to=to, messages=messages, extra=words)


@dataclass(frozen=True, slots=True)
class _Forked:
    cpu_ms: float
    last: Spread
    failed: int


@dataclass(frozen=True, slots=True)
class _Run:
    by_part: dict[str, float]  # CPU milliseconds per call
    rang: Spread
    failed: int
