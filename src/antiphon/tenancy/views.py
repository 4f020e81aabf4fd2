"""What the API says of places, roles, grants and people, and what it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field

from antiphon.limits import SEARCH_RESULTS_MAX
from antiphon.tenancy.asking import Body
from antiphon.tenancy.audit import ACTIONS
from antiphon.tenancy.model import Grant, Language, Place, PlaceKind, Role, User
from antiphon.tenancy.naming import Kind as NamedKind
from antiphon.tenancy.rights import Permission
from antiphon.tenancy.words import Name, written_moment

Id = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_]+$")]
Moment = Annotated[AwareDatetime, BeforeValidator(written_moment)]
_ZONE = Field(max_length=64, examples=["Europe/Vienna"])


class PlaceItem(BaseModel):
    """A place. `trail` says where it is in words."""

    id: str = Field(examples=["site_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    kind: PlaceKind
    name: str = Field(examples=["Rainerstraße 12"])
    parent_id: str | None = Field(description="null: the company")
    site_id: str | None = Field(description="The site it is or lies in; null above sites.")
    trail: str = Field(examples=["Rainerstraße 12, Stiege 2"])
    path: str = Field(
        examples=["/project_01k2x3y4z5a6b7c8d9e0f1g2h3/site_01k2x3y4z5a6b7c8d9e0f1g2h3/"],
        description="The ids from the outermost place to this one; `/` for the company. Rights hold at a path and below.",
    )
    time_zone: str = _ZONE
    language: Language
    own_time_zone: bool = Field(
        description="Whether the place says its time zone itself. If not, it follows the nearest place around it that does."
    )
    own_language: bool = Field(description="The same of its language")


class Places(BaseModel):
    """A page by name; `next_cursor` null: there is nothing more."""

    items: list[PlaceItem]
    next_cursor: str | None


class PlaceView(PlaceItem):
    """A place with the way to it, from the company inwards."""

    way: list[PlaceItem]


class NewPlace(Body):
    """A project in the company, a site in a project, a folder in a site or folder. Without a zone or language it follows its parent's."""

    kind: Literal["project", "site", "folder"]
    parent_id: Id
    name: Name = Field(examples=["Rainerstraße 12"])
    time_zone: Annotated[str | None, _ZONE] = None
    language: Language | None = None


class PlaceChange(Body):
    """Only what is given changes. A `parent_id` moves the place with everything in it. A `time_zone` or `language` of null:
    the place follows the one around it again."""

    name: Name | None = Field(default=None, examples=["Rainerstraße 12"])
    parent_id: Id | None = None
    time_zone: Annotated[str | None, _ZONE] = None
    language: Language | None = None


class RoleItem(BaseModel):
    """A role. A shipped one has no name of its own: `id` says which it is."""

    id: str = Field(examples=["role_operator"])
    name: str = Field(examples=[""])
    shipped: bool
    permissions: list[Permission]


class Roles(BaseModel):
    """A page of the shipped roles, then of the company's own by name; `next_cursor` null: there is nothing more."""

    items: list[RoleItem]
    next_cursor: str | None


class NewRole(Body):
    """A name, and what whoever has the role may do."""

    name: Name = Field(examples=["Night guard"])
    permissions: list[Permission] = Field(min_length=1, examples=[["stations.read", "doors.open"]])


class RoleChange(Body):
    """Only what is given changes."""

    name: Name | None = Field(default=None, examples=["Night guard"])
    permissions: Annotated[list[Permission], Field(min_length=1)] | None = None


