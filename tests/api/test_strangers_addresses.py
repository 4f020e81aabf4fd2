"""Nobody finds out who signs in by trying many addresses, and no company fills mailboxes with invitations."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI

from antiphon.errors import TooMany
from antiphon.identity.throttle import InvitationThrottle
from antiphon.limits import (
    EMAIL_TAKEN_PER_PERSON,
    INVITATION_MAILS_PER_COMPANY,
    INVITATION_MAILS_PER_EMAIL,
    PASSWORD_LINKS_WINDOW_S,
)
from browsers import Browser
from residents import Tenant

Browsers = Callable[..., Browser]
QUIET = "quiet-lantern-forty"


async def test_who_tries_many_taken_addresses_is_told_nothing_more(
    browser: Browsers, tenant: Tenant, other: Tenant
) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    seen = []
    for _try in range(EMAIL_TAKEN_PER_PERSON + 1):
        seen.append(await anna.post("/api/v1/me/email", json={"email": other.operator.email}))
    assert {answer.json()["code"] for answer in seen[:-1]} == {"email_taken"}
    assert (seen[-1].status_code, seen[-1].json()["code"]) == (429, "too_many_requests")
    free = await anna.post("/api/v1/me/email", json={"email": "free@salzach.example"})
    assert free.json()["code"] == "too_many_requests", "a free address answers alike"


async def test_one_address_gets_few_invitations(app: FastAPI, browser: Browsers, tenant: Tenant) -> None:
    mail = {"smtp_host": "mail.example", "mail_from": "door@example.org"}
    app.state.settings = app.state.settings.model_copy(update=mail)
    anna = browser()
    await anna.sign_in(tenant.owner)
    new = {"email": "clara@example.org", "role_id": "role_viewer", "place_id": tenant.site.id}
    for _mail in range(INVITATION_MAILS_PER_EMAIL):
        assert (await anna.post("/api/v1/invitations", json=new)).status_code == 201
    answer = await anna.post("/api/v1/invitations", json=new)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    by_hand = await anna.post("/api/v1/invitations", json={key: new[key] for key in ("role_id", "place_id")})
    assert by_hand.status_code == 201


def test_a_company_mails_so_many_invitations_an_hour() -> None:
    throttle = InvitationThrottle()
    for number in range(INVITATION_MAILS_PER_COMPANY):
        throttle.admit("company_1", f"{number}@example.org", 0)
    with pytest.raises(TooMany):
        throttle.admit("company_1", "one.more@example.org", 1)
    throttle.admit("company_2", "one.more@example.org", 1)
    throttle.admit("company_1", "one.more@example.org", PASSWORD_LINKS_WINDOW_S + 1)
