"""A second factor: set up with an authenticator app, asked for at sign-in, each code good once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pyotp
import pytest

from antiphon.assembly import people
from antiphon.database import PLATFORM, Database
from antiphon.errors import NotFound
from antiphon.identity.factor_store import recovery_codes, second_factors
from antiphon.limits import (
    CODE_GUESSES_FREE,
    CODE_PERIOD_S,
    CODE_WAIT_MAX_S,
    FRESH_SIGN_IN_S,
    LOGIN_ATTEMPTS_PER_MINUTE,
    RECOVERY_CODES,
    SIGN_IN_STEP_S,
)
from antiphon.settings import Settings
from antiphon.tenancy import User
from browsers import Browser
from residents import PASSWORD, StillClock, Tenant

Browsers = Callable[..., Browser]


class App:
    """An authenticator app with one secret in it."""

    def __init__(self, secret: str, clock: StillClock) -> None:
        self._totp, self._clock = pyotp.TOTP(secret), clock

    def code(self, periods_away: int = 0) -> str:
        return self._totp.at(self._clock.now() + timedelta(seconds=CODE_PERIOD_S * periods_away))


async def set_up(one: Browser, clock: StillClock) -> tuple[App, list[str]]:
    """The signed-in person's app and recovery codes; the period of the code that confirmed it is over."""
    app = App((await one.post("/api/v1/me/second-factor")).json()["secret"], clock)
    answer = await one.post("/api/v1/me/second-factor/confirm", json={"code": app.code()})
    assert answer.status_code == 200, answer.text
    clock.advance(CODE_PERIOD_S)
    return app, answer.json()["recovery_codes"]


async def challenge_of(one: Browser, user: User, password: str = PASSWORD) -> str:
    answer = await one.sign_in(user, password)
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_needed"), answer.text
    return str(answer.json()["challenge"])


async def second(one: Browser, challenge: str, code: str) -> tuple[int, str]:
    """The answer to the second half of a sign-in: its status and code."""
    answer = await one.post("/api/v1/session/second-factor", json={"challenge": challenge, "code": code})
    if answer.status_code == 200:
        one.headers["Authorization"] = "Bearer " + answer.json()["access_token"]
        return 200, ""
    return answer.status_code, answer.json()["code"]


async def test_the_password_alone_is_not_enough_any_more(browser: Browsers, tenant: Tenant, clock: StillClock) -> None:
    anna, elsewhere = browser(), browser()
    await anna.sign_in(tenant.owner)
    app, _ = await set_up(anna, clock)
    challenge = await challenge_of(elsewhere, tenant.owner)
    assert "antiphon_refresh" not in elsewhere.cookies
    assert await second(elsewhere, challenge, app.code()) == (200, "")
    assert (await elsewhere.get("/api/v1/me")).json()["user"]["id"] == tenant.owner.id
    assert (await elsewhere.post("/api/v1/session/refresh")).status_code == 200
    assert (await anna.get("/api/v1/me")).status_code == 200


