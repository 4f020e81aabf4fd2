"""The control socket `DATA/control.sock` (mode 0600): one JSON object a line in, one JSON object a line out.

Requests, and what `ok: true` answers carry beside it:

    {"do": "press", "button": "main"}      {"call": "calling" | "connecting" | "announcing" | ...}
    {"do": "answer"}                       {"call": "talking"}; code `no_call` when nobody calls the station
    {"do": "hang_up"}                      {"call": "idle" | "announcing"}; code `no_call` when there is none
    {"do": "dtmf", "digit": "5"}           {}; code `no_call` when nobody talks
    {"do": "status"}                       the status below
    {"do": "reload"}                       {}: read settings and identity anew (after a claim)
    {"do": "watch"}                        {}, then every event as it happens, until the connection closes

An error answers `{"ok": false, "code": "no_call", "detail": "There is no call now."}`.

Status (`status`, also printed by `antiphon-station status`):

    device_id        text or null while unclaimed
    software, model  text
    claimed          true once there is an identity
    registration     "offline" | "connecting" | "registered" | "refused"   (SIP over TLS)
    messaging        "offline" | "online"                                  (MQTT over TLS)
    certificate_ends ISO time or null
    call             {state, direction, button, leg, since_s, cause}: state is "idle" | "connecting" | "calling" |
                     "ringing" | "being_called" | "talking" | "announcing", for `since_s` seconds; `cause` is the last
                     call's VisitorCause
    desired_version  version of the desired state that is in force, 0 before the first
    desired_error    why the last desired state is not in force, null when it is
    language         "de" | "en"
    outputs          {name: {state: "idle" | "active", pulses: [{command_id, at, pulse_s}]}}
    heard            {level_db, peak_hz, frames}: what the loudspeaker played in the last half second; -120 dB is silence.
                     Received sound only: ringback and prompts are under `playing`
    playing          "connecting" | "ringback" | "being_called" | "prompt:<cause>" | null
    screen           {frames, key_frames, width, height}: received and decoded pictures of the current or last call
    camera           {frames, key_frames, key_frames_asked}: sent pictures of the current or last call
    media            {audio_codec, video_codec, packets_lost, jitter_ms, delay_ms, switches, rejected}: `switches` counts
                     changes of the far end's ports or keys, `rejected` packets that no key fits
    prompts          [{cause, language, at}] played since the start, newest last
    dtmf             [digit] received in the current or last call

Every change is also one line of `DATA/events.jsonl`: `{"at": ISO time, "event": name, ...fields}`; names are `started`,
`claimed`, `registration`, `messaging`, `call`, `answered`, `ended`, `prompt`, `pulse`, `pulse_ended`, `desired`, `command`,
`dtmf`, `media`, `picture` (first decoded picture), `certificate`, `test_call` (begun or over; nobody at the door notices it), `stopped`.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any  # JSON values come from outside

from antiphon.errors import AntiphonError, BadInput
from antiphon_station.errors import AlreadyRunning, NotRunning

Json = dict[str, Any]
LINE_MAX_BYTES = 64 * 1024
ANSWER_MAX_S = 10.0


class ControlServer:
    """Serves the socket; `answer` carries out one request, `watch` events reach every watching connection."""

    def __init__(self, path: Path, answer: Callable[[Json], Awaitable[Json]]) -> None:
        self._path = path
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._watchers: set[asyncio.StreamWriter] = set()
        self._connections: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen; raises AlreadyRunning when another process answers there, and takes over a socket left behind."""
        if self._path.exists():
            if _answers(self._path):
                raise AlreadyRunning
            self._path.unlink()
        previous = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, path=str(self._path), limit=LINE_MAX_BYTES)
        finally:
            os.umask(previous)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._connections):
                writer.close()
            self._path.unlink(missing_ok=True)
            self._server = None

    def tell(self, event: Json) -> None:
        """Send one event to everybody who watches."""
        line = _line(event)
        for writer in tuple(self._watchers):
            if writer.is_closing() or writer.transport.get_write_buffer_size() > 16 * LINE_MAX_BYTES:
                self._watchers.discard(writer)  # gone, or it does not read
                continue
            writer.write(line)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while line := await reader.readline():
                try:
                    request = parse_request(line)
                    reply = {"ok": True, **await self._answer(request)}
                except AntiphonError as error:
                    reply = {"ok": False, "code": error.code, "detail": error.detail}
                    request = {}
                writer.write(_line(reply))
                if request.get("do") == "watch":
                    self._watchers.add(writer)
                await writer.drain()
        except ValueError:  # a line beyond LINE_MAX_BYTES
            writer.write(_line({"ok": False, "code": BadInput.code, "detail": "The line is too long."}))
        except ConnectionError:
            self._watchers.discard(writer)
        finally:
            self._watchers.discard(writer)
            self._connections.discard(writer)
            writer.close()


def parse_request(line: bytes) -> Json:
    """One request; raises BadInput when it is no JSON object with a known `do`."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput("This line is no JSON.") from error
    if not isinstance(request, dict) or request.get("do") not in {
        "press",
        "answer",
        "hang_up",
        "dtmf",
        "status",
        "reload",
        "watch",
    }:
        raise BadInput('Say what to do: {"do": "press", "button": "main"}.')
    return request


def ask(data: Path, request: Json) -> Json:
    """Ask the station that runs on `data` and return its answer; raises NotRunning."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_MAX_S)
        try:
            connection.connect(str(data / "control.sock"))
            connection.sendall(_line(request))
            with connection.makefile("rb") as lines:
                answer = lines.readline()
        except OSError as error:
            raise NotRunning from error
    if not answer:
        raise NotRunning
    reply: Json = json.loads(answer)
    return reply


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True


def _line(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
