"""HTTP of people: list, look, add, change, deactivate."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, StrictBool

from antiphon import tenancy
from antiphon.database import Scope, Tx, sort_key
from antiphon.identity import store
from antiphon.identity.model import SignInAgain
from antiphon.identity.recognising import sessions, watching_taken
from antiphon.identity.signing import Password
from antiphon.identity.telling import tell_changed
from antiphon.tenancy import (
    Email,
    EmailTaken,
    GrantedRole,
    Language,
    LastOwner,
    MoreThanYourself,
    Name,
    PlaceNotFound,
    Reach,
    RoleNotFound,
    User,
    UserNotFound,
    WeakPassword,
    granted,
    paging,
    search,
)
from antiphon.tenancy.asking import Asker, Body, Needs, Refuses, Route, Tagged, database_of, now_of
from antiphon.tenancy.paging import Cursor, IdempotencyKey, IfMatch, Limit
from antiphon.tenancy.rights import may_grant, may_manage
from antiphon.tenancy.views import Id, UserItem, Users, user_item

router = APIRouter(route_class=Route, tags=["people"])

Readers = Annotated[Asker, Depends(Needs("people.read"))]
Managers = Annotated[Asker, Depends(Needs("people.manage", "client_users.manage"))]


class NewUser(Body):
    """Somebody who can sign in at once. An invitation lets them choose their own password instead."""

    name: Name = Field(examples=["Bernd Berger"])
    email: Email = Field(examples=["bernd@example.org"])
    password: Password
    language: Language | None = None
    place_id: Id = Field(description="Where they belong: the company itself, or a place in it.")
    role_id: Id = Field(description="What they may do at that place.", examples=["role_operator"])


class UserChange(Body):
    """Only what is given changes."""

    name: Name | None = Field(default=None, examples=["Bernd Berger"])
    email: Email | None = Field(default=None, examples=["bernd@example.org"])
    language: Language | None = None
    place_id: Id | None = None
    active: StrictBool | None = None
    password: Password | None = None


@router.get("/users", summary="People of the company")
@Refuses(PlaceNotFound)
async def list_users(
    request: Request,
    asker: Readers,
    q: search.Text = None,
    active: Annotated[bool | None, Query(description="Only active, or only deactivated people.")] = None,
    role_id: Annotated[Id | None, Query(description="Only those who have this role somewhere.")] = None,
    place_id: Annotated[Id | None, Query(description="Only those who belong to this place or one below it.")] = None,
    direct: Annotated[bool, Query(description="Only those who belong to that very place.")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Users:
    """By name, deactivated people included; guests of other companies are among the grants. Text finds by e-mail addresses too,
    where you may see them."""
    beginning = paging.after("users", cursor, str, str)

    def look(tx: Tx) -> Users:
        found = tenancy.people_by_name(
            tx,
            asker.scope,
            asker.reach("people.read"),
            active=active,
            role_id=role_id,
            asked=q,
            within=tenancy.place(tx, asker.scope, place_id).path if place_id is not None else None,
            at=place_id if direct else None,
            personal=asker.reach("people.personal"),
            after=beginning,
            limit=limit + 1,
        )
        items, following = paging.cut("users", found, limit, lambda user: (sort_key(user.name), user.id))
        return Users(items=_views(tx, asker, items), next_cursor=following)

    return await database_of(request).read(look)


class PeopleCounts(BaseModel):
    """People that you may see, and invitations that wait where you may invite."""

    active: int
    deactivated: int
    invited: int


@router.get("/people/counts", summary="How many people there are")
async def people_counts(request: Request, asker: Readers) -> PeopleCounts:
    """Only people that you may see are counted."""
    now = now_of(request)

    def look(tx: Tx) -> PeopleCounts:
        active, deactivated = tenancy.count_people(tx, asker.scope, asker.reach("people.read"))
        inviting = Reach.of(asker.reach("people.manage").prefixes + asker.reach("client_users.manage").prefixes)
        invited = store.count_invitations(tx, asker.scope, inviting, now)
        return PeopleCounts(active=active, deactivated=deactivated, invited=invited)

    return await database_of(request).read(look)


@router.get("/users/{user_id}", summary="One person")
@Refuses(UserNotFound)
async def get_user(user_id: Id, request: Request, response: Tagged, asker: Readers) -> UserItem:
    """With the roles they have in this company."""
    return paging.tagged(response, await database_of(request).read(lambda tx: _view(tx, asker, user_id)))


@router.post("/users", summary="Add a person", status_code=201)
@Refuses(PlaceNotFound, RoleNotFound, MoreThanYourself, EmailTaken, WeakPassword)
async def add_user(
    body: NewUser, request: Request, response: Tagged, asker: Managers, key: IdempotencyKey = None
) -> UserItem:
    """They can sign in at once. Nobody gives more rights than they have themselves."""
    hashed = await sessions(request).checked_hash(body.password, name=body.name, email=body.email)
    now = now_of(request)

    def work(tx: Tx) -> UserItem:
        def make() -> UserItem:
            place = tenancy.place(tx, asker.scope, body.place_id)
            asker.admit(place.path, "places.read", missing=tenancy.PlaceNotFound)
            role = tenancy.role(tx, asker.scope, body.role_id)
            if not may_grant(asker.rights, role.permissions, place.path):
                raise MoreThanYourself
            user = tenancy.create_user(
                tx,
                asker.scope,
                name=body.name,
                email=body.email,
                password_hash=hashed,
                now=now,
                language=body.language,
                place_id=place.id,
            )
            giver = asker.principal.user_id
            tenancy.give(tx, asker.scope, user.id, role.id, place.id, now, given_by=giver)
            asker.record(tx, now, "user.added", user.id, name=user.name, role_id=role.id, place_id=place.id)
            return _view(tx, asker, user.id)

        without = body.model_copy(update={"password": ""})  # nothing of it is kept, not even in a hash of the request
        return paging.once(tx, asker, request, key, without, now, make, UserItem)

    with watching_taken(request, asker.principal.user_id, asker.scope.company_id):
        return paging.tagged(response, await database_of(request).run(work))


@router.patch("/users/{user_id}", summary="Change a person")
@Refuses(UserNotFound, PlaceNotFound, MoreThanYourself, EmailTaken, WeakPassword, LastOwner, SignInAgain)
async def change_user(
    user_id: Id, body: UserChange, request: Request, response: Tagged, asker: Managers, if_match: IfMatch = None
) -> UserItem:
    """Rename, move, deactivate or activate, set another address or password.

    Deactivation, a new address and a new password end the person's sessions, with their open sockets. Activating is the way
    back. A mail tells them when another address or password was set, at the address they had. Your own sign-in is
    changed only after a sign-in of the last quarter of an hour.
    """
    signs_in = body.password is not None or body.email is not None
    own = asker.principal.kind == "user" and asker.principal.user_id == user_id
    if signs_in and own and not await sessions(request).is_fresh(asker.principal):
        raise SignInAgain
    hashed = None
    if body.password is not None:
        shown = await database_of(request).read(lambda tx: managed(tx, asker, user_id))
        named = {"name": body.name or shown.name, "email": body.email or shown.email}
        hashed = await sessions(request).checked_hash(body.password, **named)
    now = now_of(request)

    def work(tx: Tx) -> UserItem:
        before = managed(tx, asker, user_id)
        paging.check_match(if_match, lambda: _view(tx, asker, user_id))
        if body.place_id is not None:
            place = tenancy.place(tx, asker.scope, body.place_id)
            asker.admit(place.path, "places.read", missing=tenancy.PlaceNotFound)
            if not may_manage(asker.rights, place.path, _grants(tx, asker.scope, user_id)):
                raise MoreThanYourself
        given = body.model_dump(exclude_none=True, exclude={"password"})
        changed = tenancy.change_user(tx, asker.scope, user_id, now, **given) != before or hashed is not None
        if hashed is not None:
            store.set_password_hash(tx, asker.scope, user_id, hashed)
            tell_changed(tx, asker.scope, user_id, "password_changed", now)
        readdressed = body.email is not None and body.email != before.email
        if readdressed:
            tell_changed(tx, asker.scope, user_id, "email_changed", now, address=before.email)
        if hashed is not None or body.active is False or readdressed:
            sessions(request).end(tx, asker.scope, user_id)
        said = {key: value for key, value in given.items() if key != "email"}
        action: tenancy.Action = "user.deactivated" if body.active is False else "user.changed"
        if changed:
            asker.record(tx, now, action, user_id, password=True if hashed else None, email=readdressed or None, **said)
        return _view(tx, asker, user_id)

    with watching_taken(request, asker.principal.user_id, asker.scope.company_id):
        return paging.tagged(response, await database_of(request).run(work))


def managed(tx: Tx, asker: Asker, user_id: str) -> User:
    """The person, whom the asker may change."""
    user = _seen(tx, asker, user_id)
    home = tenancy.place(tx, asker.scope, user.place_id)
    if not may_manage(asker.rights, home.path, _grants(tx, asker.scope, user_id)):
        raise MoreThanYourself
    return user


def _seen(tx: Tx, asker: Asker, user_id: str) -> User:
    user = tenancy.user(tx, asker.scope, user_id)
    home = tenancy.place(tx, asker.scope, user.place_id)
    asker.admit(home.path, "people.read", missing=UserNotFound)
    return user


def _grants(tx: Tx, scope: Scope, user_id: str) -> list[GrantedRole]:
    return [granted(one) for one in tenancy.grants_of_user(tx, scope, user_id)]


def _view(tx: Tx, asker: Asker, user_id: str) -> UserItem:
    return _views(tx, asker, [_seen(tx, asker, user_id)])[0]


def _views(tx: Tx, asker: Asker, users: list[User]) -> list[UserItem]:
    grants = tenancy.grants_of_users(tx, asker.scope, [user.id for user in users])
    homes = tenancy.places_of(tx, asker.scope, {user.place_id for user in users})
    personal = asker.reach("people.personal")
    items = []
    for user in users:
        home, theirs = homes[user.place_id], grants[user.id]
        changeable = may_manage(asker.rights, home.path, map(granted, theirs))
        items.append(user_item(user, home, theirs, personal=personal.covers(home.path), changeable=changeable))
    return items
