"""Who belongs to a company and where things are: pure types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from antiphon.database import Scope
from antiphon.errors import AntiphonError, BadInput, Conflict, Forbidden, NotFound, Unauthenticated
from antiphon.tenancy.rights import Permission

Language = Literal["de", "en"]
PlaceKind = Literal["company", "project", "site", "folder"]
HolderKind = Literal["user", "key"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a signed-in person, or a program with an API key, acting in one company."""

    user_id: str
    company_id: str
    name: str
    session_id: str = ""
    kind: HolderKind = "user"

    @property
    def scope(self) -> Scope:
        return Scope(self.company_id)


@dataclass(frozen=True, slots=True)
class Company:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """A company, project, site or folder. Things live in one, grants hold at one and below it.

    `path` names the places from the outermost to this one, `/` for the company; `trail` says it in words, from the site on
    (or only this place's name above sites). Time zone and language are its own (`own_...`), or the nearest ones outwards.
    """

    id: str
    company_id: str
    kind: PlaceKind
    parent_id: str | None
    site_id: str | None  # the site it is or lies in
    name: str
    path: str
    trail: str
    time_zone: str
    language: Language
    own_time_zone: bool
    own_language: bool


@dataclass(frozen=True, slots=True)
class Role:
    """A name for permissions: shipped with the platform, or made by the company."""

    id: str
    name: str  # empty for a shipped one, whose words the reader's language has
    permissions: frozenset[Permission]
    shipped: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that somebody has at a place and below it, for ever or for a time."""

    id: str
    user_id: str
    role: Role
    place: Place
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class User:
    id: str
    company_id: str
    name: str
    email: str
    active: bool
    place_id: str
    language: Language | None = None  # None until the person chooses one: their browser's


class PlaceNotFound(NotFound):
    """No such place in this company, or not for this person."""

    code = "place_not_found"
    title = "This place does not exist (any more). Choose another one."


class PlaceMisplaced(BadInput):
    """Projects lie in the company, sites in projects, folders in sites or folders."""

    code = "place_misplaced"
    title = "A project lies in the company, a site in a project, a folder in a site or in another folder."


class PlaceInItself(BadInput):
    """Nothing is moved into itself, or into what lies in it."""

    code = "place_in_itself"
    title = "A place can't be moved into itself, or into a place that lies in it. Choose another one."


class CompanyStays(Conflict):
    """A company is no place that is removed: whoever runs the platform made it."""

    code = "company_stays"
    title = "A company can't be removed here. Ask whoever runs the platform."


class PlaceTooDeep(BadInput):
    """The path would be longer than the limit."""

    code = "place_too_deep"
    title = "Folders can't be nested more deeply than this. Put the folder further out."


class PlaceNotEmpty(Conflict):
    """Something lies in the place."""

    code = "place_not_empty"
    title = "Something is still in this place. Move it elsewhere first."


class PlaceHasPeople(PlaceNotEmpty):
    """People who are active belong to it."""

    code = "place_has_people"
    title = "People belong to this place. Move them elsewhere first."


class PlaceHasRights(PlaceNotEmpty):
    """Somebody has a role exactly there."""

    code = "place_has_rights"
    title = "Somebody has rights at this place. Take them away first."


class PlaceHasKeys(PlaceNotEmpty):
    """An API key holds exactly there."""

    code = "place_has_keys"
    title = "An API key holds at this place. Revoke it first."


class PlaceHasInvitations(PlaceNotEmpty):
    """An invitation gives rights exactly there."""

    code = "place_has_invitations"
    title = "An invitation to this place is open. Withdraw it first."


class PlaceHasContacts(PlaceNotEmpty):
    """Contacts or ring groups belong to it."""

    code = "place_has_contacts"
    title = "Contacts or ring groups belong to this place. Move them elsewhere first."


class PlaceHasStations(PlaceNotEmpty):
    """Stations belong to it that are not out of service."""

    code = "place_has_stations"
    title = "Stations belong to this place. Move them elsewhere first."


class PlaceHasAccounts(PlaceNotEmpty):
    """Stations of other makers belong to it."""

    code = "place_has_accounts"
    title = "SIP accounts belong to this place. Move them elsewhere first."


class UserNotFound(NotFound):
    """No such person in this company, or not for this person."""

    code = "user_not_found"
    title = "This person does not exist (any more)."


class RoleNotFound(NotFound):
    """No such role."""

    code = "role_not_found"
    title = "This role does not exist (any more). Choose another one."


class RoleShipped(Conflict):
    """The role comes with the platform."""

    code = "role_shipped"
    title = "This role comes with the platform and stays as it is. Make one of your own instead."


class RoleInUse(Conflict):
    """Somebody, an API key or an open invitation has the role."""

    code = "role_in_use"
    title = "Somebody has this role. Give them another one first."


class RoleNameTaken(Conflict):
    """Another role of the company has the name."""

    code = "role_name_taken"
    title = "Another role has this name. Choose another one."


class GrantNotFound(NotFound):
    """No such grant in this company, or not for this person."""

    code = "grant_not_found"
    title = "This grant does not exist (any more)."


class NotAllowed(Forbidden):
    """Known, and the right for it is missing; `permission` says which."""

    code = "not_allowed"
    title = "You may not do this here. Ask an administrator of the company."


class MoreThanYourself(Forbidden):
    """Nobody gives more rights than they have, or changes somebody who has more."""

    code = "more_than_yourself"
    title = "You can only give rights that you have yourself, and only change people who have no more than you."


class EmailTaken(Conflict):
    """Another user signs in with this address."""

    code = "email_taken"
    title = "Somebody signs in with this e-mail address already. Use another one."


class LastOwner(Conflict):
    """Nobody would own the company any more."""

    code = "last_owner"
    title = "This is the last owner. Make somebody else owner first."


class TokenExpired(Unauthenticated):
    """The access token was good and is too old; refresh it."""

    code = "token_expired"
    title = "Your sign-in has run out. Sign in again."


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


class GrantInvalid(BadInput):
    """The grant ends before it begins, or its end is past."""

    code = "grant_invalid"
    title = "The end has to be after the beginning, and not past already."
