"""The bare relay: the SIP core alone between two sides, INVITE to BYE, without call logic, records or media.

It shows what the core costs and what it carries; no call of the product takes this way. Run as a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import time
from dataclasses import dataclass, field

import uvloop

from antiphon.assembly.serving import collect_rarely
from antiphon.clock import tokens
from antiphon.limits import SIP_SOCKET_BUFFER_BYTES
from antiphon.wire.sip import (
    Answered,
    Effect,
    Ended,
    Flow,
    Invited,
    Progressed,
    Refused,
    Send,
    UserAgent,
    UserAgentConfig,
)

_HOST = "127.0.0.1"


@dataclass(slots=True)
class _Call:
    """The caller's leg and those that were called for it; the first that answers is `talker`."""

    caller: str
    called: list[str] = field(default_factory=list)
    progressed: bool = False
    talker: str | None = None


class Relay(asyncio.DatagramProtocol):
    """Every call from `caller` goes to `answering`, and with `fork` above one to `ringing` as often as is left."""

    def __init__(self, port: int, caller: int, answering: int, ringing: int, fork: int) -> None:
        self._agent = UserAgent(UserAgentConfig(), tokens())
        self._flows = {
            remote: Flow(str(remote), "udp", (_HOST, port), (_HOST, remote)) for remote in (caller, answering, ringing)
        }
        self._answering, self._ringing, self._fork = self._flows[answering], self._flows[ringing], fork
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._calls: dict[str, _Call] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.DatagramTransport) or hasattr(transport, "sendto"):
            self._transport = transport  # type: ignore[assignment]  # event loops share no base class
        opened = transport.get_extra_info("socket")
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            opened.setsockopt(socket.SOL_SOCKET, option, SIP_SOCKET_BUFFER_BYTES)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        flow = self._flows.get(addr[1])
        if flow is not None:
            self._carry_out(self._agent.receive(flow, data, time.monotonic()))

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                if self._transport is not None:
                    self._transport.sendto(effect.data, effect.flow.remote)
            else:
                self._told(effect)
        self._arm()

    def _told(self, effect: Effect) -> None:
        now = time.monotonic()
        match effect:
            case Invited():
                self._call(effect, now)
            case Progressed(leg, status, _):
                call = self._calls.get(leg)
                if call is not None and not call.progressed:
                    call.progressed = True
                    self._carry_out(self._agent.progress(call.caller, status, None, now))
            case Answered(leg, sdp):
                self._answered(leg, sdp, now)
            case Refused(leg, _, _):
                self._calls.pop(leg, None)
            case Ended(leg, _, _):
                self._ended(leg, now)
            case _:
                return

    def _call(self, invited: Invited, now: float) -> None:
        call = self._calls[invited.leg] = _Call(invited.leg)
        name = invited.call_id.partition("@")[0]
        for number in range(self._fork):
            leg = f"{invited.leg}-{number}"
            flow = self._ringing if number else self._answering
            call.called.append(leg)
            self._calls[leg] = call
            # the request line names the caller's call, so that both sides' logs can be laid side by side
            target = f"sip:{name}.{number}@{_HOST}:{flow.remote[1]}"
            self._carry_out(
                self._agent.invite(
                    leg,
                    flow,
                    target_uri=target,
                    from_uri=f"sip:{invited.from_user}@{_HOST}",
                    to_uri=target,
                    sdp=invited.sdp,
                    now=now,
                )
            )

    def _answered(self, leg: str, sdp: str, now: float) -> None:
        call = self._calls.get(leg)
        if call is None or call.talker is not None:
            return
        call.talker = leg
        self._carry_out(self._agent.accept(call.caller, sdp, now))
        for other in call.called:
            if other != leg:
                self._carry_out(self._agent.end(other, "answered_elsewhere", now))

    def _ended(self, leg: str, now: float) -> None:
        call = self._calls.pop(leg, None)
        if call is None:
            return
        for other in (call.caller, *call.called):
            if other != leg and self._calls.pop(other, None) is not None:
                self._carry_out(self._agent.end(other, "hung_up", now))

    def _arm(self) -> None:
        deadline = self._agent.next_deadline()
        if deadline is not None and self._timer is None:
            wait_s = max(0.001, deadline - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._carry_out(self._agent.tick(time.monotonic()))


async def _serve(asked: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(
        lambda: Relay(asked.port, asked.caller, asked.answering, asked.ringing, asked.fork),
        local_addr=(_HOST, asked.port),
    )
    collect_rarely()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    """Relay until killed; says `ready` once the socket is open."""
    words = argparse.ArgumentParser()
    for name in ("port", "caller", "answering", "ringing", "fork"):
        words.add_argument(name, type=int)
    uvloop.run(_serve(words.parse_args()))


if __name__ == "__main__":
    main()
