"""Indexes of ids name the company too, those of the company alone go where another begins with it; some to count and to filter by (record 0025)."""

from __future__ import annotations

from alembic import op

revision = "0012_indexes_name_the_company"
down_revision = "0011_second_factors"
branch_labels = None
depends_on = None
lost_on_the_way_back = "Nothing."

_IDS = {
    "api_keys": ("place_id",),
    "audit": ("subject_id",),
    "button_accounts": ("account_id", "button_id"),
    "button_targets": ("button_id", "user_id"),
    "buttons": ("station_id",),
    "call_legs": ("call_id",),
    "calls": ("place_id", "station_id"),
    "certificates": ("device_id",),
    "claim_codes": ("device_id",),
    "devices": ("place_id",),
    "doors": ("station_id",),
    "grants": ("place_id", "role_id", "user_id"),
    "invitations": ("place_id",),
    "passkeys": ("user_id",),
    "places": ("parent_id", "site_id"),
    "recovery_codes": ("user_id",),
    "search_words": ("place_id",),
    "snapshots": ("call_id", "station_id"),
    "user_sessions": ("user_id",),
    "users": ("place_id",),
}
_MADE = (
    ("ix_door_log_page", "door_log", ["company_id", "id"]),
    ("ix_devices_status", "devices", ["company_id", "kind", "status", "sort_key", "id"]),
    ("ix_devices_online", "devices", ["company_id", "kind", "online", "sort_key", "id"]),
    ("ix_devices_counted", "devices", ["company_id", "kind", "place_id", "status", "online"]),
    ("ix_reported_states_failed", "reported_states", ["company_id", "error", "device_id"]),
    ("ix_users_active", "users", ["company_id", "active", "sort_key", "id"]),
)
_COMPANIES = (
    "audit",
    "calls",
    "devices",
    "door_log",
    "grants",
    "invitations",
    "places",
    "reported_states",
    "search_words",
    "users",
)


def upgrade() -> None:
    for name, table, columns in _MADE:
        op.create_index(name, table, columns)
    for table in _COMPANIES:
        op.drop_index(f"ix_{table}_company_id", table)
    _index_ids("company_id")


def downgrade() -> None:
    _index_ids()
    for table in _COMPANIES:
        op.create_index(f"ix_{table}_company_id", table, ["company_id"])
    for name, table, _ in _MADE:
        op.drop_index(name, table)


def _index_ids(*further: str) -> None:
    for table, columns in _IDS.items():
        for column in columns:
            op.drop_index(f"ix_{table}_{column}", table)
            op.create_index(f"ix_{table}_{column}", table, [column, *further])
