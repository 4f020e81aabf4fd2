"""What holds for the telling of every trace: nobody is left out, nothing lies outside the call, and it can be kept and read again."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.rings import worlds

from antiphon.calls.traces import codec, english, german, rowing
from antiphon.calls.traces.facts import DoorTry, End, Facts, HeardFrom, Jump, Planned, RungLeg
from antiphon.calls.traces.telling import tell
from antiphon.calls.traces.view import TraceView
from antiphon.directory import rings
from antiphon.directory.rings import Ask, Book, Member
from antiphon.limits import TRACE_BYTES_MAX
from antiphon.wire.client import CallView

MANY = settings(max_examples=30, deadline=None, phases=(Phase.explicit, Phase.generate))
BEGAN = datetime(2026, 11, 23, 8, 47, 8, tzinfo=UTC)

moments = st.integers(0, 900).map(lambda tenths: tenths / 10)
maybe = st.none() | moments
causes = st.none() | st.sampled_from(
    ["answered", "declined", "passed_on", "busy", "failed", "no_answer", "cancelled", "disconnected", "hung_up"]
)
rung_legs = st.builds(
    RungLeg,
    st.just("leg"),
    st.sampled_from(worlds.USERS),
    st.sampled_from(["Anna", "Bernd"]),
    st.integers(1, 3),
    maybe,
    maybe,
    maybe,
    causes,
    st.booleans(),
    st.none() | st.just(486),
)


@st.composite
def traces(draw: st.DrawFn) -> Facts:
    """Any plan of any company, with whatever happened."""
    book, ask = draw(worlds.books()), draw(worlds.asks)
    planned = Planned(rings.plan(book, ask), book.names, draw(moments))
    return Facts(
        button="main",
        label="Top 14",
        priority=draw(st.sampled_from(["alarm", "high", "normal", "low"])),
        at=BEGAN,
        zone="Europe/Vienna",
        until_s=draw(moments),
        plan=draw(st.just(planned) | st.none()),
        refused=draw(st.none() | st.just("unknown_button")),
        legs=tuple(draw(st.lists(rung_legs, max_size=6))),
        jumps=tuple(draw(st.lists(st.builds(Jump, moments, moments), max_size=2))),
        heard=tuple(
            draw(st.lists(st.builds(HeardFrom, moments, st.sampled_from(["ring_tone", "prompt"])), max_size=2))
        ),
        doors=tuple(
            draw(st.lists(st.builds(DoorTry, moments, st.just("Haustor"), st.text(), st.booleans()), max_size=2))
        ),
        end=draw(st.none() | st.builds(End, moments, st.just("no_answer"), st.just("platform"))),
    )


@st.composite
def calls(draw: st.DrawFn) -> CallView:
    answered, ended = draw(maybe), draw(maybe)
    return CallView(
        call_id="call_1",
        station_id="station_1",
        station_name="Haupteingang",
        place="Haus A",
        direction=draw(st.sampled_from(["from_station", "to_station"])),
        button="main",
        started_at=BEGAN,
        answered_at=None if answered is None else BEGAN + timedelta(seconds=answered),
        ended_at=None if ended is None else BEGAN + timedelta(seconds=ended),
        cause=None
        if ended is None
        else draw(st.sampled_from(["answered", "no_answer", "cancelled", "revoked", "busy"])),
        answered_by=None,
        placed_by=draw(st.none() | st.just("Anna")),
        snapshot_id=None,
        doors_opened=0,
        legs=(),
    )


NOW = BEGAN + timedelta(seconds=45)


def left_out(view: TraceView, facts: Facts) -> Counter[tuple[str, str, int]]:
    """Legs and silences of the plan that are not told exactly once."""
    planned: Counter[tuple[str, str, int]] = Counter()
    if facts.plan is not None:
        planned.update(("leg", leg.receiver.id, leg.from_s) for leg in facts.plan.ringing.legs)
        planned.update(("silence", one.member.id, one.at_s) for one in facts.plan.ringing.silences)
    seen = Counter((part.kind, row.id, part.from_s) for row in view.rows for part in row.planned)
    return (planned - seen) + (seen - planned)


@MANY
@given(traces(), calls(), st.sampled_from(["de", "en"]), st.booleans())
def test_every_leg_and_silence_is_told_once_within_the_call_and_the_same_each_time(
    facts: Facts, call: CallView, language: str, sees_plans: bool
) -> None:
    view = tell(call, facts, language, NOW, sees_plans=sees_plans)
    assert left_out(view, facts) == Counter()
    assert len({(row.kind, row.id) for row in view.rows}) == len(view.rows)
    for row in view.rows:
        assert row.sentence
        assert row.name
        for part in row.intervals:
            assert 0 <= part.from_s < part.to_s <= view.lasted_s
            assert part.sentence
    assert all(0 <= one.at_s <= view.lasted_s for one in view.happenings)
    assert view.headline
    assert all(one.sentence for one in view.findings)
    assert tell(call, facts, language, NOW, sees_plans=sees_plans) == view


@MANY
@given(traces())
def test_what_is_kept_is_read_again_as_it_was(facts: Facts) -> None:
    kept = codec.encode(facts)
    again = codec.decode(kept)
    assert again is not None
    if facts.plan is not None and again.plan is not None:
        assert set(again.plan.names.items()) <= set(facts.plan.names.items())
        again = replace(again, plan=replace(again.plan, names=facts.plan.names))
    assert (again == facts) or again.left_out > 0


@MANY
@given(traces(), calls(), st.sampled_from(["de", "en"]))
def test_it_is_told_the_same_from_what_was_kept(facts: Facts, call: CallView, language: str) -> None:
    again = codec.decode(codec.encode(facts))
    assert again is not None
    if not again.left_out:
        assert tell(call, again, language, NOW) == tell(call, facts, language, NOW)


@MANY
@given(traces())
def test_a_trace_of_an_older_version_without_some_of_it_stays_readable(facts: Facts) -> None:
    document = json.loads(codec.encode(facts))
    for key in ("zone", "label", "jumps", "heard", "doors", "until", "sip", "priority"):
        document.pop(key, None)
    document["said_by_a_newer_one"] = {"of": "this version"}
    assert codec.decode(json.dumps(document)) is not None


@pytest.mark.parametrize(
    "document", ["", "[]", "7", "{}", '{"v":2}', '{"v":1}', '{"v":1,"at":"never"}', '{"v":1,"at":7}']
)
def test_what_is_no_trace_is_none(document: str) -> None:
    assert codec.decode(document) is None


def crowd() -> Facts:
    """More than there is room for."""
    members = tuple(Member("user", f"user_{at:026}") for at in range(900))
    names = {member: f"Somebody with a long name {at}" for at, member in enumerate(members)}
    book = Book(names, {}, {member: rings.Presence("offline") for member in members}, {}, {})
    answer = rings.plan(book, Ask(members, BEGAN))
    return Facts("main", "", "normal", BEGAN, "UTC", 0.0, plan=Planned(answer, names))


def test_a_trace_keeps_within_its_bound_and_says_how_much_is_left_out() -> None:
    facts = crowd()
    assert facts.plan is not None
    kept = codec.encode(facts)
    assert len(kept.encode()) <= TRACE_BYTES_MAX
    again = codec.decode(kept)
    assert again is not None
    assert again.plan is not None
    told = len(again.plan.ringing.silences)
    assert 0 < told < len(facts.plan.ringing.silences)
    assert again.left_out >= len(facts.plan.ringing.silences) - told


def test_the_property_would_find_a_silent_receiver_that_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted fault: whoever did not ring has no row."""
    quiet, loud = Member("user", "u1"), Member("user", "u2")
    book = Book({quiet: "Anna", loud: "Bernd"}, {}, {quiet: rings.Presence("offline")}, {}, {})
    answer = rings.plan(book, Ask((quiet, loud), BEGAN))
    facts = Facts("main", "", "normal", BEGAN, "UTC", 0.0, plan=Planned(answer, book.names))
    call = CallView.model_construct(**_call())
    assert left_out(tell(call, facts, "en", NOW), facts) == Counter()
    honest = rowing.receivers
    monkeypatch.setattr(rowing, "receivers", lambda *given: [row for row in honest(*given) if row.state != "silent"])
    assert left_out(tell(call, facts, "en", NOW), facts) == Counter({("silence", "u1", 0): 1})


def _call() -> dict[str, object]:
    return {
        "call_id": "call_1",
        "station_id": "station_1",
        "station_name": "Haupteingang",
        "place": "Haus A",
        "direction": "from_station",
        "button": "main",
        "started_at": BEGAN,
        "answered_at": None,
        "ended_at": BEGAN + timedelta(seconds=60),
        "cause": "no_answer",
        "answered_by": None,
        "placed_by": None,
        "snapshot_id": None,
        "doors_opened": 0,
        "legs": (),
        "media_breaks": (),
    }


def test_both_languages_say_the_same_things_with_the_same_facts() -> None:
    def holes(said: str) -> set[str]:
        return {part.split("}")[0] for part in said.split("{")[1:]}

    assert english.SAYS.keys() == german.SAYS.keys()
    for key, said in english.SAYS.items():
        assert holes(said) == holes(german.SAYS[key]), key


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_silence_is_told_in_the_past(language: str) -> None:
    say = rings.words(language, {})
    for cause in rings.Cause.__args__:  # type: ignore[attr-defined]
        silence = rings.Silence(Member("user", "u1"), 0, cause, (), limit=32)
        assert say.silence(silence, past=True) != say.silence(silence)
