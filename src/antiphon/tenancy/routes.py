"""HTTP of people and places: session, own account, users, projects, sites, folders."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from antiphon.clock import Clock
from antiphon.database import Database
from antiphon.errors import Forbidden, Unauthenticated
from antiphon.limits import PASSWORD_MAX_CHARS, REFRESH_TOKEN_S
from antiphon.tenancy import service, store
from antiphon.tenancy.model import Folder, Language, Principal, Project, Role, Site, User
from antiphon.tenancy.service import Sessions, SignedIn
from antiphon.tenancy.tokens import public_key_pem, verify_access_token

router = APIRouter(prefix="/api/v1")

COOKIE = "antiphon_refresh"
_COOKIE_PATH = "/api/v1/session"

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, to_lower=True, max_length=254, pattern=r"^[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}$"
    ),
]
Password = Annotated[str, Field(max_length=PASSWORD_MAX_CHARS * 4, json_schema_extra={"format": "password"})]


class CrossSite(Forbidden):
    """A page of another site sent the request."""

    code = "cross_site"
    title = "This request came from another site and was not carried out."


class AdministratorsOnly(Forbidden):
    """The user is known and not an administrator."""

    code = "administrators_only"
    title = "Only an administrator may do this. Ask yours."


# -- who asks --------------------------------------------------------------------------------------------------------

_bearer = HTTPBearer(auto_error=False, description="The access token of POST /api/v1/session.")


def sessions(request: Request) -> Sessions:
    """The process's `Sessions`, made on first use from what the application state holds."""
    state = request.app.state
    if not hasattr(state, "sessions"):
        state.sessions = Sessions(state.database, state.clock, _signing_key(state.settings.secrets / "jwt.key"))
    made: Sessions = state.sessions
    return made


