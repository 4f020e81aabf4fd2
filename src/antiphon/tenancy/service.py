"""What people and administrators do: sign in and out, places, users. Functions take a transaction and never commit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from antiphon import log
from antiphon.clock import Clock, new_id
from antiphon.database import PLATFORM, Database, Scope, Tx, outbox
from antiphon.errors import BadInput, NotFound
from antiphon.events import SessionsEnded
from antiphon.limits import PASSWORD_CHECKS_AT_ONCE, REFRESH_TOKEN_S, SESSION_EXTENDED_AFTER_S
from antiphon.tenancy import store
from antiphon.tenancy.model import (
    Company,
    EmailTaken,
    Folder,
    Language,
    LastAdministrator,
    Principal,
    Project,
    Role,
    SessionEnded,
    Site,
    User,
    WrongCredentials,
)
from antiphon.tenancy.passwords import check_password, hash_password, needs_rehash, password_matches
from antiphon.tenancy.throttle import LoginThrottle
from antiphon.tenancy.tokens import hash_refresh_token, issue_access_token, new_refresh_token

_log = log.get("tenancy")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session as its owner gets it. `refresh_token` None: the one in the cookie stays good."""

    user: User
    company: Company
    access_token: str
    expires_at: datetime
    refresh_token: str | None


class Sessions:
    """Sign-in, refresh and sign-out of people."""

    def __init__(self, database: Database, clock: Clock, signing_key: str) -> None:
        """`signing_key`: the Ed25519 private key as PEM."""
        self._database, self._clock, self._key = database, clock, signing_key
        self._throttle = LoginThrottle()
        self._checks = asyncio.Semaphore(PASSWORD_CHECKS_AT_ONCE)

    async def sign_in(self, email: str, password: str, address: str, replaces: str | None) -> SignedIn:
        """A new session; the one of the refresh token `replaces` ends. Raises `WrongCredentials`, `TooMany`."""
        account = email.strip().lower()
        self._throttle.admit(account, address, self._clock.monotonic())
        row = await self._database.read(lambda tx: store.user_by_email(tx, account))
        stored = row["password_hash"] if row and row["active"] else None
        if not await self._matches(stored, password) or row is None or stored is None:
            _log.warning("sign-in refused", user_id=row["id"] if row else None)
            raise WrongCredentials
        self._throttle.succeeded(account, address)
        fresh = await self._hash(password) if needs_rehash(stored) else None
        user_id, company_id, token = row["id"], row["company_id"], new_refresh_token()

        def begin(tx: Tx) -> tuple[User, Company, str]:
            scope, now = Scope(company_id), self._clock.now()
            user = store.user(tx, scope, user_id)
            # Between the check and now the password may have changed: that change wins.
            if not store.password_unchanged(tx, scope, user_id, stored):
                raise WrongCredentials
            if fresh:
                store.set_password_hash(tx, scope, user_id, fresh)
            if replaces:
                end_session_of_token(tx, replaces, now)
            session_id = new_id("session")
            ends = now + timedelta(seconds=REFRESH_TOKEN_S)
            store.add_session(tx, scope, session_id, user_id, hash_refresh_token(token), now, ends)
            return user, store.company(tx, company_id), session_id

        user, company, session_id = await self._database.run(begin)
        _log.info("signed in", user_id=user.id, company_id=company.id)
        return self._signed_in(user, company, session_id, token)

    async def refresh(self, token: str | None) -> SignedIn:
        """A new access token for the session of that refresh token, whose end moves on. Raises `SessionEnded`."""
        if not token:
            raise SessionEnded
        hashed, now = hash_refresh_token(token), self._clock.now()

        def look(tx: Tx) -> tuple[User, Company, str, bool]:
            session = store.session_of_token(tx, hashed, now)
            if session is None:
                raise SessionEnded
            scope = Scope(session["company_id"])
            user = store.user(tx, scope, session["user_id"])
            if not user.active:
                raise SessionEnded
            old = session["expires_at"] - now < timedelta(seconds=REFRESH_TOKEN_S - SESSION_EXTENDED_AFTER_S)
            return user, store.company(tx, scope.company_id), session["id"], old

        user, company, session_id, old = await self._database.read(look)
        if old:
            ends = now + timedelta(seconds=REFRESH_TOKEN_S)
            await self._database.run(lambda tx: store.extend_session(tx, session_id, ends))
        return self._signed_in(user, company, session_id, token if old else None)

    async def sign_out(self, token: str | None) -> None:
        """End the session of that refresh token; one that is unknown or ended already is fine."""
        if token:
            now = self._clock.now()
            await self._database.run(lambda tx: end_session_of_token(tx, token, now))

    async def check_session(self, principal: Principal) -> None:
        """Raise `SessionEnded` when the principal's session was ended or their user deactivated since the token was made."""
        now = self._clock.now()
        alive = await self._database.read(
            lambda tx: store.session_alive(tx, principal.scope, principal.session_id, principal.user_id, now)
        )
        if not alive:
            raise SessionEnded

    async def change_own_password(self, principal: Principal, current: str, new: str, address: str) -> None:
        """Set a new password and end the user's other sessions. Raises `WrongCredentials`, `WeakPassword`, `TooMany`."""
        self._throttle.admit(principal.user_id, address, self._clock.monotonic())
        user, stored = await self._database.read(lambda tx: store.user_and_hash(tx, principal.scope, principal.user_id))
        if not await self._matches(stored, current):
            raise WrongCredentials("The current password is wrong. Try again.")
        self._throttle.succeeded(principal.user_id, address)
        hashed = await self.checked_hash(new, name=user.name, email=user.email)

        def change(tx: Tx) -> None:
            store.set_password_hash(tx, principal.scope, user.id, hashed)
            end_sessions(tx, principal.scope, user.id, self._clock.now(), keep=principal.session_id)

        await self._database.run(change)

    async def checked_hash(self, password: str, *, name: str, email: str) -> str:
        """The hash of a new password that keeps the rules; raises `WeakPassword`."""
        check_password(password, name=name, email=email)
        return await self._hash(password)

    async def _matches(self, stored: str | None, password: str) -> bool:
        async with self._checks:
            return await asyncio.to_thread(password_matches, stored, password)

    async def _hash(self, password: str) -> str:
        async with self._checks:
            return await asyncio.to_thread(hash_password, password)

    def _signed_in(self, user: User, company: Company, session_id: str, refresh_token: str | None) -> SignedIn:
        principal = Principal(user.id, company.id, user.name, user.role, session_id)
        token, expires_at = issue_access_token(principal, self._key, self._clock.now())
        return SignedIn(user, company, token, expires_at, refresh_token)


