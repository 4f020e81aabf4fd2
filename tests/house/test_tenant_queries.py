"""Every query goes through the scoped helper: outside `antiphon.database` nothing builds or executes SQL by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import antiphon

SOURCES = Path(antiphon.__file__).parent
# Who asks about every company at once: before it is known who asks, for whoever runs the platform, or for somebody's own
# things while they act in another company. Whatever else names `PLATFORM` sees what it must not.
ACROSS_COMPANIES: dict[str, set[str]] = {
    "access/store.py": {"forget_requests"},
    "assembly/people.py": {"recover_company"},
    "calls/station_tests.py": {"due", "left_over"},
    "calls/store.py": {"unended_calls"},
    "devices/accounts.py": {"_free_number"},
    "devices/census.py": {"first_certificate_ends", "stations_by_state"},
    "devices/service.py": {"identified"},
    "devices/store.py": {
        "account_numbered",
        "accounts_online",
        "called_station",
        "claim_code",
        "forget_expired_claim_codes",
        "online_ids",
        "revoked_serials",
        "scope_of",
        "set_enforced",
        "set_published",
        "unenforced",
        "unpublished",
    },
    "directory/ring_settings.py": {"every_calendar"},
    "gateways/clients.py": {"ClientGateway._verified"},
    "identity/factor_routes.py": {
        "begin_second_factor",
        "confirm_second_factor",
        "get_second_factor",
        "remove_second_factor",
        "renew_recovery_codes",
    },
    "identity/factor_store.py": {"forget_used_challenges", "passkey_by_credential"},
    "identity/guests.py": {"companies_of"},
    "identity/invitation_routes.py": {"accept"},
    "identity/invitations.py": {"by_token", "forget_expired_invitations"},
    "identity/links.py": {"user_of_password_link"},
    "identity/passkey_routes.py": {"add_passkey", "my_passkeys", "passkey_options", "remove_passkey", "rename_passkey"},
    "identity/routes.py": {"_me", "change_email", "change_me", "end_other_sessions", "my_sessions"},
    "identity/sessions.py": {
        "Sessions.change_own_password",
        "Sessions.end_own",
        "Sessions.pass_second",
        "Sessions.refresh",
        "forget_expired_sessions",
    },
    "identity/store.py": {"key_of_secret", "session_alive", "session_row"},
    "notify/store.py": {"due", "forget_old_mails", "next_due"},
    "tenancy/guests.py": {"guests"},
    "tenancy/naming.py": {"_own"},
    "tenancy/paging.py": {"forget_old_keys"},
    "tenancy/places.py": {"_rename", "create_company"},
    "tenancy/right_routes.py": {"_views"},
    "tenancy/store.py": {"active_people", "every_company", "user_by_email"},
}
BUILDERS = {"select", "insert", "update", "delete", "text", "union", "exists", "literal_column"}
RUNNERS = {"execute", "executemany", "exec_driver_sql", "scalar", "scalars", "raw_connection", "executescript"}


def violations(source: str) -> Iterator[str]:
    """Lines that build a query with SQLAlchemy or hand one to a connection."""
    tree = ast.parse(source)
    modules = {"sqlalchemy"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {name.asname or name.name for name in node.names if name.name.split(".")[0] == "sqlalchemy"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (
            "sqlalchemy",
            "sqlite3",
            "psycopg",
        ):
            for name in node.names:
                if name.name in BUILDERS | {"connect"}:
                    yield f"line {node.lineno}: imports {name.name}"
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.name.split(".")[0] in ("sqlite3", "psycopg"):
                    yield f"line {node.lineno}: imports {name.name}"
        if isinstance(node, ast.Attribute):
            owner = node.value
            named = owner.id if isinstance(owner, ast.Name) else ""
            if node.attr in BUILDERS and named in modules:
                yield f"line {node.lineno}: {named}.{node.attr}"
            if node.attr in RUNNERS:
                yield f"line {node.lineno}: .{node.attr}"
            if node.attr in {"select", "insert", "update", "delete"} and _is_table(owner):
                yield f"line {node.lineno}: table.{node.attr}()"


def _is_table(owner: ast.expr) -> bool:
    """`metadata.tables[...]`: the one way to a table that its own query methods could be reached by unnoticed."""
    return isinstance(owner, ast.Subscript) and isinstance(owner.value, ast.Attribute) and owner.value.attr == "tables"


def across_companies(source: str) -> set[str]:
    """The functions and methods that name the scope of every company; an import under another name too."""
    tree = ast.parse(source)
    found = {
        f"import as {name.asname or name.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.name == "_Platform" or (name.name == "PLATFORM" and name.asname)
    }
    for outer in tree.body:
        inside = outer.body if isinstance(outer, ast.ClassDef) else [outer]
        for one in inside:
            names = [getattr(within, "name", "") for within in dict.fromkeys((outer, one))]
            for node in ast.walk(one):
                named = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
                if named == "PLATFORM":
                    found.add(".".join(filter(None, names)))
    return found


def test_who_asks_about_every_company_at_once_is_named_here() -> None:
    found = {
        str(path.relative_to(SOURCES)): across_companies(path.read_text())
        for path in sorted(SOURCES.rglob("*.py"))
        if path.relative_to(SOURCES).parts[0] != "database"
    }
    assert {name: functions for name, functions in found.items() if functions} == ACROSS_COMPANIES


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("def doors(tx):\n    return tx.all(PLATFORM, door_rows)", "doors"),
        ("class Doors:\n    def all(self, tx):\n        return tx.all(database.PLATFORM, door_rows)", "Doors.all"),
        ("async def look():\n    def work(tx):\n        return tx.all(PLATFORM, door_rows)", "look"),
        ("from antiphon.database import PLATFORM as EVERYWHERE", "import as EVERYWHERE"),
        ("from antiphon.database.scope import _Platform", "import as _Platform"),
        ("EVERYWHERE = PLATFORM", ""),
    ],
)
def test_a_planted_look_across_companies_is_found(fault: str, found: str) -> None:
    assert across_companies(fault) == {found}


def test_no_query_outside_the_helper() -> None:
    found = [
        f"{path.relative_to(SOURCES)}: {violation}"
        for path in sorted(SOURCES.rglob("*.py"))
        if path.relative_to(SOURCES).parts[0] != "database"
        for violation in violations(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "fault",
    [
        "import sqlalchemy as sa\nquery = sa.select(users)",
        "import sqlalchemy\nquery = sqlalchemy.text('DELETE FROM users')",
        "from sqlalchemy import update",
        "from sqlalchemy.sql import text as words",
        "connection.execute(query)",
        "database.engine.raw_connection()",
        "import sqlite3",
        "metadata.tables['users'].delete()",
    ],
)
def test_a_planted_query_is_found(fault: str) -> None:
    assert list(violations(fault))


def test_table_definitions_are_no_queries() -> None:
    fine = "import sqlalchemy as sa\nusers = sa.Table('users', metadata, sa.Column('id', sa.String))\nrow.update(x)"
    assert list(violations(fine)) == []
