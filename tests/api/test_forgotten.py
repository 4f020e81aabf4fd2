"""Forgotten passwords over HTTP: the same answer to everybody, and a link that works once, for an hour."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from antiphon import identity, tenancy
from antiphon.database import PLATFORM, Database
from antiphon.database.outbox import outbox
from antiphon.limits import PASSWORD_LINK_VALID_S, PASSWORD_LINKS_PER_ADDRESS, PASSWORD_LINKS_PER_EMAIL
from antiphon.settings import Settings
from browsers import Browser
from residents import PASSWORD, StillClock, Tenant

Browsers = Callable[..., Browser]
QUIET = "quiet-lantern-forty"


def asked_for(database: Database) -> list[str]:
    """Whom links were asked for, in order."""
    with database.transaction() as tx:
        rows = tx.all(PLATFORM, outbox, kind="PasswordLinkAsked", order_by=(outbox.c.position,))
    return [str(row["payload"]).partition('"user_id":"')[2].partition('"')[0] for row in rows]


@pytest.fixture
def link(database: Database, settings: Settings, tenant: Tenant, clock: StillClock) -> Callable[[], str]:
    """Makes the token of the link that the operator's mail would have now."""

    def make() -> str:
        with database.transaction() as tx:
            made = identity.password_link(
                tx, PLATFORM, "https://portal.example", settings.secret("token.key"), tenant.operator.id, clock.now()
            )
        assert made is not None
        page, _, token = made.partition("#")
        assert page == "https://portal.example/reset"
        return token

    return make


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"smtp_host": "mail.example", "mail_from": "Antiphon <door@example.org>"})


async def ask(anybody: Browser, email: str) -> tuple[int, bytes]:
    answer = await anybody.post("/api/v1/session/forgotten", json={"email": email})
    return answer.status_code, answer.content


