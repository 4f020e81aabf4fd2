"""Owns the callers' pictures: a key frame is decoded in a sandboxed process of its own, the JPEG is kept as a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from antiphon import devices, events, limits, log, pictures
from antiphon.calls import store
from antiphon.calls.ports import CallId, KeyFrame
from antiphon.clock import Clock, new_id
from antiphon.database import Database, Scope, Tx, outbox
from antiphon.errors import AntiphonError

_log = log.get("calls")
_JPEG = b"\xff\xd8\xff"


class NoPicture(AntiphonError):
    """The key frame gives no picture: corrupt, hostile, too large, or the decoder ran out of its limits."""

    code = "no_picture"
    title = "There is no picture of this caller."


class Snapshots:
    """Takes pictures in the background, a few at a time; a failure gives a log line and no picture, never an error."""

    def __init__(self, database: Database, clock: Clock, folder: Path) -> None:
        self._database, self._clock, self._folder = database, clock, folder
        self._at_once = asyncio.Semaphore(limits.SNAPSHOTS_AT_ONCE)
        self._taking: set[asyncio.Task[None]] = set()

    def take(self, station: devices.Station, call_id: CallId, frame: KeyFrame, stored: Callable[[], None]) -> None:
        """Decode and keep this frame as the picture of the call; then call `stored`."""
        task = asyncio.get_running_loop().create_task(self._take(station, call_id, frame, stored))
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    async def drain(self) -> None:
        """Until no picture is under way."""
        while self._taking:
            await asyncio.wait(set(self._taking))

    def path(self, snapshot_id: str) -> Path:
        """Where the file of a picture is; the id comes from the database, never from a request."""
        return self._folder / f"{snapshot_id}.jpg"

    async def _take(
        self, station: devices.Station, call_id: CallId, frame: KeyFrame, stored: Callable[[], None]
    ) -> None:
        taken_at = self._clock.now()
        picture = store.Picture(new_id("snapshot"), call_id, station.id, taken_at)
        scope = Scope(station.company_id)
        fields = {"call_id": call_id, "device_id": station.id, "company_id": station.company_id}
        try:
            async with self._at_once:
                jpeg, width, height = await decode(frame)
            await asyncio.to_thread(pictures.write_whole, self.path(picture.id), jpeg)

            def keep(tx: Tx) -> None:
                store.add_snapshot(tx, scope, picture, width=width, height=height, size_bytes=len(jpeg))
                fact = events.SnapshotStored(
                    new_id("fact"), station.company_id, taken_at, call_id, picture.id, station.id
                )
                outbox.append(tx, scope, fact)

            await self._database.run(keep)
        except (AntiphonError, OSError) as error:
            self.path(picture.id).unlink(missing_ok=True)
            reason = error.fields.get("reason") if isinstance(error, AntiphonError) else error.strerror
            code = error.code if isinstance(error, AntiphonError) else "storage_full"
            _log.warning("no picture of the caller", code=code, reason=reason, frame_bytes=len(frame.data), **fields)
        except Exception:  # noqa: BLE001  # a picture never disturbs a call; it is logged
            _log.exception("no picture of the caller", **fields)
        else:
            _log.info("picture of the caller kept", snapshot_id=picture.id, size_bytes=len(jpeg), **fields)
            stored()


async def decode(frame: KeyFrame) -> tuple[bytes, int, int]:
    """The JPEG of a key frame, with its size in pixels; raises `NoPicture`. The frame is decoded elsewhere, never here."""
    if len(frame.data) > limits.SNAPSHOT_MAX_BYTES:
        raise NoPicture(reason="frame too large")
    program = Path(__file__).with_name("decode_picture.py")
    try:
        out = await pictures.run_caged(program, frame.data, max_s=limits.SNAPSHOT_DECODE_MAX_S)
    except pictures.NotDecoded as error:
        raise NoPicture(reason=error.reason) from error
    return _checked(out)


def _checked(out: bytes) -> tuple[bytes, int, int]:
    """Believe the decoder only as far as it keeps to its contract: width, height (16 bits each), one JPEG."""
    width, height, jpeg = int.from_bytes(out[:2]), int.from_bytes(out[2:4]), out[4:]
    fits = 0 < width <= limits.SNAPSHOT_EDGE_MAX_PX and 0 < height <= limits.SNAPSHOT_EDGE_MAX_PX
    if not fits or not jpeg.startswith(_JPEG) or len(jpeg) > limits.SNAPSHOT_PICTURE_MAX_BYTES:
        raise NoPicture(reason="decoder broke its contract")
    return jpeg, width, height