async def current_principal(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Principal:
    """Who asks; raises `Unauthenticated`, `TokenExpired`, or `SessionEnded` after a sign-out or deactivation."""
    if credentials is None:
        raise Unauthenticated
    state = request.app.state
    public_key = public_key_pem(_signing_key(state.settings.secrets / "jwt.key"))
    principal = verify_access_token(credentials.credentials, public_key, state.clock.now())
    await sessions(request).check_session(principal)
    return principal


CurrentPrincipal = Annotated[Principal, Depends(current_principal)]


async def current_administrator(principal: CurrentPrincipal) -> Principal:
    """Who asks, an administrator; raises `AdministratorsOnly`."""
    if principal.role != "administrator":
        raise AdministratorsOnly
    return principal


CurrentAdministrator = Annotated[Principal, Depends(current_administrator)]


def same_site(request: Request) -> None:
    """Refuse what a page of another site sent: the cookie is SameSite=Strict, this is the second lock."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise CrossSite


def _address(request: Request) -> str:
    """The client's address as the front saw it: the last entry of the last header, which only the front can have added."""
    forwarded = request.headers.getlist("x-forwarded-for")
    if forwarded:
        return forwarded[-1].rsplit(",", 1)[-1].strip()
    return request.client.host if request.client else ""


@cache
def _signing_key(path: Path) -> str:
    return path.read_text()


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def _now(request: Request) -> datetime:
    clock: Clock = request.app.state.clock
    return clock.now()


# -- session ---------------------------------------------------------------------------------------------------------


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignIn(Body):
    """E-mail and password."""

    email: str = Field(max_length=254, examples=["anna@example.org"])
    password: Password = Field(examples=["correct horse battery staple"])


class SessionUser(BaseModel):
    id: str = Field(examples=["user_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str = Field(examples=["Anna Auer"])
    email: str = Field(examples=["anna@example.org"])
    role: Role
    language: Language


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
        body.email, body.password, _address(request), request.cookies.get(COOKIE)
    )
    return _session(response, signed_in)


@router.post("/session/refresh", tags=["session"], summary="Stay signed in", dependencies=[Depends(same_site)])
async def refresh(request: Request, response: Response) -> Session:
    """The next access token for the cookie."""
    return _session(response, await sessions(request).refresh(request.cookies.get(COOKIE)))


@router.delete("/session", tags=["session"], summary="Sign out", status_code=204, dependencies=[Depends(same_site)])
async def sign_out(request: Request, response: Response) -> None:
    """End the session: its cookie and its access tokens are worth nothing from now on."""
    await sessions(request).sign_out(request.cookies.get(COOKIE))
    response.delete_cookie(COOKIE, path=_COOKIE_PATH, secure=True, httponly=True, samesite="strict")


@router.get("/me", tags=["session"], summary="Who am I?")
async def me(request: Request, principal: CurrentPrincipal) -> Me:
    """The signed-in user and their company."""
    user, company = await _database(request).read(
        lambda tx: (store.user(tx, principal.scope, principal.user_id), store.company(tx, principal.company_id))
    )
    return Me(user=_user(user), company=SessionCompany(id=company.id, name=company.name))


@router.post("/me/password", tags=["session"], summary="Change my password", status_code=204)
async def change_password(body: PasswordChange, request: Request, principal: CurrentPrincipal) -> None:
    """Set a new password; every other session of this user ends."""
    await sessions(request).change_own_password(principal, body.current, body.new, _address(request))


# -- users -----------------------------------------------------------------------------------------------------------


class UserView(SessionUser):
    active: bool


class Users(BaseModel):
    items: list[UserView]


class NewUser(Body):
    name: Name = Field(examples=["Bernd Berger"])
    email: Email = Field(examples=["bernd@example.org"])
    role: Role = "operator"
    language: Language = "en"
    password: Password


class UserChange(Body):
    """Only what is given changes."""

    name: Name | None = None
    role: Role | None = None
    language: Language | None = None
    active: bool | None = None
    password: Password | None = None


def _user_view(user: User) -> UserView:
    return UserView(**_user(user).model_dump(), active=user.active)


@router.get("/users", tags=["users"], summary="People of the company")
async def list_users(request: Request, principal: CurrentAdministrator) -> Users:
    """Everybody, deactivated people included, by name."""
    found = await _database(request).read(lambda tx: store.users(tx, principal.scope))
    return Users(items=[_user_view(user) for user in found])


@router.post("/users", tags=["users"], summary="Add a user", status_code=201)
async def add_user(body: NewUser, request: Request, principal: CurrentAdministrator) -> UserView:
    """A new user, who can sign in at once."""
    hashed = await sessions(request).checked_hash(body.password, name=body.name, email=body.email)
    now = _now(request)
    user = await _database(request).run(
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
        before = await _database(request).read(lambda tx: store.user(tx, principal.scope, user_id))
        hashed = await sessions(request).checked_hash(body.password, name=before.name, email=before.email)
    now = _now(request)
    user = await _database(request).run(
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


# -- places ----------------------------------------------------------------------------------------------------------


class ProjectView(BaseModel):
    id: str
    name: str = Field(examples=["Altstadt"])


class Projects(BaseModel):
    items: list[ProjectView]


class NewProject(Body):
    name: Name = Field(examples=["Altstadt"])


class SiteView(BaseModel):
    id: str
    name: str = Field(examples=["Rainerstraße 12"])
    project_id: str
    project_name: str
    time_zone: str = Field(examples=["Europe/Vienna"])
    language: Language


class Sites(BaseModel):
    items: list[SiteView]


class NewSite(Body):
    project_id: str = Field(max_length=64)
    name: Name = Field(examples=["Rainerstraße 12"])
    time_zone: str = Field(max_length=64, examples=["Europe/Vienna"])
    language: Language = "en"


class FolderView(BaseModel):
    id: str
    site_id: str
    parent_id: str | None
    name: str = Field(examples=["Stiege 2"])
    path: str


class Folders(BaseModel):
    items: list[FolderView]


class NewFolder(Body):
    name: Name = Field(examples=["Stiege 2"])
    parent_id: str | None = Field(default=None, max_length=64)


def _project_view(project: Project) -> ProjectView:
    return ProjectView(id=project.id, name=project.name)


def _site_view(site: Site) -> SiteView:
    return SiteView(
        id=site.id,
        name=site.name,
        project_id=site.project_id,
        project_name=site.project_name,
        time_zone=site.time_zone,
        language=site.language,
    )


def _folder_view(folder: Folder) -> FolderView:
    return FolderView(
        id=folder.id, site_id=folder.site_id, parent_id=folder.parent_id, name=folder.name, path=folder.path
    )


@router.get("/projects", tags=["places"], summary="Projects of the company")
async def list_projects(request: Request, principal: CurrentPrincipal) -> Projects:
    found = await _database(request).read(lambda tx: store.projects_of(tx, principal.scope))
    return Projects(items=[_project_view(project) for project in found])


@router.post("/projects", tags=["places"], summary="Add a project", status_code=201)
async def add_project(body: NewProject, request: Request, principal: CurrentAdministrator) -> ProjectView:
    now = _now(request)
    made = await _database(request).run(lambda tx: service.create_project(tx, principal.scope, body.name, now))
    return _project_view(made)


@router.get("/sites", tags=["places"], summary="Sites of the company")
async def list_sites(request: Request, principal: CurrentPrincipal) -> Sites:
    found = await _database(request).read(lambda tx: store.sites_of(tx, principal.scope))
    return Sites(items=[_site_view(site) for site in found])


@router.post("/sites", tags=["places"], summary="Add a site", status_code=201)
async def add_site(body: NewSite, request: Request, principal: CurrentAdministrator) -> SiteView:
    now = _now(request)
    made = await _database(request).run(
        lambda tx: service.create_site(
            tx, principal.scope, body.project_id, body.name, body.time_zone, body.language, now
        )
    )
    return _site_view(made)


@router.get("/sites/{site_id}/folders", tags=["places"], summary="Folders of a site")
async def list_folders(site_id: str, request: Request, principal: CurrentPrincipal) -> Folders:
    found = await _database(request).read(lambda tx: store.folders_of(tx, principal.scope, site_id))
    return Folders(items=[_folder_view(folder) for folder in found])


@router.post("/sites/{site_id}/folders", tags=["places"], summary="Add a folder to a site", status_code=201)
async def add_folder(site_id: str, body: NewFolder, request: Request, principal: CurrentAdministrator) -> FolderView:
    now = _now(request)
    made = await _database(request).run(
        lambda tx: service.create_folder(tx, principal.scope, site_id, body.parent_id, body.name, now)
    )
    return _folder_view(made)
