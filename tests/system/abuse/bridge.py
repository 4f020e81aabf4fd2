"""A way for tools that speak SIP over UDP only to a listener that speaks TLS only: datagrams in, one connection out."""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from antiphon.settings import Settings
from ops import engines, sip


@dataclass
class Bridge:
    """`port` takes the tool's datagrams; `answers` counts the status codes that come back."""

    port: int
    answers: Counter[int] = field(default_factory=Counter)
    sent: int = 0


@contextmanager
def bridge(settings: Settings, listener: int, source: str = "127.0.0.1") -> Iterator[Bridge]:
    """Whoever sends to the bridge reaches `listener` from the address `source`."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tool,
        connect_from(settings, listener, source) as connection,
    ):
        tool.bind(("127.0.0.1", 0))
        made = Bridge(tool.getsockname()[1])
        tool.setblocking(False)
        connection.setblocking(False)
        ending = threading.Event()

        def carry() -> None:
            peer, rest = ("127.0.0.1", 0), b""
            with selectors.DefaultSelector() as selector:
                for one in (tool, connection):
                    selector.register(one, selectors.EVENT_READ)
                while not ending.is_set():
                    selector.select(0.1)
                    with suppress(BlockingIOError):
                        data, peer = tool.recvfrom(65_536)
                        made.sent += 1
                        connection.sendall(data)
                    with suppress(ssl.SSLWantReadError, ConnectionError):
                        rest += connection.recv(65_536)
                    *answers, rest = rest.split(b"\r\n\r\n")  # what the tools are answered has no body
                    for answer in answers:
                        made.answers[sip.status(answer.decode())] += 1
                        tool.sendto(answer + b"\r\n\r\n", peer)

        carrying = threading.Thread(target=carry, daemon=True)
        carrying.start()
        try:
            yield made
        finally:
            ending.set()
            carrying.join(5)


def connect_from(settings: Settings, port: int, source: str, who: engines.Station | None = None) -> ssl.SSLSocket:
    """A TLS connection that comes from another address of this machine."""
    raw = socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(source, 0))
    return engines.tls(settings, who).wrap_socket(raw, server_hostname="127.0.0.1")
