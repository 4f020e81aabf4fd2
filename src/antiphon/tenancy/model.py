"""Who belongs to a company and where things are: pure types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from antiphon.database import Scope
from antiphon.errors import AntiphonError, Conflict, Unauthenticated

Role = Literal["administrator", "operator"]
Language = Literal["de", "en"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a signed-in user of one company."""

    user_id: str
    company_id: str
    name: str
    role: Role
    session_id: str = ""

    @property
    def scope(self) -> Scope:
        return Scope(self.company_id)


@dataclass(frozen=True, slots=True)
class Company:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Site:
    """A place with one time zone (IANA name) and the language its visitors are spoken to in."""

    id: str
    company_id: str
    project_id: str
    name: str
    project_name: str
    time_zone: str
    language: Language


@dataclass(frozen=True, slots=True)
class Folder:
    """A part of a site. `path` is `/` + the ids from the outermost folder to this one, each followed by `/`."""

    id: str
    site_id: str
    parent_id: str | None
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    email: str
    role: Role
    active: bool
    language: Language | None = None  # None until the person chooses one: their browser's


class TokenExpired(Unauthenticated):
    """The access token was good and is too old; refresh it."""

    code = "token_expired"
    title = "Your sign-in has run out. Sign in again."


class WrongCredentials(Unauthenticated):
    """E-mail or password is wrong, or the user is not active: never told apart."""

    code = "wrong_credentials"
    title = "E-mail or password is wrong. Check both and try again."


class SessionEnded(Unauthenticated):
    """The refresh cookie is missing, unknown, too old, or its session was ended."""

    code = "session_ended"
    title = "You are signed out. Sign in again."


class WeakPassword(AntiphonError):
    """The password breaks a rule; `detail` says which."""

    code = "weak_password"
    http_status = 422
    sip_status = 400
    title = "This password is too easy to guess. Choose a longer one."


class EmailTaken(Conflict):
    """Another user signs in with this address."""

    code = "email_taken"
    title = "Somebody signs in with this e-mail address already. Use another one."


class LastAdministrator(Conflict):
    """Nobody could administer the company any more."""

    code = "last_administrator"
    title = "This is the last administrator. Make somebody else administrator first."
