"""Several processes write at once, reading before they write: nothing fails, nothing is lost."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from antiphon.database import Database
from antiphon.settings import Settings
from antiphon.tenancy.store import companies
from residents import Tenant

WRITERS, ROUNDS = 4, 40


def count_up(url: str, company_id: str) -> None:
    from antiphon.database import Scope

    database, scope = Database(url), Scope(company_id)
    for _ in range(ROUNDS):
        with database.transaction() as tx:
            (row,) = tx.all(scope, companies)
            tx.update(scope, companies, values={"name": str(int(row["name"]) + 1)})
    database.close()


def test_four_writers_lose_nothing(settings: Settings, database: Database, tenant: Tenant) -> None:
    with database.transaction() as tx:
        tx.update(tenant.scope, companies, values={"name": "0"})
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=count_up, args=(settings.sqlalchemy_url, tenant.company.id)) for _ in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    with database.transaction() as tx:
        assert tx.all(tenant.scope, companies)[0]["name"] == str(WRITERS * ROUNDS)


@pytest.mark.sqlite
def test_the_file_is_write_ahead_logged(settings: Settings, database: Database) -> None:
    with database.transaction():
        assert Path(settings.data / "db" / "antiphon.sqlite-wal").exists()
