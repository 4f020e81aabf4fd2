"""What strangers send to the SIP edge: whole messages, each a trick of its own to get to the call service or elsewhere."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from antiphon.settings import Settings
from ops import engines, sip

REALM = "antiphon.local"


def request(
    method: str, uri: str, user: str, *headers: str, to: str = "", dialog: bool = False, body: str = ""
) -> bytes:
    """A request of whoever calls himself `user`; in a dialog its To has a tag."""
    whole = sip.request(
        method, uri, user=user, to=to or uri,
        headers=(f"Contact: <sip:{user}@127.0.0.1:40000;transport=tls>", *headers), body=body,
    )  # fmt: skip
    if dialog:
        lines = whole.split(b"\r\n")
        at = next(number for number, line in enumerate(lines) if line.startswith(b"To: "))
        lines[at] += b";tag=guessed"
        whole = b"\r\n".join(lines)
    return whole


def to_the_call_service(settings: Settings, user: str) -> dict[str, bytes]:
    """Requests and answers that aim at the call service without saying who sends them."""
    service = f"sip:antiphon@127.0.0.1:{settings.ports.sip_calls}"
    edge = f"<sip:127.0.0.1:{settings.ports.sip_edge};lr>"
    inside = {
        f"{method} in a dialog that is none": request(method, service, user, f"Route: {edge}", dialog=True)
        for method in ("BYE", "INFO", "UPDATE", "INVITE", "PRACK", "ACK", "REFER", "NOTIFY", "MESSAGE")
    }
    vias = f"SIP/2.0/UDP 127.0.0.1:{settings.ports.sip_edge};branch=z9hG4bK-no"
    answer = "\r\n".join(
        (
            "SIP/2.0 200 OK",
            f"Via: {vias}",
            f"Via: SIP/2.0/UDP 127.0.0.1:{settings.ports.sip_calls};branch=z9hG4bK-none",
            f"From: <sip:antiphon@{REALM}>;tag=1",
            f"To: <sip:{user}@{REALM}>;tag=2",
            "Call-ID: none",
            "CSeq: 1 INVITE",
            "Content-Length: 0",
            "\r\n",
        )
    ).encode()
    return {
        **inside,
        "CANCEL of nothing": request("CANCEL", service, user, f"Route: {edge}"),
        "INVITE": request("INVITE", f"sip:main@{REALM}", user),
        "INVITE to its address": request("INVITE", service, user, f"Route: {edge}"),
        "INVITE with a forged identity": request("INVITE", service, user, "X-Antiphon-Device: dev_door1"),
        "MESSAGE": request("MESSAGE", service, user, f"Route: {edge}"),
        "OPTIONS to its address": request("OPTIONS", service, user, f"Route: {edge}"),
        "SUBSCRIBE": request("SUBSCRIBE", service, user),
        "an answer without a question": answer,
    }


def to_elsewhere(settings: Settings, user: str, port: int) -> dict[str, bytes]:
    """Requests that would use the edge as a way to somebody else, who listens on `port`."""
    there = f"sip:victim@127.0.0.1:{port}"
    lr = f"<sip:127.0.0.1:{port};transport=udp;lr>"
    edge = f"<sip:127.0.0.1:{settings.ports.sip_edge};lr>"
    own = f"<sip:127.0.0.1:{settings.ports.sips};transport=tls;lr>"
    told = {
        "the address in the request": request("INVITE", there, user),
        "with transport": request("INVITE", f"{there};transport=udp", user),
        "maddr": request("INVITE", f"sip:main@{REALM};maddr=127.0.0.1;transport=udp", user),
        "a route": request("INVITE", f"sip:main@{REALM}", user, f"Route: {lr}"),
        "ours, then a route": request("INVITE", f"sip:main@{REALM}", user, f"Route: {edge}, {lr}"),
        "both of ours, then a route": request("INVITE", f"sip:main@{REALM}", user, f"Route: {own}, {edge}, {lr}"),
        "a strict route": request("INVITE", there, user, f"Route: <sip:127.0.0.1:{settings.ports.sip_edge}>"),
        "an answer to be sent on": "\r\n".join(
            (
                "SIP/2.0 200 OK",
                f"Via: SIP/2.0/TLS 127.0.0.1:{settings.ports.sips};branch=z9hG4bK-no",
                f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-none",
                f"From: <sip:a@{REALM}>;tag=1",
                f"To: <sip:{user}@{REALM}>;tag=2",
                "Call-ID: none",
                "CSeq: 1 INVITE",
                "Content-Length: 0",
                "\r\n",
            )
        ).encode(),
    }
    for method in ("BYE", "INFO", "MESSAGE", "ACK"):
        for name, route in (("its address", f"{edge}"), ("a route", f"{own}, {edge}, {lr}")):
            told[f"{method} in a dialog, {name}"] = request(method, there, user, f"Route: {route}", dialog=True)
    return told


def say(
    settings: Settings, port: int, who: engines.Station | None, messages: list[bytes], user: str = "whoever"
) -> None:
    """Each on a connection of its own; returns when the edge has dealt with all of them."""
    for message in messages:
        with engines.connect(settings, port, who) as connection:
            line = sip.Line(connection)
            line.send(message + request("OPTIONS", f"sip:{REALM}", user))
            while "OPTIONS" not in sip.header(line.receive(), "CSeq"):
                continue


@dataclass
class Accomplice:
    """Waits on a port of his own for what the edge might be talked into sending."""

    socket: socket.socket

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def received(self) -> bytes:
        try:
            return self.socket.recv(65_536)
        except BlockingIOError:
            return b""


@contextmanager
def accomplice() -> Iterator[Accomplice]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", 0))
        own.setblocking(False)
        yield Accomplice(own)
