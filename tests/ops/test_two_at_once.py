"""Two `./antiphon` at once in a tree where nothing is built yet: one builds, the other waits and finds it built."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from antiphon import settings

SCRIPT = Path(__file__).resolve().parents[2] / "antiphon"
# Builds once somebody says so, and fails where another one builds.
NPM = """#!/bin/sh
echo built >>"{tree}/builds"
mkdir "{tree}/building" || exit 1
read _ <"{tree}/go"
rmdir "{tree}/building"
mkdir -p "{tree}/web/dist" && touch "{tree}/web/dist/index.html"
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The script in a checkout that has everything but the web client's build."""
    for folder in ("requirements", "web/node_modules", "src/antiphon/wire", ".build/venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(SCRIPT, tmp_path)
    for name in ("debian.txt", "debian-test.txt", "run.lock", "test.lock"):
        (tmp_path / "requirements" / name).touch()
    for name in (".build/environment.lock", ".build/npm.done", "web/package.json", "web/package-lock.json"):
        (tmp_path / name).touch()
    for name, text in (("python", "#!/bin/sh\n"), ("npm", NPM.format(tree=tmp_path))):
        (tmp_path / ".build/venv/bin" / name).write_text(text)
        (tmp_path / ".build/venv/bin" / name).chmod(0o755)
    os.mkfifo(tmp_path / "go")
    return tmp_path


@contextmanager
def started(tree: Path) -> Iterator[subprocess.Popen[str]]:
    command, surroundings = [str(tree / "antiphon"), "test"], settings.everything()
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=surroundings, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def told(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline()


def build_on(tree: Path) -> None:
    with (tree / "go").open("w") as go:
        go.write("\n")


def test_the_second_waits_for_the_firsts_build(tree: Path) -> None:
    with started(tree) as first:
        assert "building" in told(first)
        with started(tree) as second:
            assert "waiting" in told(second)
            build_on(tree)
            assert (first.wait(30), second.wait(30)) == (0, 0)
    assert (tree / "builds").read_text() == "built\n"
    assert (tree / ".build/web.done").exists()


def test_nobody_waits_for_one_that_is_through(tree: Path) -> None:
    with started(tree) as first:
        assert "building" in told(first)
        build_on(tree)
        assert first.wait(30) == 0
    with started(tree) as later:
        assert told(later) == ""
        assert later.wait(30) == 0