# -- companies and places --------------------------------------------------------------------------------------------


def create_company(tx: Tx, name: str, now: datetime, company_id: str | None = None) -> Company:
    """A new company without anything in it."""
    company = Company(company_id or new_id("company"), name)
    tx.insert(PLATFORM, store.companies, {"id": company.id, "name": name, "created_at": now})
    return company


def create_project(tx: Tx, scope: Scope, name: str, now: datetime) -> Project:
    project = Project(new_id("project"), name)
    tx.insert(scope, store.projects, {"id": project.id, "name": name, "created_at": now})
    return project


def create_site(
    tx: Tx, scope: Scope, project_id: str, name: str, time_zone: str, language: Language, now: datetime
) -> Site:
    """A new site of that project; raises `NotFound` for a project of another company, `BadInput` for an unknown zone."""
    if time_zone not in available_timezones():
        raise BadInput("This time zone is not known. Use a name such as Europe/Vienna.")
    store.project(tx, scope, project_id)
    values = {"id": new_id("site"), "project_id": project_id, "name": name, "time_zone": time_zone}
    tx.insert(scope, store.sites, {**values, "language": language, "created_at": now})
    return store.site(tx, scope, values["id"])


def create_folder(tx: Tx, scope: Scope, site_id: str, parent_id: str | None, name: str, now: datetime) -> Folder:
    """A new folder of that site, inside `parent_id` if given; raises `NotFound`, `BadInput` when nested too deeply."""
    store.site(tx, scope, site_id)
    parent = store.folder(tx, scope, site_id, parent_id) if parent_id else None
    folder_id = new_id("folder")
    path = f"{parent.path if parent else '/'}{folder_id}/"
    if len(path) > store.PATH_MAX_CHARS:
        raise BadInput("Folders can't be nested more deeply than this. Put the folder further out.")
    values = {"id": folder_id, "site_id": site_id, "parent_id": parent_id, "name": name, "path": path}
    tx.insert(scope, store.folders, {**values, "created_at": now})
    return Folder(folder_id, site_id, parent_id, name, path)


