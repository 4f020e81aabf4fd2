"""A full disk and a locked database: a ring still rings, what could not be written is said and written later."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from corridor.platform_under_test import Platform
from corridor.stranger import LogReader, Office, Socket, until
from corridor.visitor import Visitor

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("unharmed")]
LOCKED_S = 3.0


@pytest.fixture
def calls_log(platform: Platform) -> LogReader:
    return LogReader(platform.data / "log" / "calls.log")


@contextmanager
def full_disk(platform: Platform) -> Iterator[None]:
    """Nothing fits on the installation's disk any more."""
    ballast = platform.data / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 20))
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(256))
    try:
        yield
    finally:
        ballast.unlink()


def rings_and_leaves(visitor: Visitor, on_duty: Socket, within_s: float = 10.0) -> tuple[str, float]:
    """One ordinary call; its id, and how long it took to ring."""
    began = time.monotonic()
    visitor.press()
    call_id = on_duty.hears("ring", within_s=within_s)["call_id"]
    waited_s = time.monotonic() - began
    visitor.hang_up()
    on_duty.hears("ring_ended", call_id=call_id)
    visitor.is_idle()
    return str(call_id), waited_s


def recorded(office: Office, call_id: str) -> bool:
    answer = office.http.get(f"/api/v1/calls/{call_id}")
    return answer.status_code == 200 and answer.json()["cause"] == "cancelled"


def test_a_full_disk_stops_no_ring_and_loses_no_record(
    platform: Platform, visitor: Visitor, office: Office, on_duty: Socket, calls_log: LogReader
) -> None:
    if not platform.own_disk:
        pytest.xfail("this user may not mount a small disk to fill")
    parts = platform.parts()
    with full_disk(platform):
        calls = [rings_and_leaves(visitor, on_duty)[0] for _ in range(3)]
        refused = office.http.post("/api/v1/stations", json={"name": "Voll " * 20, "place_id": office.site_id})
        if refused.status_code != 201:  # the last free page of the file may have taken it
            assert (refused.status_code, refused.json()["code"]) == (507, "storage_full")
        assert {state for state, _ in platform.parts().values()} == {"up"}
    for call_id in calls:
        until("the record is written after all", lambda call_id=call_id: recorded(office, call_id), within_s=20)
    assert platform.parts() == parts
    assert office.add("Wieder Platz")["id"]
    late = [json.loads(line) for line in calls_log.text().splitlines() if '"record written late"' in line]
    lost = [line for line in calls_log.text().splitlines() if '"record not written"' in line]
    assert {entry["call_id"] for entry in late} or not lost


def test_a_database_that_another_process_locks(
    platform: Platform, visitor: Visitor, office: Office, on_duty: Socket
) -> None:
    path = platform.data / "db" / "antiphon.sqlite"
    assert os.access(path, os.W_OK)
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        database = sqlite3.connect(path, isolation_level=None, timeout=5)
        database.execute("BEGIN IMMEDIATE")
        held.set()
        release.wait(LOCKED_S)
        database.execute("ROLLBACK")
        database.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(5)
        call_id, waited_s = rings_and_leaves(visitor, on_duty)
    finally:
        release.set()
        holder.join()
    assert waited_s < LOCKED_S + 1.5
    until("the record is written", lambda: recorded(office, call_id))
