"""What a browser makes of a whole call: nothing to complain about, the codecs meant for it, sound without gaps."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from antiphon.limits import HTTP_BODY_MAX_BYTES
from corridor.desk import Desk
from corridor.person import PATIENCE_MS, Person
from corridor.platform_under_test import Platform
from corridor.visitor import Visitor

pytestmark = pytest.mark.system

# Concealed sound that is not silence, as a share of two seconds of sound: what a listener on one machine would notice.
SOUND_MISSING_MAX = 0.01
_CONNECTIONS = """
window.__connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.__connections.push(this); }
};"""
# Resolves once two seconds in a row have next to no gaps: what starves the whole machine for a moment is no fault of ours.
_WITHOUT_GAPS = """async ([most, patience]) => {
  const end = performance.now() + patience;
  const heard = async () => {
    let samples = 0, missing = 0;
    for (const connection of window.__connections)
      if (connection.connectionState === "connected")
        (await connection.getStats()).forEach((row) => {
          if (row.type !== "inbound-rtp" || row.kind !== "audio") return;
          samples += row.totalSamplesReceived;
          missing += row.concealedSamples - row.silentConcealedSamples;
        });
    return [samples, missing];
  };
  for (;;) {
    const [samples, missing] = await heard();
    await new Promise((done) => setTimeout(done, 2000));
    const [later, more] = await heard();
    const share = (more - missing) / (later - samples);
    if (later - samples > 48000 && share < most) return share;
    if (performance.now() > end) throw new Error(`gaps go on: ${share}`);
  }
}"""
_VIOLATIONS = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.__violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
"""


_OVERSIZED = """async (size) => {
  const answer = await fetch("/api/v1/session", {
    method: "POST", headers: {"Content-Type": "application/json"}, body: "x".repeat(size),
  });
  return [answer.status, (await answer.json()).code, performance.getEntriesByName(answer.url)[0].nextHopProtocol];
}"""


def violations(page: Page) -> list[str]:
    return list(page.evaluate("window.__violations"))


def test_a_fresh_visitor_s_whole_call_leaves_the_console_empty(
    platform: Platform, desk: Desk, visitor: Visitor
) -> None:
    anna = desk.newcomer(platform.people[0])
    anna.page.add_init_script(_VIOLATIONS)
    anna.sign_in()
    visitor.press()
    anna.is_rung()
    anna.sees_the_visitor(frames=3)
    anna.answers()
    anna.talks()
    anna.hears_the_visitor()
    anna.opens()
    anna.reads(re.compile("closes in"))
    anna.page.get_by_role("button", name=re.compile("^Keypad")).click()
    anna.hangs_up()
    visitor.is_idle()
    anna.reads_in_the_history("Answered by Anna Auer")
    anna.page.get_by_role("button", name=re.compile("^Show who was rung")).first.click()
    anna.page.reload()
    anna.arrives()
    assert violations(anna.page) == []
    assert anna.complaints == []


def test_the_policy_holds_back_what_comes_from_elsewhere(platform: Platform, desk: Desk) -> None:
    """The watch of the test above can fail: a foreign picture and an inline script are both refused and noticed."""
    anna = desk.newcomer(platform.people[0])
    anna.page.add_init_script(_VIOLATIONS)
    anna.sign_in()
    anna.page.evaluate(
        """async () => {
          const script = document.createElement("script");
          script.textContent = "window.__ran = true";
          const picture = document.createElement("img");
          const refused = new Promise((done) => (picture.onerror = done));
          picture.src = "https://127.0.0.2:1/elsewhere.png";
          document.body.append(script, picture);
          await refused;
        }"""
    )
    assert anna.page.evaluate("window.__ran") is None
    assert sorted(each.split()[0] for each in violations(anna.page)) == ["img-src", "script-src-elem"]
    assert anna.complaints


# A browser whose first address nobody reaches, as behind a NAT: only its checks show where it is.
_ELSEWHERE = """
const inner = Object.getOwnPropertyDescriptor(RTCPeerConnection.prototype, "localDescription").get;
Object.defineProperty(RTCPeerConnection.prototype, "localDescription", { get() {
  const given = inner.call(this);
  const sdp = given?.sdp.replace(/^c=.*$/mg, "c=IN IP4 127.0.0.9").replace(/^m=(\\w+) [1-9]\\d*/mg, "m=$1 9");
  return given && new RTCSessionDescription({ type: given.type, sdp });
}});"""


def test_a_browser_whose_first_address_nobody_reaches_sees_and_hears_the_visitor(
    platform: Platform, desk: Desk, visitor: Visitor
) -> None:
    anna = desk.newcomer(platform.people[0])
    anna.page.add_init_script(_ELSEWHERE)
    anna.sign_in()
    visitor.press()
    anna.is_rung()
    anna.sees_the_visitor(frames=3)
    anna.answers()
    anna.talks()
    anna.hears_the_visitor()


def codecs(person: Person) -> tuple[list[str], list[str]]:
    (call,) = person.statistics().values()
    return call["codecsReceived"], call["codecsSent"]


@pytest.mark.parametrize("placed", [False, True], ids=["the station calls", "a person calls the station"])
def test_h264_and_opus_both_ways_and_sound_without_gaps(
    platform: Platform, desk: Desk, visitor: Visitor, placed: bool
) -> None:
    anna = desk.newcomer(platform.people[0])
    anna.page.add_init_script(_CONNECTIONS)
    anna.sign_in()
    if placed:
        anna.calls()
    else:
        visitor.press()
        anna.is_rung()
        anna.answers()
    anna.talks()
    anna.sees_the_visitor(frames=75)
    visitor.waits_until("the visitor sees Anna", lambda status: status["screen"]["frames"] > 15)
    assert codecs(anna) == (["audio/opus", "video/H264"], ["audio/opus", "video/H264"])
    assert visitor.status["media"]["packets_lost"] == 0
    anna.page.evaluate(_WITHOUT_GAPS, [SOUND_MISSING_MAX, PATIENCE_MS])
    anna.hangs_up()
    visitor.is_idle()


@pytest.mark.parametrize("size", [HTTP_BODY_MAX_BYTES + 1, 3_000_000])
def test_a_page_that_sends_too_much_is_told_so(platform: Platform, desk: Desk, size: int) -> None:
    clara = desk.newcomer("clara@salzach.example")
    clara.page.goto(platform.portal)
    assert clara.page.evaluate(_OVERSIZED, size) == [413, "too_large", "h2"]
