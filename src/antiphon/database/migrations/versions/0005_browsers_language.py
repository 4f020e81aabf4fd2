"""A person who chose no language is spoken to in that of their browser."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_browsers_language"
down_revision = "0004_placed_by"
branch_labels = None
depends_on = None
lost_on_the_way_back = "People who chose no language are spoken to in English, whatever their browser says."


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.alter_column("language", existing_type=sa.String(8), nullable=True)


def downgrade() -> None:
    op.execute("UPDATE users SET language = 'en' WHERE language IS NULL")
    with op.batch_alter_table("users") as users:
        users.alter_column("language", existing_type=sa.String(8), nullable=False)
