"""Facts of a trace as a JSON document and back. Every key is named here; one that is missing has its default, one that is not
known is passed over, so that traces of older versions stay readable."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeVar, get_args

from antiphon.calls.traces.facts import DoorTry, End, Facts, HeardFrom, Jump, Planned, RungLeg, members_in
from antiphon.directory.rings import (
    AsWeekday,
    Cause,
    Code,
    Decision,
    Holiday,
    HolidayCalendar,
    LastResort,
    Leg,
    Member,
    Presence,
    Quiet,
    Ringing,
    Rule,
    RuleRef,
    Silence,
    Span,
    Step,
    Steps,
    Times,
    Via,
    Why,
)
from antiphon.limits import TRACE_BYTES_MAX

VERSION = 1
_CAUSES, _CODES, _WHYS = frozenset(get_args(Cause)), frozenset(get_args(Code)), frozenset(get_args(Why))
Doc = Mapping[str, Any]  # Any: a JSON document's values
T = TypeVar("T")


def encode(facts: Facts) -> str:
    """At most `TRACE_BYTES_MAX` bytes: where there is no room, passed-over rules go first, then the ends of the longest lists."""
    said = _text(facts)
    if len(said) <= TRACE_BYTES_MAX:
        return said
    facts = _without_passed_over(facts)
    while len(said := _text(facts)) > TRACE_BYTES_MAX:
        facts = _shorter(facts)
    return said


def decode(document: str) -> Facts | None:
    """None: written by a newer version that says it is not to be read as this one, or no trace at all."""
    try:
        doc = json.loads(document)
        return _facts(doc) if doc.get("v") == VERSION else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _text(facts: Facts) -> str:
    return json.dumps(_lean(_document(facts)), separators=(",", ":"))  # ASCII alone: its length is its bytes


def _lean(doc: Mapping[str, object]) -> dict[str, object]:
    """Without what is nothing."""
    return {key: value for key, value in doc.items() if value not in (None, (), [], "", False)}


def _without_passed_over(facts: Facts) -> Facts:
    if facts.plan is None:
        return facts
    told = facts.plan.ringing
    kept = tuple(one for one in told.decisions if one.code != "rule_passed_over")
    plan = replace(facts.plan, ringing=replace(told, decisions=kept))
    return replace(facts, plan=plan, left_out=facts.left_out + len(told.decisions) - len(kept))


def _shorter(facts: Facts) -> Facts:
    """With half of its longest list."""
    told = facts.plan.ringing if facts.plan else None
    lists: dict[str, Sequence[object]] = {"rung": facts.legs, "doors": facts.doors, "jumps": facts.jumps}
    if told is not None:
        lists |= {"legs": told.legs, "silences": told.silences, "decisions": told.decisions}
    name, longest = max(lists.items(), key=lambda item: len(item[1]))
    keep = len(longest) // 2
    left_out = facts.left_out + len(longest) - keep
    if name in ("rung", "doors", "jumps"):
        change = {"rung": "legs"}.get(name, name)
        return replace(facts, left_out=left_out, **{change: longest[:keep]})  # type: ignore[arg-type]
    if facts.plan is None or told is None:
        return facts
    ringing = replace(told, **{name: longest[:keep]})  # type: ignore[arg-type]
    return replace(facts, left_out=left_out, plan=replace(facts.plan, ringing=ringing))


# -- to a document ---------------------------------------------------------------------------------------------------


def _document(facts: Facts) -> dict[str, object]:
    return {
        "v": VERSION,
        "button": facts.button,
        "label": facts.label,
        "priority": facts.priority,
        "at": facts.at.isoformat(),
        "zone": facts.zone,
        "until": facts.until_s,
        "sip": facts.sip_call_id,
        "plan": _planned_doc(facts.plan, facts.legs) if facts.plan else None,
        "refused": facts.refused,
        "legs": [
            _lean(
                {
                    "id": leg.leg_id,
                    "who": _member_doc(leg.receiver),
                    "name": leg.name,
                    "device": leg.device,
                    "rang": _second(leg.rang_s),
                    "answered": _second(leg.answered_s),
                    "ended": _second(leg.ended_s),
                    "cause": leg.cause,
                    "late": leg.late,
                    "status": leg.status,
                }
            )
            for leg in facts.legs
        ],
        "jumps": [[jump.at_s, jump.by_s] for jump in facts.jumps],
        "heard": [[heard.at_s, heard.what, heard.prompt] for heard in facts.heard],
        "doors": [[door.at_s, door.door, door.who, door.opened, door.code] for door in facts.doors],
        "end": [facts.end.at_s, facts.end.cause, facts.end.by] if facts.end else None,
        "left_out": facts.left_out or None,
    }


def _second(second: float | None) -> list[float] | None:
    """Nought is a second like every other, and not nothing."""
    return None if second is None else [second]


def _planned_doc(plan: Planned, rung: Sequence[RungLeg]) -> dict[str, object]:
    ringing = plan.ringing
    meant = members_in(ringing) | {leg.receiver for leg in rung}
    named = sorted(member for member in meant if member in plan.names)
    return {
        "begun": plan.begun_s,
        "names": [[member.kind, member.id, plan.names[member]] for member in named],
        "legs": [
            [_member_doc(leg.receiver), leg.from_s, leg.to_s, _via_doc(leg.via), leg.rings_busy] for leg in ringing.legs
        ],
        "silences": [_silence_doc(one) for one in ringing.silences],
        "decisions": [_decision_doc(one) for one in ringing.decisions],
        "ends": ringing.ends_at_s,
        "last_resort": ringing.last_resort,
    }


def _member_doc(member: Member) -> list[str]:
    return [member.kind, member.id]


def _via_doc(via: Via) -> list[dict[str, object]]:
    said: list[dict[str, object]] = []
    for one in via:
        if isinstance(one, RuleRef):
            said.append({"rule": _rule_ref_doc(one)})
        elif isinstance(one, LastResort):
            said.append({"last": _member_doc(one.owner) if one.owner else None})
        else:
            said.append({"member": _member_doc(one)})
    return said


def _rule_ref_doc(rule: RuleRef) -> list[object]:
    return [_member_doc(rule.owner), rule.number, rule.id]


def _silence_doc(one: Silence) -> dict[str, object]:
    quiet, presence = one.quiet, one.presence
    return _lean(
        {
            "who": _member_doc(one.member),
            "at": one.at_s or None,
            "cause": one.cause,
            "via": _via_doc(one.via),
            "joins": one.joins_until_s,
            "rule": _rule_ref_doc(one.rule) if one.rule else None,
            "limit": one.limit,
            "quiet": _quiet_doc(quiet) if quiet else None,
            "there": _lean({"state": presence.state, "busy": presence.busy, "since": _moment_doc(presence.since)})
            if presence
            else None,
        }
    )


def _quiet_doc(quiet: Quiet) -> dict[str, object]:
    return _lean(
        {
            "who": quiet.user_id,
            "from": _moment_doc(quiet.starts_at),
            "until": _moment_doc(quiet.ends_at),
            "by": quiet.set_by_name,
            "set": _moment_doc(quiet.set_at),
            "path": quiet.path,
            "times": (_times_doc(quiet.times) or {}) if quiet.times is not None else None,
            "zone": quiet.zone,
        }
    )


def _decision_doc(one: Decision) -> dict[str, object]:
    return _lean(
        {
            "code": one.code,
            "owner": _member_doc(one.owner) if one.owner else None,
            "local": one.local.isoformat(),
            "weekday": one.weekday,
            "holiday": list(one.holiday) if one.holiday else None,
            "calendar": list(one.calendar) if one.calendar else None,
            "rule": one.rule,
            "text": _rule_doc(one.text) if one.text else None,
            "why": one.why,
            "before": one.before,
            "step": one.step,
            "about": _member_doc(one.about) if one.about else None,
        }
    )


def _rule_doc(rule: Rule) -> dict[str, object]:
    then = rule.then
    return _lean(
        {
            "id": rule.id,
            "day": then.weekday if isinstance(then, AsWeekday) else None,
            "then": _steps_doc(then) if isinstance(then, Steps) else None,
            "times": _times_doc(rule.times),
            "when": rule.when,
            "after": rule.after_s,
            "whose": _member_doc(rule.whose) if rule.whose else None,
            "off": not rule.enabled,
            "draft": rule.draft,
        }
    )


def _steps_doc(steps: Steps) -> dict[str, object]:
    each = [[[_member_doc(member) for member in step.members], step.seconds] for step in steps.steps]
    return {"steps": each, "rounds": steps.rounds}


def _times_doc(times: Times) -> dict[str, object] | None:
    said = _lean(
        {
            "days": sorted(times.weekdays),
            "from": times.from_date.isoformat() if times.from_date else None,
            "to": times.to_date.isoformat() if times.to_date else None,
            "spans": [[span.start, span.end] for span in times.spans],
            "holidays": times.holidays if times.holidays != "as_any_day" else None,
        }
    )
    return said or None


def _moment_doc(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


# -- from a document -------------------------------------------------------------------------------------------------


def _facts(doc: Doc) -> Facts:
    end = doc.get("end")
    return Facts(
        button=doc.get("button", ""),
        label=doc.get("label", ""),
        priority=doc.get("priority", "normal"),
        at=datetime.fromisoformat(doc["at"]),
        zone=doc.get("zone", "UTC"),
        until_s=doc.get("until", 0.0),
        sip_call_id=doc.get("sip", ""),
        plan=_maybe(doc.get("plan"), _planned),
        refused=doc.get("refused"),
        legs=tuple(_rung(one) for one in doc.get("legs", ())),
        jumps=tuple(Jump(at, by) for at, by, *_ in doc.get("jumps", ())),
        heard=tuple(HeardFrom(at, what, prompt) for at, what, prompt, *_ in doc.get("heard", ())),
        doors=tuple(DoorTry(at, door, who, opened, code) for at, door, who, opened, code, *_ in doc.get("doors", ())),
        end=End(end[0], end[1], end[2]) if end else None,
        left_out=doc.get("left_out", 0),
    )


def _maybe(doc: Any, read: Callable[[Any], T]) -> T | None:  # Any: a JSON document's value
    return None if doc is None else read(doc)


def _rung(doc: Doc) -> RungLeg:
    def second(key: str) -> float | None:
        value = doc.get(key)
        return None if value is None else float(value[0])

    return RungLeg(
        leg_id=doc.get("id", ""),
        receiver=_member(doc["who"]),
        name=doc.get("name", ""),
        device=doc.get("device", 1),
        rang_s=second("rang"),
        answered_s=second("answered"),
        ended_s=second("ended"),
        cause=doc.get("cause"),
        late=doc.get("late", False),
        status=doc.get("status"),
    )


def _planned(doc: Doc) -> Planned:
    legs = (
        Leg(_member(who), from_s, to_s, _via(via), busy) for who, from_s, to_s, via, busy, *_ in doc.get("legs", ())
    )
    ringing = Ringing(
        legs=tuple(legs),
        silences=tuple(_silence(one) for one in doc.get("silences", ()) if one.get("cause") in _CAUSES),
        decisions=tuple(
            _decision(one)
            for one in doc.get("decisions", ())
            if one.get("code") in _CODES and one.get("why") in (None, *_WHYS)
        ),
        ends_at_s=doc.get("ends", 0),
        last_resort=doc.get("last_resort", "not_needed"),
    )
    names = {Member(kind, one): name for kind, one, name, *_ in doc.get("names", ())}
    return Planned(ringing, names, doc.get("begun", 0.0))


def _member(doc: Sequence[str]) -> Member:
    return Member(doc[0], doc[1])  # type: ignore[arg-type]


def _via(doc: Sequence[Doc]) -> Via:
    way: list[Member | RuleRef | LastResort] = []
    for one in doc:
        if "rule" in one:
            way.append(_rule_ref(one["rule"]))
        elif "last" in one:
            way.append(LastResort(_maybe(one["last"], _member)))
        elif "member" in one:
            way.append(_member(one["member"]))
    return tuple(way)


def _rule_ref(doc: Sequence[Any]) -> RuleRef:  # Any: a JSON document's values
    return RuleRef(_member(doc[0]), doc[1], doc[2])


def _silence(doc: Doc) -> Silence:
    return Silence(
        member=_member(doc["who"]),
        at_s=doc.get("at", 0),
        cause=doc["cause"],
        via=_via(doc.get("via", ())),
        joins_until_s=doc.get("joins"),
        rule=_maybe(doc.get("rule"), _rule_ref),
        quiet=_maybe(doc.get("quiet"), _quiet),
        presence=_maybe(
            doc.get("there"),
            lambda there: Presence(there["state"], there.get("busy", False), _maybe(there.get("since"), _moment)),
        ),
        limit=doc.get("limit"),
    )


def _moment(doc: str) -> datetime:
    return datetime.fromisoformat(doc)


def _quiet(doc: Doc) -> Quiet:
    return Quiet(
        user_id=doc.get("who", ""),
        starts_at=_moment(doc["from"]),
        set_by_name=doc.get("by", ""),
        set_at=_moment(doc["set"]),
        ends_at=_maybe(doc.get("until"), _moment),
        path=doc.get("path", "/"),
        times=_times(doc["times"]) if "times" in doc else None,
        zone=doc.get("zone", "UTC"),
    )


def _decision(doc: Doc) -> Decision:
    return Decision(
        code=doc["code"],
        owner=_maybe(doc.get("owner"), _member),
        local=_moment(doc["local"]),
        weekday=doc.get("weekday", 1),
        holiday=_maybe(doc.get("holiday"), lambda one: Holiday(one[0], one[1])),
        calendar=_maybe(doc.get("calendar"), lambda one: HolidayCalendar(one[0], one[1])),
        rule=doc.get("rule"),
        text=_maybe(doc.get("text"), _rule),
        why=doc.get("why"),
        before=doc.get("before"),
        step=doc.get("step"),
        about=_maybe(doc.get("about"), _member),
    )


def _rule(doc: Doc) -> Rule:
    day = doc.get("day")
    return Rule(
        id=doc.get("id", ""),
        then=AsWeekday(day) if day is not None else _steps(doc.get("then", {})),
        times=_times(doc.get("times", {})),
        when=doc.get("when", "always"),
        after_s=doc.get("after"),
        whose=_maybe(doc.get("whose"), _member),
        enabled=not doc.get("off", False),
        draft=doc.get("draft", False),
    )


def _steps(doc: Doc) -> Steps:
    each = (Step(tuple(map(_member, members)), seconds) for members, seconds, *_ in doc.get("steps", ()))
    return Steps(tuple(each), doc.get("rounds", 1))


def _times(doc: Doc) -> Times:
    return Times(
        weekdays=frozenset(doc.get("days", ())),
        from_date=_maybe(doc.get("from"), date.fromisoformat),
        to_date=_maybe(doc.get("to"), date.fromisoformat),
        spans=tuple(Span(start, end) for start, end, *_ in doc.get("spans", ())),
        holidays=doc.get("holidays", "as_any_day"),
    )
