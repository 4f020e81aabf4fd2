"""Contacts, ring groups, ring plans, do not disturb and ring settings; buttons are bound to all of these, and have a priority."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from antiphon.database.conditions import binary_text
from antiphon.database.row_security import raise_wall
from antiphon.database.tables import UtcTime

revision = "0015_ring_plans"
down_revision = "0014_found_by_more"
branch_labels = None
depends_on = None
lost_on_the_way_back = (
    "Contacts, ring groups, ring plans, do not disturb, ring settings and priorities are forgotten; "
    "buttons ring the people and accounts that they are bound to themselves."
)

_TABLES = ("do_not_disturb", "ring_plan_members", "ring_plans", "ring_settings", "ring_groups", "contacts")


def upgrade() -> None:
    op.add_column("buttons", sa.Column("priority", sa.String(8), nullable=False, server_default="normal"))
    _bound("button_members", "member_id", sa.Column("member_kind", sa.String(16), nullable=False))
    columns = "company_id, id, button_id, position"
    for table, kind in (("button_targets", "user"), ("button_accounts", "account")):
        op.execute(
            f"INSERT INTO button_members ({columns}, member_kind, member_id) "  # noqa: S608 names of ours
            f"SELECT {columns}, '{kind}', {kind}_id FROM {table}"
        )
        op.drop_table(table)
    for name, *further in (("contacts", sa.Column("company_name", sa.String(120), nullable=False)), ("ring_groups",)):
        op.create_table(
            name,
            _company(indexed=False),
            sa.Column("id", sa.String(40), primary_key=True),
            sa.Column("place_id", sa.String(40), sa.ForeignKey("places.id"), nullable=False),
            sa.Column("name", sa.String(120), nullable=False),
            sa.Column("sort_key", binary_text(120), nullable=False),
            *further,
            sa.Column("created_at", UtcTime, nullable=False),
        )
        op.create_index(f"ix_{name}_sorted", name, ["company_id", "sort_key", "id"])
        _index(name, "place_id")
    op.create_table(
        "ring_plans",
        _company(indexed=False),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("owner_kind", sa.String(16), nullable=False),
        sa.Column("owner_id", sa.String(40), nullable=False),
        sa.Column("in_force", sa.Text, nullable=True),
        sa.Column("in_force_at", UtcTime, nullable=True),
        sa.Column("in_force_by", sa.String(120), nullable=True),
        sa.Column("draft", sa.Text, nullable=True),
        sa.Column("draft_at", UtcTime, nullable=True),
        sa.Column("draft_by", sa.String(120), nullable=True),
        sa.Column("before", sa.Text, nullable=True),
        sa.Column("undoable", sa.Boolean, nullable=False),
    )
    op.create_index("ix_ring_plans_owner", "ring_plans", ["company_id", "owner_id"], unique=True)
    op.create_table(
        "ring_plan_members",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("plan_id", sa.String(40), sa.ForeignKey("ring_plans.id"), nullable=False),
        sa.Column("version", sa.String(8), nullable=False),
        sa.Column("member_kind", sa.String(16), nullable=False),
        sa.Column("member_id", sa.String(40), nullable=False),
    )
    _index("ring_plan_members", "plan_id", "member_id")
    op.create_table(
        "do_not_disturb",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("place_id", sa.String(40), sa.ForeignKey("places.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("starts_at", UtcTime, nullable=False),
        sa.Column("ends_at", UtcTime, nullable=True),
        sa.Column("times", sa.Text, nullable=True),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("set_by", sa.String(120), nullable=False),
        sa.Column("set_at", UtcTime, nullable=False),
    )
    _index("do_not_disturb", "user_id", "place_id")
    op.create_table(
        "ring_settings",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("last_resort", sa.Text, nullable=True),
        sa.Column("alarm_breaks_quiet", sa.Boolean, nullable=False),
        sa.Column("holiday_country", sa.String(2), nullable=True),
        sa.Column("holiday_region", sa.String(8), nullable=True),
    )
    raise_wall(op.get_bind())


def downgrade() -> None:
    op.execute("DELETE FROM search_words WHERE kind IN ('contact', 'group')")
    for table in _TABLES:
        op.drop_table(table)
    columns = "company_id, id, button_id, position"
    for table, kind, reference in (("button_targets", "user", "users.id"), ("button_accounts", "account", None)):
        _bound(table, f"{kind}_id", reference=reference)
        op.execute(
            f"INSERT INTO {table} ({columns}, {kind}_id) "  # noqa: S608 names of ours
            f"SELECT {columns}, member_id FROM button_members WHERE member_kind = '{kind}'"
        )
    op.drop_table("button_members")
    op.drop_column("buttons", "priority")
    raise_wall(op.get_bind())


def _bound(table: str, member: str, *further: sa.Column[str], reference: str | None = None) -> None:
    keys = (sa.ForeignKey(reference),) if reference else ()
    op.create_table(
        table,
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("button_id", sa.String(40), sa.ForeignKey("buttons.id"), nullable=False),
        *further,
        sa.Column(member, sa.String(40), *keys, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.UniqueConstraint("button_id", member),
    )
    _index(table, "button_id", member)


def _company(*, indexed: bool = True) -> sa.Column[str]:
    return sa.Column("company_id", sa.String(40), sa.ForeignKey("companies.id"), nullable=False, index=indexed)


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(f"ix_{table}_{column}", table, [column, "company_id"])
