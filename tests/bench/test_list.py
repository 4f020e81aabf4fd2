"""Which benchmarks there are is told on a machine on which nothing is installed for them yet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from antiphon import settings as settings_room

_SOURCES = Path(__file__).resolve().parents[2] / "src"
_WITHOUT_TEST_PACKAGES = """
import sys
for package in ("playwright", "pytest", "psutil", "httpx"):
    sys.modules[package] = None
sys.argv = ["antiphon", "bench"]
from antiphon.__main__ import main
raise SystemExit(main())
"""


def test_the_list_needs_no_package_of_the_benchmarks() -> None:
    told = subprocess.run(
        [sys.executable, "-c", _WITHOUT_TEST_PACKAGES],
        env=settings_room.everything() | {"PYTHONPATH": str(_SOURCES)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stderr == ""
    assert [line.split()[0] for line in told.stdout.splitlines()] == ["door-call", "sip", "api", "plan", "start", "all"]
