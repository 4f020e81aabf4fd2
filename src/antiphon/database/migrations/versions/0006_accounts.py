"""Stations of other makers: each a device of another kind, with its digest account and the buttons that ring it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_accounts"
down_revision = "0005_browsers_language"
branch_labels = None
depends_on = None
no_way_back = "Stations of other makers are devices of a new kind, with accounts that a release before does not know."


def _company() -> sa.Column[str]:
    return sa.Column("company_id", sa.String(40), sa.ForeignKey("companies.id"), nullable=False, index=True)


def upgrade() -> None:
    op.add_column("devices", sa.Column("kind", sa.String(16), nullable=False, server_default="station"))
    # Nothing has ever made an account in the old table; the view hangs on it.
    op.execute("DROP VIEW sip_accounts")
    op.drop_table("digest_accounts")
    op.create_table(
        "accounts",
        _company(),
        sa.Column("device_id", sa.String(40), sa.ForeignKey("devices.id"), primary_key=True),
        sa.Column("number", sa.String(16), nullable=False, unique=True),
        sa.Column("realm", sa.String(120), nullable=False),
        sa.Column("ha1", sa.String(64), nullable=False),
        sa.Column("early_video", sa.Boolean, nullable=False),
        sa.Column("opens_doors", sa.Boolean, nullable=False),
    )
    op.create_table(
        "button_accounts",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("button_id", sa.String(40), sa.ForeignKey("buttons.id"), nullable=False, index=True),
        sa.Column("account_id", sa.String(40), nullable=False, index=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.UniqueConstraint("button_id", "account_id"),
    )
    # What the SIP edge reads, and nothing more.
    op.execute('CREATE VIEW sip_accounts AS SELECT number AS "user", realm AS realm, ha1 AS ha1 FROM accounts')
