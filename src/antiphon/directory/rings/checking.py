"""What a ring plan may not be: checked before it is saved, each fault with a stable code and the field it is in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal
from zoneinfo import ZoneInfo

from antiphon.directory.rings import calendars
from antiphon.directory.rings.graph import Plans, above, crowds, loop_through, named, nested, steps_of, together
from antiphon.directory.rings.model import RECEIVERS, AsWeekday, Book, Member, Plan, Rule, Span, Steps
from antiphon.limits import (
    FORWARDING_RULES_PER_PLAN_MAX,
    RING_CONFIGURED_MAX_S,
    RING_NESTING_MAX,
    RING_ROUNDS_MAX,
    RING_STEP_MAX_S,
    RING_STEP_MIN_S,
    RING_STEPS_MAX,
    RINGING_RECEIVERS_MAX,
    SPANS_PER_RULE_MAX,
)

_E164 = re.compile(r"\+[1-9][0-9]{5,14}")  # ITU-T E.164: at most fifteen digits

FaultCode = Literal[
    "ring_plan_loops",
    "ring_plan_may_loop",
    "nested_too_deep",
    "too_many_receivers",
    "too_many_rules",
    "too_many_steps",
    "too_many_rounds",
    "too_many_spans",
    "nobody_named",
    "step_too_short",
    "step_too_long",
    "step_without_end",
    "steps_too_long",
    "span_invalid",
    "dates_reversed",
    "weekday_invalid",
    "zone_unknown",
    "calendar_unknown",
    "calendar_missing",
    "member_unknown",
    "number_invalid",
    "state_of_nobody",
    "state_of_stranger",
    "after_missing",
    "after_invalid",
    "day_rule_has_times",
    "day_rule_is_last",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `field` is its place (`rules/2/then/steps/0/seconds`, from 0), `limit` the number that was passed.

    `members` are those it is about: of a loop, the way round. `in_plan`: it would be so in another plan that comes to this one.
    Not `refuses`: it may be saved, and the reader is told.
    """

    code: FaultCode
    field: str
    limit: int | None = None
    members: tuple[Member, ...] = ()
    refuses: bool = True
    in_plan: Member | None = None


def check(plan: Plan, book: Book) -> tuple[Fault, ...]:
    """All faults of the plan as it would be among the others of the book, where it replaces the one of the same owner."""
    plans = {**book.plans, plan.owner: plan}
    faults = [*_plan_faults(plan, book, plans)]
    for field, steps in steps_of(plan):
        faults += _steps_faults(field, steps, book)
    faults += _crowds(plan, plans)
    for owner in above(plan.owner, plans):
        if not list(_crowds(plans[owner], book.plans)):
            faults += [replace(fault, field="", in_plan=owner) for fault in _crowds(plans[owner], plans)]
    way = loop_through(plan.owner, plans, certain=True)
    if way:
        faults.append(Fault("ring_plan_loops", "", members=way))
        return tuple(faults)
    if nested(plan.owner, plans) > RING_NESTING_MAX:
        faults.append(Fault("nested_too_deep", "", limit=RING_NESTING_MAX))
    way = loop_through(plan.owner, plans, certain=False)
    if way:
        faults.append(Fault("ring_plan_may_loop", "", members=way, refuses=False))
    return tuple(faults)


def check_start(members: tuple[Member, ...], book: Book) -> tuple[Fault, ...]:
    """The faults of what a button is bound to."""
    unknown = [
        Fault("member_unknown", f"members/{at}", members=(member,))
        for at, member in enumerate(members)
        if not _exists(member, book)
    ]
    beyond = together(members, book.plans)[RINGING_RECEIVERS_MAX:]
    if beyond:
        unknown.append(Fault("too_many_receivers", "members", RINGING_RECEIVERS_MAX, beyond))
    return tuple(unknown)


# -- fields ----------------------------------------------------------------------------------------------------------


def _plan_faults(plan: Plan, book: Book, plans: Plans) -> Iterator[Fault]:
    if not _zone_exists(plan.zone):
        yield Fault("zone_unknown", "zone")
    if plan.holidays is not None and not calendars.exists(plan.holidays):
        yield Fault("calendar_unknown", "holidays")
    if plan.otherwise is None and plan.owner.kind != "user":
        yield Fault("nobody_named", "otherwise")
    if len(plan.rules) > FORWARDING_RULES_PER_PLAN_MAX:
        yield Fault("too_many_rules", "rules", limit=FORWARDING_RULES_PER_PLAN_MAX)
    for at, rule in enumerate(plan.rules):
        yield from _rule_faults(f"rules/{at}", rule, plan, book, plans)
    days = [at for at, rule in enumerate(plan.rules) if isinstance(rule.then, AsWeekday)]
    if days and days[-1] == len(plan.rules) - 1:
        yield Fault("day_rule_is_last", f"rules/{days[-1]}")


