"""What may stand in a name, wherever one is typed; and switches take true and false alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from browsers import Browser
from residents import Tenant

Browsers = Callable[..., Browser]

UNSEEN = ["\0", "\x1b", "a\x1b[2Jb", "a\nb", "a\x9bb", "a\u202eb", "a\u2066b\u2069", "a\u2028b", "a\x7f"]
UNSEEN += ["Tor\u200b", "T\u2060or", "\ufeffTor", "\u3164", "\uffa0"]
MARKS = ["\u00ad", "\u200d", "\u200e\u200f", "\ufe0f"]


@pytest.mark.parametrize("name", [*UNSEEN, *MARKS, "", "  ", "\u2003"], ids=ascii)
async def test_a_name_is_one_line_that_can_be_seen(browser: Browsers, tenant: Tenant, name: str) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    station = (await anna.post("/api/v1/stations", json={"name": "Tor", "place_id": tenant.site.id})).json()["id"]
    site, account = {"place_id": tenant.site.id}, {"email": "neu@example.org", "password": "a long enough one"}
    for path, rest in (
        ("/api/v1/accounts", site),
        ("/api/v1/stations", site),
        ("/api/v1/contacts", site),
        ("/api/v1/ring-groups", site),
        ("/api/v1/doors", {"station_id": station}),
        ("/api/v1/users", account),
        ("/api/v1/places", {"kind": "folder", "parent_id": tenant.site.id}),
    ):
        answer = await anna.post(path, json={"name": name, **rest})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "name"), path


@pytest.mark.parametrize("words", UNSEEN, ids=ascii)
async def test_nor_do_other_words_of_people_hold_what_is_not_seen(
    browser: Browsers, tenant: Tenant, words: str
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    for path in ("/api/v1/accounts", "/api/v1/stations"):
        answer = await anna.post(path, json={"name": "Tor", "place_id": tenant.site.id, "spot": words})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "spot"), path
    answer = await anna.post("/api/v1/invitations", json={"name": words})  # it greets somebody in our mail
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "name")


@pytest.mark.parametrize(
    "name", ["Haupteingang 2", "שער ראשי", "مدخل", "می\u200cخواهم", "Müller & Söhne", "門", "Hof 👨\u200d👩\u200d👧"]
)
async def test_names_of_any_language_are_taken(browser: Browsers, tenant: Tenant, name: str) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    answer = await anna.post("/api/v1/accounts", json={"name": f" {name} ", "place_id": tenant.site.id})
    assert (answer.status_code, answer.json()["name"]) == (201, name)


@pytest.mark.parametrize("value", ["yes", "true", 1, None])
async def test_a_switch_takes_true_or_false_alone(browser: Browsers, tenant: Tenant, value: object) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    account = {"name": "Empfang", "place_id": tenant.site.id}
    for switch in ("early_video", "opens_doors"):
        answer = await anna.post("/api/v1/accounts", json=account | {switch: value})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, switch)
