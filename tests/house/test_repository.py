"""What stands in the repository: pinned locks, nothing generated, no secrets, scripts that can be started."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from antiphon.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ("/__pycache__/", "/node_modules/", "/dist/", "/.build/", "/generated/", ".pyc", ".egg-info/")


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


@pytest.mark.parametrize("name", ["run.lock", "test.lock", "uv.txt"])
def test_locks_pin_versions_and_hashes_and_name_no_addresses(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()
    entries = re.split(r"(?m)^(?=[a-zA-Z0-9])", re.sub(r"(?m)^\s*#.*\n", "", text))
    pinned = [entry for entry in entries if entry.strip()]
    assert pinned
    for entry in pinned:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry
    assert "://" not in text
    assert "index-url" not in text


def test_the_test_lock_holds_the_run_lock() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"(?m)^[A-Za-z0-9._-]+==[^\s;]+", (ROOT / "requirements" / name).read_text()))

    assert pins("run.lock") <= pins("test.lock")


def test_package_lists_hold_one_debian_name_a_line() -> None:
    for name in ("debian.txt", "debian-test.txt"):
        lines = (ROOT / "requirements" / name).read_text().splitlines()
        names = [line for line in lines if line and not line.startswith("#")]
        assert names
        assert all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", one) for one in names)
        assert len(names) == len(set(names))


def test_nothing_generated_is_tracked() -> None:
    assert [name for name in tracked() if any(sign in f"/{name}" for sign in GENERATED)] == []


def test_no_private_key_is_tracked() -> None:
    begin = b"-----BEGIN " + b"PRIVATE KEY"
    also = b"-----BEGIN EC " + b"PRIVATE KEY"
    found = [name for name in tracked() if any(mark in (ROOT / name).read_bytes() for mark in (begin, also))]
    assert found == []


def test_no_secret_has_a_default() -> None:
    secret = re.compile(r"password|secret|token|_key$|credential")
    named = [name for name in Settings.model_fields if secret.search(name)]
    assert [name for name in named if Settings.model_fields[name].default not in (None, "")] == []


def test_every_shipped_script_can_be_started() -> None:
    scripts = [
        name for name in tracked() if (ROOT / name).read_bytes()[:2] == b"#!" and "/templates/" not in f"/{name}"
    ]
    assert "antiphon" in scripts
    assert ".ci/run" in scripts
    assert [name for name in scripts if not os.access(ROOT / name, os.X_OK)] == []


@pytest.mark.parametrize("script", ["antiphon", ".ci/run", "src/antiphon/assembly/engines/guard"])
def test_shell_scripts_can_be_read_by_their_shell(script: str) -> None:
    finished = subprocess.run(["bash", "-n", ROOT / script], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


def test_every_module_says_what_it_owns_in_its_first_line() -> None:
    modules = [path for path in (ROOT / "src").rglob("*.py") if path.read_text().strip()]
    silent = [str(path.relative_to(ROOT)) for path in modules if not path.read_text().startswith('"""')]
    assert silent == []


def test_no_module_outgrows_its_room() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in (ROOT / "src").rglob("*.py")}
    assert {name: size for name, size in sizes.items() if size > 600} == {}
