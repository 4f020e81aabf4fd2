"""Digits as rtpengine reports them: one JSON object per UDP datagram on loopback (`dtmf-log-dest`)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import cast

from antiphon import log
from antiphon.limits import DIGIT_REPORT_MAX_BYTES

_log = log.get("media")
DIGITS = "0123456789*#ABCD"


def read_report(data: bytes) -> tuple[str, str, str] | None:
    """(call id, tag of the party that pressed, digit) of one report, or None when it is not one."""
    if len(data) > DIGIT_REPORT_MAX_BYTES:
        return None
    try:
        report = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(report, dict) or report.get("type") != "DTMF":
        return None
    call, tag, event = report.get("callid"), report.get("source_tag"), report.get("event")
    if not isinstance(call, str) or not isinstance(tag, str) or not isinstance(event, int):
        return None
    return (call, tag, DIGITS[event]) if 0 <= event < len(DIGITS) else None


class DigitReports(asyncio.DatagramProtocol):
    """Listens on loopback and tells `on_digit(call, tag, digit)`."""

    def __init__(self, port: int, on_digit: Callable[[str, str, str], None]) -> None:
        self._port = port
        self._on_digit = on_digit
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", self._port))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # no common base class in event loops

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        report = read_report(data)
        if report is None:
            _log.warning("digit report not understood", size=len(data))
            return
        self._on_digit(*report)
