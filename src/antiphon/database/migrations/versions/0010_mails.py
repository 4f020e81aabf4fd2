"""The queue of mails, and on each invitation whether a mail with it was or will be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from antiphon.database.row_security import raise_wall
from antiphon.database.tables import UtcTime

revision = "0010_mails"
down_revision = "0009_row_level_security"
branch_labels = None
depends_on = None
lost_on_the_way_back = "Mails that still wait are not sent; what became of earlier ones is forgotten."


def upgrade() -> None:
    op.create_table(
        "mails",
        sa.Column("company_id", sa.String(40), sa.ForeignKey("companies.id"), nullable=False, index=True),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("fact_id", sa.String(40), nullable=False, unique=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject_id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(40), nullable=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False, index=True),
        sa.Column("next_at", UtcTime, nullable=True, index=True),
        sa.Column("ended_at", UtcTime, nullable=True),
    )
    # Mail was never sent before: of invitations that are open, none was.
    op.add_column("invitations", sa.Column("mailed", sa.Boolean, nullable=False, server_default=sa.false()))
    raise_wall(op.get_bind())


def downgrade() -> None:
    with op.batch_alter_table("invitations") as invitations:
        invitations.drop_column("mailed")
    op.drop_table("mails")
