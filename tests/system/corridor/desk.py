"""The desks of an installation: tabs of its people, opened for one scenario and closed after it."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext

from corridor.person import Person
from corridor.platform_under_test import Platform


class Desk:
    """Opens tabs of people of one installation and closes them after the scenario."""

    def __init__(self, browser: Browser, platform: Platform) -> None:
        self._browser = browser
        self._platform = platform
        self._contexts: dict[str, BrowserContext] = {}

    def newcomer(self, email: str) -> Person:
        """An empty tab of a browser that was never here; nobody has signed in yet."""
        assert email not in self._contexts
        context = self._contexts[email] = self._browser.new_context(ignore_https_errors=True, locale="en-GB")
        return Person(context, self._platform.portal, email, self._platform.logins[email])

    def tab(self, email: str) -> Person:
        """A further tab; tabs of one person share a browser profile, so the second is signed in already."""
        context = self._contexts.get(email)
        first = context is None
        if context is None:
            person = self.newcomer(email)
        else:
            person = Person(context, self._platform.portal, email, self._platform.logins[email])
        if first:
            return person.sign_in()
        person.page.goto(self._platform.portal)
        return person.arrives()

    def close(self) -> None:
        for context in self._contexts.values():
            context.close()
