"""HTTP of invitations: for those who invite, and for those who were invited."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from antiphon import tenancy
from antiphon.clock import new_id
from antiphon.database import PLATFORM, Tx, outbox
from antiphon.errors import TooMany
from antiphon.events import PersonInvited
from antiphon.identity import invitations, links, store
from antiphon.identity.invitations import AlreadyMember
from antiphon.identity.model import Invitation, InvitationForOther, InvitationInvalid, InvitationNotFound
from antiphon.identity.recognising import (
    APerson,
    client_of,
    invitation_mails,
    keys,
    same_site,
    sessions,
    watching_taken,
)
from antiphon.identity.signing import Password, Session, begun
from antiphon.limits import INVITATION_VALID_DAYS
from antiphon.tenancy import (
    Email,
    EmailTaken,
    GrantInvalid,
    Label,
    Language,
    MoreThanYourself,
    Name,
    PlaceNotFound,
    RoleNotFound,
    WeakPassword,
    paging,
)
from antiphon.tenancy.asking import Asker, Body, Needs, Refuses, Route, database_of, now_of
from antiphon.tenancy.paging import Cursor, IdempotencyKey, Limit
from antiphon.tenancy.rights import may_grant
from antiphon.tenancy.views import Id, Moment, PlaceItem, RoleItem, place_item, role_item

router = APIRouter(route_class=Route)

Managers = Annotated[Asker, Depends(Needs("people.manage", "client_users.manage"))]
Token = Annotated[str, Field(max_length=120, examples=["invitation_01k2x3y4z5a6b7c8d9e0f1g2h3.0.c2VjcmV0"])]


class NewInvitation(Body):
    """Without `email` whoever has the link may join; with it only who signs in with that address."""

    email: Email | None = Field(default=None, examples=["clara@example.org"])
    name: Label = Field(default="", examples=["Clara Czerny"])
    role_id: Id = "role_operator"
    place_id: Id | None = Field(default=None, description="Where the role holds; null: the whole company.")
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    language: Language = "en"


class InvitationItem(BaseModel):
    """An open invitation. `link` opens the portal's page for it; show it as a code to scan, or send it."""

    id: str
    email: str | None
    name: str
    role: RoleItem
    place: PlaceItem
    starts_at: datetime | None
    ends_at: datetime | None
    language: Language
    created_at: datetime
    expires_at: datetime = Field(description=f"{INVITATION_VALID_DAYS} days after it was made.")
    link: str | None = Field(description="null for whoever may only look")
    mailed: bool = Field(description="A mail with the link was or will be sent; else hand the link over yourself.")


class Invitations(BaseModel):
    """A page of open invitations, the newest first; `next_cursor` null: there is nothing more."""

    items: list[InvitationItem]
    next_cursor: str | None


class InvitationToken(Body):
    """`token`: what stands after `#` in the link."""

    token: Token


