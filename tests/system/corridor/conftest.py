"""One installation for ordinary calls, one with short times beside it, and three people with a browser each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from corridor.desk import Desk
from corridor.person import CHROMIUM, Person
from corridor.platform_under_test import Platform
from corridor.stranger import Device, Office, Socket, socket
from corridor.visitor import Visitor
from ops.engines import free_offset

Contexts = Callable[..., BrowserContext]

SHORT_TIMES = """
[calls]
conversation_max_s = 12
conversation_warning_before_s = 7
ring_max_s = 8
"""

# Test runs of several checkouts may start at the same moment: each begins to look somewhere else.
_FIRST = 20_000 + 30 * (os.getpid() % 30)


@pytest.fixture(scope="package")
def platform() -> Iterator[Platform]:
    installation = Platform(offset=free_offset(_FIRST), disk_mb=192)
    installation.up()
    yield installation
    installation.down()


@pytest.fixture(scope="package")
def short_platform(platform: Platform) -> Iterator[Platform]:
    """Runs beside the first one: other ports, other data."""
    installation = Platform(offset=free_offset(_FIRST + 2_000), settings_toml=SHORT_TIMES, rtp=(35_000, 36_999))
    installation.up()
    yield installation
    installation.down()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def contexts(browser: Browser) -> Iterator[Contexts]:
    """Makes browser profiles that are closed after the scenario."""
    with ExitStack() as stack:

        def make(**options: object) -> BrowserContext:
            context = browser.new_context(**({"ignore_https_errors": True, "locale": "en-GB"} | options))  # type: ignore[arg-type]
            stack.callback(context.close)
            return context

        yield make


@pytest.fixture
def desk(browser: Browser, platform: Platform) -> Iterator[Desk]:
    desk = Desk(browser, platform)
    yield desk
    desk.close()


@pytest.fixture
def short_desk(browser: Browser, short_platform: Platform) -> Iterator[Desk]:
    desk = Desk(browser, short_platform)
    yield desk
    desk.close()


@pytest.fixture
def three(desk: Desk, platform: Platform) -> list[Person]:
    """The three demo users, signed in and on duty."""
    return [desk.tab(email) for email in platform.people]


def at_the_door(platform: Platform) -> Visitor:
    visitor = Visitor(platform.data / "stations" / "demo")
    visitor.is_idle()
    visitor.waits_until("the station is registered", lambda status: status["registration"] == "registered")
    visitor.waits_until("the station is online", lambda status: status["messaging"] == "online")
    return visitor


@pytest.fixture
def visitor(platform: Platform) -> Visitor:
    return at_the_door(platform)


@pytest.fixture
def short_visitor(short_platform: Platform) -> Visitor:
    return at_the_door(short_platform)


# -- bad input: what a stranger does, and that nothing of it shows afterwards --------------------------------------------


_RING_GAP_S = 0.5


@dataclass(frozen=True)
class Account:
    """A signed-in person without a browser."""

    token: str
    user_id: str
    company_id: str

    @property
    def hello(self) -> dict[str, object]:
        return {"type": "hello", "token": self.token, "on_duty": True}


@pytest.fixture(scope="package")
def clara(platform: Platform) -> Account:
    email = platform.people[2]
    with platform.api(email) as client:
        me = client.get("/api/v1/me").json()
        token = client.headers["Authorization"].removeprefix("Bearer ")
    return Account(token, me["user"]["id"], me["company"]["id"])


@pytest.fixture(scope="package")
def office(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with platform.api(platform.people[0]) as client:
        yield Office(platform, tmp_path_factory.mktemp("stations"), client)


@pytest.fixture(scope="package")
def device(office: Office) -> Device:
    """A claimed station without software: the tests speak for it."""
    return office.device(office.add("Hintertor")["claim_code"])


@pytest.fixture
def on_duty(platform: Platform, clara: Account) -> Iterator[Socket]:
    with socket(platform, clara.company_id) as signed_on:
        signed_on.say(clara.hello)
        signed_on.hears("welcome")
        yield signed_on


@pytest.fixture
def unharmed(platform: Platform, on_duty: Socket) -> Iterator[None]:
    """After the scenario every part is the one that ran before, and the next ordinary call rings."""
    before = platform.parts()
    yield
    assert platform.parts() == before
    # the edge takes twenty rings of one station within ten seconds, and there are more scenarios than that
    Event().wait(_RING_GAP_S)
    visitor = Visitor(platform.data / "stations" / "demo")
    visitor.press()  # interrupts the announcement of the call before
    ring = on_duty.hears("ring")
    while ring["station"]["name"] != "Haupteingang":
        ring = on_duty.hears("ring")
    visitor.hang_up()
    on_duty.hears("ring_ended", call_id=ring["call_id"])
