"""`./antiphon account add`: what it prints is what was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from antiphon import __main__ as command_line
from antiphon.assembly import installation, people
from ops.engines import free_offset


def test_the_door_and_its_digits_are_said_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings, _ = installation.prepare(tmp_path / "data", offset=free_offset(15_800), address="127.0.0.1")
    people.found_company(settings, "Example Ltd", "anna@example.org", "Europe/Vienna", "en")
    account = ["account", "--data", str(settings.data), "add"]
    assert command_line.main([*account, "Hoftor", "--door", "12#"]) == 0
    assert "Door       Hoftor, opened in a call by the digits 12#" in capsys.readouterr().out
    assert command_line.main([*account, "Empfang"]) == 0
    assert "Door" not in capsys.readouterr().out
    assert command_line.main([*account, "Emp\x1b[2Jfang"]) == 1
