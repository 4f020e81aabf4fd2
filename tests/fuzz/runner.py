"""Runs contracts under fuzz, each in a process of its own, tells how it goes, and keeps what was found."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from antiphon import settings as settings_room

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".build" / "fuzz"
_COVERAGE = re.compile(r"cov: (\d+)")
_ARTIFACT = re.compile(r"Test unit written to (\S+)")
_TOLD_LINES = 60


@dataclass
class Outcome:
    """How one contract came through. `found` is the input that broke it, `told` what was printed about it."""

    target: str
    seed: int
    messages: int = 0
    seconds: float = 0.0
    coverage: int = 0
    done: bool = False
    found: Path | None = None
    told: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.messages / self.seconds if self.seconds else 0.0

    def report(self) -> str:
        """One line, or everything that is needed to see the fault again."""
        if self.done:
            return f"{self.target:<10} {self.messages:>9,} messages, {self.rate:>7,.0f}/s, coverage {self.coverage:>5}, nothing found"
        lines = [f"{self.target}: FOUND after {self.messages:,} messages with seed {self.seed}", *self.told]
        if self.found is not None:
            lines += [
                f"Again:         python -m tests.fuzz {self.target} --replay {self.found}",
                f"Test case:     tests/fuzz/found/{self.target}-NAME.txt holding",
                *_wrapped(self.found.read_bytes().hex()),
            ]
        return "\n".join(lines)


def _wrapped(text: str) -> list[str]:
    return [f"    {text[at : at + 120]}" for at in range(0, len(text), 120)]


def run(
    target: str,
    *,
    messages: int,
    seed: int,
    folder: Path = KEPT,
    plant: str = "",
    progress: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """One contract until it has taken so many messages, or broke."""
    home = folder / target
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    command = [sys.executable, "-m", "tests.fuzz.child", target, "--messages", str(messages), "--seed", str(seed)]
    command += ["--folder", str(home), *(["--plant", plant] if plant else [])]
    outcome = Outcome(target, seed)
    child = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
    )  # fmt: skip
    complaints = threading.Thread(target=_listen, args=(child, outcome), daemon=True)
    complaints.start()
    assert child.stdout is not None
    for line in child.stdout:
        if not line.startswith("{"):
            outcome.told.append(line.rstrip())
            continue
        report = json.loads(line)
        outcome.messages, outcome.seconds = report["messages"], report["seconds"]
        outcome.done = report["state"] == "done"
        if progress is not None:
            progress(outcome)
    status = child.wait()
    complaints.join()
    outcome.done = outcome.done and status == 0
    outcome.told = outcome.told[-_TOLD_LINES:]
    return outcome


def _listen(child: subprocess.Popen[str], outcome: Outcome) -> None:
    """libFuzzer's own words: the coverage, and a finding with its trace."""
    assert child.stderr is not None
    for line in child.stderr:
        if line.startswith(("#", "INFO", "\t")):
            if counted := _COVERAGE.search(line):
                outcome.coverage = int(counted.group(1))
        elif written := _ARTIFACT.search(line):
            outcome.found = Path(written.group(1))
        else:
            outcome.told.append(line.rstrip()[:400])


def environment() -> dict[str, str]:
    """The same for every run: what differs between runs is the seed alone."""
    values = settings_room.everything()
    values.pop("ANTIPHON_DATA", None)
    return values | {
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def run_all(targets: list[str], *, messages: int, seed: int, jobs: int, say: Callable[[str], None]) -> list[Outcome]:
    """Several contracts, `jobs` at a time; a line about each every ten seconds and at its end."""
    spoken: dict[str, float] = {}

    def progress(outcome: Outcome) -> None:
        now = time.monotonic()
        if outcome.messages and not outcome.done and now - spoken.setdefault(outcome.target, now) >= 10:
            spoken[outcome.target] = now
            left_s = (messages - outcome.messages) / max(1.0, outcome.rate)
            say(
                f"{outcome.target:<10} {outcome.messages:>9,} of {messages:,}, {outcome.rate:,.0f}/s, coverage {outcome.coverage}, "
                f"{left_s:,.0f} s to go"
            )

    def one(target: str) -> Outcome:
        outcome = run(target, messages=messages, seed=seed, progress=progress)
        say(outcome.report())
        return outcome

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return list(pool.map(one, targets))
