"""Calls as an operator's browser lives them, against a platform that plays the contract."""

from __future__ import annotations

import re

import pytest
from desk_page import DeskPage
from playwright.async_api import Browser, expect
from scripted_platform import Platform, ring, station
from station_peer import until

from antiphon.wire.client import (
    CallEnded,
    CallStarted,
    CallStation,
    Decline,
    Dtmf,
    Error,
    HangUp,
    MediaAnswer,
    MediaOffer,
    OpenDoor,
    PreviewFailed,
    PreviewOffer,
    RemoteSdp,
    RingEnded,
    SetDuty,
)

NO_DEVICES = """
navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
"""

# The browser asks the person, who takes their time until `__allow()`.
ASKED = """
const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
const allowed = new Promise((done) => { window.__allow = done; });
navigator.mediaDevices.getUserMedia = (wanted) => allowed.then(() => given(wanted));
"""

# Pictures and buttons that a notice lies on; what is scrolled away outside the main part cannot be covered.
COVERED = """
() => {
  const main = document.querySelector('main').getBoundingClientRect();
  return [...document.querySelectorAll('.notice')].flatMap((notice) => {
    const over = notice.getBoundingClientRect();
    return [...document.querySelectorAll('main .pic, main button')].filter((each) => {
      const box = each.getBoundingClientRect();
      const top = Math.max(box.top, main.top, over.top), bottom = Math.min(box.bottom, main.bottom, over.bottom);
      const left = Math.max(box.left, over.left), right = Math.min(box.right, over.right);
      return bottom - top > 1 && right - left > 1;
    }).map((each) => each.className);
  });
}
"""


async def test_the_visitor_is_seen_before_the_answer_and_heard_after_it(browser: Browser, platform: Platform) -> None:
    desk = await DeskPage.open(browser, platform)
    await desk.rings("call_1", platform.stations[0])
    await desk.frames("call_1")
    await desk.sees("Preview, you are not heard yet")
    assert await desk.page.title() == "Ringing: Haupteingang"
    assert "mark-ringing" in await desk.page.locator("#favicon").evaluate("mark => mark.href")
    quiet = (await desk.page.evaluate("window.__antiphon.statistics()"))["call_1"]
    assert quiet["soundSent"] == quiet["framesSent"] == 0

    await desk.page.get_by_role("button", name="Answer").click()
    await desk.answers("call_1")
    peer = await desk.station()
    assert await peer.directions("call_1") == ["sendrecv", "sendrecv"]
    await peer.hears_and_sees("call_1")
    await until(desk.page, "async () => (await window.__antiphon.statistics()).call_1.soundReceived > 0.001")
    await desk.page.locator(".own video").wait_for(state="visible")

    await desk.socket.send(CallEnded(call_id="call_1", cause="answered", by="station"))
    await desk.sees("Haupteingang hung up.")
    assert await desk.page.evaluate("window.__antiphon.statistics()") == {}
    assert desk.complaints == []


