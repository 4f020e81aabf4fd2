"""The station's journal: a disk that is slow or full costs lines at worst, never an answer."""

from __future__ import annotations

import json
import os
from pathlib import Path

from antiphon_station.control import Json
from antiphon_station.journal import Journal


def test_a_disk_that_does_not_answer_delays_nothing(tmp_path: Path) -> None:
    """A pipe that nobody reads: whoever opens it waits, like a card that is busy."""
    told: list[Json] = []
    path = tmp_path / "events.jsonl"
    os.mkfifo(path)
    journal = Journal(path, told.append)
    journal.event("pressed", button="main")
    assert [entry["event"] for entry in told] == ["pressed"], "it was told at once"
    with path.open(encoding="utf-8") as reader:
        assert json.loads(reader.readline())["button"] == "main"
    journal.close()


def test_everything_is_written_in_order_before_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    journal = Journal(path, lambda _: None)
    for number in range(200):
        journal.event("counted", number=number)
    journal.close()
    journal.event("late")
    assert [json.loads(line)["number"] for line in path.read_text().splitlines()] == list(range(200))


def test_a_journal_that_cannot_be_written_loses_its_lines_and_nothing_else(tmp_path: Path) -> None:
    told: list[Json] = []
    journal = Journal(tmp_path / "gone" / "events.jsonl", told.append)
    journal.event("pressed")
    journal.close()
    assert len(told) == 1
