"""How people and programs prove who they are: pure types and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from antiphon.errors import AntiphonError, BadInput, Conflict, Forbidden, NotFound, Unauthenticated
from antiphon.limits import FRESH_SIGN_IN_S
from antiphon.tenancy import Language, Place, Role


@dataclass(frozen=True, slots=True)
class Session:
    """A browser or app that somebody signed in with."""

    id: str
    user_id: str
    company_id: str
    signed_in_at: datetime  # when they last proved who they are
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    client: str  # what it said it is (User-Agent), cut short
    address: str  # where it was used last

    @property
    def fresh_until(self) -> datetime:
        """Until then it may change how the person signs in."""
        return self.signed_in_at + timedelta(seconds=FRESH_SIGN_IN_S)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody may join with a role at a place; the link that says so is made from the id and never stored."""

    id: str
    company_id: str
    email: str | None
    name: str
    role: Role
    place: Place
    starts_at: datetime | None
    ends_at: datetime | None
    language: Language
    created_at: datetime
    created_by: str | None
    expires_at: datetime
    used_at: datetime | None
    used_by: str | None
    mailed: bool  # a mail with its link was or will be sent

    def open_at(self, now: datetime) -> bool:
        """Whether somebody may still join with it."""
        return self.used_at is None and now < min(self.expires_at, self.ends_at or self.expires_at)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program's key: a role at a place, until it runs out or is revoked. The secret is shown once."""

    id: str
    company_id: str
    name: str
    role: Role
    place: Place
    created_at: datetime
    created_by: str | None
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """A person's second factor as they see it."""

    since: datetime
    recovery_codes_left: int


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of a person: what proves that they have it, and the portal's name that it was made for."""

    id: str
    user_id: str
    company_id: str
    credential_id: str  # base64url
    public_key: str  # base64 of a COSE key
    sign_count: int
    rp_id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


class PasskeyNotFound(NotFound):
    """No such passkey of this person."""

    code = "passkey_not_found"
    title = "This passkey does not exist (any more)."


class PasskeyInvalid(BadInput):
    """What the browser made answers no challenge of ours, is of another portal, or verified nobody."""

    code = "passkey_invalid"
    title = "This passkey can't be added. Start again."


class PasskeyRefused(Unauthenticated):
    """The passkey is not known, or its answer is not good: never told apart."""

    code = "passkey_refused"
    title = "This passkey was not accepted. Try again, or sign in with your password."


class PasskeysNeedName(Conflict):
    """The portal was reached by an address, or by a name that is not ours."""

    code = "passkeys_need_name"
    title = "Passkeys work only where the portal is opened by its own DNS name. Ask whoever runs the platform."


class SecondFactorNeeded(Unauthenticated):
    """The password is right and a code is missing; `challenge` says so for a few minutes."""

    code = "second_factor_needed"
    title = "Enter the code that your authenticator app shows, or one of your recovery codes."

    def __init__(self, challenge: str) -> None:
        super().__init__()
        self.members = {"challenge": challenge}


class SignInExpired(Unauthenticated):
    """What the first half of a sign-in gave is not ours, is too old, or was used."""

    code = "sign_in_expired"
    title = "This sign-in took too long. Start again."


class WrongCode(Unauthenticated):
    """The code is wrong, was used, or belongs to another time."""

    code = "wrong_code"
    title = "This code is wrong or was used already. Wait for the next one."


class SecondFactorNotFound(NotFound):
    """The person has no second factor."""

    code = "second_factor_not_found"
    title = "There is no second factor (any more)."


class SecondFactorThere(Conflict):
    """The person has a second factor."""

    code = "second_factor_there"
    title = "You have a second factor already. Remove it before you set up another one."


class WrongCredentials(Unauthenticated):
    """E-mail or password is wrong, or the user is not active: never told apart."""

    code = "wrong_credentials"
    title = "E-mail or password is wrong. Check both and try again."


class CrossSite(Forbidden):
    """A page of another site sent the request."""

    code = "cross_site"
    title = "This request came from another site and was not carried out."


class PeopleOnly(Forbidden):
    """A program with an API key asked for what only a person can do."""

    code = "people_only"
    title = "An API key can't do this. Sign in as a person."


class SignInAgain(Forbidden):
    """What changes how somebody signs in needs a fresh sign-in."""

    code = "sign_in_again"
    title = "You signed in a while ago. Enter your password once more, then repeat this."


class InvitationInvalid(AntiphonError):
    """The link is not one of ours, was used, withdrawn, or has run out: never told apart to a stranger."""

    code = "invitation_invalid"
    http_status = 410
    sip_status = 404
    title = "This invitation is no longer valid. Ask whoever invited you for a new one."


class MailNotSet(Conflict):
    """No mail server is set up, so nobody gets a link."""

    code = "mail_not_set"
    title = "No mails are sent from here. Ask whoever manages people in your company, or whoever runs the platform."


class ResetInvalid(AntiphonError):
    """The link for a new password is not one of ours, was used, or has run out: never told apart to a stranger."""

    code = "reset_invalid"
    http_status = 410
    sip_status = 404
    title = "This link is no longer valid. Ask for a new one."


class InvitationNotFound(NotFound):
    """No such invitation in this company, or not for this person."""

    code = "invitation_not_found"
    title = "This invitation does not exist (any more)."


class InvitationForOther(Conflict):
    """The invitation names another e-mail address."""

    code = "invitation_for_other"
    title = "This invitation was made for another e-mail address. Sign in with that one, or ask for a new invitation."


class SessionNotFound(NotFound):
    """No such session of this person."""

    code = "session_not_found"
    title = "This session has ended already."


class ApiKeyNotFound(NotFound):
    """No such key in this company, or not for this person."""

    code = "api_key_not_found"
    title = "This key does not exist (any more)."


class NoRightsThere(Forbidden):
    """The person has no rights in that company."""

    code = "no_rights_there"
    title = "You have no rights in this company (any more)."