async def test_who_talks_is_told_that_sound_broke_off_and_that_it_is_back(browser: Browser, platform: Platform) -> None:
    desk = await DeskPage.open(browser, platform)
    await desk.rings("call_1", platform.stations[0])
    await desk.page.get_by_role("button", name="Answer").click()
    await desk.answers("call_1")
    peer = await desk.station()
    await desk.socket.send(MediaOffer(call_id="call_1", sdp=await peer.connect("anew"), renewed=True))
    await desk.sees("They are coming back; stay on the line.")
    await peer.answered("anew", (await desk.socket.expect(MediaAnswer)).sdp)
    await desk.sees("Sound and picture are back.")
    assert await desk.page.locator(".notice").count() == 1
    await desk.socket.send(CallEnded(call_id="call_1", cause="answered", by="station"))
    await desk.sees("Haupteingang hung up.")
    assert await desk.page.locator(".notice").count() == 1


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
async def test_a_notice_covers_no_picture_and_no_button(
    browser: Browser, platform: Platform, width: int, height: int
) -> None:
    platform.stations = tuple(station(f"station_{at}", f"Tor {at}") for at in range(6))
    desk = await DeskPage.open(browser, platform, viewport={"width": width, "height": height}, reduced_motion="reduce")
    await desk.socket.send(ring("call_1", platform.stations[0], video=False))
    await desk.page.locator(".go").wait_for()
    await desk.socket.send(RingEnded(call_id="call_1", cause="no_answer", answered_by=None))
    await desk.page.locator(".home").wait_for()
    assert await desk.page.locator(".notice").count() == 1
    assert await desk.page.evaluate(COVERED) == []

    await desk.rings("call_2", platform.stations[0])
    await desk.page.locator(".notice").wait_for(state="detached")
    await desk.page.locator(".go").click()
    await desk.answers("call_2")
    await desk.socket.send(ring("call_3", platform.stations[1], video=False))
    await desk.page.locator(".q").wait_for()
    await desk.socket.send(RingEnded(call_id="call_3", cause="no_answer", answered_by=None))
    await desk.page.locator(".notice").wait_for()
    assert await desk.page.evaluate(COVERED) == []


async def test_two_rings_wait_in_a_queue_and_the_second_can_be_taken(browser: Browser, platform: Platform) -> None:
    platform.stations = (station(), station("station_2", "Lieferanten", doors=()))
    desk = await DeskPage.open(browser, platform)
    await desk.rings("call_1", platform.stations[0], seconds_ago=4)
    await desk.rings("call_2", platform.stations[1])
    await expect(desk.page.get_by_role("option")).to_have_count(2)
    await desk.page.keyboard.press("ArrowDown")
    await expect(desk.page.get_by_role("heading", level=1)).to_have_text("Lieferanten")
    await desk.page.keyboard.press("Enter")
    await desk.answers("call_2")
    await expect(desk.page.get_by_role("option")).to_have_count(1)
    await desk.socket.send(RingEnded(call_id="call_1", cause="answered_elsewhere", answered_by="J. Reiter"))
    await desk.sees("Haupteingang: answered by J. Reiter.")
    await desk.page.get_by_role("button", name="End", exact=True).click()
    assert (await desk.socket.expect(HangUp)).call_id == "call_2"


async def test_taking_the_next_call_ends_the_present_one_first(browser: Browser, platform: Platform) -> None:
    platform.stations = (station(), station("station_2", "Lieferanten"))
    desk = await DeskPage.open(browser, platform)
    await desk.rings("call_1", platform.stations[0])
    await desk.page.keyboard.press("Enter")
    await desk.answers("call_1")
    await desk.rings("call_2", platform.stations[1])
    await desk.page.get_by_role("button", name="End and answer").click()
    assert (await desk.socket.expect(HangUp)).call_id == "call_1"
    await desk.answers("call_2")
    await expect(desk.page.get_by_role("heading", level=1)).to_have_text("Lieferanten")
    await desk.socket.send(CallEnded(call_id="call_1", cause="answered", by="client"))
    await (await desk.station()).hears_and_sees("call_2")


async def test_declining_leaves_the_ring_to_the_others(browser: Browser, platform: Platform) -> None:
    desk = await DeskPage.open(browser, platform)
    await desk.rings("call_1", platform.stations[0])
    await desk.page.get_by_role("button", name="Decline").click()
    assert (await desk.socket.expect(Decline)).call_id == "call_1"
    await desk.page.get_by_role("heading", name="Stations").wait_for()


