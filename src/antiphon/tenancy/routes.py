"""HTTP of people: session, own account, users. `router` holds the places as well."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field, StrictBool, StringConstraints

from antiphon.limits import PASSWORD_MAX_CHARS, REFRESH_TOKEN_S
from antiphon.tenancy import place_routes, service, store
from antiphon.tenancy.identity import (
    Body,
    CurrentAdministrator,
    CurrentPrincipal,
    client_address,
    current_administrator,
    current_principal,
    database_of,
    now_of,
    same_site,
    sessions,
)
from antiphon.tenancy.model import Language, Role, User
from antiphon.tenancy.service import SignedIn
from antiphon.tenancy.words import Name

router = APIRouter(prefix="/api/v1")
router.include_router(place_routes.router)

COOKIE = "antiphon_refresh"
_COOKIE_PATH = "/api/v1/session"

Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, to_lower=True, max_length=254, pattern=r"^[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}$"
    ),
]
Password = Annotated[str, Field(max_length=PASSWORD_MAX_CHARS * 4, json_schema_extra={"format": "password"})]


# -- session ---------------------------------------------------------------------------------------------------------


class SignIn(Body):
    """E-mail and password."""

    email: str = Field(max_length=254, examples=["anna@example.org"])
    password: Password = Field(examples=["correct horse battery staple"])


class SessionUser(BaseModel):
    id: str = Field(examples=["user_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str = Field(examples=["Anna Auer"])
    email: str = Field(examples=["anna@example.org"])
    role: Role
    language: Language | None = Field(description="null until one is chosen: the browser's")


class SessionCompany(BaseModel):
    id: str = Field(examples=["company_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str = Field(examples=["Salzach Immobilien"])


class Session(BaseModel):
    """Use `access_token` as bearer token until `expires_at`; the cookie that came with it gets the next one."""

    access_token: str
    expires_at: datetime
    user: SessionUser
    company: SessionCompany


class Me(BaseModel):
    user: SessionUser
    company: SessionCompany


class PasswordChange(Body):
    current: Password
    new: Password


def _session(response: Response, signed_in: SignedIn) -> Session:
    response.headers["Cache-Control"] = "no-store"
    if signed_in.refresh_token is not None:
        response.set_cookie(
            COOKIE,
            signed_in.refresh_token,
            max_age=REFRESH_TOKEN_S,
            path=_COOKIE_PATH,
            secure=True,
            httponly=True,
            samesite="strict",
        )
    return Session(
        access_token=signed_in.access_token,
        expires_at=signed_in.expires_at,
        user=_user(signed_in.user),
        company=SessionCompany(id=signed_in.company.id, name=signed_in.company.name),
    )


def _user(user: User) -> SessionUser:
    return SessionUser(id=user.id, name=user.name, email=user.email, role=user.role, language=user.language)


@router.post("/session", tags=["session"], summary="Sign in", dependencies=[Depends(same_site)])
async def sign_in(body: SignIn, request: Request, response: Response) -> Session:
    """An access token, and a cookie that gets the next ones. The session this browser had before ends."""
    signed_in = await sessions(request).sign_in(
        body.email, body.password, client_address(request), request.cookies.get(COOKIE)
    )
    return _session(response, signed_in)


@router.post(
    "/session/refresh",
    tags=["session"],
    summary="Stay signed in",
    response_model=Session,
    responses={204: {"description": "This browser was never signed in, or has signed out."}},
    dependencies=[Depends(same_site)],
)
async def refresh(request: Request, response: Response) -> Session | Response:
    """The next access token for the cookie. Without a cookie there is nothing to refresh, and that is no error."""
    token = request.cookies.get(COOKIE)
    if token is None:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return _session(response, await sessions(request).refresh(token))


@router.delete("/session", tags=["session"], summary="Sign out", status_code=204, dependencies=[Depends(same_site)])
async def sign_out(request: Request, response: Response) -> None:
    """End the session: its cookie and its access tokens are worth nothing from now on."""
    await sessions(request).sign_out(request.cookies.get(COOKIE))
    response.delete_cookie(COOKIE, path=_COOKIE_PATH, secure=True, httponly=True, samesite="strict")


@router.get("/me", tags=["session"], summary="Who am I?")
async def me(request: Request, principal: CurrentPrincipal) -> Me:
    """The signed-in user and their company."""
    user, company = await database_of(request).read(
        lambda tx: (store.user(tx, principal.scope, principal.user_id), store.company(tx, principal.company_id))
    )
    return Me(user=_user(user), company=SessionCompany(id=company.id, name=company.name))


@router.post("/me/password", tags=["session"], summary="Change my password", status_code=204)
async def change_password(body: PasswordChange, request: Request, principal: CurrentPrincipal) -> None:
    """Set a new password; every other session of this user ends."""
    await sessions(request).change_own_password(principal, body.current, body.new, client_address(request))


# -- users -----------------------------------------------------------------------------------------------------------


class UserView(SessionUser):
    active: bool


class Users(BaseModel):
    items: list[UserView]


class NewUser(Body):
    name: Name = Field(examples=["Bernd Berger"])
    email: Email = Field(examples=["bernd@example.org"])
    role: Role = "operator"
    language: Language | None = None
    password: Password


class UserChange(Body):
    """Only what is given changes."""

    name: Name | None = None
    role: Role | None = None
    language: Language | None = None
    active: StrictBool | None = None
    password: Password | None = None


def _user_view(user: User) -> UserView:
    return UserView(**_user(user).model_dump(), active=user.active)


@router.get("/users", tags=["users"], summary="People of the company")
async def list_users(request: Request, principal: CurrentAdministrator) -> Users:
    """Everybody, deactivated people included, by name."""
    found = await database_of(request).read(lambda tx: store.users(tx, principal.scope))
    return Users(items=[_user_view(user) for user in found])


@router.post("/users", tags=["users"], summary="Add a user", status_code=201)
async def add_user(body: NewUser, request: Request, principal: CurrentAdministrator) -> UserView:
    """A new user, who can sign in at once."""
    hashed = await sessions(request).checked_hash(body.password, name=body.name, email=body.email)
    now = now_of(request)
    user = await database_of(request).run(
        lambda tx: service.create_user(
            tx,
            principal.scope,
            name=body.name,
            email=body.email,
            role=body.role,
            language=body.language,
            password_hash=hashed,
            now=now,
        )
    )
    return _user_view(user)


@router.patch("/users/{user_id}", tags=["users"], summary="Change a user")
async def change_user(user_id: str, body: UserChange, request: Request, principal: CurrentAdministrator) -> UserView:
    """Rename, change role or language, deactivate or activate, set a password. The last two end the user's sessions."""
    hashed = None
    if body.password is not None:
        before = await database_of(request).read(lambda tx: store.user(tx, principal.scope, user_id))
        hashed = await sessions(request).checked_hash(body.password, name=before.name, email=before.email)
    now = now_of(request)
    user = await database_of(request).run(
        lambda tx: service.change_user(
            tx,
            principal.scope,
            user_id,
            now,
            name=body.name,
            role=body.role,
            language=body.language,
            active=body.active,
            password_hash=hashed,
        )
    )
    return _user_view(user)


__all__ = [
    "CurrentAdministrator",
    "CurrentPrincipal",
    "current_administrator",
    "current_principal",
    "router",
    "sessions",
]
