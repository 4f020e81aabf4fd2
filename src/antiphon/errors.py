"""The error every room raises: a stable code, a sentence in the user's words, and the HTTP and SIP status it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

_NAME_SHOWN = 64  # characters of a name that somebody made up


class AntiphonError(Exception):
    """A refusal with a stable `code`. `detail` is said to the user; `fields` go to the log, never secrets or names.

    `members` are said to the user beside it (RFC 9457 3.2), as is `at`: what of the request is wrong; `faults` says so with a
    sentence and a code of its own for each: (field, sentence, code). None of them is ever logged.
    """

    code: ClassVar[str] = "internal"
    http_status: ClassVar[int] = 500
    sip_status: ClassVar[int] = 500
    title: ClassVar[str] = "Something failed on our side."

    def __init__(self, detail: str | None = None, **fields: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.fields = fields
        self.members: dict[str, str] = {}
        self.at: tuple[str, ...] = ()
        self.faults: tuple[tuple[str, str, str], ...] = ()


class BadInput(AntiphonError):
    """The request is outside the contract."""

    code = "bad_input"
    http_status = 422
    sip_status = 400
    title = "The request is not understood."


class UnknownParameter(BadInput):
    """The address names parameters that the request does not have: a filter that was mistyped would not filter."""

    code = "unknown_parameter"
    title = "The address has a parameter that there is not."

    def __init__(self, unknown: Sequence[str], known: Sequence[str]) -> None:
        there = ", ".join(known) or "none"
        super().__init__(f"Unknown here: {', '.join(one[:_NAME_SHOWN] for one in unknown)}. There is: {there}.")
        self.at = tuple(one[:_NAME_SHOWN] for one in unknown)


class NotFound(AntiphonError):
    """What was asked for does not exist, or not for this caller."""

    code = "not_found"
    http_status = 404
    sip_status = 404
    title = "Not found."


class Unauthenticated(AntiphonError):
    """Nobody is signed in, or the token is no longer valid."""

    code = "unauthenticated"
    http_status = 401
    sip_status = 401
    title = "Sign in first."


class Forbidden(AntiphonError):
    """Known, but not allowed."""

    code = "forbidden"
    http_status = 403
    sip_status = 403
    title = "You may not do this."


class Conflict(AntiphonError):
    """Contradicts what is already there."""

    code = "conflict"
    http_status = 409
    sip_status = 409
    title = "This contradicts what is already there."


class TooMany(AntiphonError):
    """Asked too often; retry later."""

    code = "too_many_requests"
    http_status = 429
    sip_status = 480
    title = "Too many attempts. Wait a minute and try again."


class Unavailable(AntiphonError):
    """A part that is needed does not answer."""

    code = "unavailable"
    http_status = 503
    sip_status = 503
    title = "A needed part does not answer. Try again."