class Invited(BaseModel):
    """What somebody with a good link reads before they join."""

    company_id: str = Field(examples=["company_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    company_name: str = Field(examples=["Salzach Immobilien"])
    place: str = Field(examples=["Rainerstraße 12"])
    role: RoleItem
    name: str
    email: str | None = Field(description="The address it was made for; null: any.")
    language: Language
    ends_at: datetime | None
    mailed: bool = Field(description="The link also was or will be sent to `email`.")


class Joining(Body):
    """Who joins. With a name and password of their own choice."""

    token: Token
    name: Name = Field(examples=["Clara Czerny"])
    email: Email = Field(examples=["clara@example.org"])
    password: Password
    language: Language = "en"


@router.get("/invitations", tags=["invitations"], summary="Open invitations")
async def list_invitations(request: Request, asker: Managers, limit: Limit = 100, cursor: Cursor = None) -> Invitations:
    """Those for places whose people you manage, the newest first."""
    now, beginning = now_of(request), paging.after("invitations", cursor, str)
    reach = tenancy.Reach.of((*asker.reach("people.manage").prefixes, *asker.reach("client_users.manage").prefixes))
    found = await database_of(request).read(
        lambda tx: store.invitations(tx, asker.scope, reach, now, after=beginning, limit=limit + 1)
    )
    items, following = paging.cut("invitations", found, limit, lambda one: (one.id,))
    return Invitations(items=[_listed(request, asker, one) for one in items], next_cursor=following)


@router.post("/invitations", tags=["invitations"], summary="Invite somebody", status_code=201)
@Refuses(PlaceNotFound, RoleNotFound, MoreThanYourself, GrantInvalid)
async def invite(body: NewInvitation, request: Request, asker: Managers, key: IdempotencyKey = None) -> InvitationItem:
    """Nobody gives more than they have themselves. With `email` the link is also sent there, if mail is set up."""
    now = now_of(request)

    def work(tx: Tx) -> InvitationItem:
        def make() -> InvitationItem:
            place = tenancy.place(tx, asker.scope, body.place_id or asker.scope.company_id)
            asker.admit(place.path, "places.read", missing=tenancy.PlaceNotFound)
            role = tenancy.role(tx, asker.scope, body.role_id)
            if not may_grant(asker.rights, role.permissions, place.path):
                raise MoreThanYourself
            mailed = body.email is not None and request.app.state.settings.sends_mail
            if mailed and body.email is not None:
                monotonic = request.app.state.clock.monotonic()
                invitation_mails(request).admit(asker.scope.company_id, body.email, monotonic)
            made = invitations.invite(
                tx,
                asker.scope,
                email=body.email,
                name=body.name,
                role_id=role.id,
                place_id=place.id,
                language=body.language,
                now=now,
                starts_at=body.starts_at,
                ends_at=body.ends_at,
                invited_by=asker.principal.user_id,
                mailed=mailed,
            )
            if made.email is not None:
                outbox.append(tx, asker.scope, PersonInvited(new_id("fact"), asker.scope.company_id, now, made.id))
            asker.record(tx, now, "invitation.made", made.id, role_id=role.id, place_id=place.id)
            return _item(made, link=None)  # stored nowhere

        return paging.once(tx, asker, request, key, body, now, make, InvitationItem)

    made = await database_of(request).run(work)
    return made.model_copy(update={"link": _link(request, made.id)})


@router.delete("/invitations/{invitation_id}", tags=["invitations"], summary="Withdraw an invitation", status_code=204)
@Refuses(InvitationNotFound, MoreThanYourself)
async def withdraw(invitation_id: Id, request: Request, asker: Managers) -> None:
    """Its link is worth nothing from now on. Inviting again is the way back."""
    now = now_of(request)

    def work(tx: Tx) -> None:
        found = store.invitation(tx, asker.scope, invitation_id)
        asker.admit(found.place.path, "people.read", missing=InvitationNotFound)
        if not may_grant(asker.rights, found.role.permissions, found.place.path):
            raise MoreThanYourself
        if found.used_at is not None:
            raise InvitationNotFound("This invitation was used already. Take away the role instead.")
        invitations.withdraw(tx, asker.scope, found.id)
        asker.record(tx, now, "invitation.withdrawn", found.id, name=_whom(found))

    await database_of(request).run(work)


@router.post(
    "/session/invitation", tags=["session"], summary="What does my invitation say?", dependencies=[Depends(same_site)]
)
@Refuses(InvitationInvalid)
async def look_at_invitation(body: InvitationToken, request: Request, response: Response) -> Invited:
    """For whoever has the link. It stays unused."""
    response.headers["Cache-Control"] = "no-store"
    now = now_of(request)

    def look(tx: Tx) -> Invited:
        found = invitations.by_token(tx, keys(request).tokens, body.token, now)
        return Invited(
            company_id=found.company_id,
            company_name=tenancy.company(tx, found.company_id).name,
            place=found.place.trail,
            role=role_item(found.role),
            name=found.name,
            email=found.email,
            language=found.language,
            ends_at=found.ends_at,
            mailed=found.mailed,
        )

    return await database_of(request).read(look)


@router.post(
    "/session/join",
    tags=["session"],
    summary="Join by an invitation",
    status_code=201,
    dependencies=[Depends(same_site)],
)
@Refuses(InvitationInvalid, InvitationForOther, EmailTaken, WeakPassword, GrantInvalid, TooMany)
async def join(body: Joining, request: Request, response: Response) -> Session:
    """Makes the person and signs them in. Whoever signs in already accepts with `POST /api/v1/me/invitations`."""
    now = now_of(request)
    held = await database_of(request).read(lambda tx: invitations.by_token(tx, keys(request).tokens, body.token, now))
    hashed = await sessions(request).checked_hash(body.password, name=body.name, email=body.email)

    def work(tx: Tx) -> Session:
        found = invitations.by_token(tx, keys(request).tokens, body.token, now)
        user = invitations.join(
            tx,
            found,
            name=body.name,
            email=body.email,
            password_hash=hashed,
            language=body.language,
            now=now,
        )
        return begun(response, sessions(request).begin(tx, user, client_of(request)))

    with watching_taken(request, client_of(request).address, held.id):
        return await database_of(request).run(work)


@router.post("/me/invitations", tags=["me"], summary="Accept an invitation", status_code=204)
@Refuses(InvitationInvalid, InvitationForOther, AlreadyMember, GrantInvalid)
async def accept(body: InvitationToken, request: Request, asker: APerson) -> None:
    """You get what it gives, in whichever company; act there by refreshing with its `company_id`."""
    now = now_of(request)

    def work(tx: Tx) -> None:
        found = invitations.by_token(tx, keys(request).tokens, body.token, now)
        user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        invitations.accept(tx, found, user, now)

    await database_of(request).run(work)


def _whom(one: Invitation) -> str:
    """Whom it was for, as the audit trail says it once it is gone; of an address, which is personal, the beginning and the end."""
    own, _, domain = (one.email or "").partition("@")
    return one.name or (f"{own[0]}…@{domain}" if own else "")


def _listed(request: Request, asker: Asker, one: Invitation) -> InvitationItem:
    # The link gives what the invitation gives: shown to those who could give it themselves.
    shown = may_grant(asker.rights, one.role.permissions, one.place.path)
    return _item(one, link=_link(request, one.id) if shown else None)


def _link(request: Request, invitation_id: str) -> str:
    portal = request.app.state.settings.portal_address(request.app.state.advertised)
    return links.invitation_link(portal, keys(request).tokens, invitation_id)


def _item(one: Invitation, *, link: str | None) -> InvitationItem:
    return InvitationItem(
        id=one.id,
        email=one.email,
        name=one.name,
        role=role_item(one.role),
        place=place_item(one.place),
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        language=one.language,
        created_at=one.created_at,
        expires_at=one.expires_at,
        link=link,
        mailed=one.mailed,
    )