async def test_known_and_unknown_addresses_get_the_same_answer(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    anybody = browser()
    assert await ask(anybody, " Bernd@Salzach.example") == (202, b"")
    assert await ask(anybody, "nobody@salzach.example") == (202, b"")
    assert await ask(anybody, "no address") == (202, b"")
    assert asked_for(database) == [tenant.operator.id]


async def test_where_no_mail_is_sent_everybody_is_told_so(
    app: FastAPI, browser: Browsers, database: Database, tenant: Tenant
) -> None:
    app.state.settings = app.state.settings.model_copy(update={"smtp_host": ""})
    answers = [await ask(browser(), email) for email in (tenant.operator.email, "nobody@salzach.example", "no address")]
    assert answers == [answers[0]] * 3
    status, said = answers[0]
    assert (status, json.loads(said)["code"]) == (409, "mail_not_set")
    assert asked_for(database) == []


async def test_nobody_is_looked_for_before_the_answer(
    app: FastAPI, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the answer takes can't tell whether somebody was found."""
    order: list[str] = []
    genuine = tenancy.user_by_email

    def watched(*given: object) -> object:
        order.append("looked")
        return genuine(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(tenancy, "user_by_email", watched)
    body = b'{"email":"bernd@salzach.example"}'

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, object]) -> None:
        order.append(str(message["type"]))

    scope = {"type": "http", "method": "POST", "path": "/api/v1/session/forgotten", "query_string": b""}
    scope |= {"headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]}
    await app(scope | {"http_version": "1.1", "scheme": "https", "client": ("192.0.2.10", 1)}, receive, send)  # type: ignore[arg-type]
    assert order == ["http.response.start", "http.response.body", "looked"]


async def test_who_is_deactivated_or_has_no_password_gets_no_link(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    with database.transaction() as tx:
        tenancy.change_user(tx, tenant.scope, tenant.operator.id, clock.now(), active=False)
        tenancy.create_user(
            tx, tenant.scope, name="Eva", email="eva@salzach.example", password_hash=None, now=clock.now()
        )
    for email in (tenant.operator.email, "eva@salzach.example"):
        assert await ask(browser(), email) == (202, b"")
    assert asked_for(database) == []


async def test_nobodys_mailbox_is_filled_from_however_many_places(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock
) -> None:
    for number in range(PASSWORD_LINKS_PER_EMAIL + 3):
        assert (await ask(browser(f"192.0.2.{number}"), tenant.operator.email))[0] == 202
    assert len(asked_for(database)) == PASSWORD_LINKS_PER_EMAIL
    clock.advance(3_600)
    await ask(browser(), tenant.operator.email)
    assert len(asked_for(database)) == PASSWORD_LINKS_PER_EMAIL + 1


async def test_one_place_that_asks_for_everybody_is_slowed(browser: Browsers, tenant: Tenant) -> None:
    anybody = browser()
    for number in range(PASSWORD_LINKS_PER_ADDRESS):
        assert (await ask(anybody, f"somebody{number}@salzach.example"))[0] == 202
    for email in (tenant.operator.email, "nobody@salzach.example"):
        assert (await ask(anybody, email))[0] == 429
    assert (await ask(browser("192.0.2.99"), tenant.operator.email))[0] == 202


async def test_a_link_sets_the_password_and_ends_every_session(
    browser: Browsers, tenant: Tenant, link: Callable[[], str]
) -> None:
    before, guest = browser(), browser()
    await before.sign_in(tenant.operator)
    answer = await guest.post("/api/v1/session/reset", json={"token": link(), "password": QUIET})
    assert (answer.status_code, answer.content) == (204, b"")
    assert "antiphon_refresh" not in answer.headers["set-cookie"], "nobody is signed in by it"
    assert (await before.get("/api/v1/me")).json()["code"] == "session_ended"
    assert (await browser().sign_in(tenant.operator, PASSWORD)).status_code == 401
    assert (await browser().sign_in(tenant.operator, QUIET)).status_code == 200


@pytest.mark.parametrize("why", ["forged", "used", "late", "changed", "deactivated", "of something else", "no token"])
async def test_a_link_that_does_not_hold_says_so(
    browser: Browsers, database: Database, tenant: Tenant, clock: StillClock, link: Callable[[], str], why: str
) -> None:
    token, guest = link(), browser()
    if why == "forged":
        token = token.replace(tenant.operator.id, tenant.owner.id)
    elif why == "used":
        assert (await guest.post("/api/v1/session/reset", json={"token": token, "password": QUIET})).status_code == 204
    elif why == "late":
        clock.advance(PASSWORD_LINK_VALID_S)
    elif why == "changed":
        with database.transaction() as tx:
            identity.set_password(tx, tenant.operator.email, identity.new_password(), clock.now())
    elif why == "deactivated":
        with database.transaction() as tx:
            tenancy.change_user(tx, tenant.scope, tenant.operator.id, clock.now(), active=False)
    elif why == "of something else":
        await guest.sign_in(tenant.operator)
        token = guest.cookies["antiphon_refresh"]
    else:
        token = "x"
    answer = await guest.post("/api/v1/session/reset", json={"token": token, "password": QUIET + "-two"})
    assert (answer.status_code, answer.json()["code"]) == (410, "reset_invalid")


async def test_a_weak_password_leaves_the_link_as_it_was(
    browser: Browsers, tenant: Tenant, clock: StillClock, link: Callable[[], str]
) -> None:
    token = link()
    weak = await browser().post("/api/v1/session/reset", json={"token": token, "password": "short"})
    assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
    clock.advance(PASSWORD_LINK_VALID_S - 60)
    good = await browser().post("/api/v1/session/reset", json={"token": token, "password": QUIET})
    assert good.status_code == 204


async def test_another_site_sets_and_asks_nothing(
    browser: Browsers, database: Database, tenant: Tenant, link: Callable[[], str]
) -> None:
    elsewhere = browser()
    elsewhere.headers["Sec-Fetch-Site"] = "cross-site"
    body = {"token": link(), "password": QUIET}
    assert (await elsewhere.post("/api/v1/session/reset", json=body)).json()["code"] == "cross_site"
    assert (await ask(elsewhere, tenant.operator.email))[0] == 403
    assert asked_for(database) == []