async def test_escape_never_ends_a_call_and_keys_do_what_the_buttons_show(browser: Browser, platform: Platform) -> None:
    desk = await DeskPage.open(browser, platform)
    await desk.rings("call_1", platform.stations[0])
    await desk.page.keyboard.press("1")
    opening = await desk.socket.expect(OpenDoor)
    assert (opening.door_id, opening.call_id) == ("door_main", "call_1")
    await desk.page.keyboard.press("Enter")
    await desk.answers("call_1")
    mute = desk.page.get_by_role("button", name="Mute")
    await expect(mute).to_have_attribute("aria-disabled", "false")
    await desk.page.keyboard.press("m")
    await expect(mute).to_have_attribute("aria-pressed", "true")
    await desk.page.keyboard.press("Escape")
    await desk.page.keyboard.press("k")
    await desk.page.keyboard.press("5")
    assert (await desk.socket.expect(Dtmf)).digit == "5"
    await expect(mute).to_be_visible()
    await desk.page.keyboard.press("e")
    await desk.socket.expect(HangUp)


async def test_a_station_is_called_from_the_browser(browser: Browser, platform: Platform) -> None:
    desk = await DeskPage.open(browser, platform)
    await desk.page.get_by_role("button", name="Call Haupteingang").click()
    call = await desk.socket.expect(CallStation)
    media = re.findall(r"^m=(\w+)", call.sdp, re.MULTILINE)
    assert media == ["audio", "video"]
    assert call.sdp.count("a=sendrecv") == 2
    assert "a=candidate" in call.sdp
    assert "a=rtcp-mux" in call.sdp
    await desk.socket.send(CallStarted(request_id=call.request_id, call_id="call_9", station=platform.stations[0]))
    await desk.sees("Calling Haupteingang …")
    peer = await desk.station()
    await desk.socket.send(RemoteSdp(call_id="call_9", sdp=await peer.answer("call_9", call.sdp)))
    await desk.connected("call_9")
    await desk.frames("call_9")
    await peer.hears_and_sees("call_9")


async def test_who_calls_before_the_microphone_is_allowed_is_heard_once_it_is(
    browser: Browser, platform: Platform
) -> None:
    desk = await DeskPage.open(browser, platform, before=ASKED)
    await desk.page.get_by_role("button", name="Call Haupteingang").click()
    call = await desk.socket.expect(CallStation)
    assert call.sdp.count("a=sendrecv") == 2
    await desk.socket.send(CallStarted(request_id=call.request_id, call_id="call_9", station=platform.stations[0]))
    peer = await desk.station()
    await desk.socket.send(RemoteSdp(call_id="call_9", sdp=await peer.answer("call_9", call.sdp)))
    await desk.connected("call_9")
    await desk.sees("You are not heard: no microphone.")
    await desk.page.evaluate("window.__allow()")
    await peer.hears_and_sees("call_9")
    await desk.page.get_by_text("You are not heard: no microphone.").wait_for(state="detached")


async def test_who_answers_before_the_microphone_is_allowed_is_heard_once_it_is(
    browser: Browser, platform: Platform
) -> None:
    desk = await DeskPage.open(browser, platform, before=ASKED)
    await desk.rings("call_1", platform.stations[0])
    await desk.page.get_by_role("button", name="Answer").click()
    await desk.answers("call_1")
    peer = await desk.station()
    assert await peer.directions("call_1") == ["sendrecv", "sendrecv"]
    await desk.page.evaluate("window.__allow()")
    await peer.hears_and_sees("call_1")


async def test_who_is_off_duty_is_heard_in_the_calls_that_they_place(browser: Browser, platform: Platform) -> None:
    desk = await DeskPage.open(browser, platform)
    await desk.page.get_by_role("switch").click()
    await desk.page.get_by_role("button", name="Call Haupteingang").click()
    call = await desk.socket.expect(CallStation)
    await desk.socket.send(CallStarted(request_id=call.request_id, call_id="call_9", station=platform.stations[0]))
    peer = await desk.station()
    await desk.socket.send(RemoteSdp(call_id="call_9", sdp=await peer.answer("call_9", call.sdp)))
    await desk.connected("call_9")
    await peer.hears_and_sees("call_9")


