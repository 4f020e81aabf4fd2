"""The bare relay measured: sipp caller -> the SIP core in a process of its own -> sipp receiver."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from antiphon import settings as settings_room
from antiphon.assembly.bench import machine
from antiphon.assembly.bench.report import Aim, Result, Spread, Value
from antiphon.assembly.bench.sipp import Sipp, SippFailed, first_answers_ms
from antiphon.limits import RINGING_RECEIVERS_MAX

_SOURCES = Path(__file__).resolve().parents[3]
_RATE = 200
_RATES = (500, 1_000, 1_500, 2_000, 2_500, 3_000, 4_000)
_FORKS_PER_S = 20
_HOLD_MS = 600_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    runs: int
    calls: int
    forks: int
    held: int
    rates: tuple[int, ...]
    rate_s: float


FULL = Sizes(runs=3, calls=2_000, forks=100, held=1_000, rates=_RATES, rate_s=3)
QUICK = Sizes(runs=1, calls=200, forks=10, held=200, rates=_RATES[:1], rate_s=0.5)


class BareRelay:
    """Measures on four loopback ports from `port` on."""

    def __init__(self, port: int, folder: Path, sizes: Sizes) -> None:
        self._port, self._caller, self._answering, self._ringing = range(port, port + 4)
        self._folder, self._sizes = folder, sizes

    def measure(self, result: Result) -> None:
        """CPU, delay, highest clean rate, thirty-two receivers, memory."""
        plain = [self._plain() for _ in range(self._sizes.runs)]
        result.add(
            "bare_cpu_per_call",
            Value.median("ms", [cpu for cpu, _ in plain]),
            f"Bare relay at {_RATE} calls/s: CPU per call",
            Aim(at_most=0.35),
        )
        result.add(
            "bare_invite_to_180",
            Spread.median([delays for _, delays in plain]),
            f"Bare relay at {_RATE} calls/s: INVITE to 180",
            Aim(at_most=2),
        )
        best = [self._highest_clean_rate() for _ in range(self._sizes.runs)]
        result.add(
            "bare_clean_rate",
            Value.median("calls/s", best),
            "Bare relay on one core: highest rate without a loss or a repeat",
            Aim(at_least=1_000),
        )
        forked = [self._forked() for _ in range(self._sizes.runs)]
        result.add(
            "bare_fork32_cpu_per_call",
            Value.median("ms", [cpu for cpu, _ in forked]),
            f"Bare relay, {RINGING_RECEIVERS_MAX} SIP receivers ring at once: CPU per call",
            Aim(at_most=5),
        )
        result.add(
            "bare_fork32_last_invite",
            Spread.median([last for _, last in forked]),
            f"Bare relay, {RINGING_RECEIVERS_MAX} SIP receivers: caller's INVITE to the last INVITE",
            Aim(at_most=5),
        )
        result.add(
            "bare_memory_per_held_call",
            Value.median("kB", [self._held() for _ in range(self._sizes.runs)]),
            "Bare relay: memory per held call",
            Aim(at_most=15),
        )

    def _plain(self) -> tuple[float, Spread]:
        """CPU milliseconds per call, and the delay of the 180, at the common rate."""
        calls = self._sizes.calls
        with self._relay() as pid, self._run() as folder:
            receiver = self._receiver(folder)
            before = machine.cpu_s([pid])
            caller = self._call(folder, calls, _RATE, messages=True)
            counts = caller.finish(calls / _RATE + 20)
            receiver.stop()
            if counts.succeeded != calls:
                raise SippFailed(f"{counts.failed} of {calls} calls failed at {_RATE} calls/s")
            cpu = (machine.cpu_s([pid]) - before) * 1000 / calls
            return cpu, Spread.of("ms", first_answers_ms(caller.messages(), "180"))

    def _highest_clean_rate(self) -> float:
        """The last rate of the ladder before one that is not clean; the relay has one core to itself, sipp the others."""
        best = 0
        *others, own = machine.cores()
        for rate in self._sizes.rates:
            calls = int(rate * self._sizes.rate_s)
            with self._relay(core=own) as _, self._run() as folder:
                receiver = self._receiver(folder, core=others[0] if others else None)
                caller = self._call(folder, calls, rate, core=others[0] if others else None)
                try:
                    counts = caller.finish(self._sizes.rate_s + 10)
                except SippFailed:  # calls that wait for what was lost
                    break
                finally:
                    receiver.stop()
                kept_pace = counts.elapsed_s <= self._sizes.rate_s + 2
                if not (counts.clean and counts.succeeded == calls and receiver.counts().clean and kept_pace):
                    break
                best = rate
        return best

    def _forked(self) -> tuple[float, Spread]:
        """CPU milliseconds per call, and from the caller's INVITE to the last receiver's."""
        calls = self._sizes.forks
        with self._relay(fork=RINGING_RECEIVERS_MAX) as pid, self._run() as folder:
            receiver = self._receiver(folder, messages=True)
            ringers = Sipp(
                "ringer", folder / "ringer", port=self._ringing, to=self._port, messages=True, extra=("-nd",)
            )
            before = machine.cpu_s([pid])
            caller = self._call(folder, calls, _FORKS_PER_S, messages=True)
            counts = caller.finish(calls / _FORKS_PER_S + 20)
            cpu = (machine.cpu_s([pid]) - before) * 1000 / calls
            receiver.stop()
            ringers.stop()
            if counts.succeeded != calls:
                raise SippFailed(f"{counts.failed} of {calls} forked calls failed")
            asked = {
                line.call_id.partition("@")[0]: line.at
                for line in caller.messages()
                if _invite(line.first) and line.sent
            }
            rung: dict[str, list[float]] = defaultdict(list)
            for line in (*receiver.messages(), *ringers.messages()):
                if _invite(line.first) and not line.sent:
                    rung[line.first.split()[1].removeprefix("sip:").partition("@")[0].rpartition(".")[0]].append(
                        line.at
                    )
            last = [(max(at) - asked[call]) * 1000 for call, at in rung.items() if len(at) >= RINGING_RECEIVERS_MAX]
            return cpu, Spread.of("ms", last)

    def _held(self) -> float:
        """Kilobytes that one more answered call keeps, measured over many."""
        held = self._sizes.held
        with self._relay() as pid, self._run() as folder:
            receiver = self._receiver(folder)
            warm = self._call(folder / "warm", 200, _RATE)
            warm.finish(30)
            before = machine.memory_kb(pid)
            caller = self._call(folder, held, 2 * _RATE, extra=("-d", str(_HOLD_MS), "-l", str(held + 1)))
            caller.until_standing(held)
            kept = machine.memory_kb(pid) - before
            caller.process.kill()
            caller.process.wait()
            receiver.stop()
            return kept / held

    @contextmanager
    def _run(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            yield Path(folder)

    def _receiver(self, folder: Path, *, core: int | None = None, messages: bool = False) -> Sipp:
        return Sipp("receiver", folder / "receiver", port=self._answering, to=self._port, core=core, messages=messages)

    def _call(
        self,
        folder: Path,
        calls: int,
        rate: int,
        *,
        core: int | None = None,
        messages: bool = False,
        extra: tuple[str, ...] = ("-d", "0"),
    ) -> Sipp:
        words = ("-r", str(rate), "-m", str(calls), *extra)
        if "-l" not in extra:
            words += ("-l", str(10 * rate))
        return Sipp(
            "caller", folder / "caller", port=self._caller, to=self._port, core=core, messages=messages, extra=words
        )

    @contextmanager
    def _relay(self, *, fork: int = 1, core: int | None = None) -> Iterator[int]:
        """A fresh relay; yields its process id."""
        ports = (self._port, self._caller, self._answering, self._ringing)
        words = [sys.executable, "-m", "antiphon.assembly.bench.relay", *map(str, ports), str(fork)]
        if core is not None:
            words = ["taskset", "-c", str(core), *words]
        process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            text=True,
            env=settings_room.everything() | {"PYTHONPATH": str(_SOURCES)},
        )
        try:
            if process.stdout is None or process.stdout.readline() != "ready\n":
                raise SippFailed("the relay did not start")
            yield process.pid
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _invite(first: str) -> bool:
    return first.startswith("INVITE ")
