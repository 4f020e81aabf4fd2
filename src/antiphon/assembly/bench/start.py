"""The benchmark `start`: from a fresh checkout to ready without downloads, and from a stopped installation to ready."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from antiphon.assembly.bench import platform as platform_room
from antiphon.assembly.bench.platform import CHECKOUT
from antiphon.assembly.bench.report import Aim, Result, Spread, Value

_WARM_STARTS, _BARE_STARTS = 7, 3
_LEFT_OUT = (".git", ".build", "node_modules", "dist", "__pycache__")
_NOTES = (
    "Warm start: `./antiphon up --detach` on an installation with its demo that was stopped by `down`, until it returns.",
    "Bare start: the same in a fresh checkout and data folder: Python environment, web client, keys, certificates, database,",
    "  demo and its claim. Packages come from the caches of pip, uv and npm, filled by a start before that is not counted;",
    "  Debian packages are there already.",
)


def run(*, quick: bool) -> Result:
    """Start again and again."""
    result = Result("start", notes=list(_NOTES))
    bare: list[float] = []
    with platform_room.prepared() as platform:
        platform.up()
        platform.down()
        warm = []
        for _ in range(2 if quick else _WARM_STARTS):
            warm.append(platform.up())
            platform.down()
    for number in range(0 if quick else _BARE_STARTS + 1):
        with _fresh_checkout() as checkout, platform_room.prepared(checkout) as platform:
            took_s = platform.up()
            if number:
                bare.append(took_s)
    # the median is judged, as everywhere where one number is: one start in a busy moment says nothing about the others
    result.add("warm_start", Value.median("s", warm), "Stopped installation to ready, median", Aim(at_most=5))
    result.add("warm_starts", Spread.of("s", warm), "Stopped installation to ready, every run")
    if bare:
        result.add("bare_start", Spread.of("s", bare), "Fresh checkout and data folder to ready, without downloads")
    return result


@contextmanager
def _fresh_checkout() -> Iterator[Path]:
    """A copy of this checkout with nothing built, where the installation's user may read it."""
    folder = Path(tempfile.mkdtemp(prefix="antiphon-bench-checkout-", dir="/var/tmp"))
    folder.chmod(0o755)
    checkout = folder / "antiphon"
    try:
        shutil.copytree(CHECKOUT, checkout, ignore=shutil.ignore_patterns(*_LEFT_OUT, "*_cache"))
        yield checkout
    finally:
        shutil.rmtree(folder, ignore_errors=True)
