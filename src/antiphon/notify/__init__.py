"""Tells people what they have to know: mails with links, queued in the database and sent by the worker (record 0022)."""

from antiphon.notify.service import Mailroom
from antiphon.notify.store import forget_old_mails

__all__ = ["Mailroom", "forget_old_mails"]
