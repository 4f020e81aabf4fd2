"""Signing in, doors and the history as an operator's browser shows them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from desk_page import DeskPage
from playwright.async_api import Browser, expect
from scripted_platform import ZONE, Platform, door, missed, record, station
from station_peer import until

from antiphon.wire.client import DoorResult, Error, Hello, HistoryChanged, OpenDoor, SetDuty


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ((401, "unauthenticated"), "E-mail and password do not match, or you may no longer sign in."),
        ((429, "too_many_requests"), "Too many attempts. Wait 40 s, then try again."),
        ((503, "unavailable"), "Antiphon does not answer."),
        ((500, "internal"), "Signing in failed on our side."),
    ],
)
async def test_a_refused_sign_in_says_why_and_what_to_do(
    browser: Browser, platform: Platform, refusal: tuple[int, str], words: str
) -> None:
    platform.signed_in, platform.refusal = False, refusal
    desk = await DeskPage.open(browser, platform, wait=False)
    await desk.page.get_by_label("E-mail").fill("maria@example.org")
    await desk.page.get_by_label("Password", exact=True).fill("wrong")
    await desk.page.keyboard.press("Enter")
    await desk.sees(words)
    platform.refusal = None
    await desk.page.keyboard.press("Enter")
    await platform.tab()
    await desk.page.get_by_role("heading", name="Stations").wait_for()


async def test_the_language_is_chosen_at_the_foot_and_stays(browser: Browser, platform: Platform) -> None:
    platform.signed_in = False
    desk = await DeskPage.open(browser, platform, wait=False)
    await desk.page.get_by_role("button", name="Deutsch").click()
    await desk.page.get_by_role("heading", name="Anmelden").wait_for()
    await desk.page.reload()
    await desk.page.get_by_role("heading", name="Anmelden").wait_for()
    assert await desk.page.locator("html").get_attribute("lang") == "de"


@pytest.mark.parametrize(("account", "heading"), [(None, "Stationen"), ("en", "Stations")])
async def test_a_german_browser_gets_german_until_the_person_chose_a_language(
    browser: Browser, platform: Platform, account: str | None, heading: str
) -> None:
    platform.language = account
    desk = await DeskPage.open(browser, platform, locale="de-AT", wait=False)
    await desk.page.get_by_role("heading", name=heading, exact=True).wait_for()


async def test_signing_out_leads_back_to_the_sign_in(browser: Browser, platform: Platform) -> None:
    desk = await DeskPage.open(browser, platform)
    await desk.page.get_by_role("button", name="Settings of this browser").click()
    await desk.page.get_by_role("button", name="Sign out").click()
    await desk.page.get_by_role("heading", name="Sign in").wait_for()
    assert platform.signed_in is False


async def test_a_door_opens_runs_empty_and_is_ready_again(browser: Browser, platform: Platform) -> None:
    desk = await DeskPage.open(browser, platform)
    plate = desk.page.locator(".door")
    await plate.click()
    press = await desk.socket.expect(OpenDoor)
    await expect(plate).to_contain_text("Opening …")
    await plate.click(force=True)  # a second press while it works is no second pulse
    await desk.socket.send(DoorResult(request_id=press.request_id, door_id=press.door_id, opened=True, open_for_s=1.5))
    await expect(plate).to_contain_text("closes in")
    await expect(desk.page.locator("[role=alert]")).to_contain_text("Haustür is open")
    await expect(plate).to_contain_text("Open Haustür")
    assert desk.socket.inbox.empty()


async def test_a_door_that_did_not_open_names_the_cause_and_can_be_pressed_again(
    browser: Browser, platform: Platform
) -> None:
    desk = await DeskPage.open(browser, platform)
    plate = desk.page.locator(".door")
    await plate.click()
    first = await desk.socket.expect(OpenDoor)
    await desk.socket.send(
        DoorResult(request_id=first.request_id, door_id=first.door_id, opened=False, code="station_unreachable")
    )
    await expect(plate).to_contain_text("The station cannot be reached. Press to try again")
    await expect(desk.page.locator("[role=alert]")).to_contain_text("Haustür not opened.")
    await plate.click()
    second = await desk.socket.expect(OpenDoor)
    assert second.request_id != first.request_id
    await desk.socket.send(Error(request_id=second.request_id, code="door_not_allowed", detail=""))
    await expect(plate).to_contain_text("You may not open this door.")


async def test_a_door_that_may_not_be_opened_sends_nothing(browser: Browser, platform: Platform) -> None:
    platform.stations = (station(doors=(door(may_open=False),)),)
    desk = await DeskPage.open(browser, platform)
    plate = desk.page.locator(".door")
    await expect(plate).to_contain_text("You may talk, not open")
    await plate.click(force=True)
    await desk.page.get_by_role("switch", name="Rings here").click()
    assert isinstance(await desk.socket.inbox.get(), Hello)
    assert isinstance(await desk.socket.inbox.get(), SetDuty)  # and no OpenDoor before it


async def test_the_history_shows_pictures_causes_and_legs_in_the_site_s_time(
    browser: Browser, platform: Platform
) -> None:
    platform.records = (record("call_1", 5), missed("call_2", 30, "no_answer", snapshot_id="gone"))
    desk = await DeskPage.open(browser, platform, timezone_id="America/New_York")
    await desk.sees("Answered by J. Reiter")
    await desk.sees("Nobody answered")
    await desk.sees("Times in Vienna")
    at = platform.records[0].started_at.astimezone(ZoneInfo(ZONE))
    await expect(desk.page.locator(".line time").first).to_have_text(at.strftime("%H:%M"))
    await until(desk.page, "() => document.querySelector('.line canvas').width === 320")
    await desk.page.locator(".line button").first.click()
    await desk.sees("rang, somebody else answered")
    assert desk.complaints == []


async def test_an_empty_history_teaches_the_next_step_and_a_new_record_appears(
    browser: Browser, platform: Platform
) -> None:
    desk = await DeskPage.open(browser, platform)
    await desk.sees("No calls yet.")
    platform.records = (missed("call_1", 1, "cancelled"),)
    await desk.socket.send(HistoryChanged(call_id="call_1"))
    await desk.sees("Left before anybody answered")


async def test_a_history_that_does_not_load_can_be_asked_again(browser: Browser, platform: Platform) -> None:
    platform.history_fails = True
    desk = await DeskPage.open(browser, platform)
    await desk.sees("The calls did not load.")
    platform.history_fails = False
    await desk.page.get_by_role("button", name="Try again").click()
    await desk.sees("No calls yet.")
