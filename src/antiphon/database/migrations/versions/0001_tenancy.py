"""Companies, projects, sites, folders, users, their sessions, buttons, the outbox and digest accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from antiphon.database.tables import UtcTime

revision = "0001_tenancy"
down_revision = None
branch_labels = None
depends_on = None


def _company() -> sa.Column[str]:
    return sa.Column("company_id", sa.String(40), sa.ForeignKey("companies.id"), nullable=False, index=True)


def upgrade() -> None:
    op.create_table(
        "companies",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
    )
    op.create_table(
        "projects",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
    )
    op.create_table(
        "sites",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("project_id", sa.String(40), sa.ForeignKey("projects.id"), nullable=False, index=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
    )
    op.create_table(
        "folders",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("site_id", sa.String(40), sa.ForeignKey("sites.id"), nullable=False, index=True),
        sa.Column("parent_id", sa.String(40), sa.ForeignKey("folders.id"), nullable=True, index=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("path", sa.String(500), nullable=False, index=True),
        sa.Column("created_at", UtcTime, nullable=False),
    )
    op.create_table(
        "users",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("email", sa.String(254), nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
    )
    op.create_table(
        "user_sessions",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False, index=True),
    )
    op.create_table(
        "buttons",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("station_id", sa.String(40), nullable=False, index=True),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("rings_everyone", sa.Boolean, nullable=False),
        sa.UniqueConstraint("station_id", "name"),
    )
    op.create_table(
        "button_targets",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("button_id", sa.String(40), sa.ForeignKey("buttons.id"), nullable=False, index=True),
        sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.UniqueConstraint("button_id", "user_id"),
    )
    op.create_table(
        "outbox",
        _company(),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True),
        sa.Column("id", sa.String(40), nullable=False, unique=True),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("delivered_at", UtcTime, nullable=True, index=True),
    )
    op.create_table(
        "digest_accounts",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("realm", sa.String(120), nullable=False),
        sa.Column("ha1", sa.String(64), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.UniqueConstraint("username", "realm"),
    )
    # What the SIP edge reads, and nothing more.
    op.execute(
        'CREATE VIEW sip_accounts AS SELECT username AS "user", realm AS realm, ha1 AS ha1 FROM digest_accounts WHERE active'
    )
