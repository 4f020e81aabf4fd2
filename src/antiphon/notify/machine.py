"""When a mail is tried, tried again and given up: pure, each step gives the mail as it is from then on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from antiphon.limits import MAIL_GIVEN_UP_AFTER_S, MAIL_RETRY_MAX_S, MAIL_RETRY_MIN_S, PASSWORD_LINK_VALID_S
from antiphon.notify.model import Kind, Mail, Reason, State

# A link for a password is worth nothing after its hour.
_SOONER_S: dict[Kind, float] = {"password_link": min(MAIL_GIVEN_UP_AFTER_S, PASSWORD_LINK_VALID_S)}


def given_up_at(mail: Mail) -> datetime:
    """From when on it is not tried any more."""
    return mail.created_at + timedelta(seconds=_SOONER_S.get(mail.kind, MAIL_GIVEN_UP_AFTER_S))


def trying(mail: Mail, now: datetime) -> Mail:
    """It is tried now. Written down before, so that one that ends the process is not tried at once again."""
    wait_s = min(MAIL_RETRY_MAX_S, MAIL_RETRY_MIN_S * 2.0 ** min(mail.tries, 30))
    return replace(mail, tries=mail.tries + 1, next_at=min(now + timedelta(seconds=wait_s), given_up_at(mail)))


def ended(mail: Mail, now: datetime, state: State, reason: Reason | None = None) -> Mail:
    """It is sent, dropped or given up, and never tried again. Where it went is nobody's business from then on."""
    return replace(mail, state=state, reason=reason, next_at=None, ended_at=now, address=None)


def is_too_late(mail: Mail, now: datetime) -> bool:
    """Whether it is time to give it up."""
    return now >= given_up_at(mail)
