"""Cameras from files, relays and buttons on pins, and the station as a process of its own."""

from __future__ import annotations

import asyncio
import itertools
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

import antiphon_station
from antiphon_station import control
from antiphon_station.control import Json
from antiphon_station.errors import BadConfiguration, DeviceFailed, NotRunning
from antiphon_station.media import open_camera
from antiphon_station.media.cameras import StreamCamera
from antiphon_station.media.codecs import H264_ENCODERS, PictureDecoder, PictureEncoder
from antiphon_station.media.scene import scene
from antiphon_station.relay import GpioRelay, Relays, open_buttons
from tests.station.edge import WITHIN_S


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    """A board without hardware."""
    before = Device.pin_factory
    factory = MockFactory()
    Device.pin_factory = factory
    yield factory
    factory.reset()
    Device.pin_factory = before


def test_a_relay_on_a_pin_switches_it(pins: MockFactory) -> None:
    relay = GpioRelay("17")
    relay.switch(True)
    assert pins.pin(17).state == 1
    relay.switch(False)
    assert pins.pin(17).state == 0
    relay.close()


async def test_a_stopping_station_opens_every_contact(pins: MockFactory) -> None:
    relays = Relays({"door-1": "gpio:17"}, lambda *_: None)
    relays.pulse("door-1", 600, "c-1")
    assert pins.pin(17).state == 1
    relays.close()
    assert pins.pin(17).state == 0


async def test_a_button_on_a_pin_is_pressed(pins: MockFactory) -> None:
    pressed = threading.Event()
    names: list[str] = []

    def press(name: str) -> None:
        names.append(name)
        pressed.set()

    closers = open_buttons({"main": "gpio:27"}, press)
    pins.pin(27).drive_low()
    assert await asyncio.to_thread(pressed.wait, WITHIN_S)
    for close in closers:
        close()
    assert names[0] == "main"


def test_a_pin_that_is_none_is_named(pins: MockFactory) -> None:
    with pytest.raises(DeviceFailed, match="pin 999"):
        GpioRelay("999")
    with pytest.raises(BadConfiguration, match="main"):
        open_buttons({"main": "keyboard"}, lambda _: None)


def test_a_film_is_the_picture_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for brightness in (40, 200, 40):
            frame = av.VideoFrame.from_ndarray(np.full((240, 320, 3), brightness, dtype=np.uint8), format="rgb24")
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    stop = threading.Event()
    pictures = list(itertools.islice(open_camera(f"file:{path}").pictures(stop), 7))
    assert {(picture.width, picture.height, picture.format.name) for picture in pictures} == {(640, 480, "yuv420p")}


def test_a_camera_without_a_picture_shows_a_dark_one_and_is_tried_again(tmp_path: Path) -> None:
    stop = threading.Event()
    camera = StreamCamera(str(tmp_path / "away.mp4"), None, {}, paced=True)
    first = next(camera.pictures(stop))
    assert first.to_ndarray()[:480].mean() < 60


@pytest.mark.parametrize("spec", ["magic", "file:/nonexistent.mp4", "http://camera"])
def test_a_camera_that_is_none_is_named(spec: str) -> None:
    with pytest.raises(DeviceFailed):
        open_camera(spec)


@pytest.mark.parametrize("name", ["auto", "libx264", "libopenh264"])
def test_every_encoder_makes_constrained_baseline_with_key_frames_on_request(name: str) -> None:
    encoder, decoder = PictureEncoder(name), PictureDecoder()
    decoded = 0
    sizes = []
    for index in range(20):
        picture = av.VideoFrame.from_ndarray(scene().picture(index / 15, "12:00"), format="yuv420p")
        units = encoder.encode(picture, index * 6000, key=index in (0, 7))
        kinds = {unit[0] & 0x1F for unit in units}
        assert (5 in kinds) == (index in (0, 7)), index
        if 5 in kinds:
            parameters = next(unit for unit in units if unit[0] & 0x1F == 7)
            assert parameters[1] == 66, "baseline"
            assert parameters[2] & 0x40, "constrained"
        data = b"".join(b"\x00\x00\x00\x01" + unit for unit in units)
        sizes.append(len(data))
        decoded += len(decoder.decode(data) or [])
    assert decoded >= 19
    assert max(sizes) < 40_000


def test_an_encoder_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceFailed):
        PictureEncoder("h264_of_tomorrow")
    assert H264_ENCODERS[0] == "libx264"


async def test_the_station_runs_as_a_process_and_stops_cleanly(tmp_path: Path) -> None:
    data = tmp_path / "station"
    (data / "prompts").mkdir(parents=True)
    source = str(Path(antiphon_station.__file__).parents[1])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "antiphon_station", "run", "--data", str(data)),
        env={"PYTHONPATH": source, "PATH": "/nonexistent"},  # no espeak-ng there: tones
        stderr=asyncio.subprocess.DEVNULL,
    )
    status: Json = {}
    async with asyncio.timeout(6 * WITHIN_S):
        while not status:
            try:
                status = await asyncio.to_thread(control.ask, data, {"do": "status"})
            except NotRunning:
                await asyncio.sleep(0.1)
    assert (status["claimed"], status["registration"], status["call"]["state"]) == (False, "offline", "idle")
    pressed = await asyncio.to_thread(control.ask, data, {"do": "press", "button": "main"})
    assert pressed == {"ok": True, "call": "announcing"}
    status = await asyncio.to_thread(control.ask, data, {"do": "status"})
    assert [prompt["cause"] for prompt in status["prompts"]] == ["unclaimed"]
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), WITHIN_S) == 0
    assert not (data / "control.sock").exists()
