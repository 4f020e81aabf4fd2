"""Two companies' lives in a database of whichever revision, on SQLite and PostgreSQL, and all that a database holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from antiphon.database import PLATFORM
from antiphon.database.row_security import name_company
from antiphon.settings import Settings

Shape = dict[str, object]
Contents = dict[str, list[dict[str, Any]]]  # Any: columns of every type
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
LONG_PLACE = "Haus " * 120


def _life(company: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows of one company: old and new places alike, each table and column taken where the revision has it."""

    def own(word: str) -> str:
        return f"{word}_{company}"

    site = {"time_zone": "Europe/Vienna", "language": "de"}
    yield "companies", {"id": company, "name": company.title()}
    yield "projects", {"id": own("project"), "name": "Über dem Fluß"}
    yield "sites", {"id": own("site"), "project_id": own("project"), "name": "Haus 1", **site}
    outer, inner = f"/{own('folder')}/", f"/{own('folder')}/{own('inner')}/"
    yield "folders", {"id": own("folder"), "site_id": own("site"), "parent_id": None, "name": "Stiege A", "path": outer}
    nested = {"site_id": own("site"), "parent_id": own("folder"), "name": "Keller", "path": inner}
    yield "folders", {"id": own("inner"), **nested}
    above = f"/{own('project')}/{own('site')}"
    for kind, place, parent, name, path in (
        ("company", company, None, company.title(), "/"),
        ("project", own("project"), company, "Über dem Fluß", f"/{own('project')}/"),
        ("site", own("site"), own("project"), "Haus 1", f"{above}/"),
        ("folder", own("folder"), own("site"), "Stiege A", f"{above}{outer}"),
        ("folder", own("inner"), own("folder"), "Keller", f"{above}{inner}"),
    ):
        of_site = {"site_id": own("site") if kind in ("site", "folder") else None}
        lies = {"parent_id": parent, "path": path, **of_site, **site}
        lies |= {"own_time_zone": kind == "company", "own_language": kind == "company"}
        trail = {"site": "Haus 1", "folder": "Haus 1, Stiege A"}.get(kind, name)
        trail += ", Keller" if name == "Keller" else ""
        folded = {"Über dem Fluß": "uber dem fluss"}.get(name, name.lower())
        yield "places", {"id": place, "kind": kind, "name": name, "sort_key": folded, "trail": trail, **lies}
    for name, role in (("anna", "administrator"), ("bernd", "operator")):
        person = {"email": f"{name}@{company}.example", "name": name.title(), "sort_key": name, "role": role}
        more = {"password_hash": "scrypt$1", "language": "de", "active": True, "place_id": company}
        yield "users", {"id": own(name), **person, **more}
        shipped = {"administrator": "role_owner"}.get(role, "role_operator")
        yield "grants", {"id": own(f"grant_{name}"), "user_id": own(name), "role_id": shipped, "place_id": company}
        yield "search_words", _word(own(name), name, "user", name.title(), company)
    yield "user_sessions", {"id": own("session"), "user_id": own("anna"), "token_hash": own("hash")}
    for device, kind in (("gate", "station"), ("back", "station"), ("phone", "account")):
        there = {"place_id": own("site"), "site_id": own("site"), "sort_key": device, "since": AT}
        yield "devices", {"id": own(device), "kind": kind, "name": device.title(), "status": "claimed", **there}
        yield "search_words", _word(own(device), device, kind, device.title(), own("site"))
    for thing, word, title in (
        ("project", "uber", "Über dem Fluß"),
        ("project", "dem", "Über dem Fluß"),
        ("project", "fluss", "Über dem Fluß"),
        ("site", "haus", "Haus 1"),
        ("site", "1", "Haus 1"),
        ("folder", "stiege", "Stiege A"),
        ("folder", "a", "Stiege A"),
        ("inner", "keller", "Keller"),
    ):
        yield "search_words", _word(own(thing), word, "place", title, own(thing))
    yield "accounts", {"device_id": own("phone"), "number": own("7")[:16], "ha1": "a1", "opens_doors": True}
    yield "claim_codes", {"id": own("code"), "device_id": own("gate"), "code_hash": own("code")}
    yield "certificates", {"serial": own("5e"), "device_id": own("gate"), "chain_pem": "PEM"}
    yield "desired_states", {"device_id": own("gate"), "version": 3, "document": "{}"}
    yield "reported_states", {"device_id": own("gate"), "version": 3, "document": "{}"}
    yield "doors", {"id": own("door"), "station_id": own("gate"), "name": "Haustor", "output": "door", "pulse_s": 2.5}
    yield "door_requests", {"id": own("request"), "request_id": "tap", "door_id": own("door"), "outcome": "opened"}
    yield "door_log", {"id": own("log"), "door_id": own("door"), "user_id": own("anna"), "repeated": True}
    yield (
        "buttons",
        {"id": own("button"), "station_id": own("gate"), "name": "main", "rings_everyone": False, "priority": "normal"},
    )
    yield "button_targets", {"id": own("target"), "button_id": own("button"), "user_id": own("anna")}
    yield "button_accounts", {"id": own("link"), "button_id": own("button"), "account_id": own("phone")}
    for at, (kind, member) in enumerate((("user", own("anna")), ("account", own("phone")))):
        bound = {"button_id": own("button"), "member_kind": kind, "member_id": member}
        yield "button_members", {"id": own(("target", "link")[at]), **bound}
    for call, station, place_id in (("call", own("gate"), own("site")), ("old_call", own("gone"), company)):
        about = {"station_id": station, "station_name": "Gate", "place": "Haus 1", "place_id": place_id}
        ended = {"cause": "answered", "answered_by": "Anna", "ended_at": AT, "direction": "from_station"}
        yield "calls", {"id": own(call), **about, **ended, "media_breaks": "[]"}
        yield "call_legs", {"id": own(f"leg_{call}"), "call_id": own(call), "kind": "client", "who": "Anna"}
    yield "snapshots", {"id": own("picture"), "call_id": own("call"), "station_id": own("gate"), "width": 640}
    yield "last_pictures", {"station_id": own("gate"), "snapshot_id": own("picture")}
    yield "outbox", {"id": own("fact"), "kind": "CallEnded", "payload": "{}"}


