"""Real calls ring by ring plans: steps, rules, do not disturb, who is away, the last resort; in few questions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from desk import Desk

from antiphon import devices, directory, events, tenancy
from antiphon.clock import new_id
from antiphon.database import Tx
from antiphon.directory import parties, plans, quiets, ring_settings
from antiphon.directory.documents import PlanDocument, StepsDocument
from antiphon.directory.ring_settings import RingSettings
from antiphon.directory.rings import Member
from antiphon.wire import client as wire

Json = dict[str, Any]


def user(user_id: str) -> Json:
    return {"kind": "user", "id": user_id}


def steps(*each: Json, seconds: int | None = 20, rounds: int = 1) -> Json:
    """Each member in a step of its own; the last rings as long as there is time."""
    said: list[Json] = [{"members": [one], "seconds": seconds} for one in each]
    if rounds == 1:
        del said[-1]["seconds"]
    return {"steps": said, "rounds": rounds}


def plan(desk: Desk, owner: Member, document: Json) -> None:
    """That is in force from now on."""

    def put(tx: Tx) -> None:
        now = desk.clock.now()
        plans.draft(tx, desk.tenant.scope, owner, PlanDocument.model_validate(document), now, "Anna")
        plans.put_in_force(tx, desk.tenant.scope, owner, now, "Anna")

    desk.database.run_sync(put)


def group(desk: Desk, name: str, document: Json) -> str:
    """A ring group with that plan."""
    made = desk.database.run_sync(
        lambda tx: parties.add(
            tx, desk.tenant.scope, "group", name=name, place_id=desk.tenant.site.id, now=desk.clock.now()
        )
    )
    plan(desk, Member("group", made.id), document)
    return made.id


def bind(desk: Desk, **bound: Any) -> None:
    """The station's button rings that and nobody else."""
    button = directory.Button("main", **{"user_ids": (), **bound})
    desk.database.run_sync(lambda tx: directory.set_buttons(tx, desk.tenant.scope, desk.station.id, [button]))


def quiet(desk: Desk, user_id: str, place_id: str | None = None) -> None:
    wish = quiets.Wish(
        place_id or desk.tenant.company.id, desk.clock.now(), None, None, "UTC", "Anna", desk.clock.now()
    )
    desk.database.run_sync(lambda tx: quiets.put(tx, desk.tenant.scope, user_id, [wish]))


async def test_a_group_rings_one_after_another(desk: Desk) -> None:
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    bind(desk, group_ids=(group(desk, "Empfang", {"otherwise": steps(user(anna.user_id), user(bernd.user_id))}),))
    await desk.presses()
    assert desk.last(anna, wire.Ring)
    assert desk.all(bernd, wire.Ring) == []
    await desk.passes(20.5)
    assert desk.last(bernd, wire.Ring)
    assert desk.last(anna, wire.RingEnded).cause == "passed_on"


async def test_a_step_in_which_nobody_is_there_is_passed_over_and_who_comes_joins(desk: Desk) -> None:
    bernd = desk.tab("bernd", desk.tenant.operator.id)
    away = desk.tenant.owner.id
    bind(desk, group_ids=(group(desk, "Empfang", {"otherwise": steps(user(away), user(bernd.user_id))}),))
    await desk.presses()
    assert desk.last(bernd, wire.Ring)
    anna = desk.tab("anna")
    desk.service.client_came(anna)
    await desk.service.drain()
    assert desk.last(anna, wire.Ring)


async def test_do_not_disturb_is_honoured_and_an_alarm_breaks_through(desk: Desk) -> None:
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    quiet(desk, bernd.user_id)
    bind(desk, user_ids=None)
    await desk.presses()
    assert desk.all(bernd, wire.Ring) == []
    assert desk.last(anna, wire.Ring).priority == "normal"
    desk.service.client_came(bernd)  # signs on again while it rings: still quiet
    await desk.service.drain()
    assert desk.all(bernd, wire.Ring) == []
    bind(desk, user_ids=None, priority="alarm")
    await desk.presses(leg="leg-2")
    assert desk.last(bernd, wire.Ring).priority == "alarm"


async def test_a_company_may_keep_alarms_from_breaking_through(desk: Desk) -> None:
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    quiet(desk, bernd.user_id)
    bind(desk, user_ids=None, priority="alarm")
    said = RingSettings(alarm_breaks_quiet=False)
    desk.database.run_sync(lambda tx: ring_settings.put(tx, desk.tenant.scope, said))
    await desk.presses()
    assert desk.last(anna, wire.Ring)
    assert desk.all(bernd, wire.Ring) == []


async def test_do_not_disturb_of_another_site_leaves_this_one_alone(desk: Desk) -> None:
    bernd = desk.tab("bernd", desk.tenant.operator.id)
    project = desk.tenant.site.parent_id
    assert project is not None

    def site(tx: Tx) -> str:
        return tenancy.create_place(tx, desk.tenant.scope, "site", project, "Lager", desk.clock.now()).id

    quiet(desk, bernd.user_id, desk.database.run_sync(site))
    await desk.presses()
    assert desk.last(bernd, wire.Ring)


