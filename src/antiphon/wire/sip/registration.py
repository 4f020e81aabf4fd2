"""Registration of one address of record (RFC 3261 10): register, refresh in time, unregister."""

from __future__ import annotations

from antiphon.wire.sip.address import parameters_of, split_outside, uri_of
from antiphon.wire.sip.build import MAGIC, Request
from antiphon.wire.sip.effects import Flow, Registered, RegistrationFailed
from antiphon.wire.sip.headers import ALLOW_LINE, number_of
from antiphon.wire.sip.message import SipMessage
from antiphon.wire.sip.timers import Timer
from antiphon.wire.sip.transactions import ClientTransaction, Desk

_REFRESH_SHARE = 0.6  # of the granted time; leaves room for a whole time-out before the registration runs out
_EXPIRES_MAX_S = 86_400


class Registration:
    """Keeps one contact registered over one flow. A failure stops it until `start` is called again."""

    __slots__ = (
        "_aor",
        "_call_id",
        "_contact",
        "_cseq",
        "_desk",
        "_expires_s",
        "_refresh",
        "_registrar",
        "_tag",
        "_transaction",
        "flow",
    )

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._call_id = desk.token()
        self._tag = desk.token()
        self._cseq = 0
        self._refresh: Timer | None = None
        self._transaction: ClientTransaction | None = None
        self.flow: Flow | None = None
        self._registrar = self._aor = self._contact = ""
        self._expires_s = 0

    def start(self, flow: Flow, registrar: str, aor: str, contact: str, expires_s: int, now: float) -> None:
        """Register anew, over this flow from now on."""
        self._stop()
        self.flow = flow
        self._registrar, self._aor, self._contact = registrar, aor, contact
        self._expires_s = expires_s
        self._send(now)

    def give_up(self, now: float) -> None:
        """Unregister."""
        if self.flow is None:
            return
        self._stop()
        self._expires_s = 0
        self._send(now)

    def flow_lost(self) -> None:
        """The flow is gone, and the registration with it."""
        self._stop()
        self.flow = None
        self._desk.out.append(RegistrationFailed(503))

    def _stop(self) -> None:
        self._desk.timers.cancel(self._refresh)
        self._refresh = None
        if self._transaction is not None:
            self._transaction.stop()
            self._transaction = None

    def _send(self, now: float) -> None:
        self._refresh = None
        if self.flow is None:
            return
        self._cseq += 1
        request = Request(
            "REGISTER",
            self._registrar,
            rim=self._desk.rim(self.flow),
            branch=MAGIC + self._desk.token(),
            routes=(),
            from_=f"<{self._aor}>;tag={self._tag}",
            to=f"<{self._aor}>",
            call_id=self._call_id,
            cseq=self._cseq,
            extra=(f"Contact: <{self._contact}>", f"Expires: {self._expires_s}", ALLOW_LINE),
        )
        self._transaction = ClientTransaction(self._desk, request, self.flow, self._responded, self._timed_out, now)

    def _responded(self, transaction: ClientTransaction, answer: SipMessage, now: float) -> None:
        if answer.status < 200 or transaction is not self._transaction:
            return
        self._transaction = None
        shortest_s = number_of(answer, "min-expires")
        if answer.status == 423 and shortest_s is not None and self._expires_s < shortest_s <= _EXPIRES_MAX_S:
            self._expires_s = shortest_s
            self._send(now)
        elif answer.status >= 300:
            self._desk.out.append(RegistrationFailed(answer.status))
        elif self._expires_s == 0:
            self.flow = None
            self._desk.out.append(Registered(0))
        else:
            granted_s = self._granted_s(answer)
            self._refresh = self._desk.timers.arm(now + granted_s * _REFRESH_SHARE, self._send)
            self._desk.out.append(Registered(granted_s))

    def _timed_out(self, transaction: ClientTransaction, now: float) -> None:
        if transaction is self._transaction:
            self._transaction = None
            self._desk.out.append(RegistrationFailed(408))

    def _granted_s(self, answer: SipMessage) -> int:
        """What the registrar grants our contact: its expires parameter, else Expires, else what we asked for."""
        granted = number_of(answer, "expires")
        for line in answer.headers("contact"):
            for value in split_outside(line):
                expires = parameters_of(value).get("expires", "")
                if uri_of(value) == self._contact and expires.isascii() and expires.isdigit() and len(expires) < 10:
                    granted = int(expires)
        return max(1, granted if granted is not None else self._expires_s)
