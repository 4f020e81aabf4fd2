"""The caller's picture: decoded in a cage of its own; hostile frames give a log line and no picture."""

from __future__ import annotations

import random
import stat
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from antiphon import limits
from antiphon.calls import KeyFrame, Snapshots, decode_picture, store
from antiphon.calls.snapshots import NoPicture, decode
from antiphon.database import Database
from antiphon.devices import Station
from residents import StillClock, Tenant


def key_frame(width: int = 640, height: int = 360) -> bytes:
    """A real H.264 key frame, Annex B, with its parameter sets."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, width // 2 :] = (200, 30, 30)
    frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))


def opened(jpeg: bytes) -> np.ndarray:
    decoder = av.CodecContext.create("mjpeg", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    (frame,) = decoder.decode(av.Packet(jpeg))
    return frame.to_ndarray(format="rgb24")


@pytest.fixture
def snapshots(database: Database, clock: StillClock, tmp_path: Path) -> Snapshots:
    return Snapshots(database, clock, tmp_path / "snapshots")


async def test_a_key_frame_becomes_a_jpeg_of_what_was_seen() -> None:
    jpeg, width, height = await decode(KeyFrame(key_frame()))
    assert (width, height) == (640, 360)
    picture = opened(jpeg)
    assert picture.shape == (360, 640, 3)
    assert picture[180, 100].max() < 40  # dark at the left
    assert picture[180, 500, 0] > 150  # red at the right


async def test_a_large_picture_is_made_smaller() -> None:
    _, width, height = await decode(KeyFrame(key_frame(1920, 1080)))
    assert (width, height) == (1280, 720)


async def test_a_picture_is_kept_for_its_company_alone_and_readable_for_nobody_else(
    snapshots: Snapshots, database: Database, tenant: Tenant, other: Tenant, station: Station
) -> None:
    stored: list[bool] = []
    snapshots.take(station, "call_1", KeyFrame(key_frame()), lambda: stored.append(True))
    await snapshots.drain()
    assert stored == [True]
    found = database.run_sync(lambda tx: store.newest_picture(tx, tenant.scope, station.id))
    assert found is not None
    assert stat.S_IMODE(snapshots.path(found[0]).stat().st_mode) == 0o600
    assert database.run_sync(lambda tx: store.snapshot(tx, tenant.scope, found[0])).call_id == "call_1"
    with pytest.raises(store.SnapshotNotFound):
        database.run_sync(lambda tx: store.snapshot(tx, other.scope, found[0]))


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x00\x01", b"not video at all", b"\x00\x00\x01\x67" + bytes(500)])
async def test_what_is_no_picture_gives_none(data: bytes) -> None:
    with pytest.raises(NoPicture):
        await decode(KeyFrame(data))


async def test_damaged_frames_never_reach_beyond_the_cage() -> None:
    """Bits are flipped all over a real frame: either a well-formed JPEG comes out or a refusal, nothing else."""
    chance = random.Random(7)
    good = key_frame(320, 180)
    for _ in range(6):
        damaged = bytearray(good)
        for _ in range(chance.randrange(1, 40)):
            damaged[chance.randrange(4, len(damaged))] ^= 1 << chance.randrange(8)
        try:
            jpeg, width, height = await decode(KeyFrame(bytes(damaged)))
        except NoPicture:
            continue
        assert opened(jpeg).shape == (height, width, 3)


async def test_a_frame_that_is_too_large_is_not_even_sent() -> None:
    with pytest.raises(NoPicture) as refused:
        await decode(KeyFrame(bytes(limits.SNAPSHOT_MAX_BYTES + 1)))
    assert refused.value.fields["reason"] == "frame too large"


async def test_a_decoder_that_takes_too_long_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antiphon.calls.snapshots.limits.SNAPSHOT_DECODE_MAX_S", 0.05)
    with pytest.raises(NoPicture) as refused:
        await decode(KeyFrame(key_frame()))
    assert refused.value.fields["reason"] == "took too long"


async def test_a_hostile_frame_leaves_no_file_and_no_row(
    snapshots: Snapshots, database: Database, tenant: Tenant, station: Station
) -> None:
    snapshots.take(station, "call_1", KeyFrame(b"hostile" * 100), lambda: pytest.fail("stored"))
    await snapshots.drain()
    assert database.run_sync(lambda tx: store.newest_pictures(tx, tenant.scope)) == {}
    assert list(snapshots.path("x").parent.glob("*")) == []


def test_the_cage_takes_memory_files_and_privileges_away(tmp_path: Path) -> None:
    target = tmp_path / "written"
    probe = f"""
import resource, runpy
cage = runpy.run_path({decode_picture.__file__!r})["cage"]
cage()
for what in (resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_AS):
    print(resource.getrlimit(what)[1])
print("NoNewPrivs:\\t1" in open("/proc/self/status").read(), flush=True)
with open({str(target)!r}, "w") as file:
    file.write("x")
"""
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["0", "16", str(limits.SNAPSHOT_DECODE_MEMORY_BYTES), "True"]
    assert done.returncode != 0
    assert target.read_bytes() == b""
