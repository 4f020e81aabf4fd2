"""The portal of a running installation: its pages, what they show as it happens, and what they change."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from corridor.desk import Desk
from corridor.office_page import OfficePage
from corridor.platform_under_test import Platform
from corridor.visitor import Visitor

pytestmark = pytest.mark.system

Contexts = Callable[..., BrowserContext]
GONE_WITHIN_MS = 5_000  # issue 4: deactivation ends sessions and sockets within five seconds
PASSWORD = "ein Salzburger Schnürlregen im November"


@pytest.fixture
def anna(platform: Platform, contexts: Contexts) -> OfficePage:
    """The owner, at the overview."""
    email = platform.people[0]
    return OfficePage(contexts(), platform.portal).sign_in(email, platform.logins[email])


PAGES: dict[str, tuple[str, str]] = {
    "": ("Salzach Immobilien", "Salzach Immobilien"),
    "/people": ("People", "Personen"),
    "/roles": ("Roles", "Rollen"),
    "/keys": ("API keys", "API-Schlüssel"),
    "/changes": ("Changes", "Änderungen"),
    "/companies": ("All companies", "Alle Unternehmen"),
    "/profile": ("My profile", "Mein Profil"),
}


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("light", "en", 1440), ("dark", "de", 1440), ("light", "de", 390), ("dark", "en", 1024)],
)
def test_every_page_in_both_themes_and_languages(
    platform: Platform, contexts: Contexts, theme: str, language: str, width: int
) -> None:
    context = contexts(
        viewport={"width": width, "height": 900}, color_scheme=theme, locale="de-AT" if language == "de" else "en-GB"
    )
    email = platform.people[0]
    page = OfficePage(context, platform.portal).sign_in(email, platform.logins[email])
    found: list[str] = []
    for path, titles in PAGES.items():
        page.goes_to(path, titles[language == "de"])
        page.page.wait_for_load_state("domcontentloaded")
        expect(page.page.get_by_text(re.compile("^(Loading|Wird geladen) …$"))).to_have_count(0)
        found += page.inspected(f"portal{path.replace('/', '-')}-{theme}-{language}-{width}")
    assert found == []
    assert page.complaints == []


def test_a_ring_is_on_the_overview_while_it_rings_and_says_who_answered(
    anna: OfficePage, platform: Platform, desk: Desk, visitor: Visitor
) -> None:
    bernd = desk.tab(platform.people[1])
    visitor.press()
    bernd.is_rung()
    tile = anna.page.get_by_role("article", name="Haupteingang")
    expect(tile).to_contain_text("Ringing")
    bernd.answers()
    expect(tile).to_contain_text("In call")
    expect(tile).to_contain_text("Bernd Berger talks")
    bernd.hangs_up()
    expect(tile).to_have_count(0)
    expect(anna.page.get_by_role("region", name="Last calls").get_by_role("row").first).to_contain_text("Bernd Berger")
    assert anna.complaints == []


def test_somebody_invited_joins_and_is_out_within_seconds_of_their_deactivation(
    anna: OfficePage, platform: Platform, contexts: Contexts
) -> None:
    anna.goes_to("/people", "People")
    anna.presses("Invite somebody")
    anna.fills("Name (optional)", "Doris Moser")
    anna.presses("Make the invitation")
    link = anna.page.locator("output").inner_text()
    assert link.startswith(f"{platform.portal}/join#")
    anna.page.keyboard.press("Escape")

    theirs = contexts()
    doris = OfficePage(theirs, platform.portal)
    doris.page.goto(link)
    doris.is_at("Welcome to Salzach Immobilien")
    doris.fills("E-mail", "doris@salzach.example")
    doris.fills("Choose a password", PASSWORD)
    doris.presses("Join")
    doris.is_at("Salzach Immobilien")
    desk = OfficePage(theirs, platform.portal)
    desk.page.goto(platform.portal)
    desk.reads("Rings here")

    anna.page.get_by_role("link", name="Doris Moser").click()  # the list shows her by itself
    anna.is_at("Doris Moser")
    anna.presses("Deactivate")
    for page in (doris, desk):
        expect(page.page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=GONE_WITHIN_MS)
    anna.undoes()
    anna.reads("Doris Moser is active again.")
    doris.fills("E-mail", "doris@salzach.example")
    doris.page.locator("#password").fill(PASSWORD)
    doris.presses("Sign in")
    doris.is_at("Salzach Immobilien")
    anna.presses("Deactivate")  # so that she rings nowhere in later scenarios
    assert anna.complaints == []


def test_rights_at_one_site_show_that_site_alone_and_end_when_taken_away(
    anna: OfficePage, platform: Platform, contexts: Contexts
) -> None:
    anna.goes_to("/people", "People")
    anna.presses("Invite somebody")
    anna.fills("Name (optional)", "Emil Ehrenreich")
    where = anna.page.get_by_role("combobox", name="Where")
    where.click()
    where.fill("Rainer")
    anna.page.get_by_role("option", name="Rainerstraße 12").click()
    anna.presses("Make the invitation")
    link = anna.page.locator("output").inner_text()
    anna.page.keyboard.press("Escape")

    emil = OfficePage(contexts(), platform.portal)
    emil.page.goto(link)
    emil.fills("E-mail", "emil@salzach.example")
    emil.fills("Choose a password", PASSWORD)
    emil.presses("Join")
    emil.is_at("Salzach Immobilien")
    expect(emil.page.get_by_role("treeitem")).to_have_count(1)
    expect(emil.page.get_by_role("treeitem", name=re.compile("^Rainerstraße 12"))).to_be_visible()
    expect(emil.page.get_by_role("link", name="People")).to_have_count(0)

    anna.page.get_by_role("link", name="Emil Ehrenreich").click()
    anna.presses("Take away")
    anna.reads("Operator taken away.")
    expect(emil.page.get_by_role("treeitem")).to_have_count(0, timeout=GONE_WITHIN_MS)
    anna.undoes()
    expect(emil.page.get_by_role("treeitem")).to_have_count(1)
    anna.presses("Deactivate")


def test_places_are_made_found_moved_and_brought_back(anna: OfficePage) -> None:
    anna.presses("New project")
    anna.fills("Name", "Lehen")
    anna.presses("Save")
    anna.page.get_by_role("treeitem", name=re.compile("^Lehen")).click()
    anna.is_at("Lehen")
    for name in ("Siebenstädterstraße 3", "Ignaz-Harrer-Straße 9"):
        anna.presses("New site")
        anna.fills("Name", name)
        anna.presses("Save")
        anna.reads(f"{name} was added.")
    anna.page.get_by_role("main").get_by_role("link", name="Ignaz-Harrer-Straße 9").click()
    anna.is_at("Ignaz-Harrer-Straße 9")
    anna.presses("New folder")
    anna.fills("Name", "Stiege 2")
    anna.presses("Save")
    anna.page.get_by_role("main").get_by_role("link", name="Stiege 2").click()
    anna.is_at("Stiege 2")

    anna.presses("Move to …")
    where = anna.page.get_by_role("combobox", name="Where")
    where.click()
    where.fill("sieben")
    anna.page.get_by_role("option", name="Siebenstädterstraße 3").click()
    anna.presses("Move it here")
    anna.reads("Stiege 2 was moved.")
    way = anna.page.get_by_role("navigation", name="Where")
    expect(way).to_contain_text("Siebenstädterstraße 3")
    anna.undoes()
    expect(way).to_contain_text("Ignaz-Harrer-Straße 9")

    anna.page.keyboard.press("/")
    anna.page.keyboard.type("stie")
    expect(anna.page.get_by_role("option").first).to_contain_text("Ignaz-Harrer-Straße 9, Stiege 2")
    anna.page.keyboard.press("Escape")

    tree = anna.page.get_by_role("tree")
    tree.get_by_role("treeitem", name=re.compile("^Lehen")).focus()
    anna.page.keyboard.press("ArrowRight")
    expect(tree.get_by_role("treeitem", name=re.compile("^Ignaz"))).to_be_visible()
    anna.page.keyboard.press("ArrowDown")
    anna.page.keyboard.press("Enter")
    anna.is_at("Ignaz-Harrer-Straße 9")
    anna.presses("Remove")
    anna.reads("Something is still in there. Move it out first.")
    assert [line for line in anna.complaints if "409" not in line] == []


def test_a_station_added_by_mistake_is_renamed_moved_and_removed(anna: OfficePage) -> None:
    anna.presses("New project")
    anna.names("Mülln", "Save")
    anna.page.get_by_role("treeitem", name=re.compile("^Mülln")).click()
    anna.is_at("Mülln")
    expect(anna.page).to_have_title("Mülln – Salzach Immobilien – Antiphon")
    for name in ("Augustinergasse 4", "Müllner Hauptstraße 1"):
        anna.presses("New site")
        anna.names(name, "Save")
        anna.reads(f"{name} was added.")
    anna.page.get_by_role("main").get_by_role("link", name="Augustinergasse 4").click()
    anna.is_at("Augustinergasse 4")
    anna.presses("Add a station")
    anna.names("Seiteneingnag", "Add a station")
    anna.page.get_by_role("dialog").get_by_role("button", name="Close").last.click()

    stations = anna.page.get_by_role("region", name="Stations")
    stations.get_by_role("button", name="Rename").click()
    anna.names("Seiteneingang", "Save")
    expect(stations.get_by_text("Seiteneingang")).to_be_visible()
    anna.undoes()
    expect(stations.get_by_text("Seiteneingnag")).to_be_visible()

    stations.get_by_role("button", name="Move to …").click()
    dialog = anna.page.get_by_role("dialog")
    where = dialog.get_by_role("combobox", name="Where")
    expect(where).to_be_focused()
    expect(dialog.get_by_text("Choose a place.")).to_be_visible()
    where.fill("mülln")  # the project is called so too, and holds no station
    expect(dialog.get_by_role("option")).to_have_text(["Mülln, Müllner Hauptstraße 1"])
    anna.page.keyboard.press("ArrowDown")
    anna.page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Move it here").click()
    anna.reads("Seiteneingnag was moved.")
    anna.reads("No station here yet.")
    anna.undoes()
    expect(stations.get_by_text("Seiteneingnag")).to_be_visible()

    stations.get_by_role("button", name="Remove", exact=True).click()
    stations.get_by_role("button", name="Remove for good").click()
    anna.reads("Seiteneingnag was removed.")
    expect(stations.get_by_text("No station here yet.")).to_be_visible()

    anna.presses("Give rights")
    expect(anna.page.get_by_role("dialog").get_by_role("combobox").first).to_be_focused()
    assert anna.inspected("portal-give-rights") == []
    assert anna.complaints == []


def test_whoever_is_slower_reads_what_is_there_now_and_keeps_what_they_entered(
    anna: OfficePage, platform: Platform, contexts: Contexts
) -> None:
    email = platform.people[0]
    elsewhere = OfficePage(contexts(), platform.portal).sign_in(email, platform.logins[email])
    for one in (anna, elsewhere):
        one.goes_to("/people", "People")
        one.page.get_by_role("link", name="Clara Czerny").click()
        one.is_at("Clara Czerny")
        one.presses("Rename")
    elsewhere.names("Clara Cerny", "Save")
    elsewhere.is_at("Clara Cerny")
    anna.names("Klara Czerny", "Save")
    anna.reads(re.compile("Somebody changed this meanwhile. Now it is: Clara Cerny."))
    elsewhere.is_at("Clara Cerny")
    expect(anna.page.get_by_role("dialog").get_by_label("Name")).to_have_value("Klara Czerny")
    anna.page.get_by_role("dialog").get_by_role("button", name="Save").click()
    elsewhere.is_at("Klara Czerny")  # it follows by itself
    anna.undoes()
    anna.is_at("Clara Cerny")
    anna.presses("Rename")
    anna.names("Clara Czerny", "Save")
    anna.is_at("Clara Czerny")
    assert [line for line in anna.complaints if "412" not in line] == []


def test_a_person_moves_and_gets_another_address_and_both_ways_lead_back(anna: OfficePage, platform: Platform) -> None:
    anna.page.keyboard.press("/")
    anna.page.keyboard.type("c")
    anna.reads("Type two letters or more.")
    anna.page.keyboard.type("lara@sal")
    anna.page.get_by_role("option", name=re.compile("^Clara Czerny")).click()
    anna.is_at("Clara Czerny")
    anna.presses("Move to …")
    where = anna.page.get_by_role("combobox", name="Where")
    where.click()
    where.fill("Rainer")
    anna.page.get_by_role("option", name="Rainerstraße 12").click()
    anna.presses("Move it here")
    anna.reads("belongs to Rainerstraße 12")
    anna.undoes()
    anna.reads("belongs to the whole company")
    anna.presses("Change e-mail")
    dialog = anna.page.get_by_role("dialog")
    dialog.get_by_label("E-mail").fill(platform.people[0])
    dialog.get_by_role("button", name="Save").click()
    anna.reads("Somebody signs in with this address already. Use another one.")
    dialog.get_by_label("E-mail").fill("office@salzach.example")
    dialog.get_by_role("button", name="Save").click()
    anna.reads("Clara Czerny signs in with office@salzach.example from now on.")
    anna.undoes()
    anna.reads("Clara Czerny signs in with clara@salzach.example from now on.")
    assert [line for line in anna.complaints if "409" not in line] == []


def test_a_page_that_somebody_may_not_see_says_which_right_it_takes(platform: Platform, contexts: Contexts) -> None:
    email = platform.people[1]
    bernd = OfficePage(contexts(), platform.portal).sign_in(email, platform.logins[email], "/portal/keys")
    bernd.reads("You may not see this page. Ask an administrator for the right “Make API keys”.")
    bernd.page.goto(f"{platform.portal}/portal/people")
    bernd.reads(re.compile("right “See people”"))
    assert bernd.complaints == []


def test_what_is_removed_elsewhere_says_so_and_leads_on(
    anna: OfficePage, platform: Platform, contexts: Contexts
) -> None:
    email = platform.people[0]
    other = OfficePage(contexts(), platform.portal).sign_in(email, platform.logins[email])
    anna.page.get_by_role("treeitem", name=re.compile("^Altstadt")).click()
    anna.presses("New site")
    anna.names("Kaigasse 9", "Save")
    anna.page.get_by_role("main").get_by_role("link", name="Kaigasse 9").click()
    anna.is_at("Kaigasse 9")
    other.page.goto(anna.page.url)
    other.is_at("Kaigasse 9")
    other.reads("Live")
    anna.presses("Remove")
    other.reads(re.compile("^Anna Auer \\(you\\) removed Kaigasse 9"))
    other.page.get_by_role("link", name="Go to Altstadt").click()
    other.is_at("Altstadt")

    other.goes_to("/roles", "Roles")
    anna.goes_to("/roles", "Roles")
    anna.presses("New role")
    anna.fills("Name", "Kurzrolle")
    anna.presses("Save")
    other.reads("Kurzrolle")
    role = anna.page.locator(".p-role", has_text="Kurzrolle")
    role.get_by_role("button", name="Remove").click()
    other.reads("Anna Auer (you) removed the role Kurzrolle.")
    assert [line for line in anna.complaints + other.complaints if "404" not in line] == []


def test_changes_are_sentences_with_ways_to_what_is_there(anna: OfficePage) -> None:
    anna.presses("New project")
    anna.names("Gnigl", "Save")
    anna.goes_to("/changes", "Changes")
    first = anna.page.get_by_role("main").get_by_role("listitem").first
    expect(first).to_contain_text("Anna Auer (you) added Gnigl, in Salzach Immobilien.")
    expect(first.get_by_text("place.added")).to_be_hidden()
    first.get_by_text("Details").click()
    expect(first.get_by_text("place.added")).to_be_visible()
    first.get_by_role("link", name="Gnigl").click()
    anna.is_at("Gnigl")
    anna.presses("Remove")
    assert anna.complaints == []


def test_a_language_goes_back_to_the_browsers(anna: OfficePage) -> None:
    anna.goes_to("/profile", "My profile")
    anna.page.get_by_role("combobox", name="Language").click()
    anna.page.get_by_role("option", name="Deutsch").click()
    anna.presses("Save")
    anna.is_at("Mein Profil")
    anna.page.get_by_role("button", name="Rückgängig").last.click()
    anna.is_at("My profile")
    expect(anna.page.get_by_role("combobox", name="Language")).to_have_value("As the browser says")
    assert anna.complaints == []


def test_the_api_reference_is_readable_by_everybody(anna: OfficePage, platform: Platform, contexts: Contexts) -> None:
    page = OfficePage(contexts(viewport={"width": 390, "height": 844}), platform.portal)
    page.page.goto(f"{platform.portal}/api/reference")
    page.is_at("Antiphon: the API")
    assert page.inspected("reference-390") == []
