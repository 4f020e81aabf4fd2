"""The audit trail: who changed what about places, people, rights and keys. Rows are added, never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast, get_args

import sqlalchemy as sa

from antiphon.clock import new_id
from antiphon.database import Scope, Tx, UtcTime, explain, outbox, tenant_table
from antiphon.events import ConfigurationChanged
from antiphon.tenancy.model import Principal

# Everything that is written down. The portal has a sentence for each; what was once written is never taken off the list.
Action = Literal[
    "account.added",
    "account.changed",
    "account.password_made",
    "account.removed",
    "buttons.changed",
    "company.added",
    "company.recovered",
    "contact.added",
    "contact.changed",
    "contact.logo_removed",
    "contact.logo_set",
    "contact.picture_removed",
    "contact.picture_set",
    "contact.removed",
    "do_not_disturb.changed",
    "door.added",
    "door.changed",
    "door.removed",
    "grant.changed",
    "grant.given",
    "grant.taken",
    "invitation.made",
    "invitation.used",
    "invitation.withdrawn",
    "key.added",
    "key.revoked",
    "passkey.added",
    "passkey.changed",
    "passkey.removed",
    "passkeys.removed",
    "place.added",
    "place.changed",
    "place.moved",
    "place.removed",
    "recovery_codes.renewed",
    "ring_group.added",
    "ring_group.changed",
    "ring_group.removed",
    "ring_plan.drafted",
    "ring_plan.put_in_force",
    "ring_plan.undone",
    "ring_settings.changed",
    "role.added",
    "role.changed",
    "role.removed",
    "second_factor.added",
    "second_factor.removed",
    "station.added",
    "station.changed",
    "station.code_made",
    "station.removed",
    "station.revoked",
    "station.tested",
    "station.tests_scheduled",
    "user.added",
    "user.changed",
    "user.deactivated",
    "user.password_changed",
    "user.password_reset",
]
ACTIONS: tuple[Action, ...] = get_args(Action)
ActorKind = Literal["user", "key", "machine"]  # machine: whoever runs the platform, at its command line

audit_rows = tenant_table(
    "audit",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor_kind", sa.String(16), nullable=False),
    sa.Column("actor_id", sa.String(40), nullable=True),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("subject_id", sa.String(40), nullable=False, index=True),
    sa.Column("details", sa.Text, nullable=False),  # JSON; ids and new values, never secrets
    sa.Index("ix_audit_page", "company_id", "id"),
)
explain(
    audit_rows,
    "Who changed what: written with the change itself, never changed.",
    at="When.",
    actor_kind="user, key or machine (whoever runs the platform, at its command line).",
    actor_id="Which person or API key; null: the machine.",
    action="What was done.",
    subject_id="What it was done to.",
    details="JSON: ids and new values, never secrets.",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One change."""

    id: str
    at: datetime
    actor_kind: ActorKind
    actor_id: str | None
    action: Action  # or one that a newer release has written
    subject_id: str
    details: Mapping[str, Any]


def record(
    tx: Tx,
    scope: Scope,
    who: Principal | None,
    now: datetime,
    action: Action,
    subject_id: str,
    **details: str | bool | list[str] | None,
) -> None:
    """Write down a change in the transaction that makes it; `who` None: whoever runs the machine."""
    values = {"id": new_id("audit"), "at": now, "actor_kind": who.kind if who else "machine"}
    values |= {"actor_id": who.user_id if who else None, "action": action, "subject_id": subject_id}
    given = {name: value for name, value in details.items() if value is not None}
    tx.insert(scope, audit_rows, values | {"details": json.dumps(given, sort_keys=True)})
    outbox.append(tx, scope, ConfigurationChanged(new_id("fact"), scope.company_id, now, action, subject_id))


def page(
    tx: Tx,
    scope: Scope,
    *,
    subject_id: str | None = None,
    actor_id: str | None = None,
    after: Sequence[Any] | None,
    limit: int,
) -> tuple[Entry, ...]:  # Any: a cursor's values
    """What was changed, newest first; only what was done to that thing, or by that person or key."""
    asked = ((audit_rows.c.subject_id, subject_id), (audit_rows.c.actor_id, actor_id))
    where = [column == value for column, value in asked if value is not None]
    order = (audit_rows.c.id,)
    rows = tx.page(scope, audit_rows, where=where, order_by=order, after=after, limit=limit, descending=True)
    return tuple(_entry(row) for (row,) in rows)


def about(tx: Tx, scope: Scope, subject_ids: Sequence[str], actions: Sequence[Action]) -> tuple[Entry, ...]:
    """Those of these things that were done to any of these subjects, the oldest first."""
    asked = audit_rows.c.subject_id.in_(subject_ids), audit_rows.c.action.in_(actions)
    return tuple(_entry(row) for row in tx.all(scope, audit_rows, *asked, order_by=(audit_rows.c.id,)))


def _entry(row: Mapping[Any, Any]) -> Entry:  # Any: a row
    return Entry(
        row["id"],
        row["at"],
        row["actor_kind"],
        row["actor_id"],
        cast(Action, row["action"]),
        row["subject_id"],
        json.loads(row["details"]),
    )
