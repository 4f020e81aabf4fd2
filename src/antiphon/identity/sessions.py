"""Signing in and out (P5): passwords checked, sessions with rotating refresh tokens, the company somebody acts in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from antiphon import log, tenancy
from antiphon.clock import Clock, new_id
from antiphon.database import PLATFORM, Database, Scope, Tx
from antiphon.errors import TooMany
from antiphon.identity import factor_store, passkeys, second_factor, store
from antiphon.identity.keys import Keys
from antiphon.identity.model import (
    NoRightsThere,
    PasskeyRefused,
    SecondFactorNeeded,
    SessionNotFound,
    SignInExpired,
    WrongCode,
    WrongCredentials,
)
from antiphon.identity.passwords import check_password, hash_password, needs_rehash, password_matches
from antiphon.identity.telling import tell_changed, tell_ended
from antiphon.identity.throttle import TOO_MANY_SIGN_INS, LoginThrottle, same_source
from antiphon.identity.tokens import (
    claimed_id,
    issue_access_token,
    keyed_token,
    read_keyed_token,
    read_timed_token,
    timed_token,
)
from antiphon.limits import (
    PASSWORD_CHECKS_AT_ONCE,
    REFRESH_REUSE_GRACE_S,
    REFRESH_TOKEN_S,
    SIGN_IN_STEP_S,
)
from antiphon.tenancy import Company, Principal, Rights, SessionEnded, User

_log = log.get("identity")
_REFRESH = "refresh token"
_BROWSER = "known browser"
_BY_PASSKEY = "passkey"  # no account is named before the signature was checked
_SECOND_STEP = "second step of signing in"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session as its owner gets it."""

    user: User
    company: Company
    access_token: str
    expires_at: datetime
    refresh_token: str
    browser_token: str


@dataclass(frozen=True, slots=True)
class Client:
    """The browser or app that asks: where it comes from, what it says it is, and the token by which it is known."""

    address: str
    agent: str = ""
    browser_token: str = ""


