"""What a sign-in answers, whichever way it came about: the session in the body, the refresh token in a cookie, and another
by which the browser is known again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field

from antiphon.identity.sessions import SignedIn
from antiphon.limits import KNOWN_BROWSER_S, PASSWORD_MAX_CHARS, REFRESH_TOKEN_S
from antiphon.tenancy import Language, User

COOKIE = "antiphon_refresh"
BROWSER_COOKIE = "antiphon_browser"
COOKIE_PATH = "/api/v1/session"
Password = Annotated[str, Field(max_length=PASSWORD_MAX_CHARS * 4, json_schema_extra={"format": "password"})]


class SessionUser(BaseModel):
    """Who signed in."""

    id: str = Field(examples=["user_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str = Field(examples=["Anna Auer"])
    email: str = Field(examples=["anna@example.org"])
    language: Language | None = Field(description="null until one is chosen: the browser's")


class SessionCompany(BaseModel):
    """The company you act in."""

    id: str = Field(examples=["company_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str = Field(examples=["Salzach Immobilien"])


class Session(BaseModel):
    """Use `access_token` as bearer token until `expires_at`; the cookie that came with it gets the next one."""

    access_token: str = Field(examples=["eyJhbGciOiJFZERTQSJ9.e30.c2lnbmVk"])
    expires_at: datetime
    user: SessionUser
    company: SessionCompany


def begun(response: Response, signed_in: SignedIn) -> Session:
    """The session for the body; puts the cookie into the answer."""
    response.headers["Cache-Control"] = "no-store"
    _set_cookie(response, COOKIE, signed_in.refresh_token, REFRESH_TOKEN_S)
    know_browser(response, signed_in.browser_token)
    return Session(
        access_token=signed_in.access_token,
        expires_at=signed_in.expires_at,
        user=session_user(signed_in.user),
        company=SessionCompany(id=signed_in.company.id, name=signed_in.company.name),
    )


def know_browser(response: Response, browser_token: str) -> None:
    """Let the browser say from now on that its owner proved once who they are; it signs nobody in."""
    _set_cookie(response, BROWSER_COOKIE, browser_token, KNOWN_BROWSER_S)


def _set_cookie(response: Response, name: str, value: str, lasts_s: int) -> None:
    response.set_cookie(name, value, max_age=lasts_s, path=COOKIE_PATH, secure=True, httponly=True, samesite="strict")


def session_user(user: User) -> SessionUser:
    return SessionUser(id=user.id, name=user.name, email=user.email, language=user.language)