async def test_a_plan_that_finds_nobody_rings_the_last_resort(desk: Desk) -> None:
    anna = desk.tab("anna")
    bind(desk, user_ids=(desk.tenant.operator.id,))  # who is not there
    last = StepsDocument.model_validate(steps(user(anna.user_id)))
    desk.database.run_sync(lambda tx: ring_settings.put(tx, desk.tenant.scope, RingSettings(last)))
    await desk.presses()
    assert desk.last(anna, wire.Ring)


async def test_a_person_in_a_call_forwards_when_busy_and_otherwise_hears_it_too(desk: Desk) -> None:
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    bind(desk, user_ids=(bernd.user_id,))
    await desk.presses()
    await desk.answers(bernd)
    when_busy = {"rules": [{"when": "busy", "then": steps(user(anna.user_id))}]}
    plan(desk, Member("user", bernd.user_id), when_busy)
    with_account(desk)
    await desk.presses(leg="leg-2", account=True)
    assert desk.last(anna, wire.Ring)
    assert len(desk.all(bernd, wire.Ring)) == 1


def with_account(desk: Desk) -> None:
    """The other maker's station rings Bernd."""
    button = directory.Button("main", user_ids=(desk.tenant.operator.id,))
    desk.database.run_sync(lambda tx: directory.set_buttons(tx, desk.tenant.scope, desk.account.id, [button]))


async def test_who_was_deactivated_is_passed_over_without_a_dead_step(desk: Desk) -> None:
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    bind(desk, group_ids=(group(desk, "Empfang", {"otherwise": steps(user(bernd.user_id), user(anna.user_id))}),))

    def deactivate(tx: Tx) -> None:
        tenancy.change_user(tx, desk.tenant.scope, bernd.user_id, desk.clock.now(), active=False)

    desk.database.run_sync(deactivate)
    await desk.presses()
    assert desk.all(bernd, wire.Ring) == []
    assert desk.last(anna, wire.Ring)


async def test_a_telephone_that_is_back_joins_what_rings(desk: Desk) -> None:
    anna = desk.tab("anna")
    bind(desk, user_ids=None, account_ids=(desk.account.id,))
    for online in (True, False):
        desk.clock.advance(1)
        desk.database.run_sync(
            lambda tx, online=online: devices.store.set_presence(  # type: ignore[misc]
                tx, desk.tenant.scope, desk.account.id, online=online, now=desk.clock.now()
            )
        )
    await desk.presses()
    assert desk.last(anna, wire.Ring)
    assert desk.sip.named("invite") == []
    fact = events.StationPresenceChanged(
        new_id("fact"), desk.tenant.company.id, desk.clock.now(), desk.account.id, online=True
    )
    desk.bus.publish(fact)
    await desk.service.drain()
    assert len(desk.sip.named("invite")) == 1


async def test_a_rule_is_in_force_by_the_clock_at_the_plans_zone(desk: Desk) -> None:
    """It is Monday, 9:00 in Vienna, and an hour later 10:00."""
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    times = {"weekdays": [1], "spans": [{"start": "08:30", "end": "09:30"}]}
    rules = [{"times": times, "then": steps(user(anna.user_id))}]
    document = {"rules": rules, "otherwise": steps(user(bernd.user_id)), "zone": "Europe/Vienna"}
    bind(desk, group_ids=(group(desk, "Empfang", document),))
    await desk.presses()
    assert desk.last(anna, wire.Ring)
    desk.service.ended("leg-1", "cancelled", "")
    await desk.service.drain()
    desk.clock.at += timedelta(hours=1)
    await desk.presses(leg="leg-2")
    assert desk.last(bernd, wire.Ring)
    assert len(desk.all(anna, wire.Ring)) == 1


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What SQLite is asked, from the first connection on."""
    heard: list[str] = []

    def trace(connection: Any, _record: object) -> None:  # Any: the driver's connection
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(heard.append)

    sa.event.listen(sa.Engine, "connect", trace)
    yield heard
    sa.event.remove(sa.Engine, "connect", trace)


@pytest.mark.sqlite
async def test_a_press_asks_no_more_however_many_are_in_the_group(said: list[str], desk: Desk) -> None:
    async def asked(document: Json) -> int:
        bind(desk, group_ids=(group(desk, "Empfang", document),))
        said.clear()
        leg = new_id("leg")
        await desk.presses(leg=leg)
        found = len([one for one in said if one.startswith("SELECT")])
        desk.service.ended(leg, "cancelled", "")
        await desk.service.drain()
        return found

    few = {"otherwise": steps(user(desk.tenant.owner.id))}
    many = {"otherwise": steps(*(user(person(desk, number)) for number in range(12)), seconds=5)}
    counted = await asked(few)
    assert await asked(many) == counted > 3


def person(desk: Desk, number: int) -> str:
    return desk.database.run_sync(
        lambda tx: tenancy.create_user(
            tx,
            desk.tenant.scope,
            name=f"Person {number}",
            email=f"{number}@x.example",
            password_hash=None,
            role_id="role_operator",
            now=desk.clock.now(),
        )
    ).id
