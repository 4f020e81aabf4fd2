"""HTTP for whoever helps others sign in: what somebody is asked for, and taking it away when they lost it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from antiphon.database import Tx
from antiphon.identity import factor_store, second_factor
from antiphon.identity.model import PasskeyNotFound, SecondFactorNotFound
from antiphon.identity.people_routes import Managers, managed
from antiphon.identity.telling import tell_changed
from antiphon.tenancy import MoreThanYourself, UserNotFound
from antiphon.tenancy.asking import Refuses, Route, database_of, now_of
from antiphon.tenancy.views import Id

router = APIRouter(route_class=Route, tags=["people"])


class SignInItem(BaseModel):
    """How somebody proves who they are, beside their password."""

    second_factor: bool = Field(examples=[True], description="Whether a code is asked for with the password.")
    passkeys: int = Field(examples=[1], description="How many passkeys sign them in.")


@router.get("/users/{user_id}/sign-in", summary="How somebody signs in")
@Refuses(UserNotFound, MoreThanYourself)
async def sign_in_of(user_id: Id, request: Request, asker: Managers) -> SignInItem:
    """What is asked of them beside the password, so that what they lost can be taken away."""

    def look(tx: Tx) -> SignInItem:
        user = managed(tx, asker, user_id)
        return SignInItem(
            second_factor=factor_store.is_asked_for(tx, asker.scope, user.id),
            passkeys=len(factor_store.passkeys_of(tx, asker.scope, user.id)),
        )

    return await database_of(request).read(look)


@router.delete("/users/{user_id}/second-factor", summary="Remove somebody's second factor", status_code=204)
@Refuses(UserNotFound, MoreThanYourself, SecondFactorNotFound)
async def remove_second_factor_of(user_id: Id, request: Request, asker: Managers) -> None:
    """For whoever lost phone and recovery codes: the password is enough until they set one up again."""
    now = now_of(request)

    def work(tx: Tx) -> None:
        user = managed(tx, asker, user_id)
        second_factor.remove(tx, asker.scope, user.id, now)
        asker.record(tx, now, "second_factor.removed", user.id)

    await database_of(request).run(work)


@router.delete("/users/{user_id}/passkeys", summary="Remove somebody's passkeys", status_code=204)
@Refuses(UserNotFound, MoreThanYourself, PasskeyNotFound)
async def remove_passkeys_of(user_id: Id, request: Request, asker: Managers) -> None:
    """For whoever lost what holds them: none signs them in from now on. They add others when they have signed in."""
    now = now_of(request)

    def work(tx: Tx) -> None:
        user = managed(tx, asker, user_id)
        if not factor_store.remove_passkeys(tx, asker.scope, user.id):
            raise PasskeyNotFound("This person has no passkey (any more).")
        tell_changed(tx, asker.scope, user.id, "passkeys_removed", now)
        asker.record(tx, now, "passkeys.removed", user.id)

    await database_of(request).run(work)