class Sessions:
    """Sign-in, refresh and sign-out of people."""

    def __init__(self, database: Database, clock: Clock, keys: Keys) -> None:
        self._database, self._clock, self._keys = database, clock, keys
        self._throttle = LoginThrottle()
        self._checks = asyncio.Semaphore(PASSWORD_CHECKS_AT_ONCE)

    async def sign_in(self, email: str, password: str, client: Client, replaces: str | None) -> SignedIn:
        """A new session; the one of the refresh token `replaces` ends.

        Raises `WrongCredentials`, `TooMany`, and `SecondFactorNeeded` for people who have one.
        """
        account, asked_at = email.strip().lower(), self._clock.monotonic()
        crowded = self._throttle.is_crowded(account, asked_at)
        if crowded and not await self._database.read(lambda tx: self._knows(tx, account, client)):
            raise TooMany(TOO_MANY_SIGN_INS)
        self._throttle.admit(account, client.address, asked_at)
        row = await self._database.read(lambda tx: tenancy.user_by_email(tx, account))
        stored = row["password_hash"] if row and row["active"] else None
        if not await self._matches(stored, password) or row is None or stored is None:
            _log.warning("sign-in refused", user_id=row["id"] if row else None)
            raise WrongCredentials
        self._throttle.succeeded(account, client.address)
        fresh = await self._hash(password) if needs_rehash(stored) else None
        user_id, scope = row["id"], Scope(row["company_id"])

        def work(tx: Tx) -> SignedIn | str:
            # Between the check and now the password may have changed, or the person been deactivated: that wins.
            if store.password_hash(tx, scope, user_id) != stored or not tenancy.user(tx, scope, user_id).active:
                raise WrongCredentials
            if fresh:
                store.set_password_hash(tx, scope, user_id, fresh)
            if factor_store.is_asked_for(tx, scope, user_id):
                # Bound to the password: another one set meanwhile ends what this one began.
                bound, now = fresh or stored, self._clock.now()
                return timed_token(self._keys.tokens, _SECOND_STEP, user_id, now, SIGN_IN_STEP_S, bound)
            return self.begin(tx, tenancy.user(tx, scope, user_id), client, replaces)

        signed_in = await self._database.run(work)
        if isinstance(signed_in, str):
            raise SecondFactorNeeded(signed_in)
        _log.info("signed in", user_id=user_id, company_id=scope.company_id)
        return signed_in

    async def pass_second(self, challenge: str, code: str, client: Client, replaces: str | None) -> SignedIn:
        """The second half of a sign-in, by a code of the authenticator app or a recovery code.

        Raises `SignInExpired`, `WrongCode`, `TooMany`.
        """
        user_id, now = claimed_id(challenge) or "", self._clock.now()
        bound = await self._database.read(lambda tx: store.password_hash(tx, PLATFORM, user_id))
        if bound is None or read_timed_token(self._keys.tokens, _SECOND_STEP, challenge, now, bound) is None:
            raise SignInExpired
        guessed = f"code {user_id}"  # beside the password's count, which the right password forgets
        self._throttle.admit(guessed, client.address, self._clock.monotonic())

        def work(tx: Tx) -> SignedIn | None:
            user = tenancy.user(tx, PLATFORM, user_id)
            scope = Scope(user.company_id)
            if not user.active or store.password_hash(tx, scope, user_id) != bound:
                raise SignInExpired
            if not factor_store.is_asked_for(tx, scope, user_id):
                raise SignInExpired
            if not second_factor.passes(tx, self._keys.factors, user, code, now):
                return None
            return self.begin(tx, user, client, replaces)

        signed_in = await self._database.run(work)
        if signed_in is None:
            _log.warning("second factor refused", user_id=user_id)
            raise WrongCode
        self._throttle.succeeded(guessed, client.address)
        _log.info("signed in", user_id=user_id, company_id=signed_in.user.company_id)
        return signed_in

    async def by_passkey(
        self, portal: passkeys.Portal, credential: passkeys.Json, client: Client, replaces: str | None
    ) -> SignedIn:
        """A new session of whoever's passkey answered a challenge of ours. Raises `PasskeyRefused`, `TooMany`."""
        self._throttle.admit(_BY_PASSKEY, client.address, self._clock.monotonic())
        credential_id, now = passkeys.credential_id_of(credential), self._clock.now()
        found = await self._database.read(lambda tx: factor_store.passkey_by_credential(tx, credential_id))
        if found is None:
            raise PasskeyRefused
        try:
            used = passkeys.asserted(portal, self._keys.tokens, found, credential, now)
        except PasskeyRefused:
            _log.warning("passkey refused", user_id=found.user_id, passkey_id=found.id)
            raise

        def work(tx: Tx) -> SignedIn:
            scope = Scope(found.company_id)
            if not (
                factor_store.use_challenge(tx, scope, used.challenge_id, now)
                and factor_store.use_passkey(tx, scope, found, used.sign_count, now)
            ):
                raise PasskeyRefused
            user = tenancy.user(tx, scope, found.user_id)
            if not user.active:
                raise PasskeyRefused
            return self.begin(tx, user, client, replaces)

        signed_in = await self._database.run(work)
        self._throttle.succeeded(_BY_PASSKEY, client.address)
        _log.info("signed in", user_id=found.user_id, company_id=found.company_id)
        return signed_in

    def begin(self, tx: Tx, user: User, client: Client, replaces: str | None = None) -> SignedIn:
        """A new session of somebody who has just proved who they are; the one of the refresh token `replaces` ends."""
        if replaces:
            self._end_of_token(tx, replaces)
        now, session_id = self._clock.now(), new_id("session")
        scope, ends = Scope(user.company_id), now + timedelta(seconds=REFRESH_TOKEN_S)
        store.add_session(tx, scope, session_id, user.id, now, ends, client.agent, client.address)
        return self._signed_in(user, tenancy.company(tx, user.company_id), session_id, 0)

    async def refresh(self, token: str | None, client: Client, company_id: str | None = None) -> SignedIn:
        """The next access and refresh token of the session, for acting in that company (else the person's own).

        The refresh token before this one gives the same again for a while (tabs that ask at once, a lost answer). One that
        is older was copied: the session ends for everybody who has it. Raises `SessionEnded`, `NoRightsThere`.
        """
        keyed = read_keyed_token(self._keys.tokens, _REFRESH, token) if token else None
        if keyed is None:
            raise SessionEnded
        now = self._clock.now()

        def work(tx: Tx) -> SignedIn | None:
            row = store.session_row(tx, keyed.id, now)
            if row is None:
                raise SessionEnded
            user = tenancy.user(tx, PLATFORM, row["user_id"])
            if not user.active:
                raise SessionEnded
            scope, generation = Scope(row["company_id"]), row["generation"]
            late = now - row["replaced_at"] > timedelta(seconds=REFRESH_REUSE_GRACE_S)
            if keyed.number < generation - 1 or (keyed.number < generation and late):
                _log.warning("refresh token used twice", user_id=user.id, company_id=scope.company_id)
                self.end(tx, scope, user.id, only=keyed.id)
                return None
            acting = self._acting_in(tx, user, company_id, now)
            if keyed.number == generation:
                generation += 1
                values = {"generation": generation, "replaced_at": now, "address": client.address[:64]}
                values["expires_at"] = now + timedelta(seconds=REFRESH_TOKEN_S)
                tx.update(scope, store.user_sessions, values=values, id=keyed.id)
            return self._signed_in(user, acting, keyed.id, generation)

        signed_in = await self._database.run(work)
        if signed_in is None:
            raise SessionEnded
        return signed_in

    async def sign_out(self, token: str | None) -> None:
        """End the session of that refresh token; one that is unknown or ended already is fine."""
        if token:
            await self._database.run(lambda tx: self._end_of_token(tx, token))

    def end(self, tx: Tx, scope: Scope, user_id: str, *, keep: str = "", only: str = "") -> None:
        """End every session of the user but `keep` (or `only` one), and tell the rest of the house."""
        ended = store.end_sessions(tx, scope, user_id, keep=keep, only=only)
        if ended:
            tell_ended(tx, scope, user_id, ended, self._clock.now())

    async def end_own(self, principal: Principal, session_id: str) -> None:
        """End one of one's own sessions; raises `SessionNotFound`."""

        def work(tx: Tx) -> None:
            user = tenancy.user(tx, PLATFORM, principal.user_id)
            row = store.session_row(tx, session_id, self._clock.now())
            if row is None or row["user_id"] != user.id:
                raise SessionNotFound
            self.end(tx, Scope(user.company_id), user.id, only=session_id)

        await self._database.run(work)

    def rights(self, tx: Tx, principal: Principal) -> Rights:
        """What somebody with a good access token may do now; raises `SessionEnded` when their session was ended since."""
        now = self._clock.now()
        if not store.session_alive(tx, principal.session_id, principal.user_id, now):
            raise SessionEnded
        return tenancy.rights_of_user(tx, principal.scope, principal.user_id, now)

    async def is_fresh(self, principal: Principal) -> bool:
        """Whether they signed in lately."""
        now = self._clock.now()
        row = await self._database.read(lambda tx: store.session_row(tx, principal.session_id, now))
        return row is not None and now <= store.session_of(row).fresh_until

    async def change_own_password(self, principal: Principal, current: str, new: str, address: str) -> None:
        """Set a new password and end the user's other sessions. Raises `WrongCredentials`, `WeakPassword`, `TooMany`."""
        self._throttle.admit(principal.user_id, address, self._clock.monotonic())
        user = await self._database.read(lambda tx: tenancy.user(tx, PLATFORM, principal.user_id))
        stored = await self._database.read(lambda tx: store.password_hash(tx, PLATFORM, user.id))
        if not await self._matches(stored, current):
            raise WrongCredentials("The current password is wrong. Try again.")
        self._throttle.succeeded(principal.user_id, address)
        hashed = await self.checked_hash(new, name=user.name, email=user.email)
        scope = Scope(user.company_id)

        def change(tx: Tx) -> None:
            store.set_password_hash(tx, scope, user.id, hashed)
            self.end(tx, scope, user.id, keep=principal.session_id)
            tell_changed(tx, scope, user.id, "password_changed", self._clock.now())
            tenancy.record(tx, scope, principal, self._clock.now(), "user.password_changed", user.id)

        await self._database.run(change)

    async def checked_hash(self, password: str, *, name: str, email: str) -> str:
        """The hash of a new password that keeps the rules; raises `WeakPassword`."""
        check_password(password, name=name, email=email)
        return await self._hash(password)

    @staticmethod
    def _acting_in(tx: Tx, user: User, company_id: str | None, now: datetime) -> Company:
        """The company whose things the person asks for from now on: another one only where it gave them rights (S3)."""
        if company_id is None or company_id == user.company_id:
            return tenancy.company(tx, user.company_id)
        if not tenancy.rights_of_user(tx, Scope(company_id), user.id, now):
            raise NoRightsThere
        return tenancy.company(tx, company_id)

    def browser_token(self, user_id: str) -> str:
        """What a browser is known by in which that person proved who they are; it signs nobody in."""
        return keyed_token(self._keys.tokens, _BROWSER, user_id)

    def _knows(self, tx: Tx, account: str, client: Client) -> bool:
        """Whether that account has signed in in this browser before, or is signed in at this address now."""
        row = tenancy.user_by_email(tx, account)
        if row is None:
            return False
        known = read_keyed_token(self._keys.tokens, _BROWSER, client.browser_token)
        if known is not None and known.id == row["id"]:
            return True
        running = store.sessions_of(tx, Scope(row["company_id"]), row["id"], self._clock.now())
        return any(one.address and same_source(one.address, client.address) for one in running)

    def _end_of_token(self, tx: Tx, token: str) -> None:
        keyed = read_keyed_token(self._keys.tokens, _REFRESH, token)
        row = store.session_row(tx, keyed.id, self._clock.now()) if keyed else None
        if row is not None:
            self.end(tx, Scope(row["company_id"]), row["user_id"], only=row["id"])

    async def _matches(self, stored: str | None, password: str) -> bool:
        async with self._checks:
            return await asyncio.to_thread(password_matches, stored, password)

    async def _hash(self, password: str) -> str:
        async with self._checks:
            return await asyncio.to_thread(hash_password, password)

    def _signed_in(self, user: User, company: Company, session_id: str, generation: int) -> SignedIn:
        principal = Principal(user.id, company.id, user.name, session_id)
        token, expires_at = issue_access_token(principal, self._keys.signing, self._clock.now())
        refresh = keyed_token(self._keys.tokens, _REFRESH, session_id, generation)
        return SignedIn(user, company, token, expires_at, refresh, self.browser_token(user.id))


def forget_expired_sessions(tx: Tx, now: datetime) -> int:
    """Remove sessions that ended by time; returns how many."""
    return tx.delete(PLATFORM, store.user_sessions, store.user_sessions.c.expires_at <= now)


def set_password(tx: Tx, email: str, password: str, now: datetime) -> User:
    """Set a password from the machine itself, whoever the company is; activates nobody. Raises `UserNotFound`, `WeakPassword`."""
    row = tenancy.user_by_email(tx, email.strip().lower())
    if row is None:
        raise tenancy.UserNotFound("Nobody signs in with this e-mail address.")
    check_password(password, name=row["name"], email=row["email"])
    scope = Scope(row["company_id"])
    store.set_password_hash(tx, scope, row["id"], hash_password(password))
    ended = store.end_sessions(tx, scope, row["id"])
    if ended:
        tell_ended(tx, scope, row["id"], ended, now)
    tell_changed(tx, scope, row["id"], "password_changed", now)
    tenancy.record(tx, scope, None, now, "user.password_changed", row["id"])
    return tenancy.user(tx, scope, row["id"])
