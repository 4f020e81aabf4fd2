"""Forgotten passwords: who asks gets a link by mail, whoever has the link sets a new password."""

from __future__ import annotations

from antiphon import log, tenancy
from antiphon.clock import Clock, new_id
from antiphon.database import Database, Scope, Tx, outbox
from antiphon.errors import AntiphonError
from antiphon.events import PasswordLinkAsked
from antiphon.identity import links, store
from antiphon.identity.keys import Keys
from antiphon.identity.sessions import Sessions
from antiphon.identity.telling import tell_changed
from antiphon.identity.throttle import LinkThrottle
from antiphon.tenancy import Principal, User

_log = log.get("identity")


class Forgotten:
    """Asking for a link, and using it. Nothing tells a stranger whether an address is known here."""

    def __init__(self, database: Database, clock: Clock, keys: Keys, sessions: Sessions) -> None:
        self._database, self._clock, self._keys, self._sessions = database, clock, keys, sessions
        self._throttle = LinkThrottle()

    def admit(self, address: str) -> None:
        """Count one question of that source address; raises `TooMany`, whomever was asked for."""
        self._throttle.admit(address, self._clock.monotonic())

    async def ask(self, email: str) -> None:
        """Have a link sent to whoever signs in with that address. Raises nothing: who asked has had their answer."""
        account, now = email.strip().lower(), self._clock.now()
        if not self._throttle.allows(account, self._clock.monotonic()):
            _log.warning("too many links for one address")
            return

        def work(tx: Tx) -> None:
            row = tenancy.user_by_email(tx, account)
            if row is not None and row["active"] and row["password_hash"]:
                scope = Scope(row["company_id"])
                outbox.append(tx, scope, PasswordLinkAsked(new_id("fact"), scope.company_id, now, row["id"]))

        try:
            await self._database.run(work)
        except AntiphonError as error:
            _log.error("link for a password not asked for", code=error.code)

    async def reset(self, token: str, password: str) -> User:
        """Set the password of whoever the link is for and end all their sessions; returns them.

        Raises `ResetInvalid`, `WeakPassword`.
        """
        user = await self._database.read(
            lambda tx: links.user_of_password_link(tx, self._keys.tokens, token, self._clock.now())
        )
        hashed = await self._sessions.checked_hash(password, name=user.name, email=user.email)
        scope, themselves = Scope(user.company_id), Principal(user.id, user.company_id, user.name)

        def change(tx: Tx) -> None:
            # Somebody with the same link may have been faster: theirs holds.
            links.user_of_password_link(tx, self._keys.tokens, token, self._clock.now())
            store.set_password_hash(tx, scope, user.id, hashed)
            self._sessions.end(tx, scope, user.id)
            tell_changed(tx, scope, user.id, "password_changed", self._clock.now())
            tenancy.record(tx, scope, themselves, self._clock.now(), "user.password_reset", user.id)

        await self._database.run(change)
        _log.info("password set by a link", user_id=user.id, company_id=user.company_id)
        return user
