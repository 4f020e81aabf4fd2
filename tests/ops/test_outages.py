"""The journal of outages: begins once, ends once, is bounded, and survives what is no journal."""

from __future__ import annotations

import asyncio
import itertools
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from antiphon import limits
from antiphon.assembly.engines import health, watch
from antiphon.assembly.engines.outages import Journal, Outage, keep, last_end, outages
from antiphon.assembly.engines.parts import Part
from antiphon.settings import Settings

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def test_an_outage_begins_and_ends_once() -> None:
    journal = Journal(())
    assert journal.began("kamailio", AT, "killed by SIGKILL")
    assert not journal.began("kamailio", later(1), "ended with status 1"), "still the same outage"
    assert list(journal.open) == ["kamailio"]
    over = journal.answered("kamailio", later(2.5))
    assert over is not None
    assert over.lasted_s == 2.5
    assert journal.answered("kamailio", later(3)) is None
    assert not journal.began("kamailio", AT, "killed by SIGKILL"), "the guard's note of it is read again and again"
    assert journal.began("kamailio", later(60), "killed by SIGKILL")


def test_what_was_kept_is_read_back_and_the_oldest_leave_first(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    many = tuple(Outage("api", later(n), later(n + 0.5), "ended with status 1") for n in range(limits.OUTAGES_KEPT + 3))
    keep(tmp_path, (*many, Outage("worker", later(9_999), None, "killed by SIGKILL")))
    known = outages(tmp_path)
    assert len(known) == limits.OUTAGES_KEPT
    assert known[0] == many[4]
    assert known[-1].until is None
    assert str(known[-1]) == "down since 2026-11-23 05:46:39+00:00: killed by SIGKILL"


@pytest.mark.parametrize("rubbish", ["", "[", "{}x"])
def test_a_broken_journal_is_an_empty_one(tmp_path: Path, rubbish: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "outages.json").write_text(rubbish)
    assert outages(tmp_path) == ()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (137, "killed by SIGKILL"),
        (139, "killed by SIGSEGV"),
        (1, "ended with status 1"),
        (255, "ended with status 255"),
    ],
)
def test_how_a_part_ended_is_said_in_words(tmp_path: Path, status: int, words: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "api.ended").write_text(f"{AT.timestamp():.3f} {status}\n")
    assert last_end(tmp_path, "api") == (AT, words)
    assert last_end(tmp_path, "calls") is None


async def test_a_part_that_hangs_is_noticed_and_its_end_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.run.mkdir(parents=True, exist_ok=True)
    answers = {"now": False}

    def probe(_: Settings, part: Part) -> str:
        if part.name == "coturn" and not answers["now"]:
            raise TimeoutError("timed out")
        return "fine"

    monkeypatch.setattr(health, "probe", probe)
    monkeypatch.setattr(watch, "OUTAGE_PROBE_S", 0.0)
    monkeypatch.setattr(watch, "OUTAGE_LOOK_S", 0.001)
    changed, loop = asyncio.Event(), asyncio.get_running_loop()

    def keep_and_tell(data: Path, known: tuple[Outage, ...]) -> None:
        keep(data, known)
        loop.call_soon_threadsafe(changed.set)

    monkeypatch.setattr(watch, "keep", keep_and_tell)
    watching = asyncio.create_task(watch.OutageWatch(settings).run())
    try:
        async with asyncio.timeout(10):
            await changed.wait()
            changed.clear()
            (hangs,) = outages(settings.data)
            assert (hangs.part, hangs.until, hangs.reason) == ("coturn", None, "does not answer: timed out")
            answers["now"] = True
            await changed.wait()
            assert outages(settings.data)[0].until is not None
    finally:
        watching.cancel()


async def test_what_changes_while_the_journal_is_written_is_written_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a slow disk: a part answers again while its outage is on the way to the disk."""
    settings.run.mkdir(parents=True, exist_ok=True)
    asked, writing, pause = itertools.count(), threading.Event(), threading.Event()

    def probe(_: Settings, part: Part) -> str:
        if part.name == "coturn":
            if next(asked) < 2:
                raise TimeoutError("timed out")
            writing.wait(10)
        return "fine"

    kept, loop = asyncio.Event(), asyncio.get_running_loop()

    def keep_slowly(data: Path, known: tuple[Outage, ...]) -> None:
        writing.set()
        while known[-1].until is None and watcher._journal.open and not watching.done():
            pause.wait(0.001)
        keep(data, known)
        loop.call_soon_threadsafe(kept.set)

    monkeypatch.setattr(health, "probe", probe)
    monkeypatch.setattr(watch, "OUTAGE_PROBE_S", 0.0)
    monkeypatch.setattr(watch, "OUTAGE_LOOK_S", 0.001)
    monkeypatch.setattr(watch, "keep", keep_slowly)
    watcher = watch.OutageWatch(settings)
    watching = asyncio.create_task(watcher.run())
    try:
        async with asyncio.timeout(10):
            while not (found := outages(settings.data)) or found[0].until is None:
                await kept.wait()
                kept.clear()
    finally:
        watching.cancel()
