"""Receivers without a screen: tabs on the real client contract that answer every ring. Run as a process of its own.

They take part in everything that is said; sound and picture they agree to and never send.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import ssl
import sys
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any  # messages of the client contract, as JSON

import uvloop
from websockets.asyncio.client import ClientConnection, connect

_FINGERPRINT = ":".join(["3B"] * 32)


@dataclass(slots=True)
class Seen:
    """What the receivers saw: rings as (Unix time, station), and calls by how they went."""

    rings: list[tuple[float, str]] = field(default_factory=list)
    connected: int = 0
    ended: int = 0
    errors: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class Receivers:
    """All tabs of one run. A call is answered by the tab that heard its ring as number `answer_after`."""

    def __init__(self, portal: str, trust: str, answer_after: int) -> None:
        self._portal = portal.replace("https://", "wss://")
        self._tls = ssl.create_default_context(cafile=trust)
        self._answer_after = answer_after
        self._heard: dict[str, int] = defaultdict(int)
        self._requests = 0
        self.seen = Seen()

    async def run(self, desks: list[dict[str, str]]) -> None:
        """Sign every desk on, say `ready`, and serve until cancelled."""
        async with contextlib.AsyncExitStack() as stack:
            tabs = [await stack.enter_async_context(self._tab(desk)) for desk in desks]
            for tab, desk in zip(tabs, desks, strict=True):
                await tab.send(json.dumps({"type": "hello", "token": desk["token"], "on_duty": True}))
                welcome = json.loads(await tab.recv())
                if welcome["type"] != "welcome":
                    raise RuntimeError(f"not welcome: {welcome}")
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            await asyncio.gather(*(self._serve(tab) for tab in tabs))

    def _tab(self, desk: dict[str, str]) -> connect:
        address = f"{self._portal}/ws/{desk['company_id']}"
        return connect(address, ssl=self._tls, ping_interval=None, max_queue=None)

    async def _serve(self, tab: ClientConnection) -> None:
        """Whoever talks ends that conversation before the next answer: further rings wait."""
        waiting: deque[dict[str, Any]] = deque()
        talking: str | None = None
        async for text in tab:
            at = time.time()
            message: dict[str, Any] = json.loads(text)
            match message["type"]:
                case "ring":
                    self.seen.rings.append((at, message["station"]["station_id"]))
                    self._heard[message["call_id"]] += 1
                    if self._heard[message["call_id"]] == self._answer_after:
                        waiting.append(message)
                case "preview_offer":
                    await self._say(tab, "preview_answer", message, sdp=answer_to(message["sdp"]))
                case "media_offer":
                    await self._say(tab, "media_answer", message, sdp=answer_to(message["sdp"]))
                case "connected":
                    self.seen.connected += 1
                case "call_ended":
                    self.seen.ended += 1
                    talking = None if message["call_id"] == talking else talking
                case "error":
                    self.seen.errors[message["code"]] += 1
            if talking is None and waiting:
                ring = waiting.popleft()
                talking = ring["call_id"]
                await self._say(tab, "answer", ring, request_id=self._request())

    @staticmethod
    async def _say(tab: ClientConnection, kind: str, about: dict[str, Any], **fields: str) -> None:
        await tab.send(json.dumps({"type": kind, "call_id": about["call_id"], **fields}))

    def _request(self) -> str:
        self._requests += 1
        return f"bench-{self._requests}"


def answer_to(offer: str) -> str:
    """An SDP answer as a browser would give it, with the first codec of each section; nobody is at its candidate."""
    session = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    sections: list[list[str]] = []
    for line in offer.split("\r\n"):
        if line.startswith("m="):
            sections.append([line])
        elif sections and line:
            sections[-1].append(line)
    lines = list(session)
    for section in sections:
        kind, _, protocol, payload, *_ = section[0].removeprefix("m=").split()
        lines += [f"m={kind} 9 {protocol} {payload}", "c=IN IP4 0.0.0.0", "a=rtcp-mux"]
        lines += [line for line in section if line.startswith((f"a=rtpmap:{payload} ", f"a=fmtp:{payload} ", "a=mid:"))]
        lines.append(_opposite(section))
        lines += ["a=ice-ufrag:bnch", "a=ice-pwd:benchbenchbenchbenchbench", f"a=fingerprint:sha-256 {_FINGERPRINT}"]
        lines += ["a=setup:active", "a=candidate:1 1 UDP 2130706431 127.0.0.1 9 typ host", "a=end-of-candidates"]
    return "\r\n".join(lines) + "\r\n"


def _opposite(section: list[str]) -> str:
    if "a=sendonly" in section:
        return "a=recvonly"
    return "a=inactive" if "a=inactive" in section else "a=sendrecv"


async def _serve(asked: argparse.Namespace, desks: list[dict[str, str]]) -> None:
    receivers = Receivers(asked.portal, asked.trust, asked.answer_after)
    serving = asyncio.ensure_future(receivers.run(desks))
    ending = asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)  # whoever started us says when
    await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        serving.result()
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    seen = receivers.seen
    told = {"rings": seen.rings, "connected": seen.connected, "ended": seen.ended, "errors": dict(seen.errors)}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until a line comes in; then tell what was seen as one line of JSON."""
    words = argparse.ArgumentParser()
    for name in ("portal", "trust", "desks"):
        words.add_argument(name)
    words.add_argument("answer_after", type=int)
    asked = words.parse_args()
    uvloop.run(_serve(asked, json.loads(Path(asked.desks).read_text())))


if __name__ == "__main__":
    main()
