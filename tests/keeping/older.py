"""An installation as an earlier release left it: its schema, made by the migrations themselves, and data in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from antiphon.assembly import installation
from antiphon.assembly.engines import secrets
from antiphon.database import copying, migrate
from antiphon.settings import Settings

FIRST_RELEASE = "0003_calls"
AT = "2026-03-02 08:00:00.000000"


def installation_at(data: Path, revision: str) -> Settings:
    """A data folder whose database has that schema, with a company, two people and two calls."""
    data.mkdir(parents=True)
    (data / "settings.toml").write_text(installation.settings_text(data / "settings.toml", 15_450, "127.0.0.1"))
    settings = installation.load(data)
    for folder in (settings.secrets, settings.pki, settings.snapshots, settings.run):
        folder.mkdir(mode=0o700)
    secrets.ensure_secrets(settings)
    migrate.upgrade(settings, revision)
    with sqlite3.connect(copying.file_of(settings)) as database:
        _fill(database)
    return settings


def _fill(database: sqlite3.Connection) -> None:
    def add(table: str, **values: object) -> None:
        columns = {row[1]: row for row in database.execute(f"PRAGMA table_info({table})")}
        needed = {
            name: "" if "CHAR" in row[2] or "TEXT" in row[2] else AT if "DATE" in row[2] else 0
            for name, row in columns.items()
            if row[3] and row[4] is None
        }
        given = needed | {name: value for name, value in values.items() if name in columns}
        marks = ", ".join("?" * len(given))
        database.execute(f"INSERT INTO {table} ({', '.join(given)}) VALUES ({marks})", tuple(given.values()))

    add("companies", id="company_1", name="Salzach")
    for name in ("anna", "bernd"):
        add(
            "users",
            id=f"user_{name}",
            company_id="company_1",
            name=name.title(),
            email=f"{name}@salzach.example",
            role="operator",
            language="de",
        )
    for number, direction in enumerate(("from_station", "to_station")):
        add(
            "calls",
            id=f"call_{number}",
            company_id="company_1",
            direction=direction,
            started_at=AT,
            ended_at=AT,
            cause="answered",
            answered_by="Anna",
        )
        add(
            "call_legs",
            id=f"leg_{number}",
            company_id="company_1",
            call_id=f"call_{number}",
            kind="client",
            who="Anna",
            cause="hung_up",
        )


def rows(settings: Settings, table: str) -> list[dict[str, object]]:
    """Everything in a table, by id."""
    with sqlite3.connect(copying.file_of(settings)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(f"SELECT * FROM {table} ORDER BY id")]
