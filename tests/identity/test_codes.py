"""Codes of a second factor: the RFC's own examples, secrets sealed for one person, recovery codes as they are typed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from antiphon.identity import codes
from antiphon.limits import RECOVERY_CODES

KEY, OTHER_KEY = "5a" * 32, "a5" * 32
# RFC 6238, appendix B, for SHA-1: the last six of its eight digits.
SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = [(1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")]


@pytest.mark.parametrize(("at", "code"), VECTORS)
def test_the_examples_of_the_rfc_are_good_and_one_period_around(at: int, code: str) -> None:
    now = datetime.fromtimestamp(at, UTC)
    for away in (-30, 0, 30):
        assert codes.period_of(SECRET, code, now + timedelta(seconds=away)) == at // 30
    for away in (-60, 60):
        assert codes.period_of(SECRET, code, now + timedelta(seconds=away)) is None


def test_a_sealed_secret_is_good_for_its_person_and_key_alone() -> None:
    secret = codes.new_secret()
    sealed = codes.seal(KEY, "user_1", secret)
    assert codes.unseal(KEY, "user_1", sealed) == secret
    assert codes.seal(KEY, "user_1", secret) != sealed
    for key, person in ((OTHER_KEY, "user_1"), (KEY, "user_2")):
        with pytest.raises(codes.SecretUnreadable):
            codes.unseal(key, person, sealed)


def test_recovery_codes_are_taken_as_people_type_them() -> None:
    made = codes.new_recovery_codes()
    assert len(set(made)) == RECOVERY_CODES
    kept = codes.recovery_hash(KEY, "user_1", made[0])
    for typed in (made[0].upper(), made[0].replace("-", " "), made[0].replace("-", "")):
        assert codes.recovery_hash(KEY, "user_1", typed) == kept
    assert codes.recovery_hash(KEY, "user_2", made[0]) != kept
    assert codes.recovery_hash(OTHER_KEY, "user_1", made[0]) != kept
    assert not codes.is_timed(codes.plain(made[0]))
    assert codes.is_timed(codes.plain("123 456"))
