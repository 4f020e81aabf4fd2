"""What the mailroom needs of a mail server; the SMTP gateway implements it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from antiphon.errors import AntiphonError, Unavailable
from antiphon.tenancy import Language


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in words. `id` is the same at every try, so that a copy too many can be known as one."""

    id: str
    to: str
    language: Language
    subject: str
    text: str
    html: str


class Post(Protocol):
    """Takes letters to a mail server."""

    async def send(self, letter: Letter) -> None:
        """Returns when the server has taken it. Raises `PostAway`, `LetterDelayed`, `LetterRefused`."""


class PostAway(Unavailable):
    """The mail server is not reached, or does not let us send: no letter gets through for now."""

    code = "mail_server_away"
    title = "The mail server does not take our mail."


class LetterDelayed(Unavailable):
    """The mail server takes this letter later, perhaps."""

    code = "mail_delayed"
    title = "The mail server wants this mail later."


class LetterRefused(AntiphonError):
    """The mail server never takes this letter: no such mailbox, or nothing it would deliver."""

    code = "mail_refused"
    http_status = 502
    sip_status = 502
    title = "The mail server refused this mail."
