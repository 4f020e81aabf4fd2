"""From the facts of a trace to what a reader sees: pure, the same for the same facts, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from antiphon.calls.traces import finding, german, rowing
from antiphon.calls.traces.english import SAYS
from antiphon.calls.traces.facts import End, Facts, RungLeg
from antiphon.calls.traces.speaking import Speaker
from antiphon.calls.traces.view import (
    Kept,
    Technical,
    TechnicalLeg,
    TraceDecision,
    TraceHappening,
    TraceRow,
    TraceView,
)
from antiphon.directory import rings
from antiphon.directory.rings import Member
from antiphon.wire.client import CallView


def tell(
    call: CallView,
    facts: Facts | None,
    language: str,
    now: datetime,
    *,
    kept: Kept = "kept",
    sees_plans: bool = True,
    reader_id: str = "",
    zone: str = "UTC",
) -> TraceView:
    """`facts` None: told from the record alone, and `kept` says why. Without `sees_plans` nothing is told of people's do not
    disturb and rules, but of the reader's own."""
    lasted_s = round(max(((call.ended_at or now) - call.started_at).total_seconds(), 0.0), 1)
    known = facts or _from_record(call, zone)
    names = known.plan.names if known.plan else {}
    says = german.SAYS if language == "de" else SAYS
    speaker = Speaker(says, rings.words(language, names, known.zone), names, sees_plans, reader_id)
    rows = [rowing.visitor(speaker, call, known, lasted_s)]
    rows += rowing.receivers(speaker, call, known, lasted_s)
    findings = finding.findings(speaker, call, known, rows, kept)
    return TraceView(
        call_id=call.call_id,
        kept=kept,
        private=not sees_plans and known.plan is not None,
        live=call.ended_at is None,
        station_id=call.station_id,
        station_name=call.station_name,
        place=call.place,
        started_at=call.started_at,
        zone=known.zone,
        button=call.button,
        button_label=known.label,
        priority=known.priority,
        snapshot_id=call.snapshot_id,
        doors_opened=call.doors_opened,
        lasted_s=lasted_s,
        good=call.answered_at is not None,
        code=_code(call),
        headline=_headline(speaker, call, rows),
        findings=findings,
        rows=rows,
        decisions=_decisions(speaker, known),
        happenings=_happenings(speaker, call, known, lasted_s),
        technical=Technical(
            sip_call_id=known.sip_call_id,
            refused_with=known.refused,
            planned_at_s=known.plan.begun_s if known.plan else None,
            left_out=known.left_out,
            legs=[_technical(leg) for leg in known.legs],
        ),
    )


def _from_record(call: CallView, zone: str) -> Facts:
    """What the record alone says: who rang, and how that ended."""

    def since(moment: datetime | None) -> float | None:
        return None if moment is None else round(max((moment - call.started_at).total_seconds(), 0.0), 1)

    legs = tuple(
        RungLeg(
            leg_id="",
            receiver=Member("user" if leg.kind == "client" else leg.kind, f"{leg.kind}:{leg.who}"),
            name=leg.who,
            device=1,
            rang_s=since(leg.rang_at),
            answered_s=since(leg.answered_at),
            ended_s=since(leg.ended_at),
            cause=leg.cause,
        )
        for leg in call.legs[1:]  # the first is the station's
    )
    ended_s = since(call.ended_at)
    end = End(ended_s, call.cause or "platform_error", "") if ended_s is not None else None
    return Facts(call.button, "", "normal", call.started_at, zone, 0.0, legs=legs, end=end)


def _code(call: CallView) -> str:
    if call.ended_at is None:
        return "ringing" if call.answered_at is None else "talking"
    if call.answered_at is not None:
        return "answered"
    return call.cause or "platform_error"


def _headline(speaker: Speaker, call: CallView, rows: list[TraceRow]) -> str:
    code = _code(call)
    left = speaker.seconds(((call.ended_at or call.started_at) - call.started_at).total_seconds())
    who = call.answered_by or call.placed_by or ""
    if call.answered_at is not None:
        after = speaker.seconds((call.answered_at - call.started_at).total_seconds())
        if call.direction == "to_station":
            return speaker.say("head.station_answered", s=after)
        return speaker.say(f"head.{code}", who=who or speaker.say("a.somebody"), s=after)
    if call.direction == "to_station" and code == "cancelled":
        return speaker.say("head.caller_cancelled", who=who, s=left)
    key = f"head.{code}" if f"head.{code}" in speaker.says else "head.platform_error"
    return speaker.say(key, who=who, s=left, button=call.button, rang=_counted(speaker, rows[1:]))


def _counted(speaker: Speaker, rows: Iterable[TraceRow]) -> str:
    states = [row.state for row in rows]
    rang = sum(state in ("rang", "declined", "ringing", "lost", "talked", "talking") for state in states)
    said = [
        speaker.count(key, number)
        for key, number in (
            ("n.rang", rang),
            ("n.declined", states.count("declined")),
            ("n.silent", states.count("silent")),
        )
        if number
    ]
    if not said:
        said = [speaker.say("n.none")]
    return ", ".join(said[:-1]) + speaker.say("and") + said[-1] if len(said) > 1 else said[0]


def _decisions(speaker: Speaker, facts: Facts) -> list[TraceDecision]:
    if facts.plan is None or not speaker.sees_plans:
        return []
    return [
        TraceDecision(
            code=one.code,
            owner=speaker.name(one.owner) if one.owner else "",
            sentence=speaker.rings.decision(one),
        )
        for one in facts.plan.ringing.decisions
    ]


def _happenings(speaker: Speaker, call: CallView, facts: Facts, lasted_s: float) -> list[TraceHappening]:
    found = [
        TraceHappening(
            at_s=jump.at_s, code="early_turn", sentence=speaker.say("h.early_turn", s=speaker.seconds(jump.by_s))
        )
        for jump in facts.jumps
    ]
    came: set[Member] = set()
    for leg in facts.legs:
        if leg.late and leg.rang_s is not None and leg.receiver not in came:
            sentence = speaker.say("h.joined_late", who=speaker.name(leg.receiver, leg.name))
            found.append(TraceHappening(at_s=leg.rang_s, code="joined_late", sentence=sentence))
        came.add(leg.receiver)
    for door in facts.doors:
        who, name = door.who or speaker.say("a.somebody"), door.door or speaker.say("a.door")
        if door.opened:
            said = speaker.say("h.door_opened", door=name, who=who)
            found.append(TraceHappening(at_s=door.at_s, code="door_opened", sentence=said))
        else:
            said = speaker.say("h.door_not_opened", door=name, who=who, code=door.code or "-")
            found.append(TraceHappening(at_s=door.at_s, code="door_not_opened", sentence=said))
    if facts.end is not None:
        found.append(TraceHappening(at_s=facts.end.at_s, code="ended", sentence=speaker.say("h.ended")))
    elif finding.cut_off(call, facts):
        found.append(TraceHappening(at_s=facts.until_s, code="cut_off", sentence=speaker.say("h.cut_off")))
    inside = [one.model_copy(update={"at_s": min(one.at_s, lasted_s)}) for one in found]
    return sorted(inside, key=lambda one: one.at_s)


def _technical(leg: RungLeg) -> TechnicalLeg:
    return TechnicalLeg(
        leg_id=leg.leg_id,
        name=leg.name,
        device=leg.device,
        rang_s=leg.rang_s,
        answered_s=leg.answered_s,
        ended_s=leg.ended_s,
        cause=leg.cause,
        sip_status=leg.status,
    )
