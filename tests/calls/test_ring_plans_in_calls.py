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
PRESS_STATEMENTS = (
    18,
    3,
)  # of one press with two levels of groups, asked and written (the trace after the ring); more has to be meant


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


async def test_a_plan_rings_as_long_as_it_says_however_short_calls_ring_where_none_says_so(desk: Desk) -> None:
    """Calls ring 60 s where no plan says how long; this one says 90 s."""
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    each = steps(user(anna.user_id), user(bernd.user_id), seconds=45)
    each["steps"][-1]["seconds"] = 45
    bind(desk, group_ids=(group(desk, "Empfang", {"otherwise": each}),))
    await desk.presses()
    await desk.passes(85)
    assert desk.last(bernd, wire.Ring)
    assert desk.all(bernd, wire.RingEnded) == []
    await desk.passes(6)
    assert desk.history()[0].cause == "no_answer"


async def test_a_decline_stops_that_receiver_alone(desk: Desk) -> None:
    """In the same step, and in the steps that follow: who declined is not rung again."""
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    together = {"members": [user(anna.user_id), user(bernd.user_id)], "seconds": 20}
    document = {"otherwise": {"steps": [together, {"members": [user(anna.user_id)], "seconds": 10}], "rounds": 2}}
    bind(desk, group_ids=(group(desk, "Empfang", document),), account_ids=(desk.account.id,))
    await desk.presses()
    call_id = desk.last(anna, wire.Ring).call_id
    await desk.says(anna, wire.Decline(request_id="r1", call_id=call_id))
    assert desk.last(anna, wire.RingEnded).cause == "declined"
    assert desk.all(bernd, wire.RingEnded) == []
    telephone = desk.sip.named("invite")[0][1]
    assert ("end", telephone, "declined") not in desk.sip.orders
    desk.service.refused(telephone, 603, "")  # the telephone declines too
    await desk.service.drain()
    assert desk.all(bernd, wire.RingEnded) == []
    await desk.passes(25)
    assert len(desk.all(anna, wire.Ring)) == len(desk.sip.named("invite")) == 1
    assert desk.all(bernd, wire.RingEnded) == []  # the second step would ring nobody: the next round begins at once


async def test_an_alarm_rings_who_is_in_a_call_people_and_telephones_whatever_their_rules_say(desk: Desk) -> None:
    """Bernd talks, and so does the telephone; both forward when busy. An alarm rings them all the same."""
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    when_busy = {"rules": [{"when": "busy", "then": steps(user(anna.user_id))}]}
    plan(desk, Member("user", bernd.user_id), when_busy)
    telephone = {"kind": "account", "id": desk.account.id}
    busy_telephone = {"when": "busy", "whose": telephone, "then": steps(user(anna.user_id))}
    reception = group(desk, "Empfang", {"rules": [busy_telephone], "otherwise": steps(telephone)})
    bind(desk, user_ids=(bernd.user_id,))
    with_account(desk)
    await desk.presses(account=True)
    await desk.answers(bernd, account=True)  # the telephone called, Bernd answered: both talk
    bind(desk, user_ids=(bernd.user_id,), group_ids=(reception,))
    await desk.presses(leg="leg-2")
    assert len(desk.all(bernd, wire.Ring)) == 1
    assert desk.sip.named("invite") == []
    assert desk.last(anna, wire.Ring).priority == "normal"
    bind(desk, user_ids=(bernd.user_id,), group_ids=(reception,), priority="alarm")
    await desk.presses(leg="leg-3")
    assert desk.last(bernd, wire.Ring).priority == "alarm"
    assert [order[2] for order in desk.sip.named("invite")] == [desk.account.number]


async def test_a_group_without_a_plan_rings_nobody_and_the_others_ring(desk: Desk) -> None:
    anna = desk.tab("anna")
    empty = desk.database.run_sync(
        lambda tx: parties.add(
            tx, desk.tenant.scope, "group", name="Leer", place_id=desk.tenant.site.id, now=desk.clock.now()
        )
    )
    bind(desk, group_ids=(empty.id,))
    await desk.presses()
    assert desk.sip.named("refuse")[-1][2:] == (480, "nobody_available")
    bind(desk, group_ids=(empty.id,), user_ids=(anna.user_id,))
    await desk.presses(leg="leg-2")
    assert desk.last(anna, wire.Ring)


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


@pytest.mark.sqlite
async def test_a_press_asks_no_more_in_a_company_with_more_of_everything(said: list[str], desk: Desk) -> None:
    """People with plans and do not disturb, contacts, telephones, buttons, groups beside: a press costs as many statements."""

    async def statements() -> tuple[int, int]:
        said.clear()
        leg = new_id("leg")
        await desk.presses(leg=leg)
        asked = len([one for one in said if one.startswith("SELECT")])
        written = len([one for one in said if one.startswith(("INSERT", "UPDATE", "DELETE"))])
        desk.service.ended(leg, "cancelled", "")
        await desk.service.drain()
        return asked, written

    def telephone(number: int) -> str:
        return desk.database.run_sync(
            lambda tx: devices.create_account(
                tx,
                desk.tenant.scope,
                name=f"Telefon {number}",
                place_id=desk.tenant.site.id,
                realm="antiphon.local",
                now=desk.clock.now(),
            )
        ).station.id

    def members(many: int) -> list[Json]:
        found = []
        for number in range(many):
            one = person(desk, many * 100 + number)
            plan(desk, Member("user", one), {"rules": [{"when": "busy", "then": steps(user(desk.tenant.owner.id))}]})
            quiet(desk, one)
            found += [user(one), {"kind": "account", "id": telephone(many * 100 + number)}]
        return found

    desk.tab("anna")
    counted = []
    for many in (6, 12):
        inner = group(desk, f"Innen {many}", {"otherwise": steps(*members(many), seconds=5)})
        for number in range(many):
            group(desk, f"Daneben {many} {number}", {"otherwise": steps(user(desk.tenant.owner.id))})
        outer = group(desk, f"Außen {many}", {"otherwise": steps({"kind": "group", "id": inner})})
        bind(desk, user_ids=(desk.tenant.owner.id,), group_ids=(outer,))
        counted.append(await statements())
    assert counted == [PRESS_STATEMENTS, PRESS_STATEMENTS]


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
