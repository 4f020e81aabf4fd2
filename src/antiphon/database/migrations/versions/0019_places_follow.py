"""A place says its own time zone and language, or follows the nearest place around it that does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019_places_follow"
down_revision = "0018_station_tests"
branch_labels = None
depends_on = None
lost_on_the_way_back = "Which places follow the one around them: each keeps the time zone and language that it has."

_SAID = ("time_zone", "language")
_PLACES = sa.table("places", *(sa.column(name) for name in ("id", "parent_id", "kind", *_SAID)))


def upgrade() -> None:
    outer = _PLACES.alias("outer_place")
    for said in _SAID:
        own = sa.Column(f"own_{said}", sa.Boolean, nullable=False, server_default=sa.false())
        op.add_column("places", own)
        # What differs from its parent was chosen there. Folders have their site's.
        differs = sa.exists().where(outer.c.id == _PLACES.c.parent_id, outer.c[said] != _PLACES.c[said])
        chosen = sa.or_(_PLACES.c.kind == "company", sa.and_(_PLACES.c.kind.in_(("project", "site")), differs))
        _PLACES.append_column(sa.column(own.name))
        op.execute(sa.update(_PLACES).values({own.name: sa.true()}).where(chosen))


def downgrade() -> None:
    with op.batch_alter_table("places") as places:
        for said in _SAID:
            places.drop_column(f"own_{said}")
