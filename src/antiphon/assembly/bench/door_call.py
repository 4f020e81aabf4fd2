"""The benchmark `door-call`: the real station, the real client in Chromium, and thirty-two receivers that decode."""

from __future__ import annotations

import itertools
import math
import tempfile
import wave
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any  # what pages tell is JSON

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as WaitedInVain

from antiphon.assembly.bench import platform as platform_room
from antiphon.assembly.bench.ground import GroundNotReady
from antiphon.assembly.bench.platform import Platform
from antiphon.assembly.bench.report import Aim, Result, Spread, Value
from antiphon.limits import RINGING_RECEIVERS_MAX

_HERE = Path(__file__).parent
_PATIENCE_MS = 15_000
_PAGES = 4
_FAILED_MAX = 5
_GAP_S = 1.2  # later than a second tap on the same door; far below what the edge takes of one station
_TALK_S = 1.0  # people talk before they open
_CHROMIUM = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)
_NOTES = (
    "A call: the demo station's button is pressed through its control socket; ringing is what a person sees (Answer can be",
    "  tapped); the first frame is the first that Chromium hands to the screen; sound is the first sample above -50 dB, at",
    "  the desk in the page's audio graph, at the station as it is played; Open ends when the station's acknowledgement is",
    "  told to whoever tapped, a second into the talk. Both microphones hear a steady tone, so nothing waits for speech.",
    f"{RINGING_RECEIVERS_MAX} receivers: pages that speak the client contract, each receiver with a peer connection of its own whose",
    "  picture Chromium decodes. Station, platform and every browser share this machine's cores.",
)


@dataclass(slots=True)
class Times:
    """Milliseconds of every step of every call."""

    to_ring: list[float] = field(default_factory=list)
    to_frame: list[float] = field(default_factory=list)
    to_hear_desk: list[float] = field(default_factory=list)
    to_hear_station: list[float] = field(default_factory=list)
    to_open: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)  # for each call that did not come to its end: what never came


def run(*, quick: bool) -> Result:
    """Thirty calls to three people's tabs, then ten to thirty-two receivers."""
    result = Result("door-call", notes=list(_NOTES))
    with platform_room.prepared() as platform, tempfile.TemporaryDirectory() as folder:
        platform.up()
        _steady_visitor(platform)
        platform.until("it is registered", lambda status: status["registration"] == "registered")
        platform.until("it is online", lambda status: status["messaging"] == "online")
        voice = Path(folder) / "voice.wav"
        _tone(voice)
        with _chromium(voice) as browser:
            _tell(result, "", "three people", _people(platform, browser, 2 if quick else 30))
        with _chromium(voice) as browser:
            crowd = _crowd(platform, browser, 1 if quick else 10)
            _tell(result, "crowd_", f"{RINGING_RECEIVERS_MAX} receivers", crowd)
    return result


def _steady_visitor(platform: Platform) -> None:
    """The demo's visitor pauses once a second; here nobody waits for a pause to end."""
    demo = platform.data / "stations" / "demo"
    voice, settings = demo / "steady.wav", demo / "station.toml"
    _tone(voice)
    voice.chmod(0o644)
    settings.write_text(settings.read_text().replace('microphone = "test"', f'microphone = "file:{voice}"', 1))
    platform.down()
    platform.up()


def _tell(result: Result, prefix: str, who: str, times: Times) -> None:
    steps = (
        ("button_to_ring", times.to_ring, "button to ring", 100),
        ("ring_to_first_frame", times.to_frame, "ring to the first preview frame", 700),
        ("answer_to_sound_at_desk", times.to_hear_desk, "Answer to the first sound at the desk", 150),
        ("answer_to_sound_at_station", times.to_hear_station, "Answer to the first sound at the station", 150),
        ("open_to_acknowledged", times.to_open, "Open to the relay acknowledged", 50),
    )
    for key, values, words, at_most in steps:
        result.add(prefix + key, Spread.of("ms", values), f"{who}: {words}", Aim(at_most=at_most))
    failed = Value("calls", len(times.failed))
    result.add(prefix + "failed_calls", failed, f"{who}: calls in which a step never came", Aim(at_most=0))
    result.notes += [f"{who}: a call failed, waited in vain for {what}" for what in times.failed]


# -- three people in the real client ---------------------------------------------------------------------------------


def _people(platform: Platform, browser: Browser, calls: int) -> Times:
    times = Times()
    tabs = [_signed_in(platform, browser, email) for email in platform.logins]
    for number, answering in zip(range(calls + 1), itertools.cycle(tabs)):
        # the first call warms up what a newly loaded page does only once; it is not counted
        counted = times if number else Times()
        try:
            _one_call(platform, tabs, answering, counted)
        except (WaitedInVain, GroundNotReady) as error:
            _give_up(platform, tabs, counted, error)
    return times


def _give_up(platform: Platform, pages: list[Page], times: Times, error: Exception) -> None:
    """End a call in which something never came, and go on with the next; too many of them are no benchmark any more."""
    times.failed.append(str(error).splitlines()[0])
    if len(times.failed) > _FAILED_MAX:
        raise error
    platform.hang_up()
    platform.until("it is idle", lambda status: status["call"]["state"] == "idle")
    pages[0].wait_for_timeout(_GAP_S * 1000)


