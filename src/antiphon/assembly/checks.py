"""Every check and every test of the project: what `./antiphon test` runs, side by side where cores allow, one summary."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from antiphon import settings as settings_room

_ROOT = Path(__file__).resolve().parents[3]
_TESTED = ("src", "tests")
_CORRIDOR = "tests/system/corridor"
_ON_EITHER_DATABASE = ("database", "api", "identity", "devices", "access", "directory", "calls")


@dataclass(frozen=True, slots=True)
class Check:
    """One command; `where` is relative to the repository."""

    name: str
    command: tuple[str, ...]
    where: str = "."


@dataclass(frozen=True, slots=True)
class Result:
    check: Check
    passed: bool
    seconds: float
    output: str


def run(*, long: bool, pytest: list[str]) -> int:
    """0 when everything passed; with words for pytest, only pytest with these."""
    if pytest:
        return subprocess.run(_pytest(*pytest), cwd=_ROOT, env=_environment(), check=False).returncode
    began = time.monotonic()
    results = list(_side_by_side(_quick()))
    # the browser side and the machines need no ports: both cores are used
    results += _side_by_side([*_web(), _units(), _postgresql()])
    # half of it waits for the other half: people in browsers, and everything else that needs the engines
    results += _side_by_side(_systems(long))
    if long:
        results.append(_carry_out(_fuzz(), aloud=True))
    return _summary(results, time.monotonic() - began)


def _quick() -> list[Check]:
    bin_ = Path(sys.executable).parent
    return [
        Check("format", (f"{bin_}/ruff", "format", "--check", "--quiet", *_TESTED)),
        Check("ruff", (f"{bin_}/ruff", "check", "--quiet", *_TESTED)),
        Check("floors", (f"{bin_}/lint-imports", "--no-cache")),
        Check("mypy", (f"{bin_}/mypy",)),
    ]


def _web() -> list[Check]:
    if not (_ROOT / "web" / "package.json").exists():
        return []
    npm = str(Path(sys.executable).parent / "npm")
    return [
        Check("web check", (npm, "run", "--silent", "check"), "web"),
        Check("web tests", (npm, "run", "--silent", "test"), "web"),
    ]


def _units() -> Check:
    return Check("units", _pytest("-n", "2", "--dist", "loadgroup", "-m", "not system and not long", "tests"))


def _postgresql() -> Check:
    """The rooms once more, on the other database."""
    rooms = (f"tests/{room}" for room in _ON_EITHER_DATABASE)
    chosen = ("--database", "postgresql", "-m", "not system and not long and not sqlite")
    return Check("postgresql", _pytest("-n", "2", "--dist", "loadgroup", *chosen, *rooms))


def _systems(long: bool) -> list[Check]:
    marked = "system or long" if long else "system and not long"
    return [
        Check("corridor", _pytest("-m", marked, _CORRIDOR)),
        Check("systems", _pytest("-m", marked, "--ignore", _CORRIDOR, "tests")),
    ]


def _fuzz() -> Check:
    """A million messages a contract; the short runs are among the units (docs/fuzzing.md)."""
    return Check("fuzz", (sys.executable, "-m", "tests.fuzz", "all", "--messages", "1000000", "--jobs", "2"))


def _pytest(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "pytest", "--color=no", *words)


def _environment() -> dict[str, str]:
    """Tests make their own data folders: none of ours shines through."""
    environment = settings_room.everything()
    environment.pop("ANTIPHON_DATA", None)
    environment["PYTHONPATH"] = str(_ROOT / "src")
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment.get('PATH', '/usr/bin:/bin')}"
    return environment


def _side_by_side(checks: list[Check]) -> Iterable[Result]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield from pool.map(_carry_out, checks)


def _carry_out(check: Check, *, aloud: bool = False) -> Result:
    """Run one check; its output is printed when it fails, or `aloud` as it comes."""
    _say(f"{check.name} ...")
    began = time.monotonic()
    finished = subprocess.run(
        check.command,
        cwd=_ROOT / check.where,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=None if aloud else subprocess.PIPE,
        stderr=None if aloud else subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    passed = finished.returncode == 0
    result = Result(check, passed, time.monotonic() - began, finished.stdout or "")
    _say(f"{check.name} {'passed' if passed else 'FAILED'} after {result.seconds:.1f} s")
    if not passed and result.output:
        sys.stdout.write(result.output.rstrip() + "\n")
    elif check.name in ("units", "postgresql", "web tests", "corridor", "systems"):
        sys.stdout.write("\n".join(result.output.rstrip().splitlines()[-1:]) + "\n")
    sys.stdout.flush()
    return result


def _summary(results: list[Result], seconds: float) -> int:
    failed = [result for result in results if not result.passed]
    for result in results:
        sys.stdout.write(
            f"{'passed' if result.passed else 'FAILED':<7} {result.check.name:<10} {result.seconds:6.1f} s\n"
        )
    sys.stdout.write(f"In all {seconds:.0f} s.\n")
    sys.stdout.write(f"{len(results) - len(failed)} passed, {len(failed)} failed\n")
    sys.stdout.flush()
    return 1 if failed else 0


def _say(words: str) -> None:
    sys.stderr.write(f"antiphon: {words}\n")
    sys.stderr.flush()
