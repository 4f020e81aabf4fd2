"""The words of our mails, in German and English, as plain text and as simple HTML. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape

from antiphon.tenancy import Language

_MONTHS: dict[Language, tuple[str, ...]] = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "de": (
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
}


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and both bodies."""

    subject: str
    text: str
    html: str


def invitation(
    language: Language, *, name: str, company: str, place: str, inviter: str | None, link: str, ends: datetime
) -> Words:
    """Somebody is invited. `place` empty: the whole company; `ends` in the time zone of the place."""
    name, company, place, inviter = line(name), line(company), line(place), line(inviter or "")
    day = _day(language, ends)
    if language == "de":
        where = f"{company} ({place})" if place else company
        invites = f"{inviter} lädt Sie zu {where} ein." if inviter else f"Sie sind zu {where} eingeladen."
        return _words(
            f"Einladung von {company}",
            f"Guten Tag {name}," if name else "Guten Tag,",
            [invites, "Mit diesem Link nehmen Sie die Einladung an:"],
            ("Einladung annehmen", link),
            [f"Der Link gilt einmal, bis {day}.", "Haben Sie keine Einladung erwartet? Dann ist nichts zu tun."],
            language,
        )
    where = f"{company} ({place})" if place else company
    invites = f"{inviter} invites you to {where}." if inviter else f"You are invited to {where}."
    return _words(
        f"Invitation from {company}",
        f"Hello {name}," if name else "Hello,",
        [invites, "Accept the invitation with this link:"],
        ("Accept the invitation", link),
        [f"The link works once, until {day}.", "You did not expect an invitation? Then there is nothing to do."],
        language,
    )


def password_link(language: Language, *, name: str, link: str, ends: datetime) -> Words:
    """Somebody forgot their password. `ends` in the person's time zone."""
    name, until = line(name), f"{ends:%H:%M}"
    if language == "de":
        return _words(
            "Neues Passwort für Antiphon",
            f"Guten Tag {name},",
            ["jemand hat für Sie ein neues Passwort verlangt. Mit diesem Link legen Sie es fest:"],
            ("Passwort festlegen", link),
            [
                f"Der Link gilt einmal, bis {until} Uhr.",
                "Waren Sie das nicht? Dann ist nichts zu tun: Ihr Passwort bleibt, wie es ist.",
            ],
            language,
        )
    return _words(
        "New password for Antiphon",
        f"Hello {name},",
        ["somebody asked for a new password for you. Set it with this link:"],
        ("Set the password", link),
        [f"The link works once, until {until}.", "That was not you? Then there is nothing to do: your password stays."],
        language,
    )


def line(text: str) -> str:
    """The text as one line that can be seen: what people typed never becomes a paragraph of ours."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _words(
    subject: str, greeting: str, before: list[str], link: tuple[str, str], after: list[str], language: Language
) -> Words:
    label, address = link
    text = "\n\n".join([greeting, *before, address, *after]) + "\n"
    paragraphs = [f"<p>{escape(one)}</p>" for one in (greeting, *before)]
    paragraphs.append(f'<p><a href="{escape(address)}">{escape(label)}</a></p>')
    paragraphs += [f"<p>{escape(one)}</p>" for one in after]
    html = (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{escape(subject)}</title></head>\n'
        f'<body style="font-family: sans-serif; font-size: 16px; line-height: 1.5">\n{chr(10).join(paragraphs)}\n</body></html>\n'
    )
    return Words(subject, text, html)


def _day(language: Language, at: datetime) -> str:
    month = _MONTHS[language][at.month - 1]
    return f"{at.day}. {month} {at.year}" if language == "de" else f"{at.day} {month} {at.year}"