def _word(thing: str, word: str, kind: str, title: str, place: str) -> dict[str, Any]:
    values = {"id": f"word_{word}_{thing}"[:40], "word": word, "kind": kind, "thing_id": thing}
    return values | {"place_id": place, "title": title}


def fill(settings: Settings) -> None:
    """Two companies with something in every table they had; what a row does not say is nothing, or nought."""
    with _open(settings) as connection:
        tables = _reflected(connection)
        for company in ("salzach", "inn"):
            for name, values in _life(company):
                if name in tables:
                    connection.execute(tables[name].insert().values(_whole(tables[name], company, values)))


def add_what_only_the_newest_knows(settings: Settings) -> None:
    """Roles, keys and traces that going back takes away, and a place of a call that is longer than it was allowed to be."""
    with _open(settings) as connection:
        tables = _reflected(connection)
        for name, values in (
            ("roles", {"id": "role_1", "name": "Wache", "permissions": "[]"}),
            ("audit", {"id": "audit_1"}),
            ("invitations", {"id": "invitation_1", "role_id": "role_1", "place_id": "inn"}),
            ("api_keys", {"id": "key_1", "role_id": "role_1", "place_id": "inn"}),
            ("idempotency_keys", {"id": "idempotency_1"}),
            ("mails", {"id": "mail_1", "fact_id": "fact_1", "kind": "invitation", "state": "sent"}),
            ("users", {"id": "guest", "email": "g@inn.example", "name": "Gast", "sort_key": "gast", "place_id": "inn"}),
            ("grants", {"id": "grant_1", "user_id": "guest", "role_id": "role_1", "place_id": "site_inn"}),
            ("search_words", _word("guest", "gast", "user", "Gast", "inn")),
            ("contacts", {"id": "contact_1", "name": "Top 14", "sort_key": "top 14", "place_id": "inn"}),
            ("contact_portraits", {"id": "portrait_1", "contact_id": "contact_1", "kind": "logo"}),
            ("ring_groups", {"id": "group_1", "name": "Wache", "sort_key": "wache", "place_id": "inn"}),
            ("search_words", _word("group_1", "wache", "group", "Wache", "inn")),
            ("ring_plans", {"id": "plan_1", "owner_kind": "group", "owner_id": "group_1", "in_force": "{}"}),
            ("ring_plan_members", {"id": "named_1", "plan_id": "plan_1", "member_kind": "user", "member_id": "guest"}),
            ("do_not_disturb", {"id": "quiet_1", "user_id": "guest", "place_id": "inn", "zone": "UTC"}),
            ("ring_settings", {"id": "inn", "alarm_breaks_quiet": True}),
            ("station_test_schedules", {"station_id": "gate_inn", "enabled": True, "next_at": AT}),
            ("station_tests", {"id": "test_1", "station_id": "gate_inn", "asked_at": AT}),
            ("station_tests_failing", {"station_id": "gate_inn", "test_id": "test_1", "since": AT}),
            (
                "button_members",
                {"id": "bound_1", "button_id": "button_inn", "member_kind": "group", "member_id": "group_1"},
            ),
            ("devices", {"id": "cellar", "name": "Keller", "sort_key": "keller", "place_id": "inner_inn", "since": AT}),
            ("calls", {"id": "long", "station_id": "gate_inn", "place": LONG_PLACE, "place_id": "inner_inn"}),
            ("call_traces", {"call_id": "long", "facts": '{"v":1}'}),
        ):
            given = {"active": True, **values} if name == "users" else values
            connection.execute(tables[name].insert().values(_whole(tables[name], "inn", given)))


