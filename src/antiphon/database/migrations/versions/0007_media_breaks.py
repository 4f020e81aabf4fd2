"""When the media engine was lost in a call, and how long it took to offer sound and picture anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_media_breaks"
down_revision = "0006_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("media_breaks", sa.Text, nullable=True))
