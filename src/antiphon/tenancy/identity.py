"""Who asks over HTTP: the signed-in user behind a bearer token, and what every route of this room starts from."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict

from antiphon.clock import Clock
from antiphon.database import Database
from antiphon.errors import Forbidden, Unauthenticated
from antiphon.tenancy.model import Principal
from antiphon.tenancy.service import Sessions
from antiphon.tenancy.tokens import public_key_pem, verify_access_token


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CrossSite(Forbidden):
    """A page of another site sent the request."""

    code = "cross_site"
    title = "This request came from another site and was not carried out."


class AdministratorsOnly(Forbidden):
    """The user is known and not an administrator."""

    code = "administrators_only"
    title = "Only an administrator may do this. Ask yours."


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


def client_address(request: Request) -> str:
    """The client's address as the front saw it: the last entry of the last header, which only the front can have added."""
    forwarded = request.headers.getlist("x-forwarded-for")
    if forwarded:
        return forwarded[-1].rsplit(",", 1)[-1].strip()
    return request.client.host if request.client else ""


@cache
def _signing_key(path: Path) -> str:
    return path.read_text()


def database_of(request: Request) -> Database:
    """The process's database."""
    database: Database = request.app.state.database
    return database


def now_of(request: Request) -> datetime:
    """The process's clock, now."""
    clock: Clock = request.app.state.clock
    return clock.now()
