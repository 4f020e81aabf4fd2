"""Test calls of stations: when they are placed, what came of them, and which stations failed the newest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from antiphon.database.row_security import raise_wall
from antiphon.database.tables import UtcTime

revision = "0018_station_tests"
down_revision = "0017_portraits"
branch_labels = None
depends_on = None
lost_on_the_way_back = "Test calls of stations and their schedules are forgotten."

_TABLES = ("station_tests_failing", "station_tests", "station_test_schedules")


def upgrade() -> None:
    op.create_table(
        "station_test_schedules",
        _company(),
        sa.Column("station_id", sa.String(40), primary_key=True),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("weekdays", sa.String(32), nullable=False),
        sa.Column("times", sa.String(200), nullable=False),
        sa.Column("next_at", UtcTime, nullable=True),
    )
    _index("station_test_schedules", "next_at")
    op.create_table(
        "station_tests",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("station_id", sa.String(40), nullable=False),
        sa.Column("asked_at", UtcTime, nullable=False),
        sa.Column("asked_by", sa.String(120), nullable=True),
        sa.Column("ended_at", UtcTime, nullable=True),
        sa.Column("outcome", sa.String(24), nullable=True),
        sa.Column("set_up_ms", sa.Integer, nullable=True),
        sa.Column("packets", sa.Integer, nullable=True),
        sa.Column("heard", sa.Boolean, nullable=True),
    )
    _index("station_tests", "station_id", "asked_at")
    op.create_table(
        "station_tests_failing",
        _company(),
        sa.Column("station_id", sa.String(40), primary_key=True),
        sa.Column("test_id", sa.String(40), nullable=False),
        sa.Column("since", UtcTime, nullable=False),
        sa.Column("outcome", sa.String(24), nullable=False),
    )
    raise_wall(op.get_bind())


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    raise_wall(op.get_bind())


def _company() -> sa.Column[str]:
    return sa.Column("company_id", sa.String(40), sa.ForeignKey("companies.id"), nullable=False, index=True)


def _index(table: str, *columns: str) -> None:
    for column in columns:
        whole = [column, "company_id"] if column.endswith("_id") else [column]
        op.create_index(f"ix_{table}_{column}", table, whole)
