"""Every call keeps its trace: whom it rang and why, and what became of that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from antiphon.database.row_security import raise_wall
from antiphon.database.tables import UtcTime

revision = "0016_call_traces"
down_revision = "0015_ring_plans"
branch_labels = None
depends_on = None
lost_on_the_way_back = "Traces of calls are forgotten: why a call rang whom cannot be told any more."


def upgrade() -> None:
    op.create_table(
        "call_traces",
        sa.Column("company_id", sa.String(40), sa.ForeignKey("companies.id"), nullable=False, index=True),
        sa.Column("call_id", sa.String(40), sa.ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("written_at", UtcTime, nullable=False),
    )
    raise_wall(op.get_bind())


def downgrade() -> None:
    op.drop_table("call_traces")
