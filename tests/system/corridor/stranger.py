"""Whoever means no good, or is broken: raw SIP, sockets and requests at a running installation, and what it logs of them."""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidState
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.typing import Origin
from websockets.uri import parse_uri

from antiphon.wire.station import ClaimReply
from corridor.platform_under_test import Platform
from hardware import certificate_request, key_pem, new_key
from ops import engines, sip

PATIENCE_S = 10.0
REALM = "antiphon.local"
Json = dict[str, Any]

# An ordinary offer of a door station: what every well-formed call below carries.
OFFER = "\r\n".join(
    (
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        "m=audio 40100 RTP/SAVPF 0",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
        "a=sendrecv",
        "",
    )
)


def until(what: str, holds: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    """Ask again and again until it holds, for what nobody announces."""
    wait, end = Event(), time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, f"waited in vain until {what}"
        wait.wait(0.05)


# -- logs ---------------------------------------------------------------------------------------------------------------


@dataclass
class LogReader:
    """What one part writes from now on."""

    path: Path
    since: int = 0

    def __post_init__(self) -> None:
        self.since = self.path.stat().st_size if self.path.exists() else 0

    def text(self) -> str:
        with self.path.open("rb") as file:
            file.seek(self.since)
            return file.read().decode(errors="replace")

    def says(self, *words: str) -> str:
        """The line that holds all these words: the engines' logs."""
        found: list[str] = []

        def there() -> bool:
            found[:] = [line for line in self.text().splitlines() if all(word in line for word in words)]
            return bool(found)

        try:
            until("logged", there)
        except AssertionError:
            raise AssertionError(f"{self.path.name} does not say {words}: {self.text()[-2000:]}") from None
        return found[0]

    def tells(self, event: str, **fields: object) -> Json:
        """The line of one of our roles with this message and these fields."""
        found: list[Json] = []

        def there() -> bool:
            for line in self.text().splitlines():
                with suppress(ValueError):
                    entry = json.loads(line)
                    if entry.get("event") == event and all(entry.get(name) == value for name, value in fields.items()):
                        found.append(entry)
            return bool(found)

        try:
            until("logged", there)
        except AssertionError:
            raise AssertionError(f"{self.path.name} lacks {event} {fields}: {self.text()[-2000:]}") from None
        return found[0]


# -- stations -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Device:
    """A station of the test's own: its certificate in files, for `ops.engines`."""

    platform: Platform
    who: engines.Station

    @property
    def id(self) -> str:
        return self.who.device_id

    @contextmanager
    def line(self) -> Iterator[sip.Line]:
        """A connection to the SIP listener for stations."""
        settings = self.platform.settings
        with engines.connect(settings, settings.ports.sips, self.who) as connection:
            yield sip.Line(connection)

    def register(self, user: str = "", *extra: str) -> bytes:
        user = user or self.id
        contact = f"Contact: <sip:{user}@127.0.0.1:40000;transport=tls>"
        return sip.request(
            "REGISTER", f"sip:{REALM}", user=user, to=f"sip:{user}@{REALM}", headers=(contact, "Expires: 60", *extra)
        )

    def invite(self, button: str = "main", *extra: str, user: str = "", sdp: str = OFFER) -> bytes:
        contact = f"Contact: <sip:{user or self.id}@127.0.0.1:40000;transport=tls>"
        body = ("Content-Type: application/sdp",) if sdp else ()
        headers = (contact, *body, *extra)
        return sip.request("INVITE", f"sip:{button}@{REALM}", user=user or self.id, headers=headers, body=sdp)


def final(line: sip.Line, data: bytes) -> str:
    """Send a request and wait for its final answer."""
    answer = line.ask(data)
    while sip.status(answer) < 200:
        answer = line.receive()
    return answer


def reason(answer: str) -> str:
    """The platform's own word in the Reason header."""
    value = sip.header(answer, "Reason")
    return value.partition('text="')[2].rstrip('"') if value.startswith("Antiphon;") else ""


@dataclass
class Office:
    """The administrator's desk: makes stations and codes over HTTP."""

    platform: Platform
    folder: Path
    http: httpx.Client
    site_id: str = field(init=False)

    def __post_init__(self) -> None:
        self.site_id = self.http.get("/api/v1/stations").json()["items"][0]["place_id"]

    def add(self, name: str = "Nebeneingang", **more: object) -> Json:
        answer = self.http.post("/api/v1/stations", json={"name": name, "place_id": self.site_id, **more})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def code(self, station_id: str) -> str:
        answer = self.http.post(f"/api/v1/stations/{station_id}/claim-code")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["claim_code"])

    def claim(self, code: str, key: ec.EllipticCurvePrivateKey | None = None, address: str = "") -> httpx.Response:
        return self.ask(
            "POST",
            "/device/v1/claim",
            address=address,
            json={
                "claim_code": code,
                "certificate_request": certificate_request(key or new_key()),
                "model": "TEST-1",
                "software": "1.0",
            },
        )

    def device(self, code: str) -> Device:
        """Claim with this code."""
        key = new_key()
        answer = self.claim(code, key)
        assert answer.status_code == 200, answer.text
        reply = ClaimReply.model_validate_json(answer.content)
        stem = self.folder / f"{reply.device_id}.{os.urandom(4).hex()}"
        who = engines.Station(reply.device_id, stem.with_suffix(".crt"), stem.with_suffix(".key"), "")
        who.certificate.write_text(reply.certificate)
        who.key.write_bytes(key_pem(key))
        return Device(self.platform, who)

    def ask(self, method: str, path: str, *, address: str = "", **more: Any) -> httpx.Response:
        """A request of nobody in particular, from a network address of its own when one is given."""
        transport = httpx.HTTPTransport(verify=self.platform.trusting(), local_address=address or None)
        with httpx.Client(transport=transport, base_url=self.platform.portal, timeout=20) as client:
            return client.request(method, path, **more)

    def calls_of(self, station_id: str) -> list[Json]:
        """Records of one station, newest first."""
        items = self.http.get("/api/v1/calls", params={"limit": 50}).json()["items"]
        return [dict(item) for item in items if item["station_id"] == station_id]

    def record_of(self, station_id: str, cause: str) -> Json:
        """The newest record of the station, once it is written."""
        until("the record is written", lambda: any(one["cause"] for one in self.calls_of(station_id)[:1]))
        newest = self.calls_of(station_id)[0]
        assert newest["cause"] == cause, newest
        return newest


