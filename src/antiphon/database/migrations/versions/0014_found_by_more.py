"""People are found by their e-mail address, doors by their name, guests by their grants; a mail may go to an address of before."""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

from antiphon.clock import new_id

revision = "0014_found_by_more"
down_revision = "0013_answers_kept"
branch_labels = None
depends_on = None
lost_on_the_way_back = (
    "Whoever waits to be told at their old address that they have another one is told at the new one."
)


def upgrade() -> None:
    op.add_column("grants", sa.Column("of_guest", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("ix_grants_guests", "grants", ["company_id", "of_guest", "id"])
    own = "SELECT 1 FROM users WHERE users.id = grants.user_id AND users.company_id = grants.company_id"
    op.execute(
        sa.update(sa.table("grants", sa.column("of_guest")))
        .values(of_guest=sa.true())
        .where(sa.text(f"NOT EXISTS ({own})"))
    )
    op.add_column("mails", sa.Column("address", sa.String(254), nullable=True))
    people = "SELECT company_id, id, place_id, name, email FROM users"
    for company_id, thing_id, place_id, name, email in op.get_bind().execute(sa.text(people)).all():
        address = _folded(email)
        own, _, domain = address.partition("@")
        _put(company_id, "email", thing_id, place_id, name, _words(own) | {address[:60], f"@{domain}"[:60]})
    doors = (
        "SELECT doors.company_id, doors.id, devices.place_id, doors.name FROM doors "
        "JOIN devices ON devices.id = doors.station_id"
    )
    for company_id, thing_id, place_id, name in op.get_bind().execute(sa.text(doors)).all():
        _put(company_id, "door", thing_id, place_id, name, _words(_folded(name)))


def downgrade() -> None:
    op.execute("DELETE FROM search_words WHERE kind IN ('email', 'door')")
    with op.batch_alter_table("mails") as mails:
        mails.drop_column("address")
    op.drop_index("ix_grants_guests", "grants")
    with op.batch_alter_table("grants") as grants:
        grants.drop_column("of_guest")


_COLUMNS = ("id", "company_id", "word", "kind", "thing_id", "place_id", "title")
_SEARCH_WORDS = sa.table("search_words", *(sa.column(name) for name in _COLUMNS))


def _put(company_id: str, kind: str, thing_id: str, place_id: str, title: str, words: set[str]) -> None:
    same = {"company_id": company_id, "kind": kind, "thing_id": thing_id, "place_id": place_id, "title": title}
    rows = [{"id": new_id("word"), "word": word, **same} for word in sorted(words)[:12]]
    if rows:
        op.get_bind().execute(_SEARCH_WORDS.insert(), rows)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _words(folded: str) -> set[str]:
    return {word[:60] for word in "".join(one if one.isalnum() else " " for one in folded).split()}
