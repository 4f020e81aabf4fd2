"""Who rings for a button."""

from __future__ import annotations

import pytest

from antiphon import directory
from antiphon.database import Database
from antiphon.directory import Button, UnknownButton
from antiphon.errors import NotFound
from antiphon.tenancy import change_user
from residents import StillClock, Tenant
from ringing import ringing

STATION = "station_1"


def ring(database: Database, tenant: Tenant, clock: StillClock, button: str = "main") -> set[str]:
    with database.transaction() as tx:
        rung = ringing(tx, tenant.scope, STATION, tenant.site.path, button, clock.now())
    assert len(set(rung)) == len(rung)
    return set(rung)


def set_buttons(database: Database, tenant: Tenant, *buttons: Button) -> None:
    with database.transaction() as tx:
        directory.set_buttons(tx, tenant.scope, STATION, buttons)


def test_a_button_without_targets_rings_everybody(database: Database, tenant: Tenant, clock: StillClock) -> None:
    set_buttons(database, tenant, Button("main"))
    assert ring(database, tenant, clock) == {tenant.owner.id, tenant.operator.id}


def test_a_button_rings_the_users_bound_to_it(database: Database, tenant: Tenant, clock: StillClock) -> None:
    set_buttons(database, tenant, Button("main", "Büro", (tenant.operator.id,)), Button("second", "", ()))
    assert ring(database, tenant, clock) == {tenant.operator.id}
    assert ring(database, tenant, clock, "second") == set()


@pytest.mark.parametrize("bound", [True, False])
def test_deactivated_people_do_not_ring(database: Database, tenant: Tenant, clock: StillClock, bound: bool) -> None:
    set_buttons(database, tenant, Button("main", "", (tenant.operator.id,) if bound else None))
    with database.transaction() as tx:
        change_user(tx, tenant.scope, tenant.operator.id, clock.now(), active=False)
    assert tenant.operator.id not in ring(database, tenant, clock)


def test_an_unknown_button_is_named(database: Database, tenant: Tenant, clock: StillClock) -> None:
    set_buttons(database, tenant, Button("main"))
    with pytest.raises(UnknownButton) as refused:
        ring(database, tenant, clock, "cellar")
    assert (refused.value.code, refused.value.sip_status) == ("unknown_button", 404)


def test_buttons_are_replaced_as_a_whole(database: Database, tenant: Tenant, clock: StillClock) -> None:
    set_buttons(database, tenant, Button("main"), Button("old"))
    set_buttons(database, tenant, Button("main", "Neu", (tenant.operator.id, tenant.operator.id)))
    with database.transaction() as tx:
        assert directory.buttons(tx, tenant.scope, STATION) == (Button("main", "Neu", (tenant.operator.id,)),)
    with pytest.raises(UnknownButton):
        ring(database, tenant, clock, "old")


def test_people_of_another_company_are_not_bound(
    database: Database, tenant: Tenant, other: Tenant, clock: StillClock
) -> None:
    set_buttons(database, tenant, Button("main"))
    with pytest.raises(NotFound):
        set_buttons(database, tenant, Button("main", "", (other.operator.id,)))
    assert ring(database, tenant, clock) == {tenant.owner.id, tenant.operator.id}


def test_buttons_of_another_company_are_unknown(
    database: Database, tenant: Tenant, other: Tenant, clock: StillClock
) -> None:
    set_buttons(database, tenant, Button("main"))
    with pytest.raises(UnknownButton):
        ring(database, other, clock)
    with database.transaction() as tx:
        assert directory.buttons(tx, other.scope, STATION) == ()
