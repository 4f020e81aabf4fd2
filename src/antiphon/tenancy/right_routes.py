"""HTTP of rights: roles, grants, and the audit trail of what was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from antiphon.database import PLATFORM, Scope, Tx
from antiphon.errors import Conflict
from antiphon.tenancy import audit, naming, paging, people, store
from antiphon.tenancy.asking import Asker, Needs, Refuses, Route, Tagged, database_of, now_of
from antiphon.tenancy.model import (
    Grant,
    GrantInvalid,
    GrantNotFound,
    LastOwner,
    MoreThanYourself,
    PlaceNotFound,
    RoleInUse,
    RoleNameTaken,
    RoleNotFound,
    RoleShipped,
    UserNotFound,
)
from antiphon.tenancy.paging import Cursor, IdempotencyKey, IfMatch, Limit
from antiphon.tenancy.rights import Permission, Reach, is_client_user, may_grant
from antiphon.tenancy.views import (
    AuditItem,
    AuditTrail,
    Grants,
    GrantTimes,
    GrantView,
    Id,
    NamedItem,
    NewGrant,
    NewRole,
    RoleChange,
    RoleItem,
    Roles,
    grant_view,
    role_item,
)

router = APIRouter(route_class=Route)

PeopleReaders = Annotated[Asker, Depends(Needs("people.read"))]
Granters = Annotated[Asker, Depends(Needs("people.manage", "client_users.manage"))]
RoleMakers = Annotated[Asker, Depends(Needs("roles.manage"))]
Auditors = Annotated[Asker, Depends(Needs("audit.read"))]
RoleUsed = Callable[[Tx, Scope, str], bool]  # whether a thing of another room has the role


@router.get("/roles", tags=["roles"], summary="Roles of the company")
async def list_roles(request: Request, asker: PeopleReaders, limit: Limit = 100, cursor: Cursor = None) -> Roles:
    """The shipped ones first, then the company's own by name."""
    beginning = paging.after("roles", cursor, int, str, str)
    found = await database_of(request).read(
        lambda tx: people.roles_by_name(tx, asker.scope, after=beginning, limit=limit + 1)
    )
    items, following = paging.cut("roles", found, limit, people.role_order)
    return Roles(items=[role_item(role) for role in items], next_cursor=following)


@router.get("/roles/{role_id}", tags=["roles"], summary="One role")
@Refuses(RoleNotFound)
async def get_role(role_id: Id, request: Request, response: Tagged, asker: PeopleReaders) -> RoleItem:
    """A shipped one, or one of the company's own."""
    role = await database_of(request).read(lambda tx: store.role(tx, asker.scope, role_id))
    return paging.tagged(response, role_item(role))


@router.post("/roles", tags=["roles"], summary="Make a role", status_code=201)
@Refuses(MoreThanYourself, RoleNameTaken, Conflict)
async def add_role(
    body: NewRole, request: Request, response: Tagged, asker: RoleMakers, key: IdempotencyKey = None
) -> RoleItem:
    """From the list of permissions; only from those that you have yourself, company-wide."""
    now = now_of(request)

    def work(tx: Tx) -> RoleItem:
        _check_within(asker, body.permissions)

        def make() -> RoleItem:
            role = people.create_role(tx, asker.scope, body.name, body.permissions, now)
            asker.record(tx, now, "role.added", role.id, name=role.name, permissions=sorted(role.permissions))
            return role_item(role)

        return paging.once(tx, asker, request, key, body, now, make, RoleItem)

    return paging.tagged(response, await database_of(request).run(work))


@router.patch("/roles/{role_id}", tags=["roles"], summary="Change a role")
@Refuses(RoleNotFound, RoleShipped, MoreThanYourself, RoleNameTaken)
async def change_role(
    role_id: Id, body: RoleChange, request: Request, response: Tagged, asker: RoleMakers, if_match: IfMatch = None
) -> RoleItem:
    """In force at once for everybody who has it. Shipped roles stay as they are."""
    now = now_of(request)

    def work(tx: Tx) -> RoleItem:
        before = store.role(tx, asker.scope, role_id)
        paging.check_match(if_match, lambda: role_item(before))
        if before.shipped:
            raise RoleShipped
        _check_within(asker, before.permissions)
        _check_within(asker, body.permissions or ())
        role = people.change_role(tx, asker.scope, role_id, now, name=body.name, permissions=body.permissions)
        if role != before:
            asker.record(tx, now, "role.changed", role.id, name=role.name, permissions=sorted(role.permissions))
        return role_item(role)

    return paging.tagged(response, await database_of(request).run(work))


