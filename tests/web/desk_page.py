"""One operator's page as a test drives it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page
from scripted_platform import Platform, Tab, now, ring
from station_peer import StationPeer, until

from antiphon.wire.client import Answer, Connected, MediaAnswer, MediaOffer, PreviewAnswer, PreviewOffer, StationView


@dataclass
class DeskPage:
    page: Page
    platform: Platform
    context: BrowserContext
    tab: Tab | None = None
    peer: StationPeer | None = None
    complaints: list[str] = field(default_factory=list)  # of the content security policy, and errors of the page

    @classmethod
    async def open(
        cls, browser: Browser, platform: Platform, *, before: str = "", wait: bool = True, **options: Any
    ) -> DeskPage:
        """Opens the client; `before` is a script that runs before it."""
        context = await browser.new_context(**{"locale": "en", "timezone_id": "Europe/Vienna", **options})
        page = await context.new_page()
        if before:
            await page.add_init_script(before)
        desk = cls(page, platform, context)
        page.on("pageerror", lambda error: desk.complaints.append(str(error)))
        page.on(
            "console",
            lambda line: desk.complaints.append(line.text) if "Content Security Policy" in line.text else None,
        )
        await page.goto(platform.url)
        if wait:
            desk.tab = await platform.tab()
            await page.wait_for_selector(".desk")
        return desk

    @property
    def socket(self) -> Tab:
        assert self.tab is not None
        return self.tab

    async def station(self) -> StationPeer:
        if self.peer is None:
            browser = self.context.browser
            assert browser is not None
            context = await browser.new_context()
            self.peer = await StationPeer.start(context, self.platform.url)
        return self.peer

    async def rings(self, call_id: str, station: StationView, *, seconds_ago: float = 0) -> None:
        """A station rings and its picture is negotiated."""
        peer = await self.station()
        await self.socket.send(ring(call_id, station, seconds_ago=seconds_ago))
        await self.socket.send(PreviewOffer(call_id=call_id, sdp=await peer.preview(call_id)))
        answer = await self.socket.expect(PreviewAnswer)
        await peer.answered(call_id, answer.sdp)

    async def answers(self, call_id: str) -> MediaAnswer:
        """The platform's side of Answer: the same peer connection is upgraded."""
        peer = await self.station()
        taken = await self.socket.expect(Answer)
        assert taken.call_id == call_id
        await self.socket.send(MediaOffer(call_id=call_id, sdp=await peer.connect(call_id)))
        answer = await self.socket.expect(MediaAnswer)
        await peer.answered(call_id, answer.sdp)
        await self.connected(call_id)
        return answer

    async def connected(self, call_id: str, seconds: float = 600) -> None:
        await self.socket.send(Connected(call_id=call_id, at=now(), ends_at=now() + timedelta(seconds=seconds)))

    async def sees(self, text: str) -> None:
        await self.page.get_by_text(re.compile(re.escape(text))).first.wait_for(state="visible")

    async def frames(self, call_id: str, at_least: int = 3) -> None:
        """Waits until this many frames of the call were decoded in the page."""
        await until(
            self.page,
            "async ([id, count]) => ((await window.__antiphon.statistics())[id]?.framesDecoded ?? 0) >= count",
            [call_id, at_least],
        )
