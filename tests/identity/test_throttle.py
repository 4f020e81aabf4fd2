"""How often somebody may fail to sign in."""

from __future__ import annotations

import pytest

from antiphon.errors import TooMany
from antiphon.identity.throttle import LoginThrottle
from antiphon.limits import (
    LOGIN_ATTEMPTS_PER_ADDRESS_PER_MINUTE,
    LOGIN_ATTEMPTS_PER_MINUTE,
    LOGIN_ATTEMPTS_REMEMBERED,
)


def fail(
    throttle: LoginThrottle, times: int, account: str = "anna", address: str = "192.0.2.1", now: float = 0
) -> None:
    for _ in range(times):
        throttle.admit(account, address, now)


def test_one_account_from_one_address() -> None:
    throttle = LoginThrottle()
    fail(throttle, LOGIN_ATTEMPTS_PER_MINUTE)
    with pytest.raises(TooMany):
        throttle.admit("anna", "192.0.2.1", 59.9)
    throttle.admit("anna", "192.0.2.1", 60)


def test_attempts_that_were_refused_do_not_count() -> None:
    throttle = LoginThrottle()
    fail(throttle, LOGIN_ATTEMPTS_PER_MINUTE)
    for _ in range(5):
        with pytest.raises(TooMany):
            throttle.admit("anna", "192.0.2.1", 30)
    throttle.admit("anna", "192.0.2.1", 60)


def test_success_forgets_the_failures() -> None:
    throttle = LoginThrottle()
    for _ in range(20):
        fail(throttle, LOGIN_ATTEMPTS_PER_MINUTE - 1)
        throttle.admit("anna", "192.0.2.1", 0)
        throttle.succeeded("anna", "192.0.2.1")


def test_many_accounts_from_one_address() -> None:
    throttle = LoginThrottle()
    for number in range(LOGIN_ATTEMPTS_PER_ADDRESS_PER_MINUTE):
        throttle.admit(f"user{number}", "192.0.2.1", 0)
    with pytest.raises(TooMany):
        throttle.admit("anna", "192.0.2.1", 0)
    throttle.admit("anna", "192.0.2.2", 0)


def test_a_network_of_ipv6_addresses_is_one_address() -> None:
    throttle = LoginThrottle()
    for number in range(LOGIN_ATTEMPTS_PER_MINUTE):
        throttle.admit("anna", f"2001:db8::{number:x}", 0)
    with pytest.raises(TooMany):
        throttle.admit("anna", "2001:db8::ffff:1", 0)
    throttle.admit("anna", "2001:db8:0:1::1", 0)


def test_memory_is_bounded() -> None:
    throttle = LoginThrottle()
    for number in range(LOGIN_ATTEMPTS_REMEMBERED + 100):
        throttle.admit(f"user{number}", f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 0)
    assert len(throttle._failures) <= LOGIN_ATTEMPTS_REMEMBERED
