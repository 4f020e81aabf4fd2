"""Who called the station, on the call's own line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_placed_by"
down_revision = "0003_calls"
branch_labels = None
depends_on = None
lost_on_the_way_back = "Who placed a call to a station is no longer on the call itself; it stays on the call's leg."


def upgrade() -> None:
    op.add_column("calls", sa.Column("placed_by", sa.String(120), nullable=True))
    # Whoever placed a call is its only client's leg.
    op.execute(
        "UPDATE calls SET placed_by = (SELECT MIN(who) FROM call_legs WHERE call_legs.call_id = calls.id AND kind = 'client')"
        " WHERE direction = 'to_station'"
    )


def downgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("placed_by")
