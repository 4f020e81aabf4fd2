"""The real media engine in the foreground on free loopback ports, and what the gateway reported."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from pathlib import Path

from antiphon.calls.ports import KeyFrame
from antiphon.wire import ng


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Rtpengine:
    """The real engine; `start` waits until it answers."""

    def __init__(self, folder: Path) -> None:
        self.ng_port, self.dtmf_port = _free_ports(2)
        self._log = folder / "rtpengine.log"
        self._command = [
            "rtpengine", "--config-file=none", "--foreground", "--log-stderr", "--table=-1", "--num-threads=2",
            "--interface=public/127.0.0.1", "--interface=internal/127.0.0.1", "--log-level=5",
            f"--listen-ng=127.0.0.1:{self.ng_port}", "--port-min=12000", "--port-max=13999",
            f"--dtmf-log-dest=127.0.0.1:{self.dtmf_port}", "--delete-delay=0",
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(self._command, stdout=output, stderr=output, start_new_session=True)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            control.settimeout(0.1)
            control.connect(("127.0.0.1", self.ng_port))
            for _ in range(100):
                try:
                    control.send(b"0 " + ng.encode(ng.PING))
                    if control.recv(1_000).endswith(b"4:ponge"):
                        return
                except TimeoutError:
                    continue
                except ConnectionRefusedError:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self._process.wait(0.05)
                    assert self.alive, self._log.read_text()
        raise AssertionError(self._log.read_text())

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        if self._process is not None and self.alive:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Heard:
    """What the media gateway reported, with something to wait on."""

    def __init__(self) -> None:
        self.key_frames: dict[str, bytes] = {}
        self.digits: list[tuple[str, str, str]] = []
        self.lost: list[str] = []
        self._changed = asyncio.Condition()

    def key_frame(self, call: str, frame: KeyFrame) -> None:
        assert call not in self.key_frames, "once per call"
        self.key_frames[call] = frame.data
        self._wake()

    def dtmf(self, call: str, leg: str, digit: str) -> None:
        self.digits.append((call, leg, digit))
        self._wake()

    def media_lost(self, calls: tuple[str, ...], since: float) -> None:
        self.lost += calls
        self._wake()

    def _wake(self) -> None:
        async def notify() -> None:
            async with self._changed:
                self._changed.notify_all()

        self._task = asyncio.ensure_future(notify())

    async def until(self, condition, within_s: float = 20.0) -> None:
        async with asyncio.timeout(within_s), self._changed:
            await self._changed.wait_for(condition)


def scripted_answer(offer: str) -> str:
    """What a browser would answer, without one: ICE and DTLS never start, the engine does not know."""
    lines = []
    for line in offer.split("\r\n"):
        if line.startswith(("a=candidate", "a=rtcp:", "a=msid", "a=ice-lite")):
            continue
        if line.startswith("m="):
            parts = line.split(" ")
            line = " ".join((parts[0], "45000", *parts[2:]))
        swaps = {"a=sendonly": "a=recvonly", "a=recvonly": "a=sendonly", "a=setup:actpass": "a=setup:active"}
        lines.append(swaps.get(line, line))
        if line.startswith("a=mid:"):
            lines.append("a=candidate:1 1 udp 2113937151 127.0.0.1 45000 typ host")
    return "\r\n".join(lines)
