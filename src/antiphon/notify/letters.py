"""The words of our mails, in German and English, as plain text and as simple HTML. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from html import escape

from antiphon.events import SignInChange
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


_CHANGED: dict[Language, dict[SignInChange, str]] = {
    "en": {
        "email_changed": "your e-mail address was changed: from now on you sign in with another one than this.",
        "password_changed": "your password was changed.",
        "factor_added": "a second factor was set up: beside your password a code of your authenticator app is asked for.",
        "factor_removed": "your second factor was removed: your password alone is enough to sign in.",
        "codes_renewed": "you got new recovery codes; those of before are worth nothing.",
        "passkey_added": "a passkey was added: it signs you in without your password.",
        "passkey_removed": "one of your passkeys was removed.",
        "passkeys_removed": "all your passkeys were removed.",
    },
    "de": {
        "email_changed": "wurde Ihre E-Mail-Adresse geändert: Sie melden sich jetzt mit einer anderen als dieser an.",
        "password_changed": "wurde Ihr Passwort geändert.",
        "factor_added": "wurde ein zweiter Faktor eingerichtet: Neben dem Passwort wird ein Code Ihrer Authenticator-App verlangt.",
        "factor_removed": "wurde Ihr zweiter Faktor entfernt: Zum Anmelden genügt das Passwort.",
        "codes_renewed": "haben Sie neue Wiederherstellungscodes bekommen; die alten gelten nicht mehr.",
        "passkey_added": "wurde ein Passkey hinzugefügt: Damit melden Sie sich ohne Passwort an.",
        "passkey_removed": "wurde einer Ihrer Passkeys entfernt.",
        "passkeys_removed": "wurden alle Ihre Passkeys entfernt.",
    },
}


# What a mail program takes for the beginning of a link or an address, and the dots inside of domains.
_OF_LINKS = re.compile(r"[a-z][a-z0-9+.-]*://|\b(?:mailto|tel):|@", re.IGNORECASE)
_INSIDE = re.compile(r"[.\u3002\uff0e\uff61](?=\w)")


# What to do about a change that one did not make; the latter for whoever can't sign in any more.
_NOT_YOU: dict[Language, tuple[str, str]] = {
    "en": (
        "That was not you? Then change your password there, sign out everywhere else and tell your administrator.",
        "That was not you? Then tell your administrator at once: they set your address back and give you a new password.",
    ),
    "de": (
        "Waren Sie das nicht? Dann ändern Sie dort Ihr Passwort, melden Sie sich überall sonst ab und sagen Sie es Ihrer "
        "Verwaltung.",
        "Waren Sie das nicht? Dann sagen Sie es sofort Ihrer Verwaltung: Sie stellt Ihre Adresse zurück und gibt Ihnen ein "
        "neues Passwort.",
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


def sign_in_changed(language: Language, change: SignInChange, *, name: str, at: datetime, link: str) -> Words:
    """How somebody signs in was changed, by whomever. `at` in the person's time zone; `link` leads to their profile."""
    name, day, what = line(name), _day(language, at), _CHANGED[language][change]
    if language == "de":
        return _words(
            "Ihre Anmeldung bei Antiphon wurde geändert",
            f"Guten Tag {name},",
            [f"am {day} um {at:%H:%M} Uhr {what}", "Wie Sie sich anmelden und wo Sie angemeldet sind, sehen Sie hier:"],
            ("Mein Profil", link),
            [_NOT_YOU[language][change == "email_changed"]],
            language,
        )
    return _words(
        "Your sign-in for Antiphon was changed",
        f"Hello {name},",
        [f"on {day} at {at:%H:%M} {what}", "See here how you sign in, and where you are signed in:"],
        ("My profile", link),
        [_NOT_YOU[language][change == "email_changed"]],
        language,
    )


def line(text: str) -> str:
    """The text as one line that can be seen and is no link: what people typed never becomes a paragraph of ours, nor a way
    that a mail program makes of an address."""
    seen = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(_INSIDE.sub(". ", _OF_LINKS.sub(" ", seen)).split())


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
