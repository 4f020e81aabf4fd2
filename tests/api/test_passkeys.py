"""Passkeys: added by whoever has just signed in, good for signing in without a password, at the portal's own name."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest
from test_second_factor import set_up

from antiphon.identity.model import PasskeysNeedName
from antiphon.identity.passkeys import portal
from antiphon.limits import FRESH_SIGN_IN_S, LOGIN_ATTEMPTS_PER_MINUTE, PASSKEYS_PER_USER_MAX, SIGN_IN_STEP_S
from antiphon.settings import Settings
from authenticator import Authenticator, b64, unb64
from browsers import Browser
from residents import StillClock, Tenant

Browsers = Callable[..., Browser]
Answer = tuple[int, str]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An installation with a public name."""
    return settings.model_copy(update={"public_name": "portal.example"})


async def add(one: Browser, with_: Authenticator, name: str = "Phone") -> dict[str, Any]:
    """The passkey that was added."""
    options = (await one.post("/api/v1/me/passkeys/options")).json()["public_key"]
    answer = await one.post("/api/v1/me/passkeys", json={"name": name, "credential": with_.create(options)})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def options_of(one: Browser) -> dict[str, Any]:
    asked: dict[str, Any] = (await one.post("/api/v1/session/passkey/options")).json()["public_key"]
    return asked


async def sign_in(one: Browser, credential: dict[str, Any]) -> Answer:
    answer = await one.post("/api/v1/session/passkey", json={"credential": credential})
    if answer.status_code == 200:
        one.headers["Authorization"] = "Bearer " + answer.json()["access_token"]
        return 200, answer.json()["user"]["name"]
    return answer.status_code, answer.json()["code"]


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant) -> Browser:
    one = browser()
    await one.sign_in(tenant.owner)
    return one


REFUSED = (401, "passkey_refused")


async def test_a_passkey_signs_in_without_anything_typed(anna: Browser, browser: Browsers, tenant: Tenant) -> None:
    phone, elsewhere = Authenticator(), browser()
    made = await add(anna, phone, "My phone")
    assert (made["name"], made["portal"], made["last_used_at"]) == ("My phone", "portal.example", None)
    assert await sign_in(elsewhere, phone.get(await options_of(elsewhere))) == (200, "Anna")
    assert (await elsewhere.get("/api/v1/me")).json()["user"]["id"] == tenant.owner.id
    assert (await elsewhere.post("/api/v1/session/refresh")).status_code == 200
    (listed,) = (await anna.get("/api/v1/me/passkeys")).json()["items"]
    assert listed["last_used_at"] is not None


async def test_whoever_has_a_second_factor_is_not_asked_for_it(
    anna: Browser, browser: Browsers, clock: StillClock
) -> None:
    phone, elsewhere = Authenticator(), browser()
    await set_up(anna, clock)
    await add(anna, phone)
    assert await sign_in(elsewhere, phone.get(await options_of(elsewhere))) == (200, "Anna")


