"""One contract under atheris in this process: `python -m tests.fuzz.child`, started by the runner, one JSON line per report.

Everything that is to be measured is imported while atheris instruments it, so this module imports nothing of ours before.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

REPORT_EVERY_S = 1.0
COLLECT_EVERY_INPUTS = 1_000


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("target")
    words.add_argument("--messages", type=int, required=True)
    words.add_argument("--seed", type=int, required=True)
    words.add_argument("--folder", type=Path, required=True)
    words.add_argument("--plant", default="")
    asked = words.parse_args()
    import atheris

    with atheris.instrument_imports(include=["antiphon", "antiphon_station"], enable_loader_override=False):
        target = importlib.import_module(f"tests.fuzz.targets.{asked.target}").TARGET()
    if asked.plant:
        importlib.import_module("tests.fuzz.planted").plant(asked.plant)
    _Run(atheris, target, asked).start()


class _Run:
    """Counts messages and reports; ends the process when there were enough."""

    def __init__(self, atheris: Any, target: Any, asked: argparse.Namespace) -> None:
        self._atheris, self._target, self._asked = atheris, target, asked
        self._messages = self._inputs = 0
        self._began = self._reported = time.monotonic()

    def start(self) -> None:
        folder: Path = self._asked.folder
        seeds = folder / "seeds"
        seeds.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(self._target.seeds()):
            (seeds / f"{number:03}").write_bytes(seed)
        options = [
            f"-seed={self._asked.seed or 1}",
            "-runs=-1",
            "-max_len=70000",
            "-len_control=0",
            # both go by the clock: the same seed would not give the same run
            "-reload=0",
            "-entropic=0",
            "-timeout=30",
            "-rss_limit_mb=1500",
            f"-artifact_prefix={folder}/",
            "-print_final_stats=0",
            str(seeds),
        ]
        self._atheris.Setup([sys.argv[0], *options], self._one, custom_mutator=self._mutate)
        self._report("started")
        gc.disable()
        self._atheris.Fuzz()

    def _one(self, data: bytes) -> None:
        self._messages += self._target.run(data)
        self._inputs += 1
        if self._inputs % COLLECT_EVERY_INPUTS == 0:
            # between messages: the fuzzer's own memory grows, and looking through it is no message's time
            gc.collect()
            gc.freeze()
        if self._messages >= self._asked.messages:
            self._report("done")
            os._exit(0)  # libFuzzer's own end prints and checks nothing that we need
        if time.monotonic() - self._reported >= REPORT_EVERY_S:
            self._report("running")

    def _mutate(self, data: bytes, max_size: int, seed: int) -> bytes:
        changed: bytes = self._target.mutate(data, Random(seed), self._atheris.Mutate)
        return changed[:max_size]

    def _report(self, state: str) -> None:
        self._reported = time.monotonic()
        seconds = self._reported - self._began
        line = {"state": state, "messages": self._messages, "inputs": self._inputs, "seconds": round(seconds, 2)}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
