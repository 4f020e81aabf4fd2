"""Every screen in both themes, both languages and on a phone: nothing overflows, axe finds nothing, pictures are kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from desk_page import DeskPage
from playwright.async_api import Browser, Page
from scripted_platform import Platform, door, missed, now, record, station
from station_peer import until

from antiphon.wire.client import CallEnded, DoorResult, LimitWarning, OpenDoor, RingEnded

SCREENS = Path(__file__).resolve().parents[2] / ".build" / "screens"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Inspector:
    def __init__(self, page: Page, axe: str, look: str) -> None:
        self.page, self.axe, self.look = page, axe, look
        self.found: list[str] = []

    async def inspect(self, name: str) -> None:
        await self.page.screenshot(path=SCREENS / f"{name}-{self.look}.png")
        if await self.page.evaluate(OVERFLOW) > 0:
            self.found.append(f"{name}: wider than the window")
        await self.page.evaluate(self.axe)
        report = await self.page.evaluate("(tags) => axe.run(document, { runOnly: tags })", TAGS)
        for violation in report["violations"]:
            nodes = [node["target"] for node in violation["nodes"]]
            self.found.append(f"{name}: {violation['id']} {nodes}")


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("light", "en", 1440), ("dark", "de", 1440), ("light", "de", 390), ("dark", "en", 390), ("light", "de", 1024)],
)
async def test_every_screen(
    browser: Browser, platform: Platform, axe: str, theme: str, language: str, width: int
) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    platform.signed_in, platform.language = False, language
    platform.stations = (
        station(doors=(door(), door("door_2", "Tiefgarage Einfahrt", kind="barrier"))),
        station(
            "station_2", "Lieferanten", "Bürohaus Rainerstraße, Hof", state="offline", doors=(door("door_3", "Lager"),)
        ),
        station(
            "station_3",
            "Lift 2",
            "Bürohaus Rainerstraße",
            state="in_call",
            snapshot=False,
            doors=(door("door_4", "Stiegenhaus", may_open=False),),
        ),
        station(
            "station_4",
            "Ausfahrt Süd",
            "Parken Altstadt, Garage Mitte",
            doors=(door("door_5", "Schranken Ausfahrt Süd", kind="barrier"),),
        ),
    )
    platform.records = (
        record("call_a", 4),
        missed("call_b", 31, "no_answer"),
        record("call_c", 95, direction="to_station", snapshot_id=None, doors_opened=0),
        missed("call_d", 1500, "declined"),
    )
    desk = await DeskPage.open(
        browser,
        platform,
        wait=False,
        color_scheme=theme,
        locale=language,
        viewport={"width": width, "height": 844 if width < 700 else 900},
        reduced_motion="reduce",
    )
    page = desk.page
    inspector = Inspector(page, axe, f"{theme}-{language}-{width}")
    await page.locator("#email").wait_for()
    await inspector.inspect("01-sign-in")
    await page.locator("#email").fill("maria@example.org")
    await page.locator("#password").fill("a long password")
    await page.keyboard.press("Enter")
    desk.tab = await platform.tab()
    await until(page, "() => document.querySelector('canvas')?.width === 320")
    await inspector.inspect("02-home")
    await page.locator(".menu-place button").click()
    await inspector.inspect("03-settings")
    await page.keyboard.press("Escape")
    if width < 981:
        await page.locator(".views button").nth(1).click()
    await page.locator(".line button").first.click()
    await inspector.inspect("04-history")
    if width < 981:
        await page.locator(".views button").nth(0).click()

    await page.locator(".door").nth(0).click()
    await desk.socket.expect(OpenDoor)
    await page.locator(".door-working").wait_for()
    await page.locator(".door").nth(1).click()
    press = await desk.socket.expect(OpenDoor)
    await desk.socket.send(
        DoorResult(request_id=press.request_id, door_id=press.door_id, opened=False, code="station_unreachable")
    )
    await page.locator(".door-failed").wait_for()
    await inspector.inspect("05-doors")

    await desk.rings("call_1", platform.stations[0], seconds_ago=3)
    await desk.frames("call_1")
    await inspector.inspect("06-ringing")
    await desk.rings("call_2", platform.stations[3])
    await inspector.inspect("07-two-ringing")
    await page.locator(".go").click()
    await desk.answers("call_1")
    await page.locator(".own video").wait_for()
    await desk.socket.send(DoorResult(request_id=None, door_id="door_main", opened=True, open_for_s=60))
    await page.locator(".door-open").wait_for()
    await inspector.inspect("08-talking")
    await desk.socket.send(LimitWarning(call_id="call_1", ends_at=now() + timedelta(seconds=29)))
    await page.locator(".limit").wait_for()
    await page.locator(".b").nth(2).click()
    await inspector.inspect("09-limit-and-keypad")
    await desk.socket.send(CallEnded(call_id="call_1", cause="answered", by="station"))
    await desk.socket.send(RingEnded(call_id="call_2", cause="answered_elsewhere", answered_by="J. Reiter"))
    await page.locator(".home").wait_for()
    await platform.goes_away()
    await page.locator(".bar-fault").wait_for()
    await inspector.inspect("10-ended-and-offline")

    assert inspector.found == []
    assert desk.complaints == []
