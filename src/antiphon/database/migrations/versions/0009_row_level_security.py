"""PostgreSQL keeps companies apart by itself, with row security on every tenant table (record 0023). Nothing on SQLite."""

from __future__ import annotations

from alembic import op

from antiphon.database.row_security import raise_wall, take_down_wall

revision = "0009_row_level_security"
down_revision = "0008_places_and_rights"
branch_labels = None
depends_on = None
lost_on_the_way_back = "PostgreSQL no longer keeps companies apart by itself; no data are lost."


def upgrade() -> None:
    raise_wall(op.get_bind())


def downgrade() -> None:
    take_down_wall(op.get_bind())