@router.delete("/roles/{role_id}", tags=["roles"], summary="Remove a role that nobody has", status_code=204)
@Refuses(RoleNotFound, RoleShipped, MoreThanYourself, RoleInUse)
async def remove_role(role_id: Id, request: Request, asker: RoleMakers, if_match: IfMatch = None) -> None:
    """Only one of the company's own that nobody has. Making it again is the way back."""
    now = now_of(request)
    in_use: RoleUsed = request.app.state.role_used

    def work(tx: Tx) -> None:
        role = store.role(tx, asker.scope, role_id)
        paging.check_match(if_match, lambda: role_item(role))
        if role.shipped:
            raise RoleShipped
        _check_within(asker, role.permissions)
        if in_use(tx, asker.scope, role_id):
            raise RoleInUse("An API key or an open invitation has this role. Revoke or withdraw it first.")
        people.remove_role(tx, asker.scope, role_id)
        asker.record(tx, now, "role.removed", role_id, name=role.name, permissions=sorted(role.permissions))

    await database_of(request).run(work)


@router.get("/grants", tags=["grants"], summary="Who has which role where")
async def list_grants(
    request: Request,
    asker: PeopleReaders,
    user_id: Annotated[Id | None, Query(description="Only this person's.")] = None,
    place_id: Annotated[Id | None, Query(description="Only those that hold exactly here.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Grants:
    """Those at places whose people you may see, guests of other companies included; the oldest first."""
    beginning = paging.after("grants", cursor, str)
    where = []
    if user_id is not None:
        where.append(store.grant_rows.c.user_id == user_id)
    if place_id is not None:
        where.append(store.grant_rows.c.place_id == place_id)

    def look(tx: Tx) -> Grants:
        reach = asker.reach("people.read")
        found = people.grants_page(tx, asker.scope, reach, where=where, after=beginning, limit=limit + 1)
        items, following = paging.cut("grants", found, limit, lambda grant: (grant.id,))
        return Grants(items=_views(tx, asker, items), next_cursor=following)

    return await database_of(request).read(look)


@router.get("/grants/{grant_id}", tags=["grants"], summary="One grant")
@Refuses(GrantNotFound)
async def get_grant(grant_id: Id, request: Request, response: Tagged, asker: PeopleReaders) -> GrantView:
    """Who has which role where, and from when until when."""

    def look(tx: Tx) -> GrantView:
        grant = store.grant(tx, asker.scope, grant_id)
        asker.admit(grant.place.path, "people.read", missing=GrantNotFound)
        return _view(tx, asker, grant)

    return paging.tagged(response, await database_of(request).read(look))


@router.post("/grants", tags=["grants"], summary="Give somebody a role", status_code=201)
@Refuses(PlaceNotFound, UserNotFound, RoleNotFound, MoreThanYourself, GrantInvalid, Conflict)
async def add_grant(
    body: NewGrant, request: Request, response: Tagged, asker: Granters, key: IdempotencyKey = None
) -> GrantView:
    """In force from the next request on, or from `starts_at`. Nobody gives more than they have themselves."""
    now = now_of(request)

    def work(tx: Tx) -> GrantView:
        def make() -> GrantView:
            place = store.place(tx, asker.scope, body.place_id)
            asker.admit(place.path, "places.read", missing=PlaceNotFound)
            user = store.user(tx, asker.scope, body.user_id)
            home = store.place(tx, asker.scope, user.place_id)
            asker.admit(home.path, "people.read", missing=UserNotFound)
            role = store.role(tx, asker.scope, body.role_id)
            theirs = [store.granted(one) for one in store.grants_of_user(tx, asker.scope, user.id)]
            if not may_grant(asker.rights, role.permissions, place.path):
                raise MoreThanYourself
            if not asker.rights.may("people.manage", place.path) and not is_client_user(theirs):
                raise MoreThanYourself
            times = {"starts_at": body.starts_at, "ends_at": body.ends_at}
            grant = people.give(
                tx, asker.scope, user.id, role.id, place.id, now, **times, given_by=asker.principal.user_id
            )
            asker.record(tx, now, "grant.given", grant.id, user_id=user.id, role_id=role.id, place_id=place.id)
            return _view(tx, asker, grant)

        return paging.once(tx, asker, request, key, body, now, make, GrantView)

    return paging.tagged(response, await database_of(request).run(work))


@router.put("/grants/{grant_id}/times", tags=["grants"], summary="Set from when until when a grant holds")
@Refuses(GrantNotFound, MoreThanYourself, GrantInvalid, LastOwner)
async def set_grant_times(
    grant_id: Id, body: GrantTimes, request: Request, response: Tagged, asker: Granters, if_match: IfMatch = None
) -> GrantView:
    """In force at once. Both times are set: null means from the beginning, or for ever."""
    now = now_of(request)

    def work(tx: Tx) -> GrantView:
        grant = _own(tx, asker, grant_id)
        paging.check_match(if_match, lambda: _view(tx, asker, grant))
        changed = people.change_grant(tx, asker.scope, grant.id, now, starts_at=body.starts_at, ends_at=body.ends_at)
        if changed != grant:
            asker.record(
                tx,
                now,
                "grant.changed",
                grant.id,
                user_id=grant.user_id,
                role_id=grant.role.id,
                place_id=grant.place.id,
                starts_at=body.starts_at and body.starts_at.isoformat(),
                ends_at=body.ends_at and body.ends_at.isoformat(),
            )
        return _view(tx, asker, changed)

    return paging.tagged(response, await database_of(request).run(work))


@router.delete("/grants/{grant_id}", tags=["grants"], summary="Take a role away", status_code=204)
@Refuses(GrantNotFound, MoreThanYourself, LastOwner)
async def take_grant(grant_id: Id, request: Request, asker: Granters, if_match: IfMatch = None) -> None:
    """In force at once: open sockets that it allowed end. Giving the role again is the way back."""
    now = now_of(request)

    def work(tx: Tx) -> None:
        grant = _own(tx, asker, grant_id)
        paging.check_match(if_match, lambda: _view(tx, asker, grant))
        people.take(tx, asker.scope, grant.id, now)
        named = {"user_id": grant.user_id, "role_id": grant.role.id, "place_id": grant.place.id}
        asker.record(tx, now, "grant.taken", grant.id, **named)

    await database_of(request).run(work)


@router.get("/audit", tags=["audit"], summary="Who changed what")
@Refuses(MoreThanYourself)
async def audit_trail(
    request: Request,
    asker: Auditors,
    subject_id: Annotated[Id | None, Query(description="Only what was done to this thing.")] = None,
    actor_id: Annotated[Id | None, Query(description="Only what this person or API key did.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> AuditTrail:
    """Places, people, rights and keys. For whoever may read it company-wide."""
    if not asker.reach("audit.read").everywhere:
        raise MoreThanYourself("The audit trail is the whole company's. You have the right for a part of it only.")
    beginning = paging.after("audit", cursor, str)
    namers: Sequence[naming.Namer] = request.app.state.namers

    def look(tx: Tx) -> AuditTrail:
        found = audit.page(tx, asker.scope, subject_id=subject_id, actor_id=actor_id, after=beginning, limit=limit + 1)
        items, following = paging.cut("audit", found, limit, lambda entry: (entry.id,))
        return AuditTrail(
            items=[
                AuditItem(
                    id=one.id,
                    at=one.at,
                    actor_kind=one.actor_kind,
                    actor_id=one.actor_id,
                    action=one.action,
                    subject_id=one.subject_id,
                    details=dict(one.details),
                )
                for one in items
            ],
            names=[
                NamedItem(
                    id=one.id, kind=one.kind, name=one.name, place_id=one.place_id, there=one.there, guest=one.guest
                )
                for one in naming.names(tx, asker.scope, asker.rights, _named_in(items), namers)
            ],
            next_cursor=following,
        )

    return await database_of(request).read(look)


def _named_in(entries: Iterable[audit.Entry]) -> Iterator[str]:
    """The ids that these changes name."""
    for entry in entries:
        yield entry.subject_id
        yield from (entry.actor_id,) if entry.actor_id else ()
        yield from (value for key, value in entry.details.items() if key.endswith("_id") or key == "before")


def _check_within(asker: Asker, permissions: Iterable[Permission]) -> None:
    """Roles hold in the whole company, so whoever makes one has what it gives there."""
    if not asker.reach("roles.manage").everywhere or not frozenset(permissions) <= asker.rights.permissions_at("/"):
        raise MoreThanYourself


def _own(tx: Tx, asker: Asker, grant_id: str) -> Grant:
    """The grant, which the asker may take away."""
    grant = store.grant(tx, asker.scope, grant_id)
    asker.admit(grant.place.path, "people.read", missing=GrantNotFound)
    if not may_grant(asker.rights, grant.role.permissions, grant.place.path):
        raise MoreThanYourself
    return grant


def _view(tx: Tx, asker: Asker, grant: Grant) -> GrantView:
    return _views(tx, asker, [grant])[0]


def _views(tx: Tx, asker: Asker, grants: list[Grant]) -> list[GrantView]:
    ids = {grant.user_id for grant in grants}
    # Guests are another company's people: their names are told to those who gave them rights here.
    rows = tx.all(PLATFORM, store.user_rows, store.user_rows.c.id.in_(ids)) if ids else ()
    known = {row["id"]: store.user_of(row) for row in rows}
    personal: Reach = asker.reach("people.personal")
    return [grant_view(grant, known[grant.user_id], personal=personal.covers(grant.place.path)) for grant in grants]
