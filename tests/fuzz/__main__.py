"""`python -m tests.fuzz sip|sdp|ng|mqtt|websocket|media|claim|all [--messages N] [--seed S] [--jobs N] [--replay FILE]`."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from tests.fuzz import runner
from tests.fuzz.targets import NAMES


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz what others may send us.")
    words.add_argument("target", choices=(*NAMES, "all"))
    words.add_argument("--messages", type=int, default=1_000_000, help="for each contract (1,000,000)")
    words.add_argument("--seed", type=int, default=1, help="the same seed gives the same run (1)")
    words.add_argument("--jobs", type=int, default=1, help="contracts at a time (1)")
    words.add_argument("--replay", type=Path, help="only this input, in this process, with its whole trace")
    asked = words.parse_args()
    if asked.replay is not None:
        data = asked.replay.read_bytes()
        count = importlib.import_module(f"tests.fuzz.targets.{asked.target}").TARGET().run(data)
        print(f"{asked.target}: nothing broke in {count} messages of {asked.replay}")
        return 0
    targets = list(NAMES) if asked.target == "all" else [asked.target]
    outcomes = runner.run_all(targets, messages=asked.messages, seed=asked.seed, jobs=asked.jobs, say=_say)
    _say("")
    for outcome in outcomes:
        _say(
            outcome.report()
            if outcome.done
            else f"{outcome.target:<10} {outcome.messages:>9,} messages, BROKEN: see above"
        )
    broken = sum(not outcome.done for outcome in outcomes)
    _say(f"{len(outcomes) - broken} passed, {broken} failed")
    return 1 if broken else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
