"""An installation that `up` has made, without anything running."""

from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.assembly import installation
from antiphon.settings import Settings


@pytest.fixture
def installed(tmp_path: Path, free_ports: int) -> Settings:
    settings, _ = installation.prepare(tmp_path / "one", offset=free_ports, address="127.0.0.1")
    return settings


@pytest.fixture
def free_ports() -> int:
    from ops.engines import free_offset

    return free_offset(15_400)