async def test_a_wrong_password_says_nothing_of_a_second_factor(
    browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    await set_up(anna, clock)
    assert (await browser().sign_in(tenant.owner, "guess")).json()["code"] == "wrong_credentials"


async def test_what_was_begun_is_asked_for_when_it_is_confirmed(
    browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    begun = (await anna.post("/api/v1/me/second-factor")).json()
    uri = pyotp.parse_uri(begun["uri"])
    assert (uri.secret, uri.name, uri.issuer) == (begun["secret"], tenant.owner.email, "Antiphon")
    assert (await anna.get("/api/v1/me/second-factor")).json() == {"since": None, "recovery_codes_left": 0}
    for code in ("12 34 5", "", "\u0661\u0662\u0663\u0664\u0665\u0666", "k7fm-q2xd-9hzt-c4wp"):
        wrong = await anna.post("/api/v1/me/second-factor/confirm", json={"code": code})
        assert wrong.json()["code"] == "wrong_code"
    assert (await browser().sign_in(tenant.owner)).status_code == 200


async def test_the_codes_that_confirm_are_shown_once_and_counted(
    browser: Browsers, tenant: Tenant, clock: StillClock, database: Database
) -> None:
    anna, elsewhere = browser(), browser()
    await anna.sign_in(tenant.owner)
    _, codes = await set_up(anna, clock)
    assert len(set(codes)) == RECOVERY_CODES
    assert await second(elsewhere, await challenge_of(elsewhere, tenant.owner), codes[3].upper()) == (200, "")
    assert (await anna.get("/api/v1/me/second-factor")).json()["recovery_codes_left"] == RECOVERY_CODES - 1
    assert await second(elsewhere, await challenge_of(elsewhere, tenant.owner), codes[3]) == (401, "wrong_code")
    with database.transaction() as tx:
        assert not set(codes) & {row["code_hash"] for row in tx.all(PLATFORM, recovery_codes)}


async def test_the_secret_is_not_in_the_database(
    browser: Browsers, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    secret = (await anna.post("/api/v1/me/second-factor")).json()["secret"]
    with database.transaction() as tx:
        (row,) = tx.all(PLATFORM, second_factors)
    assert secret not in str(dict(row))


async def test_a_code_works_once(browser: Browsers, tenant: Tenant, clock: StillClock) -> None:
    anna, other = browser(), browser()
    await anna.sign_in(tenant.owner)
    app, _ = await set_up(anna, clock)
    challenge = await challenge_of(other, tenant.owner)
    assert await second(other, challenge, app.code(-1)) == (401, "wrong_code")  # it confirmed
    assert await second(other, challenge, app.code(1)) == (200, "")
    assert await second(other, challenge, app.code(1)) == (401, "wrong_code")
    assert await second(other, challenge, app.code()) == (401, "wrong_code")  # older than the last one that was taken


@pytest.mark.parametrize("periods", [-2, 2])
async def test_a_code_of_another_time_is_refused(
    browser: Browsers, tenant: Tenant, clock: StillClock, periods: int
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    app, _ = await set_up(anna, clock)
    clock.advance(5 * CODE_PERIOD_S)
    assert await second(anna, await challenge_of(anna, tenant.owner), app.code(periods)) == (401, "wrong_code")


async def test_the_second_half_follows_within_minutes(browser: Browsers, tenant: Tenant, clock: StillClock) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    app, _ = await set_up(anna, clock)
    challenge = await challenge_of(anna, tenant.owner)
    clock.advance(SIGN_IN_STEP_S)
    assert await second(anna, challenge, app.code()) == (401, "sign_in_expired")


async def test_another_password_ends_what_the_old_one_began(
    browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    anna, thief = browser(), browser()
    await anna.sign_in(tenant.owner)
    app, _ = await set_up(anna, clock)
    challenge = await challenge_of(thief, tenant.owner)
    change = {"current": PASSWORD, "new": "fourteen-quiet-lanterns"}
    assert (await anna.post("/api/v1/me/password", json=change)).status_code == 204
    assert await second(thief, challenge, app.code()) == (401, "sign_in_expired")


async def test_a_challenge_of_somebody_else_is_none(browser: Browsers, tenant: Tenant, clock: StillClock) -> None:
    anna, bernd = browser(), browser()
    await anna.sign_in(tenant.owner)
    await bernd.sign_in(tenant.operator)
    app, _ = await set_up(anna, clock)
    await set_up(bernd, clock)
    challenge = await challenge_of(anna, tenant.owner)
    _, ends, mac = (await challenge_of(bernd, tenant.operator)).split(".")
    for forged in (f"{tenant.owner.id}.{ends}.{mac}", challenge[:-2] + "AA", "none", anna.cookies["antiphon_refresh"]):
        assert await second(browser(), forged, app.code()) == (401, "sign_in_expired")


async def test_guessing_from_one_address_is_slowed_and_the_right_password_forgets_nothing(
    browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    anna, thief = browser(), browser("198.51.100.7")
    await anna.sign_in(tenant.owner)
    app, _ = await set_up(anna, clock)
    for _ in range(LOGIN_ATTEMPTS_PER_MINUTE):
        challenge = await challenge_of(thief, tenant.owner)
        assert await second(thief, challenge, "000000") == (401, "wrong_code")
    assert await second(thief, challenge, app.code()) == (429, "too_many_requests")


async def test_guessing_from_many_addresses_is_slowed_as_well(
    browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    app, _ = await set_up(anna, clock)
    wrong = next(code for code in ("000000", "111111", "222222", "333333") if code not in map(app.code, range(-1, 99)))
    for attempt in range(CODE_GUESSES_FREE + 1):
        thief = browser(f"198.51.100.{attempt}")
        challenge = await challenge_of(thief, tenant.owner)
        clock.advance(1)
        assert await second(thief, challenge, wrong) == (401, "wrong_code")
    assert await second(anna, challenge, app.code()) == (429, "too_many_requests")
    clock.advance(2)
    assert await second(anna, challenge, app.code()) == (200, "")
    assert await second(anna, challenge, wrong) == (401, "wrong_code")
    assert await second(anna, challenge, app.code(1)) == (200, "")


async def test_nobody_waits_longer_than_the_longest_wait(
    browser: Browsers, tenant: Tenant, clock: StillClock, database: Database
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    app, _ = await set_up(anna, clock)
    with database.transaction() as tx:
        values = {"wrong_codes": 2_000_000_000, "wrong_at": clock.now()}
        tx.update(tenant.scope, second_factors, values=values, user_id=tenant.owner.id)
    assert await second(anna, await challenge_of(anna, tenant.owner), app.code()) == (429, "too_many_requests")
    clock.advance(CODE_WAIT_MAX_S)
    assert await second(anna, await challenge_of(anna, tenant.owner), app.code()) == (200, "")


async def test_what_changes_how_somebody_signs_in_needs_a_fresh_sign_in(
    browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    clock.advance(FRESH_SIGN_IN_S + 1)
    token = (await anna.post("/api/v1/session/refresh")).json()["access_token"]
    anna.headers["Authorization"] = f"Bearer {token}"
    asked = [("POST", ""), ("POST", "/confirm"), ("POST", "/recovery-codes"), ("DELETE", "")]
    for method, path in asked:
        answer = await anna.request(method, "/api/v1/me/second-factor" + path, json={"code": "000000"})
        assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_again")
    (this,) = (await anna.get("/api/v1/me/sessions")).json()["items"]
    assert datetime.fromisoformat(this["fresh_until"]) == clock.now() - timedelta(seconds=1)
    assert (await anna.get("/api/v1/me/second-factor")).status_code == 200, "to look needs none"


async def test_new_recovery_codes_end_the_old_ones(browser: Browsers, tenant: Tenant, clock: StillClock) -> None:
    anna, elsewhere = browser(), browser()
    await anna.sign_in(tenant.owner)
    none = await anna.post("/api/v1/me/second-factor/recovery-codes")
    assert (none.status_code, none.json()["code"]) == (404, "second_factor_not_found")
    _, before = await set_up(anna, clock)
    answer = await anna.post("/api/v1/me/second-factor/recovery-codes")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    after = answer.json()["recovery_codes"]
    assert len(set(after)) == RECOVERY_CODES
    assert not set(after) & set(before)
    challenge = await challenge_of(elsewhere, tenant.owner)
    assert await second(elsewhere, challenge, before[0]) == (401, "wrong_code")
    assert await second(elsewhere, challenge, after[0]) == (200, "")
    assert (await anna.get("/api/v1/me/second-factor")).json()["recovery_codes_left"] == RECOVERY_CODES - 1
    (newest, *_) = (await anna.get("/api/v1/audit")).json()["items"]
    assert (newest["action"], newest["subject_id"]) == ("recovery_codes.renewed", tenant.owner.id)


async def test_one_factor_at_a_time_and_none_after_it_was_removed(
    browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    app, codes = await set_up(anna, clock)
    assert (await anna.post("/api/v1/me/second-factor")).json()["code"] == "second_factor_there"
    again = await anna.post("/api/v1/me/second-factor/confirm", json={"code": app.code()})
    assert again.json()["code"] == "second_factor_there"
    challenge = await challenge_of(browser(), tenant.owner)
    assert (await anna.delete("/api/v1/me/second-factor")).status_code == 204
    assert (await anna.delete("/api/v1/me/second-factor")).json()["code"] == "second_factor_not_found"
    assert await second(browser(), challenge, codes[0]) == (401, "sign_in_expired")
    assert (await browser().sign_in(tenant.owner)).status_code == 200


async def test_an_owner_removes_the_factor_of_somebody_who_lost_the_phone(
    browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    anna, bernd = browser(), browser()
    await anna.sign_in(tenant.owner)
    await bernd.sign_in(tenant.operator)
    await set_up(bernd, clock)
    path = f"/api/v1/users/{tenant.operator.id}/second-factor"
    assert (await bernd.delete(path)).status_code == 403
    assert (await anna.delete(path)).status_code == 204
    assert (await anna.delete(path)).json()["code"] == "second_factor_not_found"
    assert (await browser().sign_in(tenant.operator)).status_code == 200
    newest = (await anna.get("/api/v1/audit")).json()["items"][:2]
    assert [(one["action"], one["subject_id"]) for one in newest] == [
        ("second_factor.removed", tenant.operator.id),
        ("second_factor.added", tenant.operator.id),
    ]


async def test_whoever_runs_the_machine_helps_the_last_owner(
    browser: Browsers, tenant: Tenant, clock: StillClock, settings: Settings
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    await set_up(anna, clock)
    people.remove_second_factor(settings, " Anna@salzach.example")
    assert (await anna.sign_in(tenant.owner)).status_code == 200
    (newest, *_) = (await anna.get("/api/v1/audit")).json()["items"]
    assert (newest["action"], newest["actor_kind"]) == ("second_factor.removed", "machine")
    for email in (tenant.owner.email, "nobody@salzach.example"):
        with pytest.raises(NotFound):
            people.remove_second_factor(settings, email)


async def test_a_deactivated_person_does_not_get_in_by_the_second_half(
    browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    anna, bernd = browser(), browser()
    await anna.sign_in(tenant.owner)
    await bernd.sign_in(tenant.operator)
    app, _ = await set_up(bernd, clock)
    challenge = await challenge_of(bernd, tenant.operator)
    await anna.patch(f"/api/v1/users/{tenant.operator.id}", json={"active": False})
    assert await second(bernd, challenge, app.code()) == (401, "sign_in_expired")


async def test_the_session_before_ends_with_the_second_half(
    browser: Browsers, tenant: Tenant, clock: StillClock
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    app, _ = await set_up(anna, clock)
    challenge = await challenge_of(anna, tenant.owner)
    assert (await anna.get("/api/v1/me")).status_code == 200
    before = anna.headers["Authorization"]
    assert await second(anna, challenge, app.code()) == (200, "")
    answer = await anna.get("/api/v1/me", headers={"Authorization": before})
    assert answer.json()["code"] == "session_ended"
