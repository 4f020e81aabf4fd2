"""The mailroom: facts become mails in the queue, mails in the queue are sent, tried again and given up."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from zoneinfo import ZoneInfo

from antiphon import identity, log, tenancy
from antiphon.clock import Clock, new_id
from antiphon.database import Database, Scope, Tx
from antiphon.errors import AntiphonError
from antiphon.events import Fact, PasswordLinkAsked, PersonInvited, SignInChange, SignInChanged
from antiphon.limits import MAIL_LOOK_S, MAIL_RETRY_MIN_S, MAILS_IN_ONE_LOOK
from antiphon.notify import letters, machine, store
from antiphon.notify.model import Kind, Mail, Reason, State
from antiphon.notify.ports import Letter, LetterDelayed, LetterRefused, Post, PostAway

_log = log.get("notify")


class Mailroom:
    """Without a `Post` (mail is not set up) nothing is queued and nothing is sent."""

    def __init__(self, database: Database, clock: Clock, post: Post | None, signing_key: str, portal: str) -> None:
        """`signing_key` makes the links (`Keys.tokens`); `portal` as `Settings.portal_address` gives it."""
        self._database, self._clock, self._post = database, clock, post
        self._key, self._portal = signing_key, portal
        self._woken = asyncio.Event()

    async def take(self, fact: Fact) -> None:
        """Queue the mail that this fact asks for, once however often it comes. Raises `AntiphonError` when it is not kept."""
        if isinstance(fact, PersonInvited):
            waits = await self._database.run(lambda tx: self._invited(tx, fact))
        elif isinstance(fact, PasswordLinkAsked):
            waits = await self._database.run(lambda tx: self._about(tx, fact, "password_link", fact.user_id))
        elif isinstance(fact, SignInChanged):
            waits = await self._database.run(lambda tx: self._about(tx, fact, fact.change, fact.user_id, fact.address))
        else:
            return
        if waits:
            self._woken.set()

    async def run(self) -> None:
        """Until cancelled: send what is due, and what is queued at once; while the server is away, not sooner for that."""
        if self._post is None:
            await asyncio.Event().wait()  # a task of a role that ends takes the role down
        while True:
            self._woken.clear()
            try:
                wait_s = await self.send_due()
                away = wait_s is None
            except AntiphonError as error:
                _log.error("mails not looked through", code=error.code)
                wait_s, away = None, True
            if away:
                await asyncio.sleep(MAIL_RETRY_MIN_S)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), wait_s)

    async def send_due(self) -> float | None:
        """One round; seconds until the next, None when the mail server is away."""
        now = self._clock.now()
        due = await self._database.read(lambda tx: store.due(tx, now, MAILS_IN_ONE_LOOK))
        for mail in due:
            if machine.is_too_late(mail, now):
                await self._end(mail, "given_up", "too_late")
        for mail in due:
            # One that finds the server away is enough for now: the others stay where they are in the queue.
            if not machine.is_too_late(mail, now) and not await self._send(mail):
                return None
        if len(due) == MAILS_IN_ONE_LOOK:
            return 0.0
        following = await self._database.read(store.next_due)
        if following is None:
            return MAIL_LOOK_S
        return min(MAIL_LOOK_S, max(0.0, (following - self._clock.now()).total_seconds()))

    async def _send(self, mail: Mail) -> bool:
        """Try one; False when the server is away."""
        if self._post is None:
            return False
        now = self._clock.now()
        tried = machine.trying(mail, now)

        def begin(tx: Tx) -> Letter | None:
            if not store.change(tx, mail, tried):
                return None
            letter = self._letter(tx, mail, now)
            if letter is None:
                store.change(tx, tried, machine.ended(tried, now, "dropped", "gone"))
            return letter

        letter = await self._database.run(begin)
        if letter is None:
            return True
        try:
            await self._post.send(letter)
        except (PostAway, LetterDelayed) as error:
            _log.warning("mail not sent yet", code=error.code, tries=tried.tries, **_fields(mail), **error.fields)
            return not isinstance(error, PostAway)
        except LetterRefused as error:
            await self._end(tried, "given_up", "refused", **error.fields)
            return True
        await self._end(tried, "sent")
        return True

    async def _end(self, mail: Mail, state: State, reason: Reason | None = None, **fields: object) -> None:
        now = self._clock.now()

        def end(tx: Tx) -> None:
            if not store.change(tx, mail, machine.ended(mail, now, state, reason)):
                return
            if state == "given_up" and mail.kind == "invitation":
                identity.not_mailed(tx, Scope(mail.company_id), mail.subject_id)

        await self._database.run(end)
        say = _log.info if state == "sent" else _log.warning
        say(f"mail {state.replace('_', ' ')}", reason=reason, tries=mail.tries, **_fields(mail), **fields)

    # -- what facts ask for ------------------------------------------------------------------------------------------

    def _invited(self, tx: Tx, fact: PersonInvited) -> bool:
        scope = Scope(fact.company_id)
        if self._post is None:
            identity.not_mailed(tx, scope, fact.invitation_id)
            return False
        found = _invitation(tx, scope, fact.invitation_id)
        # Whoever was told that no mail goes out has handed the link over.
        if found is None or not found.mailed:
            return False
        return self._about(tx, fact, "invitation", found.id)

    def _about(self, tx: Tx, fact: Fact, kind: Kind, subject_id: str, address: str | None = None) -> bool:
        """Whether a mail about that waits now."""
        if self._post is None:
            return False
        made = Mail(new_id("mail"), fact.company_id, fact.fact_id, kind, subject_id, fact.at, fact.at, address=address)
        return store.add(tx, made)

    # -- letters -----------------------------------------------------------------------------------------------------

    def _letter(self, tx: Tx, mail: Mail, now: datetime) -> Letter | None:
        """The mail in words as things are now; None when nobody needs it any more."""
        if mail.kind == "invitation":
            return self._invitation_letter(tx, mail, now)
        if mail.kind == "password_link":
            return self._password_letter(tx, mail)
        return self._changed_letter(tx, mail, mail.kind)

    def _invitation_letter(self, tx: Tx, mail: Mail, now: datetime) -> Letter | None:
        scope = Scope(mail.company_id)
        found = _invitation(tx, scope, mail.subject_id)
        if found is None or found.email is None or not found.open_at(now):
            return None
        words = letters.invitation(
            found.language,
            name=found.name,
            company=tenancy.company(tx, mail.company_id).name,
            place="" if found.place.kind == "company" else found.place.trail,
            inviter=_name_of(tx, scope, found.created_by),
            link=identity.invitation_link(self._portal, self._key, found.id),
            ends=min(found.expires_at, found.ends_at or found.expires_at).astimezone(ZoneInfo(found.place.time_zone)),
        )
        return Letter(mail.id, found.email, found.language, words.subject, words.text, words.html)

    def _password_letter(self, tx: Tx, mail: Mail) -> Letter | None:
        scope = Scope(mail.company_id)
        link = identity.password_link(tx, scope, self._portal, self._key, mail.subject_id, mail.created_at)
        if link is None:
            return None
        user, language, zone = _reader(tx, scope, mail.subject_id)
        ends = identity.password_link_ends(mail.created_at).astimezone(zone)
        words = letters.password_link(language, name=user.name, link=link, ends=ends)
        return Letter(mail.id, user.email, language, words.subject, words.text, words.html)

    def _changed_letter(self, tx: Tx, mail: Mail, change: SignInChange) -> Letter | None:
        try:
            user, language, zone = _reader(tx, Scope(mail.company_id), mail.subject_id)
        except tenancy.UserNotFound:
            return None
        if not user.active:
            return None
        at, profile = mail.created_at.astimezone(zone), f"{self._portal}/portal/profile"
        words = letters.sign_in_changed(language, change, name=user.name, at=at, link=profile)
        return Letter(mail.id, mail.address or user.email, language, words.subject, words.text, words.html)


def _fields(mail: Mail) -> dict[str, str]:
    """What a log line may say of a mail."""
    return {"mail_id": mail.id, "kind": mail.kind, "company_id": mail.company_id}


def _reader(tx: Tx, scope: Scope, user_id: str) -> tuple[tenancy.User, tenancy.Language, ZoneInfo]:
    """A person with the language and the time zone in which they are written to. Raises `UserNotFound`."""
    user = tenancy.user(tx, scope, user_id)
    home = tenancy.place(tx, scope, user.place_id)
    return user, user.language or home.language, ZoneInfo(home.time_zone)


def _invitation(tx: Tx, scope: Scope, invitation_id: str) -> identity.Invitation | None:
    try:
        return identity.invitation(tx, scope, invitation_id)
    except identity.InvitationNotFound:
        return None


def _name_of(tx: Tx, scope: Scope, user_id: str | None) -> str | None:
    """Who invites: nobody to name for a program, or for somebody of another company."""
    if user_id is None:
        return None
    try:
        return tenancy.user(tx, scope, user_id).name
    except tenancy.UserNotFound:
        return None
