"""TURN: a browser's media passes through a relay, and a relay is nobody's way to anywhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from corridor.conftest import at_the_door
from corridor.desk import Desk
from corridor.person import CHROMIUM
from corridor.platform_under_test import Platform
from corridor.stranger import socket
from playwright.sync_api import Browser, sync_playwright

from abuse.engine_alone import alone
from antiphon.settings import Settings
from ops.relay import Relay

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

# Every connection of this page goes through a relay or is not made; what carries it is kept for the test.
ONLY_RELAYED = """window.__connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(settings) { super({ ...settings, iceTransportPolicy: "relay" }); window.__connections.push(this); }
};"""
CARRIERS = """async () => {
  const found = [];
  for (const connection of window.__connections) {
    const stats = [...(await connection.getStats()).values()];
    const named = (id) => stats.find((one) => one.id === id);
    for (const transport of stats.filter((one) => one.type === "transport" && one.bytesReceived > 0))
      found.push(named(named(transport.selectedCandidatePairId).localCandidateId).candidateType);
  }
  return found;
}"""


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield started
        started.close()


def test_a_call_through_the_relay_has_picture_and_sound(platform: Platform, browser: Browser) -> None:
    desk = Desk(browser, platform)
    visitor = at_the_door(platform)
    try:
        bernd = desk.newcomer(platform.people[1])
        bernd.page.add_init_script(ONLY_RELAYED)
        bernd.sign_in()
        visitor.press()
        bernd.is_rung()
        bernd.sees_the_visitor(frames=5)
        bernd.answers()
        bernd.talks()
        visitor.hears_somebody()
        bernd.hears_the_visitor()
        carriers = bernd.page.evaluate(CARRIERS)
        assert carriers
        assert set(carriers) == {"relay"}
        bernd.hangs_up()
        visitor.is_idle()
    finally:
        desk.close()


# -- misuse -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def given(platform: Platform) -> dict[str, Any]:
    """What a person's browser is told: the relay's address, a name and a word."""
    with platform.api(platform.people[2]) as client:
        company = client.get("/api/v1/me").json()["company"]["id"]
        token = client.headers["Authorization"].removeprefix("Bearer ")
    with socket(platform, company) as page:
        page.say({"type": "hello", "token": token, "on_duty": False})
        servers = page.hears("welcome")["ice_servers"]
    return dict(next(server for server in servers if server.get("username")))


ELSEWHERE = (
    "127.0.0.2",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.4.4",
    "192.168.1.1",
    "169.254.169.254",
    "9.9.9.9",
    "224.0.0.1",
)


def test_what_a_browser_is_given_leads_to_our_media_alone(platform: Platform, given: dict[str, Any]) -> None:
    relay = Relay(platform.settings, username=given["username"], password=given["credential"])
    try:
        assert relay.allocate() == 0
        assert relay.permit(platform.settings.advertised_address) == 0
        assert {address: relay.permit(address) for address in ELSEWHERE} == dict.fromkeys(ELSEWHERE, 403)
    finally:
        relay.close()


def test_no_relay_for_strangers_nor_over_tcp_to_others(platform: Platform, given: dict[str, Any]) -> None:
    now = int(time.time())
    user = given["username"].partition(":")[2]
    wrong = {
        "no credentials": ("", ""),
        "another word": (given["username"], "guessed"),
        "another's name": (f"{now + 600}:user_other", given["credential"]),
        "prolonged": (f"{now + 86_400}:{user}", given["credential"]),
        "run out": (f"{now - 60}:{user}", Relay.password(platform.settings, f"{now - 60}:{user}")),
    }
    for words, (username, password) in wrong.items():
        relay = Relay(platform.settings, username=username, password=password)
        assert relay.allocate() in (400, 401), words
        relay.close()
    relay = Relay(platform.settings, username=given["username"], password=given["credential"])
    assert relay.allocate(transport=6) in (400, 403, 405, 442), "a relay of TCP connections (RFC 6062)"
    relay.close()


def test_planted_without_the_guard_a_relay_leads_anywhere(spare: Settings) -> None:
    text = (spare.conf / "turnserver.conf").read_text()
    guards = [
        (line, "") for line in text.splitlines(keepends=True) if line.startswith(("denied-peer-ip", "allowed-peer-ip"))
    ]
    with alone(spare, "coturn", *guards):
        relay = Relay(spare)
        assert relay.allocate() == 0
        assert relay.permit("9.9.9.9") == 0
        relay.close()