async def test_a_call_refused_by_the_platform_is_said_in_words(browser: Browser, platform: Platform) -> None:
    desk = await DeskPage.open(browser, platform)
    await desk.page.get_by_role("button", name="Call Haupteingang").click()
    call = await desk.socket.expect(CallStation)
    await desk.socket.send(Error(request_id=call.request_id, code="busy", detail="", call_id=None))
    await desk.sees("Haupteingang is in another call. Try again in a minute.")


async def test_stopping_before_the_platform_named_the_call_still_stops_it(browser: Browser, platform: Platform) -> None:
    desk = await DeskPage.open(browser, platform)
    await desk.page.get_by_role("button", name="Call Haupteingang").click()
    call = await desk.socket.expect(CallStation)
    await desk.page.get_by_role("button", name="Stop calling").click()
    await desk.socket.send(CallStarted(request_id=call.request_id, call_id="call_9", station=platform.stations[0]))
    assert (await desk.socket.expect(HangUp)).call_id == "call_9"


async def test_without_microphone_the_picture_comes_and_the_page_says_that_nobody_hears(
    browser: Browser, platform: Platform
) -> None:
    desk = await DeskPage.open(browser, platform, before=NO_DEVICES)
    await desk.sees("No microphone: visitors will not hear you.")
    await desk.rings("call_1", platform.stations[0])
    await desk.frames("call_1")
    await desk.page.get_by_role("button", name="Answer").click()
    answer = await desk.answers("call_1")
    assert "a=sendrecv" not in answer.sdp
    await desk.sees("You are not heard: no microphone.")


async def test_a_picture_that_cannot_be_made_does_not_stop_the_ring(browser: Browser, platform: Platform) -> None:
    desk = await DeskPage.open(browser, platform)
    await desk.socket.send(ring("call_1", platform.stations[0]))
    await desk.socket.send(PreviewOffer(call_id="call_1", sdp="v=0\r\nnonsense"))
    failed = await desk.socket.expect(PreviewFailed)
    assert failed.call_id == "call_1"
    await desk.sees("No live picture. You can answer all the same.")
    await desk.page.get_by_role("button", name="Answer").click()
    await desk.answers("call_1")
    await desk.frames("call_1")


async def test_off_duty_the_tab_says_that_it_does_not_ring(browser: Browser, platform: Platform) -> None:
    desk = await DeskPage.open(browser, platform)
    await desk.page.get_by_role("switch", name="Rings here").click()
    assert (await desk.socket.expect(SetDuty)).on_duty is False
    await desk.sees("This tab does not ring.")
    await desk.page.get_by_role("button", name="Ring here again").click()
    assert (await desk.socket.expect(SetDuty)).on_duty is True


async def test_the_connection_comes_back_by_itself_and_rings_again(browser: Browser, platform: Platform) -> None:
    desk = await DeskPage.open(browser, platform)
    await platform.goes_away()
    await desk.sees("No connection to Antiphon. This tab does not ring until it is back.")
    platform.away = False
    desk.tab = await platform.tab()
    await desk.rings("call_1", platform.stations[0])
    await desk.frames("call_1")
    await expect(desk.page.get_by_text("No connection to Antiphon")).to_have_count(0)


async def test_every_tab_rings_and_the_others_say_where_it_was_answered(browser: Browser, platform: Platform) -> None:
    first = await DeskPage.open(browser, platform)
    second = await DeskPage.open(browser, platform)
    for desk in (first, second):
        await desk.rings("call_1", platform.stations[0])
        await desk.frames("call_1")
    await first.page.keyboard.press("Enter")
    await first.answers("call_1")
    await second.socket.send(RingEnded(call_id="call_1", cause="answered_elsewhere", answered_by="Maria Huber"))
    await second.sees("you answered in another tab or on another device.")
    assert await second.page.evaluate("window.__antiphon.statistics()") == {}
