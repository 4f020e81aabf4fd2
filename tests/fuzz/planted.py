"""Faults put into the code under fuzz on purpose: the fuzzer has to find them (tests/fuzz/test_fuzzing.py)."""

from __future__ import annotations

from collections.abc import Callable

from antiphon.wire.sip import agent, build
from antiphon.wire.sip.message import SipMessage, parse


def rare_header() -> None:
    """A parser that trusts a rare header."""

    def trusting(data: bytes) -> SipMessage:
        message = parse(data)
        if "privacy" in message:
            {"none": 0, "full": 1}[message.header("privacy") or ""]
        return message

    agent.parse = trusting


def header_slipped_in() -> None:
    """A writer that lets what a stranger sends become a header line of ours."""
    honest = build.response

    def careless(request: SipMessage, *arguments: object, **named: object) -> bytes:
        written: bytes = honest(request, *arguments, **named)  # type: ignore[arg-type]
        told = request.header("privacy")
        if told is None:
            return written
        head, end, body = written.partition(b"\r\n\r\n")
        return head + b"\r\nPrivacy: " + told.encode("utf-8", "surrogateescape") + end + body

    agent.response = careless


_PLANTS: dict[str, Callable[[], None]] = {"rare header": rare_header, "header slipped in": header_slipped_in}


def plant(name: str) -> None:
    _PLANTS[name]()
