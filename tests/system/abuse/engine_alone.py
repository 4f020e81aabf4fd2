"""One engine of an installation by itself: with its configuration as it is rendered, or with a guard taken out."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from antiphon import settings as settings_room
from antiphon.assembly.engines import marks, parts
from antiphon.settings import Settings
from ops import engines, sip

_CONFIGURATION = {"kamailio": "kamailio.cfg", "coturn": "turnserver.conf", "haproxy": "haproxy.cfg"}
Fault = tuple[str, str]  # what stands in the configuration, and what stands there instead


@contextmanager
def alone(settings: Settings, name: str, *faults: Fault) -> Iterator[None]:
    """The engine runs and answers; each fault takes one guard out of its configuration."""
    part = next(part for part in parts.parts(settings) if part.name == name)
    file = settings.conf / _CONFIGURATION[name]
    whole = file.read_text()
    spoilt = whole
    for guard, instead in faults:
        assert guard in spoilt, f"{file.name} has no {guard!r}"
        spoilt = spoilt.replace(guard, instead)
    file.write_text(spoilt)
    own = settings.data / "alone" / name  # no folder: what marks this engine's processes
    with (settings.logs / f"{name}.log").open("ab") as log:
        engine = subprocess.Popen(
            part.command,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=settings.data,
            env=settings_room.everything() | {marks.MARK: str(own)},
        )
    try:
        engines.until_up(settings, part)
        yield
    finally:
        file.write_text(whole)
        # children hold the port until the last of them is gone, and the next engine wants the same one
        marks.end(marks.processes(own), own, ((signal.SIGKILL, 10.0),))
        engine.wait(10)


@dataclass
class CallService:
    """In place of the call service, at its socket: hears every datagram that the real one would hear."""

    line: sip.Line
    _earlier: set[str] = field(default_factory=set)  # what the edge says again of calls before
    _heard: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """From now on only new calls count."""
        self.hears()
        self._earlier |= self._heard

    def hears(self) -> list[str]:
        """What has arrived by now; requests are refused, so that the edge does not send them again."""
        return [data.decode(errors="replace") for data in iter(self.next, b"")]

    def next(self, within_s: float = 0.0) -> bytes:
        """The next message as it is, a request refused as well; b"" when none comes."""
        self.line.socket.settimeout(within_s)
        while True:
            try:
                data = self.line.socket.recv(65_536)
            except (BlockingIOError, TimeoutError):
                return b""
            message = data.decode(errors="replace")
            if not message.startswith(("SIP/2.0", "ACK")):
                self.line.send(sip.answer(message, 486, "Busy"))
            call_id = sip.header(message, "Call-ID")
            self._heard.add(call_id)
            if call_id not in self._earlier:
                return data


@contextmanager
def in_place_of_the_call_service(settings: Settings) -> Iterator[CallService]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", settings.ports.sip_calls))
        yield CallService(sip.Line(own, ("127.0.0.1", settings.ports.sip_edge)))
