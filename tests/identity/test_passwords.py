"""Passwords: what is refused, what is stored, what is checked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.identity.passwords import check_password, needs_rehash, new_password, password_matches
from antiphon.limits import PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS
from antiphon.tenancy import WeakPassword
from residents import PASSWORD, password_hash


def check(password: str) -> None:
    check_password(password, name="Anna Auer", email="anna.auer@salzach.example")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "x" * PASSWORD_MAX_CHARS * 2,
        "a" * PASSWORD_MIN_CHARS,
        "abababababababab",
        "abcdefghijklmnop",
        "987654321098765",
        "Passwort1234",
        "Anna.Auer2026!",
        "annaannaanna",
        "qwertzuiopasdfghjkl",
    ],
)
def test_what_can_be_guessed_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        check(password)


@pytest.mark.parametrize(
    "password", [PASSWORD, "zwölf Boxkämpfer jagen", "k3#pQ9!vT2mx", "東京の夜は静かで星がよく見える"]
)
def test_good_passwords_are_taken(password: str) -> None:
    check(password)


def test_made_passwords_keep_the_rules_and_differ() -> None:
    made = {new_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check(password)


@given(st.text(max_size=PASSWORD_MIN_CHARS - 1) | st.text(alphabet="ab1", max_size=PASSWORD_MAX_CHARS))
def test_short_and_monotonous_texts_are_refused_whatever_they_hold(password: str) -> None:
    with pytest.raises(WeakPassword):
        check(password)


def test_the_hash_is_argon2id_of_today() -> None:
    assert password_hash().startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not needs_rehash(password_hash())
    assert password_matches(password_hash(), PASSWORD)
    assert not password_matches(password_hash(), PASSWORD + " ")


@pytest.mark.parametrize("stored", [None, "", "$argon2id$broken", "plain"])
def test_nothing_matches_a_broken_or_missing_hash(stored: str | None) -> None:
    assert not password_matches(stored, PASSWORD)


def test_the_same_word_from_another_keyboard_matches() -> None:
    from antiphon.identity import hash_password

    assert password_matches(hash_password("Übung macht Meister"), "U\u0308bung macht Meister")
