"""A ring plan of a running installation: drafted in the portal, looked at, put in force, and rung by."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from corridor.desk import Desk
from corridor.office_page import OfficePage
from corridor.platform_under_test import Platform
from corridor.visitor import Visitor

pytestmark = pytest.mark.system

Contexts = Callable[..., BrowserContext]


@pytest.fixture
def contact(platform: Platform) -> Iterator[str]:
    """A contact without a ring plan, which the demo station's button rings; its id."""
    with platform.api(platform.people[0]) as api:
        station = next(one for one in api.get("/api/v1/stations").json()["items"] if one["name"] == "Haupteingang")
        buttons = f"/api/v1/stations/{station['id']}/buttons"
        before = {"items": api.get(buttons).json()["items"]}
        wanted = {"name": "Ordination Dr. Lechner", "place_id": station["place_id"]}
        made: str = api.post("/api/v1/contacts", json=wanted).json()["id"]
        bound = {"name": "main", "label": "Ordination", "user_ids": [], "contact_ids": [made]}
        assert api.put(buttons, json={"items": [bound]}).status_code == 200
    yield made
    with platform.api(platform.people[0]) as api:
        assert api.put(buttons, json=before).status_code == 200


def test_a_plan_drafted_in_the_portal_rings_whom_it_names_as_soon_as_it_is_in_force(
    platform: Platform, contexts: Contexts, desk: Desk, visitor: Visitor, contact: str
) -> None:
    email = platform.people[0]
    anna = OfficePage(contexts(), platform.portal).sign_in(email, platform.logins[email])
    anna.goes_to(f"/ring-plans/{contact}", "Ordination Dr. Lechner")
    page = anna.page
    would_ring = page.get_by_role("region", name="What would ring now?")
    expect(would_ring).to_contain_text("Nobody would ring.")

    field = page.get_by_role("combobox", name="Who should ring?")
    field.click()
    page.keyboard.type("bernd")
    page.get_by_role("option", name="Bernd Berger").click()
    anna.presses("All together")
    anna.reads("Draft, 1 change not in force")
    expect(would_ring.get_by_role("listitem").filter(has_text="Bernd Berger").first).to_contain_text("Rings from 0 to")

    # A rule for every day puts Clara in his place; without it, it is Bernd again.
    page.get_by_role("button", name="Rule", exact=True).click()
    anna.reads("What keeps this draft from being put in force")
    page.get_by_role("combobox", name="Who should ring?").click()
    page.keyboard.type("clara")
    page.get_by_role("option", name="Clara Czerny").click()
    anna.presses("All together")
    page.get_by_role("button", name="Times of day: from 8:00 to 17:00").press("Enter")
    page.get_by_role("button", name="Remove this time").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Days: On Mondays to Fridays").press("Enter")
    for day in ("Sat", "Sun"):
        page.get_by_role("checkbox", name=day).check()
    page.keyboard.press("Escape")
    expect(
        page.get_by_role("group", name="Rule 1: Every day, all day, in any case, ring Clara Czerny.")
    ).to_be_visible()
    anna.reads("Applies now")
    expect(would_ring.get_by_role("listitem").filter(has_text="Clara Czerny").first).to_contain_text("Rings from 0 to")
    assert anna.inspected("portal-ring-plan") == []

    anna.presses("Put in force")
    anna.reads("In force: the next press rings by it.")
    bernd, clara = desk.tab(platform.people[1]), desk.tab(platform.people[2])
    visitor.press()
    clara.is_rung()
    bernd.is_not_rung()
    visitor.hang_up()
    clara.is_not_rung()

    page.get_by_role("switch", name="Rule 1 is on").press("Space")
    anna.reads("Switched off")
    anna.presses("Put in force")
    expect(page.get_by_text("not in force")).to_have_count(0)
    visitor.press()
    bernd.is_rung()
    clara.is_not_rung()
    visitor.hang_up()
    bernd.is_not_rung()
    visitor.hang_up()
    visitor.is_idle()
    assert anna.complaints == []
