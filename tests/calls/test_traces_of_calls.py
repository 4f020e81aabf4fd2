"""What a call keeps of itself, and what is told of it: do not disturb, away, late, declined, passed on, alarms, doors, crashes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from desk import Desk
from test_ring_plans_in_calls import bind, group, plan, quiet, steps, user

from antiphon import tenancy
from antiphon.calls import store
from antiphon.calls.tables import trace_rows
from antiphon.calls.traces.store import trace
from antiphon.calls.traces.telling import tell
from antiphon.calls.traces.view import Finding, TraceRow, TraceView
from antiphon.clock import new_id
from antiphon.database import StorageFull, Tx
from antiphon.directory.rings import Member
from antiphon.tenancy.rights import EVERYWHERE
from antiphon.wire import client as wire


def told(desk: Desk, language: str = "en", *, sees_plans: bool = True, reader_id: str = "", at: int = 0) -> TraceView:
    """Of the newest call."""

    def look(tx: Tx) -> TraceView:
        call_id = store.calls_page(tx, desk.tenant.scope, limit=9, before=None)[at].call_id
        call, _ = store.call_with_place(tx, desk.tenant.scope, call_id, EVERYWHERE, EVERYWHERE)
        facts, kept = trace(tx, desk.tenant.scope, call_id)
        now = desk.clock.now()
        return tell(call, facts, language, now, kept=kept, sees_plans=sees_plans, reader_id=reader_id)

    return desk.database.run_sync(look)


def row(view: TraceView, who: str) -> TraceRow:
    (found,) = [one for one in view.rows if one.id == who]
    return found


def about(view: TraceView, code: str) -> Finding:
    (found,) = [one for one in view.findings if one.code == code]
    return found


async def visitor_leaves(desk: Desk, leg: str = "leg-1") -> None:
    desk.service.ended(leg, "cancelled", "")
    await desk.service.drain()


async def test_who_wanted_quiet_is_told_with_who_asked_for_it(desk: Desk) -> None:
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    quiet(desk, bernd.user_id)
    bind(desk, user_ids=None)
    await desk.presses()
    await desk.passes(61)
    view = told(desk)
    assert view.headline == "Nobody picked up: one rang and one stayed silent."
    assert row(view, anna.user_id).sentence == "Rang 60 s, nobody answered."
    silent = row(view, bernd.user_id)
    assert silent.state == "silent"
    assert silent.sentence.startswith("Did not ring: do not disturb until further notice, set by Anna")
    assert [part.kind for part in silent.intervals] == ["silent"]
    finding = about(view, "do_not_disturb")
    assert (finding.advice, finding.weight) == ("change_do_not_disturb", "calm")
    assert finding.target is not None
    assert (finding.target.kind, finding.target.id) == ("do_not_disturb", bernd.user_id)
    german = told(desk, "de")
    assert german.headline == "Niemand hat abgehoben: bei einem Empfänger hat es geläutet und einer blieb still."
    assert row(german, bernd.user_id).sentence.startswith("Hat nicht geläutet: Ruhe")


async def test_quiet_and_rules_are_told_only_to_who_may_read_ring_plans(desk: Desk) -> None:
    desk.tab("anna")
    bernd = desk.tab("bernd", desk.tenant.operator.id)
    quiet(desk, bernd.user_id)
    bind(desk, user_ids=None)
    await desk.presses()
    await visitor_leaves(desk)
    hidden = told(desk, sees_plans=False)
    assert hidden.private
    assert hidden.decisions == []
    assert "disturb" not in hidden.model_dump_json(exclude={"findings": {"__all__": {"advice"}}})
    assert {part.cause for one in hidden.rows for part in one.planned} == {None}
    own = told(desk, sees_plans=False, reader_id=bernd.user_id)
    assert "do not disturb" in row(own, bernd.user_id).sentence


async def test_who_is_away_and_comes_back_joins_and_the_trace_says_so(desk: Desk) -> None:
    bernd = desk.tab("bernd", desk.tenant.operator.id)
    away = desk.tenant.owner.id
    bind(desk, user_ids=(away, bernd.user_id))
    await desk.presses()
    early = row(told(desk), away)
    assert (early.state, early.planned[0].cause) == ("silent", "offline")
    await desk.passes(14)
    desk.tab("anna")
    await desk.service.drain()
    await visitor_leaves(desk)
    view = told(desk)
    late = row(view, away)
    assert late.state == "rang"
    assert late.sentence.startswith("Came at 14 s while it rang, and joined.")
    assert [one.code for one in view.happenings] == ["joined_late", "ended"]
    assert [finding.code for finding in view.findings if finding.code == "offline"] == []
    assert next((part.kind, part.from_s) for part in late.intervals) == ("silent", 0.0)


async def test_a_decline_begins_the_next_turn_early(desk: Desk) -> None:
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    bind(desk, group_ids=(group(desk, "Empfang", {"otherwise": steps(user(anna.user_id), user(bernd.user_id))}),))
    await desk.presses()
    await desk.passes(6)
    call_id = desk.last(anna, wire.Ring).call_id
    await desk.says(anna, wire.Decline(request_id="r1", call_id=call_id))
    view = told(desk)
    assert view.live
    assert (row(view, anna.user_id).state, row(view, anna.user_id).sentence) == ("declined", "Declined at 6 s.")
    assert row(view, bernd.user_id).state == "ringing"
    assert [one.sentence for one in view.happenings] == ["Nobody rang any more: the next turn began 14 s early."]
    assert row(view, bernd.user_id).detail.startswith("Empfang")


async def test_what_was_passed_on_answered_and_opened_is_told(desk: Desk) -> None:
    anna, bernd = desk.tab("anna"), desk.tab("bernd", desk.tenant.operator.id)
    bind(desk, group_ids=(group(desk, "Empfang", {"otherwise": steps(user(anna.user_id), user(bernd.user_id))}),))
    await desk.presses()
    await desk.passes(20.5)
    call_id = await desk.answers(bernd)
    ring = desk.last(bernd, wire.Ring)
    await desk.says(bernd, wire.OpenDoor(request_id="r9", call_id=call_id, door_id=ring.station.doors[0].door_id))
    desk.clock.advance(10)
    await desk.says(bernd, wire.HangUp(request_id="r2", call_id=call_id))
    view = told(desk)
    assert view.good
    assert "answered after 20 s" in view.headline
    assert row(view, anna.user_id).sentence == "Rang 20 s, nobody answered. It went on to the next."
    assert row(view, bernd.user_id).state == "talked"
    assert [part.kind for part in row(view, bernd.user_id).intervals] == ["rings", "talks"]
    assert [one.code for one in view.happenings] == ["door_opened", "ended"]
    assert view.happenings[0].sentence.startswith(ring.station.doors[0].name)
    assert [part.kind for part in view.rows[0].intervals] == ["hears_tone", "talks"]


async def test_all_windows_of_a_person_are_one_row(desk: Desk) -> None:
    desk.tab("desktop")
    desk.tab("laptop")
    await desk.presses()
    await visitor_leaves(desk)
    view = told(desk)
    anna = row(view, desk.tenant.owner.id)
    assert anna.detail.endswith("2 devices")
    assert [leg.device for leg in view.technical.legs] == [1, 2]


async def test_an_alarm_breaks_through_and_the_decision_says_so(desk: Desk) -> None:
    anna = desk.tab("anna")
    quiet(desk, anna.user_id)
    bind(desk, user_ids=None, priority="alarm")
    await desk.presses()
    view = told(desk)
    assert view.priority == "alarm"
    assert row(view, anna.user_id).state == "ringing"
    assert any(one.code == "alarm_breaks_quiet" for one in view.decisions)


@pytest.mark.parametrize(("button", "code"), [("nowhere", "unknown_button")])
async def test_a_call_that_was_refused_has_a_trace_too(desk: Desk, button: str, code: str) -> None:
    await desk.presses(button)
    view = told(desk)
    assert (view.kept, view.code, view.technical.refused_with) == ("kept", code, code)
    finding = about(view, code)
    assert finding.target is not None
    assert (finding.advice, finding.target.id) == ("change_buttons", desk.station.id)


async def test_a_call_of_a_person_to_a_station_has_one_without_a_plan(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.says(anna, wire.CallStation(request_id="r1", station_id=desk.station.id, sdp="offer"))
    call_id = desk.last(anna, wire.CallStarted).call_id
    await desk.says(anna, wire.HangUp(request_id="r2", call_id=call_id))
    view = told(desk)
    assert "hung up" in view.headline
    assert view.rows[0].kind == "station"
    assert view.findings == []


async def test_a_process_that_dies_leaves_what_it_had_written_and_the_trace_says_so(desk: Desk) -> None:
    anna = desk.tab("anna")
    await desk.presses()
    await desk.service._records.close_left_over()
    view = told(desk)
    assert row(view, anna.user_id).sentence.endswith("What became of that is not known.")
    assert about(view, "cut_off").advice == "look_at_platform"
    assert view.happenings[-1].code == "cut_off"


async def test_a_call_from_before_traces_is_told_from_its_record(desk: Desk) -> None:
    desk.tab("anna")
    await desk.presses()
    await visitor_leaves(desk)
    desk.database.run_sync(lambda tx: tx.delete(desk.tenant.scope, trace_rows))
    view = told(desk)
    assert view.kept == "before_traces"
    assert about(view, "before_traces").sentence.startswith("No trace was kept of this call")
    assert [one.kind for one in view.rows] == ["visitor", "user"]


async def test_a_trace_of_a_newer_version_is_not_guessed_at(desk: Desk) -> None:
    desk.tab("anna")
    await desk.presses()
    await visitor_leaves(desk)
    newer = {"facts": '{"v":99,"legs":7}'}
    desk.database.run_sync(lambda tx: tx.update(desk.tenant.scope, trace_rows, values=newer))
    assert told(desk).kept == "newer"


async def test_a_trace_that_cannot_be_written_stops_no_ring_and_comes_with_the_record(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise StorageFull

    anna = desk.tab("anna")
    with monkeypatch.context() as patched:
        patched.setattr("antiphon.calls.traces.store.put_trace", full)
        await desk.presses()
        assert desk.last(anna, wire.Ring)
    await visitor_leaves(desk)
    assert told(desk).kept == "kept"


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What SQLite is asked, from the first connection on."""
    heard: list[str] = []

    def listen(connection: Any, _record: object) -> None:  # Any: the driver's connection
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(heard.append)

    sa.event.listen(sa.Engine, "connect", listen)
    yield heard
    sa.event.remove(sa.Engine, "connect", listen)