def _whole(table: sa.Table, company: str, values: dict[str, Any]) -> dict[str, Any]:
    given = {"company_id": company} | values
    row = {}
    for column in table.columns:
        value = given.get(column.name)
        if value is None and not column.nullable and column.server_default is None and not column.identity:
            value = _nothing(column.type)
            if column.name == "position" and table.name == "outbox":
                continue
        if value is not None:
            plain = isinstance(value, datetime) and not getattr(column.type, "timezone", False)
            row[column.name] = value.replace(tzinfo=None) if plain else value
    return row


def _nothing(kind: sa.types.TypeEngine[Any]) -> object:
    if isinstance(kind, sa.DateTime):
        return AT
    if isinstance(kind, sa.Boolean):
        return False
    return 0 if isinstance(kind, sa.Integer | sa.Numeric) else ""


def contents(settings: Settings) -> Contents:
    """Every row of every table, in the order of their values."""
    with _open(settings) as connection:
        tables = _reflected(connection)
        return {
            name: sorted(
                map(dict, connection.execute(table.select()).mappings()),
                key=lambda row: str(row.get("id", sorted(row.items(), key=str))),
            )
            for name, table in tables.items()
            if name != "alembic_version"
        }


def shape(settings: Settings) -> Shape:
    """Columns, keys, indexes, constraints, views, and on PostgreSQL the policies: everything by name, in no order."""
    found: Shape = {}
    with _open(settings) as connection:
        looked = sa.inspect(connection)
        for table in looked.get_table_names():
            for column in looked.get_columns(table):
                kind = repr(column["type"]), column["nullable"], column["default"], str(column.get("identity"))
                found[f"{table}.{column['name']}"] = kind
            found[f"{table}: primary key"] = str(looked.get_pk_constraint(table))
            for word, things in (
                ("index", looked.get_indexes(table)),
                ("unique", looked.get_unique_constraints(table)),
                ("foreign key", looked.get_foreign_keys(table)),
                ("check", looked.get_check_constraints(table)),
            ):
                for thing in things:
                    found[f"{table}: {word} {thing['name']}"] = str(sorted(thing.items(), key=str))
        for view in looked.get_view_names():
            found[f"view {view}"] = looked.get_view_definition(view)
        if connection.dialect.name == "postgresql":
            for row in connection.exec_driver_sql("SELECT * FROM pg_policies WHERE schemaname = 'public'").mappings():
                found[f"policy {row['policyname']} on {row['tablename']}"] = str(dict(row))
            asked = "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relkind = 'r'"
            found |= {f"wall of {name}": tuple(bound) for name, *bound in connection.exec_driver_sql(asked)}
    return found


@contextmanager
def _open(settings: Settings) -> Iterator[sa.Connection]:
    engine = sa.create_engine(settings.sqlalchemy_url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            name_company(connection, PLATFORM)
        yield connection


def _reflected(connection: sa.Connection) -> dict[str, sa.Table]:
    found = sa.MetaData()
    found.reflect(connection)
    return {table.name: table for table in found.sorted_tables}
