"""A person on duty in a browser: a tab of the real client in headless Chromium."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

PATIENCE_MS = 15_000

CHROMIUM = [
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
]

# Resolves with the tab's own statistics as soon as one call has at least `least` of `figure`.
_UNTIL = """async ([figure, least, patience]) => {
  const end = performance.now() + patience;
  for (;;) {
    const calls = Object.values(await window.__antiphon.statistics());
    const found = calls.find((call) => call[figure] >= least);
    if (found) return found;
    if (performance.now() > end) throw new Error(`waited in vain for ${figure} >= ${least}: ${JSON.stringify(calls)}`);
    await new Promise((done) => requestAnimationFrame(done));
  }
}"""


# Resolves when a connection that is younger than the one known has received sound.
_ANEW = """async ([frames, patience]) => {
  const end = performance.now() + patience;
  for (;;) {
    const calls = Object.values(await window.__antiphon.statistics());
    if (calls.some((call) => call.framesDecoded < frames && call.soundReceived > 0.0001)) return;
    if (performance.now() > end) throw new Error(`waited in vain for sound: ${JSON.stringify(calls)}`);
    await new Promise((done) => requestAnimationFrame(done));
  }
}"""


# Resolves with the strongest frequency of the tab's sound: as soon as it is the wanted one, or with the last one found.
_TONE = """async ([wanted, patience]) => {
  const end = performance.now() + patience;
  const context = new AudioContext();
  const meter = context.createAnalyser();
  meter.fftSize = 8192;
  meter.minDecibels = -100;
  const levels = new Float32Array(meter.frequencyBinCount);
  const step = context.sampleRate / meter.fftSize;
  let source = null, found = 0;
  while (performance.now() < end && Math.abs(found - wanted) > 20) {
    const sound = document.querySelector("audio")?.srcObject;
    if (source === null && sound) {
      source = context.createMediaStreamSource(sound);
      source.connect(meter);
    }
    await new Promise((done) => setTimeout(done, 50));
    meter.getFloatFrequencyData(levels);
    const loudest = levels.indexOf(Math.max(...levels));
    found = levels[loudest] > -60 ? loudest * step : 0;
  }
  await context.close();
  return found;
}"""


# Keeps the tab's sockets, so that a test can lose one.
_SOCKETS = """window.__sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) { super(...given); window.__sockets.push(this); }
};"""

_CONNECTED = """async ([sockets, patience]) => {
  const end = performance.now() + patience;
  while (window.__sockets.length < sockets || window.__sockets.at(-1).readyState !== 1) {
    if (performance.now() > end) throw new Error("waited in vain for the socket");
    await new Promise((done) => requestAnimationFrame(done));
  }
}"""


class Person:
    """One tab. Selectors are what a screen reader would say."""

    def __init__(self, context: BrowserContext, portal: str, email: str, password: str) -> None:
        self.email = email
        self.page: Page = context.new_page()
        self.page.add_init_script(_SOCKETS)
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self._portal = portal
        self._password = password

    def sign_in(self) -> Person:
        self.page.goto(self._portal)
        self.page.get_by_label("E-mail").fill(self.email)
        self.page.get_by_label("Password", exact=True).fill(self._password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        return self.arrives()

    def arrives(self) -> Person:
        """The home page with its stations is there and the socket is signed on."""
        expect(self._button("Call Haupteingang")).to_be_visible(timeout=PATIENCE_MS)
        return self

    # -- what the person sees ----------------------------------------------------------------------------------------

    def is_rung(self) -> None:
        expect(self._button("Answer")).to_be_visible(timeout=PATIENCE_MS)

    def is_not_rung(self, within_ms: int = PATIENCE_MS) -> None:
        expect(self._button("Answer")).to_have_count(0, timeout=within_ms)

    def sees_the_visitor(self, frames: int = 1) -> dict[str, Any]:
        """At least so many pictures of a call are decoded."""
        return self._until("framesDecoded", frames)

    def hears_the_visitor(self) -> dict[str, Any]:
        """Sound energy played by this tab: silence has none."""
        return self._until("soundReceived", 0.001)

    def hears_the_visitor_anew(self, frames: int) -> None:
        """Sound on another connection than the one that had decoded so many pictures."""
        self.page.evaluate(_ANEW, [frames, PATIENCE_MS])

    def hears_a_tone(self, hz: int) -> None:
        """The strongest tone in what this tab plays is this one."""
        heard = self.page.evaluate(_TONE, [hz, PATIENCE_MS])
        assert abs(heard - hz) < 30, f"{heard} Hz instead of {hz}"

    def reads(self, words: str | re.Pattern[str], within_ms: int = PATIENCE_MS) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible(timeout=within_ms)

    def reads_in_the_history(self, words: str) -> None:
        """The newest lines of the history, live: nobody reloads."""
        expect(self.page.get_by_role("region", name="Calls").get_by_text(words).first).to_be_visible(
            timeout=PATIENCE_MS
        )

    def reads_on_the_newest_call(self, words: str) -> None:
        """Below the day's name stands the newest call of the history."""
        lines = self.page.get_by_role("region", name="Calls").get_by_role("listitem")
        expect(lines.nth(1)).to_contain_text(words, timeout=PATIENCE_MS)

    def statistics(self) -> dict[str, dict[str, Any]]:
        return dict(self.page.evaluate("window.__antiphon.statistics()"))

    def talks(self) -> None:
        expect(self._button("End")).to_be_visible(timeout=PATIENCE_MS)
        expect(self._button("Mute")).to_be_enabled(timeout=PATIENCE_MS)

    def _console(self, message: ConsoleMessage) -> None:
        """A fault of the page, a request that failed, or something that the content security policy held back."""
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _until(self, figure: str, least: float) -> dict[str, Any]:
        return dict(self.page.evaluate(_UNTIL, [figure, least, PATIENCE_MS]))

    def sees_the_station(self, state: str, within_ms: int = PATIENCE_MS) -> None:
        """The state in words on the station's tile."""
        tile = self.page.get_by_role("listitem").filter(has_text="Haupteingang").first
        expect(tile.get_by_text(re.compile(f"^{state}")).first).to_be_visible(timeout=within_ms)

    # -- what the person does ----------------------------------------------------------------------------------------

    def answers(self) -> None:
        self._button("Answer").click()

    def declines(self) -> None:
        self._button("Decline").click()

    def hangs_up(self) -> None:
        self._button("End").click()

    def opens(self, door: str = "Haupteingang") -> None:
        self._button(f"Open {door}").click()

    def taps_the_door(self, door: str = "Haupteingang") -> None:
        """Also a plate that says that it did not open."""
        self.page.get_by_role("button", name=re.compile(f"^(Open {door}|Not opened|Open closes)")).first.click()

    def opens_with_a_double_click(self, door: str = "Haupteingang") -> None:
        self._button(f"Open {door}").dblclick(delay=20)

    def calls(self, station: str = "Haupteingang") -> None:
        self._button(f"Call {station}").click()

    def keys(self, digit: str) -> None:
        """One key of the keypad."""
        self._button("Keypad").click()
        self.page.get_by_role("group", name="Tones to the station").get_by_role("button", name=digit).click()

    def loses_the_socket(self) -> None:
        """The connection breaks once; the page stays and may connect again."""
        self.page.evaluate("window.__sockets.at(-1).close()")

    def is_in_service(self) -> None:
        """No bar says that something keeps this tab from ringing: the connection is back and signed on."""
        expect(self.page.locator(".bars")).to_be_empty(timeout=PATIENCE_MS)

    @property
    def sockets(self) -> int:
        """How many sockets the tab has opened so far."""
        return int(self.page.evaluate("window.__sockets.length"))

    def is_connected(self, sockets: int = 1) -> None:
        """The tab has opened at least so many sockets, and the last one stands."""
        self.page.evaluate(_CONNECTED, [sockets, PATIENCE_MS])

    def is_torn_away(self) -> None:
        """Browser crash, lid closed, cable pulled: the tab is no more, and it could not say goodbye."""
        self.page.evaluate("addEventListener('pagehide', (event) => event.stopImmediatePropagation(), true)")
        self.page.close()

    def closes_the_tab(self) -> None:
        self.page.close()

    def reloads(self) -> None:
        self.page.reload()

    def _button(self, name: str) -> Any:  # Locator
        return self.page.get_by_role("button", name=re.compile("^" + re.escape(name))).first
