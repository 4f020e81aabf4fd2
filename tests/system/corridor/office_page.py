"""Somebody at the portal of a running installation. Selectors are what a screen reader would say."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

PATIENCE_MS = 15_000
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WEB = Path(__file__).resolve().parents[3] / "web"
SCREENS = WEB.parent / ".build" / "screens"
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class OfficePage:
    """One tab of the portal, in English or German."""

    def __init__(self, context: BrowserContext, portal: str) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self._portal = portal

    def sign_in(self, email: str, password: str, path: str = "/portal") -> OfficePage:
        self.page.goto(self._portal + path)
        self.enters(email, password)
        expect(self.page.get_by_role("searchbox").first).to_be_visible()
        return self

    def goes_to(self, path: str, title: str) -> None:
        """To a page of the portal, as a link would."""
        self.page.goto(f"{self._portal}/portal{path}")
        self.is_at(title)

    def is_at(self, title: str) -> None:
        expect(self.page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible()

    def reads(self, words: str | re.Pattern[str], within_ms: int = PATIENCE_MS) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible(timeout=within_ms)

    def presses(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def undoes(self) -> None:
        """What was done last."""
        self.page.get_by_role("button", name="Undo").last.click()

    def names(self, name: str, deed: str) -> None:
        """In the dialog that asks for a name."""
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Name").fill(name)
        dialog.get_by_role("button", name=deed).click()

    def presses_surely(self, name: str, sure: str) -> None:
        """A deed without a way back: its button asks for a second press."""
        self.presses(name)
        self.presses(sure)

    def signs_out(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()
        self.page.get_by_role("menuitem", name="Sign out").click()
        self.is_at("Sign in")

    def enters(self, email: str, password: str) -> None:
        """The first step of signing in, wherever it leads."""
        self.page.locator("#email").fill(email)
        self.page.locator("#password").fill(password)
        self.page.keyboard.press("Enter")

    def holds_passkeys(self) -> None:
        """As a computer with a fingerprint reader, which finds its person every time."""
        devtools = self.page.context.new_cdp_session(self.page)
        devtools.send("WebAuthn.enable")
        kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        present = {"isUserVerified": True, "automaticPresenceSimulation": True}
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": kind | present})

    def fills(self, label: str | re.Pattern[str], text: str) -> None:
        self.page.get_by_label(label).first.fill(text)

    def inspected(self, name: str) -> list[str]:
        """What the accessibility checker and the width of the page have to say; keeps a picture."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENS / f"{name}.png")
        found = [f"{name}: wider than the window"] if self.page.evaluate(_OVERFLOW) > 0 else []
        self.page.evaluate((WEB / "node_modules" / "axe-core" / "axe.min.js").read_text())
        report = self.page.evaluate("(tags) => axe.run(document, { runOnly: tags })", TAGS)
        for violation in report["violations"]:
            found.append(f"{name}: {violation['id']} {[node['target'] for node in violation['nodes']]}")
        return found

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")
