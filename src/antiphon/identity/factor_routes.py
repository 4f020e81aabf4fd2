"""HTTP of the second factor: setting it up, and the second half of a sign-in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from antiphon import tenancy
from antiphon.database import PLATFORM, Scope, Tx
from antiphon.errors import TooMany
from antiphon.identity import codes, second_factor
from antiphon.identity.codes import SecretUnreadable
from antiphon.identity.model import SecondFactorNotFound, SecondFactorThere, SignInExpired, WrongCode
from antiphon.identity.recognising import APerson, FreshlySignedIn, client_of, keys, same_site, sessions
from antiphon.identity.signing import COOKIE, Session, begun
from antiphon.limits import RECOVERY_CODES
from antiphon.tenancy.asking import Body, Refuses, Route, database_of, now_of

router = APIRouter(route_class=Route)

Code = Annotated[str, Field(max_length=40, examples=["123456"])]


class SecondFactorItem(BaseModel):
    """What is asked for beside your password."""

    since: datetime | None = Field(description="null: there is none; what was begun and never confirmed is none.")
    recovery_codes_left: int


class BegunFactor(BaseModel):
    """For an authenticator app: `uri` as a code to scan, `secret` to type. Confirm with a code that the app shows."""

    secret: str = Field(examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    uri: str = Field(examples=["otpauth://totp/Antiphon:anna%40example.org?secret=JBSWY3DPEHPK3PXP&issuer=Antiphon"])


class FactorCode(Body):
    """`code`: what the authenticator app shows now."""

    code: Code


class RecoveryCodes(BaseModel):
    """Each gets you in once when the authenticator app is not there. Shown this once."""

    recovery_codes: list[str] = Field(
        min_length=RECOVERY_CODES,
        max_length=RECOVERY_CODES,
        examples=[[f"k7fm-q2xd-9hzt-c4w{digit}" for digit in range(RECOVERY_CODES)]],
    )


class SecondStep(Body):
    """`code`: what the authenticator app shows, or a recovery code."""

    challenge: Annotated[str, Field(max_length=120, examples=["user_01k2x3y4z5a6b7c8d9e0f1g2h3.1790000000.c2VjcmV0"])]
    code: Code


@router.get("/me/second-factor", tags=["me"], summary="Do I have a second factor?")
async def get_second_factor(request: Request, asker: APerson) -> SecondFactorItem:
    """`since` null: none, also where one was begun and never confirmed."""

    def look(tx: Tx) -> SecondFactorItem:
        user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        found = second_factor.state(tx, Scope(user.company_id), user.id)
        if found is None:
            return SecondFactorItem(since=None, recovery_codes_left=0)
        return SecondFactorItem(since=found.since, recovery_codes_left=found.recovery_codes_left)

    return await database_of(request).read(look)


@router.post("/me/second-factor", tags=["me"], summary="Begin a second factor", status_code=201)
@Refuses(SecondFactorThere)
async def begin_second_factor(request: Request, response: Response, asker: FreshlySignedIn) -> BegunFactor:
    """A new secret. Nothing is asked for until it is confirmed; beginning anew makes another one."""
    response.headers["Cache-Control"] = "no-store"
    now, key = now_of(request), keys(request).factors

    def work(tx: Tx) -> BegunFactor:
        user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        secret = second_factor.begin(tx, key, user, now)
        return BegunFactor(secret=secret, uri=codes.otpauth_uri(secret, user.email))

    return await database_of(request).run(work)


@router.post("/me/second-factor/confirm", tags=["me"], summary="Confirm my second factor")
@Refuses(SecondFactorNotFound, SecondFactorThere, WrongCode, SecretUnreadable)
async def confirm_second_factor(
    body: FactorCode, request: Request, response: Response, asker: FreshlySignedIn
) -> RecoveryCodes:
    """From now on every sign-in with the password asks for a code. Sessions that run go on."""
    response.headers["Cache-Control"] = "no-store"
    now, key = now_of(request), keys(request).factors

    def work(tx: Tx) -> RecoveryCodes:
        user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        made = second_factor.confirm(tx, key, user, body.code, now)
        tenancy.record(tx, Scope(user.company_id), asker.principal, now, "second_factor.added", user.id)
        return RecoveryCodes(recovery_codes=list(made))

    return await database_of(request).run(work)


@router.post("/me/second-factor/recovery-codes", tags=["me"], summary="Make new recovery codes")
@Refuses(SecondFactorNotFound)
async def renew_recovery_codes(request: Request, response: Response, asker: FreshlySignedIn) -> RecoveryCodes:
    """Those that there were are worth nothing from now on."""
    response.headers["Cache-Control"] = "no-store"
    now, key = now_of(request), keys(request).factors

    def work(tx: Tx) -> RecoveryCodes:
        user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        made = second_factor.renew_recovery_codes(tx, key, user, now)
        tenancy.record(tx, Scope(user.company_id), asker.principal, now, "recovery_codes.renewed", user.id)
        return RecoveryCodes(recovery_codes=list(made))

    return await database_of(request).run(work)


@router.delete("/me/second-factor", tags=["me"], summary="Remove my second factor", status_code=204)
@Refuses(SecondFactorNotFound)
async def remove_second_factor(request: Request, asker: FreshlySignedIn) -> None:
    """The password is enough again; the recovery codes are worth nothing. Setting one up again is the way back."""
    now = now_of(request)

    def work(tx: Tx) -> None:
        user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        scope = Scope(user.company_id)
        second_factor.remove(tx, scope, user.id, now)
        tenancy.record(tx, scope, asker.principal, now, "second_factor.removed", user.id)

    await database_of(request).run(work)


@router.post(
    "/session/second-factor", tags=["session"], summary="Sign in, second half", dependencies=[Depends(same_site)]
)
@Refuses(SignInExpired, WrongCode, TooMany, SecretUnreadable)
async def pass_second_factor(body: SecondStep, request: Request, response: Response) -> Session:
    """With the `challenge` that came with `second_factor_needed`, within some minutes. Each code is good once."""
    signed_in = await sessions(request).pass_second(
        body.challenge, body.code, client_of(request), request.cookies.get(COOKIE)
    )
    return begun(response, signed_in)
