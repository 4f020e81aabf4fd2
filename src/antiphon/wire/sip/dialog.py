"""Dialogs (RFC 3261 12): identifiers, route set, remote target, sequence numbers, and the session agreed in them."""

from __future__ import annotations

from collections.abc import Sequence

from antiphon.wire.sip.address import split_outside, uri_of
from antiphon.wire.sip.build import MAGIC, Request
from antiphon.wire.sip.effects import Flow
from antiphon.wire.sip.message import SipMessage
from antiphon.wire.sip.transactions import Desk

_NOWHERE = "sip:nobody@unknown.invalid"  # a peer that names no way back (RFC 2606)


class Dialog:
    """One early or confirmed dialog of a leg. `local` and `remote` are the From and To values of our requests."""

    __slots__ = (
        "_desk",
        "agreed",
        "allows_update",
        "call_id",
        "flow",
        "local",
        "local_cseq",
        "local_tag",
        "remote",
        "remote_cseq",
        "remote_sdp",
        "remote_tag",
        "routes",
        "rseq",
        "target",
    )

    def __init__(
        self,
        desk: Desk,
        flow: Flow,
        *,
        call_id: str,
        local: str,
        local_tag: str,
        remote: str,
        remote_tag: str,
        local_cseq: int,
        remote_cseq: int | None,
        peer: SipMessage,
        caller: bool,
    ) -> None:
        self._desk = desk
        self.flow = flow
        self.call_id = call_id
        self.local = local
        self.local_tag = local_tag
        self.remote = remote
        self.remote_tag = remote_tag
        self.local_cseq = local_cseq
        self.remote_cseq = remote_cseq
        named = uri_of(remote)
        self.target = named if _can_be_asked(named) else _NOWHERE
        self.refresh_target(peer)
        self.routes: list[str] = []
        self.take_routes(peer, caller=caller)
        self.allows_update = "update" in peer.options("allow")
        self.agreed = False  # the first offer has its answer
        self.remote_sdp = ""
        self.rseq: int | None = None  # of the last reliable provisional answer taken

    @property
    def key(self) -> tuple[str, str, str]:
        """Call-ID, local tag, remote tag."""
        return self.call_id, self.local_tag, self.remote_tag

    def take_routes(self, peer: SipMessage, *, caller: bool) -> None:
        """The route set as Record-Route says: in reverse order at the caller."""
        written = [value for line in peer.headers("record-route") for value in split_outside(line)]
        routes = [value for value in written if _can_be_asked(uri_of(value))]
        self.routes = routes[::-1] if caller else routes

    def refresh_target(self, message: SipMessage) -> None:
        """The peer's Contact is where our next request goes; one that cannot be used changes nothing."""
        contact = message.header("contact")
        if contact:
            contacts = split_outside(contact)
            target = uri_of(contacts[0]) if contacts else ""
            if _can_be_asked(target):
                self.target = target

    def is_old(self, cseq: int) -> bool:
        """True for a request that is not newer than the last; otherwise the number is taken over."""
        if self.remote_cseq is not None and cseq <= self.remote_cseq:
            return True
        self.remote_cseq = cseq
        return False

    def request(
        self,
        method: str,
        *,
        cseq: int | None = None,
        extra: Sequence[str] = (),
        content_type: str = "",
        body: bytes = b"",
    ) -> Request:
        """A request inside the dialog, loose or strict routed; `cseq` is given for the ACK of a 2xx only."""
        if cseq is None:
            self.local_cseq += 1
            cseq = self.local_cseq
        uri, routes = self.target, self.routes
        if routes and ";lr" not in routes[0].lower():
            uri, routes = uri_of(routes[0]), [*routes[1:], f"<{self.target}>"]
        return Request(
            method,
            uri,
            rim=self._desk.rim(self.flow),
            branch=MAGIC + self._desk.token(),
            routes=routes,
            from_=self.local,
            to=self.remote,
            call_id=self.call_id,
            cseq=cseq,
            extra=extra,
            content_type=content_type,
            body=body,
        )


def _can_be_asked(uri: str) -> bool:
    """Whether it can stand in a request line: a space in it would make other words of that line."""
    return ":" in uri and len(uri.split()) == 1
