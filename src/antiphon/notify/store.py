"""The queue of mails in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from antiphon.database import PLATFORM, Scope, Tx, UtcTime, explain, tenant_table
from antiphon.limits import MAILS_KEPT_DAYS
from antiphon.notify.model import Mail

mails = tenant_table(
    "mails",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("fact_id", sa.String(40), nullable=False, unique=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("subject_id", sa.String(40), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(40), nullable=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False, index=True),
    sa.Column("next_at", UtcTime, nullable=True, index=True),  # None: it has ended
    sa.Column("ended_at", UtcTime, nullable=True),
    sa.Column("address", sa.String(254), nullable=True),
)
explain(
    mails,
    "The queue of mails, and what became of each. No words and no link are kept.",
    fact_id="What it came from: the same fact gives one mail.",
    kind="invitation, password_link, or what of somebody's sign-in changed (password_changed, factor_added ...).",
    subject_id="The invitation or person it is about; what stands in it is made from that at each try.",
    state="waiting, sent, dropped or given_up.",
    reason="Why it was not sent: gone, refused or too_late; null: it was, or still waits.",
    tries="How often it was tried.",
    created_at="When it was asked for.",
    next_at="When it is tried next; null: it has ended.",
    ended_at="When it ended; null: it still waits.",
    address="Where it goes while it waits, if not where its subject says: the address that somebody had before.",
)
_WAITING = mails.c.next_at.is_not(None)


def add(tx: Tx, mail: Mail) -> bool:
    """Put it into the queue; False when its fact gave a mail before."""
    scope = Scope(mail.company_id)
    if tx.first(scope, mails, fact_id=mail.fact_id) is not None:
        return False
    tx.insert(scope, mails, asdict(mail))
    return True


def due(tx: Tx, now: datetime, limit: int) -> tuple[Mail, ...]:
    """Mails of all companies that are to be tried by now, those that waited longest first."""
    order = (mails.c.next_at, mails.c.id)
    return tuple(_mail(row) for row in tx.all(PLATFORM, mails, mails.c.next_at <= now, order_by=order, limit=limit))


def next_due(tx: Tx) -> datetime | None:
    """When the next one is to be tried."""
    row = tx.first(PLATFORM, mails, _WAITING, order_by=(mails.c.next_at,))
    return row["next_at"] if row else None


def change(tx: Tx, before: Mail, after: Mail) -> bool:
    """Write down what became of it; False when somebody else did meanwhile."""
    values = {name: value for name, value in asdict(after).items() if name not in ("id", "company_id", "fact_id")}
    return bool(tx.update(Scope(before.company_id), mails, _WAITING, values=values, id=before.id, tries=before.tries))


def forget_old_mails(tx: Tx, now: datetime) -> int:
    """Remove mails that ended long ago; returns how many."""
    return tx.delete(PLATFORM, mails, mails.c.ended_at <= now - timedelta(days=MAILS_KEPT_DAYS))


def _mail(row: Mapping[Any, Any]) -> Mail:  # Any: columns of every type
    return Mail(
        id=row["id"],
        company_id=row["company_id"],
        fact_id=row["fact_id"],
        kind=row["kind"],
        subject_id=row["subject_id"],
        created_at=row["created_at"],
        next_at=row["next_at"],
        state=row["state"],
        reason=row["reason"],
        tries=row["tries"],
        ended_at=row["ended_at"],
        address=row["address"],
    )
