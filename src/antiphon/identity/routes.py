"""HTTP of signing in: session, own account, own sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.security import APIKeyCookie
from pydantic import BaseModel, Field

from antiphon import tenancy
from antiphon.database import PLATFORM, Scope, Tx
from antiphon.errors import TooMany
from antiphon.identity import (
    factor_routes,
    invitation_routes,
    key_routes,
    passkey_routes,
    password_routes,
    people_routes,
    people_sign_in_routes,
    store,
)
from antiphon.identity.model import NoRightsThere, SecondFactorNeeded, SessionNotFound, WrongCredentials
from antiphon.identity.recognising import APerson, FreshlySignedIn, client_of, same_site, sessions, watching_taken
from antiphon.identity.sessions import SignedIn
from antiphon.identity.signing import (
    COOKIE,
    COOKIE_PATH,
    Password,
    Session,
    SessionCompany,
    SessionUser,
    begun,
    session_user,
)
from antiphon.identity.telling import tell_changed
from antiphon.tenancy import Email, EmailTaken, Language, Name, Permission, SessionEnded, WeakPassword
from antiphon.tenancy.asking import Body, Refuses, Route, Tagged, client_address, database_of, now_of
from antiphon.tenancy.paging import IfMatch, check_match, tagged
from antiphon.tenancy.rights import PERMISSIONS
from antiphon.tenancy.views import Id

router = APIRouter(route_class=Route, prefix="/api/v1")
router.include_router(people_routes.router)
router.include_router(people_sign_in_routes.router)
router.include_router(invitation_routes.router)
router.include_router(key_routes.router)
router.include_router(password_routes.router)
router.include_router(factor_routes.router)
router.include_router(passkey_routes.router)


# For the document alone: without a cookie both have nothing to do, which is no refusal.
_cookie = APIKeyCookie(
    name=COOKIE,
    scheme_name="RefreshCookie",
    description="Set by whatever signs in; only for `/api/v1/session`.",
    auto_error=False,
)
ByCookie = Annotated[str | None, Depends(_cookie)]


class SignIn(Body):
    """E-mail and password."""

    email: str = Field(max_length=254, examples=["anna@example.org"])
    password: Password = Field(examples=["correct horse battery staple"])


class Me(BaseModel):
    """`rights`: each permission with the paths of the places where it holds; `/` is the whole company."""

    user: SessionUser
    company: SessionCompany
    rights: dict[Permission, list[str]] = Field(examples=[{"stations.read": ["/"]}])


class MeChange(Body):
    """Only what is given changes. A `language` of null: as the browser says."""

    name: Name | None = Field(default=None, examples=["Anna Auer"])
    language: Language | None = None


class EmailChange(Body):
    """The address that you want to sign in with."""

    email: Email = Field(examples=["anna@example.org"])


class PasswordChange(Body):
    """The password you have, and the one you want."""

    current: Password
    new: Password


class SessionItem(BaseModel):
    """A browser or app that you signed in with."""

    id: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    client: str = Field(examples=["Mozilla/5.0 (X11; Linux x86_64) ..."])
    address: str = Field(examples=["192.0.2.10"])
    this: bool = Field(description="The one that asks.")
    fresh_until: datetime = Field(description="Until then how you sign in may be changed without signing in anew.")


class SessionItems(BaseModel):
    """Where you are signed in, the one used last first."""

    items: list[SessionItem]


@router.post("/session", tags=["session"], summary="Sign in", dependencies=[Depends(same_site)])
@Refuses(WrongCredentials, SecondFactorNeeded, TooMany)
async def sign_in(body: SignIn, request: Request, response: Response) -> Session:
    """An access token, and a cookie that gets the next ones. The session this browser had before ends.

    401 `second_factor_needed` comes with the right password of somebody who has a second factor, and a `challenge` for
    `POST /api/v1/session/second-factor`.
    """
    signed_in = await sessions(request).sign_in(
        body.email, body.password, client_of(request), request.cookies.get(COOKIE)
    )
    return begun(response, signed_in)


@router.post(
    "/session/refresh",
    tags=["session"],
    summary="Stay signed in",
    response_model=Session,
    responses={204: {"description": "This browser was never signed in, or has signed out."}},
    dependencies=[Depends(same_site)],
)
@Refuses(SessionEnded, NoRightsThere)
async def refresh(
    request: Request,
    response: Response,
    _cookie: ByCookie,
    company_id: Annotated[
        Id | None, Query(description="Act in this company from now on, which gave you rights.")
    ] = None,
) -> Session | Response:
    """The next access token and the next cookie. Without a cookie there is nothing to refresh, and that is no error."""
    token = request.cookies.get(COOKIE)
    if token is None:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    signed_in: SignedIn = await sessions(request).refresh(token, client_of(request), company_id)
    return begun(response, signed_in)


@router.delete("/session", tags=["session"], summary="Sign out", status_code=204, dependencies=[Depends(same_site)])
async def sign_out(request: Request, response: Response, _cookie: ByCookie) -> None:
    """End the session: its cookie and its access tokens are worth nothing from now on."""
    await sessions(request).sign_out(request.cookies.get(COOKIE))
    response.delete_cookie(COOKIE, path=COOKIE_PATH, secure=True, httponly=True, samesite="strict")


@router.get("/me", tags=["me"], summary="Who am I, and what may I do?")
async def me(request: Request, response: Tagged, asker: APerson) -> Me:
    """The signed-in person, the company they act in, and what they may do there."""
    return tagged(response, await database_of(request).read(lambda tx: _me(tx, asker)))


@router.patch("/me", tags=["me"], summary="Change my profile")
async def change_me(body: MeChange, request: Request, response: Tagged, asker: APerson, if_match: IfMatch = None) -> Me:
    """Name and language. The address has a way of its own; rights are changed by whoever manages people."""
    now = now_of(request)

    def work(tx: Tx) -> Me:
        check_match(if_match, lambda: _me(tx, asker))
        user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        scope, given = Scope(user.company_id), body.model_dump(exclude_none=True)
        if body.language is None and "language" in body.model_fields_set:
            tenancy.forget_language(tx, scope, user.id)
            given["language"] = ""
        if tenancy.change_user(tx, scope, user.id, now, name=body.name, language=body.language) != user:
            tenancy.record(tx, scope, asker.principal, now, "user.changed", user.id, **given)
        return _me(tx, asker)

    return tagged(response, await database_of(request).run(work))


@router.post("/me/email", tags=["me"], summary="Change my e-mail address")
@Refuses(EmailTaken)
async def change_email(
    body: EmailChange, request: Request, response: Tagged, asker: FreshlySignedIn, if_match: IfMatch = None
) -> Me:
    """You sign in with it from now on; every other session of yours ends. A mail tells the address that you had."""
    now = now_of(request)

    def work(tx: Tx) -> Me:
        check_match(if_match, lambda: _me(tx, asker))
        before = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        if body.email != before.email:
            scope = Scope(before.company_id)
            tenancy.change_user(tx, scope, before.id, now, email=body.email)
            sessions(request).end(tx, scope, before.id, keep=asker.principal.session_id)
            tell_changed(tx, scope, before.id, "email_changed", now, address=before.email)
            tenancy.record(tx, scope, asker.principal, now, "user.changed", before.id, email=True)
        return _me(tx, asker)

    with watching_taken(request, asker.principal.user_id, asker.scope.company_id):
        return tagged(response, await database_of(request).run(work))


@router.post("/me/password", tags=["me"], summary="Change my password", status_code=204)
@Refuses(WrongCredentials, WeakPassword, TooMany)
async def change_password(body: PasswordChange, request: Request, asker: APerson) -> None:
    """Set a new password; every other session of this user ends."""
    await sessions(request).change_own_password(asker.principal, body.current, body.new, client_address(request))


@router.get("/me/sessions", tags=["me"], summary="Where am I signed in?")
async def my_sessions(request: Request, asker: APerson) -> SessionItems:
    """The browsers and apps, the one used last first."""
    now = now_of(request)

    def look(tx: Tx) -> SessionItems:
        user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        return SessionItems(
            items=[
                SessionItem(
                    id=one.id,
                    created_at=one.created_at,
                    last_used_at=one.last_used_at,
                    expires_at=one.expires_at,
                    client=one.client,
                    address=one.address,
                    this=one.id == asker.principal.session_id,
                    fresh_until=one.fresh_until,
                )
                for one in store.sessions_of(tx, Scope(user.company_id), user.id, now)
            ]
        )

    return await database_of(request).read(look)


@router.delete("/me/sessions", tags=["me"], summary="Sign out everywhere else", status_code=204)
async def end_other_sessions(request: Request, asker: APerson) -> None:
    """Every session but this one ends, with its open sockets."""

    def work(tx: Tx) -> None:
        user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        sessions(request).end(tx, Scope(user.company_id), user.id, keep=asker.principal.session_id)

    await database_of(request).run(work)


@router.delete("/me/sessions/{session_id}", tags=["me"], summary="Sign out somewhere", status_code=204)
@Refuses(SessionNotFound)
async def end_session(session_id: Id, request: Request, asker: APerson) -> None:
    """Its tokens are worth nothing from now on, and its open sockets close."""
    await sessions(request).end_own(asker.principal, session_id)


def _me(tx: Tx, asker: APerson) -> Me:
    user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
    company = tenancy.company(tx, asker.principal.company_id)
    reaches = {permission: list(asker.reach(permission).prefixes) for permission in PERMISSIONS}
    return Me(
        user=session_user(user),
        company=SessionCompany(id=company.id, name=company.name),
        rights={permission: paths for permission, paths in reaches.items() if paths},
    )
