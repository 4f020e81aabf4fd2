"""One SRTP stream's sockets and keys: two UDP ports, our key out, the far end's key in, changed without a gap."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import threading
from collections.abc import Callable

import pylibsrtp

from antiphon_station.media.description import KEY_BYTES
from antiphon_station.media.rtp import is_rtcp

_log = logging.getLogger("station.media")
_PORT_TRIES = 50
_DATAGRAM_MAX = 2048
_READ_AT_ONCE = 64  # then other work gets its turn


class SecureTransport:
    """Opened with the session, closed with it. `on_rtp` and `on_rtcp` get clear packets, on the event loop.

    Sending is allowed from any thread.
    """

    def __init__(self, address: str) -> None:
        self.key = secrets.token_bytes(KEY_BYTES)
        self.ssrc = secrets.randbits(32) or 1
        self.on_rtp: Callable[[bytes], None] = lambda _: None
        self.on_rtcp: Callable[[bytes], None] = lambda _: None
        self.rejected = 0  # packets that no key fits
        self._rtp, self._rtcp = _port_pair(address)
        self._lock = threading.Lock()
        self._out = pylibsrtp.Session(
            pylibsrtp.Policy(
                key=self.key,
                ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
                srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
            )
        )
        self._in: list[tuple[bytes, pylibsrtp.Session]] = []  # newest first; the one before stays until the next change
        self._remote: tuple[str, int] | None = None
        self._remote_rtcp: tuple[str, int] | None = None
        self._muxed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    @property
    def port(self) -> int:
        return int(self._rtp.getsockname()[1])

    @property
    def rtcp_port(self) -> int:
        return int(self._rtcp.getsockname()[1])

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Receive on this loop."""
        self._loop = loop
        loop.add_reader(self._rtp.fileno(), self._readable, self._rtp)
        loop.add_reader(self._rtcp.fileno(), self._readable, self._rtcp)

    def direct(self, remote: tuple[str, int], remote_rtcp: tuple[str, int], key: bytes, *, muxed: bool) -> bool:
        """Send there and expect that key from now on; True when this changed something."""
        changed = (remote, remote_rtcp) != (self._remote, self._remote_rtcp)
        self._remote, self._remote_rtcp, self._muxed = remote, remote_rtcp, muxed
        if not self._in or self._in[0][0] != key:
            changed = True
            session = pylibsrtp.Session(
                pylibsrtp.Policy(
                    key=key,
                    ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND,
                    srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
                )
            )
            self._in = [(key, session), *self._in[:1]]
        return changed

    def send_rtp(self, packet: bytes) -> None:
        if self._closed or self._remote is None:
            return
        with self._lock:
            data = self._out.protect(packet)
        self._send(self._rtp, data, self._remote)

    def send_rtcp(self, packet: bytes) -> None:
        if self._closed or self._remote_rtcp is None:
            return
        with self._lock:
            data = self._out.protect_rtcp(packet)
        self._send(self._rtp if self._muxed else self._rtcp, data, self._remote_rtcp)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for connection in (self._rtp, self._rtcp):
            if self._loop is not None:
                self._loop.remove_reader(connection.fileno())
            connection.close()

    def _send(self, connection: socket.socket, data: bytes, to: tuple[str, int]) -> None:
        try:
            connection.sendto(data, to)
        except (BlockingIOError, ConnectionError) as error:
            _log.debug("A media packet was not sent", extra={"reason": type(error).__name__})
        except OSError as error:
            if not self._closed:
                _log.warning("Media cannot be sent", extra={"reason": error.strerror})

    def _readable(self, connection: socket.socket) -> None:
        for _ in range(_READ_AT_ONCE):
            try:
                data = connection.recv(_DATAGRAM_MAX)
            except BlockingIOError:
                return
            except ConnectionError:
                continue  # an ICMP answer to what we sent: nobody listens there yet
            except OSError as error:
                if not self._closed:
                    _log.warning("Media cannot be received", extra={"reason": error.strerror})
                return
            self._received(data)

    def _received(self, data: bytes) -> None:
        control = is_rtcp(data)
        for _, session in self._in:
            try:
                clear = session.unprotect_rtcp(data) if control else session.unprotect(data)
            except (pylibsrtp.Error, TypeError):
                continue
            (self.on_rtcp if control else self.on_rtp)(clear)
            return
        self.rejected += 1


def _port_pair(address: str) -> tuple[socket.socket, socket.socket]:
    """Two bound UDP sockets, the first on an even port and the second on the next one."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for _ in range(_PORT_TRIES):
        first = socket.socket(family, socket.SOCK_DGRAM)
        second = socket.socket(family, socket.SOCK_DGRAM)
        try:
            first.bind((address, 0))
            port = int(first.getsockname()[1])
            if port % 2 == 0 and port < 65_535:
                second.bind((address, port + 1))
                for connection in (first, second):
                    connection.setblocking(False)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 512 * 1024)
                return first, second
        except OSError as error:
            _log.debug("A port is taken", extra={"reason": error.strerror})
        first.close()
        second.close()
    raise OSError("No free pair of UDP ports.")