@pytest.mark.sqlite
async def test_a_press_waits_for_no_statement_of_the_trace(said: list[str], desk: Desk) -> None:
    """Everything that a press asks and writes comes before the ring; the trace's one transaction comes after it."""
    anna = desk.tab("anna")
    rang_after: list[int] = []
    send = desk.clients.send

    def sending(client: str, message: wire.ServerMessage, path: str | None = None) -> None:
        if isinstance(message, wire.Ring):
            rang_after.append(len(said))
        send(client, message, path)

    desk.clients.send = sending  # type: ignore[method-assign]
    said.clear()
    await desk.presses()
    assert desk.last(anna, wire.Ring)
    first = next(at for at, one in enumerate(said) if "call_traces" in one)
    assert rang_after[0] <= first
    assert len([one for one in said if "call_traces" in one]) == 2  # there is none to change, so it is made


async def test_a_person_who_left_the_company_is_told_by_the_name_they_had(desk: Desk) -> None:
    anna = desk.tab("anna")
    plan(desk, Member("user", anna.user_id), {"otherwise": steps(user(anna.user_id))})
    await desk.presses()
    await visitor_leaves(desk)

    def rename(tx: Tx) -> None:
        tenancy.change_user(tx, desk.tenant.scope, anna.user_id, desk.clock.now(), name=new_id("other"))

    before = row(told(desk), anna.user_id).name
    desk.database.run_sync(rename)
    assert row(told(desk), anna.user_id).name == before
