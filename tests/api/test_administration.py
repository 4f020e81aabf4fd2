"""What whoever runs the machine does without signing in: companies, stations, claim codes."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from antiphon import devices, tenancy
from antiphon.assembly import commands, people
from antiphon.database import Database, Scope
from antiphon.errors import BadInput, Conflict, NotFound
from antiphon.settings import Settings
from antiphon.tenancy import audit
from antiphon.tenancy.model import EmailTaken
from antiphon.tenancy.store import grant_rows, user_rows
from residents import StillClock
from ringing import ringing


@pytest.fixture
def installed(settings: Settings, database: Database) -> Settings:
    Path(settings.secrets).mkdir(parents=True, exist_ok=True)
    return settings


def found(settings: Settings, name: str = "Example Ltd", email: str = "Owner@Example.org") -> people.Founded:
    return people.found_company(settings, name, email, "Europe/Vienna", "en")


def test_a_company_has_a_site_and_an_owner(installed: Settings, database: Database) -> None:
    assert not people.anybody(installed)
    made = found(installed)
    assert people.anybody(installed)
    with database.transaction() as tx:
        (owner,) = tenancy.users(tx, Scope(made.company.id))
        (site,) = tenancy.sites_of(tx, Scope(made.company.id))
        assert tenancy.owners(tx, Scope(made.company.id)) == (owner,)
    assert (owner.email, owner.active) == ("owner@example.org", True)
    assert (site.id, site.time_zone) == (made.site.id, "Europe/Vienna")


@pytest.mark.parametrize(
    ("name", "email", "zone"),
    [
        ("", "a@b.example", "Europe/Vienna"),
        ("Two\nlines", "a@b.example", "Europe/Vienna"),
        ("Example", "nobody", "Europe/Vienna"),
        ("Example", "a@b.example", "Europe/Atlantis"),
    ],
)
def test_what_the_api_would_refuse_makes_nothing(installed: Settings, name: str, email: str, zone: str) -> None:
    with pytest.raises(BadInput):
        people.found_company(installed, name, email, zone, "en")
    assert not people.anybody(installed)


def test_an_address_that_signs_in_already_founds_nothing(installed: Settings, database: Database) -> None:
    found(installed)
    with pytest.raises(EmailTaken):
        found(installed, "Another")
    with database.transaction() as tx:
        assert [company.name for company in tenancy.every_company(tx)] == ["Example Ltd"]


def test_a_station_rings_everybody_and_a_new_code_replaces_the_first(installed: Settings, database: Database) -> None:
    with pytest.raises(NotFound, match="company add"):
        people.add_station(installed, "Back door", None)
    made = found(installed)
    waiting = people.add_station(installed, "Back door", None)
    scope = Scope(made.company.id)
    with database.transaction() as tx:
        rung = ringing(tx, scope, waiting.station.id, waiting.station.path, "main", StillClock().now())
        assert set(rung) == {user.id for user in tenancy.users(tx, scope)}
        assert devices.station(tx, scope, waiting.station.id).status == "unclaimed"
    again = people.new_station_code(installed, waiting.station.id)
    assert again.claim_code != waiting.claim_code
    assert [station.id for _, station in people.every_station(installed)] == [waiting.station.id]
    with pytest.raises(NotFound, match="station list"):
        people.new_station_code(installed, "station_none")


def test_with_several_sites_one_has_to_be_named(installed: Settings) -> None:
    one, other = found(installed), found(installed, "Other Ltd", "owner@other.example")
    for wrong in (None, "site_none"):
        with pytest.raises(BadInput) as refused:
            people.add_station(installed, "Gate", wrong)
        assert one.site.id in refused.value.detail
        assert other.site.id in refused.value.detail
    assert people.add_station(installed, "Gate", other.site.id).station.company_id == other.company.id


def test_a_company_without_owner_is_recovered_and_its_audit_trail_says_so(
    installed: Settings, database: Database
) -> None:
    made = found(installed)
    scope = Scope(made.company.id)
    with pytest.raises(Conflict, match="has an owner"):
        people.recover_company(installed, made.company.id, "new@example.org")
    with database.transaction() as tx:
        (grant,) = tenancy.grants_of_user(tx, scope, tenancy.users(tx, scope)[0].id)
        tx.delete(scope, grant_rows, id=grant.id)
    assert [owners for _, owners in people.every_company(installed)] == [()]
    recovered = people.recover_company(installed, made.company.id, "New@Example.org")
    assert recovered.password
    with database.transaction() as tx:
        assert [owner.email for owner in tenancy.owners(tx, scope)] == ["new@example.org"]
        newest, *_ = audit.page(tx, scope, after=None, limit=10)
    assert (newest.action, newest.actor_kind) == ("company.recovered", "machine")
    ((_, owners),) = people.every_company(installed)
    assert [owner.email for owner in owners] == ["new@example.org"]


def test_nobody_of_another_company_becomes_its_owner(installed: Settings, database: Database) -> None:
    made, elsewhere = found(installed), found(installed, "Other Ltd", "owner@other.example")
    scope = Scope(made.company.id)
    with database.transaction() as tx:
        tx.delete(scope, grant_rows, place_id=made.company.id)
    with pytest.raises(Conflict, match="belongs to another company"):
        people.recover_company(installed, made.company.id, elsewhere.email)
    with database.transaction() as tx:
        assert tenancy.owners(tx, scope) == ()
        assert tx.all(scope, grant_rows) == []


def test_an_owner_who_was_deactivated_is_one_again(installed: Settings, database: Database) -> None:
    made = found(installed)
    scope = Scope(made.company.id)
    with database.transaction() as tx:
        tx.update(scope, user_rows, values={"active": False}, email=made.email)
    assert people.recover_company(installed, made.company.id, made.email).password is None
    with database.transaction() as tx:
        assert [owner.email for owner in tenancy.owners(tx, scope)] == [made.email]


def test_the_list_of_companies_names_ids_and_owners(
    installed: Settings, database: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = found(installed), found(installed, "Other Ltd", "owner@other.example")
    with database.transaction() as tx:
        tx.delete(Scope(other.company.id), grant_rows, place_id=other.company.id)
    monkeypatch.setattr(commands, "_installed", lambda _data: installed)
    capsys.readouterr()
    assert commands.company(argparse.Namespace(what="list", name=None, owner=None), installed.data) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{one.company.id}   Example Ltd   owner@example.org",
        f"{other.company.id}   Other Ltd   has no owner",
    ]
