"""One tree of places in place of projects, sites and folders; roles and grants in place of one role; rotating sessions.

Administrators become owners and operators stay operators, company-wide: everybody keeps what they could do. Everybody signs
in anew once, because refresh tokens are of another kind.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from antiphon.clock import new_id
from antiphon.database.tables import UtcTime

revision = "0008_places_and_rights"
down_revision = "0007_media_breaks"
branch_labels = None
depends_on = None
lost_on_the_way_back = (
    "Roles of your own, grants below the whole company, invitations, API keys and the audit trail are gone; people who were "
    "neither owner, administrator nor operator of the whole company are deactivated, and everybody signs in anew. "
    "Stations in folders lie at the folder's site, and where a call came from is cut to 250 letters."
)

Row = Mapping[Any, Any]  # Any: columns of every type


def _c(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _company() -> sa.Column[str]:
    return sa.Column("company_id", sa.String(40), sa.ForeignKey("companies.id"), nullable=False, index=True)


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.String(40), primary_key=True)


def _at_place(*, nullable: bool = False) -> sa.Column[str]:
    return sa.Column("place_id", sa.String(40), sa.ForeignKey("places.id"), nullable=nullable, index=True)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _rows(table: str) -> list[Row]:
    return list(op.get_bind().execute(sa.text(f"SELECT * FROM {table}")).mappings())  # noqa: S608 our own table names


def upgrade() -> None:
    _make_tables()
    _fill_places()
    _place_devices()
    _place_people()
    _place_calls()
    _new_sessions()
    _fill_search()
    for table in ("folders", "sites", "projects"):
        op.drop_table(table)


def _make_tables() -> None:
    op.create_table(
        "places",
        _company(),
        _id(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("parent_id", sa.String(40), sa.ForeignKey("places.id"), nullable=True, index=True),
        sa.Column("site_id", sa.String(40), nullable=True, index=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("sort_key", _c(120), nullable=False),
        sa.Column("path", _c(500), nullable=False),
        sa.Column("trail", sa.String(500), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
    )
    op.create_index("ix_places_path", "places", ["company_id", "path"])
    op.create_index("ix_places_sorted", "places", ["company_id", "kind", "sort_key", "id"])
    op.create_index("ix_places_children", "places", ["company_id", "parent_id", "sort_key", "id"])
    op.create_table(
        "roles",
        _company(),
        _id(),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("permissions", sa.Text, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
    )
    op.create_table(
        "grants",
        _company(),
        _id(),
        sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("role_id", sa.String(40), nullable=False, index=True),
        _at_place(),
        sa.Column("starts_at", UtcTime, nullable=True),
        sa.Column("ends_at", UtcTime, nullable=True),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("created_by", sa.String(40), nullable=True),
    )
    op.create_index("ix_grants_page", "grants", ["company_id", "id"])
    op.create_table(
        "audit",
        _company(),
        _id(),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("actor_kind", sa.String(16), nullable=False),
        sa.Column("actor_id", sa.String(40), nullable=True),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject_id", sa.String(40), nullable=False, index=True),
        sa.Column("details", sa.Text, nullable=False),
    )
    op.create_index("ix_audit_page", "audit", ["company_id", "id"])
    op.create_table(
        "search_words",
        _company(),
        _id(),
        sa.Column("word", _c(60), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("thing_id", sa.String(40), nullable=False),
        _at_place(),
        sa.Column("title", sa.String(250), nullable=False),
    )
    op.create_index("ix_search_words_word", "search_words", ["company_id", "word", "thing_id"])
    op.create_index("ix_search_words_thing", "search_words", ["company_id", "thing_id", "word"])
    op.create_table(
        "invitations",
        _company(),
        _id(),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("role_id", sa.String(40), nullable=False),
        _at_place(),
        sa.Column("starts_at", UtcTime, nullable=True),
        sa.Column("ends_at", UtcTime, nullable=True),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("created_by", sa.String(40), nullable=True),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.Column("used_at", UtcTime, nullable=True),
        sa.Column("used_by", sa.String(40), nullable=True),
    )
    op.create_index("ix_invitations_page", "invitations", ["company_id", "id"])
    op.create_table(
        "api_keys",
        _company(),
        _id(),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("role_id", sa.String(40), nullable=False),
        _at_place(),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("created_by", sa.String(40), nullable=True),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.Column("last_used_at", UtcTime, nullable=True),
    )
    op.create_table(
        "idempotency_keys",
        _company(),
        _id(),
        sa.Column("holder_id", sa.String(40), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("made_id", sa.String(40), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False, index=True),
        sa.UniqueConstraint("company_id", "holder_id", "key"),
    )


_PLACES = sa.table(
    "places",
    *(
        sa.column(name, UtcTime() if name == "created_at" else sa.String())
        for name in (
            "company_id",
            "id",
            "kind",
            "parent_id",
            "site_id",
            "name",
            "sort_key",
            "path",
            "trail",
            "time_zone",
            "language",
            "created_at",
        )
    ),
)


def _fill_places() -> None:
    """The company is the root; what lies in what stays as it was."""
    made: dict[str, dict[str, Any]] = {}  # Any: columns of every type
    sites = _rows("sites")
    of_company = {site["company_id"]: site for site in reversed(sites)}
    moments = sa.table("companies", sa.column("id"), sa.column("name"), sa.column("created_at", UtcTime()))
    for company in op.get_bind().execute(sa.select(moments)).mappings():
        like = of_company.get(company["id"], {"time_zone": "Europe/Vienna", "language": "en"})
        made[company["id"]] = {
            "company_id": company["id"],
            "id": company["id"],
            "kind": "company",
            "parent_id": None,
            "site_id": None,
            "name": company["name"],
            "path": "/",
            "trail": company["name"],
            "time_zone": like["time_zone"],
            "language": like["language"],
            "created_at": company["created_at"],
        }

    def add(kind: str, row: Row, parent_id: str, **own: Any) -> None:  # Any: columns of every type
        parent = made[parent_id]
        made[row["id"]] = {
            "company_id": row["company_id"],
            "id": row["id"],
            "kind": kind,
            "parent_id": parent_id,
            "site_id": row["id"] if kind == "site" else parent["site_id"],
            "name": row["name"],
            "path": f"{parent['path']}{row['id']}/",
            "trail": f"{parent['trail']}, {row['name']}"[:500] if kind == "folder" else row["name"],
            "time_zone": parent["time_zone"],
            "language": parent["language"],
            "created_at": parent["created_at"],
            **own,
        }

    for project in _rows("projects"):
        add("project", project, project["company_id"])
    for site in sites:
        add("site", site, site["project_id"], time_zone=site["time_zone"], language=site["language"])
    for folder in sorted(_rows("folders"), key=lambda row: row["path"].count("/")):
        add("folder", folder, folder["parent_id"] or folder["site_id"])
    for values in made.values():
        op.get_bind().execute(_PLACES.insert().values(**values, sort_key=_folded(values["name"])[:120]))


def _place_devices() -> None:
    op.add_column("devices", sa.Column("place_id", sa.String(40), nullable=True))
    op.add_column("devices", sa.Column("sort_key", _c(120), nullable=True))
    op.execute("UPDATE devices SET place_id = site_id")
    _sort("devices")
    # SQLite rebuilds the table; what stands on it is made again.
    op.execute("DROP VIEW sip_accounts")
    with op.batch_alter_table("devices") as devices:
        devices.drop_index("ix_devices_site_id")
        devices.drop_constraint("fk_devices_site_id_sites", type_="foreignkey")
        devices.drop_column("site_id")
        devices.alter_column("place_id", nullable=False)
        devices.alter_column("sort_key", nullable=False, existing_type=_c(120))
        devices.create_foreign_key("fk_devices_place_id_places", "places", ["place_id"], ["id"])
        devices.create_index("ix_devices_place_id", ["place_id"])
        devices.create_index("ix_devices_sorted", ["company_id", "kind", "sort_key", "id"])
    _make_view()


def _make_view() -> None:
    # What the SIP edge reads, and nothing more.
    op.execute('CREATE VIEW sip_accounts AS SELECT number AS "user", realm AS realm, ha1 AS ha1 FROM accounts')


def _place_people() -> None:
    op.add_column("users", sa.Column("place_id", sa.String(40), nullable=True))
    op.add_column("users", sa.Column("sort_key", _c(120), nullable=True))
    op.execute("UPDATE users SET place_id = company_id")
    _sort("users")
    moments = sa.table(
        "users", *(sa.column(name) for name in ("id", "company_id", "role")), sa.column("created_at", UtcTime())
    )
    grants = sa.table(
        "grants",
        *(sa.column(name) for name in ("id", "company_id", "user_id", "role_id", "place_id")),
        sa.column("created_at", UtcTime()),
    )
    for user in list(op.get_bind().execute(sa.select(moments)).mappings()):
        role = "role_owner" if user["role"] == "administrator" else "role_operator"
        values = {"id": new_id("grant"), "company_id": user["company_id"], "user_id": user["id"], "role_id": role}
        values |= {"place_id": user["company_id"], "created_at": user["created_at"]}
        op.get_bind().execute(grants.insert().values(**values))
    with op.batch_alter_table("users") as users:
        users.drop_column("role")
        users.alter_column("place_id", nullable=False)
        users.alter_column("sort_key", nullable=False, existing_type=_c(120))
        users.alter_column("password_hash", nullable=True, existing_type=sa.String(200))
        users.create_foreign_key("fk_users_place_id_places", "places", ["place_id"], ["id"])
        users.create_index("ix_users_place_id", ["place_id"])
        users.create_index("ix_users_sorted", ["company_id", "sort_key", "id"])


def _place_calls() -> None:
    """A call is where its station is; one whose station is gone belongs to the company."""
    op.add_column("calls", sa.Column("place_id", sa.String(40), nullable=True))
    op.execute("UPDATE calls SET place_id = (SELECT place_id FROM devices WHERE devices.id = calls.station_id)")
    op.execute("UPDATE calls SET place_id = company_id WHERE place_id IS NULL")
    with op.batch_alter_table("calls") as calls:
        calls.alter_column("place_id", nullable=False, existing_type=sa.String(40))
        calls.alter_column("place", type_=sa.String(700), existing_type=sa.String(250), existing_nullable=False)
        calls.create_foreign_key("fk_calls_place_id_places", "places", ["place_id"], ["id"])
        calls.create_index("ix_calls_place_id", ["place_id"])
        calls.create_index("ix_calls_page", ["company_id", "id"])


def _new_sessions() -> None:
    op.drop_table("user_sessions")
    op.create_table(
        "user_sessions",
        _company(),
        _id(),
        sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("replaced_at", UtcTime, nullable=False),
        sa.Column("signed_in_at", UtcTime, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False, index=True),
        sa.Column("client", sa.String(200), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
    )


def _sort(table: str) -> None:
    about = sa.table(table, sa.column("id"), sa.column("sort_key"))
    for row in _rows(table):
        op.get_bind().execute(about.update().where(about.c.id == row["id"]).values(sort_key=_folded(row["name"])[:120]))


def _fill_search() -> None:
    names = ("id", "company_id", "word", "kind", "thing_id", "place_id", "title")
    words = sa.table("search_words", *(sa.column(name) for name in names))
    things = [("place", row, row["id"]) for row in _rows("places") if row["kind"] != "company"]
    things += [(row["kind"], row, row["place_id"]) for row in _rows("devices")]
    things += [("user", row, row["place_id"]) for row in _rows("users")]
    for kind, row, place_id in things:
        letters = "".join(letter if letter.isalnum() else " " for letter in _folded(row["name"]))
        for word in sorted({word[:60] for word in letters.split()})[:12]:
            values = {"id": new_id("word"), "company_id": row["company_id"], "word": word, "kind": kind}
            values |= {"thing_id": row["id"], "place_id": place_id, "title": row["name"]}
            op.get_bind().execute(words.insert().values(**values))


def downgrade() -> None:
    _make_old_places()
    op.execute("DROP VIEW sip_accounts")
    op.add_column("devices", sa.Column("site_id", sa.String(40), nullable=True))
    op.execute("UPDATE devices SET site_id = (SELECT places.site_id FROM places WHERE places.id = devices.place_id)")
    with op.batch_alter_table("devices") as devices:
        devices.drop_index("ix_devices_sorted")
        devices.drop_index("ix_devices_place_id")
        devices.drop_constraint("fk_devices_place_id_places", type_="foreignkey")
        devices.drop_column("place_id")
        devices.drop_column("sort_key")
        devices.alter_column("site_id", nullable=False, existing_type=sa.String(40))
        devices.create_foreign_key("fk_devices_site_id_sites", "sites", ["site_id"], ["id"])
        devices.create_index("ix_devices_site_id", ["site_id"])
    _make_view()
    op.add_column("users", sa.Column("role", sa.String(20), nullable=True))
    lasting = (
        "grants.user_id = users.id AND grants.place_id = users.company_id AND starts_at IS NULL AND ends_at IS NULL"
    )
    for role, roles in (("operator", "'role_operator'"), ("administrator", "'role_owner', 'role_administrator'")):
        op.execute(
            f"UPDATE users SET role = '{role}' WHERE EXISTS "  # noqa: S608 our own words
            f"(SELECT 1 FROM grants WHERE {lasting} AND role_id IN ({roles}))"
        )
    op.execute("UPDATE users SET role = 'operator', active = false WHERE role IS NULL")
    op.execute("UPDATE users SET password_hash = '' WHERE password_hash IS NULL")
    with op.batch_alter_table("users") as users:
        users.drop_index("ix_users_sorted")
        users.drop_index("ix_users_place_id")
        users.drop_constraint("fk_users_place_id_places", type_="foreignkey")
        users.drop_column("place_id")
        users.drop_column("sort_key")
        users.alter_column("role", nullable=False, existing_type=sa.String(20))
        users.alter_column("password_hash", nullable=False, existing_type=sa.String(200))
    op.execute("UPDATE calls SET place = substr(place, 1, 250) WHERE length(place) > 250")
    with op.batch_alter_table("calls") as calls:
        calls.drop_index("ix_calls_page")
        calls.drop_index("ix_calls_place_id")
        calls.drop_constraint("fk_calls_place_id_places", type_="foreignkey")
        calls.drop_column("place_id")
        calls.alter_column("place", type_=sa.String(250), existing_type=sa.String(700), existing_nullable=False)
    op.drop_table("user_sessions")
    op.create_table(
        "user_sessions",
        _company(),
        _id(),
        sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False, index=True),
    )
    for table in ("idempotency_keys", "api_keys", "invitations", "search_words", "audit", "grants", "roles", "places"):
        op.drop_table(table)


def _make_old_places() -> None:
    op.create_table(
        "projects",
        _company(),
        _id(),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
    )
    op.create_table(
        "sites",
        _company(),
        _id(),
        sa.Column("project_id", sa.String(40), sa.ForeignKey("projects.id"), nullable=False, index=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
    )
    op.create_table(
        "folders",
        _company(),
        _id(),
        sa.Column("site_id", sa.String(40), sa.ForeignKey("sites.id"), nullable=False, index=True),
        sa.Column("parent_id", sa.String(40), sa.ForeignKey("folders.id"), nullable=True, index=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("path", sa.String(500), nullable=False, index=True),
        sa.Column("created_at", UtcTime, nullable=False),
    )
    common = "company_id, id, name, created_at"
    op.execute(f"INSERT INTO projects ({common}) SELECT {common} FROM places WHERE kind = 'project'")  # noqa: S608
    own = "time_zone, language"
    op.execute(
        f"INSERT INTO sites ({common}, {own}, project_id) "  # noqa: S608 our own words
        f"SELECT {common}, {own}, parent_id FROM places WHERE kind = 'site'"
    )
    # A folder's path began with the outermost folder, now it begins with the project and the site.
    op.execute(
        f"INSERT INTO folders ({common}, site_id, parent_id, path) "  # noqa: S608 our own words
        f"SELECT {', '.join('f.' + one for one in common.split(', '))}, f.site_id, "
        "CASE WHEN f.parent_id = f.site_id THEN NULL ELSE f.parent_id END, substr(f.path, length(s.path)) "
        "FROM places f JOIN places s ON s.id = f.site_id WHERE f.kind = 'folder' ORDER BY length(f.path)"
    )
