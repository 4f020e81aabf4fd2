"""Recognises who asks over HTTP, by access token or API key, and what the routes of this room start from."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import Headers

from antiphon.errors import Unauthenticated
from antiphon.identity import store
from antiphon.identity.allowance import Allowances
from antiphon.identity.keys import Keys
from antiphon.identity.model import CrossSite, PeopleOnly, SignInAgain
from antiphon.identity.sessions import Client, Sessions
from antiphon.identity.signing import BROWSER_COOKIE
from antiphon.identity.throttle import InvitationThrottle, TakenThrottle
from antiphon.identity.tokens import read_api_key
from antiphon.tenancy import Principal
from antiphon.tenancy.asking import Anybody, Asker, Refuses, client_address, database_of, now_of

_USED_GRAIN = timedelta(minutes=1)  # how exactly a key says when it was used last


def sessions(request: Request) -> Sessions:
    """The process's `Sessions`, made on first use from what the application state holds."""
    state = request.app.state
    if not hasattr(state, "sessions"):
        state.sessions = Sessions(state.database, state.clock, keys(request))
    made: Sessions = state.sessions
    return made


def keys(request: Request) -> Keys:
    """The installation's keys."""
    state = request.app.state
    if not hasattr(state, "keys"):
        state.keys = Keys(state.settings.secrets)
    made: Keys = state.keys
    return made


def client_of(request: Request) -> Client:
    """The browser or app that asks."""
    token = request.cookies.get(BROWSER_COOKIE, "")
    return Client(client_address(request), request.headers.get("user-agent", ""), token)


async def recognise(request: Request) -> Asker:
    """Who asks and what they may do now.

    Raises `Unauthenticated`, `TokenExpired`, `SessionEnded` after a sign-out or deactivation, `TooMany`.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    api_key = read_api_key(token)
    asker = await (_by_key(request, *api_key) if api_key else _by_token(request, token))
    _allowances(request).spend(asker.principal.user_id, request.app.state.clock.monotonic())
    return asker


async def _by_token(request: Request, token: str) -> Asker:
    principal = keys(request).verify(token, now_of(request))
    rights = await database_of(request).read(lambda tx: sessions(request).rights(tx, principal))
    return Asker(principal, rights)


async def _by_key(request: Request, key_id: str, secret_hash: str) -> Asker:
    now = now_of(request)
    key = await database_of(request).read(lambda tx: store.key_of_secret(tx, key_id, secret_hash, now))
    if key is None:
        raise Unauthenticated("This API key is not known, or no longer valid.")
    principal = Principal(key.id, key.company_id, key.name, kind="key")
    if key.last_used_at is None or now - key.last_used_at >= _USED_GRAIN:
        await database_of(request).run(
            lambda tx: tx.update(principal.scope, store.api_keys, values={"last_used_at": now}, id=key.id)
        )
    return Asker(principal, store.rights_of_key(key, now))


@Refuses(PeopleOnly)
async def _person(asker: Anybody) -> Asker:
    if asker.principal.kind != "user":
        raise PeopleOnly
    return asker


APerson = Annotated[Asker, Depends(_person)]


@Refuses(SignInAgain)
async def _lately_signed_in(request: Request, asker: APerson) -> Asker:
    if not await sessions(request).is_fresh(asker.principal):
        raise SignInAgain
    return asker


FreshlySignedIn = Annotated[Asker, Depends(_lately_signed_in)]


@Refuses(CrossSite)
def same_site(request: Request) -> None:
    """Refuse what a page of another site sent: the cookie is SameSite=Strict, this is the second lock.

    Browsers say where a request comes from in Sec-Fetch-Site; older ones in Origin alone.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise CrossSite
    if not own_page(request.headers, request.app.state.settings.public_name):
        raise CrossSite


def own_page(headers: Headers, public_name: str) -> bool:
    """Whether a page of ours sent this, as far as its Origin says (RFC 6454 7). Programs send none; they need a token."""
    origin = headers.get("origin")
    if origin is None:
        return True
    host = urlsplit(origin).netloc.lower()
    return host != "" and host in (headers.get("host", "").lower(), public_name.lower())


def watching_taken(request: Request, person: str, together: str) -> AbstractContextManager[None]:
    """Around what may tell that an address is taken: see `TakenThrottle.watching`."""
    state = request.app.state
    if not hasattr(state, "taken_throttle"):
        state.taken_throttle = TakenThrottle()
    made: TakenThrottle = state.taken_throttle
    return made.watching(state.clock.monotonic(), person=person, together=together)


def invitation_mails(request: Request) -> InvitationThrottle:
    """The process's counts, made on first use."""
    state = request.app.state
    if not hasattr(state, "invitation_mails"):
        state.invitation_mails = InvitationThrottle()
    made: InvitationThrottle = state.invitation_mails
    return made


def _allowances(request: Request) -> Allowances:
    state = request.app.state
    if not hasattr(state, "allowances"):
        state.allowances = Allowances()
    made: Allowances = state.allowances
    return made
