"""Just enough SIP to talk to the edge from a test: hand-written requests, answers taken apart with regular expressions."""

from __future__ import annotations

import itertools
import re
import socket
from dataclasses import dataclass, field

_NUMBERS = itertools.count(1)


def request(
    method: str,
    uri: str,
    *,
    user: str,
    to: str = "",
    via: str = "TLS 127.0.0.1:40000",
    headers: tuple[str, ...] = (),
    body: str = "",
    call_id: str = "",
    cseq: int = 1,
) -> bytes:
    """A well-formed request of `user`."""
    number = next(_NUMBERS)
    lines = [
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/{via};branch=z9hG4bK-{number};rport",
        "Max-Forwards: 70",
        f"From: <sip:{user}@antiphon.local>;tag=from{number}",
        f"To: <{to or uri}>",
        f"Call-ID: {call_id or f'call-{number}'}",
        f"CSeq: {cseq} {method}",
        *headers,
        f"Content-Length: {len(body.encode())}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@dataclass
class Line:
    """One connection or socket; hands out whole messages."""

    socket: socket.socket
    peer: tuple[str, int] | None = None  # set: datagrams
    _rest: bytes = field(default=b"")

    def send(self, data: bytes) -> None:
        if self.peer is None:
            self.socket.sendall(data)
        else:
            self.socket.sendto(data, self.peer)

    def receive(self, within_s: float = 5.0) -> str:
        """The next message; provisional 100 answers are passed over."""
        self.socket.settimeout(within_s)
        while True:
            message = self._datagram() if self.peer else self._framed()
            if not message.startswith("SIP/2.0 100"):
                return message

    def ask(self, data: bytes) -> str:
        """The answer to that request: what a call before it sends again is passed over."""
        self.send(data)
        asked = header(data.decode(), "Call-ID")
        while header(answer := self.receive(), "Call-ID") != asked:
            pass
        return answer

    def _datagram(self) -> str:
        data, self.peer = self.socket.recvfrom(65_536)
        return data.decode()

    def _framed(self) -> str:
        while b"\r\n\r\n" not in self._rest.lstrip(b"\r\n"):
            piece = self.socket.recv(65_536)
            if not piece:
                raise ConnectionError("the edge closed the connection")
            self._rest += piece
        head, rest = self._rest.lstrip(b"\r\n").split(b"\r\n\r\n", 1)
        size = int(header(head.decode(), "Content-Length") or 0)
        while len(rest) < size:
            rest += self.socket.recv(65_536)
        self._rest = rest[size:]
        return (head + b"\r\n\r\n" + rest[:size]).decode()


def status(message: str) -> int:
    return int(message.split(" ", 2)[1])


def header(message: str, name: str) -> str:
    found = headers(message, name)
    return found[0] if found else ""


def headers(message: str, name: str) -> list[str]:
    return [value.strip() for value in re.findall(rf"(?im)^{re.escape(name)}\s*:(.*)$", message)]


def answer(message: str, code: int, reason: str, *extra: str, tag: str = "called", body: str = "") -> bytes:
    """The answer to a received request, its Vias and Record-Routes in order."""
    lines = [f"SIP/2.0 {code} {reason}"]
    for name in ("Via", "Record-Route", "From", "Call-ID", "CSeq"):
        lines += [f"{name}: {value}" for value in headers(message, name)]
    to = header(message, "To")
    lines.append(f"To: {to}" if "tag=" in to else f"To: {to};tag={tag}")
    lines += [*extra, f"Content-Length: {len(body.encode())}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
