"""Owns the rows of a trace: the visitor, and everybody who rang or could have, each once, with what was planned and what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from antiphon.calls.traces.facts import Facts, RungLeg
from antiphon.calls.traces.speaking import Speaker
from antiphon.calls.traces.view import Interval, IntervalKind, PlannedPart, RowState, TraceRow
from antiphon.directory import rings
from antiphon.directory.rings import Member
from antiphon.wire.client import CallView

_TIDY_S = 0.1  # shorter parts cannot be seen


@dataclass(slots=True)
class _Of:
    """All facts of one receiver."""

    rung: list[RungLeg] = field(default_factory=list)
    legs: list[rings.Leg] = field(default_factory=list)
    silences: list[rings.Silence] = field(default_factory=list)

    @property
    def first(self) -> float:
        begins = [float(leg.from_s) for leg in self.legs] + [float(one.at_s) for one in self.silences]
        return min([*begins, *(leg.rang_s for leg in self.rung if leg.rang_s is not None)], default=0.0)


def visitor(speaker: Speaker, call: CallView, facts: Facts, lasted_s: float) -> TraceRow:
    """What was heard at the station."""
    answered_s = _since(call, lasted_s)
    parts: list[Interval] = []
    ends_s = answered_s if answered_s is not None else lasted_s
    for at, heard in enumerate(facts.heard):
        until = facts.heard[at + 1].at_s if at + 1 < len(facts.heard) else ends_s
        _add(parts, speaker, "hears_tone" if heard.what == "ring_tone" else "hears_prompt", heard.at_s, until, lasted_s)
    if answered_s is not None:
        _add(parts, speaker, "talks", answered_s, lasted_s, lasted_s)
    if call.direction == "to_station":
        said = [speaker.say("caller", who=call.placed_by or speaker.say("a.somebody"))]
    elif facts.heard:
        said = [speaker.say("visitor.tone", s=speaker.seconds(facts.heard[0].at_s))]
    else:
        said = [speaker.say("visitor.no_tone")] if facts.plan is not None or facts.refused else []
    if answered_s is not None:
        said.append(speaker.say("visitor.talked", s=speaker.seconds(answered_s)))
    if call.ended_at is None:
        said.append(speaker.say("visitor.now"))
    else:
        left = call.cause == "cancelled" and call.direction == "from_station"
        said.append(speaker.say("visitor.left" if left else "visitor.ended", s=speaker.seconds(lasted_s)))
    sentence = ", ".join(said)
    return TraceRow(
        kind="visitor" if call.direction == "from_station" else "station",
        id=call.station_id,
        name=speaker.say("visitor") if call.direction == "from_station" else call.station_name,
        detail=call.station_name if call.direction == "from_station" else "",
        state="visitor",
        sentence=f"{sentence[0].upper()}{sentence[1:].removesuffix('.')}.",
        intervals=parts,
        planned=[],
    )


def receivers(speaker: Speaker, call: CallView, facts: Facts, lasted_s: float) -> list[TraceRow]:
    """By when they were due; every leg and every silence of the plan stands in exactly one."""
    if call.ended_at is not None and facts.end is None:  # nothing is known of what came after
        lasted_s = min(lasted_s, facts.until_s)
    found: dict[Member, _Of] = {}
    if facts.plan is not None:
        for leg in facts.plan.ringing.legs:
            found.setdefault(leg.receiver, _Of()).legs.append(leg)
        for silence in facts.plan.ringing.silences:
            found.setdefault(silence.member, _Of()).silences.append(silence)
    for rung in facts.legs:
        found.setdefault(rung.receiver, _Of()).rung.append(rung)
    ordered = sorted(found.items(), key=lambda item: (item[1].first, not item[1].rung, not item[1].legs))
    return [_row(speaker, call, facts, member, of, lasted_s) for member, of in ordered]


def _row(speaker: Speaker, call: CallView, facts: Facts, member: Member, of: _Of, lasted_s: float) -> TraceRow:
    state, sentence = _what_happened(speaker, call, facts, of, lasted_s)
    devices = len({leg.device for leg in of.rung})
    first = of.first
    detail = (
        [speaker.way(of.legs[0].via[:-1] if of.legs[0].via[-1:] == (member,) else of.legs[0].via)] if of.legs else []
    )
    if first >= 1:
        detail.append(speaker.say("row.from", s=speaker.seconds(first)))
    if devices > 1:
        detail.append(speaker.say("row.devices", n=devices))
    return TraceRow(
        kind=member.kind,
        id=member.id,
        name=speaker.name(member, of.rung[0].name if of.rung else ""),
        detail=", ".join(part for part in detail if part),
        state=state,
        sentence=sentence,
        intervals=_intervals(speaker, facts, of, lasted_s),
        planned=_planned(speaker, of),
    )


# -- what happened ---------------------------------------------------------------------------------------------------


def _what_happened(speaker: Speaker, call: CallView, facts: Facts, of: _Of, lasted_s: float) -> tuple[RowState, str]:
    rung = [leg for leg in of.rung if leg.rang_s is not None or leg.answered_s is not None]
    if not rung:
        return _did_not_ring(speaker, call, facts, of, lasted_s)
    state, sentence = _rang(speaker, rung, lasted_s, over=call.ended_at is not None)
    late = next((leg for leg in rung[:1] if leg.late and leg.rang_s is not None), None)
    if late is not None and late.rang_s is not None:
        sentence = f"{speaker.say('row.late', s=speaker.seconds(late.rang_s))} {sentence}"
    return state, sentence


def _rang(speaker: Speaker, rung: list[RungLeg], lasted_s: float, *, over: bool) -> tuple[RowState, str]:
    rang = speaker.seconds(sum(to_s - from_s for from_s, to_s in _ringing(rung, lasted_s)))
    talked = next((leg for leg in rung if leg.answered_s is not None), None)
    if talked is not None and talked.answered_s is not None:
        if talked.ended_s is None and over:
            return "talked", speaker.say("row.talked_on", s=speaker.seconds(talked.answered_s))
        if talked.ended_s is None:
            return "talking", speaker.say("row.talking", s=speaker.seconds(talked.answered_s))
        how_long = speaker.seconds(max(talked.ended_s - talked.answered_s, 0.0))
        return "talked", speaker.say("row.talked", s=speaker.seconds(talked.answered_s), talked=how_long)
    if over and any(leg.ended_s is None for leg in rung):
        return "rang", speaker.say("row.rang_on", rang=rang)
    if any(leg.ended_s is None for leg in rung):
        since = next(leg.rang_s for leg in rung if leg.ended_s is None)
        return "ringing", speaker.say("row.ringing", s=speaker.seconds(since or 0.0))
    declined = next((leg for leg in rung if leg.cause == "declined"), None)
    if declined is not None:
        return "declined", speaker.say("row.declined", s=speaker.seconds(declined.ended_s or 0.0))
    last = max(rung, key=lambda leg: leg.ended_s or 0.0)
    match last.cause:
        case "failed":
            return "lost", speaker.say("row.failed")
        case "disconnected":
            return "lost", speaker.say("row.disconnected", rang=rang)
        case "busy":
            return "lost", speaker.say("row.busy")
        case "passed_on" | "no_answer" | "answered_elsewhere" | "cancelled":
            return "rang", speaker.say(f"row.{last.cause}", rang=rang)
        case _:
            return "rang", speaker.say("row.ended", rang=rang)


def _did_not_ring(speaker: Speaker, call: CallView, facts: Facts, of: _Of, lasted_s: float) -> tuple[RowState, str]:
    if of.silences:
        sentences = dict.fromkeys(speaker.silence(one) for one in of.silences)
        return "silent", " ".join(sentences)
    begun_s = facts.plan.begun_s if facts.plan else 0.0
    due_s = begun_s + min((leg.from_s for leg in of.legs), default=0) - sum(jump.by_s for jump in facts.jumps)
    if call.ended_at is None and due_s >= lasted_s:
        return "not_tried", speaker.say("row.due", s=speaker.seconds(due_s))
    talked_s = _since(call, lasted_s)
    until_s = talked_s if talked_s is not None else lasted_s
    if due_s >= until_s:
        return "not_tried", speaker.say("row.not_due", s=speaker.seconds(until_s))
    return "silent", speaker.say("row.not_there")


def _planned(speaker: Speaker, of: _Of) -> list[PlannedPart]:
    legs = [
        PlannedPart(
            kind="leg",
            from_s=leg.from_s,
            to_s=leg.to_s,
            cause=None,
            way=speaker.way(leg.via),
            sentence=speaker.rings.leg(leg),
        )
        for leg in of.legs
    ]
    silences = [
        PlannedPart(
            kind="silence",
            from_s=one.at_s,
            to_s=one.joins_until_s,
            cause=None if speaker.hides(one) else one.cause,
            way=speaker.way(one.via),
            sentence=speaker.silence(one),
        )
        for one in of.silences
    ]
    return legs + silences


# -- intervals -------------------------------------------------------------------------------------------------------


def _intervals(speaker: Speaker, facts: Facts, of: _Of, lasted_s: float) -> list[Interval]:
    parts: list[Interval] = []
    for from_s, to_s in _ringing(of.rung, lasted_s):
        _add(parts, speaker, "rings", from_s, to_s, lasted_s)
    for leg in of.rung:
        if leg.answered_s is not None:
            _add(parts, speaker, "talks", leg.answered_s, lasted_s if leg.ended_s is None else leg.ended_s, lasted_s)
    begun_s = facts.plan.begun_s if facts.plan else 0.0
    rang_s = min((leg.rang_s for leg in of.rung if leg.rang_s is not None), default=None)
    ends_s = facts.plan.ringing.ends_at_s if facts.plan and facts.plan.ringing.ends_at_s else lasted_s
    if of.silences:
        one = of.silences[0]
        until_s = begun_s + (ends_s if one.joins_until_s is None else min(one.joins_until_s, ends_s))
        _add(
            parts, speaker, "silent", begun_s + one.at_s, until_s if rang_s is None else min(until_s, rang_s), lasted_s
        )
    elif rang_s is None:
        for planned in of.legs:
            _add(parts, speaker, "planned", begun_s + planned.from_s, begun_s + planned.to_s, lasted_s)
    return sorted(parts, key=lambda part: (part.from_s, part.to_s))


def _ringing(legs: Iterable[RungLeg], lasted_s: float) -> list[tuple[float, float]]:
    """When at least one device rang: parts that touch are one."""
    parts = []
    for leg in legs:
        if leg.rang_s is None:
            continue
        ends = [moment for moment in (leg.answered_s, leg.ended_s) if moment is not None]
        parts.append((leg.rang_s, max(min([*ends, lasted_s]), leg.rang_s)))
    merged: list[tuple[float, float]] = []
    for from_s, to_s in sorted(parts):
        if merged and from_s <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], to_s)
        else:
            merged.append((from_s, to_s))
    return merged


def _add(parts: list[Interval], speaker: Speaker, kind: IntervalKind, from_s: float, to_s: float, end_s: float) -> None:
    """Within the call, and only what can be seen."""
    from_s, to_s = round(max(from_s, 0.0), 1), round(min(to_s, end_s), 1)
    if to_s - from_s < _TIDY_S:
        return
    sentence = speaker.say(f"i.{kind}", s=speaker.seconds(to_s - from_s))
    parts.append(Interval(from_s=from_s, to_s=to_s, kind=kind, sentence=sentence))


def _since(call: CallView, lasted_s: float) -> float | None:
    """When somebody began to talk."""
    if call.answered_at is None:
        return None
    return min(round(max((call.answered_at - call.started_at).total_seconds(), 0.0), 1), lasted_s)
