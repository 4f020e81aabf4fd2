"""Owns what kept a call from being answered, and what can be done about each: a stable code, and where it is mended."""

from __future__ import annotations

from collections.abc import Iterable

from antiphon.calls.traces.facts import Facts
from antiphon.calls.traces.speaking import Speaker
from antiphon.calls.traces.view import Advice, Finding, Kept, Target, TargetKind, TraceRow, Weight
from antiphon.directory.rings import LastResort, Member, RuleRef, Silence
from antiphon.wire.client import CallView

_ORDER: dict[Weight, int] = {"fault": 0, "calm": 1, "good": 2}
# Of a silence: how much it weighs, what helps.
_OF_SILENCE: dict[str, tuple[Weight, Advice]] = {
    "do_not_disturb": ("calm", "change_do_not_disturb"),
    "offline": ("fault", "come_on_duty"),
    "busy": ("calm", "change_ring_plan"),
    "forwarded": ("calm", "nothing_to_mend"),
    "loop": ("fault", "change_ring_plan"),
    "too_deep": ("fault", "change_ring_plan"),
    "too_many": ("fault", "change_ring_plan"),
    "no_time_left": ("calm", "change_ring_plan"),
    "may_not_answer": ("fault", "give_right"),
    "not_a_member_any_more": ("fault", "change_ring_plan"),
    "number_without_trunk": ("fault", "change_ring_plan"),
    "disabled": ("fault", "activate_person"),
}
_OWNERS = frozenset(("user", "group", "contact"))


def findings(speaker: Speaker, call: CallView, facts: Facts, rows: list[TraceRow], kept: Kept) -> list[Finding]:
    """Faults first, then what is as it was set; in the order of the rows."""
    found = [*_of_the_call(speaker, call, facts, rows, kept), *_of_silences(speaker, facts, rows)]
    if call.answered_at is None and call.ended_at is not None:
        found += _of_who_rang(speaker, facts, rows)
    if call.answered_at is not None:  # it went well: what stayed silent is only good to know
        found = [one.model_copy(update={"weight": "calm"}) if one.weight == "fault" else one for one in found]
    return sorted(found, key=lambda one: _ORDER[one.weight])


def cut_off(call: CallView, facts: Facts) -> bool:
    """The process died while the call went on: the next one closed its record, and knows nothing more."""
    return call.ended_at is not None and facts.end is None


def _of_the_call(speaker: Speaker, call: CallView, facts: Facts, rows: list[TraceRow], kept: Kept) -> Iterable[Finding]:
    station = Target(kind="station", id=call.station_id, name=call.station_name)
    make = _Maker(speaker)
    if kept != "kept":
        yield make(kept, "calm", "nothing_to_mend", None, said=f"f.{kept}", silent_advice=True)
    if cut_off(call, facts):
        yield make("cut_off", "fault", "look_at_platform", None, said="f.cut_off")
    cause = call.cause
    if cause == "unknown_button":
        yield make("unknown_button", "fault", "change_buttons", station, said="f.unknown_button", button=call.button)
    elif cause == "revoked" and call.answered_at is None:
        yield make("revoked", "fault", "claim_station", station, said="f.revoked")
    elif cause == "station_unreachable":
        yield make("station_unreachable", "fault", "check_station", station, said="f.station_unreachable")
    elif cause in ("no_codec", "media_failed"):
        yield make("connection_failed", "fault", "look_at_platform", None, said="f.connection_failed")
    elif cause == "platform_error" and not cut_off(call, facts):
        yield make("platform_error", "fault", "look_at_platform", None, said="f.platform_error")
    plan = facts.plan
    if (
        plan is not None
        and plan.ringing.last_resort == "none"
        and not any(row.intervals and row.state != "silent" for row in rows[1:])
    ):
        target = Target(kind="ring_settings", id=None, name="")
        yield make("no_last_resort", "fault", "set_last_resort", target, said="f.no_last_resort")