def _signed_in(platform: Platform, browser: Browser, email: str) -> Page:
    context = browser.new_context(ignore_https_errors=True, locale="en-GB", bypass_csp=True)
    context.add_init_script(path=_HERE / "tab.js")
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(platform.portal)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(platform.logins[email])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Call Haupteingang").wait_for()
    return page


def _one_call(platform: Platform, tabs: list[Page], answering: Page, times: Times) -> None:
    before = [_counts(tab) for tab in tabs]
    pressed = platform.press()
    for tab, count in zip(tabs, before, strict=True):
        shown = _next(tab, "shown", count)
        times.to_ring.append(shown - pressed)
        times.to_frame.append(_next(tab, "frames", count) - shown)
    at = before[tabs.index(answering)]
    tapped = float(answering.evaluate("__tap('Answer')"))
    times.to_hear_desk.append(_next(answering, "sounds", at) - tapped)
    heard = platform.until("it hears the desk", lambda status: status["heard"]["first_at"] is not None)
    times.to_hear_station.append(heard["heard"]["first_at"] * 1000 - tapped)
    answering.wait_for_timeout(_TALK_S * 1000)
    opened = float(answering.evaluate("__tap('Open ')"))
    times.to_open.append(_next(answering, "doors", at) - opened)
    answering.evaluate("__tap('End')")
    platform.until("it is idle", lambda status: status["call"]["state"] == "idle")
    answering.wait_for_timeout(_GAP_S * 1000)


def _counts(tab: Page) -> dict[str, int]:
    counted: dict[str, int] = tab.evaluate("Object.fromEntries(Object.entries(__seen).map(([k, v]) => [k, v.length]))")
    return counted


def _next(tab: Page, what: str, before: dict[str, int]) -> float:
    """When the next one of these happened, waiting for it."""
    _await(tab, what, f"__seen.{what}.length > {before[what]}")
    return float(tab.evaluate(f"__seen.{what}[{before[what]}].at"))


def _await(tab: Page, what: str, holds: str) -> None:
    try:
        tab.wait_for_function(holds)
    except WaitedInVain as error:
        raise WaitedInVain(what) from error


# -- thirty-two receivers --------------------------------------------------------------------------------------------


def _crowd(platform: Platform, browser: Browser, calls: int) -> Times:
    """Receivers in a few pages; people have several tabs each, as many as are needed."""
    tokens = [platform.token(email) for email in platform.logins]
    company = tokens[0][0]
    share = RINGING_RECEIVERS_MAX // _PAGES
    pages = []
    for number in range(_PAGES):
        context = browser.new_context(ignore_https_errors=True, bypass_csp=True)
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.goto(platform.portal + "/health/live")
        page.add_script_tag(path=_HERE / "crowd.js")
        address = f"{platform.portal.replace('https', 'wss', 1)}/ws/{company}"
        own = [tokens[(number * share + at) % len(tokens)][1] for at in range(share)]
        page.evaluate("([address, tokens]) => __crowd.come(address, tokens)", [address, own])
        pages.append(page)
    times = Times()
    for number in range(calls + 1):
        counted = times if number else Times()
        try:
            _crowd_call(platform, pages, pages[number % _PAGES], counted)
        except (WaitedInVain, GroundNotReady) as error:
            _give_up(platform, pages, counted, error)
    return times


def _crowd_call(platform: Platform, pages: list[Page], answering: Page, times: Times) -> None:
    for page in pages:
        page.evaluate("__crowd.forget()")
    pressed = platform.press()
    for page in pages:
        _await(page, "ring and frame", "__crowd.times().every((one) => one.rang && one.frame)")
        for one in _told(page):
            times.to_ring.append(one["rang"] - pressed)
            times.to_frame.append(one["frame"] - one["rang"])
    tapped = float(answering.evaluate("__crowd.receivers[0].answer()"))
    _await(answering, "sound", "__crowd.receivers[0].sound")
    times.to_hear_desk.append(_told(answering)[0]["sound"] - tapped)
    heard = platform.until("it hears the desk", lambda status: status["heard"]["first_at"] is not None)
    times.to_hear_station.append(heard["heard"]["first_at"] * 1000 - tapped)
    answering.wait_for_timeout(_TALK_S * 1000)
    opened = float(answering.evaluate("__crowd.receivers[0].open()"))
    _await(answering, "door", "__crowd.receivers[0].door")
    times.to_open.append(_told(answering)[0]["door"]["at"] - opened)
    answering.evaluate("__crowd.receivers[0].hangUp()")
    for page in pages:
        _await(page, "the end", "__crowd.times().every((one) => one.ended)")
    platform.until("it is idle", lambda status: status["call"]["state"] == "idle")
    answering.wait_for_timeout(_GAP_S * 1000)


def _told(page: Page) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = page.evaluate("__crowd.times()")
    return told


# -- the browser -----------------------------------------------------------------------------------------------------


@contextmanager
def _chromium(voice: Path) -> Iterator[Browser]:
    """Headless, with a microphone that plays `voice` for ever."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*_CHROMIUM, f"--use-file-for-fake-audio-capture={voice}"]
        )
        yield browser
        browser.close()


def _tone(file: Path) -> None:
    """Two seconds of a steady tone that fits its own end."""
    rate, hertz = 48_000, 440
    samples = array("h", (int(12_000 * math.sin(2 * math.pi * hertz * at / rate)) for at in range(2 * rate)))
    with wave.open(str(file), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes(samples.tobytes())
