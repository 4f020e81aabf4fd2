"""What browsers, or whoever plays one, send wrong over the WebSocket: a stable code, a log line, and rings go on.

The same contract without a network, message by message: tests/gateways/clients/test_clients.py.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from antiphon.identity.tokens import issue_access_token
from antiphon.limits import (
    ACCESS_TOKEN_S,
    CLIENT_HELLO_MAX_S,
    WEBSOCKET_MESSAGE_MAX_BYTES,
    WEBSOCKET_MESSAGES_PER_SECOND,
)
from antiphon.tenancy import Principal
from antiphon.wire.client import CLOSE_TOO_MANY, CLOSE_UNAUTHENTICATED
from corridor.conftest import Account
from corridor.platform_under_test import Platform
from corridor.stranger import LogReader, socket

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("unharmed")]
TOO_LARGE = 1009


@pytest.fixture
def log(platform: Platform) -> LogReader:
    return LogReader(platform.data / "log" / "calls.log")


def old_token(platform: Platform, clara: Account) -> str:
    """Signed by the platform, and run out a minute ago."""
    principal = Principal(clara.user_id, clara.company_id, "Clara", "operator", "session_long_ago")
    private = (platform.settings.secrets / "jwt.key").read_text()
    return issue_access_token(principal, private, datetime.now(UTC) - timedelta(seconds=ACCESS_TOKEN_S + 60))[0]


@pytest.mark.parametrize(
    "message",
    [
        "not json",
        '{"type": "launch"}',
        '{"type": "decline", "request_id": "r1", "call_id": "c1", "more": 1}',
        b"\x00\x01 binary",
    ],
    ids=["no JSON", "unknown type", "extra field", "binary"],
)
def test_a_message_outside_the_contract(
    platform: Platform, clara: Account, log: LogReader, message: str | bytes
) -> None:
    with socket(platform, clara.company_id) as page:
        page.say(clara.hello)
        client_id = page.hears("welcome")["client_id"]
        page.say(message)
        page.hears("error", code="bad_message", request_id=None)
        page.say({"type": "ping"})
        page.hears("pong")
    log.tells("message outside the contract", client_id=client_id)


def test_a_message_before_hello(platform: Platform, clara: Account, log: LogReader) -> None:
    with socket(platform, clara.company_id) as page:
        page.say({"type": "set_duty", "on_duty": True})
        page.hears("error", code="bad_message")
        page.say(clara.hello)
        page.hears("welcome")
    log.tells("message before hello", company_id=clara.company_id)


def test_a_socket_that_never_says_hello(platform: Platform, clara: Account, log: LogReader) -> None:
    with socket(platform, clara.company_id) as page:
        page.hears("error", within_s=CLIENT_HELLO_MAX_S + 3, code="unauthenticated")
        assert page.is_closed() == CLOSE_UNAUTHENTICATED
    log.tells("nobody signed on", company_id=clara.company_id)


def test_a_message_that_is_too_large(platform: Platform, clara: Account, log: LogReader) -> None:
    with socket(platform, clara.company_id) as page:
        page.say(clara.hello)
        page.hears("welcome")
        page.say("x" * (WEBSOCKET_MESSAGE_MAX_BYTES + 1))
        page.hears("error", code="too_large")
        assert page.is_closed() == TOO_LARGE
    log.tells("message too large", company_id=clara.company_id)


def test_a_message_without_end(platform: Platform, clara: Account, log: LogReader) -> None:
    with socket(platform, clara.company_id) as page:
        page.say(clara.hello)
        page.hears("welcome")
        with suppress(OSError):  # the platform does not read it to its end
            page.say("x" * (16 * WEBSOCKET_MESSAGE_MAX_BYTES))
        log.tells("message too large", company_id=clara.company_id)


def test_a_flood(platform: Platform, clara: Account, log: LogReader) -> None:
    with socket(platform, clara.company_id) as page:
        page.say(clara.hello)
        page.hears("welcome")
        with suppress(OSError):
            for _ in range(4 * WEBSOCKET_MESSAGES_PER_SECOND):
                page.say({"type": "ping"})
        page.hears("error", code="too_many_requests")
        assert page.is_closed() == CLOSE_TOO_MANY
    log.tells("client floods", company_id=clara.company_id)


def test_another_companys_path(platform: Platform, clara: Account, log: LogReader) -> None:
    with socket(platform, "company_of_somebody_else") as page:
        page.say(clara.hello)
        page.hears("error", code="wrong_company")
        assert page.is_closed() == CLOSE_UNAUTHENTICATED
    log.tells("client refused", code="wrong_company", company_id="company_of_somebody_else")


def test_a_token_that_ran_out(platform: Platform, clara: Account, log: LogReader) -> None:
    with socket(platform, clara.company_id) as page:
        page.say(clara.hello | {"token": old_token(platform, clara)})
        page.hears("error", code="token_expired")
        assert page.is_closed() == CLOSE_UNAUTHENTICATED
    log.tells("client refused", code="token_expired", company_id=clara.company_id)


def test_a_token_that_is_none(platform: Platform, clara: Account, log: LogReader) -> None:
    with socket(platform, clara.company_id) as page:
        page.say(clara.hello | {"token": clara.token[:-8] + "AAAAAAAA"})
        page.hears("error", code="unauthenticated")
        assert page.is_closed() == CLOSE_UNAUTHENTICATED
    log.tells("client refused", code="unauthenticated", company_id=clara.company_id)


def test_a_session_that_was_signed_out(platform: Platform, clara: Account, log: LogReader) -> None:
    email = platform.people[1]
    with httpx.Client(base_url=platform.portal, verify=platform.trusting(), timeout=10) as bernd:
        session = bernd.post("/api/v1/session", json={"email": email, "password": platform.logins[email]}).json()
        hello = {"type": "hello", "token": session["access_token"], "on_duty": False}
        with socket(platform, clara.company_id) as page:
            page.say(hello)
            page.hears("welcome")
            assert bernd.delete("/api/v1/session").status_code < 300
            page.hears("error", code="session_ended")
            assert page.is_closed() == CLOSE_UNAUTHENTICATED
        answer = bernd.get("/api/v1/me", headers={"Authorization": f"Bearer {session['access_token']}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
    with socket(platform, clara.company_id) as page:
        page.say(hello)
        page.hears("error", code="session_ended")
        assert page.is_closed() == CLOSE_UNAUTHENTICATED
    log.tells("client refused", code="session_ended", company_id=clara.company_id)


def test_a_page_of_another_site(platform: Platform, clara: Account, log: LogReader) -> None:
    with (
        pytest.raises(InvalidStatus) as refused,
        socket(platform, clara.company_id, origin="https://evil.example"),
    ):
        raise AssertionError("the socket opened")
    assert refused.value.response.status_code == 403
    assert b'"foreign_origin"' in refused.value.response.body
    log.tells("client refused", code="foreign_origin", company_id=clara.company_id)