async def test_the_browser_is_asked_for_a_verified_person_and_a_passkey_it_keeps(anna: Browser) -> None:
    await add(anna, phone := Authenticator())
    options = (await anna.post("/api/v1/me/passkeys/options")).json()["public_key"]
    chosen = options["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert options["rp"]["id"] == "portal.example"
    assert [one["id"] for one in options["excludeCredentials"]] == [b64(phone.held[0].id)]
    asked = await options_of(anna)
    assert (asked["userVerification"], asked["allowCredentials"]) == ("required", [])


async def test_an_answer_is_good_once(anna: Browser, browser: Browsers) -> None:
    await add(anna, phone := Authenticator(counts=False))
    credential = phone.get(await options_of(anna))
    assert await sign_in(browser(), credential) == (200, "Anna")
    assert await sign_in(browser(), credential) == REFUSED


async def test_two_who_answer_one_challenge_do_not_both_get_in(anna: Browser, browser: Browsers) -> None:
    await add(anna, phone := Authenticator(counts=False))
    options = await options_of(anna)
    assert await sign_in(browser(), phone.get(options)) == (200, "Anna")
    assert await sign_in(browser(), phone.get(options)) == REFUSED


async def test_a_challenge_ends_after_minutes(anna: Browser, clock: StillClock) -> None:
    await add(anna, phone := Authenticator())
    credential = phone.get(await options_of(anna))
    clock.advance(SIGN_IN_STEP_S)
    assert await sign_in(anna, credential) == REFUSED


async def test_a_challenge_is_for_one_purpose(anna: Browser) -> None:
    await add(anna, phone := Authenticator())
    registering = (await anna.post("/api/v1/me/passkeys/options")).json()["public_key"]
    signing_in = await options_of(anna)
    assert await sign_in(anna, phone.get(signing_in | {"challenge": registering["challenge"]})) == REFUSED
    made = Authenticator().create(registering | {"challenge": signing_in["challenge"]})
    answer = await anna.post("/api/v1/me/passkeys", json={"name": "Phone", "credential": made})
    assert (answer.status_code, answer.json()["code"]) == (422, "passkey_invalid")


async def test_one_person_can_not_add_what_another_began(anna: Browser, browser: Browsers, tenant: Tenant) -> None:
    bernd = browser()
    await bernd.sign_in(tenant.operator)
    made = Authenticator().create((await anna.post("/api/v1/me/passkeys/options")).json()["public_key"])
    answer = await bernd.post("/api/v1/me/passkeys", json={"name": "Phone", "credential": made})
    assert answer.json()["code"] == "passkey_invalid"


async def test_a_passkey_is_added_once(anna: Browser) -> None:
    phone = Authenticator()
    made = phone.create((await anna.post("/api/v1/me/passkeys/options")).json()["public_key"])
    assert (await anna.post("/api/v1/me/passkeys", json={"name": "Phone", "credential": made})).status_code == 201
    again = await anna.post("/api/v1/me/passkeys", json={"name": "Phone", "credential": made})
    assert again.json()["code"] == "passkey_invalid"


@pytest.mark.parametrize(
    "origin",
    ["https://portal.example.evil", "http://portal.example", "https://portal.example:9999", "https://evil.example"],
)
async def test_another_page_gets_nobody_in(anna: Browser, origin: str) -> None:
    await add(anna, phone := Authenticator())
    phone.origin = origin
    assert await sign_in(anna, phone.get(await options_of(anna))) == REFUSED
    made = phone.create((await anna.post("/api/v1/me/passkeys/options")).json()["public_key"])
    answer = await anna.post("/api/v1/me/passkeys", json={"name": "Phone", "credential": made})
    assert answer.json()["code"] == "passkey_invalid"


async def test_a_person_who_was_not_verified_is_refused(anna: Browser) -> None:
    await add(anna, phone := Authenticator())
    phone.verifies = False
    assert await sign_in(anna, phone.get(await options_of(anna))) == REFUSED
    made = phone.create((await anna.post("/api/v1/me/passkeys/options")).json()["public_key"])
    answer = await anna.post("/api/v1/me/passkeys", json={"name": "Phone", "credential": made})
    assert answer.json()["code"] == "passkey_invalid"


async def test_a_copied_passkey_is_found_by_its_count(anna: Browser, browser: Browsers) -> None:
    await add(anna, phone := Authenticator())
    stolen = copy.copy(phone)
    stolen.held = [copy.copy(one) for one in phone.held]
    assert await sign_in(browser(), phone.get(await options_of(anna))) == (200, "Anna")
    assert await sign_in(browser(), stolen.get(await options_of(anna))) == REFUSED


async def test_the_passkey_of_one_says_nothing_for_another(anna: Browser, browser: Browsers, tenant: Tenant) -> None:
    bernd, theirs, hers = browser(), Authenticator(), Authenticator()
    await bernd.sign_in(tenant.operator)
    await add(bernd, theirs)
    await add(anna, hers)
    theirs.held[0].user_handle = tenant.owner.id.encode()
    assert await sign_in(browser(), theirs.get(await options_of(bernd))) == REFUSED
    theirs.held[0].user_handle, theirs.held[0].id = tenant.owner.id.encode(), hers.held[0].id
    assert await sign_in(browser(), theirs.get(await options_of(bernd))) == REFUSED


async def test_a_removed_passkey_and_a_deactivated_person_stay_out(
    anna: Browser, browser: Browsers, tenant: Tenant
) -> None:
    bernd, phone, laptop = browser(), Authenticator(), Authenticator()
    await bernd.sign_in(tenant.operator)
    first = await add(bernd, phone)
    await add(bernd, laptop)
    assert (await bernd.delete(f"/api/v1/me/passkeys/{first['id']}")).status_code == 204
    assert (await bernd.delete(f"/api/v1/me/passkeys/{first['id']}")).json()["code"] == "passkey_not_found"
    assert await sign_in(browser(), phone.get(await options_of(bernd))) == REFUSED
    await anna.patch(f"/api/v1/users/{tenant.operator.id}", json={"active": False})
    assert await sign_in(browser(), laptop.get(await options_of(bernd))) == REFUSED


async def test_a_passkey_is_renamed_by_its_owner_alone(anna: Browser, browser: Browsers, tenant: Tenant) -> None:
    bernd = browser()
    await bernd.sign_in(tenant.operator)
    path = f"/api/v1/me/passkeys/{(await add(anna, Authenticator()))['id']}"
    for _ in range(2):
        assert (await anna.patch(path, json={"name": "Work phone"})).json()["name"] == "Work phone"
    trail = (await anna.get("/api/v1/audit", params={"subject_id": path.rpartition("/")[2]})).json()["items"]
    assert [one["action"] for one in trail] == ["passkey.changed", "passkey.added"], "told once"
    for method in ("PATCH", "DELETE"):
        answer = await bernd.request(method, path, json={"name": "Mine"})
        assert (answer.status_code, answer.json()["code"]) == (404, "passkey_not_found")


async def test_a_person_has_only_so_many(anna: Browser) -> None:
    for number in range(PASSKEYS_PER_USER_MAX):
        await add(anna, Authenticator(), f"Key {number}")
    answer = await anna.post("/api/v1/me/passkeys/options")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_adding_and_removing_needs_a_fresh_sign_in(anna: Browser, clock: StillClock) -> None:
    made = await add(anna, phone := Authenticator())
    options = (await anna.post("/api/v1/me/passkeys/options")).json()["public_key"]
    clock.advance(FRESH_SIGN_IN_S + 1)
    anna.headers["Authorization"] = "Bearer " + (await anna.post("/api/v1/session/refresh")).json()["access_token"]
    stale = (
        await anna.post("/api/v1/me/passkeys/options"),
        await anna.post("/api/v1/me/passkeys", json={"name": "Phone", "credential": phone.create(options)}),
        await anna.delete(f"/api/v1/me/passkeys/{made['id']}"),
    )
    assert {answer.json()["code"] for answer in stale} == {"sign_in_again"}
    assert (await anna.get("/api/v1/me/passkeys")).status_code == 200


async def test_guessing_is_slowed(anna: Browser, browser: Browsers) -> None:
    stranger = browser("198.51.100.7")
    await add(anna, phone := Authenticator())
    for _ in range(LOGIN_ATTEMPTS_PER_MINUTE):
        assert await sign_in(stranger, {}) == REFUSED
    assert await sign_in(stranger, {}) == (429, "too_many_requests")
    assert await sign_in(anna, phone.get(await options_of(anna))) == (200, "Anna")


async def test_answers_that_were_damaged_are_refused_in_words(anna: Browser, clock: StillClock) -> None:
    await add(anna, phone := Authenticator())
    chance = random.Random(7)
    for attempt in range(150):
        clock.advance(30)
        signing = attempt % 2 == 0
        if attempt % 20 == 0:
            await anna.sign_in("anna@salzach.example")
        options = await options_of(anna)
        if not signing:
            options = (await anna.post("/api/v1/me/passkeys/options")).json()["public_key"]
        good = phone.get(options) if signing else Authenticator().create(options)
        name = chance.choice(sorted(good["response"]))
        before = unb64(good["response"][name])
        raw = bytearray(before)
        for _ in range(chance.randint(1, 3)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        good["response"][name] = chance.choice([b64(bytes(raw)), b64(bytes(raw[: len(raw) // 2])), "!", 7, None, []])
        path = "/api/v1/session/passkey" if signing else "/api/v1/me/passkeys"
        body = {"credential": good} if signing else {"credential": good, "name": "Phone"}
        answer = await anna.post(path, json=body)
        assert answer.status_code < 500, (name, good, answer.text)
        assert not signing or answer.status_code != 200 or unb64(good["response"][name]) == before
        if (
            signing and answer.status_code == 200
        ):  # what chance put there was there before: a new session took this one's place
            await anna.sign_in("anna@salzach.example")


@pytest.mark.parametrize("host", ["evil.example", "192.0.2.1:8443", "[2001:db8::1]:8443", "portal.example.evil", ""])
async def test_a_name_that_is_not_the_portals_has_no_passkeys(anna: Browser, host: str) -> None:
    for path in ("/api/v1/session/passkey/options", "/api/v1/me/passkeys/options"):
        answer = await anna.post(path, headers={"Host": host})
        assert (answer.status_code, answer.json()["code"]) == (409, "passkeys_need_name")


def test_the_portals_pages_come_from_its_own_port_or_the_usual_one() -> None:
    assert portal("Portal.Example:8443", "portal.example", 8443).origins == (
        "https://portal.example:8443",
        "https://portal.example",
    )
    assert portal("portal.example", "portal.example", 443).origins == ("https://portal.example",)
    assert portal("localhost:8443", "", 8443).origins == ("https://localhost:8443",)
    for host, name in (("", ""), ("192.0.2.1", "192.0.2.1"), ("[::1]", "portal.example"), (":8443", "")):
        with pytest.raises(PasskeysNeedName):
            portal(host, name, 8443)
