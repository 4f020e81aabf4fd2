"""Writes SIP requests and responses."""

from __future__ import annotations

from collections.abc import Sequence

from antiphon.wire.sip.effects import Flow, UserAgentConfig
from antiphon.wire.sip.headers import phrase
from antiphon.wire.sip.message import SipMessage

MAGIC = "z9hG4bK"


class Rim:
    """The header lines in which our end of a flow names itself."""

    __slots__ = ("agent", "contact", "server", "via")

    def __init__(self, flow: Flow, config: UserAgentConfig) -> None:
        host, port = flow.local
        if ":" in host and not host.startswith("["):
            host = f"[{host}]"
        transport = "" if flow.transport == "udp" else f";transport={flow.transport}"
        self.via = f"Via: SIP/2.0/{flow.transport.upper()} {host}:{port};rport;branch="
        self.contact = f"Contact: <sip:{config.contact_user}@{host}:{port}{transport}>"
        self.agent = f"User-Agent: {config.product}"
        self.server = f"Server: {config.product}"


class Request:
    """The parts of a request of ours that its ACK and CANCEL repeat. `data` is the whole of it on the wire."""

    __slots__ = ("branch", "call_id", "cseq", "data", "from_", "key", "method", "rim", "routes", "to", "uri")

    def __init__(
        self,
        method: str,
        uri: str,
        *,
        rim: Rim,
        branch: str,
        routes: Sequence[str],
        from_: str,
        to: str,
        call_id: str,
        cseq: int,
        extra: Sequence[str] = (),
        content_type: str = "",
        body: bytes = b"",
    ) -> None:
        self.method = method
        self.uri = uri
        self.rim = rim
        self.branch = branch
        self.key = f"{branch} {method}"
        self.routes = routes
        self.from_ = from_
        self.to = to
        self.call_id = call_id
        self.cseq = cseq
        self.data = self._write(method, to, extra, content_type, body)

    def _write(self, method: str, to: str, extra: Sequence[str], content_type: str, body: bytes) -> bytes:
        lines = [
            f"{method} {self.uri} SIP/2.0",
            f"{self.rim.via}{self.branch}",
            *[f"Route: {route}" for route in self.routes],
            "Max-Forwards: 70",
            f"From: {self.from_}",
            f"To: {to}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.cseq} {method}",
            self.rim.agent,
            *extra,
        ]
        if body:
            lines.append(f"Content-Type: {content_type}")
        lines.append(f"Content-Length: {len(body)}\r\n\r\n")
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body

    def ack(self, to: str) -> bytes:
        """The ACK of a refusal: same hop, same branch (RFC 3261 17.1.1.3)."""
        return self._write("ACK", to, (), "", b"")

    def cancel(self, extra: Sequence[str]) -> Request:
        """The CANCEL of this INVITE (RFC 3261 9.1)."""
        return Request(
            "CANCEL",
            self.uri,
            rim=self.rim,
            branch=self.branch,
            routes=self.routes,
            from_=self.from_,
            to=self.to,
            call_id=self.call_id,
            cseq=self.cseq,
            extra=extra,
        )


def response(
    request: SipMessage,
    status: int,
    rim: Rim,
    *,
    via: str,
    to: str,
    extra: Sequence[str] = (),
    content_type: str = "",
    body: bytes = b"",
) -> bytes:
    """A response. `via` holds the Via lines to echo (`echo_via`), `to` the To value with our tag."""
    lines = [
        f"SIP/2.0 {status} {phrase(status)}",
        via,
        f"From: {request.header('from')}",
        f"To: {to}",
        f"Call-ID: {request.header('call-id')}",
        f"CSeq: {request.header('cseq')}",
        rim.server,
        *extra,
    ]
    if body:
        lines.append(f"Content-Type: {content_type}")
    lines.append(f"Content-Length: {len(body)}\r\n\r\n")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body


def echo_via(request: SipMessage, flow: Flow) -> str:
    """Every Via line of a request as the response repeats it; the top one with received and rport (RFC 3581)."""
    values = request.headers("via")
    top = values[0]
    host, port = flow.remote
    if ";rport" in top and ";rport=" not in top:
        top = top.replace(";rport", f";rport={port}", 1)
        if ";received=" not in top:
            first, comma, rest = top.partition(",")
            top = f"{first};received={host}{comma}{rest}"
    return "\r\n".join([f"Via: {top}", *[f"Via: {value}" for value in values[1:]]])