def _of_silences(speaker: Speaker, facts: Facts, rows: list[TraceRow]) -> Iterable[Finding]:
    make = _Maker(speaker)
    joined = {(row.kind, row.id) for row in rows if row.state not in ("silent", "not_tried")}
    seen: set[tuple[Member, str]] = set()
    for one in facts.plan.ringing.silences if facts.plan else ():
        if (one.member, one.cause) in seen or tuple(one.member) in joined:
            continue
        seen.add((one.member, one.cause))
        about = speaker.name(one.member)
        if speaker.hides(one):
            yield make(
                "private",
                "calm",
                "nothing_to_mend",
                None,
                about=about,
                sentence=speaker.silence(one),
                silent_advice=True,
            )
            continue
        weight, advice = _OF_SILENCE.get(one.cause, ("calm", "nothing_to_mend"))
        if one.cause == "offline" and one.member.kind != "user":
            advice = "check_station"
        target = _target(speaker, one, advice)
        yield make(one.cause, weight, advice, target, about=about, sentence=speaker.silence(one))


def _of_who_rang(speaker: Speaker, facts: Facts, rows: list[TraceRow]) -> Iterable[Finding]:
    make = _Maker(speaker)
    plan = facts.plan
    for row in rows[1:]:
        if row.state == "declined":
            yield make("declined", "calm", "nothing_to_mend", None, about=row.name, sentence=row.sentence)
        elif row.state == "lost":
            device = row.kind if row.kind == "account" or row.kind == "station" else None
            target = Target(kind=device or "person", id=row.id, name=row.name)
            advice: Advice = "check_station" if device else "come_on_duty"
            yield make("connection_failed", "fault", advice, target, about=row.name, sentence=row.sentence)
        elif row.state == "rang" and row.kind in ("user", "account", "station"):
            leg = next((leg for leg in plan.ringing.legs if leg.receiver == (row.kind, row.id)), None) if plan else None
            target_of = _plan_of(speaker, leg.via if leg else (), Member(row.kind, row.id))
            yield make("unanswered", "calm", "change_ring_plan", target_of, about=row.name, sentence=row.sentence)


def _target(speaker: Speaker, one: Silence, advice: Advice) -> Target | None:
    kinds: dict[Advice, TargetKind] = {
        "change_do_not_disturb": "do_not_disturb",
        "come_on_duty": "person",
        "give_right": "person",
        "activate_person": "person",
        "check_station": "account" if one.member.kind == "account" else "station",
    }
    kind = kinds.get(advice)
    if kind is not None:
        return Target(kind=kind, id=one.member.id, name=speaker.name(one.member))
    if one.rule is not None:
        return Target(kind="ring_plan", id=one.rule.owner.id, name=speaker.name(one.rule.owner))
    return _plan_of(speaker, one.via, one.member) if advice == "change_ring_plan" else None


def _plan_of(speaker: Speaker, via: Iterable[Member | RuleRef | LastResort], otherwise: Member) -> Target | None:
    """The plan that named it last; the company's own last resort is among its settings."""
    if not speaker.sees_plans:
        return None
    for one in reversed(tuple(via)):
        if isinstance(one, LastResort) and one.owner is None:
            return Target(kind="ring_settings", id=None, name="")
        owner = one if isinstance(one, Member) else one.owner
        if owner is not None and owner.kind in _OWNERS and owner != otherwise:
            return Target(kind="ring_plan", id=owner.id, name=speaker.name(owner))
    if otherwise.kind in _OWNERS:
        return Target(kind="ring_plan", id=otherwise.id, name=speaker.name(otherwise))
    return None


class _Maker:
    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    def __call__(
        self,
        code: str,
        weight: Weight,
        advice: Advice,
        target: Target | None,
        *,
        about: str = "",
        said: str = "",
        sentence: str = "",
        silent_advice: bool = False,
        button: str = "",
    ) -> Finding:
        return Finding(
            code=code,
            weight=weight,
            about=about,
            sentence=sentence or self._speaker.say(said, button=button),
            advice=advice,
            advice_sentence="" if silent_advice else self._speaker.say(advice),
            target=target,
        )
