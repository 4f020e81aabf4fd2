"""Floods one listener from one address for some seconds; a program of its own, so that whoever measures is not slowed by it.

`python flood.py KIND PORT SOURCE SECONDS [CERTIFICATE KEY]`; prints what it sent and which answers came, as JSON.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import ssl
import sys
import time
from collections import Counter
from contextlib import suppress

_CONNECTIONS = 10
_AHEAD = 50  # requests in one go


def context(files: list[str]) -> ssl.SSLContext:
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if files:
        made.load_cert_chain(*files)
    return made


def connect(port: int, source: str, tls: ssl.SSLContext) -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(source, 0))
    return tls.wrap_socket(raw)


def requests(method: str, user: str) -> bytes:
    whole = []
    for number in range(_AHEAD):
        whole.append(
            f"{method} sip:antiphon.local SIP/2.0\r\n"
            f"Via: SIP/2.0/TLS 127.0.0.1:40000;branch=z9hG4bK-{number};rport\r\nMax-Forwards: 70\r\n"
            f"From: <sip:{user}@antiphon.local>;tag={number}\r\nTo: <sip:{user}@antiphon.local>\r\n"
            f"Call-ID: flood-{number}\r\nCSeq: 1 {method}\r\nContact: <sip:{user}@127.0.0.1:40000;transport=tls>\r\n"
            "Expires: 60\r\nContent-Length: 0\r\n\r\n"
        )
    return "".join(whole).encode()


def messages(method: str, port: int, source: str, end: float, files: list[str], user: str) -> dict[str, object]:
    """As many requests as the other end takes, over a few connections."""
    answers: Counter[str] = Counter()
    sent, batch, tls = 0, requests(method, user), context(files)
    with selectors.DefaultSelector() as selector:
        while time.monotonic() < end:
            while len(selector.get_map()) < _CONNECTIONS:  # closed ones are opened again at once
                opened = connect(port, source, tls)
                opened.setblocking(False)
                selector.register(opened, selectors.EVENT_READ | selectors.EVENT_WRITE)
            for key, ready in selector.select(0.1):
                opened = key.fileobj
                assert isinstance(opened, ssl.SSLSocket)
                try:
                    if ready & selectors.EVENT_READ:
                        data = opened.recv(65_536)
                        if not data:
                            raise ConnectionError
                        answers.update(status.decode() for status in re.findall(rb"SIP/2\.0 (\d+)", data))
                    if ready & selectors.EVENT_WRITE:
                        opened.sendall(batch)
                        sent += _AHEAD
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
                    continue
                except OSError:
                    selector.unregister(opened)
                    opened.close()
                    answers["closed"] += 1
    return {"sent": sent, "answers": dict(answers)}


def handshakes(port: int, source: str, end: float) -> dict[str, object]:
    """One TLS handshake after another, the dearest thing a stranger may ask for."""
    done, tls = 0, context([])
    while time.monotonic() < end:
        with suppress(OSError):
            connect(port, source, tls).close()
        done += 1
    return {"sent": done, "answers": {}}


def main() -> None:
    kind, port, source, seconds, *files = sys.argv[1:]
    user = files.pop() if len(files) == 3 else "flooder"
    end = time.monotonic() + float(seconds)
    if kind == "handshakes":
        told = handshakes(int(port), source, end)
    else:
        told = messages(kind, int(port), source, end, files, user)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