class GrantItem(BaseModel):
    """A role that somebody has at a place and below it; from `starts_at`, until just before `ends_at`."""

    id: str = Field(examples=["grant_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    user_id: str
    role: RoleItem
    place: PlaceItem
    starts_at: datetime | None
    ends_at: datetime | None


class GrantView(GrantItem):
    """A grant with whom it was given to. `guest`: a person of another company."""

    user_name: str = Field(examples=["Bernd Berger"])
    user_email: str | None = Field(examples=["bernd@example.org"], description="null without the right to see it")
    guest: bool


class Grants(BaseModel):
    """A page, the oldest first; `next_cursor` null: there is nothing more."""

    items: list[GrantView]
    next_cursor: str | None


class NewGrant(Body):
    """Who gets which role where; without times at once and for ever."""

    user_id: Id
    role_id: Id = Field(examples=["role_operator"])
    place_id: Id
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class GrantTimes(Body):
    """Both times: null means from the beginning, and for ever."""

    starts_at: Moment | None
    ends_at: Moment | None


class UserItem(BaseModel):
    """A person. `email` null: the reader lacks the right to personal data."""

    id: str = Field(examples=["user_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str = Field(examples=["Anna Auer"])
    email: str | None = Field(examples=["anna@example.org"])
    active: bool
    place_id: str
    place: PlaceItem = Field(description="Where they belong: who manages people there manages them.")
    language: Language | None = Field(description="null until one is chosen: the browser's")
    changeable: bool = Field(description="Whether you may change them: not where they have rights that you lack.")
    grants: list[GrantItem]


class Users(BaseModel):
    """A page by name; `next_cursor` null: there is nothing more."""

    items: list[UserItem]
    next_cursor: str | None


class GuestItem(BaseModel):
    """A person of another company. `email` null: the reader lacks the right to personal data."""

    id: str = Field(examples=["user_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str = Field(examples=["Eva Eder"])
    email: str | None = Field(examples=["eva@example.net"])
    company_name: str = Field(examples=["Tor & Tür Service"])
    grants: list[GrantItem]


class Guests(BaseModel):
    """A page by name; `next_cursor` null: there is nothing more."""

    items: list[GuestItem]
    next_cursor: str | None


class FoundItem(BaseModel):
    """One thing that the words lead to. A role or a guest is at no one place: theirs is the company."""

    kind: Literal["place", "station", "account", "user", "door", "contact", "group", "guest", "role"]
    id: str
    title: str = Field(examples=["Haupteingang"])
    place_id: str
    trail: str = Field(
        examples=["Salzburg Mitte, Rainerstraße 12, Stiege 2"],
        description="Where it is in words, from the project on as far as you may see it",
    )


class FoundItems(BaseModel):
    """What was found."""

    items: list[FoundItem] = Field(max_length=SEARCH_RESULTS_MAX, description="The first ones: more words find fewer.")


class AuditItem(BaseModel):
    """One change. `actor_kind` machine: whoever runs the platform, at its command line."""

    id: str
    at: datetime
    actor_kind: Literal["user", "key", "machine"]
    actor_id: str | None
    action: str = Field(examples=["grant.given"], json_schema_extra={"enum": list(ACTIONS)})
    subject_id: str
    details: dict[str, str | bool | list[str]]


class NamedItem(BaseModel):
    """A thing that changes name by its id, as far as you may see it. `there` false: it is gone, and was last called that."""

    id: str = Field(examples=["site_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    kind: NamedKind
    name: str = Field(examples=["Rainerstraße 12"], description="Empty: an invitation to whoever has the link")
    place_id: str | None = Field(description="Where it lies or holds; null: unknown")
    there: bool
    guest: bool = Field(description="A person of another company")


class AuditTrail(BaseModel):
    """Newest first, with what their ids are called; `next_cursor` null: there is nothing older."""

    items: list[AuditItem]
    names: list[NamedItem]
    next_cursor: str | None


def place_item(place: Place) -> PlaceItem:
    return PlaceItem(
        id=place.id,
        kind=place.kind,
        name=place.name,
        parent_id=place.parent_id,
        site_id=place.site_id,
        trail=place.trail,
        path=place.path,
        time_zone=place.time_zone,
        language=place.language,
        own_time_zone=place.own_time_zone,
        own_language=place.own_language,
    )


def role_item(role: Role) -> RoleItem:
    return RoleItem(id=role.id, name=role.name, shipped=role.shipped, permissions=sorted(role.permissions))


def grant_item(grant: Grant) -> GrantItem:
    return GrantItem(
        id=grant.id,
        user_id=grant.user_id,
        role=role_item(grant.role),
        place=place_item(grant.place),
        starts_at=grant.starts_at,
        ends_at=grant.ends_at,
    )


def grant_view(grant: Grant, user: User, *, personal: bool) -> GrantView:
    return GrantView(
        **grant_item(grant).model_dump(),
        user_name=user.name,
        user_email=user.email if personal else None,
        guest=user.company_id != grant.place.company_id,
    )


def user_item(user: User, place: Place, grants: list[Grant], *, personal: bool, changeable: bool) -> UserItem:
    return UserItem(
        id=user.id,
        name=user.name,
        email=user.email if personal else None,
        active=user.active,
        place_id=user.place_id,
        place=place_item(place),
        language=user.language,
        changeable=changeable,
        grants=[grant_item(grant) for grant in grants],
    )
