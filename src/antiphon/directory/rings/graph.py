"""Who names whom: loops, how deep plans lie within each other, and how many would ring at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from antiphon.directory.rings.model import RECEIVERS, Member, Plan, Steps
from antiphon.limits import RING_NESTING_MAX

Plans = Mapping[Member, Plan]
Crowd = dict[Member, None]


def loops(plans: Iterable[Plan]) -> tuple[Member, ...] | None:
    """A way round through these plans that would always be gone, first member again at the end; None: there is none.

    A person in the own plan is no loop: there the name means the person.
    """
    known = {plan.owner: plan for plan in plans}
    return next((way for owner in known if (way := loop_through(owner, known, certain=True))), None)


def receivers_at_once(members: Iterable[Member], plans: Plans) -> int:
    """How many would ring together at most if these did, people counted once whatever their own rules say."""
    return len(together(members, plans))


def together(members: Iterable[Member], plans: Plans) -> tuple[Member, ...]:
    """Who could ring at once when these do, in their order; of a plan that rings in steps, its largest.

    As near as can be said without going through every second: people whose own rules ring others count as themselves, and
    whoever is in two groups' different steps may be counted once too little. The planner never rings more.
    """
    return tuple(_together(members, plans, {}))


def crowds(plan: Plan, plans: Plans) -> Iterator[tuple[str, tuple[Member, ...]]]:
    """For each step of the plan, by its field, who could ring at once with it: what `no_answer` adds, together with each other step."""
    for field, crowd in _crowds(plan, plans, {}):
        yield field, tuple(crowd)


def steps_of(plan: Plan) -> Iterator[tuple[str, Steps]]:
    """All of the plan's, each with its field."""
    if plan.otherwise is not None:
        yield "otherwise", plan.otherwise
    for at, rule in enumerate(plan.rules):
        if isinstance(rule.then, Steps):
            yield f"rules/{at}/then", rule.then
    if plan.last_resort is not None:
        yield "last_resort", plan.last_resort


def loop_through(owner: Member, plans: Plans, *, certain: bool) -> tuple[Member, ...] | None:
    """The shortest way from the owner back to it. `certain`: not where somebody's state has to come to it."""
    came_from: dict[Member, Member] = {}
    waiting = [owner]
    for walked in waiting:  # grows meanwhile
        for named in _named_by(walked, plans, certain=certain):
            if named == owner:
                way, member = [owner], walked
                while member != owner:
                    way.append(member)
                    member = came_from[member]
                return (owner, *reversed(way))
            if named not in came_from:
                came_from[named] = walked
                waiting.append(named)
    return None


def nested(owner: Member, plans: Plans) -> int:
    """How many plans lie within each other where this one is among them; counts no further than just past the limit."""
    above = _namers(plans)
    return (
        _levels(owner, lambda member: above.get(member, ()))
        + _levels(owner, lambda member: [named for named in _named_by(member, plans, certain=True) if named in plans])
        - 1
    )


def above(owner: Member, plans: Plans) -> tuple[Member, ...]:
    """Whose plans come to this one, themselves or through others."""
    namers = _namers(plans)
    found: dict[Member, None] = {}
    waiting = [owner]
    while waiting:
        for member in namers.get(waiting.pop(), ()):
            if member not in found and member != owner:
                found[member] = None
                waiting.append(member)
    return tuple(found)


def named(owner: Member, plans: Plans) -> set[Member]:
    """Everybody to whom the plan comes, also through groups and contacts; what people's own plans say is theirs."""
    found: set[Member] = set()
    waiting = [owner]
    while waiting:
        for member in _named_by(waiting.pop(), plans, certain=False):
            if member not in found:
                found.add(member)
                if member.kind not in RECEIVERS:
                    waiting.append(member)
    return found


def _named_by(owner: Member, plans: Plans, *, certain: bool) -> Iterator[Member]:
    """Without the person whose plan it is, who is meant as such, and without rules that are off."""
    plan = plans.get(owner)
    if plan is None:
        return
    for step_list in (plan.otherwise, plan.last_resort):
        if step_list is not None:
            yield from _of(step_list, owner)
    for rule in plan.rules:
        if rule.enabled and isinstance(rule.then, Steps) and (rule.when == "always" or not certain):
            yield from _of(rule.then, owner)


def _of(steps: Steps, owner: Member) -> Iterator[Member]:
    for step in steps.steps:
        for member in step.members:
            if member != owner or owner.kind != "user":
                yield member


def _namers(plans: Plans) -> dict[Member, list[Member]]:
    namers: dict[Member, list[Member]] = {}
    for owner in plans:
        for member in dict.fromkeys(_named_by(owner, plans, certain=True)):
            namers.setdefault(member, []).append(owner)
    return namers


def _levels(owner: Member, following: Callable[[Member], Iterable[Member]]) -> int:
    level, front = 0, {owner}
    while front and level <= RING_NESTING_MAX:
        level += 1
        front = {one for member in front for one in following(member)}
    return level


def _together(members: Iterable[Member], plans: Plans, known: dict[Member, Crowd], depth: int = 0) -> Crowd:
    crowd: Crowd = {}
    for member in members:
        if member.kind in RECEIVERS:
            crowd[member] = None
        elif member in plans and depth < RING_NESTING_MAX:  # deeper down nobody is rung
            if member not in known:
                known[member] = {}  # a loop ends here
                for _, one in _crowds(plans[member], plans, known, depth + 1):
                    if len(one) > len(known[member]):
                        known[member] = one
            crowd.update(known[member])
    return crowd


def _crowds(plan: Plan, plans: Plans, known: dict[Member, Crowd], depth: int = 0) -> Iterator[tuple[str, Crowd]]:
    ringing: list[Crowd] = [{plan.owner: None}] if plan.otherwise is None and plan.owner.kind == "user" else []
    added: list[tuple[str, Crowd]] = []
    for field, steps in steps_of(plan):
        adds = field in _added_fields(plan)
        for at, step in enumerate(steps.steps):
            crowd = _together(step.members, plans, known, depth)
            if adds:
                added.append((f"{field}/steps/{at}/members", crowd))
                continue
            yield f"{field}/steps/{at}/members", crowd
            if field != "last_resort":  # which rings when nobody else does
                ringing.append(crowd)
    for field, crowd in added:
        yield field, max(({**one, **crowd} for one in ringing), key=_size, default=crowd)


def _added_fields(plan: Plan) -> set[str]:
    return {f"rules/{at}/then" for at, rule in enumerate(plan.rules) if rule.when == "no_answer"}


def _size(crowd: Crowd) -> int:
    return len(crowd)
