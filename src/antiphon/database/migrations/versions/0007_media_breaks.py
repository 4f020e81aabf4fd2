"""When the media engine was lost in a call, and how long it took to offer sound and picture anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_media_breaks"
down_revision = "0006_accounts"
branch_labels = None
depends_on = None
lost_on_the_way_back = (
    "When the media engine was lost in a call, and how long sound was away, is no longer on the call."
)


def upgrade() -> None:
    op.add_column("calls", sa.Column("media_breaks", sa.Text, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("media_breaks")
