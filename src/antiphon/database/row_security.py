"""PostgreSQL's own wall between companies (record 0023): row security that holds whatever a query asks for.

A session sees the rows of the company named by its setting `antiphon.company`, those of all where that is `*`, else none.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from antiphon.database.failures import translated
from antiphon.database.scope import AnyScope, Scope
from antiphon.settings import Settings

_SETTING = "antiphon.company"
_EVERY_COMPANY = "*"
_POLICY = "company_wall"
_NAME = f"SELECT set_config('{_SETTING}', %s, true)"
_NAME_AND_LOCK = f"{_NAME}, pg_advisory_xact_lock(hashtextextended(%s, 0))"

#: What other programs that read the whole database give libpq as PGOPTIONS: the SIP edge, pg_dump.
ALL_ROWS = f"-c {_SETTING}={_EVERY_COMPANY}"

# The setting is looked up once a query. A CASE, because the planner takes one for a condition that half of the rows meet: with
# an equality it would multiply its chance with that of the query's own, expect one row, and choose its plan for that.
_MINE = (
    "CASE (SELECT current_setting('{setting}', true)) WHEN {column} THEN true WHEN '{every}' THEN true ELSE false END"
)
_TENANT_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND a.attname = 'company_id' AND c.relnamespace = current_schema()::regnamespace
    ORDER BY c.relname
"""
_UNBOUND = "SELECT rolname FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)"


def name_company(connection: Connection, scope: AnyScope, *, alone: bool = False) -> None:
    """Let the rest of this PostgreSQL transaction see what `scope` may see.

    `alone`: as the only one who writes for this company, until the end. What was read then is still true when it is written,
    as on SQLite, which has one writer for everything.
    """
    company = scope.company_id if isinstance(scope, Scope) else _EVERY_COMPANY
    if isinstance(scope, Scope) and company == _EVERY_COMPANY:
        raise ValueError("no company has this id")
    if alone and isinstance(scope, Scope):
        connection.exec_driver_sql(_NAME_AND_LOCK, (company, company))
    else:
        connection.exec_driver_sql(_NAME, (company,))


def raise_wall(connection: Connection) -> None:
    """Put the policy on every tenant table and on the companies, anew where it is already. For migrations, which call it
    whenever they make a tenant table; nothing on SQLite."""
    for table, column in _walled(connection):
        mine = _MINE.format(setting=_SETTING, column=column, every=_EVERY_COMPANY)
        for statement in (
            f"DROP POLICY IF EXISTS {_POLICY} ON {table}",
            f"CREATE POLICY {_POLICY} ON {table} USING ({mine}) WITH CHECK ({mine})",
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",  # for the owner of the table too, who we are
        ):
            connection.exec_driver_sql(statement)


def past_the_wall(settings: Settings) -> str | None:
    """The database's role if no policy binds it, being superuser or having BYPASSRLS; None where it is bound, or on SQLite.

    Raises `DatabaseAway`.
    """
    engine = sa.create_engine(settings.sqlalchemy_url, poolclass=sa.pool.NullPool)
    if engine.dialect.name != "postgresql":
        return None
    try:
        with translated(), engine.connect() as connection:
            role: str | None = connection.exec_driver_sql(_UNBOUND).scalar()
            return role
    finally:
        engine.dispose()


def take_down_wall(connection: Connection) -> None:
    """Undo `raise_wall`."""
    for table, _ in _walled(connection):
        for statement in (
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
            f"DROP POLICY IF EXISTS {_POLICY} ON {table}",
        ):
            connection.exec_driver_sql(statement)


def _walled(connection: Connection) -> list[tuple[str, str]]:
    """Every table with rows of companies, and the column that says whose they are."""
    if connection.dialect.name != "postgresql":
        return []
    tables = connection.exec_driver_sql(_TENANT_TABLES).scalars()
    return [("companies", "id"), *((f'"{table}"', "company_id") for table in tables)]
