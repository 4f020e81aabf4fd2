"""Signing in with more than a password, in the browser: second factor, recovery codes, passkeys, forgotten passwords."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest
from playwright.sync_api import BrowserContext, expect

from antiphon.limits import CODE_PERIOD_S, RECOVERY_CODES
from corridor.office_page import OfficePage
from corridor.platform_under_test import Platform

pytestmark = pytest.mark.system

Contexts = Callable[..., BrowserContext]
PASSWORD = "ein Salzburger Schnürlregen im November"
FRIDA, GUSTAV = "frida@salzach.example", "gustav@salzach.example"


@contextmanager
def joins(platform: Platform, name: str, email: str) -> Iterator[httpx.Client]:
    """Somebody new in the company, signed in without a browser."""
    with platform.api(platform.people[0]) as anna:
        link = anna.post("/api/v1/invitations", json={"name": name, "role_id": "role_viewer"}).json()["link"]
    with httpx.Client(base_url=platform.portal, verify=platform.trusting(), timeout=10) as them:
        joining = {"token": link.partition("#")[2], "name": name, "email": email, "password": PASSWORD}
        answer = them.post("/api/v1/session/join", json=joining)
        assert answer.status_code == 201, answer.text
        them.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield them


@pytest.fixture(scope="module")
def gustavs_codes(platform: Platform) -> list[str]:
    """The recovery codes of somebody who has a second factor."""
    with joins(platform, "Gustav Gruber", GUSTAV) as gustav:
        app = pyotp.TOTP(gustav.post("/api/v1/me/second-factor").json()["secret"])
        answer = gustav.post("/api/v1/me/second-factor/confirm", json={"code": app.now()})
        return list(answer.json()["recovery_codes"])


def refusals(page: OfficePage, *expected: str) -> list[str]:
    """What the browser complained of, but for answers that the scenario asked for."""
    return [line for line in page.complaints if not any(status in line for status in expected)]


def test_a_code_of_the_app_then_a_recovery_code_then_help_by_the_owner(platform: Platform, contexts: Contexts) -> None:
    with joins(platform, "Frida Fuchs", FRIDA):
        pass
    frida = OfficePage(contexts(color_scheme="dark"), platform.portal).sign_in(FRIDA, PASSWORD, "/portal/profile")
    frida.presses("Set up an authenticator app")
    dialog = frida.page.get_by_role("dialog")
    dialog.get_by_text("No camera?").click()
    app = pyotp.TOTP(dialog.locator("output").inner_text().replace(" ", ""))
    frida.fills("Code that the app shows now", "12345")
    frida.presses("Turn on")
    frida.reads("This code is wrong or was used already.")
    found = frida.inspected("security-set-up-dark-en")
    frida.fills("Code that the app shows now", app.now())
    frida.presses("Turn on")
    shown = dialog.get_by_role("listitem")
    expect(shown).to_have_count(RECOVERY_CODES)
    codes = shown.all_inner_texts()
    found += frida.inspected("security-codes-dark-en")
    with frida.page.expect_download() as kept:
        frida.presses("Keep as a file")
    assert set(codes) <= set(kept.value.path().read_text().splitlines())
    frida.presses("I have kept them")
    frida.reads(f"{RECOVERY_CODES} recovery codes left")

    frida.signs_out("Frida Fuchs")
    frida.enters(FRIDA, PASSWORD)
    frida.is_at("One more step")
    # The code that confirmed is used up: the next one is taken before its time.
    frida.fills("Code from your authenticator app", app.at(datetime.now(UTC) + timedelta(seconds=CODE_PERIOD_S)))
    frida.page.keyboard.press("Enter")
    expect(frida.page.get_by_role("searchbox").first).to_be_visible()

    frida.signs_out("Frida Fuchs")
    for path, arrived in (("", "Rings here"), ("/portal/profile", f"{RECOVERY_CODES - 2} recovery codes left")):
        theirs = OfficePage(contexts(), platform.portal)
        theirs.page.goto(platform.portal + path)
        theirs.enters(FRIDA, PASSWORD)
        theirs.presses("Use a recovery code")
        theirs.fills("Recovery code", codes.pop())
        theirs.page.keyboard.press("Enter")
        theirs.reads(arrived)

    anna = OfficePage(contexts(), platform.portal)
    anna.sign_in(platform.people[0], platform.logins[platform.people[0]], "/portal/people")
    anna.page.get_by_role("link", name="Frida Fuchs").click()
    anna.reads("A code is asked for")
    found += anna.inspected("security-person-light-en")
    anna.presses_surely("Remove second factor", "Remove for good")
    anna.reads("Password alone")
    expect(anna.page.get_by_role("button", name="Remove second factor")).to_have_count(0)
    frida.enters(FRIDA, PASSWORD)
    expect(frida.page.get_by_role("searchbox").first).to_be_visible()
    anna.presses("Deactivate")
    assert found == []
    assert anna.complaints == []
    assert refusals(frida, "401") == []


def test_a_passkey_signs_in_everywhere_until_it_is_removed(platform: Platform, contexts: Contexts) -> None:
    email = platform.people[2]
    at_its_name = platform.portal.replace("127.0.0.1", "localhost")
    clara = OfficePage(contexts(locale="en-GB", viewport={"width": 390, "height": 844}), at_its_name)
    clara.holds_passkeys()
    clara.sign_in(email, platform.logins[email], "/portal/profile")
    clara.presses("Add a passkey")
    clara.names("This laptop", "Add a passkey")
    clara.reads("This laptop signs you in from now on.")
    passkeys = clara.page.get_by_role("region", name="Passkeys")
    expect(passkeys.get_by_role("row")).to_contain_text("not used yet")

    clara.signs_out("Clara Czerny")
    clara.presses("Sign in with a passkey")
    expect(clara.page.get_by_role("searchbox").first).to_be_visible()
    clara.goes_to("/profile", "My profile")
    expect(passkeys.get_by_role("row")).to_contain_text("last used")
    found = clara.inspected("security-passkeys-light-en-390")
    passkeys.get_by_role("button", name="Rename").click()
    clara.names("Work laptop", "Save")
    expect(passkeys.get_by_role("row")).to_contain_text("Work laptop")
    clara.undoes()
    expect(passkeys.get_by_role("row")).to_contain_text("This laptop")

    passkeys.get_by_role("button", name="Remove").click()
    passkeys.get_by_role("button", name="Remove for good").click()
    clara.reads("This laptop signs nobody in any more.")
    clara.signs_out("Clara Czerny")
    clara.presses("Sign in with a passkey")
    clara.reads("This passkey is not known here any more.")
    assert found == []
    assert refusals(clara, "401") == []


def test_what_changes_a_sign_in_asks_for_it_again_and_goes_on(
    platform: Platform, contexts: Contexts, gustavs_codes: list[str]
) -> None:
    gustav = OfficePage(contexts(), platform.portal)
    gustav.page.goto(platform.portal + "/portal/profile")
    gustav.enters(GUSTAV, PASSWORD)
    gustav.presses("Use a recovery code")
    gustav.fills("Recovery code", gustavs_codes.pop())
    gustav.page.keyboard.press("Enter")
    gustav.reads("recovery codes left")
    # As the platform answers a quarter of an hour later.
    refusal = {"status": 403, "content_type": "application/problem+json", "body": '{"code": "sign_in_again"}'}
    gustav.page.route("**/recovery-codes", lambda route: route.fulfill(**refusal), times=1)  # type: ignore[arg-type]
    gustav.presses("New recovery codes")
    gustav.page.get_by_role("dialog").get_by_role("button", name="New recovery codes").click()
    dialog = gustav.page.get_by_role("dialog", name="Prove that it is you")
    expect(dialog.locator("#password")).to_be_focused()
    found = gustav.inspected("security-again-light-en")
    dialog.locator("#password").fill(PASSWORD)
    gustav.page.keyboard.press("Enter")
    gustav.presses("Use a recovery code")
    gustav.fills("Recovery code", gustavs_codes.pop())
    gustav.page.keyboard.press("Enter")
    shown = gustav.page.get_by_role("dialog", name="Your recovery codes").get_by_role("listitem")
    expect(shown).to_have_count(RECOVERY_CODES)
    gustavs_codes[:] = shown.all_inner_texts()
    assert found == []


WORDS = {
    "en": ("Sign in with a passkey", "Forgotten your password?", "Back", "Use a recovery code", "New recovery codes"),
    "de": (
        "Mit Passkey anmelden",
        "Passwort vergessen?",
        "Zurück",
        "Wiederherstellungscode benutzen",
        "Neue Wiederherstellungscodes",
    ),
}


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("light", "en", 1440), ("dark", "de", 1440), ("light", "de", 390), ("dark", "en", 390)],
)
def test_every_step_in_both_themes_and_languages(
    platform: Platform, contexts: Contexts, gustavs_codes: list[str], theme: str, language: str, width: int
) -> None:
    size = {"width": width, "height": 900}
    context = contexts(viewport=size, color_scheme=theme, locale="de-AT" if language == "de" else "en-GB")
    page = OfficePage(context, platform.portal)
    passkey, forgotten, back, recovery, renew = WORDS[language]
    found: list[str] = []

    def inspect(step: str) -> None:
        found.extend(page.inspected(f"security-{step}-{theme}-{language}-{width}"))

    page.page.goto(platform.portal + "/portal")
    page.presses("Deutsch" if language == "de" else "English")  # chosen here, whatever the account says
    page.presses(passkey)  # at an address there are none
    expect(page.page.get_by_role("alert")).to_contain_text("Passkeys")
    inspect("sign-in")
    page.presses(forgotten)
    page.page.locator("#email").fill("nobody@salzach.example")
    inspect("forgotten")
    # As an installation answers that has a mail server.
    page.page.route("**/session/forgotten", lambda route: route.fulfill(status=202), times=1)
    page.page.keyboard.press("Enter")
    expect(page.page.get_by_role("status")).to_contain_text("nobody@salzach.example")
    inspect("forgotten-sent")
    page.presses(back)
    page.enters(GUSTAV, PASSWORD)
    page.page.locator("#code").fill("12345")
    page.page.keyboard.press("Enter")
    expect(page.page.get_by_role("alert").locator("span")).to_be_visible()
    inspect("code")
    page.presses(recovery)
    page.page.locator("#code").fill(gustavs_codes.pop())
    inspect("recovery-code")
    page.page.keyboard.press("Enter")
    expect(page.page.get_by_role("searchbox").first).to_be_visible()
    page.page.goto(platform.portal + "/portal/profile")
    page.presses(renew)
    expect(page.page.get_by_role("dialog")).to_be_visible()
    inspect("renew")
    page.page.goto(platform.portal + "/reset#user_1.1.none")
    page.page.get_by_role("textbox").fill(PASSWORD)
    inspect("reset")
    page.page.keyboard.press("Enter")
    expect(page.page.get_by_role("status")).to_be_visible()
    inspect("reset-invalid")
    assert found == []
    assert refusals(page, "401", "409", "410") == []


def test_a_link_for_a_new_password_sets_it_and_signs_out_everywhere(platform: Platform, contexts: Contexts) -> None:
    email = "hans@salzach.example"
    with joins(platform, "Hans Huber", email):
        pass
    elsewhere = OfficePage(contexts(), platform.portal).sign_in(email, PASSWORD)
    hans = OfficePage(contexts(), platform.portal)
    hans.page.goto(platform.password_link(email))
    hans.fills("New password", "short")
    hans.presses("Set the password")
    hans.reads("This password is easy to guess.")
    hans.fills("New password", "quiet-lantern-forty")
    hans.presses("Set the password")
    hans.is_at("Your new password holds")
    expect(elsewhere.page.get_by_role("heading", name="Sign in")).to_be_visible()
    hans.presses("Sign in")
    assert "#" not in hans.page.url
    hans.enters(email, "quiet-lantern-forty")
    expect(hans.page.get_by_role("searchbox").first).to_be_visible()
