"""The verb `bench`: which benchmarks there are, running one or all, and what is printed and written."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from antiphon import log
from antiphon.assembly.bench import machine, plot
from antiphon.assembly.bench.report import Result
from antiphon.errors import BadInput


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One of them: what it measures in a line, and how it is run."""

    words: str
    run: Callable[[bool], Result]


def _room(name: str) -> Callable[[bool], Result]:
    """Runs the benchmark in that module, which is imported only then: what some need is installed for their runs alone."""

    def run(quick: bool) -> Result:
        measured: Result = import_module(f"antiphon.assembly.bench.{name}").run(quick=quick)
        return measured

    return run


BENCHMARKS = {
    "door-call": Benchmark(
        "button to ring, ring to picture, Answer to sound on both sides, Open to relay; three and thirty-two receivers",
        _room("door_call"),
    ),
    "sip": Benchmark(
        "CPU, delay, rate and memory of calls: the SIP core alone, and the whole chain",
        _room("sip"),
    ),
    "api": Benchmark(
        "lists, search and tree of a company with 100,000 people and stations, on SQLite and on PostgreSQL",
        _room("api"),
    ),
    "plan": Benchmark(
        "who rings now: twenty rules and thirty-two members, the planner alone",
        _room("plan"),
    ),
    "start": Benchmark(
        "from a checkout to ready without downloads, and from a stopped installation to ready",
        _room("start"),
    ),
}
ALL = "all"


def run(name: str | None, file: Path | None, *, quick: bool) -> int:
    """Run the named benchmark; 0 also when aims are missed, for they are told. Without a name, list them."""
    if name is None:
        wide = max(len(known) for known in BENCHMARKS)
        for known, benchmark in BENCHMARKS.items():
            sys.stdout.write(f"{known.ljust(wide)}  {benchmark.words}\n")
        sys.stdout.write(f"{ALL.ljust(wide)}  each of them in turn\n")
        return 0
    if name != ALL and name not in BENCHMARKS:
        raise BadInput(f"There is no benchmark {name}. There are: {', '.join((*BENCHMARKS, ALL))}.")
    if name == ALL and file is not None:
        raise BadInput("--json takes one benchmark's result: name the benchmark, or leave --json out.")
    log.configure("bench", "warning")
    for number in (signal.SIGTERM, signal.SIGHUP):  # what was started is stopped and removed, as after Ctrl-C
        signal.signal(number, _interrupted)
    for one in BENCHMARKS if name == ALL else (name,):
        _one(one, file or Path(f"bench-{one}.json"), quick=quick)
    return 0


def _one(name: str, file: Path, *, quick: bool) -> None:
    here = machine.this_machine()
    before, began = machine.load(), machine.busy_s()
    _say(f"{name}: {BENCHMARKS[name].words}")
    result = BENCHMARKS[name].run(quick)
    busy, had = (now - then for now, then in zip(machine.busy_s(), began, strict=True))
    load = f"load {before:.1f} before, {machine.load():.1f} after; cores busy {busy / max(had, 0.01):.0%} meanwhile"
    sys.stdout.write(f"\n{name}\n{here}\n{load}\n\n{result.table()}\n")
    if result.missed:
        sys.stdout.write(f"Missed: {len(result.missed)} of {len(result.aims)} aims ({', '.join(result.missed)})\n")
    else:
        sys.stdout.write(f"All {len(result.aims)} aims met.\n")
    drawing = file.with_suffix(".svg")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result.as_json(), indent=2) + "\n")
    drawing.write_text(plot.svg(result, f"{here}; {load}"))
    sys.stdout.write(f"Written: {file} and {drawing}\n")
    sys.stdout.flush()


def _interrupted(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def _say(words: str) -> None:
    sys.stderr.write(f"antiphon: {words}\n")
    sys.stderr.flush()
