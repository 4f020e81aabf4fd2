"""Stations, claim codes, certificates, desired and reported states, doors, requests to open them, the door log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from antiphon.database.tables import UtcTime

revision = "0002_devices"
down_revision = "0001_tenancy"
branch_labels = None
depends_on = None


def _company() -> sa.Column[str]:
    return sa.Column("company_id", sa.String(40), sa.ForeignKey("companies.id"), nullable=False, index=True)


def _device(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "device_id",
        sa.String(40),
        sa.ForeignKey("devices.id"),
        nullable=False,
        primary_key=primary_key,
        index=not primary_key,
    )


def upgrade() -> None:
    op.create_table(
        "devices",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("site_id", sa.String(40), sa.ForeignKey("sites.id"), nullable=False, index=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("spot", sa.String(120), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("online", sa.Boolean, nullable=False),
        sa.Column("since", UtcTime, nullable=True),
        sa.Column("model", sa.String(64), nullable=True),
        sa.Column("software", sa.String(64), nullable=True),
        sa.Column("created_at", UtcTime, nullable=False),
    )
    op.create_table(
        "claim_codes",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        _device(),
        sa.Column("code_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.Column("used_at", UtcTime, nullable=True),
        sa.Column("used_serial", sa.String(40), nullable=True),
    )
    op.create_table(
        "certificates",
        _company(),
        sa.Column("serial", sa.String(40), primary_key=True),
        _device(),
        sa.Column("key_fingerprint", sa.String(64), nullable=False),
        sa.Column("chain_pem", sa.Text, nullable=False),
        sa.Column("issued_at", UtcTime, nullable=False),
        sa.Column("not_after", UtcTime, nullable=False),
        sa.Column("revoked_at", UtcTime, nullable=True, index=True),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.Column("enforced_at", UtcTime, nullable=True),
    )
    op.create_table(
        "desired_states",
        _company(),
        _device(primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("changed_at", UtcTime, nullable=False),
        sa.Column("published_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "reported_states",
        _company(),
        _device(primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("error", sa.String(500), nullable=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
    )
    op.create_table(
        "doors",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("station_id", sa.String(40), sa.ForeignKey("devices.id"), nullable=False, index=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("output", sa.String(32), nullable=False),
        sa.Column("pulse_s", sa.Float, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.UniqueConstraint("station_id", "output"),
    )
    op.create_table(
        "door_requests",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("door_id", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("started_at", UtcTime, nullable=False),
        sa.Column("outcome", sa.String(32), nullable=True),
        sa.Column("error", sa.String(64), nullable=True),
        sa.UniqueConstraint("company_id", "request_id"),
    )
    op.create_table(
        "door_log",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("at", UtcTime, nullable=False, index=True),
        sa.Column("door_id", sa.String(64), nullable=False),
        sa.Column("station_id", sa.String(40), nullable=True),
        sa.Column("actor_kind", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=True),
        sa.Column("call_id", sa.String(64), nullable=True),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("repeated", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("error", sa.String(64), nullable=True),
    )
    # What the SIP edge reads, and nothing more. `serial` is lower-case hex without leading zeros.
    op.execute(
        "CREATE VIEW revoked_certificates AS SELECT serial AS serial FROM certificates WHERE revoked_at IS NOT NULL"
    )