# -- people ----------------------------------------------------------------------------------------------------------


def create_user(
    tx: Tx,
    scope: Scope,
    *,
    name: str,
    email: str,
    role: Role,
    password_hash: str,
    now: datetime,
    language: Language | None = None,
) -> User:
    """A new active user; raises `EmailTaken`."""
    user = User(new_id("user"), name, email.strip().lower(), role, True, language)
    if store.user_by_email(tx, user.email) is not None:
        raise EmailTaken
    values = {"id": user.id, "name": name, "email": user.email, "role": role, "language": language}
    tx.insert(scope, store.user_rows, {**values, "password_hash": password_hash, "active": True, "created_at": now})
    return user


def change_user(
    tx: Tx,
    scope: Scope,
    user_id: str,
    now: datetime,
    *,
    name: str | None = None,
    role: Role | None = None,
    language: Language | None = None,
    active: bool | None = None,
    password_hash: str | None = None,
) -> User:
    """Change what is given; a changed role or password and a deactivation end the user's sessions. Raises `NotFound`,
    `LastAdministrator`."""
    before = store.user(tx, scope, user_id)
    loses_rights = before.role == "administrator" and before.active and (role == "operator" or active is False)
    if loses_rights:
        others = (other for other in store.users(tx, scope) if other.id != user_id)
        if not any(other.role == "administrator" and other.active for other in others):
            raise LastAdministrator
    given = {"name": name, "role": role, "language": language, "active": active, "password_hash": password_hash}
    values = {key: value for key, value in given.items() if value is not None}
    if values:
        tx.update(scope, store.user_rows, store.user_rows.c.id == user_id, values=values)
    if active is False or password_hash or (role and role != before.role):
        end_sessions(tx, scope, user_id, now)
    return store.user(tx, scope, user_id)


def set_password(tx: Tx, email: str, password: str, now: datetime) -> User:
    """Set a password from the machine itself, whoever the company is; activates nobody. Raises `NotFound`, `WeakPassword`."""
    row = store.user_by_email(tx, email.strip().lower())
    if row is None:
        raise NotFound("Nobody signs in with this e-mail address.")
    check_password(password, name=row["name"], email=row["email"])
    return change_user(tx, Scope(row["company_id"]), row["id"], now, password_hash=hash_password(password))


def end_sessions(tx: Tx, scope: Scope, user_id: str, now: datetime, keep: str = "") -> None:
    """End every session of the user but `keep`, and tell the rest of the house."""
    ended = store.end_sessions(tx, scope, user_id, keep)
    if ended:
        outbox.append(tx, scope, SessionsEnded(new_id("fact"), scope.company_id, now, user_id, ended))


def end_session_of_token(tx: Tx, token: str, now: datetime) -> None:
    """End the session of that refresh token, if there is one, and tell the rest of the house."""
    session = store.session_of_token(tx, hash_refresh_token(token), now)
    if session is not None:
        scope = Scope(session["company_id"])
        store.end_session(tx, scope, session["id"])
        fact = SessionsEnded(new_id("fact"), scope.company_id, now, session["user_id"], (session["id"],))
        outbox.append(tx, scope, fact)


def forget_expired_sessions(tx: Tx, now: datetime) -> int:
    """Remove sessions that ended by time; returns how many."""
    return tx.delete(PLATFORM, store.user_sessions, store.user_sessions.c.expires_at <= now)