def _rule_faults(field: str, rule: Rule, plan: Plan, book: Book, plans: Plans) -> Iterator[Fault]:
    times = rule.times
    if times.from_date and times.to_date and times.to_date < times.from_date:
        yield Fault("dates_reversed", f"{field}/times/to_date")
    if not all(1 <= day <= 7 for day in times.weekdays):
        yield Fault("weekday_invalid", f"{field}/times/weekdays")
    if len(times.spans) > SPANS_PER_RULE_MAX:
        yield Fault("too_many_spans", f"{field}/times/spans", limit=SPANS_PER_RULE_MAX)
    for at, span in enumerate(times.spans):
        if not _span_valid(span):
            yield Fault("span_invalid", f"{field}/times/spans/{at}")
    if times.holidays != "as_any_day" and plan.holidays is None:
        yield Fault("calendar_missing", f"{field}/times/holidays")
    if isinstance(rule.then, AsWeekday):
        if not 1 <= rule.then.weekday <= 7:
            yield Fault("weekday_invalid", f"{field}/then/weekday")
        if times.spans or rule.when != "always":
            yield Fault("day_rule_has_times", f"{field}/times/spans")
    yield from _state_faults(field, rule, plan, book, plans)


def _state_faults(field: str, rule: Rule, plan: Plan, book: Book, plans: Plans) -> Iterator[Fault]:
    if rule.when == "no_answer":
        if rule.after_s is None:
            yield Fault("after_missing", f"{field}/after_s")
        elif not RING_STEP_MIN_S <= rule.after_s < RING_CONFIGURED_MAX_S:
            yield Fault("after_invalid", f"{field}/after_s", limit=RING_CONFIGURED_MAX_S)
    elif rule.after_s is not None:
        yield Fault("after_invalid", f"{field}/after_s")
    whose = rule.whose
    if whose is None:
        if rule.when in ("busy", "offline", "do_not_disturb") and plan.owner.kind != "user":
            yield Fault("state_of_nobody", f"{field}/whose")
    elif not _exists(whose, book):
        yield Fault("member_unknown", f"{field}/whose", members=(whose,))
    elif whose != plan.owner and (whose.kind not in RECEIVERS or whose not in named(plan.owner, plans)):
        yield Fault("state_of_stranger", f"{field}/whose", members=(whose,))


def _steps_faults(field: str, steps: Steps, book: Book) -> Iterator[Fault]:
    if not steps.steps:
        yield Fault("nobody_named", f"{field}/steps")
    if len(steps.steps) > RING_STEPS_MAX:
        yield Fault("too_many_steps", f"{field}/steps", limit=RING_STEPS_MAX)
    if not 1 <= steps.rounds <= RING_ROUNDS_MAX:
        yield Fault("too_many_rounds", f"{field}/rounds", limit=RING_ROUNDS_MAX)
    if len(steps.steps) > 1 and sum(step.seconds or 0 for step in steps.steps) > RING_CONFIGURED_MAX_S:
        yield Fault("steps_too_long", f"{field}/steps", limit=RING_CONFIGURED_MAX_S)
    for at, step in enumerate(steps.steps):
        here = f"{field}/steps/{at}"
        if not step.members:
            yield Fault("nobody_named", f"{here}/members")
        for place, member in enumerate(step.members):
            if not _exists(member, book):
                yield Fault("member_unknown", f"{here}/members/{place}", members=(member,))
            elif member.kind == "number" and not _E164.fullmatch(member.id):
                yield Fault("number_invalid", f"{here}/members/{place}", members=(member,))
        if step.seconds is None:
            if at < len(steps.steps) - 1 or steps.rounds > 1:
                yield Fault("step_without_end", f"{here}/seconds")
        elif step.seconds < RING_STEP_MIN_S:
            yield Fault("step_too_short", f"{here}/seconds", limit=RING_STEP_MIN_S)
        elif step.seconds > RING_STEP_MAX_S:
            yield Fault("step_too_long", f"{here}/seconds", limit=RING_STEP_MAX_S)


def _crowds(plan: Plan, plans: Plans) -> Iterator[Fault]:
    for field, crowd in crowds(plan, plans):
        if len(crowd) > RINGING_RECEIVERS_MAX:
            yield Fault("too_many_receivers", field, RINGING_RECEIVERS_MAX, crowd[RINGING_RECEIVERS_MAX:])


def _exists(member: Member, book: Book) -> bool:
    return member.kind == "number" or member in book.names


def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _span_valid(span: Span) -> bool:
    return 0 <= span.start < 1440 and 0 <= span.end <= 1440
