"""What was answered to a request that made something, for whoever sends it again; an order of doors to page by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013_answers_kept"
down_revision = "0012_indexes_name_the_company"
branch_labels = None
depends_on = None
lost_on_the_way_back = "Nothing: a request that comes again gives what it made as that is now."


def upgrade() -> None:
    op.add_column("idempotency_keys", sa.Column("answer", sa.Text, nullable=True))
    op.create_index("ix_doors_page", "doors", ["company_id", "name", "id"])
    op.drop_index("ix_doors_company_id", "doors")


def downgrade() -> None:
    op.create_index("ix_doors_company_id", "doors", ["company_id"])
    op.drop_index("ix_doors_page", "doors")
    op.drop_column("idempotency_keys", "answer")
