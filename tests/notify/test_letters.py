"""The words of mails in both languages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest

from antiphon.events import SignInChange
from antiphon.notify import letters
from antiphon.tenancy import Language

ENDS = datetime(2026, 3, 16, 9, 5, tzinfo=UTC)
LINK = "https://portal.example/join#invitation_1.0.abc"


def invite(language: Language, **given: str) -> letters.Words:
    said = {"name": "Clara", "company": "Salzach", "place": "Rainerstraße 12", "inviter": "Anna", "link": LINK} | given
    return letters.invitation(language, ends=ENDS, **said)


def test_an_invitation_in_german() -> None:
    words = invite("de")
    assert words.subject == "Einladung von Salzach"
    for said in ("Guten Tag Clara,", "Anna lädt Sie zu Salzach (Rainerstraße 12) ein.", LINK, "bis 16. März 2026."):
        assert said in words.text
    assert '<html lang="de">' in words.html


def test_an_invitation_in_english() -> None:
    words = invite("en", inviter="", place="", name="")
    assert words.subject == "Invitation from Salzach"
    for said in ("Hello,\n", "You are invited to Salzach.", LINK, "until 16 March 2026."):
        assert said in words.text


@pytest.mark.parametrize(("language", "until"), [("de", "bis 09:05 Uhr"), ("en", "until 09:05")])
def test_a_link_for_a_password(language: Language, until: str) -> None:
    words = letters.password_link(language, name="Bernd", link=LINK, ends=ENDS)
    for said in ("Bernd", LINK, until):
        assert said in words.text
        assert said in words.html


@pytest.mark.parametrize(
    ("language", "greeting", "begins"),
    [
        ("de", "Guten Tag Bernd,", "am 16. März 2026 um 09:05 Uhr "),
        ("en", "Hello Bernd,", "on 16 March 2026 at 09:05 "),
    ],
)
@pytest.mark.parametrize("change", get_args(SignInChange))
def test_each_change_of_a_sign_in(language: Language, greeting: str, begins: str, change: SignInChange) -> None:
    words = letters.sign_in_changed(language, change, name="Bernd", at=ENDS, link=LINK)
    paragraphs = words.text.split("\n\n")
    assert paragraphs[0] == greeting
    assert paragraphs[1].startswith(begins)
    assert len(paragraphs[1]) > len(begins)
    assert f'<a href="{LINK}">' in words.html
    others = [
        letters.sign_in_changed(language, one, name="Bernd", at=ENDS, link=LINK) for one in get_args(SignInChange)
    ]
    assert others.count(words) == 1


def test_both_bodies_lead_to_the_same_place() -> None:
    words = invite("en")
    assert f'<a href="{LINK}">' in words.html


def test_what_people_typed_is_neither_markup_nor_a_paragraph() -> None:
    words = invite("en", name="<b>Clara</b>\r\n\r\nPay here:\u2028now", company='A & "B"')
    assert "Hello <b>Clara</b> Pay here: now," in words.text
    assert "<b>" not in words.html
    assert "&lt;b&gt;Clara&lt;/b&gt; Pay here: now" in words.html
    assert "A &amp; &quot;B&quot;" in words.html
    assert "\n" not in words.subject


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Click https://evil.example/ now", "Click evil. example/ now"),
        ("www.evil.example", "www. evil. example"),
        ("mailto:a@evil.example", "a evil. example"),
        ("Dr. Müller", "Dr. Müller"),
    ],
)
def test_a_name_is_no_link(typed: str, read: str) -> None:
    words = invite("en", name=typed)
    assert f"Hello {read}," in words.text
