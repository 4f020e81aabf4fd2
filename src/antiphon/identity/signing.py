"""What a sign-in answers, whichever way it came about: the session in the body, the refresh token in the cookie."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field

from antiphon.identity.sessions import SignedIn
from antiphon.limits import PASSWORD_MAX_CHARS, REFRESH_TOKEN_S
from antiphon.tenancy import Language, User

COOKIE = "antiphon_refresh"
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
    response.set_cookie(
        COOKIE,
        signed_in.refresh_token,
        max_age=REFRESH_TOKEN_S,
        path=COOKIE_PATH,
        secure=True,
        httponly=True,
        samesite="strict",
    )
    return Session(
        access_token=signed_in.access_token,
        expires_at=signed_in.expires_at,
        user=session_user(signed_in.user),
        company=SessionCompany(id=signed_in.company.id, name=signed_in.company.name),
    )


def session_user(user: User) -> SessionUser:
    return SessionUser(id=user.id, name=user.name, email=user.email, language=user.language)
