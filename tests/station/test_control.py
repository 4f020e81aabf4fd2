"""The control socket, the settings and the command line."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import BadInput
from antiphon_station.__main__ import main
from antiphon_station.backoff import BackOff
from antiphon_station.config import Folder, read_settings
from antiphon_station.control import LINE_MAX_BYTES, ControlServer, Json, ask, parse_request
from antiphon_station.errors import AlreadyRunning, BadConfiguration, NoCall, NotRunning


async def answer(request: Json) -> Json:
    if request["do"] == "hang_up":
        raise NoCall
    return {"did": request["do"]}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ControlServer]:
    server = ControlServer(tmp_path / "control.sock", answer)
    await server.start()
    yield server
    await server.stop()


async def test_requests_are_answered(server: ControlServer, tmp_path: Path) -> None:
    assert await asyncio.to_thread(ask, tmp_path, {"do": "press"}) == {"ok": True, "did": "press"}
    refused = await asyncio.to_thread(ask, tmp_path, {"do": "hang_up"})
    assert refused == {"ok": False, "code": "no_call", "detail": "There is no call now."}
    unknown = await asyncio.to_thread(ask, tmp_path, {"do": "dance"})
    assert (unknown["ok"], unknown["code"]) == (False, "bad_input")


async def test_only_the_owner_may_connect(server: ControlServer, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "control.sock").stat().st_mode) == 0o600


async def test_who_watches_sees_every_event(server: ControlServer, tmp_path: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "control.sock"))
    writer.write(b'{"do": "watch"}\n')
    assert json.loads(await reader.readline())["ok"]
    server.tell({"event": "pulse"})
    async with asyncio.timeout(5):
        assert json.loads(await reader.readline()) == {"event": "pulse"}
    writer.close()


async def test_a_line_without_end_is_refused(server: ControlServer, tmp_path: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "control.sock"))
    writer.write(b"x" * (LINE_MAX_BYTES * 3))
    async with asyncio.timeout(5):
        assert json.loads(await reader.readline())["code"] == "bad_input"
    writer.close()


async def test_two_stations_on_one_folder_are_refused(server: ControlServer, tmp_path: Path) -> None:
    with pytest.raises(AlreadyRunning):
        await ControlServer(tmp_path / "control.sock", answer).start()


async def test_a_socket_left_behind_is_taken_over(tmp_path: Path) -> None:
    first = ControlServer(tmp_path / "control.sock", answer)
    await first.start()
    (tmp_path / "control.sock").rename(tmp_path / "kept")
    await first.stop()
    (tmp_path / "kept").rename(tmp_path / "control.sock")
    second = ControlServer(tmp_path / "control.sock", answer)
    await second.start()
    await second.stop()


def test_nobody_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotRunning):
        ask(tmp_path, {"do": "status"})
    assert main(["press", "--data", str(tmp_path)]) == 1
    assert "not running" in capsys.readouterr().err


@given(st.binary(max_size=100) | st.just(b"[" * 100_000))
def test_any_line_is_a_request_or_bad_input(line: bytes) -> None:
    try:
        assert "do" in parse_request(line)
    except BadInput:
        return


# -- settings --------------------------------------------------------------------------------------------------------


def test_the_settings_written_at_first_start_are_the_defaults(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "new")
    before = read_settings(folder)
    folder.prepare()
    assert read_settings(folder) == before
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("text", "named"), [("camera = ", "Invalid value"), ("camra = 'test'", "camra"), ("language = 'fr'", "language")]
)
def test_settings_that_are_wrong_are_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "station.toml").write_text(text)
    with pytest.raises(BadConfiguration, match=named):
        read_settings(Folder(tmp_path))


def test_waiting_doubles_up_to_its_longest_and_differs_between_stations() -> None:
    longest, shortest = BackOff(lambda: 1.0), BackOff(lambda: 0.0)
    assert [longest.next_s() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert [shortest.next_s() for _ in range(3)] == [0.25, 0.5, 1]
    longest.succeeded()
    assert longest.next_s() == 0.5
