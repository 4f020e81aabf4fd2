"""Every contract a few thousand messages in each run of the tests, what was ever found, and that the fuzzer finds faults."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.fuzz import runner
from tests.fuzz.script import Step, read, write
from tests.fuzz.target import PromiseBroken, Target
from tests.fuzz.targets import NAMES

# A few seconds each; a million each is `./antiphon test --long`.
SHORT = {"sip": 6_000, "sdp": 2_500, "ng": 6_000, "mqtt": 1_500, "websocket": 2_500, "media": 10_000, "claim": 2_000}
FOUND = Path(__file__).with_name("found")


def target(name: str) -> Target:
    made: Target = importlib.import_module(f"tests.fuzz.targets.{name}").TARGET()
    return made


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", NAMES)
def test_thousands_of_messages_break_nothing(name: str, tmp_path: Path) -> None:
    outcome = runner.run(name, messages=SHORT[name], seed=3, folder=tmp_path)
    assert outcome.done, outcome.report()
    assert outcome.messages >= SHORT[name]
    assert outcome.coverage > 50, "nothing was measured"


@pytest.mark.parametrize("path", sorted(FOUND.glob("*.txt")), ids=lambda path: path.stem)
def test_what_was_once_found_stays_mended(path: Path) -> None:
    name, _, _ = path.stem.partition("-")
    assert target(name).run(bytes.fromhex(path.read_text())) >= 1


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("plant", "words"),
    [("rare header", "KeyError"), ("header slipped in", "PromiseBroken: headers that we never write")],
)
def test_a_planted_fault_is_found_and_can_be_seen_again(plant: str, words: str, tmp_path: Path) -> None:
    outcome = runner.run(
        "sip", messages=400_000, seed=1, folder=tmp_path, plant=plant
    )  # found within 100,000 as a rule
    assert not outcome.done
    assert words in outcome.report()
    assert outcome.found is not None
    assert target("sip").run(outcome.found.read_bytes()) >= 1, "without the planted fault the same input is harmless"


def test_the_same_seed_gives_the_same_run(tmp_path: Path) -> None:
    runs = [runner.run("media", messages=8_000, seed=7, folder=tmp_path / str(number)) for number in range(2)]
    assert runs[0].done
    assert (runs[0].messages, runs[0].coverage) == (runs[1].messages, runs[1].coverage)


def test_a_script_reads_as_it_was_written() -> None:
    steps = [Step(0, b""), Step(2, b"abc"), Step(1, b"x" * 9_000)]
    assert read(write(steps), 3) == steps


def test_any_bytes_are_a_script() -> None:
    assert read(b"\xff\x00", 3) == []
    assert read(b"\x04\xff\xffshort", 3) == [Step(1, b"short")]


def test_a_broken_promise_is_a_finding_of_its_own() -> None:
    with pytest.raises(PromiseBroken, match="Content-Length"):
        importlib.import_module("tests.fuzz.targets.sip").check_sent(
            b"SIP/2.0 200 OK\r\nVia: x\r\nFrom: a\r\nTo: b\r\nCall-ID: c\r\nCSeq: 1 BYE\r\nContent-Length: 5\r\n\r\nshort!"
        )
