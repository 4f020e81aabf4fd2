"""The floors, the station's frugality, the purity of protocols and the front doors hold; each rule is proven by a planted fault."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from antiphon import settings

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.executable).parent / "lint-imports"
ROOMS = ("tenancy", "identity", "directory", "devices", "access", "calls", "notify")
# What a room shows besides its package: ports for gateways, HTTP routers, and for the role that issues certificates its authority.
FRONT = {"ports", "routes"}
# The lowest room also shows what every room above asks, pages, judges, finds and words with.
TENANCY_FRONT = {"asking", "paging", "rights", "search", "views"}
# The pure part of the directory has a door of its own.
RINGS = "antiphon.directory.rings"
# Where everything is wired, every room's inside may be named.
WIRING = ("antiphon.assembly", "antiphon.__main__")


def lint(where: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINTER, "--no-cache"],
        cwd=where,
        env={**settings.everything(), "PYTHONPATH": str(where / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The product's source, free to be spoilt."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_holds() -> None:
    finished = lint(ROOT)
    assert finished.returncode == 0, finished.stdout


@pytest.mark.parametrize(
    ("module", "fault", "contract"),
    [
        ("antiphon/errors.py", "import antiphon.log", "Upper floors import lower ones, never the other way"),
        (
            "antiphon/calls/__init__.py",
            "import antiphon.gateways",
            "Upper floors import lower ones, never the other way",
        ),
        ("antiphon/wire/station.py", "import antiphon.database", "Upper floors import lower ones, never the other way"),
        ("antiphon/unfloored/__init__.py", '"""On no floor."""', "Upper floors import lower ones, never the other way"),
        ("antiphon_station/__init__.py", "import antiphon.settings", "The station imports wire, limits and errors"),
        ("antiphon_station/__init__.py", "import fastapi", "The station imports wire, limits and errors"),
        ("antiphon/wire/sip/__init__.py", "import socket", "Protocols are sans-IO"),
        ("antiphon/wire/sdp/__init__.py", "import time", "Protocols are sans-IO"),
    ],
)
def test_a_planted_fault_is_found(copy: Path, module: str, fault: str, contract: str) -> None:
    spoilt = copy / "src" / module
    spoilt.parent.mkdir(exist_ok=True)
    before = spoilt.read_text() if spoilt.exists() else ""
    spoilt.write_text(f"{before}\n{fault}\n")
    finished = lint(copy)
    assert finished.returncode != 0
    broken = [line for line in finished.stdout.splitlines() if "BROKEN" in line]
    assert any(contract in line for line in broken), finished.stdout


def through_the_wall(source: Path) -> list[str]:
    """Imports that reach past a room's front door, as `importer -> imported`."""
    sys.path.insert(0, str(source))
    try:
        graph = grimp.build_graph("antiphon", cache_dir=None)
    finally:
        sys.path.remove(str(source))
    found = []
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            parts = imported.split(".")
            if len(parts) < 3 or parts[1] not in ROOMS or parts[2] in FRONT:
                continue
            if (parts[1] == "tenancy" and parts[2] in TENANCY_FRONT) or imported == RINGS:
                continue
            room = ".".join(parts[:2])
            if importer.startswith((room + ".", *WIRING)) or importer == room:
                continue
            found.append(f"{importer} -> {imported}")
    return sorted(found)


def test_rooms_are_entered_by_their_front_door() -> None:
    assert through_the_wall(ROOT / "src") == []


def test_an_import_through_the_wall_is_found(copy: Path) -> None:
    (copy / "src" / "antiphon" / "tenancy" / "private.py").write_text('"""Nobody else\'s business."""\n')
    spoilt = copy / "src" / "antiphon" / "gateways" / "spoilt.py"
    spoilt.write_text('"""Reaches through the wall."""\n\nimport antiphon.tenancy.private\n')
    listed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
            "import test_floors; print(test_floors.through_the_wall(Path(sys.argv[2])))",
            str(Path(__file__).parent),
            str(copy / "src"),
        ],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(copy / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "antiphon.gateways.spoilt -> antiphon.tenancy.private" in listed.stdout
