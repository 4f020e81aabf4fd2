"""HTTP of passkeys: one's own, and signing in with one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from antiphon import tenancy
from antiphon.database import PLATFORM, Scope, Tx
from antiphon.errors import Conflict, TooMany
from antiphon.identity import factor_store, passkeys
from antiphon.identity.model import Passkey, PasskeyInvalid, PasskeyNotFound, PasskeyRefused, PasskeysNeedName
from antiphon.identity.passkeys import Portal
from antiphon.identity.recognising import APerson, FreshlySignedIn, client_of, keys, same_site, sessions
from antiphon.identity.signing import COOKIE, Session, begun
from antiphon.identity.telling import tell_changed
from antiphon.limits import PASSKEYS_PER_USER_MAX
from antiphon.tenancy import Name
from antiphon.tenancy.asking import Body, Refuses, Route, database_of, now_of
from antiphon.tenancy.views import Id

router = APIRouter(route_class=Route)


class PasskeyItem(BaseModel):
    """A passkey: your phone, your computer or a security key, which proves who you are without a password."""

    id: str = Field(examples=["passkey_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str = Field(examples=["My phone"])
    portal: str = Field(examples=["portal.example.org"], description="The portal's name it was made for and works at.")
    created_at: datetime
    last_used_at: datetime | None


class PasskeyItems(BaseModel):
    """Your passkeys, the oldest first."""

    items: list[PasskeyItem]


class PasskeyOptions(BaseModel):
    """`public_key` goes through `PublicKeyCredential.parse...OptionsFromJSON` of WebAuthn Level 3 into the browser."""

    public_key: dict[str, Any] = Field(examples=[{"challenge": "Y2hhbGxlbmdl", "rpId": "portal.example.org"}])


class NewPasskey(Body):
    """`credential`: what `navigator.credentials.create` gave, by its `toJSON()`."""

    name: Name = Field(examples=["My phone"])
    credential: dict[str, Any] = Field(examples=[{"id": "...", "rawId": "...", "type": "public-key", "response": {}}])


class PasskeyChange(Body):
    """Another name for the same passkey."""

    name: Name = Field(examples=["My phone"])


class PasskeySignIn(Body):
    """`credential`: what `navigator.credentials.get` gave, by its `toJSON()`."""

    credential: dict[str, Any] = Field(examples=[{"id": "...", "rawId": "...", "type": "public-key", "response": {}}])


@router.get("/me/passkeys", tags=["me"], summary="My passkeys")
async def my_passkeys(request: Request, asker: APerson) -> PasskeyItems:
    """The oldest first."""

    def look(tx: Tx) -> PasskeyItems:
        user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        return PasskeyItems(items=[_item(one) for one in factor_store.passkeys_of(tx, Scope(user.company_id), user.id)])

    return await database_of(request).read(look)


@router.post("/me/passkeys/options", tags=["me"], summary="Begin a passkey")
@Refuses(PasskeysNeedName, Conflict)
async def passkey_options(request: Request, response: Response, asker: FreshlySignedIn) -> PasskeyOptions:
    """What the browser needs to make one. 409 `passkeys_need_name` where the portal is reached by an address."""
    response.headers["Cache-Control"] = "no-store"
    at, now = portal_of(request), now_of(request)

    def look(tx: Tx) -> PasskeyOptions:
        user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        known = factor_store.passkeys_of(tx, Scope(user.company_id), user.id)
        _room_for_one(known)
        ids = [one.credential_id for one in known if one.rp_id == at.rp_id]
        return PasskeyOptions(public_key=passkeys.creation_options(at, keys(request).tokens, user, ids, now))

    return await database_of(request).read(look)


@router.post("/me/passkeys", tags=["me"], summary="Add a passkey", status_code=201)
@Refuses(PasskeysNeedName, PasskeyInvalid, Conflict)
async def add_passkey(body: NewPasskey, request: Request, asker: FreshlySignedIn) -> PasskeyItem:
    """It signs you in from now on, with neither password nor second factor."""
    at, now = portal_of(request), now_of(request)

    def work(tx: Tx) -> PasskeyItem:
        user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        scope = Scope(user.company_id)
        _room_for_one(factor_store.passkeys_of(tx, scope, user.id))
        made = passkeys.registered(at, keys(request).tokens, user, body.credential, now)
        if not factor_store.use_challenge(tx, scope, made.challenge_id, now):
            raise PasskeyInvalid
        if factor_store.passkey_by_credential(tx, made.credential_id) is not None:
            raise PasskeyInvalid("This passkey is known already.")
        added = factor_store.add_passkey(
            tx,
            scope,
            user.id,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            rp_id=at.rp_id,
            name=body.name,
            now=now,
        )
        tell_changed(tx, scope, user.id, "passkey_added", now)
        tenancy.record(tx, scope, asker.principal, now, "passkey.added", added.id, name=body.name)
        return _item(added)

    return await database_of(request).run(work)


@router.patch("/me/passkeys/{passkey_id}", tags=["me"], summary="Rename a passkey")
@Refuses(PasskeyNotFound)
async def rename_passkey(passkey_id: Id, body: PasskeyChange, request: Request, asker: APerson) -> PasskeyItem:
    """Only the name changes: it signs you in as before."""
    now = now_of(request)

    def work(tx: Tx) -> PasskeyItem:
        user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        scope = Scope(user.company_id)
        before = factor_store.passkeys_of(tx, scope, user.id)
        renamed = factor_store.rename_passkey(tx, scope, user.id, passkey_id, body.name)
        if renamed not in before:
            tenancy.record(tx, scope, asker.principal, now, "passkey.changed", passkey_id, name=body.name)
        return _item(renamed)

    return await database_of(request).run(work)


@router.delete("/me/passkeys/{passkey_id}", tags=["me"], summary="Remove a passkey", status_code=204)
@Refuses(PasskeyNotFound)
async def remove_passkey(passkey_id: Id, request: Request, asker: FreshlySignedIn) -> None:
    """It signs nobody in from now on. Adding it again is the way back."""
    now = now_of(request)

    def work(tx: Tx) -> None:
        user = tenancy.user(tx, PLATFORM, asker.principal.user_id)
        scope = Scope(user.company_id)
        removed = factor_store.remove_passkey(tx, scope, user.id, passkey_id)
        tell_changed(tx, scope, user.id, "passkey_removed", now)
        tenancy.record(tx, scope, asker.principal, now, "passkey.removed", passkey_id, name=removed.name)

    await database_of(request).run(work)


@router.post(
    "/session/passkey/options",
    tags=["session"],
    summary="Begin to sign in with a passkey",
    dependencies=[Depends(same_site)],
)
@Refuses(PasskeysNeedName)
async def sign_in_options(request: Request, response: Response) -> PasskeyOptions:
    """The browser offers the passkeys that it has for this portal; nobody is named."""
    response.headers["Cache-Control"] = "no-store"
    options = passkeys.request_options(portal_of(request), keys(request).tokens, now_of(request))
    return PasskeyOptions(public_key=options)


@router.post("/session/passkey", tags=["session"], summary="Sign in with a passkey", dependencies=[Depends(same_site)])
@Refuses(PasskeysNeedName, PasskeyRefused, TooMany)
async def sign_in_by_passkey(body: PasskeySignIn, request: Request, response: Response) -> Session:
    """As `POST /api/v1/session`; no second factor is asked for, because the authenticator verified the person."""
    signed_in = await sessions(request).by_passkey(
        portal_of(request), body.credential, client_of(request), request.cookies.get(COOKIE)
    )
    return begun(response, signed_in)


def portal_of(request: Request) -> Portal:
    """The portal under the name that was asked for; raises `PasskeysNeedName`."""
    settings = request.app.state.settings
    return passkeys.portal(request.headers.get("host", ""), settings.public_name, settings.ports.https)


def _room_for_one(known: tuple[Passkey, ...]) -> None:
    if len(known) >= PASSKEYS_PER_USER_MAX:
        raise Conflict(f"A person has at most {PASSKEYS_PER_USER_MAX} passkeys. Remove one first.")


def _item(one: Passkey) -> PasskeyItem:
    return PasskeyItem(
        id=one.id, name=one.name, portal=one.rp_id, created_at=one.created_at, last_used_at=one.last_used_at
    )