# -- sockets ------------------------------------------------------------------------------------------------------------


class Socket:
    """One WebSocket of a browser or of whoever pretends to be one, read and written by the thread of the test alone."""

    def __init__(self, platform: Platform, company_id: str, origin: str | None = None) -> None:
        """Raises InvalidStatus when the platform answers something else than a socket."""
        address = f"{platform.portal.replace('https', 'wss')}/ws/{company_id}"
        self._protocol = ClientProtocol(parse_uri(address), origin=Origin(origin) if origin else None)
        self._waiting: deque[Frame] = deque()
        self._connection = engines.connect(platform.settings, platform.settings.ports.https, None)
        self._protocol.send_request(self._protocol.connect())
        self._flush()
        end = time.monotonic() + PATIENCE_S
        while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
            self._read(end)
        if self._protocol.handshake_exc is not None:
            self._connection.close()
            raise self._protocol.handshake_exc

    def close(self) -> None:
        with suppress(OSError, InvalidState):  # the other end was first
            self._protocol.send_close(CloseCode.NORMAL_CLOSURE)
            self._flush()
        self._connection.close()

    def abandon(self) -> None:
        """Drop the connection without a goodbye."""
        self._connection.close()

    def say(self, message: Json | str | bytes) -> None:
        if isinstance(message, bytes):
            self._protocol.send_binary(message)
        else:
            self._protocol.send_text((message if isinstance(message, str) else json.dumps(message)).encode())
        self._flush()

    def hears(self, kind: str, within_s: float = PATIENCE_S, **fields: object) -> Json:
        """The next message of this type with these fields."""
        end, passed_over = time.monotonic() + within_s, []
        while True:
            while not self._waiting:
                assert self._protocol.state is State.OPEN, f"closed, after {passed_over}"
                self._read(end)
            message = json.loads(self._waiting.popleft().data)
            if message["type"] == kind and all(message.get(name) == value for name, value in fields.items()):
                return dict(message)
            passed_over.append(message["type"])

    def is_closed(self, within_s: float = PATIENCE_S) -> int:
        """The code with which the platform closes; what it says before is passed over."""
        end = time.monotonic() + within_s
        while self._protocol.close_rcvd is None:
            self._read(end)
        return int(self._protocol.close_rcvd.code)

    def _read(self, end: float) -> None:
        self._connection.settimeout(max(0.01, end - time.monotonic()))
        data = self._connection.recv(65_536)
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._waiting.append(event)
        self._flush()
        assert data or self._protocol.close_rcvd, "cut off without a word"

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._connection.sendall(data)


@contextmanager
def socket(platform: Platform, company_id: str, origin: str | None = None) -> Iterator[Socket]:
    opened = Socket(platform, company_id, origin)
    try:
        yield opened
    finally:
        opened.close()
