"""Calls, their legs, the callers' pictures and the newest picture of each station."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from antiphon.database.tables import UtcTime

revision = "0003_calls"
down_revision = "0002_devices"
branch_labels = None
depends_on = None


def _company() -> sa.Column[str]:
    return sa.Column("company_id", sa.String(40), sa.ForeignKey("companies.id"), nullable=False, index=True)


def upgrade() -> None:
    op.create_table(
        "calls",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("station_id", sa.String(40), nullable=False, index=True),
        sa.Column("station_name", sa.String(120), nullable=False),
        sa.Column("place", sa.String(250), nullable=False),
        sa.Column("direction", sa.String(16), nullable=False),
        sa.Column("button", sa.String(64), nullable=False),
        sa.Column("started_at", UtcTime, nullable=False),
        sa.Column("answered_at", UtcTime, nullable=True),
        sa.Column("ended_at", UtcTime, nullable=True),
        sa.Column("cause", sa.String(32), nullable=True),
        sa.Column("ended_by", sa.String(16), nullable=True),
        sa.Column("answered_by_user", sa.String(40), nullable=True),
        sa.Column("answered_by", sa.String(120), nullable=True),
        sa.Column("doors_opened", sa.Integer, nullable=False),
        sa.Column("snapshot_id", sa.String(40), nullable=True),
    )
    op.create_table(
        "call_legs",
        _company(),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("call_id", sa.String(40), sa.ForeignKey("calls.id"), nullable=False, index=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=True),
        sa.Column("who", sa.String(120), nullable=False),
        sa.Column("cause", sa.String(32), nullable=False),
        sa.Column("rang_at", UtcTime, nullable=True),
        sa.Column("answered_at", UtcTime, nullable=True),
        sa.Column("ended_at", UtcTime, nullable=False),
    )
    op.create_table(
        "snapshots",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("call_id", sa.String(40), nullable=False, index=True),
        sa.Column("station_id", sa.String(40), nullable=False, index=True),
        sa.Column("taken_at", UtcTime, nullable=False, index=True),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("size_bytes", sa.Integer, nullable=False),
    )
    op.create_table(
        "last_pictures",
        _company(),
        sa.Column("station_id", sa.String(40), primary_key=True),
        sa.Column("snapshot_id", sa.String(40), nullable=False),
        sa.Column("taken_at", UtcTime, nullable=False),
    )
