"""Pictures and company logos of contacts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from antiphon.database.row_security import raise_wall
from antiphon.database.tables import UtcTime

revision = "0017_portraits"
down_revision = "0016_call_traces"
branch_labels = None
depends_on = None
lost_on_the_way_back = "Pictures and logos of contacts are forgotten."


def upgrade() -> None:
    op.create_table(
        "contact_portraits",
        sa.Column("company_id", sa.String(40), sa.ForeignKey("companies.id"), nullable=False, index=True),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("contact_id", sa.String(40), sa.ForeignKey("contacts.id"), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("content_hash", sa.String(24), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.UniqueConstraint("contact_id", "kind"),
    )
    op.create_index("ix_contact_portraits_contact_id", "contact_portraits", ["contact_id", "company_id"])
    raise_wall(op.get_bind())


def downgrade() -> None:
    op.drop_table("contact_portraits")
