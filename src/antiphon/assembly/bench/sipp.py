"""sipp as caller and as receiver: started on loopback ports, its message log read for times, its counters for losses."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from antiphon.errors import Unavailable

SCENARIOS = Path(__file__).with_name("scenarios")
_HOST = "127.0.0.1"


class SippFailed(Unavailable):
    """sipp did not do what it was started for."""

    code = "sipp_failed"


@dataclass(frozen=True, slots=True)
class Line:
    """One message in sipp's log."""

    at: float  # Unix time
    sent: bool
    call_id: str
    cseq: str
    first: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What sipp counted over a run."""

    succeeded: int
    failed: int
    retransmitted: int
    standing: int
    elapsed_s: float

    @property
    def clean(self) -> bool:
        return self.failed == 0 and self.retransmitted == 0


class Sipp:
    """One sipp process; `finish` waits for its end, `stop` ends it."""

    def __init__(
        self,
        scenario: str,
        folder: Path,
        *,
        port: int,
        to: int,
        extra: tuple[str, ...] = (),
        core: int | None = None,
        messages: bool = False,
    ) -> None:
        self._folder = folder
        self._name = scenario
        folder.mkdir(parents=True, exist_ok=True)
        words = ["sipp", f"{_HOST}:{to}", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", _HOST, "-p", str(port)]
        words += ["-nostdin", "-buff_size", "4194304", "-trace_stat", "-stf", "counts.csv", "-fd", "1", *extra]
        if messages:
            words.append("-trace_shortmsg")
        if core is not None:
            words = ["taskset", "-c", str(core), *words]
        words = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", *words]  # none outlives a benchmark that broke off
        with (folder / "screen").open("wb") as screen:
            self.process = subprocess.Popen(
                words, cwd=folder, stdin=subprocess.DEVNULL, stdout=screen, stderr=subprocess.STDOUT
            )

    def finish(self, within_s: float) -> Counts:
        """Wait until every call is over."""
        try:
            status = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.stop()
            raise SippFailed(f"sipp ({self._name}) did not end in time:\n{self._said()}") from None
        if status not in (0, 1):  # 1: at least one call failed, which its counters tell
            raise SippFailed(f"sipp ({self._name}) ended with {status}:\n{self._said()}")
        return self.counts()

    def outcome(self, within_s: float) -> Counts:
        """What became of the calls by then; those that are still under way are given up and not counted as done."""
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.stop()
        return self.counts()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def until_standing(self, calls: int, within_s: float = 60) -> None:
        """Wait until that many calls are held open; sipp writes its counters once a second."""
        wait = Event()
        for _ in range(int(within_s / 0.2)):
            wait.wait(0.2)
            if self.process.poll() is not None:
                break
            with suppress(SippFailed):
                if self.counts().standing >= calls:
                    wait.wait(1.0)  # those that were begun last are answered by then
                    return
        raise SippFailed(f"sipp ({self._name}) could not hold {calls} calls:\n{self._said()}")

    def counts(self) -> Counts:
        """The last line that sipp wrote."""
        try:
            with (self._folder / "counts.csv").open(newline="") as file:
                last = list(csv.DictReader(file, delimiter=";"))[-1]
        except (OSError, IndexError) as error:
            raise SippFailed(f"sipp ({self._name}) counted nothing:\n{self._said()}") from error
        hours, minutes, seconds = last["ElapsedTime(C)"].split(":")[:3]
        elapsed_s = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
        succeeded, failed, retransmitted, standing = (
            int(last[name]) for name in ("SuccessfulCall(C)", "FailedCall(C)", "Retransmissions(C)", "CurrentCall")
        )
        return Counts(succeeded, failed, retransmitted, standing, elapsed_s)

    def messages(self) -> Iterator[Line]:
        """What was sent and received, in order; needs `messages=True`."""
        for path in self._folder.glob("*_shortmessages.log"):
            with path.open(errors="replace") as file:
                for line in file:
                    fields = line.rstrip("\n").split("\t")
                    if len(fields) >= 7:
                        yield Line(float(fields[2]), fields[3] == "S", fields[4], fields[5], fields[6])

    def _said(self) -> str:
        text = (self._folder / "screen").read_text(errors="replace")
        errors = [path.read_text(errors="replace") for path in self._folder.glob("*_errors.log")]
        return (text[-600:] + "\n".join(errors)[-600:]).strip()


def first_answers_ms(messages: Iterator[Line], status: str) -> list[float]:
    """Per call: from the INVITE as it left to the first answer with that status as it came, in milliseconds."""
    asked: dict[str, float] = {}
    waited: list[float] = []
    for line in messages:
        if line.sent and line.first.startswith("INVITE "):
            asked.setdefault(line.call_id, line.at)
        elif not line.sent and line.first.startswith(f"SIP/2.0 {status}") and line.call_id in asked:
            waited.append((line.at - asked.pop(line.call_id)) * 1000)
    return waited
